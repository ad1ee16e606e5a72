import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CALL_RATES, callGate } from './call-gate.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import { backOffMs } from './pace.ts'

it('never lets more through in any span of time than burst and rate allow, whoever asks when', () => {
  fc.assert(fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 200 }), (gapsMs) => {
    const gate = callGate()
    const { burst, perSecond } = CALL_RATES.aws.send
    const turns: number[] = []
    let nowMs = 1_000_000
    for (const gapMs of gapsMs) {
      nowMs += gapMs
      turns.push(nowMs + gate.take('aws', 'a', 'send', nowMs))
    }
    expect([...turns].sort((a, b) => a - b)).toEqual(turns)
    for (const [index, turn] of turns.entries()) {
      const later = turns.slice(index).filter((other) => other < turn + 1_000).length
      expect(later).toBeLessThanOrEqual(burst + perSecond + 1)
    }
  }))
})

it('tells a hundred that come at once their turns, one after the other', () => {
  const gate = callGate()
  const waits = Array.from({ length: 100 }, () => gate.take('aws', 'a', 'send', 0))
  expect(waits.slice(0, 10)).toEqual(Array(10).fill(0))
  expect(waits.slice(10, 13)).toEqual([500, 1_000, 1_500])
  expect(gate.take('aws', 'b', 'send', 0)).toBe(0)
  expect(gate.take('aws', 'a', 'ask', 0)).toBe(0)
})

it('lets nobody through while the cloud rests, and forgets no longer rest for a shorter one', () => {
  const gate = callGate()
  gate.rest('azure', 'a', 30_000)
  gate.rest('azure', 'a', 10_000)
  expect(gate.take('azure', 'a', 'ask', 5_000)).toBe(25_000)
  expect([gate.isResting('azure', 'a', 29_999), gate.isResting('azure', 'a', 30_000), gate.isResting('azure', 'b', 0)]).toEqual([true, false, false])
})

it('waits longer each time up to a limit, spread by a fifth, the same for the same seed', () => {
  expect(Array.from({ length: 5 }, (_, turn) => backOffMs(turn, 1_000, 4_000, () => 0.5))).toEqual([1_000, 1_500, 2_250, 3_375, 4_000])
  const jitter = seededJitter(42)
  const waits = Array.from({ length: 500 }, () => backOffMs(0, 1_000, 1_000, jitter))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(800)
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_200)
  expect(new Set(waits).size).toBeGreaterThan(100)
  expect(seededJitter(7)()).toBe(seededJitter(7)())
})
