import { expect, it } from 'vitest'
import type { Command, CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'
import { Bench, T0, command, problem } from '../test-records.ts'
import { likeness, SKETCH_SIZE, Sketch } from './fingerprint.ts'
import { History, HISTORY_MAX, OCCURRENCES_MAX } from './history.ts'

const [HOUR, DAY] = [3_600, 86_400]

/** A command the log took so many seconds after time zero. */
const at = (seconds: number, asked: Command): Command => Object.assign(asked, { atMs: T0 + seconds * 1_000 })

/** The troubles `names` of one asset, which make one incident; `visit` makes their ids new each time. */
const names = (visit: string, name: string): Partial<ProblemEvent> & { alertId: string } => ({ asset: 'db-1', signature: name, title: name, alertId: `${visit}-${name}` })
function come(bench: Bench, visit: string, from: number, checks: readonly string[]): string {
  bench.feed(...checks.map((name, i) => problem(`${visit}-${name}`, from + i, names(visit, name))))
  return bench.incidentOf(`${visit}-${checks[0] ?? ''}`)!.incidentId
}
function go(bench: Bench, visit: string, from: number, lasted: number, checks: readonly string[]): void {
  bench.feed(...checks.map((name, i) => problem(`${visit}-${name}`, from + lasted, { ...names(visit, name), change: 'resolved', firstAtMs: T0 + (from + i) * 1_000 })))
}
const CHECKS = ['replication', 'disk', 'latency']
const finding = (bench: Bench, visit: string) => bench.incidentOf(`${visit}-replication`)!.findings.find(({ kind }) => kind === 'recurrence')

it('says of an incident that it was here before, when, and what fixed it, in the words of who did', () => {
  const bench = new Bench()
  const [a, b] = [come(bench, 'a', 0, CHECKS), (go(bench, 'a', 0, 600, CHECKS), come(bench, 'b', 2 * DAY, CHECKS))]
  expect(finding(bench, 'b')).toMatchObject({ confidence: 0.5, figures: { timesBefore: 1, likeness: 1, lastedMs: 600_000 }, reason: expect.stringContaining(`Seen once before in 28 days, the same problems; last ended 2023-11-14 22:23 UTC after 10 min; each time it cleared by itself. Earlier: ${a}.`) })
  bench.feed(at(2 * DAY + 800, command('c', b, 'resolve', { text: 'restarted the replica' })))
  go(bench, 'b', 2 * DAY, 900, CHECKS)
  come(bench, 'c', 5 * DAY, CHECKS)
  const found = finding(bench, 'c')!
  expect(found).toMatchObject({ confidence: 0.67, figures: { timesBefore: 2, likeness: 1 } })
  expect(found.reason).toContain('Seen 2 times before')
  expect(found.reason).toContain(`fixed by Ada: "restarted the replica". Earlier: ${b}, ${a}.`)
  expect(found.problemKeys).toEqual(expect.arrayContaining(['c-replication', 'c-disk', 'c-latency']))
})

it('knows it from most of its problems, not from few, and says so as it grows', () => {
  const bench = new Bench()
  come(bench, 'a', 0, CHECKS)
  go(bench, 'a', 0, 600, CHECKS)
  come(bench, 'b', DAY, ['replication'])
  expect(finding(bench, 'b')).toBeUndefined()
  bench.feed(problem('b-disk', DAY + 10, names('b', 'disk')))
  expect(finding(bench, 'b')).toMatchObject({ figures: { likeness: 0.67 }, reason: expect.stringContaining('67% of the problems in common') })
  bench.feed(...['x', 'y', 'z', 'u', 'v'].map((name) => problem(`b-${name}`, DAY + 20, names('b', name))))
  expect(finding(bench, 'b')).toBeUndefined()
})

it('does not count itself when it reopens, and takes back what did not hold', () => {
  const bench = new Bench()
  const a = come(bench, 'a', 0, CHECKS)
  bench.feed(command('c1', a, 'resolve', { text: 'turned it off and on' }))
  const history = () => [...bench.state.entries()].flatMap(([, { event }]) => (event.type === 'history' ? [event] : []))
  expect(history()).toMatchObject([{ occurrences: [{ incidentId: a }], fix: { by: 'Ada', text: 'turned it off and on' } }])
  bench.feed(command('c2', a, 'reopen'))
  expect(history()).toEqual([])
  expect(finding(bench, 'a')).toBeUndefined()
})

it('takes the words of a later close for those of the resolve, and no silence for words', () => {
  const bench = new Bench()
  const [first] = [come(bench, 'a', 0, CHECKS)]
  bench.feed(command('c1', first, 'resolve', { text: 'cleaned up' }), command('c2', first, 'close', { text: 'cleaned up and added a disk' }))
  const second = come(bench, 'b', DAY, CHECKS)
  expect(finding(bench, 'b')!.reason).toContain('fixed by Ada: "cleaned up and added a disk"')
  bench.feed(command('c3', second, 'resolve'))
  come(bench, 'c', 2 * DAY, CHECKS)
  expect(finding(bench, 'c')!.reason).toContain('fixed by Ada: "cleaned up and added a disk"')
})

it('names who closed it where they said nothing', () => {
  const bench = new Bench()
  bench.feed(command('c1', come(bench, 'a', 0, CHECKS), 'close'))
  come(bench, 'b', DAY, CHECKS)
  expect(finding(bench, 'b')!.reason).toContain('; closed by Ada.')
})

it('holds whatever ids the tool gives the problems, and finds the incident also after it was merged into another', () => {
  const bench = new Bench()
  const [a, other] = [come(bench, 'a', 0, CHECKS), come(bench, 'o', 1_200, ['replication'])]
  expect(a).not.toBe(other)
  bench.feed(command('m', a, 'merge', { intoIncidentId: other }))
  go(bench, 'a', 0, 1_800, CHECKS)
  go(bench, 'o', 1_200, 700, ['replication'])
  come(bench, 'b', DAY, CHECKS)
  expect(finding(bench, 'b')!.figures).toMatchObject({ timesBefore: 1, likeness: 1 })
})

it('forgets after four weeks', () => {
  const bench = new Bench()
  come(bench, 'a', 0, CHECKS)
  go(bench, 'a', 0, 600, CHECKS)
  bench.feed({ type: 'progress', partition: 0, atMs: T0 + 28.5 * DAY * 1_000, version: 1 })
  come(bench, 'b', 29 * DAY, CHECKS)
  expect(finding(bench, 'b')).toBeUndefined()
})

it('tells the same when it is restarted between any two records', () => {
  const [whole, cut] = [new Bench(), new Bench()]
  for (const bench of [whole, cut]) {
    const feed = (...events: CorrelationRecord['event'][]): void => {
      for (const event of events) {
        bench.feed(event)
        if (bench === cut) bench.restart()
      }
    }
    for (let visit = 0; visit < 20; visit += 1) {
      const id = `v${visit}`
      const checks = CHECKS.slice(0, 1 + (visit % 3))
      feed(...checks.map((name, i) => problem(`${id}-${name}`, visit * DAY + i, names(id, name))))
      if (visit % 4 === 1) feed(at(visit * DAY + 300, command(`c${visit}`, bench.incidentOf(`${id}-replication`)!.incidentId, 'resolve', { text: `fix ${visit}` })))
      feed(...checks.map((name, i) => problem(`${id}-${name}`, visit * DAY + 600, { ...names(id, name), change: 'resolved', firstAtMs: T0 + (visit * DAY + i) * 1_000 })))
      feed({ type: 'progress', partition: 0, atMs: T0 + (visit * DAY + 8 * HOUR) * 1_000, version: visit })
    }
  }
  expect(finding(whole, 'v19')).toBeDefined()
  expect(Object.fromEntries(cut.incidents)).toEqual(Object.fromEntries(whole.incidents))
  expect(Object.fromEntries(cut.stored())).toEqual(Object.fromEntries(whole.stored()))
})

it('is silent where the rule book switches it off', () => {
  const bench = new Bench()
  bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: '{"switches":{"recurrence":false}}', rulesRevision: 1 })
  come(bench, 'a', 0, CHECKS)
  go(bench, 'a', 0, 600, CHECKS)
  come(bench, 'b', DAY, CHECKS)
  expect(finding(bench, 'b')).toBeUndefined()
})

