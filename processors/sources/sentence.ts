/** What a text written for people says about the state, and what stays the same of it each time. */
import type { AlertStatus } from '../../schemas/records.ts'

/** Characters looked at. */
const WINDOW = 2_048

/** Words that end a problem whatever else is said. */
const ENDED = new Set(['resolved', 'recovered', 'recovery', 'cleared', 'restored', 'succeeded', 'success', 'successful', 'successfully'])
/** Words that say there is one. */
const BEGAN = new Set(['problem', 'firing', 'alerting', 'triggered', 'down', 'critical', 'crit', 'warning', 'warn', 'failed', 'failure', 'failing', 'offline', 'unreachable', 'unavailable', 'opened', 'fired', 'alarm', 'exceeded', 'breached', 'crashed', 'degraded', 'unhealthy', 'error'])
/** Words that end one where nothing says that there is one. */
const FINE = new Set(['ok', 'up', 'online', 'closed', 'normal', 'healthy', 'fixed', 'reachable', 'available'])
const NEGATIONS = new Set(['not', 'cannot', 'never', 'no', 'without', 'un'])
const ACKNOWLEDGED = new Set(['acknowledged', 'acknowledgement', 'acknowledgment', 'ack'])

/** Words that differ between the message of a beginning and that of its end, and so are no part of the name. */
const STATE_WORDS = new Set([...ENDED, ...BEGAN, ...FINE, ...ACKNOWLEDGED, 'unknown', 'informational', 'emergency', 'completed'])
STATE_WORDS.delete('error')
STATE_WORDS.delete('alarm')
/** Words that only lead to a state: `is DOWN`, `has been resolved`. */
const LEADING = new Set(['is', 'was', 'are', 'has', 'have', 'been', 'went', 'now', 'state', 'status', 'currently', 'back', 'to', 'changed'])

/** The state a sentence says; null where it says none. A lone `up` in small letters counts only at the end or behind `is`. */
export function stateOfText(text: string | null): AlertStatus | null {
  const words = wordsOf(text)
  const lower = words.map((word) => word.toLowerCase())
  if (lower.some((word) => ACKNOWLEDGED.has(word))) return 'acknowledged'
  const ended = lower.findIndex((word) => ENDED.has(word))
  // `could not be resolved` is a failure.
  if (ended >= 0) return lower.slice(Math.max(0, ended - 3), ended).some((word) => NEGATIONS.has(word)) ? 'firing' : 'resolved'
  if (lower.some((word) => BEGAN.has(word))) return 'firing'
  const isFine = lower.some((word, index) => FINE.has(word) && (word !== 'up' || words[index] === 'UP' || index === words.length - 1 || lower[index - 1] === 'is'))
  return isFine ? 'resolved' : null
}

/** The text without words of state, and what leads to them: `web01/HTTP is CRITICAL` and `web01/HTTP is OK` are both `web01/HTTP`. The text itself where nothing would be left. */
export function withoutState(text: string): string {
  const kept: string[] = []
  for (const token of text.slice(0, WINDOW).split(/\s+/)) {
    const word = token.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase()
    if (!STATE_WORDS.has(word)) {
      kept.push(token)
      continue
    }
    while (kept.length > 0 && LEADING.has((kept.at(-1) ?? '').toLowerCase())) kept.pop()
    // A colon behind a state word separates what follows from what went before, and is worth keeping only between two names.
    const isSeparator = /[:\-–|]$/.test(token)
    if (isSeparator && kept.length > 0 && !/[:\-–|]$/.test(kept.at(-1) ?? '')) kept.push(`${kept.pop() ?? ''}:`)
  }
  const rest = trimmed(kept.join(' '))
  return rest === '' ? trimmed(text.slice(0, WINDOW)) : rest
}

/**
 * A message without what changes each time: numbers with or without a unit, addresses, times, hexadecimal and UUIDs become `#`; names that hold digits
 * (`eth0`, `Gi0/1`, `web-2`) stay.
 */
