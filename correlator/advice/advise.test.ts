import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import { ruleBookMistakes } from '../../schemas/rules-check.ts'
import { advise, type AdviceQuery } from './advise.ts'
import { localClock } from './local-time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A Monday, in winter. */
const FROM_MS = Date.UTC(2026, 0, 5)
const QUERY: AdviceQuery = { fromMs: FROM_MS, toMs: FROM_MS + 28 * DAY_MS, timeZone: 'UTC', book: {} }
let serial = 0

function problem(startMs: number, lastsMinutes: number | null, change: Partial<PastProblem> = {}): PastProblem {
  serial += 1
  return {
    problemKey: `k${serial}`, incidentId: `i${serial}`, source: 'zabbix', asset: 'web-1', signature: 'Ping', severity: 'high', alerts: 2, startMs, endMs: lastsMinutes === null ? null : startMs + lastsMinutes * MINUTE_MS, ...change,
  }
}

function all(problems: readonly PastProblem[], query: Partial<AdviceQuery> = {}): readonly Advice[] {
  const steps = advise(problems, { ...QUERY, ...query })
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const of = (kind: Advice['kind'], list: readonly Advice[]): readonly Advice[] => list.filter((one) => one.kind === kind)

/** At no time of day in particular. */
const scattered = (count: number, lastsMinutes: (n: number) => number | null, change: Partial<PastProblem> = {}): PastProblem[] =>
  Array.from({ length: count }, (_, n) => problem(FROM_MS + n * 2 * HOUR_MS + (n % 7) * 17 * MINUTE_MS, lastsMinutes(n), change))

describe('holding a check', () => {
  it('is advised for as long as nearly all that clear by themselves need, with what it saves and delays', () => {
    const [hold, ...others] = of('hold', all(scattered(230, (n) => (n < 212 ? 1 + (n % 3) : 90))))
    expect(others).toEqual([])
    expect(hold).toMatchObject({
      figures: { problems: 230, saved: 212, savedIncidents: 212, delayed: 18, holdMinutes: 3 }, isApplied: false,
      proposal: { list: 'holds', rule: { when: ['source="zabbix"', 'signature="Ping"'], minutes: 3 } },
    })
    expect(hold?.text).toBe('Hold "Ping" of zabbix for 3 minutes: 212 of 230 problems of these 28 days cleared by themselves within it, and 212 incidents would not have been opened. The other 18 would have been told 3 minutes later.')
  })

  it('is not advised where most stay, where few are known, or where nothing ever clears', () => {
    expect(of('hold', all(scattered(100, (n) => (n < 45 ? 2 : 90))))).toEqual([])
    expect(of('hold', all(scattered(9, () => 2)))).toEqual([])
    expect(of('hold', all(scattered(100, () => null)))).toEqual([])
  })

  it('counts an incident only when nothing else is in it', () => {
    const short = scattered(20, () => 2).map((one, n) => ({ ...one, incidentId: n < 15 ? `shared-${n}` : one.incidentId }))
    const lasting = scattered(15, () => 90, { signature: 'Disk' }).map((one, n) => ({ ...one, incidentId: `shared-${n}` }))
    expect(of('hold', all([...short, ...lasting]))[0]).toMatchObject({ figures: { saved: 20, savedIncidents: 5 } })
  })
})

describe('a maintenance window', () => {
  /** A backup from two to two fourteen in London, Monday to Friday. */
  const backup = (fromMs = FROM_MS, days = 28): PastProblem[] => Array.from({ length: days }, (_, day) => day).filter((day) => day % 7 < 5).flatMap((day) => [0, 6].map((minute) => problem(fromMs + day * DAY_MS + (120 + minute) * MINUTE_MS, 8, { signature: 'Latency', asset: `db-${minute}` })))

  it('is advised for trouble that comes back on the same days at the same local time', () => {
    const [window, ...others] = of('maintenance', all([...backup(), ...scattered(40, () => 90, { signature: 'Latency', asset: 'app' }).filter((one) => new Date(one.startMs).getUTCHours() > 4)]))
    expect(others).toEqual([])
    expect(window).toMatchObject({
      figures: { problems: 40, saved: 40, days: 20, possibleDays: 20, windowMinutes: 14 },
      proposal: { list: 'maintenance', rule: { schedule: { kind: 'weekly', days: [1, 2, 3, 4, 5], from: '02:00', minutes: 14 }, timeZone: 'UTC', when: ['source="zabbix"', 'signature="Latency"'] } },
    })
    expect(window?.text).toMatch(/^"Latency" of zabbix has trouble every weekday 02:00 to 02:14 \(UTC\): 40 problems on 20 of 20 such days, 40 of them over by the end\./)
  })

  it('follows the local clock over a change to summer time', () => {
    const start = Date.UTC(2026, 2, 16)
    // Two in the morning in London is one in UTC from the 29th of March on.
    const local = backup(start).map((one) => (one.startMs < Date.UTC(2026, 2, 29) ? one : { ...one, startMs: one.startMs - HOUR_MS, endMs: (one.endMs ?? 0) - HOUR_MS }))
    const span = { fromMs: start, toMs: start + 28 * DAY_MS }
    expect(of('maintenance', all(local, { ...span, timeZone: 'Europe/London' }))).toMatchObject([{ proposal: { rule: { schedule: { from: '02:00', minutes: 14 }, timeZone: 'Europe/London' } }, figures: { days: 20 } }])
    expect(of('maintenance', all(local, { ...span, timeZone: 'UTC' }))).toEqual([])
  })

  it('is daily when every day has it, and not advised for trouble at any hour or on few days', () => {
    const daily = Array.from({ length: 28 }, (_, day) => problem(FROM_MS + day * DAY_MS + 3 * HOUR_MS, 5, { signature: 'Job' }))
    expect(of('maintenance', all(daily))).toMatchObject([{ proposal: { rule: { schedule: { kind: 'daily', from: '03:00', minutes: 5 } } } }])
    expect(of('maintenance', all(Array.from({ length: 600 }, (_, n) => problem(FROM_MS + n * 61 * MINUTE_MS, 5))))).toEqual([])
    expect(of('maintenance', all(daily.slice(0, 3)))).toEqual([])
    expect(of('maintenance', all(daily.map((one) => ({ ...one, endMs: null }))))).toEqual([])
  })
})

describe('keeping a check quiet while another fires', () => {
  const outages = Array.from({ length: 12 }, (_, n) => FROM_MS + n * 40 * HOUR_MS + (n % 5) * 37 * MINUTE_MS)

  it('is advised where one comes only with the other, and not the other way round', () => {
    const pairs = outages.flatMap((atMs, n) => [problem(atMs, 45, { signature: 'HostDown', asset: `h${n % 3}` }), problem(atMs + 30_000, 40, { signature: 'HttpFails', asset: `h${n % 3}` })])
    expect(of('inhibition', all(pairs))).toMatchObject([{
      figures: { problems: 12, saved: 12, assets: 3 },
      proposal: { list: 'inhibitions', rule: { source: ['source="zabbix"', 'signature="HostDown"'], target: ['source="zabbix"', 'signature="HttpFails"'], equal: ['asset'] } },
    }])
  })

  it('is not advised for other assets, for chance beside a check that always fires, or where it mostly comes alone', () => {
    const elsewhere = outages.flatMap((atMs) => [problem(atMs, 45, { signature: 'HostDown', asset: 'a' }), problem(atMs + 30_000, 40, { signature: 'HttpFails', asset: 'b' })])
    expect(of('inhibition', all(elsewhere))).toEqual([])
    const always = outages.flatMap((atMs) => [problem(atMs, 39 * 60, { signature: 'Cert', asset: 'a' }), problem(atMs + 30_000, 40, { signature: 'HttpFails', asset: 'a' })])
    expect(of('inhibition', all(always))).toEqual([])
    const alone = [...outages.flatMap((atMs) => [problem(atMs, 45, { signature: 'HostDown', asset: 'a' }), problem(atMs + 30_000, 40, { signature: 'HttpFails', asset: 'a' })]), ...outages.map((atMs) => problem(atMs + 10 * HOUR_MS, 40, { signature: 'HttpFails', asset: 'a' }))]
    expect(of('inhibition', all(alone))).toEqual([])
  })
})

describe('the noisiest checks', () => {
  it('come with what to change in the tool, most alerts first', () => {
    const repeating = scattered(3, () => 90, { signature: 'Repeats', alerts: 100 })
    const toAndFro = Array.from({ length: 40 }, (_, n) => problem(FROM_MS + n * 10 * MINUTE_MS, 5, { problemKey: 'flap', signature: 'Flaps', incidentId: 'one' }))
    const silent = scattered(30, () => null, { signature: 'Silent' })
    const texts = of('noisy', all([...repeating, ...toAndFro, ...silent])).map(({ text, proposal }) => [text, proposal])
    expect(texts).toEqual([
      [expect.stringMatching(/^"Repeats" of zabbix sent 300 alerts, 68% of all: 3 problems on 1 assets.*repeats 100 times a problem/), null],
      [expect.stringMatching(/^"Flaps".*came back within 10 minutes 39 times/), null],
      [expect.stringMatching(/^"Silent".*Only 0 of them ended/), null],
    ])
  })
})

describe('advice', () => {
  const mixed = [...scattered(60, () => 2), ...Array.from({ length: 28 }, (_, day) => problem(FROM_MS + day * DAY_MS + 3 * HOUR_MS, 5, { signature: 'Job "x\\y"' }))]

  it('is the same for problems in any order', () => {
    const expected = all(mixed)
    expect(expected.length).toBeGreaterThan(2)
    fc.assert(fc.property(fc.shuffledSubarray(mixed, { minLength: mixed.length }), (shuffled) => {
      expect(all(shuffled)).toEqual(expected)
    }), { numRuns: 20 })
  })

  it('proposes rules that a rule book takes, whatever a vendor calls its checks', () => {
    for (const { proposal } of all(mixed)) if (proposal !== null) expect(ruleBookMistakes({ [proposal.list]: [proposal.rule] })).toEqual([])
  })

  it('says which of it the rule book has already', () => {
    const [hold] = of('hold', all(mixed))
    expect(of('hold', all(mixed, { book: { holds: [{ id: hold!.id, enabled: false }] } })).map(({ id, isApplied }) => [id === hold!.id, isApplied])).toEqual([[true, true], [false, false]])
    if (hold!.proposal?.list !== 'holds') throw new Error('a hold proposes a hold')
    const mine = { ...hold!.proposal.rule, id: 'mine' }
    expect(of('hold', all(mixed, { book: { holds: [mine] } }))[0]).toMatchObject({ id: hold!.id, isApplied: true })
    expect(of('hold', all(mixed, { book: { holds: [{ ...mine, minutes: 1 }] } }))[0]).toMatchObject({ id: hold!.id, isApplied: false })
  })

  it('knows nothing about nothing', () => {
    expect(all([])).toEqual([])
  })
})

describe('the local clock', () => {
  it('reads weekday and time in a zone, also at half hours and before 1970', () => {
    expect(localClock('Asia/Kolkata')(Date.UTC(2026, 0, 4, 20))).toMatchObject({ weekday: 1, minuteOfDay: 90 })
    expect(localClock('UTC')(Date.UTC(1969, 11, 31, 23, 59))).toEqual({ day: -1, weekday: 3, minuteOfDay: 1_439 })
    expect(() => localClock('Mars/Olympus')).toThrow(RangeError)
  })
})
