/** A link that goes up and down for an hour: its incident opens, comes back twice, stays, and ends once when the link has come to rest. */
import { expect, it } from 'vitest'
import { Bench } from '../../correlator/test-records.ts'
import { observe, settle, markTold } from '../../processors/dedupe.ts'
import type { NormalisedAlert } from '../../schemas/alert.ts'
import type { ProblemChange, TrackedProblem } from '../../schemas/records.ts'

const T0 = Date.UTC(2026, 0, 1)
const alert = (status: 'firing' | 'resolved'): NormalisedAlert => ({ source: 'zabbix', externalId: '7', asset: 'sw-1', signature: 'link', severity: 'high', status, title: 'link down', message: '', startsAtMs: null, labels: {} })

/** Plays flips through deduplication into the correlator; ticks settle as they do live. */
function play(flips: number, everyMs: number, rules = ''): { bench: Bench; statuses: string[] } {
  const bench = new Bench()
  bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules, rulesRevision: 1 })
  let tracked: TrackedProblem | null = null
  let version = 0
  const statuses: string[] = []
  const tell = (change: ProblemChange | null, atMs: number): void => {
    if (tracked === null) return
    if (change !== null) bench.feed({ ...structuredClone(tracked.problem), type: 'problem', change })
    bench.feed({ type: 'progress', partition: 0, atMs, version: (version += 1) })
    const status = bench.incidentOf('v1:i:7')?.status ?? 'none'
    if (statuses.at(-1) !== status) statuses.push(status)
  }
  let atMs = T0
  for (let i = 0; i < flips; i += 1, atMs += everyMs) {
    const { tracked: next, change } = observe(tracked, alert(i % 2 === 0 ? 'firing' : 'resolved'), { companyId: 'acme', integrationId: 'i', problemKey: 'v1:i:7', alertId: `d${i}:0`, partition: 0, atMs, version: (version += 1) })
    tracked = next
    tell(change, atMs)
  }
  for (let tick = 0; tick < 240; tick += 1, atMs += 5_000) {
    if (tracked === null) break
    const change = settle(tracked, atMs)
    if (change !== null) markTold(tracked, change, { atMs, version: (version += 1) })
    tell(change, atMs)
  }
  return { bench, statuses }
}

it('comes back twice at most while a problem flaps for an hour, and ends once when it rests', () => {
  const { bench, statuses } = play(120, 30_000)
  expect(statuses).toEqual(['open', 'resolved', 'open', 'resolved', 'open', 'resolved'])
  expect(bench.incidents.size).toBe(1)
  expect(bench.incidentOf('v1:i:7')).toMatchObject({ status: 'resolved', reopenCount: 2 })
  expect(bench.problems.get('v1:i:7')!.problem).toMatchObject({ flapping: false, status: 'resolved' })
})

it('stays open while it flaps and comes to rest as a trouble that goes on', () => {
  expect(play(121, 30_000).statuses).toEqual(['open', 'resolved', 'open', 'resolved', 'open'])
})

it('wakes nobody at all where each of its peaks clears within a hold, until it flaps', () => {
  const { bench, statuses } = play(121, 30_000, JSON.stringify({ holds: [{ id: 'h', when: ['signature=link'], minutes: 2 }] }))
  expect(statuses).toEqual(['none', 'open'])
  expect(bench.incidentOf('v1:i:7')).toMatchObject({ reopenCount: 0 })
})
