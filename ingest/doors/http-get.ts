import { AppError, toAppError } from '../../schemas/errors.ts'
import type { HttpGetAnswer } from './door.ts'

const TIMEOUT_MS = 5_000
const BODY_BYTES_MAX = 64 * 1_024

/**
 * GET without credentials for what doors have to fetch. Redirects are refused, because the door has checked this host and no other; after
 * 5 s or 64 KB it gives up. Throws `engine_unavailable`, so that the vendor is told to try again.
 */
export async function httpGet(url: URL): Promise<HttpGetAnswer> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: '*/*' } })
    return { statusCode: response.status, text: await boundedText(response) }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('engine_unavailable', `fetching from ${url.host}: ${toAppError(error).message}`, { cause: error })
  }
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return ''
  const body: AsyncIterable<Uint8Array> = response.body
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > BODY_BYTES_MAX) throw new AppError('engine_unavailable', `reading an answer: more than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