export function shapeOf(text: string): string {
  const pieces = text.slice(0, WINDOW).split(/([\s=,;:()[\]{}"'<>|]+)/)
  const shaped = pieces.map((piece, index) => (index % 2 === 0 && isChanging(piece) ? '#' : piece)).join('')
  return trimmed(shaped.replace(/\s+/g, ' ').replace(/#(?:[:,. ]#)+/g, '#').slice(0, 512))
}

/**
 * The shape of a message as the name of a check, the same on every machine: `RAID degraded on db-7 (3 %)` is `RAID degraded`. A machine inside the text
 * becomes `{asset}`; brackets in which only numbers stood go.
 */
export function nameOfCheck(text: string, asset: string | null): string {
  const shape = trimmed(shapeOf(text).replace(/ ?[([][#%\s.,/]{1,20}[)\]]/g, ''))
  if (shape === '' || asset === null || asset.length < 3 || shape === asset || !shape.includes(asset)) return shape === '' ? shapeOf(text) : shape
  const lead = ['on machine', 'on host', 'on server', 'on', 'for', 'of', 'at', 'from'].find((words) => shape.includes(` ${words} ${asset}`))
  return trimmed(lead === undefined ? shape.replaceAll(asset, '{asset}') : shape.replace(` ${lead} ${asset}`, '')) || shape
}

function isChanging(piece: string): boolean {
  if (piece.length > 64 || !/\d/.test(piece)) return false
  // A number with a sign, a unit of up to three letters, or several joined by dots, dashes and slashes.
  if (/^[^\p{L}\p{N}]*\d[\d.,/%_+-]*(?:°?\p{L}{0,3}%?(?:\/s)?)[^\p{L}\p{N}]*$/u.test(piece)) return true
  if (/^\d{4}-\d\d-\d\dT/.test(piece)) return true
  return /^(?:0x)?[\da-f]{8,}$/i.test(piece) || /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(piece)
}

function wordsOf(text: string | null): readonly string[] {
  return (text ?? '').slice(0, WINDOW).split(/[^\p{L}\p{N}]+/u, 256).filter((word) => word !== '')
}

/** Without the stars, dashes and colons that state words leave at the ends. The look behind keeps a long run in the middle from being tried from each of its characters. */
function trimmed(text: string): string {
  return text.replace(/^[\s*:,;|–—-]+/, '').replace(/(?<![\s*:,;|–—-])[\s*:,;|–—-]+$/, '')
}

/** Last words of a dotted event type that are a state and no part of its name. */
const TYPE_STATES: Readonly<Record<string, AlertStatus>> = {
  firing: 'firing', fired: 'firing', triggered: 'firing', alerting: 'firing', raised: 'firing', down: 'firing',
  resolved: 'resolved', recovered: 'resolved', cleared: 'resolved', restored: 'resolved', up: 'resolved', ok: 'resolved', acknowledged: 'acknowledged',
}
/** These are a state only behind a word for an alert: `object.opened` is a kind of event, `incident.opened` a state. */
const ALERT_STATES: Readonly<Record<string, AlertStatus>> = { open: 'firing', opened: 'firing', created: 'firing', started: 'firing', close: 'resolved', closed: 'resolved', ended: 'resolved' }
const ALERT_WORDS = new Set(['alert', 'problem', 'incident', 'alarm', 'issue'])

/** The name and the state of a dotted event type: `com.example.alert.resolved.v1` is `com.example.alert.v1`, resolved. */
export function readEventType(type: string): { readonly name: string; readonly status: AlertStatus | null } {
  const steps = type.slice(0, WINDOW).split('.')
  const at = /^v\d{1,3}$/i.test(steps.at(-1) ?? '') ? steps.length - 2 : steps.length - 1
  const last = (steps[at] ?? '').toLowerCase()
  const isOfAlert = ALERT_WORDS.has((steps[at - 1] ?? '').toLowerCase())
  const status = stateIn(TYPE_STATES, last) ?? (isOfAlert ? stateIn(ALERT_STATES, last) : null)
  return at < 1 || status === null ? { name: type, status } : { name: steps.filter((_, index) => index !== at).join('.'), status }
}

function stateIn(table: Readonly<Record<string, AlertStatus>>, word: string): AlertStatus | null {
  return Object.hasOwn(table, word) ? (table[word] ?? null) : null
}
