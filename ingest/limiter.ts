/**
 * The limit of a company: at most `requestsPerMinute` in any 60 s, and above that a reserve of `burst` that a storm may use at once. The
 * reserve starts full and refills only from what the window leaves unused, so in the long run no more than `requestsPerMinute` pass.
 * A company costs 60 counters, one for each second, whatever it sends; time is cut into whole seconds.
 *
 * What a company may send also bounds what it may put in front of the others of its partition, so a large request counts as several.
 */

/** Length of the window. */
export const WINDOW_S = 60

/** A request counts once for each of these that it begins. */
export const REQUEST_BYTES = 65_536

/** What a company may do. */
export interface Limits {
  readonly requestsPerMinute: number
  readonly burst: number
}

/** Why and until when a request is refused. */
export interface LimitExceeded {
  /** Seconds until a request will pass, 1 or more. */
  readonly retryAfterS: number
  /** Most requests that can pass in 60 s: window and reserve. */
  readonly limit: number
}

/** One window and reserve. */
export class SlidingWindow {
  readonly #seconds = new Uint32Array(WINDOW_S)
  #nowS: number
  #inWindow = 0
  /** In sixtieths of a request, for a second refills whole ones of those: thirds added up in floating point let one too many or too few pass. */
  #reserve: number

  constructor(limits: Limits, nowMs: number) {
    this.#nowS = Math.floor(nowMs / 1000)
    this.#reserve = limits.burst * WINDOW_S
  }

  /** Takes a request that counts `cost` times: true when it passes. */
  take(limits: Limits, nowMs: number, cost = 1): boolean {
    this.#advance(limits, Math.floor(nowMs / 1000))
    const counted = payable(cost, limits)
    const owed = owedToReserve(counted, this.#inWindow, limits)
    if (this.#reserve < owed) return false
    this.#reserve -= owed
    this.#seconds[this.#nowS % WINDOW_S] = this.#passedIn(this.#nowS) + counted
    this.#inWindow += counted
    return true
  }

  /** Seconds until `take` will pass, when nothing else comes; 0 when it would now. */
  waitS(limits: Limits, cost = 1): number {
    const counted = payable(cost, limits)
    let inWindow = this.#inWindow
    let reserve = this.#reserve
    for (let s = 0; s <= WINDOW_S; s++) {
      if (reserve >= owedToReserve(counted, inWindow, limits)) return s
      reserve = refilled(reserve, inWindow, limits)
      inWindow -= this.#passedIn(this.#nowS + 1 + s)
    }
    return WINDOW_S
  }

  /** Requests that passed in that second, or, for a second to come, in the one 60 s before it. */
  #passedIn(second: number): number {
    return this.#seconds[second % WINDOW_S] ?? 0
  }

  #advance(limits: Limits, nowS: number): void {
    // A clock that steps back must not reopen seconds that are over.
    const passedS = nowS - this.#nowS
    if (passedS <= 0) return
    for (let s = Math.min(passedS, WINDOW_S); s > 0; s--) {
      this.#reserve = refilled(this.#reserve, this.#inWindow, limits)
      this.#nowS += 1
      this.#inWindow -= this.#passedIn(this.#nowS)
      this.#seconds[this.#nowS % WINDOW_S] = 0
    }
    if (passedS > WINDOW_S) this.#reserve = Math.min(limits.burst * WINDOW_S, this.#reserve + (passedS - WINDOW_S) * limits.requestsPerMinute)
    this.#nowS = nowS
  }
}

/** A request that counts more than a company may ever send at once passes when nothing else does. */
function payable(cost: number, limits: Limits): number {
  return Math.max(1, Math.min(cost, limits.requestsPerMinute + limits.burst))
}

/** What the window cannot take of a request, in sixtieths. */
function owedToReserve(cost: number, inWindow: number, limits: Limits): number {
  return Math.max(0, inWindow + cost - Math.max(inWindow, limits.requestsPerMinute)) * WINDOW_S
}

/** The reserve a second later, in sixtieths. */
function refilled(reserve: number, inWindow: number, limits: Limits): number {
  return Math.min(limits.burst * WINDOW_S, reserve + Math.max(0, limits.requestsPerMinute - inWindow))
}

/** The windows of all companies, in this process. */
export class CompanyLimiter {
  readonly #windows = new Map<string, SlidingWindow>()

  /** Takes one request of a company, of `bytes` unpacked: null when it passes. Only companies that a key names come here, so their number is the bound. */
  take(companyId: string, limits: Limits, nowMs: number, bytes = 0): LimitExceeded | null {
    let window = this.#windows.get(companyId)
    if (window === undefined) {
      window = new SlidingWindow(limits, nowMs)
      this.#windows.set(companyId, window)
    }
    const cost = Math.ceil(bytes / REQUEST_BYTES)
    if (window.take(limits, nowMs, cost)) return null
    return { retryAfterS: Math.max(1, window.waitS(limits, cost)), limit: limits.requestsPerMinute + limits.burst }
  }
}
