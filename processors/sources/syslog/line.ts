/** One message of syslog, as RFC 5424 or as what RFC 3164 found in the wild. Null where the message does not say. */
export interface SyslogLine {
  /** 0 to 7. */
  readonly severity: number | null
  readonly facility: number | null
  /** As written; RFC 3164 has neither year nor zone. */
  readonly timestamp: string | null
  readonly host: string | null
  readonly app: string | null
  readonly process: string | null
  readonly messageId: string | null
  /** Parameters of structured data. */
  readonly data: readonly (readonly [string, string])[]
  readonly message: string
}

const LINE_MAX = 16_384
const PARAMETERS_MAX = 48

/** Reads a line; every text is one. */
export function readLine(line: string): SyslogLine {
  const text = line.slice(0, LINE_MAX)
  const priority = /^<(\d{1,3})>/.exec(text)
  const value = priority === null ? null : Number(priority[1])
  const rest = priority === null ? text : text.slice(priority[0].length)
  const [severity, facility] = value === null || value > 191 ? [null, null] : [value % 8, Math.floor(value / 8)]
  return { ...(/^1 \S/.test(rest) ? readNew(rest.slice(2)) : readOld(rest)), severity, facility }
}

type Body = Omit<SyslogLine, 'severity' | 'facility'>

/** RFC 5424, section 6: TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG], `-` for what is absent. */
function readNew(rest: string): Body {
  const parts = /^(\S{1,64}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64})(?: |$)/.exec(rest)
  if (parts === null) return readOld(rest)
  const given = (index: number): string | null => (parts[index] === '-' ? null : parts[index] ?? null)
  const { data, end } = structuredData(rest, parts[0].length)
  return { timestamp: given(1), host: given(2), app: given(3), process: given(4), messageId: given(5), data, message: rest.slice(end).replace(/^\ufeff/, '').trim() }
}

/** `[id name="value" …]…` in one pass; a backslash takes the next character as it is. */
function structuredData(text: string, from: number): { data: [string, string][]; end: number } {
  const data: [string, string][] = []
  if (text[from] === '-') return { data, end: from + 1 }
  let at = from
  while (text[at] === '[') {
    at = skipTo(text, at, ' ]')
    while (text[at] === ' ') {
      const equals = text.indexOf('="', at)
      if (equals < 0) return { data, end: from }
      const name = text.slice(at + 1, equals)
      let value = ''
      for (at = equals + 2; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\' && at + 1 < text.length) at++
        value += text[at] ?? ''
      }
      at++
      if (data.length < PARAMETERS_MAX) data.push([name, value])
    }
    if (text[at] !== ']') return { data, end: from }
    at++
  }
  return { data, end: at }
}

function skipTo(text: string, from: number, stops: string): number {
  let at = from
  while (at < text.length && !stops.includes(text[at] ?? '')) at++
  return at
}

/** RFC 3164 and its relatives: a time of several kinds, a host, `tag[pid]:`, the message. Cisco writes a sequence number first and `%FACILITY-SEVERITY-MNEMONIC:`. */
function readOld(text: string): Body {
  const time = /^(?:\d{1,10}: )?[*.]?((?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?)|(?:\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d)?))(?: (?:UTC|GMT|[A-Z]{2,3}T)(?=:))?:? /.exec(text)
  // Cisco's `logging origin-id hostname` puts the device between sequence number and time.
  const origin = time === null ? /^(?:\d{1,10}: )?([\w.-]{1,255}): (?=[*.]?(?:[A-Z][a-z]{2} [ \d]\d|\d{4}-\d\d))/.exec(text) : null
  if (origin !== null) {
    const inner = readOld(text.slice(origin[0].length))
    return { ...inner, host: inner.host ?? origin[1] ?? null }
  }
  const rest = time === null ? text : text.slice(time[0].length)
  const cisco = /(?:^|\s)%([A-Z][A-Z0-9_]{1,30}(?:-[A-Z0-9_]{1,30}){0,3}-[0-7]-[A-Z0-9_]{1,40}): ?/.exec(rest.slice(0, 512))
  if (cisco !== null) {
    const before = rest.slice(0, cisco.index).trim().replace(/:$/, '').trim()
    return { timestamp: time?.[1] ?? null, host: isHost(before) ? before : null, app: null, process: null, messageId: cisco[1] ?? null, data: [], message: rest.slice(cisco.index + cisco[0].length).trim() }
  }
  const tagged = /^(?:(\S{1,255}) )?([\w./@-]{1,64})(?:\[([^\]\s]{1,32})\])?: ?/.exec(rest)
  if (tagged !== null && (time !== null || tagged[1] === undefined || isHost(tagged[1]))) {
    return { timestamp: time?.[1] ?? null, host: time === null && tagged[1] === undefined ? null : tagged[1] ?? null, app: tagged[2] ?? null, process: tagged[3] ?? null, messageId: null, data: [], message: withoutUptime(rest.slice(tagged[0].length).trim()) }
  }
  const host = time === null ? null : /^(\S{1,255}) /.exec(rest)
  return { timestamp: time?.[1] ?? null, host: host?.[1] ?? null, app: null, process: null, messageId: null, data: [], message: rest.slice(host?.[0].length ?? 0).trim() }
}

/** The kernel writes the seconds since boot in front. */
function withoutUptime(message: string): string {
  return message.replace(/^\[ {0,8}\d{1,10}\.\d{1,9}\] ?/, '')
}

function isHost(text: string): boolean {
  return /^[a-z0-9][a-z0-9._:-]{0,254}$/i.test(text) && /[a-z\d]$/i.test(text)
}
