import { describe, expect, it } from 'vitest'
import type { CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'
import { Bench, T0, problem } from '../test-records.ts'
import { periodOf } from './periodic.ts'
import { ONSETS_MAX, Rhythms, RHYTHMS_MAX } from './rhythms.ts'

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400]
const ms = (seconds: readonly number[]): number[] => seconds.map((at) => T0 + at * 1_000)
const every = (period: number, count: number, jitter: readonly number[] = [0]): number[] => Array.from({ length: count }, (_, i) => i * period + (jitter[i % jitter.length] ?? 0))

describe('a period', () => {
  it.each([
    ['four hourly beginnings', every(HOUR, 4), HOUR],
    ['a nightly job that takes its time', every(DAY, 9, [0, 240, 60, 300]), DAY],
    ['every twenty minutes, thirty times', every(20 * MINUTE, 30, [0, 20, -15]), 20 * MINUTE],
    ['four weekly ones', every(7 * DAY, 4), 7 * DAY],
    ['every five hours with two left out', every(5 * HOUR, 12).filter((_, i) => i !== 3 && i !== 8), 5 * HOUR],
  ])('is found in %s', (_, onsets, period) => {
    const found = periodOf(ms(onsets))
    expect(Math.abs((found?.periodMs ?? 0) - period * 1_000)).toBeLessThanOrEqual(period * 20)
    expect(found!.confidence).toBeGreaterThanOrEqual(0.6)
    expect(found!.occurrences).toBe(onsets.length)
  })

  it.each([
    ['three beginnings', every(HOUR, 3)],
    ['one that is off among four', [0, HOUR, 2.6 * HOUR, 3.6 * HOUR]],
    ['chance', [0, 11_000, 14_500, 40_000, 41_800, 77_000, 90_500, 91_900, 130_000]],
    ['what comes more often than every five minutes', every(MINUTE * 2, 30)],
    ['what comes less often than every week', every(9 * DAY, 4)],
  ])('is not found in %s', (_, onsets) => {
    expect(periodOf(ms(onsets))).toBeNull()
  })

  it('of working days expects the next on Monday', () => {
    const monday = Date.UTC(2026, 5, 1, 2) // a Monday
    const onsets = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11].map((day) => monday + day * DAY * 1_000)
    const found = periodOf(onsets)
    expect(found).toMatchObject({ periodMs: DAY * 1_000, missed: 2, nextMs: Date.UTC(2026, 5, 15, 2) })
    expect(found!.overdueMs).toBe(found!.nextMs + 20 * MINUTE * 1_000)
  })

  it('keeps to the same local time when the clocks change', () => {
    const start = Date.UTC(2026, 9, 20, 2)
    // Summer time ends on the 25th: the job comes an hour later by UTC from then on.
    const onsets = Array.from({ length: 10 }, (_, day) => start + day * DAY * 1_000 + (day >= 5 ? HOUR * 1_000 : 0))
    expect(periodOf(onsets)).toMatchObject({ periodMs: DAY * 1_000, missed: 0, nextMs: (onsets.at(-1) ?? 0) + DAY * 1_000 })
  })
})

/** A trouble that begins at these seconds and ends five minutes later, each time under another id of its tool. */
function repeated(onsets: readonly number[]): ProblemEvent[] {
  return onsets.flatMap((at, i) => {
    const names = { asset: 'db-1', signature: 'backup job failed', alertId: `a${i}` }
    return [problem(`event-${i}`, at, names), problem(`event-${i}`, at + 300, { ...names, change: 'resolved', firstAtMs: T0 + at * 1_000 })]
  })
}
const finding = (bench: Bench, key: string) => bench.incidentOf(key)!.findings.find(({ kind }) => kind === 'periodic')

it('says on an incident how often its problem comes, when the next is expected and from when it is overdue', () => {
  const bench = new Bench()
  bench.feed(...repeated(every(DAY, 5)))
  expect(finding(bench, 'event-2')).toBeUndefined()
  expect(finding(bench, 'event-3')).toBeDefined()
  expect(finding(bench, 'event-4')).toEqual({
    kind: 'periodic', confidence: 0.8, sinceMs: T0, problemKeys: ['event-4'],
    figures: { periodMs: DAY * 1_000, jitterMs: 0, occurrences: 5, missed: 0, nextAtMs: T0 + 5 * DAY * 1_000, overdueAtMs: T0 + 5 * DAY * 1_000 + 20 * MINUTE * 1_000 },
    reason: 'backup job failed on db-1 began 5 times, every 1 d give or take 0 s; the next is expected at 2023-11-19 22:13 UTC and overdue from 2023-11-19 22:33 UTC.',
  })
})

