import { describe, expect, test } from 'vitest'
import { estimateTokens, RateGate } from './rate-gate.ts'

describe('a rate gate', () => {
  test('lets a minute’s requests go at once, then one each time there is room', () => {
    const gate = new RateGate({ requestsPerMinute: 2, tokensPerMinute: 1_000_000 }, 0)
    gate.take(1, 0)
    gate.take(1, 0)
    expect(gate.waitMs(1, 0)).toBe(30_000)
    expect(gate.waitMs(1, 30_000)).toBe(0)
    gate.take(1, 30_000)
    expect(gate.waitMs(1, 30_000)).toBe(30_000)
  })

  test('counts tokens, and puts its guess right', () => {
    const gate = new RateGate({ requestsPerMinute: 1_000, tokensPerMinute: 6_000 }, 0)
    gate.take(6_000, 0)
    expect(gate.waitMs(1_000, 0)).toBe(10_000)
    gate.settle(6_000, 2_000, 0)
    expect(gate.waitMs(1_000, 0)).toBe(0)
    expect(gate.waitMs(5_000, 0)).toBe(10_000)
  })

  test('lets a question larger than a minute’s tokens go once nothing else has', () => {
    const gate = new RateGate({ requestsPerMinute: 1_000, tokensPerMinute: 1_000 }, 0)
    expect(gate.waitMs(50_000, 0)).toBe(0)
    gate.take(50_000, 0)
    expect(gate.waitMs(1, 0)).toBeGreaterThan(60_000)
  })

  test('waits as long as the provider says, and believes what it says is left', () => {
    const gate = new RateGate({ requestsPerMinute: 1_000, tokensPerMinute: 1_000_000 }, 0)
    gate.observe([{ kind: 'requests', left: 1, resetMs: 20_000 }, { kind: 'tokens', left: 500, resetMs: 5_000 }], 0)
    expect(gate.waitMs(400, 0)).toBe(0)
    expect(gate.waitMs(600, 0)).toBe(5_000)
    gate.take(400, 0)
    expect(gate.waitMs(50, 0)).toBe(20_000)
    expect(gate.waitMs(50, 20_000)).toBe(0)
  })

  test('pauses after a 429 until the time it named, or until a call got through', () => {
    const gate = new RateGate({ requestsPerMinute: 1_000, tokensPerMinute: 1_000_000 }, 0)
    gate.pause(7_000)
    gate.pause(3_000)
    expect([gate.waitMs(1, 0), gate.pausedUntilMs(0), gate.pausedUntilMs(7_000)]).toEqual([7_000, 7_000, null])
    gate.resume()
    expect(gate.waitMs(1, 0)).toBe(0)
  })

  test('takes no harm from a clock that goes back', () => {
    const gate = new RateGate({ requestsPerMinute: 60, tokensPerMinute: 60_000 }, 10_000)
    gate.take(60_000, 10_000)
    expect(gate.waitMs(1_000, 5_000)).toBe(1_000)
  })
})

test('a text is thought to have a token for three characters', () => {
  expect(estimateTokens('abc', 'defg')).toBe(3)
})
