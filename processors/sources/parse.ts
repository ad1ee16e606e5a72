import { AppError } from '../../schemas/errors.ts'
import { jsonInside } from './json.ts'
import { withExactIntegers } from './long-integers.ts'
import { multipartFields } from './parse-multipart.ts'
import { parseOtlpLogs } from './parse-otlp.ts'
import { xmlTexts } from './parse-xml.ts'
import { DEPTH_MAX, FIELDS_MAX } from './limits.ts'

/**
 * A body as a JSON value. JSON types are parsed; a form, multipart or not, gives its field `payload` parsed, or a flat object of its fields; plain
 * text is parsed when it holds JSON (SNS sends it so) and is a string otherwise; JSON lines give an array, under whatever type of JSON or text; XML gives the texts of its innermost
 * elements; protobuf is read as logs of OpenTelemetry. Throws `payload_invalid` with what to look for.
 */
export function parseBody(body: Buffer, contentType: string): unknown {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
  const value = readAs(type, body, contentType)
  assertShallow(value)
  return value
}

function readAs(type: string, body: Buffer, contentType: string): unknown {
  if (type === 'application/x-protobuf') return parseOtlpLogs(body)
  if (type === 'multipart/form-data') return formValue(multipartFields(body, contentType))
  const text = body.toString('utf8').replace(/^\ufeff/, '')
  if (type === 'application/x-www-form-urlencoded') return parseForm(text)
  if (type === 'application/x-ndjson') return text.split('\n').filter((line) => line.trim() !== '').map(parseJson)
  if (type === 'text/xml' || type === 'application/xml') return xmlTexts(text)
  return type.startsWith('text/') && type !== 'text/json' ? parseText(text) : parseJson(text)
}

function parseText(text: string): unknown {
  const first = text.trimStart()[0]
  return first === '{' || first === '[' ? parseJson(text) : text
}

function parseForm(text: string): unknown {
  const fields: [string, string][] = []
  for (const field of new URLSearchParams(text)) {
    if (fields.length >= FIELDS_MAX) throw new AppError('payload_invalid', `the form has more than ${FIELDS_MAX} fields`)
    fields.push(field)
  }
  return formValue(fields)
}

/** The field `payload` where it holds JSON, as Slack's format has it; else all fields. */
function formValue(fields: readonly (readonly [string, string])[]): unknown {
  const payload = fields.find(([name]) => name === 'payload')?.[1]
  const inside = payload === undefined ? undefined : jsonInside(payload)
  // fromEntries defines own properties, so a field called __proto__ is only a field.
  return inside ?? Object.fromEntries(fields)
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new AppError('payload_invalid', 'the body is empty')
  try {
    const value: unknown = JSON.parse(text)
    const exact = withExactIntegers(text)
    return exact === text ? value : (jsonInside(exact) ?? value)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const mended = withEscapedControls(text)
    const value = mended === text ? undefined : jsonInside(withExactIntegers(mended))
    if (value !== undefined) return value
    const lines = jsonLines(text)
    if (lines !== undefined) return lines
    // Only the place is told, never the text there: it may be a secret.
    const place = /at position \d+( \(line \d+ column \d+\))?/.exec(error.message)?.[0]
    throw new AppError('payload_invalid', `the body is not JSON${place === undefined ? '' : ` (${place})`}; look for a missing quote or comma in the sender's template, or an unquoted variable`, { cause: error })
  }
}

/** JSON lines under the type of plain JSON, as log shippers send them (Fluent Bit, `json_lines`); undefined unless every line is an object. */
function jsonLines(text: string): readonly unknown[] | undefined {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  if (lines.length < 2 || !lines.every((line) => line.startsWith('{') && line.endsWith('}'))) return undefined
  const values = lines.map((line) => jsonInside(withExactIntegers(line)))
  return values.includes(undefined) ? undefined : values
}

/** Templates paste texts of several lines between quotes; a raw line break there is the one mistake that is safe to mend. */
function withEscapedControls(text: string): string {
  const parts: string[] = []
  let inString = false
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) inString = !inString
    else if (code === 0x5c && inString) index++
    else if (code < 0x20 && inString) {
      parts.push(text.slice(from, index), `\\u${code.toString(16).padStart(4, '0')}`)
      from = index + 1
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from)
}

/** Walks level by level, without recursion, so that a deep body cannot exhaust the stack. */
function assertShallow(value: unknown): void {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw new AppError('payload_invalid', `the body is nested more than ${DEPTH_MAX} levels deep`)
    const next: unknown[] = []
    for (const node of level) {
      if (typeof node !== 'object' || node === null) continue
      for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) next.push(child)
    }
    level = next
  }
}