it('ceases to say so when the rhythm breaks', () => {
  const bench = new Bench()
  bench.feed(...repeated([0, DAY, 2 * DAY, 3 * DAY, 3.4 * DAY]))
  expect(finding(bench, 'event-3')).toBeDefined()
  expect(finding(bench, 'event-4')).toBeUndefined()
})

it('takes two tools that say the same at once for one beginning, and counts from reopenings too', () => {
  const bench = new Bench()
  for (let i = 0; i < 5; i += 1) {
    const names = { asset: 'db-1', signature: 'backup job failed', episode: i + 1, alertId: `a${i}` }
    for (const [key, late] of [['zabbix', 0], ['datadog', 20]] as const) {
      bench.feed(problem(key, i * DAY + late, { ...names, change: i === 0 ? 'opened' : 'reopened' }), problem(key, i * DAY + late + 300, { ...names, change: 'resolved', firstAtMs: T0 + (i * DAY + late) * 1_000 }))
    }
  }
  expect(finding(bench, 'zabbix')!.figures).toMatchObject({ occurrences: 5, periodMs: DAY * 1_000 })
})

it('tells the same when it is restarted between any two of them', () => {
  const [whole, cut] = [new Bench(), new Bench()]
  for (const event of repeated(every(DAY, 8))) {
    whole.feed(event)
    cut.feed(event)
    cut.restart()
  }
  expect(finding(whole, 'event-7')).toBeDefined()
  expect(Object.fromEntries(cut.incidents)).toEqual(Object.fromEntries(whole.incidents))
})

it('is silent where the rule book switches it off', () => {
  const bench = new Bench()
  const off: CorrelationRecord['event'] = { type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: '{"switches":{"periodic":false}}', rulesRevision: 1 }
  bench.feed(off, ...repeated(every(DAY, 6)))
  expect(finding(bench, 'event-5')).toBeUndefined()
})

it('keeps a bounded number of troubles and onsets, those that come again before those that never did', () => {
  const bench = new Bench()
  bench.feed(...repeated(every(HOUR, 40)))
  for (let i = 0; i < 5_500; i += 100) {
    bench.feed(...Array.from({ length: 100 }, (_, n) => problem(`new-${i + n}`, 50 * HOUR + i * 10, { asset: `asset ${i + n}`, signature: `signature ${i + n}`, title: `t${i + n}`, version: 50 * HOUR * 1_000 + i * 10_000 + n })))
  }
  const rhythms = [...bench.state.entries()].flatMap(([, { event }]) => (event.type === 'rhythm' ? [event] : []))
  expect(rhythms).toHaveLength(RHYTHMS_MAX + 1)
  expect(rhythms.map(({ onsetsMs }) => onsetsMs.length).sort((a, b) => b - a).slice(0, 2)).toEqual([ONSETS_MAX, 1])
  // Later than expected, and still one of thirty-two.
  bench.feed(problem('late', 150 * HOUR, { asset: 'db-1', signature: 'backup job failed' }))
  expect(finding(bench, 'late')).toBeDefined()
})

it('keeps no more under a hundred thousand troubles, each of which comes twice', () => {
  const rhythms = new Rhythms('acme')
  let [version, gone] = [0, 0]
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 100_000; i += 1) {
      // The second round begins with what is remembered still: the newest.
      const noted = rhythms.began(round === 0 ? i : 99_999 - i, T0 + round * DAY * 1_000 + i, version += 1, false)
      if (noted?.gone != null) gone += 1
    }
  }
  expect(rhythms.memory.size).toBe(2 * RHYTHMS_MAX)
  expect(gone).toBe(200_000 - RHYTHMS_MAX - 2 * RHYTHMS_MAX)
  expect(rhythms.memory.get(99_999)!.state.onsetsMs).toHaveLength(2)
  expect(rhythms.memory.get(1_000)!.state.onsetsMs).toHaveLength(1)
})
