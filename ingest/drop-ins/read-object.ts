import { isShallow, JSON_DEPTH_MAX, type BodyFault } from '../body.ts'
import { findJsonFault } from '../json-fault.ts'

/** A JSON object of a body. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What a body held, or why it cannot be read. */
export type Read<T> = { readonly value: T } | { readonly fault: BodyFault }

/** The JSON object in a body, whatever its content type says: clients of these products often send JSON as a form, which is what `curl -d` says by default. */
export function readObject(body: Buffer): Read<JsonObject> {
  const read = readJson(body)
  if ('fault' in read) return read
  return isObject(read.value) ? { value: read.value } : invalid('The body is JSON, but not an object.')
}

/** The JSON value in a body, at most JSON_DEPTH_MAX deep. The fault names the place and quotes nothing. */
export function readJson(body: Buffer): Read<unknown> {
  const text = body.toString('utf8').replace(/^\ufeff/, '')
  if (text.trim() === '') return invalid('The body is empty.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const fault = findJsonFault(text)
    return invalid(`The body is not JSON: ${fault.what} at position ${fault.position} (line ${fault.line}, column ${fault.column}).`)
  }
  if (typeof value === 'object' && value !== null && !isShallow(value, JSON_DEPTH_MAX)) return invalid(`The body nests deeper than ${JSON_DEPTH_MAX} levels.`)
  return { value }
}

/** The object's own text under a name, trimmed; null where it has none. Inherited names are never found. */
export function textIn(object: JsonObject, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : null
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** The object without some of its names, as bytes of JSON, and with others set. */
export function rewritten(object: JsonObject, without: readonly string[], set: JsonObject = {}): Buffer {
  // Entries, not a spread: a name like __proto__ must stay only a name.
  const kept = Object.entries(object).filter(([name]) => !without.includes(name) && !Object.hasOwn(set, name))
  return Buffer.from(JSON.stringify(Object.fromEntries([...kept, ...Object.entries(set)])))
}

function invalid(message: string): { fault: BodyFault } {
  return { fault: { code: 'body_invalid', message } }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
