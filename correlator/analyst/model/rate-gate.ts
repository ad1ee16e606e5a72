/** How much a provider may be asked: our own requests and tokens a minute, and what the provider says of its own limits. */
import type { LimitNotice } from './driver.ts'

/** Limits of ours. */
export interface RateLimits {
  readonly requestsPerMinute: number
  readonly tokensPerMinute: number
}

const MINUTE_MS = 60_000

/** A bucket that fills evenly and holds one minute's worth; a cost above that waits for a full one. */
class Bucket {
  readonly #perMinute: number
  #level: number
  #atMs: number

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute
    this.#level = perMinute
    this.#atMs = nowMs
  }

  #fill(nowMs: number): void {
    this.#level = Math.min(this.#perMinute, this.#level + (Math.max(nowMs - this.#atMs, 0) * this.#perMinute) / MINUTE_MS)
    this.#atMs = Math.max(nowMs, this.#atMs)
  }

  waitMs(cost: number, nowMs: number): number {
    this.#fill(nowMs)
    const missing = Math.min(cost, this.#perMinute) - this.#level
    return missing <= 0 ? 0 : Math.ceil((missing * MINUTE_MS) / this.#perMinute)
  }

  /** May go below zero: what was used is used. */
  take(cost: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#level = Math.min(this.#perMinute, this.#level - cost)
  }
}

/** One provider's gate. Times are of the caller's clock, in ms. */
export class RateGate {
  readonly #requests: Bucket
  readonly #tokens: Bucket
  readonly #told = new Map<LimitNotice['kind'], { left: number; untilMs: number }>()
  #pausedUntilMs = 0

  constructor(limits: RateLimits, nowMs: number) {
    this.#requests = new Bucket(limits.requestsPerMinute, nowMs)
    this.#tokens = new Bucket(limits.tokensPerMinute, nowMs)
  }

  /** How long a call of so many tokens must wait; 0: it may go now. */
  waitMs(tokens: number, nowMs: number): number {
    const told = [...this.#told].map(([kind, { left, untilMs }]) => (left < (kind === 'requests' ? 1 : tokens) ? untilMs - nowMs : 0))
    return Math.max(0, this.#pausedUntilMs - nowMs, this.#requests.waitMs(1, nowMs), this.#tokens.waitMs(tokens, nowMs), ...told)
  }

  /** Counts a call that goes now, with the tokens it is thought to need. */
  take(tokens: number, nowMs: number): void {
    this.#requests.take(1, nowMs)
    this.#tokens.take(tokens, nowMs)
    for (const [kind, told] of this.#told) told.left -= kind === 'requests' ? 1 : tokens
  }

  /** Puts right what `take` thought, once the provider has counted. */
  settle(thought: number, used: number, nowMs: number): void {
    this.#tokens.take(used - thought, nowMs)
  }

  /** Believes what the provider says of its limits. */
  observe(notices: readonly LimitNotice[], nowMs: number): void {
    for (const { kind, left, resetMs } of notices) this.#told.set(kind, { left, untilMs: nowMs + resetMs })
    for (const [kind, { untilMs }] of this.#told) if (untilMs <= nowMs) this.#told.delete(kind)
  }

  /** Nothing goes before this time. */
  pause(untilMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs)
  }

  /** A call got through, so the pause is over. */
  resume(): void {
    this.#pausedUntilMs = 0
  }

  /** End of the pause the provider asked for; null when there is none. */
  pausedUntilMs(nowMs: number): number | null {
    return this.#pausedUntilMs > nowMs ? this.#pausedUntilMs : null
  }
}

/** Tokens a text may have: one for three characters, which is more than English has and less than the worst. */
export const estimateTokens = (...texts: readonly string[]): number => Math.ceil(texts.reduce((chars, text) => chars + text.length, 0) / 3)
