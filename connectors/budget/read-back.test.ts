import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEW_ACCOUNT, type AccountState } from '../../schemas/call-accounts.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { Pace } from '../port.ts'
import { openBudget, type AccountStore, type WorkBudget } from './budget.ts'
import { READ_BACK, READ_BACK_CALLS, readBackShareOf } from './limits.ts'

const MINUTE_MS = 60_000
const PACE: Pace = { limits: [{ name: 'minute', calls: 100, windowMs: MINUTE_MS }, { name: 'writes', calls: 20, windowMs: MINUTE_MS, counts: 'writes' }], atOnce: 100, perTicketMs: 0, isLearned: false }

function world(waitMs = 0) {
  const clock = new TestClock()
  let state: AccountState = NEW_ACCOUNT
  let slots = 0
  const accounts: AccountStore = {
    read: async () => new Map([['acc', state]]),
    async change(_account, _connector, work) {
      const { state: next, answer } = work(state)
      state = next
      return answer
    },
  }
  const budget = openBudget({ accounts, clock, jitter: () => 0.5, newId: () => `s${++slots}`, waitMs })
  const work = (): WorkBudget => budget.forWork('desk', PACE)
  const called = async (on: WorkBudget, urgency: number): Promise<boolean> => {
    try {
      await on.take({ account: 'acc', urgency, isWrite: false, ticketId: null })
    } catch {
      return false
    }
    await on.answered({ account: 'acc', status: 200, headers: null, atMs: clock.now(), outcome: 'success', retryAfterMs: null })
    return true
  }
  return { clock, work, called }
}

describe('reading tickets back', () => {
  it('uses a quarter of what the account may be called, and begins no ticket that it could not end', async () => {
    const { work, called } = world()
    let calls = 0
    for (;;) {
      const one = work()
      if (!(await called(one, READ_BACK))) break
      for (let more = 1; more < READ_BACK_CALLS; more++) expect(await called(one, READ_BACK)).toBe(true)
      calls += READ_BACK_CALLS
    }
    expect([calls, readBackShareOf(100)]).toEqual([24, 25])
    // Everybody else goes on, up to what is kept for people and for what is critical.
    let others = 0
    while (await called(work(), 2)) others += 1
    expect(calls + others).toBe(90)
  })

  it('begins nothing while others use three quarters, and ends what it has begun', async () => {
    const { work, called } = world()
    const begun = work()
    expect(await called(begun, READ_BACK)).toBe(true)
    for (let count = 1; count < 75; count++) expect(await called(work(), 2)).toBe(true)
    expect(await called(work(), READ_BACK)).toBe(false)
    expect(await called(begun, READ_BACK)).toBe(true)
  })

  it('tells at once when there is room again, and never waits for it', async () => {
    const { clock, work, called } = world(2_000)
    const reads = Array.from({ length: 8 }, work)
    for (const one of reads) for (let call = 0; call < READ_BACK_CALLS; call++) await called(one, READ_BACK)
    const before = clock.now()
    await expect(work().take({ account: 'acc', urgency: READ_BACK, isWrite: false, ticketId: null })).rejects.toMatchObject({ code: 'budget', retryAfterMs: MINUTE_MS + 1_000 })
    expect(clock.now()).toBe(before)
    clock.tick(MINUTE_MS + 1_000)
    expect(await called(work(), READ_BACK)).toBe(true)
  })

  it('never uses more than its share in any window, whatever else is called', async () => {
    const step = fc.record({ gapMs: fc.nat(4_000), others: fc.nat(3), calls: fc.integer({ min: 1, max: READ_BACK_CALLS }) })
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120 }), async (steps) => {
      const { clock, work, called } = world()
      const read: number[] = []
      for (const { gapMs, others, calls } of steps) {
        clock.tick(gapMs)
        for (let count = 0; count < others; count++) await called(work(), 2)
        const one = work()
        for (let count = 0; count < calls && (await called(one, READ_BACK)); count++) read.push(clock.now())
      }
      for (const [first, fromMs] of read.entries()) expect(read.slice(first).filter((atMs) => atMs < fromMs + MINUTE_MS).length).toBeLessThanOrEqual(readBackShareOf(100))
    }), { numRuns: 40 })
  })
})
