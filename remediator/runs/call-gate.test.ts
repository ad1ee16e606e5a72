import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NEW_ACCOUNT, type AccountState } from '../../schemas/call-accounts.ts'
import { CALL_RATES, callGate } from './call-gate.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import type { CallGate, GateAccounts } from './ports.ts'
import { backOffMs } from './pace.ts'

/** What is kept, kept here. */
function memory(): GateAccounts {
  const states = new Map<string, AccountState>()
  return {
    change(account, _, work) {
      const { state, answer } = work(states.get(account) ?? NEW_ACCOUNT)
      states.set(account, state)
      return Promise.resolve(answer)
    },
    read: (accounts) => Promise.resolve(new Map([...states].filter(([account]) => accounts.includes(account)))),
  }
}
const newGate = (): CallGate => callGate(memory())

it('never lets more through in any span of time than burst and rate allow, whoever asks when in however many processes, though their clocks differ', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(400), fc.nat(2)), { minLength: 1, maxLength: 200 }), async (calls) => {
    const accounts = memory()
    const gates = [callGate(accounts), callGate(accounts), callGate(accounts)]
    const { burst, perSecond } = CALL_RATES.aws.send
    const [turns, skewMs] = [[] as number[], [0, 0, 300]]
    let nowMs = 1_000_000
    for (const [gapMs, who] of calls) {
      nowMs += gapMs
      turns.push(nowMs + await gates[who]!.take('aws', 'a', 'send', nowMs + skewMs[who]!))
    }
    turns.sort((a, b) => a - b)
    for (const [index, turn] of turns.entries()) {
      const later = turns.slice(index).filter((other) => other < turn + 1_000).length
      expect(later).toBeLessThanOrEqual(burst + perSecond + 2)
    }
  }))
})

it('tells a hundred that come at once their turns, one after the other', async () => {
  const gate = newGate()
  const waits = []
  for (let turn = 0; turn < 100; turn++) waits.push(await gate.take('aws', 'a', 'send', 0))
  expect(waits.slice(0, 10)).toEqual(Array(10).fill(0))
  expect(waits.slice(10, 13)).toEqual([500, 1_000, 1_500])
  expect(await gate.take('aws', 'b', 'send', 0)).toBe(0)
  expect(await gate.take('aws', 'a', 'ask', 0)).toBe(0)
  expect(await gate.take('azure', 'a', 'send', 0)).toBe(0)
})

it('lets nobody through while the cloud rests, and forgets no longer rest for a shorter one', async () => {
  const gate = newGate()
  await gate.rest('azure', 'a', 30_000, 0)
  await gate.rest('azure', 'a', 10_000, 0)
  expect(await gate.take('azure', 'a', 'ask', 5_000)).toBe(25_000)
  expect([await gate.isResting('azure', 'a', 29_999), await gate.isResting('azure', 'a', 30_000), await gate.isResting('azure', 'b', 0)]).toEqual([true, false, false])
})

it('believes no cloud and no clock that would keep an account for days', async () => {
  const gate = newGate()
  await gate.rest('gcp', 'a', 1e12, 0)
  expect([await gate.isResting('gcp', 'a', 3_599_999), await gate.isResting('gcp', 'a', 3_600_000)]).toEqual([true, false])
  // Called by a clock that is a day ahead, then by one that is right.
  for (let turn = 0; turn < 10; turn++) await gate.take('aws', 'a', 'send', 86_400_000)
  expect(await gate.take('aws', 'a', 'send', 0)).toBe(500)
  expect(await gate.take('aws', 'a', 'send', 1_000)).toBe(0)
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
