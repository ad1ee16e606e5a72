import type { Severity } from '../../../schemas/records.ts'
import { SEVERITY_WORDS, severityFrom } from '../words.ts'

/** What a message in a format of security devices says. */
export interface DeviceEvent {
  readonly name: string
  /** What it says to people; null where the name is all. */
  readonly message: string | null
  /** Its own grade; null where it has none and that of syslog counts. */
  readonly severity: Severity | null
  readonly host: string | null
  /** A time with a zone, as written; null without one. */
  readonly time: string | null
  readonly labels: readonly (readonly [string, string])[]
}

const FIELDS_MAX = 48
const HEADER_MAX = 1_024

/** Reads the Common Event Format (`CEF:0|vendor|product|version|id|name|severity|k=v …`), LEEF (`LEEF:1.0|…`), and the pairs FortiGate writes; null for every other message. */
export function readDeviceEvent(message: string): DeviceEvent | null {
  const start = /(?:^|\s)(CEF|LEEF): ?(\d(?:\.\d)?)\|/.exec(message.slice(0, 512))
  if (start === null) return readPairs(message)
  const from = start.index + start[0].length
  return start[1] === 'CEF' ? readCef(message, from) : readLeef(message, from, start[2] ?? '')
}

function readCef(text: string, from: number): DeviceEvent | null {
  const { parts, end } = header(text, from, 6)
  const [vendor = '', product = '', version = '', id = '', name = '', severity = ''] = parts
  if (parts.length < 6 || (name === '' && id === '')) return null
  const fields = extension(text.slice(end))
  return {
    name: name === '' ? id : name,
    message: fields.get('msg') ?? null,
    severity: gradeOf(severity),
    host: fields.get('dvchost') ?? fields.get('dvc') ?? null,
    time: fields.get('rt') ?? fields.get('UNIFIutcTime') ?? fields.get('start') ?? fields.get('end') ?? null,
    labels: [['vendor', vendor], ['product', product], ['device_version', version], ['event_class', id], ...fields],
  }
}

/** Version 2 names its delimiter before the attributes; version 1 has tabs. */
function readLeef(text: string, from: number, version: string): DeviceEvent | null {
  const { parts, end } = header(text, from, version.startsWith('2') ? 5 : 4)
  const [vendor = '', product = '', release = '', id = '', given = ''] = parts
  if (id === '') return null
  const fields = new Map<string, string>()
  const attributes = text.slice(end)
  const delimiter = given.length === 1 ? given : attributes.includes('\t') || !version.startsWith('2') ? '\t' : '^'
  for (const pair of attributes.split(delimiter, FIELDS_MAX)) {
    const equals = pair.indexOf('=')
    if (equals > 0) fields.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim())
  }
  return {
    name: fields.get('name') ?? (/^\d+$/.test(id) ? [product, id].join(' ').trim() : id),
    message: fields.get('msg') ?? fields.get('reason') ?? null,
    severity: gradeOf(fields.get('sev') ?? ''),
    host: fields.get('identHostName') ?? fields.get('devName') ?? null,
    time: null,
    labels: [['vendor', vendor], ['product', product], ['device_version', release], ['event_class', id], ...fields],
  }
}

/** `date=… time=… devname="…" logid="…" type="…" level="…" logdesc="…" msg="…"`. */
function readPairs(text: string): DeviceEvent | null {
  if (!/(?:^|\s)(?:devname|devid|logid)=/.test(text.slice(0, 512)) || !text.includes('type=')) return null
  const fields = new Map<string, string>()
  for (const pair of text.slice(0, 16_384).matchAll(/([\w-]{1,64})=(?:"((?:[^"\\]|\\.){0,2000})"|([^\s"]{0,2000}))/g)) {
    if (fields.size >= FIELDS_MAX) break
    if (!fields.has(pair[1] ?? '')) fields.set(pair[1] ?? '', pair[2] ?? pair[3] ?? '')
  }
  const named = (...names: readonly string[]): string | null => names.map((name) => fields.get(name)).find((value) => value !== undefined && value !== '') ?? null
  const kind = [named('type'), named('subtype')].filter((part) => part !== null).join(' ')
  const name = named('logdesc', 'attack', 'virus') ?? kind
  const zone = named('tz')
  const local = [named('date'), named('time')].filter((part) => part !== null).join('T')
  if (name === '') return null
  return {
    name,
    message: named('msg'),
    severity: null,
    host: named('devname', 'devid'),
    time: named('eventtime') ?? (zone === null || local === '' ? null : `${local}${zone}`),
    labels: [...fields].filter(([field]) => field !== 'msg'),
  }
}

/** The first `count` parts between bars, in which a backslash takes the next character as it is, and where the rest begins. */
function header(text: string, from: number, count: number): { readonly parts: readonly string[]; readonly end: number } {
  const parts: string[] = []
  let part = ''
  let at = from
  for (; at < text.length && at - from < HEADER_MAX && parts.length < count; at++) {
    const char = text[at] ?? ''
    if (char === '\\' && at + 1 < text.length) part += text[++at] ?? ''
    else if (char === '|') {
      parts.push(part.trim())
      part = ''
    } else part += char
  }
  if (parts.length < count && part !== '') parts.push(part.trim())
  return { parts, end: at }
}

/** `name=value` joined by spaces; a value runs to the next name. */
function extension(text: string): ReadonlyMap<string, string> {
  const marks = [...text.slice(0, 16_384).matchAll(/(?:^|\s)([\w.-]{1,64})=/g)].slice(0, FIELDS_MAX + 1)
  const fields = new Map<string, string>()
  for (const [index, mark] of marks.slice(0, FIELDS_MAX).entries()) {
    const value = text.slice(mark.index + mark[0].length, marks[index + 1]?.index ?? 16_384)
    fields.set(mark[1] ?? '', value.replace(/\\([=\\|])/g, '$1').trim())
  }
  return fields
}

/** 0 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high ("Common Event Format", Severity); also as words. */
function gradeOf(text: string): Severity | null {
  const word = text.trim().toLowerCase()
  if (/^\d{1,2}$/.test(word)) {
    const number = Number(word)
    return number > 10 ? null : number >= 9 ? 'critical' : number >= 7 ? 'high' : number >= 4 ? 'medium' : 'low'
  }
  if (word === 'very-high') return 'critical'
  const severity = severityFrom(SEVERITY_WORDS, word)
  return severity === 'unknown' ? null : severity
}
