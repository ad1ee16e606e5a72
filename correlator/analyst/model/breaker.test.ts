import { describe, expect, test } from 'vitest'
import { Breaker } from './breaker.ts'

const breaker = (): Breaker => new Breaker({ failures: 3, restMs: 1_000 })
const fail = (one: Breaker, nowMs: number): boolean => {
  one.start()
  return one.failed(nowMs)
}

describe('a circuit breaker', () => {
  test('opens after three failures in a row, not before', () => {
    const one = breaker()
    expect([fail(one, 0), fail(one, 0)]).toEqual([false, false])
    expect(one.mayCall(0)).toBe(true)
    expect(fail(one, 0)).toBe(true)
    expect([one.mayCall(0), one.mayCall(999), one.mayCall(1_000)]).toEqual([false, false, true])
  })

  test('forgets failures with the first success', () => {
    const one = breaker()
    fail(one, 0)
    fail(one, 0)
    one.start()
    one.succeeded()
    fail(one, 0)
    expect([one.failures, one.mayCall(0)]).toEqual([1, true])
  })

  test('lets one probe through when its rest is over, and closes when that succeeds', () => {
    const one = breaker()
    for (let at = 0; at < 3; at++) fail(one, 0)
    one.start()
    expect(one.mayCall(5_000)).toBe(false)
    one.succeeded()
    expect([one.mayCall(5_000), one.openUntilMs, one.failures]).toEqual([true, null, 0])
  })

  test('rests twice as long after each probe that fails, ten minutes at most', () => {
    const one = breaker()
    for (let at = 0; at < 3; at++) fail(one, 0)
    let nowMs = 1_000
    const rests: number[] = []
    for (let probe = 0; probe < 12; probe++) {
      expect(fail(one, nowMs)).toBe(true)
      rests.push((one.openUntilMs ?? 0) - nowMs)
      nowMs = one.openUntilMs ?? 0
    }
    expect(rests.slice(0, 3)).toEqual([2_000, 4_000, 8_000])
    expect(rests.at(-1)).toBe(600_000)
  })

  test('lets the next probe go when one ended without a verdict', () => {
    const one = breaker()
    for (let at = 0; at < 3; at++) fail(one, 0)
    one.start()
    one.ended()
    expect(one.mayCall(1_000)).toBe(true)
  })

  test('opens at once for refused credentials, which is news once', () => {
    const one = breaker()
    one.start()
    expect(one.refusedCredentials(0)).toBe(true)
    expect([one.isUnauthorized, one.mayCall(899_999), one.mayCall(900_000)]).toEqual([true, false, true])
    one.start()
    expect(one.refusedCredentials(900_000)).toBe(false)
    one.start()
    one.succeeded()
    expect([one.isUnauthorized, one.mayCall(900_001)]).toEqual([false, true])
  })
})
