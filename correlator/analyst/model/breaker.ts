/**
 * The circuit breaker of one provider. Closed: calls go. After so many failures in a row it is open: no call goes until its rest is over. Then it is half
 * open: one call goes as a probe; success closes it, failure opens it again for twice as long, up to ten minutes. Refused credentials open it at once,
 * for fifteen minutes at a time.
 */

/** When it opens, and for how long at first. */
export interface BreakerLimits {
  readonly failures: number
  readonly restMs: number
}

const REST_MAX_MS = 600_000
const UNAUTHORIZED_REST_MS = 900_000

/** Times are of the caller's clock, in ms. */
export class Breaker {
  readonly #limits: BreakerLimits
  #failures = 0
  #restMs: number
  #openUntilMs: number | null = null
  #isProbing = false
  #isUnauthorized = false

  constructor(limits: BreakerLimits) {
    this.#limits = limits
    this.#restMs = limits.restMs
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures
  }

  get isUnauthorized(): boolean {
    return this.#isUnauthorized
  }

  /** End of the rest; null when it is closed. */
  get openUntilMs(): number | null {
    return this.#openUntilMs
  }

  /** Whether a call may go now. */
  mayCall(nowMs: number): boolean {
    return this.#openUntilMs === null || (!this.#isProbing && nowMs >= this.#openUntilMs)
  }

  /** A call goes; of a half-open one it is the probe. Whoever starts must end with one of the four below. */
  start(): void {
    if (this.#openUntilMs !== null) this.#isProbing = true
  }

  succeeded(): void {
    this.#isProbing = false
    this.#isUnauthorized = false
    this.#failures = 0
    this.#openUntilMs = null
    this.#restMs = this.#limits.restMs
  }

  /** Answers whether it has opened by this. */
  failed(nowMs: number): boolean {
    const wasProbing = this.#isProbing
    this.#isProbing = false
    this.#failures += 1
    if (wasProbing) this.#restMs = Math.min(this.#restMs * 2, REST_MAX_MS)
    if (!wasProbing && (this.#failures < this.#limits.failures || this.#openUntilMs !== null)) return false
    this.#openUntilMs = nowMs + this.#restMs
    return true
  }

  /** Answers whether that is news. */
  refusedCredentials(nowMs: number): boolean {
    const isNews = !this.#isUnauthorized
    this.#isProbing = false
    this.#isUnauthorized = true
    this.#failures += 1
    this.#openUntilMs = nowMs + UNAUTHORIZED_REST_MS
    return isNews
  }

  /** The call ended without saying anything about the provider's health: the caller gave up, or asked something wrong. */
  ended(): void {
    this.#isProbing = false
  }
}
