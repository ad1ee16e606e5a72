import { MultipartParseError, parseMultipart } from '@remix-run/multipart-parser'
import { AppError } from '../../schemas/errors.ts'
import { at, jsonInside, textOf } from './json.ts'
import { FIELDS_MAX } from './limits.ts'

/** Field that says how many files a body held; their contents are not read. */
export const SKIPPED_FILES = 'skipped_files'

/**
 * The text fields of a multipart/form-data body as pairs, in its order. Files are skipped and counted. A field is UTF-8 unless its part or the
 * field `charsets` (SendGrid's Inbound Parse) says otherwise. Throws `payload_invalid` where the body is not what its type says.
 */
export function multipartFields(body: Buffer, contentType: string): [string, string][] {
  const raw: { name: string; bytes: Uint8Array; charset: string | null }[] = []
  let files = 0
  try {
    // The parts' bytes are views of the body, so nothing here is larger than it is.
    for (const part of parseMultipart(body, { boundary: boundaryOf(contentType), maxParts: FIELDS_MAX, maxFileSize: body.length, maxTotalSize: body.length })) {
      if (part.isFile) files++
      else if (part.name !== undefined && part.name !== '') raw.push({ name: part.name, bytes: part.bytes, charset: /charset="?([\w.:-]{1,40})/i.exec(part.headers['content-type'] ?? '')?.[1] ?? null })
    }
  } catch (error) {
    // A TypeError: the head of a part is no UTF-8, which the library only finds when it is asked for a name.
    if (!(error instanceof MultipartParseError) && !(error instanceof TypeError)) throw error
    throw new AppError('payload_invalid', `the body is not the multipart form its content type promises, or has more than ${FIELDS_MAX} parts`, { cause: error })
  }
  const charsets = jsonInside(decoded(raw.find(({ name }) => name === 'charsets')?.bytes ?? new Uint8Array(), null))
  const fields = raw.map(({ name, bytes, charset }): [string, string] => [name, decoded(bytes, charset ?? textOf(at(charsets, name)))])
  return files === 0 ? fields : [...fields, [SKIPPED_FILES, String(files)]]
}

function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s"]{1,200}))/i.exec(contentType.slice(0, 1_024))
  const boundary = found?.[1] ?? found?.[2]
  if (boundary === undefined || !/^[\x20-\x7e]+$/.test(boundary)) throw new AppError('payload_invalid', 'the content type multipart/form-data names no boundary; let the HTTP client write that header')
  return boundary
}

function decoded(bytes: Uint8Array, charset: string | null): string {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes)
  } catch (error) {
    // A charset nobody knows; the text is still worth more than none.
    if (error instanceof RangeError) return new TextDecoder().decode(bytes)
    throw error
  }
}
