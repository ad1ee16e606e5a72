/** The little of MIME that alert mails need. */
import { instantMs } from '../time.ts'

const LINES_MAX = 400

/** Headers by lower-case name (folded lines joined, the first of a name) and the text behind them, of a mail as it was sent. Of a multipart mail the whole body. */
export function rawMail(source: string): { readonly headers: ReadonlyMap<string, string>; readonly text: string | null } {
  const end = /\r?\n\r?\n/.exec(source)
  const head = source.slice(0, end?.index ?? source.length)
  const headers = new Map<string, string>()
  let last: string | null = null
  for (const line of head.split(/\r?\n/, LINES_MAX)) {
    if (/^[ \t]/.test(line)) {
      if (last !== null) headers.set(last, `${headers.get(last) ?? ''} ${line.trim()}`.slice(0, 8_192))
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    last = name !== '' && !headers.has(name) ? name : null
    if (last !== null) headers.set(last, line.slice(colon + 1).trim())
  }
  const text = end === null ? '' : source.slice(end.index + end[0].length).trim()
  return { headers, text: text === '' ? null : text }
}

/** RFC 2047: `=?utf-8?B?…?=` and `=?utf-8?Q?…?=` as text; anything else stays. */
export function decodedWords(text: string): string {
  // White space between two encoded words is not part of the text.
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?([\w.-]{1,40})(?:\*[\w-]{0,20})?\?([bq])\?([^?]{0,1024})\?=/gi, (whole, charset: string, encoding: string, packed: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(packed, 'base64') : Buffer.from(packed.replaceAll('_', ' ').replace(/=([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1')
    try {
      return new TextDecoder(charset).decode(bytes)
    } catch (error) {
      if (error instanceof RangeError) return whole
      throw error
    }
  })
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The time of RFC 5322 (`Tue, 03 Feb 2026 12:00:00 +0100`), or whatever `instantMs` reads; null for other forms. */
export function mailTimeMs(text: string | null): number | null {
  if (text === null) return null
  const parts = /(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ?([+-]\d{4}|[A-Z]{1,3})/.exec(text.slice(0, 100))
  const month = MONTHS.indexOf((parts?.[2] ?? '').toLowerCase()) + 1
  if (parts === null || month === 0) return instantMs(text)
  const [, day = '', , year = '', hour = '', minute = '', second = '00', zone = ''] = parts
  return instantMs(`${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${hour}:${minute}:${second}${zone}`)
}

const BREAKS = new Set(['br', 'p', 'div', 'tr', 'li', 'h1', 'h2', 'h3', 'table', '/p', '/div', '/tr', '/li', '/h1', '/h2', '/h3'])
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** The text of an HTML mail: one pass, tags out, rows and paragraphs as lines, style and script left out. */
export function htmlText(html: string): string {
  const parts: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    parts.push(html.slice(at, open < 0 ? html.length : open))
    if (open < 0) break
    const close = html.indexOf('>', open)
    if (close < 0) break
    const name = /^[/]?[a-z0-9]{1,12}/i.exec(html.slice(open + 1, open + 14))?.[0].toLowerCase() ?? ''
    at = close + 1
    if (name === 'style' || name === 'script') {
      const end = html.indexOf(`</${name}`, at)
      at = end < 0 ? html.length : end
    } else if (BREAKS.has(name)) parts.push('\n')
    else if (name === 'td' || name === 'th') parts.push(' ')
  }
  const text = parts.join('').replace(/&(#\d{1,6}|[a-z]{2,6});/gi, (whole, entity: string) => (entity.startsWith('#') ? String.fromCodePoint(Number(entity.slice(1)) % 0x10ffff) : (ENTITIES[entity.toLowerCase()] ?? whole)))
  return text.split('\n').map((line) => line.replace(/[ \t]+/g, ' ').trim()).filter((line) => line !== '').join('\n')
}
