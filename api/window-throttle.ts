import type { Clock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'

/** Names remembered at most; beyond it the oldest are forgotten. */
const NAMES_MAX = 20_000

/** Counts requests by name in windows of one length. */
export class WindowThrottle {
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #windows = new Map<string, { startMs: number; count: number }>()

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Counts one under each name. Throws `rate_limited` with `details.retryAfterSeconds` where a limit is passed. */
  take(names: readonly (readonly [string, number])[]): void {
    const nowMs = this.#clock.now()
    for (const [name, limit] of names) {
      let window = this.#windows.get(name)
      if (window === undefined || nowMs - window.startMs >= this.#windowMs) {
        this.#windows.delete(name)
        window = { startMs: nowMs, count: 0 }
        this.#windows.set(name, window)
        for (const oldest of this.#windows.keys()) {
          if (this.#windows.size <= NAMES_MAX) break
          this.#windows.delete(oldest)
        }
      }
      window.count += 1
      if (window.count <= limit) continue
      const retryAfterSeconds = Math.max(1, Math.ceil((window.startMs + this.#windowMs - nowMs) / 1_000))
      throw new AppError('rate_limited', `too many requests; try again in ${retryAfterSeconds} s`, { details: { retryAfterSeconds } })
    }
  }
}
