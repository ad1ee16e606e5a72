import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { findJsonFault } from './json-fault.ts'
import type { RefusalCode } from './refusals.ts'

/** Content types the edge reads, as the answer lists them. */
export const CONTENT_TYPES = ['application/json', 'application/*+json', 'text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'text/xml', 'multipart/form-data'] as const
/** Content encodings the edge reads. */
export const CONTENT_ENCODINGS = ['gzip', 'deflate', 'br'] as const
/** Deepest nesting of arrays and objects in JSON; tools stay below 20, and what reads the body later may recurse. */
export const JSON_DEPTH_MAX = 64

/** Why a body is refused, in words for the sender that quote nothing of the body. */
export interface BodyFault {
  readonly code: Extract<RefusalCode, 'body_invalid' | 'body_too_large' | 'media_type_unsupported'>
  readonly message: string
}

const unpackers = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  // The standard's deflate is zlib's; some tools send it bare.
  deflate: async (body: Buffer, options: { maxOutputLength: number }) => {
    const isZlib = body.length > 1 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0
    return isZlib ? promisify(inflate)(body, options) : promisify(inflateRaw)(body, options)
  },
} as const

/** Undoes a content encoding, to at most `maxBytes`: an archive that would unpack to more is stopped there. */
export async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer | BodyFault> {
  const name = encoding.trim().toLowerCase()
  if (name === 'identity' || name === '') return body
  if (!Object.hasOwn(unpackers, name)) {
    return { code: 'media_type_unsupported', message: `The content encoding is none we read; send ${CONTENT_ENCODINGS.join(', ')}, or none.` }
  }
  try {
    return await unpackers[name as keyof typeof unpackers](body, { maxOutputLength: maxBytes })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes)
    return { code: 'body_invalid', message: `The body is not what its content encoding says; it does not unpack.` }
  }
}

/** The answer to a body above the limit. */
export function tooLarge(maxBytes: number): BodyFault {
  return { code: 'body_too_large', message: `The body is larger than ${maxBytes} bytes; send smaller batches.` }
}

/** Whether a content type promises JSON. Fastify has already refused those that are not in the list. */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true
  const semicolon = contentType.indexOf(';')
  const mediaType = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  return mediaType === 'application/json' || mediaType.endsWith('+json')
}

/**
 * Checks a body against its content type and counts its elements: those of a generic array, else 1. JSON is parsed once; bytes that are no
 * UTF-8 inside a text become replacement characters as they do later in the adapter, because a badly encoded alert beats none.
 */
export function inspect(body: Buffer, contentType: string, isGeneric: boolean): number | BodyFault {
  if (body.length === 0) return { code: 'body_invalid', message: 'The body is empty; send one alert, or an array of alerts.' }
  const isPromised = isJson(contentType)
  if (!isPromised && !isGeneric) return 1
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // A generic alert pasted as text/plain, or by a client that says form whatever it sends, is read by the adapter as best it can.
    if (!isPromised) return 1
    const fault = findJsonFault(text)
    return { code: 'body_invalid', message: `The body is not JSON: ${fault.what} at position ${fault.position} (line ${fault.line}, column ${fault.column}).` }
  }
  if (typeof value !== 'object' || value === null) {
    return isPromised ? { code: 'body_invalid', message: 'The body is JSON, but neither an object nor an array; send one alert, or an array of alerts.' } : 1
  }
  if (!isShallow(value, JSON_DEPTH_MAX)) return { code: 'body_invalid', message: `The body nests deeper than ${JSON_DEPTH_MAX} levels.` }
  return isGeneric && Array.isArray(value) ? value.length : 1
}

/** Whether arrays and objects nest at most `levels` deep. Walking the parsed value costs a tenth of parsing it, scanning the text three times it. */
export function isShallow(value: object, levels: number): boolean {
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (typeof item === 'object' && item !== null && !isShallow(item, levels - 1)) return false
    return true
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'object' && item !== null && !isShallow(item, levels - 1)) return false
  }
  return true
}