it('keeps a bounded number of incidents, however many end', () => {
  const bench = new Bench()
  for (let visit = 0; visit < 40; visit += 1) {
    come(bench, `v${visit}`, visit * 5_000, CHECKS)
    go(bench, `v${visit}`, visit * 5_000, 600, CHECKS)
  }
  for (let i = 0; i < 3_000; i += 1) {
    const alone = { asset: `asset ${i}`, signature: `s ${i}`, title: `t${i}` }
    bench.feed(problem(`n${i}`, 3 * DAY + i * 20, alone), problem(`n${i}`, 3 * DAY + i * 20 + 10, { ...alone, change: 'resolved' }))
  }
  const history = [...bench.state.entries()].flatMap(([, { event }]) => (event.type === 'history' ? [event] : []))
  expect(history).toHaveLength(HISTORY_MAX + 1)
  expect(Math.max(...history.map(({ occurrences }) => occurrences.length))).toBe(OCCURRENCES_MAX)
  come(bench, 'last', 10 * DAY, CHECKS)
  expect(finding(bench, 'last')!.reason).toContain('Seen at least 16 times before')
})

it('estimates how alike large sets are from sixteen hashes of each', () => {
  const sketchOf = (from: number, to: number): Sketch => {
    const sketch = new Sketch()
    for (let i = from; i < to; i += 1) sketch.add(Math.imul(i + 1, 0x9e3779b1) >>> 0)
    return sketch
  }
  const all = sketchOf(0, 5_000)
  expect(all.hashes).toHaveLength(SKETCH_SIZE)
  expect(all.hashes).toEqual([...all.hashes].sort((a, b) => a - b))
  expect(likeness(all.hashes, sketchOf(0, 5_000).hashes)).toBe(1)
  expect(likeness(all.hashes, sketchOf(5_000, 10_000).hashes)).toBe(0)
  expect(likeness(all.hashes, sketchOf(0, 4_000).hashes)).toBeGreaterThan(0.5)
  expect(likeness([], [])).toBe(0)
  expect(likeness([1, 2, 3], [2, 3, 4])).toBe(0.5)
})

it('keeps no more under a hundred thousand ended incidents, and is asked as quickly', () => {
  const history = new History('acme')
  const put = (i: number, sketch: readonly number[]) => history.putDown({ incidentId: `inc_${i}`, sketch, size: sketch.length, openedAtMs: T0 + i * 1_000, endedAtMs: T0 + i * 1_000 + 500 }, i + 1)
  // All of them share one problem, which must not make a list that grows.
  for (let i = 0; i < 100_000; i += 1) put(i, [7, 1_000 + i * 3, 1_001 + i * 3, 1_002 + i * 3])
  expect(history.size).toBe(HISTORY_MAX)
  expect(history.find([7], 0.2)!.node.id).toBe('inc_99999')
  expect(history.holding('inc_99000')).toBeDefined()
  expect(history.holding('inc_98999')).toBeUndefined()
})
