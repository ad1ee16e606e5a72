/** A long even storm of one cause, and an even background of the same place: their pace may be the same, what tells them apart is how long it lasts. */
import { expect, it } from 'vitest'
import type { ProblemEvent } from '../schemas/records.ts'
import { Bench, T0, problem } from './test-records.ts'

const MINUTE_S = 60
const HOUR_S = 3_600
const STORM_S = 9 * MINUTE_S
const HQ = { labels: { site: 'hq', env: 'production' } }
const ASSETS = 4

/** The seconds from `from` on at an even pace. */
const every = (seconds: number, from: number, forSeconds: number): number[] => Array.from({ length: Math.floor(forSeconds / seconds) }, (_, i) => from + i * seconds)

/** The same check on one asset after another: storage that loses its paths. */
const oneCheck = (second: number, i: number): ProblemEvent => problem(`storm-${i}`, second, { ...HQ, asset: `vm-${i}`, signature: 'path to storage lost', title: `vm-${i} lost its path` })
/** Ever further checks of the same few assets, which have nothing else in common. */
const fewAssets = (second: number, i: number): ProblemEvent => problem(`checks-${i}`, second, { ...HQ, asset: `server-${i % ASSETS}`, signature: `check ${i}`, title: `c${i}` })
/** Troubles that look alike and have nothing to do with each other. */
const background = (second: number, i: number): ProblemEvent => problem(`usual-${i}`, second, { ...HQ, asset: `pc-${i}`, signature: 'disk nearly full', title: `pc-${i} is nearly full` })

function played(events: readonly ProblemEvent[]): Bench {
  const bench = new Bench()
  bench.feed(...events.toSorted((a, b) => a.atMs - b.atMs))
  return bench
}

/** How many incidents hold the problems whose keys begin so and that began in these seconds. */
function counted(bench: Bench, name: string, from = 0): { problems: number; incidents: number } {
  const keys = [...bench.problems.values()].map(({ problem }) => problem).filter(({ problemKey, firstAtMs }) => problemKey.startsWith(name) && firstAtMs >= T0 + from * 1_000).map(({ problemKey }) => problemKey)
  return { problems: keys.length, incidents: new Set(keys.map((key) => bench.incidentOf(key)?.incidentId)).size }
}

// A storm that brings a beginning every 50 ms to fifty sites brings one every 2.5 s to each.
it.each([1, 2.5, 5, 10, 20])('keeps a storm of one cause together from its first to its ninth minute, with a beginning every %d s at a place of which nothing is known', (seconds) => {
  const at = every(seconds, 0, STORM_S)
  expect(counted(played(at.map(oneCheck)), 'storm')).toEqual({ problems: at.length, incidents: 1 })
  expect(counted(played(at.map(fewAssets)), 'checks')).toEqual({ problems: at.length, incidents: ASSETS })
})

it.each([1, 5, 20])('keeps a storm with a beginning every %d s one incident, and apart what looks alike and begins every two minutes, before the storm and in it', (seconds) => {
  const from = 6 * HOUR_S
  const bench = played([...every(120, 0, from + STORM_S).map(background), ...every(seconds, from + 7, STORM_S).map(oneCheck)])
  expect(counted(bench, 'storm')).toEqual({ problems: STORM_S / seconds, incidents: 1 })
  const late = counted(bench, 'usual', 2 * HOUR_S)
  expect(late.problems).toBeGreaterThan(120)
  expect(late.incidents).toBe(late.problems)
})

it('tells a storm and its background the same whatever the order of arrival within the lateness bound', () => {
  const events = [...every(45, 0, 90 * MINUTE_S).map(background), ...every(4, 80 * MINUTE_S, STORM_S).map(oneCheck), ...every(7, 3, 80 * MINUTE_S).map(fewAssets)].toSorted((a, b) => a.atMs - b.atMs)
  const late = events.map((event, i) => ({ event, arrivesMs: event.atMs + (i * 17_393) % 59_000 })).toSorted((a, b) => a.arrivesMs - b.arrivesMs)
  const bench = new Bench()
  bench.feed(...late.map(({ event }) => event))
  expect(bench.groups()).toEqual(played(events).groups())
})

it.each([5, 10, 30])('takes for background what begins every %d s for longer than an hour', (seconds) => {
  const bench = played(every(seconds, 0, 2 * HOUR_S).map(background))
  const late = counted(bench, 'usual', HOUR_S + 5 * MINUTE_S)
  expect(late.problems).toBeGreaterThan(100)
  expect(late.incidents).toBe(late.problems)
})
