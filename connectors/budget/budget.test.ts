import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEW_ACCOUNT, type AccountState } from '../../schemas/call-accounts.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { Pace } from '../port.ts'
import { openBudget, type AccountStore } from './budget.ts'
import { toldLimit } from './headers.ts'
import { mended, PROBE_EVERY_MS, wentWell, wentWrong } from './hold.ts'
import { afterCall, BREAKER_FAILURES, type CallEnd } from './learn.ts'
import { limitsInForce, shareOf } from './limits.ts'
import { takeTurn } from './take.ts'
import { budgetView } from './view.ts'

const START_MS = 1_000_000_000
const MINUTE_MS = 60_000
const pace = (changes: Partial<Pace> = {}): Pace => ({ limits: [{ name: 'minute', calls: 10, windowMs: MINUTE_MS }], atOnce: 100, perTicketMs: 0, isLearned: false, ...changes })
const end = (slotId: string, atMs: number, changes: Partial<CallEnd> = {}): CallEnd => ({ slotId, atMs, headers: null, outcome: 'success', retryAfterMs: null, jitter: 0.5, ...changes })

/** Takes a call and ends it at once. */
function called(state: AccountState, of: Pace, atMs: number, { urgency = 0, isWrite = true, ...ended }: Partial<CallEnd> & { urgency?: number; isWrite?: boolean } = {}): AccountState | null {
  const turn = takeTurn(state, of, { urgency, isWrite, slotId: 's', untilMs: atMs + 40_000 }, atMs)
  return turn.kind === 'go' ? afterCall(turn.state, of, end('s', atMs, ended)) : null
}
function many(state: AccountState, of: Pace, atMs: number, urgency: number): { readonly state: AccountState; readonly calls: number } {
  for (let calls = 0; ; calls++) {
    const next = called(state, of, atMs, { urgency })
    if (next === null) return { state, calls }
    state = next
  }
}

