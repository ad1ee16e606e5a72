/** Calls of Datto RMM: a token by password grant, kept in memory; JSON in and out; no retries; errors as ours. */
import { createHash } from 'node:crypto'
import { isAborted, type Clock } from '../../../schemas/clock.ts'
import { httpsCall, type Called } from '../https-call.ts'
import { ExecutorError, type CallContext, type ExecutorFault } from '../port.ts'
import { dattoSettings, type DattoSettings } from './settings.ts'

/** How calls are made; the default where a member is absent. */
export interface DattoWire {
  /** PEM of an authority to trust beside none else; absent: those of the machine. */
  readonly ca?: string
  /** Longest wait for one answer (30,000). */
  readonly callTimeoutMs?: number
}

interface Kept { readonly token: string; readonly endsAtMs: number }

const ANSWER_BYTES_MAX = 8_388_608
const KEPT_MAX = 500
const SPARE_MS = 300_000
/** Who goes on after 429 has its address blocked for so long; then 403 comes with a page in place of JSON. */
const BLOCKED_MS = 300_000
/** The client every user of the API has. */
const PUBLIC_CLIENT = `Basic ${Buffer.from('public-client:public').toString('base64')}`

/** Tokens by account, for as long as the executor lives. */
export class DattoTokens {
  readonly #kept = new Map<string, Kept>()

  find(key: string, nowMs: number): string | null {
    const kept = this.#kept.get(key)
    return kept !== undefined && kept.endsAtMs - SPARE_MS > nowMs ? kept.token : null
  }

  keep(key: string, kept: Kept): void {
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size > KEPT_MAX && oldest.done === false) this.#kept.delete(oldest.value)
  }

  forget(key: string): void {
    this.#kept.delete(key)
  }
}

/** Calls Datto RMM for one account. */
export class DattoSession {
  readonly settings: DattoSettings
  readonly context: CallContext
  readonly #tokens: DattoTokens
  readonly #clock: Clock
  readonly #wire: DattoWire
  readonly #key: string

  constructor(context: CallContext, tokens: DattoTokens, clock: Clock, wire: DattoWire) {
    this.context = context
    this.settings = dattoSettings(context.account)
    this.#tokens = tokens
    this.#clock = clock
    this.#wire = wire
    const { companyId, id, fields } = context.account
    this.#key = createHash('sha256').update(JSON.stringify([companyId, id, Object.entries(fields).sort()])).digest('hex')
  }

  /** Makes a call. `what` in the gerund; `changes`: whether it may leave something behind. Throws ExecutorError alone. */
  async call<T>(what: string, method: 'GET' | 'PUT', path: string, options: { readonly body?: unknown; readonly changes?: boolean } = {}): Promise<T> {
    const signal = this.#signal(what)
    await this.context.turn?.()
    const token = await this.token(signal)
    const changes = options.changes === true
    const called = await httpsCall(`${this.settings.base}/api${path}`, {
      method, ca: this.#wire.ca, maxBytes: ANSWER_BYTES_MAX, signal, headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...(options.body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
    if (called.kind === 'answer' && called.status === 401) this.#tokens.forget(this.#key)
    return read<T>(what, called, changes, isAborted(signal))
  }

  /** A token; a kept one unless `isFresh`. */
  async token(signal = this.#signal('asking for a token'), isFresh = false): Promise<string> {
    const kept = isFresh ? null : this.#tokens.find(this.#key, this.#clock.now())
    if (kept !== null) return kept
    const { base, apiKey } = this.settings
    const secret = await this.#secret()
    const what = 'asking Datto RMM for a token'
    const called = await httpsCall(`${base}/auth/oauth/token`, {
      method: 'POST', ca: this.#wire.ca, maxBytes: 65_536, signal, headers: { authorization: PUBLIC_CLIENT, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'password', username: apiKey, password: secret }).toString(),
    })
    if (called.kind === 'answer' && (called.status === 400 || called.status === 401)) throw new ExecutorError('unauthorised', `${what}: it refuses key and secret (${called.status}); make a new API key for the user and store it`)
    const { access_token: token, expires_in: seconds } = read<{ access_token?: string; expires_in?: number }>(what, called, false, isAborted(signal))
    if (token === undefined || token === '') throw new ExecutorError('unavailable', `${what}: the answer has none`)
    this.#tokens.keep(this.#key, { token, endsAtMs: this.#clock.now() + (seconds ?? 3_600) * 1_000 })
    return token
  }

  #signal(what: string): AbortSignal {
    const signal = AbortSignal.any([this.context.signal, AbortSignal.timeout(this.#wire.callTimeoutMs ?? 30_000)])
    if (isAborted(signal)) throw new ExecutorError('timeout', `${what}: it was ended before it began`)
    return signal
  }

  async #secret(): Promise<string> {
    let secret: string | null
    try {
      secret = await this.context.account.secret()
    } catch {
      throw new ExecutorError('unauthorised', 'the stored secret of the Datto RMM account cannot be opened; store it again')
    }
    if (secret === null || secret === '') throw new ExecutorError('unauthorised', 'the Datto RMM account has no secret; store the API secret key')
    return secret
  }
}

function read<T>(what: string, called: Called, changes: boolean, isTimeout: boolean): T {
  if (called.kind === 'lost') throw new ExecutorError(isTimeout ? 'timeout' : 'unavailable', `${what}: no answer (${called.code})`, { sent: changes && called.wasOnWire ? 'unknown' : 'no' })
  const { status, headers, text, isCut } = called
  let parsed: unknown = null
  try {
    parsed = JSON.parse(text)
  } catch {
    // No JSON: a page of something in between; what it means is said below, by the status.
    parsed = null
  }
  if (status < 300) {
    if (parsed === null || isCut) throw new ExecutorError('unavailable', `${what}: the answer is no JSON`, { sent: changes ? 'unknown' : 'no' })
    return parsed as T
  }
  const isBlocked = status === 403 && parsed === null
  const header = headers['retry-after']
  const retryAfterMs = typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : isBlocked ? BLOCKED_MS : null
  throw new ExecutorError(isBlocked ? 'throttled' : faultOf(status), `${what}: Datto RMM answers ${status}${isBlocked ? ', which without words means that our address is blocked for five minutes' : ''}`, { sent: changes && status >= 500 ? 'unknown' : 'no', retryAfterMs })
}

function faultOf(status: number): ExecutorFault {
  if (status === 401) return 'unauthorised'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 409) return 'busy'
  if (status === 429) return 'throttled'
  return status >= 500 ? 'unavailable' : 'invalid'
}
