import type { Clock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'

const WINDOW_MS = 15 * 60_000

/** Failed log-ins within 15 minutes: for one account from one address, for one account from everywhere, and from one address. */
export const LOGIN_LIMITS = { pair: 10, account: 100, address: 50 } as const

/** Names remembered at most; beyond it the oldest are forgotten, which an attacker pays for with as many addresses. */
const NAMES_MAX = 20_000

/** Counts failed log-ins. An attempt counts before the password is checked, so that many at once do not pass together; success gives it back. */
export class LoginThrottle {
  readonly #clock: Clock
  readonly #windows = new Map<string, { startMs: number; count: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts an attempt and answers how to give it back. Throws `rate_limited` with `details.retryAfterSeconds`. */
  attempt(email: string, address: string): () => void {
    const keys: [string, number][] = [
      [`pair ${address} ${email.toLowerCase()}`, LOGIN_LIMITS.pair],
      [`account ${email.toLowerCase()}`, LOGIN_LIMITS.account],
      [`address ${address}`, LOGIN_LIMITS.address],
    ]
    const nowMs = this.#clock.now()
    for (const [key, limit] of keys) {
      const window = this.#windows.get(key)
      if (window === undefined || nowMs - window.startMs >= WINDOW_MS || window.count < limit) continue
      const retryAfterSeconds = Math.max(1, Math.ceil((window.startMs + WINDOW_MS - nowMs) / 1000))
      throw new AppError('rate_limited', `too many failed log-ins; try again in ${retryAfterSeconds} s`, { details: { retryAfterSeconds } })
    }
    for (const [key] of keys) this.#count(key, nowMs)
    return () => {
      for (const [key] of keys) {
        const window = this.#windows.get(key)
        if (window !== undefined && window.count > 0) window.count -= 1
      }
    }
  }

  #count(key: string, nowMs: number): void {
    const window = this.#windows.get(key)
    if (window !== undefined && nowMs - window.startMs < WINDOW_MS) {
      window.count += 1
      return
    }
    this.#windows.delete(key)
    if (this.#windows.size >= NAMES_MAX) for (const oldest of this.#windows.keys()) {
      this.#windows.delete(oldest)
      break
    }
    this.#windows.set(key, { startMs: nowMs, count: 1 })
  }
}
