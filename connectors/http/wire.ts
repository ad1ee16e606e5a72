/** Bodies on their way out and in. */
import { ConnectorError, type HttpRequest } from '../port.ts'
import { keepable } from '../text.ts'

/** No answer of a ticket system is larger. */
export const ANSWER_MAX_BYTES = 5 * 1024 * 1024

/** A body as it is sent. */
export interface WireBody {
  readonly bytes: string | Uint8Array<ArrayBuffer> | FormData | null
  /** Null: there is no body, or the sender says it. */
  readonly contentType: string | null
  /** What the record shows of it. */
  readonly shown: unknown
}

/** What a request sends. Throws `defect` for two bodies at once. */
export function wireBody({ json, form, multipart, binary }: HttpRequest): WireBody {
  if ([json, form, multipart, binary].filter((one) => one !== undefined).length > 1) throw new ConnectorError('defect', 'a call with two bodies')
  if (json !== undefined) return { bytes: JSON.stringify(json), contentType: 'application/json', shown: json }
  if (form !== undefined) return { bytes: new URLSearchParams(form).toString(), contentType: 'application/x-www-form-urlencoded', shown: form }
  if (binary !== undefined) return { bytes: new Uint8Array(binary.bytes), contentType: binary.contentType, shown: `[${binary.bytes.length} bytes]` }
  if (multipart === undefined) return { bytes: null, contentType: null, shown: null }
  const data = new FormData()
  for (const { name, value, fileName, contentType } of multipart) {
    if (typeof value === 'string' && fileName === undefined) data.append(name, value)
    else data.append(name, new Blob([typeof value === 'string' ? value : new Uint8Array(value)], { type: contentType ?? 'application/octet-stream' }), fileName ?? name)
  }
  return { bytes: data, contentType: null, shown: Object.fromEntries(multipart.map(({ name, value, fileName }) => [name, typeof value === 'string' && fileName === undefined ? value : `[file ${fileName ?? name}, ${value.length} bytes]`])) }
}

/** An answer's body. `isHtml`: a page for people, as proxies and login forms send it; `isBroken`: JSON was due and could not be read; `isTooLarge`: it was left. */
export interface ReadAnswer {
  readonly value: unknown
  readonly isHtml: boolean
  readonly isBroken: boolean
  readonly isTooLarge: boolean
}

/** Reads it to its end or to 5 MB. */
export async function readAnswer(answer: Response, isText: boolean): Promise<ReadAnswer> {
  const bytes = await bytesOf(answer)
  if (bytes === null) return { value: null, isHtml: false, isBroken: false, isTooLarge: true }
  const text = new TextDecoder().decode(bytes)
  const isHtml = answer.headers.get('content-type')?.toLowerCase().includes('html') === true || /^\s*<(!doctype|html)/i.test(text)
  if (text.trim() === '') return { value: null, isHtml: false, isBroken: false, isTooLarge: false }
  if (isText) return { value: keepable(text), isHtml, isBroken: false, isTooLarge: false }
  try {
    return { value: exactJson(text), isHtml, isBroken: false, isTooLarge: false }
  } catch {
    // Not JSON is an answer too: its status and its text say what it is.
    return { value: keepable(text), isHtml, isBroken: true, isTooLarge: false }
  }
}

async function bytesOf(answer: Response): Promise<Buffer | null> {
  if (answer.body === null) return Buffer.alloc(0)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > ANSWER_MAX_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const BROKEN = /\\u(?:0000|d[89a-f])/i

/** Whole numbers beyond 2^53 stay exact, as strings: ids of some vendors are that long. What anybody may have written there holds no character that cannot be kept. */
function exactJson(text: string): unknown {
  const isBroken = BROKEN.test(text)
  if (!isBroken && !/\d{16}/.test(text)) return JSON.parse(text) as unknown
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value === 'string') return isBroken ? keepable(value) : value
    return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value
  }) as unknown
}
