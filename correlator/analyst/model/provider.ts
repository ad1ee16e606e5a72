/** One configured provider: its driver behind its limits and its circuit breaker, with what it last said. */
import { type AppError, toAppError } from '../../../schemas/errors.ts'
import type { Clock } from '../../../schemas/clock.ts'
import { Breaker, type BreakerLimits } from './breaker.ts'
import type { Driver, DriverAnswer, DriverCall, TokenCount } from './driver.ts'
import type { ProviderName, ProviderState } from './port.ts'
import { estimateTokens, RateGate } from './rate-gate.ts'
import { failureOf } from './failures.ts'
import type { ProviderSettings } from './settings.ts'

/** Where news of providers is written. */
export interface ModelLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  info(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** What a provider is made from. The driver is loaded with the first call, so that a start does not wait for vendors' libraries. */
export interface ProviderOptions {
  readonly name: ProviderName
  readonly settings: ProviderSettings
  readonly breaker: BreakerLimits
  readonly load: () => Promise<Driver>
  readonly clock: Clock
  readonly log: ModelLog
  readonly metrics?: ModelMetrics
}

/** Counts of calls; the outcome is `ok` or an error code. */
export interface ModelMetrics {
  call(provider: ProviderName, outcome: string, seconds: number, tokens: TokenCount | null): void
}

/** A pause after a 429 that names no time, in ms. */
const DEFAULT_PAUSE_MS = 10_000
/** Bedrock answers 400, not 404, for a model it does not have or does not give to this account. */
const MODEL_MISSING = /model identifier|on-demand throughput|access to the model/i

/** See the header of the file. */
export class Provider {
  readonly name: ProviderName
  readonly settings: ProviderSettings
  readonly #load: ProviderOptions['load']
  readonly #clock: Clock
  readonly #log: ModelLog
  readonly #gate: RateGate
  readonly #breaker: Breaker
  readonly #metrics: ModelMetrics | undefined
  #driver: Promise<Driver> | null = null
  #lastError: ProviderState['lastError'] = null

  constructor({ name, settings, breaker, load, clock, log, metrics }: ProviderOptions) {
    this.name = name
    this.settings = settings
    this.#load = load
    this.#clock = clock
    this.#log = log
    this.#metrics = metrics
    this.#gate = new RateGate(settings, clock.now())
    this.#breaker = new Breaker(breaker)
  }

  /** Whether its circuit lets a call through. */
  mayAsk(): boolean {
    return this.#breaker.mayCall(this.#clock.now())
  }

  /** How long a call must wait for the limits, in ms. */
  waitMs(call: Omit<DriverCall, 'signal'>): number {
    return this.#gate.waitMs(tokensOf(call), this.#clock.now())
  }

  state(): ProviderState {
    const now = this.#clock.now()
    const openUntilMs = this.#breaker.openUntilMs
    const pausedUntilMs = this.#gate.pausedUntilMs(now)
    const condition = this.#breaker.isUnauthorized ? 'unauthorized' : openUntilMs !== null ? 'resting' : pausedUntilMs !== null ? 'limited' : 'ready'
    return { provider: this.name, condition, models: this.settings.models, failures: this.#breaker.failures, retryAtMs: openUntilMs ?? pausedUntilMs, lastError: this.#lastError }
  }

  /** One call within `timeoutMs`, whatever circuit and limits say. Throws what the port names, or the reason of the caller's signal. */
  async call(call: Omit<DriverCall, 'signal'>, timeoutMs: number, signal: AbortSignal | undefined): Promise<DriverAnswer> {
    signal?.throwIfAborted()
    const thought = tokensOf(call)
    const startedMs = this.#clock.now()
    this.#gate.take(thought, startedMs)
    this.#breaker.start()
    try {
      const answer = await this.#bounded(call, timeoutMs, signal)
      const now = this.#clock.now()
      this.#gate.settle(thought, answer.tokens.inputTokens + answer.tokens.outputTokens, now)
      this.#gate.observe(answer.limits, now)
      this.#metrics?.call(this.name, 'ok', (now - startedMs) / 1_000, answer.tokens)
      this.#gate.resume()
      if (this.#breaker.isUnauthorized || this.#breaker.openUntilMs !== null) this.#log.info({ provider: this.name }, 'language model provider works again')
      this.#breaker.succeeded()
      return answer
    } catch (thrown) {
      const now = this.#clock.now()
      if (signal?.aborted === true) {
        this.#breaker.ended()
        this.#metrics?.call(this.name, 'given_up', (now - startedMs) / 1_000, null)
        throw thrown
      }
      const error = toAppError(thrown, `asking ${this.name}`)
      const used = spentOf(error)
      if (used !== null) this.#gate.settle(thought, used.inputTokens + used.outputTokens, now)
      this.#metrics?.call(this.name, error.code, (now - startedMs) / 1_000, used)
      this.#note(error)
      throw error
    }
  }

  /** Races the driver against time, since parts of libraries (a credential chain, a name look-up) do not heed a signal. */
  async #bounded(call: Omit<DriverCall, 'signal'>, timeoutMs: number, signal: AbortSignal | undefined): Promise<DriverAnswer> {
    const ended = new AbortController()
    const timer = new AbortController()
    const late = this.#clock.sleep(timeoutMs, timer.signal).then(() => {
      throw failureOf('llm_timeout', { provider: this.name, model: call.model, status: null, said: '' })
    }, () => new Promise<never>(() => undefined))
    const left = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')), { once: true, signal: timer.signal })
    })
    let isOver = false
    const { onText } = call
    const asked = this.#loaded().then((driver) => driver.call({ ...call, onText: onText === null ? null : (delta) => { if (!isOver) onText(delta) }, signal: ended.signal }))
    try {
      return await Promise.race([asked, late, left])
    } finally {
      isOver = true
      timer.abort()
      ended.abort()
    }
  }

  async #loaded(): Promise<Driver> {
    this.#driver ??= this.#load()
    try {
      return await this.#driver
    } catch (thrown) {
      this.#driver = null
      throw thrown
    }
  }

  /** What a failure says of the provider. */
  #note(error: AppError): void {
    const now = this.#clock.now()
    this.#lastError = { code: error.code, message: error.message, atMs: now }
    const fields = { provider: this.name, code: error.code, reason: error.message }
    switch (error.code) {
      case 'llm_unauthorized':
        if (this.#breaker.refusedCredentials(now)) this.#log.warn(fields, 'language model provider skipped: its credentials are refused')
        return
      case 'llm_rate_limited': {
        const { retryAfterSeconds } = error.details
        this.#gate.pause(now + (typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1_000 : DEFAULT_PAUSE_MS))
        this.#breaker.ended()
        return
      }
      case 'llm_timeout':
      case 'llm_unavailable':
        if (this.#breaker.failed(now)) this.#log.warn({ ...fields, untilMs: this.#breaker.openUntilMs }, 'language model provider rests after failures')
        return
      case 'llm_bad_request':
        // A model nobody has is a fault of the installation and rests too; a prompt that is too long says nothing of the provider.
        if (error.details.status !== 404 && !MODEL_MISSING.test(error.message)) this.#breaker.ended()
        else if (this.#breaker.failed(now)) this.#log.warn(fields, 'language model provider rests: it does not have the model')
        return
      case 'llm_refused':
      case 'llm_invalid_output':
        // It answered; what it answered is not its health.
        this.#breaker.succeeded()
        return
      default:
        this.#breaker.ended()
    }
  }
}

/** Tokens a provider counted before it failed; null where it told none. */
export function spentOf({ details }: AppError): TokenCount | null {
  return typeof details.tokens === 'object' && details.tokens !== null ? (details.tokens as TokenCount) : null
}

function tokensOf({ system, prompt, schema, maxTokens }: Omit<DriverCall, 'signal'>): number {
  return estimateTokens(system, prompt, schema === null ? '' : JSON.stringify(schema)) + maxTokens
}
