/** One call of a Google Cloud service: JSON in and out, our time limit, no retries, errors as ours. */
import { isAborted } from '../../../schemas/clock.ts'
import { httpsCall } from '../https-call.ts'
import { ExecutorError, type CallContext, type ExecutorFault } from '../port.ts'
import { gcpSettings, type GcpSettings } from './settings.ts'
import type { GcpTokens } from './tokens.ts'

/** How calls are made; the default where a member is absent. */
export interface GcpWire {
  /** PEM of an authority to trust beside none else; absent: those of the machine. */
  readonly ca?: string
  /** Longest wait for one answer (30,000). */
  readonly callTimeoutMs?: number
}

/** Answers are smaller than this; a report holds 100 KiB of output in base64. */
const ANSWER_BYTES_MAX = 8_388_608
const WORDS_MAX = 300

/** Calls Google Cloud for one account. */
export class GcpSession {
  readonly settings: GcpSettings
  readonly context: CallContext
  readonly tokens: GcpTokens
  readonly #wire: GcpWire

  constructor(context: CallContext, tokens: GcpTokens, wire: GcpWire) {
    this.context = context
    this.settings = gcpSettings(context.account)
    this.tokens = tokens
    this.#wire = wire
  }

  /** Makes a call. `what` in the gerund; `changes`: whether it may leave something behind. Throws ExecutorError alone. */
  async call<T>(what: string, method: 'GET' | 'POST' | 'DELETE', address: string, options: { readonly body?: unknown; readonly changes?: boolean } = {}): Promise<T> {
    const { account } = this.context
    const signal = AbortSignal.any([this.context.signal, AbortSignal.timeout(this.#wire.callTimeoutMs ?? 30_000)])
    if (isAborted(signal)) throw new ExecutorError('timeout', `${what}: it was ended before it began`)
    await this.context.turn?.()
    const token = await this.tokens.get(account, this.settings, signal)
    const called = await httpsCall(address, {
      method, ca: this.#wire.ca, maxBytes: ANSWER_BYTES_MAX, signal, headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...(options.body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
    const changes = options.changes === true
    if (called.kind === 'lost') throw new ExecutorError(isAborted(signal) ? 'timeout' : 'unavailable', `${what}: no answer (${called.code})`, { sent: changes && called.wasOnWire ? 'unknown' : 'no' })
    const parsed = json(called.text)
    if (called.status < 300) {
      if (parsed === null || called.isCut) throw new ExecutorError('unavailable', `${what}: the answer is no JSON`, { sent: changes ? 'unknown' : 'no' })
      return parsed as T
    }
    if (called.status === 401) this.tokens.forget(account)
    const { message = '', reason } = errorOf(parsed)
    const header = called.headers['retry-after']
    throw new ExecutorError(faultOf(called.status, reason, message), `${what}: ${clean(message)} (${called.status}${reason === undefined ? '' : ` ${reason}`})`, {
      // Names are made of tokens: what is there already was sent before, and came late.
      sent: changes && (called.status >= 500 || reason === 'ALREADY_EXISTS') ? 'unknown' : 'no', retryAfterMs: typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null,
    })
  }
}

function faultOf(status: number, reason: string | undefined, message: string): ExecutorFault {
  // Quotas come as 403 on older services.
  if (status === 429 || reason === 'RESOURCE_EXHAUSTED' || reason === 'rateLimitExceeded' || reason === 'quotaExceeded') return 'throttled'
  if (status === 401) return 'unauthorised'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 409 || status === 412 || reason === 'FAILED_PRECONDITION' && /in progress|rollout/i.test(message)) return 'busy'
  return status >= 500 ? 'unavailable' : 'invalid'
}

function errorOf(parsed: unknown): { readonly message?: string; readonly reason?: string } {
  const error = (parsed as { error?: { message?: unknown; status?: unknown; errors?: readonly { reason?: unknown }[] } } | null)?.error
  const reason = [error?.errors?.[0]?.reason, error?.status].find((one) => typeof one === 'string' && /^\w{1,60}$/.test(one)) as string | undefined
  return { ...(typeof error?.message === 'string' ? { message: error.message } : {}), ...(reason === undefined ? {} : { reason }) }
}

/** Null for what is no JSON, such as a proxy's page. */
function json(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown)
  } catch {
    return null
  }
}

/** Google's words: one line, bounded, without a token that a careless service might put there. */
export function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').replace(/\b(ya29\.[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*)/g, '[token]').trim()
  return line === '' ? 'no reason was given' : line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line
}
