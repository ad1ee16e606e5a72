import { isObject, jsonInside, type JsonObject } from '../json.ts'

/** A text is looked at as far as this. */
const WINDOW = 262_144
const FIELDS_MAX = 256

/** A plain text as an object of fields: JSON, CEF, LEEF, or `name=value` pairs; else the text alone. */
export function fieldsOfText(text: string): JsonObject {
  const window = text.slice(0, WINDOW)
  const inside = jsonInside(window)
  if (isObject(inside)) return inside
  const start = window.slice(0, 2_048)
  const cef = start.indexOf('CEF:')
  if (cef >= 0) return readCef(window.slice(cef))
  const leef = start.indexOf('LEEF:')
  if (leef >= 0) return readLeef(window.slice(leef))
  const pairs = equalPairs(window.slice(0, 16_384))
  return pairs.length >= 3 ? Object.fromEntries(pairs) : { text }
}

/** `CEF:0|vendor|product|version|class|name|severity|extension`; severities are 0 to 10 (CEF, "Header": 0-3 low, 4-6 medium, 7-8 high, 9-10 very high). */
function readCef(text: string): JsonObject {
  const [, vendor = '', product = '', , eventClass = '', name = '', grade = '', ...rest] = splitUnescaped(text)
  const number = /^\d{1,2}$/.test(grade.trim()) ? Number(grade) : null
  const severity = number === null ? (/^very-?high$/i.test(grade.trim()) ? 'critical' : grade) : number <= 3 ? 'low' : number <= 6 ? 'medium' : number <= 8 ? 'high' : 'critical'
  return { ...extension(rest.join('|')), deviceVendor: vendor, deviceProduct: product, deviceEventClassId: eventClass, rule: name || eventClass, severity }
}

/** `LEEF:2.0|vendor|product|version|event|separator|name=value...`; version 1 has no separator field and tabs. */
function readLeef(text: string): JsonObject {
  const isTwo = text.startsWith('LEEF:2')
  const [, vendor = '', product = '', , event = '', ...rest] = text.split('|', FIELDS_MAX)
  const separator = isTwo && rest.length > 1 ? (rest[0] ?? '') : '\t'
  const body = (isTwo && rest.length > 1 ? rest.slice(1) : rest).join('|')
  const code = /^0?x([\da-f]{1,4})$/i.exec(separator)?.[1]
  const mark = code === undefined ? separator || '\t' : String.fromCharCode(Number.parseInt(code, 16))
  const pairs = body.split(mark, FIELDS_MAX).flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]] : []
  })
  return { ...Object.fromEntries(pairs), deviceVendor: vendor, deviceProduct: product, rule: event }
}

/** Header fields are separated by bars, and a backslash before a bar makes it part of the field; the eighth is everything that is left. */
function splitUnescaped(text: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  let index = 0
  for (; index < text.length && parts.length < 7; index++) {
    const char = text[index] ?? ''
    if (char === '\\') part += text[++index] ?? ''
    else if (char === '|') {
      parts.push(part)
      part = ''
    } else part += char
  }
  return [...parts, part + text.slice(index)]
}

/** Values of an extension may hold blanks: each ends where the next name begins. */
function extension(text: string): Record<string, string> {
  const names = [...text.slice(0, 65_536).matchAll(/(?:^|\s)([A-Za-z][\w.-]{0,63})=/g)].slice(0, FIELDS_MAX)
  return Object.fromEntries(
    names.map((name, index): [string, string] => {
      const from = name.index + name[0].length
      return [name[1] ?? '', text.slice(from, names[index + 1]?.index).replace(/\\([=\\|])/g, '$1').trim()]
    }),
  )
}

/** `name=value name="a value"`, as logfmt writes a line; none where a text has words between them. */
function equalPairs(text: string): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  const pattern = /\s*([A-Za-z_][\w.-]{0,63})=(?:"((?:[^"\\]|\\.){0,2048})"|([^\s"]{0,2048}))/y
  for (let match = pattern.exec(text); match !== null && pairs.length < FIELDS_MAX; match = pattern.exec(text)) pairs.push([match[1] ?? '', (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1')])
  return pairs
}
