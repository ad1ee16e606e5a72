import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CompanyLimiter, REQUEST_BYTES, SlidingWindow, WINDOW_S, type Limits } from './limiter.ts'

/** The same rule written the slow way: every request that passed is kept, and each second is walked. */
class Model {
  readonly #limits: Limits
  readonly #passedAtS: number[] = []
  /** In sixtieths. */
  #reserve: number
  #nowS: number

  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits
    this.#reserve = limits.burst * 60
    this.#nowS = Math.floor(nowMs / 1000)
  }

  take(nowMs: number): boolean {
    for (const endS = Math.floor(nowMs / 1000); this.#nowS < endS; this.#nowS++) {
      this.#reserve = Math.min(this.#limits.burst * 60, this.#reserve + Math.max(0, this.#limits.requestsPerMinute - this.#inWindow()))
    }
    if (this.#inWindow() >= this.#limits.requestsPerMinute) {
      if (this.#reserve < 60) return false
      this.#reserve -= 60
    }
    this.#passedAtS.push(this.#nowS)
    return true
  }

  #inWindow(): number {
    return this.#passedAtS.filter((atS) => atS > this.#nowS - WINDOW_S).length
  }
}

const limitsArbitrary = fc.record({ requestsPerMinute: fc.integer({ min: 1, max: 40 }), burst: fc.integer({ min: 0, max: 40 }) })
/** Bursts with gaps from nothing to several windows. */
const trafficArbitrary = fc.array(fc.record({ gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 200_000 })), requests: fc.integer({ min: 1, max: 30 }) }), { maxLength: 40 })

function times(traffic: readonly { gapMs: number; requests: number }[]): number[] {
  let nowMs = 1_000_000_500
  return traffic.flatMap(({ gapMs, requests }) => {
    nowMs += gapMs
    return Array.from({ length: requests }, () => nowMs)
  })
}

describe('the window of a company', () => {
  test('decides as the slow model does', () => {
    fc.assert(fc.property(limitsArbitrary, trafficArbitrary, (limits, traffic) => {
      const at = times(traffic)
      const model = new Model(limits, at[0] ?? 0)
      const window = new SlidingWindow(limits, at[0] ?? 0)
      expect(at.map((ms) => window.take(limits, ms))).toEqual(at.map((ms) => model.take(ms)))
    }), { numRuns: 200 })
  })

  test('takes a request that counts several times as it takes so many at once, or not at all', () => {
    const costly = fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 90_000 }), cost: fc.integer({ min: 1, max: 8 }) }), { maxLength: 60 })
    fc.assert(fc.property(limitsArbitrary, costly, (limits, traffic) => {
      fc.pre(limits.requestsPerMinute + limits.burst >= 8)
      let nowMs = 1_000_000_500
      const window = new SlidingWindow(limits, nowMs)
      const passed: number[] = []
      for (const { gapMs, cost } of traffic) {
        nowMs += gapMs
        // The same history, taken one by one: all of them pass, or the request is refused as a whole.
        const model = new Model(limits, 1_000_000_500)
        for (const ms of passed) model.take(ms)
        const wouldPass = Array.from({ length: cost }, () => model.take(nowMs)).every((one) => one)
        expect(window.take(limits, nowMs, cost)).toBe(wouldPass)
        if (wouldPass) for (let one = 0; one < cost; one++) passed.push(nowMs)
      }
    }), { numRuns: 100 })
  })

  test('lets a request pass alone that counts more often than the company may ever send', () => {
    const limits = { requestsPerMinute: 2, burst: 1 }
    const limiter = new CompanyLimiter()
    expect(limiter.take('large', limits, 0, 40 * REQUEST_BYTES)).toBeNull()
    expect(limiter.take('large', limits, 0)).toEqual({ retryAfterS: 60, limit: 3 })
    expect(limiter.take('small', limits, 0, 2 * REQUEST_BYTES + 1)).toBeNull()
    expect(limiter.take('small', limits, 0, 1)).not.toBeNull()
  })

  test('never lets more than window and reserve pass in any 60 s, nor more than the window in the long run', () => {
    fc.assert(fc.property(limitsArbitrary, trafficArbitrary, (limits, traffic) => {
      const at = times(traffic)
      const window = new SlidingWindow(limits, at[0] ?? 0)
      const passedS = at.filter((ms) => window.take(limits, ms)).map((ms) => Math.floor(ms / 1000))
      for (const startS of passedS) expect(passedS.filter((s) => s >= startS && s < startS + WINDOW_S).length).toBeLessThanOrEqual(limits.requestsPerMinute + limits.burst + 1)
      const seconds = (passedS.at(-1) ?? 0) - (passedS[0] ?? 0)
      expect(passedS.length).toBeLessThanOrEqual((limits.requestsPerMinute * (seconds + WINDOW_S)) / 60 + limits.burst + 1)
    }), { numRuns: 200 })
  })

  test('lets a request pass exactly when it said it would', () => {
    fc.assert(fc.property(limitsArbitrary, trafficArbitrary, (limits, traffic) => {
      const at = times(traffic)
      const window = new SlidingWindow(limits, at[0] ?? 0)
      let lastMs = at[0] ?? 0
      for (const ms of at) {
        window.take(limits, ms)
        lastMs = ms
      }
      const waitS = window.waitS(limits)
      if (waitS > 1) {
        const early = window.take(limits, lastMs + (waitS - 1) * 1000)
        expect(early).toBe(false)
      }
      expect(window.take(limits, lastMs + waitS * 1000)).toBe(true)
    }), { numRuns: 200 })
  })

  test('lets the storm of 500 hosts with 5 checks through with the default limits', () => {
    const limits = { requestsPerMinute: 1_000, burst: 5_000 }
    const window = new SlidingWindow(limits, 0)
    const passed = Array.from({ length: 2_500 }, (_, index) => window.take(limits, index * 24)).filter(Boolean)
    expect(passed).toHaveLength(2_500)
  })

  test('stands still when the clock steps back', () => {
    const limits = { requestsPerMinute: 1, burst: 0 }
    const window = new SlidingWindow(limits, 100_000)
    expect(window.take(limits, 100_000)).toBe(true)
    expect(window.take(limits, 20_000)).toBe(false)
    expect(window.take(limits, 159_000)).toBe(false)
    expect(window.take(limits, 160_000)).toBe(true)
  })

  test('follows limits that change', () => {
    const window = new SlidingWindow({ requestsPerMinute: 1, burst: 0 }, 0)
    expect(window.take({ requestsPerMinute: 1, burst: 0 }, 0)).toBe(true)
    expect(window.take({ requestsPerMinute: 1, burst: 0 }, 0)).toBe(false)
    expect(window.take({ requestsPerMinute: 2, burst: 0 }, 0)).toBe(true)
  })
})

test('one company does not use up what another may', () => {
  const limiter = new CompanyLimiter()
  const limits = { requestsPerMinute: 1, burst: 1 }
  expect(limiter.take('a', limits, 0)).toBeNull()
  expect(limiter.take('a', limits, 0)).toBeNull()
  expect(limiter.take('a', limits, 0)).toEqual({ retryAfterS: 60, limit: 2 })
  expect(limiter.take('b', limits, 0)).toBeNull()
})
