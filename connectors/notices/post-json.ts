/** Posts JSON to the address of a chat, which is a secret: neither it nor what was answered may reach an error. */
import { NoticeError } from './port.ts'

const RETRY_AFTER_MAX_MS = 15 * 60_000

/** Answers the status and the beginning of the body of a success. Throws NoticeError: 4xx but 408, 425 and 429 never pass by themselves. */
export async function postJson(address: string, body: object, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
  let answer: Response
  try {
    answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), redirect: 'error', signal })
  } catch (thrown) {
    // The cause names the host, and with some failures the whole address.
    throw new NoticeError('backoff', thrown instanceof DOMException && thrown.name === 'TimeoutError' ? 'the chat did not answer in time' : 'the chat could not be reached')
  }
  const text = (await answer.text().catch(() => '')).slice(0, 200)
  if (answer.ok) return { status: answer.status, text }
  const passes = answer.status >= 500 || [408, 425, 429].includes(answer.status)
  const seconds = Number(answer.headers.get('retry-after'))
  throw new NoticeError(passes ? 'backoff' : 'never', `the chat answered ${answer.status}${passes ? '' : ': make a new address there and store it'}`,
    { retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : null })
}
