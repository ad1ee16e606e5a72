import type { AlertStatus, Severity } from '../../schemas/records.ts'
import { SEVERITY_WORDS, severityFrom } from './words.ts'

/** What tools write in front of a title to say its state, and the title without it. */
export interface MarkedTitle {
  /** The title without the marks we know; null when nothing else was there. */
  readonly text: string | null
  /** The state the marks say; null without one. */
  readonly status: AlertStatus | null
  /** P1 to P5 as a severity, or medium for a warning; null without one. */
  readonly severity: Severity | null
  /** Tags of `[Triggered on {host:a,env:b}]`, as name and value. */
  readonly scope: readonly (readonly [string, string])[]
}

/**
 * Words inside brackets or before a colon that are a state and no part of the name. `No Data` is firing: Datadog sends it only to those who
 * asked to be told of silence, and ends it with Recovered (Datadog, "Configure Monitors", notify if data is missing).
 */
const MARKS: Readonly<Record<string, AlertStatus | 'nothing'>> = {
  triggered: 'firing', 're-triggered': 'firing', retriggered: 'firing', alerting: 'firing', alert: 'firing', firing: 'firing', problem: 'firing', 'updated problem': 'firing', down: 'firing', open: 'firing', alarm: 'firing',
  warn: 'firing', 're-warn': 'firing', warning: 'firing', 'no data': 'firing', 're-no data': 'firing', 'no-data': 'firing', renotify: 'firing', renotified: 'firing', 're-notify': 'firing', critical: 'firing',
  recovered: 'resolved', resolved: 'resolved', ok: 'resolved', recovery: 'resolved', closed: 'resolved', up: 'resolved', cleared: 'resolved',
  acknowledged: 'acknowledged', ack: 'acknowledged',
  // Datadog writes these beside the state; they say nothing of their own.
  test: 'nothing', 'monitor alert': 'nothing', 'monitor warning': 'nothing', 'monitor test': 'nothing', muted: 'nothing',
}

/** States that may stand before a colon without brackets; fewer, because `Warning: x` and `Critical: x` are names too. */
const BEFORE_COLON = new Set(['triggered', 're-triggered', 'recovered', 'resolved', 'ok', 'problem', 'updated problem', 'no data', 'warn', 'firing', 'recovery'])

const WARNINGS = new Set(['warn', 're-warn', 'warning'])

/** A title is at most this long before marks are looked for. */
const TITLE_WINDOW = 4_096
const MARKS_MAX = 8
/** No word of state is nearly as long. */
const WORD_WINDOW = 64

/** Takes the state marks off a title: `[P2] [Re-Triggered on {host:a}] CPU high` is `CPU high`, firing, high, host a. Unknown brackets stay. */
export function readMarks(title: string | null): MarkedTitle {
  let rest = (title ?? '').slice(0, TITLE_WINDOW).trim()
  let status: AlertStatus | null = null
  let severity: Severity | null = null
  const scope: (readonly [string, string])[] = []
  for (let taken = 0; taken < MARKS_MAX; taken++) {
    const mark = bracketMark(rest) ?? colonMark(rest)
    if (mark === null) break
    rest = mark.rest
    if (Object.hasOwn(PRIORITIES, mark.word)) severity = severityFrom(SEVERITY_WORDS, mark.word)
    const said = MARKS[mark.word]
    if (said !== undefined && said !== 'nothing') status ??= said
    if (WARNINGS.has(mark.word)) severity ??= 'medium'
    scope.push(...mark.scope)
  }
  return { text: rest || null, status, severity, scope }
}

/** Tags as Datadog writes them, `name:value` joined by commas; a tag without a value has the value `true`. At most 64 are read. */
export function readTags(text: string): (readonly [string, string])[] {
  const tags: (readonly [string, string])[] = []
  for (const raw of text.slice(0, TITLE_WINDOW).split(',', 64)) {
    const tag = raw.trim()
    const colon = tag.indexOf(':')
    if (tag !== '') tags.push(colon > 0 ? [tag.slice(0, colon).trim(), tag.slice(colon + 1).trim()] : [tag, 'true'])
  }
  return tags
}

const PRIORITIES = { p1: true, p2: true, p3: true, p4: true, p5: true }

interface Mark {
  readonly word: string
  readonly scope: readonly (readonly [string, string])[]
  readonly rest: string
}

function bracketMark(text: string): Mark | null {
  if (!text.startsWith('[')) return null
  const brace = text.indexOf('{')
  const first = text.indexOf(']')
  // A scope may hold brackets of its own, so its brace is closed first.
  const close = brace > 0 && brace < first ? text.indexOf(']', Math.max(text.indexOf('}', brace), first)) : first
  if (close < 0) return null
  const inside = text.slice(1, close).trim()
  const on = scopeIn(inside)
  const said = on?.before ?? inside
  if (said.length > WORD_WINDOW) return null
  const word = said.toLowerCase().replace(/:\s*\d+$/, '').trim()
  if (!Object.hasOwn(MARKS, word) && !Object.hasOwn(PRIORITIES, word)) return null
  return { word, scope: on === null ? [] : readTags(on.scope), rest: text.slice(close + 1).trim() }
}

/** `Triggered on {host:a}` cut at its scope. By place and not by pattern: one that looks for ` on {` behind each of 4,096 spaces takes 30 ms a title. */
function scopeIn(inside: string): { readonly before: string; readonly scope: string } | null {
  const brace = inside.indexOf('{')
  if (brace < 0 || inside.indexOf('}') !== inside.length - 1) return null
  const lead = inside.slice(0, brace).trimEnd()
  return lead.length < brace && /\son$/i.test(lead.slice(-3)) ? { before: lead.slice(0, -2).trimEnd(), scope: inside.slice(brace + 1, -1) } : null
}

function colonMark(text: string): Mark | null {
  const colon = text.indexOf(': ')
  if (colon < 2 || colon > 60) return null
  // Zabbix writes how long it took: `Resolved in 5m 3s: name`.
  const word = text.slice(0, colon).toLowerCase().replace(/ in \d[\dydhms ]*$/, '')
  // CloudWatch shouts its state; `Alarm: x` in other letters is a name.
  const isShouted = text.startsWith('ALARM: ')
  return BEFORE_COLON.has(word) || isShouted ? { word, scope: [], rest: text.slice(colon + 2).trim() } : null
}