describe('windows', () => {
  it('never hold more calls than the limit, however they lie, whenever in its time each call was counted over there, and whoever is lost', () => {
    const limits = [{ name: 'short', calls: 5, windowMs: 1_000 }, { name: 'long', calls: 12, windowMs: 10_000 }, { name: 'writes', calls: 3, windowMs: 2_000, counts: 'writes' as const }]
    const of = pace({ limits })
    const wish = fc.record({ gapMs: fc.nat(700), takesMs: fc.nat(1_500), share: fc.double({ min: 0, max: 1, noNaN: true }), urgency: fc.nat(3), isWrite: fc.boolean(), isLost: fc.boolean() })
    fc.assert(fc.property(fc.array(wish, { minLength: 20, maxLength: 120 }), (wishes) => {
      let state: AccountState = NEW_ACCOUNT
      let nowMs = START_MS
      const ends: { atMs: number; slotId: string }[] = []
      const counted: { atMs: number; isWrite: boolean }[] = []
      for (const [index, { gapMs, takesMs, share, urgency, isWrite, isLost }] of wishes.entries()) {
        nowMs += gapMs
        for (const one of ends.splice(0).sort((a, b) => a.atMs - b.atMs)) {
          if (one.atMs <= nowMs) state = afterCall(state, of, end(one.slotId, one.atMs))
          else ends.push(one)
        }
        const turn = takeTurn(state, of, { urgency, isWrite, slotId: `s${index}`, untilMs: nowMs + 2_000 }, nowMs)
        state = turn.state
        if (turn.kind === 'wait') continue
        // Nobody knows when between its start and its end the vendor counts it.
        counted.push({ atMs: nowMs + takesMs * share, isWrite })
        if (!isLost) ends.push({ atMs: nowMs + takesMs, slotId: `s${index}` })
      }
      for (const limit of limits) {
        const times = counted.filter((call) => limit.counts === undefined || call.isWrite).map(({ atMs }) => atMs).sort((a, b) => a - b)
        for (const [first, fromMs] of times.entries()) expect(times.slice(first).filter((atMs) => atMs < fromMs + limit.windowMs).length).toBeLessThanOrEqual(limit.calls)
      }
    }))
  })

  it('say when the next call can go, and then it can', () => {
    fc.assert(fc.property(fc.array(fc.nat(20_000), { minLength: 10, maxLength: 40 }), fc.nat(3), (gaps, urgency) => {
      let state: AccountState = NEW_ACCOUNT
      let nowMs = START_MS
      for (const gapMs of gaps) {
        nowMs += gapMs
        state = called(state, pace(), nowMs, { urgency: 0 }) ?? state
        const turn = takeTurn(state, pace(), { urgency, isWrite: true, slotId: 'x', untilMs: nowMs + 1 }, nowMs)
        if (turn.kind === 'wait') expect(takeTurn(turn.state, pace(), { urgency, isWrite: true, slotId: 'x', untilMs: turn.atMs + 1 }, turn.atMs).kind).toBe('go')
      }
    }))
  })

  it('keep a part of each limit for critical work and a little more for people, and let a small limit stop nobody', () => {
    expect([0, 1, 2, 3].map((urgency) => shareOf(400, urgency))).toEqual([400, 368, 360, 360])
    expect([0, 1, 2, 3].map((urgency) => shareOf(1, urgency))).toEqual([1, 1, 1, 1])
    const of = pace({ limits: [{ name: 'minute', calls: 100, windowMs: MINUTE_MS }] })
    const usual = many(NEW_ACCOUNT, of, START_MS, 2)
    const asked = many(usual.state, of, START_MS, 1)
    const critical = many(asked.state, of, START_MS, 0)
    expect([usual.calls, asked.calls, critical.calls]).toEqual([90, 2, 8])
    expect(critical.state).toMatchObject({ readyAtMs: expect.any(Number), readyCriticalAtMs: expect.any(Number) })
  })

  it('are kept by a clock that jumps back, for no longer than their length', () => {
    const full = many(NEW_ACCOUNT, pace(), START_MS + 3_600_000, 0).state
    expect(called(full, pace(), START_MS)).toBeNull()
    const again = takeTurn(full, pace(), { urgency: 0, isWrite: true, slotId: 'x', untilMs: START_MS + 1 }, START_MS)
    expect(again).toMatchObject({ kind: 'wait' })
    expect(called(again.state, pace(), START_MS + MINUTE_MS * 1.1)).not.toBeNull()
  })

  it('let as many be under way as the vendor bears, with a place kept, until one ends or is lost', () => {
    const of = pace({ limits: [{ name: 'hour', calls: 10_000, windowMs: 3_600_000 }], atOnce: 3 })
    const take = (state: AccountState, slotId: string, urgency: number, atMs = START_MS) => takeTurn(state, of, { urgency, isWrite: true, slotId, untilMs: atMs + 40_000 }, atMs)
    const two = take(take(NEW_ACCOUNT, 'a', 2).state, 'b', 2).state
    expect(take(two, 'c', 2)).toMatchObject({ kind: 'wait', why: 'at_once' })
    const three = take(two, 'c', 0)
    expect(three.kind).toBe('go')
    expect(take(three.state, 'd', 0)).toMatchObject({ kind: 'wait', why: 'at_once' })
    expect(take(afterCall(three.state, of, end('c', START_MS)), 'd', 0).kind).toBe('go')
    expect(take(three.state, 'd', 0, START_MS + 40_001).kind).toBe('go')
  })
})

