import { at, isObject, jsonInside, textOf, type JsonObject } from '../json.ts'
import type { DeliveryContext } from '../source.ts'

/** The attributes of one event by name, and its data as a JSON value, a text, or undefined where it has none. */
export interface CloudEvent {
  readonly attributes: ReadonlyMap<string, string>
  readonly data: unknown
}

/** Base64 characters of data that are decoded. */
const BASE64_MAX = 1_400_000

/** An event in structured form, or one element of a batch ("JSON Event Format"); null where it is no event. */
export function structured(element: unknown): CloudEvent | null {
  if (!isObject(element) || (!Object.hasOwn(element, 'specversion') && !(Object.hasOwn(element, 'type') && Object.hasOwn(element, 'source') && Object.hasOwn(element, 'id')))) return null
  const attributes = new Map<string, string>()
  for (const [name, value] of Object.entries(element)) {
    const text = name === 'data' || name === 'data_base64' ? null : textOf(value)
    if (text !== null) attributes.set(name, text)
  }
  return { attributes, data: dataOf(element) }
}

/** An event in binary form: attributes in `ce-` headers, percent-encoded, and the body as its data ("HTTP Protocol Binding"); null without such headers. */
export function binary(body: unknown, context: DeliveryContext): CloudEvent | null {
  const attributes = new Map<string, string>()
  for (const [name, value] of Object.entries(context.headers)) if (name.startsWith('ce-')) attributes.set(name.slice(3), unescaped(value))
  if (!attributes.has('type')) return null
  const isWrapped = isObject(body) && typeof body['data_base64'] === 'string' && Object.keys(body).length === 1
  return { attributes, data: isWrapped ? dataOf(body) : body ?? undefined }
}

function dataOf(element: JsonObject): unknown {
  const data = at(element, 'data')
  if (typeof data === 'string') return jsonInside(data.slice(0, BASE64_MAX)) ?? data
  if (data !== undefined && data !== null) return data
  const packed = at(element, 'data_base64')
  if (typeof packed !== 'string' || packed.length > BASE64_MAX) return undefined
  const text = Buffer.from(packed, 'base64').toString('utf8')
  // Bytes that are no text say nothing to us.
  return text.includes('\ufffd') || text === '' ? undefined : (jsonInside(text) ?? text)
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, '$1'))
  } catch (error) {
    if (error instanceof URIError) return value
    throw error
  }
}
