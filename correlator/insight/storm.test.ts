import { expect, it } from 'vitest'
import type { CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'
import { Bench, T0, problem } from '../test-records.ts'

const HOUR = 3_600
/** Unrelated troubles: nothing but the storm is common to them. */
const trouble = (n: number, seconds: number): ProblemEvent =>
  problem(`p${n}`, seconds, { asset: `asset ${n}`, signature: `signature ${n}`, title: `t${n}` })

/** So many troubles over `span` seconds. */
function pour(bench: Bench, from: number, count: number, at: number, span = 30): void {
  for (let i = 0; i < count; i += 1) bench.feed(trouble(from + i, at + Math.floor((i * span) / count)))
}
/** A company that has had ten troubles at the beginning of each hour for two days, resolved soon after; ends at 48 h. */
function usualCompany(): Bench {
  const bench = new Bench()
  for (let hour = 0; hour < 49; hour += 1) pour(bench, hour * 10, 10, hour * HOUR + 60)
  return bench
}
const storms = (bench: Bench) => [...bench.incidents.values()].flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'storm'))
const switchOff = (kind: string): CorrelationRecord['event'] =>
  ({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: JSON.stringify({ switches: { [kind]: false } }), rulesRevision: 1 })

it('takes sixty new problems within a minute for a storm while nothing is known of a company, and tells all that were opened in that minute', () => {
  const bench = new Bench()
  pour(bench, 0, 59, 0)
  expect(storms(bench)).toEqual([])
  bench.feed(trouble(59, 31))
  expect(storms(bench)).toHaveLength(60)
  expect(bench.incidentOf('p0')!.findings).toEqual([{
    kind: 'storm', confidence: 0.5, sinceMs: expect.any(Number), problemKeys: ['p0'], figures: { perMinute: 60, limitPerMinute: 60 },
    reason: '60 new problems of the whole company within a minute; the company has been heard for less than a day, so that 60 a minute count as a storm.',
  }])
})

it('joins nothing that is not joined without it', () => {
  const bench = new Bench()
  pour(bench, 0, 200, 0)
  expect(bench.groups()).toHaveLength(200)
})

it('measures against what the company learned of this hour: the usual bursts are none, three times the usual peak is one', () => {
  const bench = usualCompany()
  expect(storms(bench)).toEqual([])
  pour(bench, 1_000, 29, 49 * HOUR + 120)
  expect(storms(bench)).toEqual([])
  bench.feed(trouble(1_029, 49 * HOUR + 151))
  const [finding] = storms(bench)
  expect(finding!.figures).toEqual({ perMinute: 30, limitPerMinute: 30, usualPerMinute: 0.17, usualPeakPerMinute: 10, factor: 3 })
  expect(finding!.reason).toBe('30 new problems of the whole company within a minute; usual at this hour of the week are 0.17 a minute and 10 at most: 3 times the most.')
  expect(finding!.confidence).toBe(0.7)
})

it('says it again with the new figures when the rate has doubled', () => {
  const bench = new Bench()
  pour(bench, 0, 60, 0)
  const first = bench.incidentOf('p0')!
  // They join p0 by their asset.
  for (let i = 60; i < 130; i += 1) bench.feed(problem(`p${i}`, 35, { asset: 'asset 0' }))
  const after = bench.incidentOf('p0')!
  expect(first.findings[0]!.figures['perMinute']).toBe(60)
  expect(after.findings[0]!.figures['perMinute']).toBe(120)
  expect(after.findings[0]!.confidence).toBe(0.6)
})

it('ends when the rate has stayed below half of the limit for five minutes, not before', () => {
  const bench = new Bench()
  pour(bench, 0, 60, 0)
  bench.feed(trouble(100, 200))
  expect(bench.incidentOf('p100')!.findings).toHaveLength(1)
  // The last moment at which more than thirty had come within a minute lies before 90 s.
  bench.feed(trouble(101, 400))
  expect(bench.incidentOf('p101')!.findings).toEqual([])
  expect(bench.incidentOf('p0')!.findings).toHaveLength(1)
  pour(bench, 200, 60, 500)
  expect(bench.incidentOf('p250')!.findings).toHaveLength(1)
})

it('goes on through a lull, and is the same storm after it', () => {
  const bench = new Bench()
  pour(bench, 0, 60, 0)
  pour(bench, 100, 31, 200)
  pour(bench, 200, 5, 450)
  const sinceMs = new Set(storms(bench).map((finding) => finding.sinceMs))
  expect(sinceMs.size).toBe(1)
  expect(bench.incidentOf('p204')!.findings).toHaveLength(1)
})

it('sees a storm of alerts in which few problems are new', () => {
  const bench = new Bench()
  bench.feed(trouble(0, 0), trouble(1, 1))
  for (let i = 1; i <= 12; i += 1) bench.feed(problem('p0', 10 + i, { asset: 'asset 0', signature: 'signature 0', title: 't0', change: 'repeated', count: i * 100, version: 10_000 + i }))
  expect(bench.incidentOf('p0')!.findings).toMatchObject([{ kind: 'storm', reason: expect.stringContaining('1201 alerts of the whole company within a minute') }])
})

it('does not let a storm become usual at once, so that the same an hour later is one again', () => {
  const bench = usualCompany()
  pour(bench, 1_000, 500, 49 * HOUR + 120)
  pour(bench, 2_000, 5, 50 * HOUR + 120)
  pour(bench, 3_000, 200, 51 * HOUR + 120)
  expect(bench.incidentOf('p3199')!.findings).toHaveLength(1)
})

it('counts what arrives late where it belongs, and what comes later than two minutes not at all', () => {
  const bench = new Bench()
  bench.feed(trouble(500, 200))
  pour(bench, 0, 60, 0)
  expect(storms(bench)).toEqual([])
  pour(bench, 100, 59, 145)
  expect(storms(bench)).not.toEqual([])
})

it('tells the same after a restart in its middle', () => {
  const [whole, cut] = [usualCompany(), usualCompany()]
  cut.restart()
  for (const bench of [whole, cut]) {
    pour(bench, 1_000, 25, 49 * HOUR + 120)
    if (bench === cut) bench.restart()
    pour(bench, 1_100, 25, 49 * HOUR + 151)
    if (bench === cut) bench.restart()
    pour(bench, 1_200, 3, 49 * HOUR + 300)
  }
  expect(storms(whole).length).toBeGreaterThan(40)
  expect(Object.fromEntries(cut.incidents)).toEqual(Object.fromEntries(whole.incidents))
})

it('is of one company, and silent where the rule book switches it off', () => {
  const bench = new Bench()
  bench.feed(switchOff('storm'))
  pour(bench, 0, 200, 0)
  expect(storms(bench)).toEqual([])
  for (let i = 0; i < 100; i += 1) bench.feed({ ...trouble(i, 300), companyId: 'bolt', alertId: `b${i}` })
  expect(storms(bench).length).toBeGreaterThan(0)
  expect([...bench.incidents.values()].filter(({ companyId, findings }) => companyId === 'acme' && findings.length > 0)).toEqual([])
})

it('forgets the rates of a company of which nothing was heard for four weeks', () => {
  const bench = usualCompany()
  const kinds = () => new Set([...bench.state.entries()].map(([, { event }]) => event.type))
  expect(kinds()).toContain('usual')
  for (let day = 3; day < 32; day += 1) bench.feed({ type: 'progress', partition: 0, atMs: T0 + day * 86_400_000, version: day })
  expect(kinds()).not.toContain('usual')
  expect(kinds()).not.toContain('pulse')
})