describe('what answers teach', () => {
  const headers = (values: Record<string, string>) => new Headers(values)

  it.each([
    ['Zendesk', { 'x-rate-limit': '700', 'x-rate-limit-remaining': '699', 'ratelimit-reset': '41' }, { limit: 700, left: 699, resetAtMs: START_MS + 41_000 }],
    ['Freshdesk', { 'x-ratelimit-total': '400', 'x-ratelimit-remaining': '398', 'x-ratelimit-used-currentrequest': '1' }, { limit: 400, left: 398, resetAtMs: null }],
    ['ServiceNow', { 'x-ratelimit-limit': '1000', 'x-ratelimit-reset': '1600000000' }, { limit: 1_000, left: null, resetAtMs: 1_600_000_000_000 }],
    ['Jira', { 'x-ratelimit-limit': '350', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2030-01-01T00:00:00Z' }, { limit: 350, left: 0, resetAtMs: Date.UTC(2030, 0, 1) }],
    ['a draft of the IETF', { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '50', 'ratelimit-reset': '30' }, { limit: 100, left: 50, resetAtMs: START_MS + 30_000 }],
    ['nobody', { 'x-other': '1' }, null], ['nonsense', { 'x-ratelimit-limit': '-1', 'x-ratelimit-remaining': 'many' }, null], ['a limit of nothing', { 'x-ratelimit-limit': '0' }, null],
  ])('reads the limit as %s says it', (_, values, told) => {
    expect(toldLimit(headers(values), START_MS)).toEqual(told)
  })

  it('takes the limit the vendor tells for the one in force, higher or lower', () => {
    for (const told of [5, 700]) {
      const state = called(NEW_ACCOUNT, pace(), START_MS, { headers: headers({ 'x-rate-limit': String(told) }) })!
      expect(limitsInForce(state, pace(), START_MS)[0]).toMatchObject({ calls: told, published: 10, from: 'told' })
    }
  })

  it('are left where the headers of a vendor are not about them', () => {
    const of = pace({ isTold: false })
    const state = called(NEW_ACCOUNT, of, START_MS, { headers: headers({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2030-01-01T00:00Z' }) })!
    expect(limitsInForce(state, of, START_MS)).toMatchObject([{ calls: 10, from: 'published' }])
    expect(many(state, of, START_MS, 0).calls).toBe(9)
  })

  it('takes no number of an hour for one of a minute', () => {
    const of = pace({ limits: [{ name: 'minute', calls: 10, windowMs: MINUTE_MS }, { name: 'hour', calls: 100, windowMs: 3_600_000 }] })
    const state = called(NEW_ACCOUNT, of, START_MS, { headers: headers({ 'x-ratelimit-limit': '500', 'x-ratelimit-reset': '1800' }) })!
    expect(limitsInForce(state, of, START_MS).map(({ calls, from }) => [calls, from])).toEqual([[10, 'published'], [500, 'told']])
  })

  it('counts others that call the same account, until their calls are forgotten', () => {
    const state = called(NEW_ACCOUNT, pace(), START_MS, { headers: headers({ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '20' }) })!
    expect(budgetView('a', state, pace(), START_MS).limits[0]).toMatchObject({ used: 7, left: 3, leftForUsual: 2 })
    expect(many(state, pace(), START_MS, 2).calls).toBe(2)
    expect(many(state, pace(), START_MS, 0).calls).toBe(3)
    const used = many(state, pace(), START_MS, 2).state
    expect(takeTurn(used, pace(), { urgency: 2, isWrite: true, slotId: 'x', untilMs: 0 }, START_MS)).toMatchObject({ kind: 'wait', why: 'limit', atMs: START_MS + 20_000 })
    expect(many(state, pace(), START_MS + 20_000, 2).calls).toBe(8)
  })

  it('holds the whole account for as long as the vendor asks, and for no nonsense', () => {
    const state = called(NEW_ACCOUNT, pace(), START_MS, { outcome: 'rate_limited', retryAfterMs: 30_000 })!
    expect(state.blockedUntilMs).toBe(START_MS + 30_000)
    expect(takeTurn(state, pace(), { urgency: 0, isWrite: false, slotId: 'x', untilMs: 0 }, START_MS + 29_999)).toMatchObject({ kind: 'wait', why: 'blocked', atMs: START_MS + 30_000 })
    expect(called(state, pace(), START_MS + 30_000)).not.toBeNull()
    expect(called(NEW_ACCOUNT, pace(), START_MS, { outcome: 'rate_limited', retryAfterMs: 10 * 3_600_000 })!.blockedUntilMs).toBe(START_MS + 15 * MINUTE_MS)
  })

  it('counts those that are refused together once: one burst is a short pause, however many were under way', () => {
    const of = pace({ limits: [{ name: 'minute', calls: 100, windowMs: MINUTE_MS }] })
    const slots = Array.from({ length: 8 }, (_, index) => `s${index}`)
    const burst = (state: AccountState, atMs: number): AccountState => {
      const gone = slots.reduce((before, slotId) => takeTurn(before, of, { urgency: 2, isWrite: true, slotId, untilMs: atMs + 40_000 }, atMs).state, state)
      return slots.reduce((before, slotId, index) => afterCall(before, of, end(slotId, atMs + index, { outcome: 'rate_limited' })), gone)
    }
    const first = burst(NEW_ACCOUNT, START_MS)
    expect([first.blockedUntilMs, budgetView('a', first, of, START_MS).refused]).toEqual([START_MS + 5_000, 8])
    // Refused again after its pause: twice as long.
    expect(burst(first, START_MS + 5_000).blockedUntilMs).toBe(START_MS + 15_000)
    // One that is told for how long is believed, whichever of them it is.
    expect(afterCall(first, of, end('x', START_MS + 10, { outcome: 'rate_limited', retryAfterMs: 60_000 })).blockedUntilMs).toBe(START_MS + 60_010)
  })

  it('lessens a limit nobody stated to what was taken when it refused, and lets it grow back slowly', () => {
    const of = pace({ limits: [{ name: 'minute', calls: 100, windowMs: MINUTE_MS }] })
    let state: AccountState = NEW_ACCOUNT
    for (let at = 0; at < 40; at++) state = called(state, of, START_MS)!
    state = called(state, of, START_MS, { outcome: 'rate_limited' })!
    expect(limitsInForce(state, of, START_MS)[0]).toMatchObject({ calls: 36, from: 'refused' })
    expect(state.blockedUntilMs).toBe(START_MS + 5_000)
    expect(limitsInForce(state, of, START_MS + 3_600_000)[0]).toMatchObject({ calls: 41 })
    expect(limitsInForce(state, of, START_MS + 24 * 3_600_000)[0]).toMatchObject({ calls: 100, from: 'published' })
    expect(budgetView('a', state, of, START_MS).refused).toBe(1)
  })

  it('halves a limit that was hardly used when a refusal came: others may have used it up', () => {
    const state = called(NEW_ACCOUNT, pace(), START_MS, { outcome: 'rate_limited', retryAfterMs: 1_000 })!
    expect(limitsInForce(state, pace(), START_MS)[0]).toMatchObject({ calls: 5, from: 'refused' })
  })

  it('opens the breaker after failures in a row, lets one call try, and closes with the first that is answered', () => {
    let state: AccountState = NEW_ACCOUNT
    for (let at = 0; at < BREAKER_FAILURES; at++) state = called(state, pace(), START_MS, { outcome: 'server_error' })!
    expect(takeTurn(state, pace(), { urgency: 0, isWrite: true, slotId: 'x', untilMs: 0 }, START_MS)).toMatchObject({ kind: 'wait', why: 'breaker', atMs: START_MS + 30_000 })
    expect(budgetView('a', state, pace(), START_MS)).toMatchObject({ breaker: 'open' })
    // A person who mends it finds out at once.
    expect(takeTurn(state, pace(), { urgency: 1, isWrite: false, slotId: 'x', untilMs: START_MS + 1 }, START_MS).kind).toBe('go')
    const atMs = START_MS + 61_000
    const trying = takeTurn(state, pace(), { urgency: 2, isWrite: true, slotId: 'probe', untilMs: atMs + 40_000 }, atMs)
    expect(trying.kind).toBe('go')
    expect(takeTurn(trying.state, pace(), { urgency: 0, isWrite: true, slotId: 'y', untilMs: 0 }, atMs)).toMatchObject({ kind: 'wait', why: 'breaker' })
    const failed = afterCall(trying.state, pace(), end('probe', atMs, { outcome: 'timeout' }))
    expect(failed.breaker.openUntilMs).toBe(atMs + 60_000)
    const well = afterCall(trying.state, pace(), end('probe', atMs, { outcome: 'not_found' }))
    expect(well.breaker).toEqual({ failures: 0, opened: 0, openUntilMs: 0 })
  })

  it('holds what fails for everybody until it is mended, probed well, or a call with new credentials is taken', () => {
    const held = wentWrong(NEW_ACCOUNT, 'unauthorized', 'enter new ones', true, START_MS)
    expect(budgetView('a', held, pace(), START_MS)).toMatchObject({ held: 'unauthorized', heldUntil: new Date(START_MS + PROBE_EVERY_MS).toISOString(), lastError: 'enter new ones' })
    expect([mended(held).heldCode, wentWell(held, START_MS).heldCode, called(held, pace(), START_MS)?.heldCode]).toEqual([null, null, null])
    expect(called(wentWrong(NEW_ACCOUNT, 'forbidden', 'no', true, START_MS), pace(), START_MS)?.heldCode).toBe('forbidden')
    expect(wentWrong(NEW_ACCOUNT, 'invalid', 'no', false, START_MS).heldCode).toBeNull()
  })
})

describe('the budget of a piece of work', () => {
  const make = () => {
    let state: AccountState = NEW_ACCOUNT
    let slots = 0
    const clock = new TestClock(START_MS)
    const accounts: AccountStore = {
      change: async (_account, _connector, work) => {
        const made = work(state)
        state = made.state
        return made.answer
      },
      read: async () => new Map([['a', state]]),
    }
    return { clock, budget: openBudget({ accounts, clock, jitter: () => 0.5, newId: () => `s${(slots += 1)}` }) }
  }
  const call = { account: 'a', urgency: 0, isWrite: true, ticketId: null }

  it('waits a little for a turn that is near, and says when to come again where it is not', async () => {
    const { clock, budget } = make()
    const near = pace({ limits: [{ name: 'second', calls: 1, windowMs: 1_000 }] })
    const first = budget.forWork('x', near)
    await first.take(call)
    await first.answered({ account: 'a', status: 200, headers: null, atMs: clock.now(), outcome: 'success', retryAfterMs: null })
    const waiting = first.take(call)
    await Promise.resolve()
    clock.tick(1_020)
    await waiting
    expect(first.sent()).toEqual({ calls: 2, writes: 2, isLastWrite: true })

    const far = make()
    const work = far.budget.forWork('x', pace({ limits: [{ name: 'minute', calls: 1, windowMs: MINUTE_MS }] }))
    await work.take(call)
    await work.answered({ account: 'a', status: 200, headers: null, atMs: START_MS, outcome: 'success', retryAfterMs: null })
    await expect(work.take(call)).rejects.toMatchObject({ code: 'budget', outcome: 'not_sent', retryAfterMs: expect.any(Number) })
    expect(work.sent()).toEqual({ calls: 1, writes: 1, isLastWrite: true })
    expect(await far.budget.view('a', pace({ limits: [{ name: 'minute', calls: 1, windowMs: MINUTE_MS }] }))).toMatchObject({ underWay: 0, limits: [{ used: 1, left: 0 }] })
  })

  it('asks the fence before each call, and ends a wait with its signal', async () => {
    const { budget } = make()
    const fenced = budget.forWork('x', pace(), () => { throw new Error('no more') })
    await expect(fenced.take(call)).rejects.toThrow('no more')
    const small = pace({ limits: [{ name: 'second', calls: 1, windowMs: 1_000 }] })
    const work = budget.forWork('x', small)
    await work.take(call)
    const leaving = new AbortController()
    const waiting = work.take({ ...call, signal: leaving.signal })
    await Promise.resolve()
    leaving.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  })
})
