/** Timelines: what is kept quiet, before, at and after each edge. T0 is 2023-11-14T22:13:20Z, a Tuesday. */
import { expect, it } from 'vitest'
import type { ProblemEvent, Settings } from '../../schemas/records.ts'
import type { RuleBook } from '../../schemas/rules.ts'
import { Bench, T0, command, problem } from '../test-records.ts'

const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString()

function settings(rules: RuleBook, revision = 1): Settings {
  return { type: 'settings', companyId: 'acme', revision, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: JSON.stringify(rules), rulesRevision: revision }
}

/** A bench with a rule book; time passes on partition 0 alone. */
class Quiet extends Bench {
  readonly #restarts: boolean
  #tick = 1

  constructor(rules: RuleBook, restarts = false) {
    super()
    this.#restarts = restarts
    this.feed(settings(rules))
  }

  override feed(...events: Parameters<Bench['feed']>): ReturnType<Bench['feed']> {
    const out = super.feed(...events)
    if (this.#restarts) this.restart()
    return out
  }

  /** Moves the log's time. */
  pass(seconds: number): this {
    this.feed({ type: 'progress', partition: 0, atMs: T0 + seconds * 1000, version: this.#tick += 1 })
    return this
  }

  quiet(key: string): string {
    const placed = this.problems.get(key)
    return placed?.suppression == null ? (placed?.incidentId === '' ? 'nowhere' : 'shown') : `${placed.suppression.kind}${placed.incidentId === '' ? '' : ' AND shown'}`
  }
}

const live = (bench: Bench): number => [...bench.incidents.values()].filter(({ mergedInto }) => mergedInto === null).length

const WINDOW: RuleBook = { maintenance: [{ id: 'patching', when: ['labels.site=leeds'], timeZone: 'UTC', reason: 'patch night', schedule: { kind: 'once', startsAt: at(100), endsAt: at(1000) } }] }
const leeds = { labels: { site: 'leeds' } }

it.each([
  ['just before it opens', 99.999, 'shown'],
  ['when it opens', 100, 'maintenance'],
  ['just before it closes', 999.999, 'maintenance'],
  ['when it closes', 1000, 'shown'],
])('keeps quiet what begins in a maintenance window: %s', (_, seconds, expected) => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', seconds, { ...leeds, firstAtMs: T0 + seconds * 1000 }))
  expect(bench.quiet('a')).toBe(expected)
  expect(live(bench)).toBe(expected === 'shown' ? 1 : 0)
})

it('tells why, by which rule and until when, and leaves alone what the window does not name', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', 200, leeds), problem('b', 201, { labels: { site: 'york' } }))
  expect(bench.problems.get('a')).toMatchObject({
    incidentId: '', suppression: { kind: 'maintenance', ruleId: 'patching', reason: 'maintenance patching: patch night', byProblemKey: null, sinceMs: T0 + 200_000, untilMs: T0 + 1_000_000 },
    evidence: { ruleId: 'patching', rulesRevision: 1 },
  })
  expect(bench.quiet('b')).toBe('shown')
})

it('releases what still fires when the window has closed, as if it began then, and says that it was held back', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', 200, { ...leeds, asset: 'web-1' }), problem('b', 900, { ...leeds, asset: 'web-1' }), problem('a', 300, { ...leeds, asset: 'web-1', change: 'repeated', count: 8, firstAtMs: T0 + 200_000 }))
  expect(bench.problems.get('a')!.problem.count).toBe(8)
  bench.pass(1000)
  expect([bench.quiet('a'), bench.quiet('b')]).toEqual(['maintenance', 'maintenance'])
  bench.pass(1000.001)
  expect(bench.groups()).toEqual(['a b'])
  const incident = bench.incidentOf('a')!
  expect(incident).toMatchObject({ openedAtMs: T0 + 1_000_000, status: 'open', problemCount: 2, alertCount: 9, cause: 'time' })
  expect(bench.problems.get('a')).toMatchObject({ suppression: null, problem: { firstAtMs: T0 + 200_000 } })
  expect(bench.problems.get('a')!.evidence.features).toContainEqual({ name: 'kept_quiet_by_maintenance', value: 1, weight: 0, detail: `began ${at(200)} and was kept quiet from ${at(200)} to ${at(1000)}: maintenance patching: patch night` })
})

it('never opens an incident for what clears while it is quiet; it is counted, told and forgotten two hours later', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', 200, leeds), problem('a', 210, { ...leeds, change: 'repeated', count: 2, firstAtMs: T0 + 200_000 }), problem('a', 400, { ...leeds, change: 'resolved', count: 2, firstAtMs: T0 + 200_000 }))
  bench.pass(1001)
  expect(bench.problems.get('a')).toMatchObject({ incidentId: '', suppression: { kind: 'maintenance' }, problem: { status: 'resolved', count: 2 } })
  expect(bench.incidents.size).toBe(0)
  bench.pass(400 + 7200)
  expect(bench.state.get('acme|p|a')).toBeDefined()
  bench.pass(400 + 7200.001)
  expect(bench.state.get('acme|p|a')).toBeUndefined()
})

it('judges a new episode anew', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', 200, leeds), problem('a', 300, { ...leeds, change: 'resolved', firstAtMs: T0 + 200_000 }), problem('a', 990, { ...leeds, change: 'reopened', episode: 2 }))
  expect(bench.problems.get('a')!.suppression).toMatchObject({ sinceMs: T0 + 990_000 })
  bench.feed(problem('a', 995, { ...leeds, change: 'resolved', episode: 2 }), problem('a', 1005, { ...leeds, change: 'reopened', episode: 3 }))
  expect(bench.quiet('a')).toBe('shown')
  expect(bench.incidentOf('a')).toMatchObject({ openedAtMs: T0 + 1_005_000 })
})

it('does not tear an incident apart that stood before the window, nor lets what fires again in it reopen one', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(problem('a', 50, leeds))
  bench.pass(200)
  expect(bench.quiet('a')).toBe('shown')
  bench.feed(problem('a', 210, { ...leeds, change: 'resolved', firstAtMs: T0 + 50_000 }), problem('a', 300, { ...leeds, change: 'reopened', episode: 2 }))
  expect(bench.quiet('a')).toBe('maintenance')
  const [incident] = bench.incidents.values()
  expect(incident).toMatchObject({ status: 'resolved', reopenCount: 0, problemCount: 1, alertCount: 1 })
})

it('keeps what is behind several suppressions quiet until the last of them ends', () => {
  const bench = new Quiet({ ...WINDOW, silences: [{ id: 's', when: ['asset=asset-a'], startsAt: at(0), endsAt: at(2000), reason: 'known', by: 'Ada' }], holds: [{ id: 'h', when: [], minutes: 40 }] })
  bench.feed(problem('a', 200, leeds))
  expect(bench.quiet('a')).toBe('maintenance')
  bench.pass(1001)
  expect(bench.problems.get('a')!.suppression).toMatchObject({ kind: 'silence', ruleId: 's', sinceMs: T0 + 1_000_000, untilMs: T0 + 2_000_000, reason: 'silenced by Ada: known' })
  bench.pass(2001)
  expect(bench.problems.get('a')!.suppression).toMatchObject({ kind: 'hold', untilMs: T0 + 2_600_000 })
  bench.pass(2601)
  expect(bench.incidentOf('a')).toMatchObject({ openedAtMs: T0 + 2_000_000 })
})

it('ends a silence when the rule book no longer has it, and keeps quiet what the new one names', () => {
  const silence = { id: 's', when: ['source=zabbix'], startsAt: at(0), endsAt: at(5000), reason: 'known', by: 'Ada' }
  const bench = new Quiet({ silences: [silence] })
  bench.feed(problem('a', 10), problem('b', 20))
  bench.pass(30)
  bench.feed(settings({ silences: [{ ...silence, when: ['asset=asset-b'] }] }, 2))
  expect([bench.quiet('a'), bench.quiet('b')]).toEqual(['shown', 'silence'])
  expect(bench.incidentOf('a')).toMatchObject({ openedAtMs: T0 + 30_000 })
  bench.feed(settings({}, 3))
  expect(bench.quiet('b')).toBe('shown')
})

it('lets a silence end earlier when it is made to expire', () => {
  const silence = { id: 's', when: [], startsAt: at(0), endsAt: at(5000), reason: 'known', by: 'Ada' }
  const bench = new Quiet({ silences: [silence] })
  bench.feed(problem('a', 10))
  bench.pass(30)
  bench.feed(settings({ silences: [{ ...silence, endsAt: at(40) }] }, 2))
  expect(bench.problems.get('a')!.suppression).toMatchObject({ untilMs: T0 + 40_000 })
  bench.pass(41)
  expect(bench.quiet('a')).toBe('shown')
})

it('releases at once what changes so that the silence no longer means it', () => {
  const bench = new Quiet({ silences: [{ id: 's', when: ['severity!=critical'], startsAt: at(0), endsAt: at(5000), reason: 'noise', by: 'Ada' }] })
  bench.feed(problem('a', 10), problem('a', 60, { change: 'changed', severity: 'critical', count: 2, firstAtMs: T0 + 10_000 }))
  expect(bench.quiet('a')).toBe('shown')
  expect(bench.incidentOf('a')).toMatchObject({ severity: 'critical', openedAtMs: T0 + 60_000, alertCount: 2 })
})

const HOLD: RuleBook = { holds: [{ id: 'cpu', name: 'short peaks', when: ['signature=cpu'], minutes: 5 }] }
const cpu = { signature: 'cpu', asset: 'web-1' }

it.each([
  ['just before', 299.999, 'hold'], ['at the last moment', 300, 'hold'],
])('wakes nobody for what clears by itself within the hold: %s', (_, seconds, expected) => {
  const bench = new Quiet(HOLD)
  bench.feed(problem('a', 0, cpu))
  expect(bench.problems.get('a')!.suppression).toMatchObject({ kind: 'hold', untilMs: T0 + 300_000, reason: 'may clear by itself within 5 min, rule short peaks' })
  bench.feed(problem('a', seconds, { ...cpu, change: 'resolved', firstAtMs: T0 }))
  bench.pass(400)
  expect(bench.quiet('a')).toBe(expected)
  expect(bench.incidents.size).toBe(0)
  expect(bench.problems.get('a')!.problem).toMatchObject({ status: 'resolved', count: 1 })
})

it('tells what outlives the hold, and groups it by its true onset', () => {
  const bench = new Quiet(HOLD)
  bench.feed(problem('a', 0, cpu), problem('b', 20, { asset: 'web-1' }))
  expect([bench.quiet('a'), bench.quiet('b')]).toEqual(['hold', 'shown'])
  bench.pass(300.001)
  expect(bench.groups()).toEqual(['a b'])
  expect(bench.incidentOf('a')).toMatchObject({ openedAtMs: T0 })
})

it('opens the same incident again when what had resolved outlives its hold, and does not for each short peak', () => {
  const bench = new Quiet(HOLD)
  bench.feed(problem('a', 0, cpu))
  bench.pass(301)
  const { incidentId } = bench.incidentOf('a')!
  bench.feed(problem('a', 310, { ...cpu, change: 'resolved', firstAtMs: T0 }))
  for (const [episode, seconds] of [[2, 350], [3, 400], [4, 450]] as const) {
    bench.feed(problem('a', seconds, { ...cpu, change: 'reopened', episode }), problem('a', seconds + 10, { ...cpu, change: 'resolved', episode, firstAtMs: T0 + seconds * 1000 }))
  }
  expect(bench.incidents.get(incidentId)).toMatchObject({ status: 'resolved', reopenCount: 0 })
  bench.feed(problem('a', 500, { ...cpu, change: 'reopened', episode: 5 }))
  bench.pass(801)
  expect(bench.incidentOf('a')).toMatchObject({ incidentId, status: 'open', reopenCount: 1, problemCount: 1, alertCount: 2 })
  expect(bench.problems.get('a')!.evidence.rule).toBe('same_problem')
})

const INHIBIT: RuleBook = { inhibitions: [{ id: 'db', source: ['signature=db-down'], target: ['labels.tier=app'], equal: ['labels.env'] }] }
const db = (env: string) => ({ signature: 'db-down', asset: `db-${env}`, labels: { env } })
const app = (env: string, name: string) => ({ signature: 'errors', asset: name, labels: { env, tier: 'app' } })

it('keeps targets of an inhibition quiet while a source with equal fields fires, and a minute longer', () => {
  const bench = new Quiet(INHIBIT)
  bench.feed(problem('db', 0, db('prod')), problem('shop', 100, app('prod', 'shop')), problem('other', 101, app('test', 'other')))
  expect([bench.quiet('db'), bench.quiet('shop'), bench.quiet('other')]).toEqual(['shown', 'inhibition', 'shown'])
  expect(bench.problems.get('shop')!.suppression).toMatchObject({ ruleId: 'db', byProblemKey: 'db', untilMs: null, reason: 'explained by "title-db" on db-prod, rule db' })
  bench.feed(problem('db', 200, { ...db('prod'), change: 'resolved', firstAtMs: T0 }))
  expect(bench.problems.get('shop')!.suppression).toMatchObject({ untilMs: T0 + 260_000 })
  bench.pass(260)
  expect(bench.quiet('shop')).toBe('inhibition')
  bench.pass(260.001)
  expect(bench.quiet('shop')).toBe('shown')
  expect(bench.problems.get('shop')!.evidence.features.some(({ name }) => name === 'kept_quiet_by_inhibition')).toBe(true)
})

it('stays quiet when the source fires again within that minute', () => {
  const bench = new Quiet(INHIBIT)
  bench.feed(problem('db', 0, db('prod')), problem('shop', 100, app('prod', 'shop')), problem('db', 200, { ...db('prod'), change: 'resolved', firstAtMs: T0 }), problem('db', 230, { ...db('prod'), change: 'reopened', episode: 2 }))
  bench.pass(300)
  expect(bench.problems.get('shop')!.suppression).toMatchObject({ kind: 'inhibition', byProblemKey: 'db', untilMs: null })
})

it.each([
  ['before', -1, 'shown'], ['in the same moment', 0, 'inhibition'], ['a minute earlier at most', -60, 'inhibition'], ['more than a minute earlier', -60.001, 'shown'],
])('places a target that began %s at the bound', (name, seconds, expected) => {
  const bench = new Quiet(INHIBIT)
  const target = problem('shop', 100 + (name === 'before' ? -61 : seconds), app('prod', 'shop'))
  bench.feed(target, problem('db', 100, db('prod')))
  expect(bench.quiet('shop')).toBe(expected)
})

it('does not let two problems of both sides hide each other: the first stays', () => {
  const both: RuleBook = { inhibitions: [{ id: 'r', source: ['labels.tier=app'], target: ['labels.tier=app'], equal: [] }] }
  for (const [first, second] of [['a', 'b'], ['b', 'a']] as const) {
    const bench = new Quiet(both)
    const of = (key: string): ProblemEvent => problem(key, key === 'a' ? 0 : 5, { labels: { tier: 'app' }, partition: key === 'a' ? 0 : 1 })
    bench.feed(of(first), of(second))
    expect([bench.quiet('a'), bench.quiet('b')]).toEqual(['shown', 'inhibition'])
  }
})

const SITE = [{ from: 'switch', to: 'router', kind: 'uplink' }, { from: 'pc-1', to: 'switch', kind: 'port' }, { from: 'pc-2', to: 'switch', kind: 'port' }, { from: 'backup', to: 'pc-1', kind: 'runs_on' }]
const down = (asset: string) => ({ asset, signature: 'HostDown', title: `${asset} is down` })
const topology = (edges: { from: string; to: string; kind: string }[], revision = 1) => ({ type: 'topology' as const, companyId: 'acme', revision, edges })

function site(edges = SITE, restarts = false): Quiet {
  const bench = new Quiet({}, restarts)
  bench.feed(topology(edges))
  return bench
}

it('hides the site behind its router: everything on what hangs on it, step by step, also where a step in between says nothing', () => {
  const bench = site()
  bench.feed(problem('router', 0, down('router')), problem('pc', 30, down('pc-1')), problem('job', 90, { asset: 'backup', title: 'backup failed' }), problem('else', 95, { asset: 'elsewhere' }))
  expect(['router', 'pc', 'job', 'else'].map((key) => bench.quiet(key))).toEqual(['shown', 'dependency', 'dependency', 'shown'])
  expect(bench.problems.get('pc')!.suppression).toMatchObject({ kind: 'dependency', ruleId: null, byProblemKey: 'router', untilMs: null, reason: 'behind router, which cannot be reached: "router is down" on router' })
  expect(bench.problems.get('job')!.suppression).toMatchObject({ byProblemKey: 'pc' })
  expect(bench.incidentOf('router')).toMatchObject({ problemCount: 1, alertCount: 1, assetCount: 1 })
})

it('releases what is behind when its parent has been back for a minute, and hides it no longer', () => {
  const bench = site()
  bench.feed(problem('router', 0, down('router')), problem('pc', 30, down('pc-1')), problem('router', 400, { ...down('router'), change: 'resolved', firstAtMs: T0 }))
  bench.feed(problem('late', 401, down('pc-2')))
  expect(bench.quiet('late')).toBe('shown')
  bench.pass(460.001)
  expect(bench.quiet('pc')).toBe('shown')
  expect(bench.problems.get('pc')!.evidence.features.at(-1)).toMatchObject({ name: 'kept_quiet_by_dependency' })
})

it('hides behind parents that labels name', () => {
  const bench = new Quiet({})
  bench.feed(problem('router', 0, down('Router-9')), problem('pc', 5, { asset: 'pc', labels: { parent: 'router-9' } }), problem('pc2', 6, { asset: 'pc2', labels: { parents: 'router-8, router-9' } }))
  expect([bench.quiet('pc'), bench.quiet('pc2')]).toEqual(['dependency', 'shown'])
  bench.feed(problem('router8', 7, down('router-8')))
  expect(bench.quiet('pc2')).toBe('dependency')
})

it.each([
  ['its own parent is fine', [{ from: 'pc-1', to: 'switch', kind: 'x' }, { from: 'switch', to: 'core', kind: 'x' }, { from: 'switch', to: 'router', kind: 'x' }]],
  ['one of its parents is fine', [{ from: 'pc-1', to: 'router', kind: 'x' }, { from: 'pc-1', to: 'second', kind: 'x' }]],
  ['it only calls what is down', [{ from: 'pc-1', to: 'router', kind: 'calls' }]],
  ['it only stands beside it', [{ from: 'pc-1', to: 'router', kind: 'linked' }]],
  ['it depends on nothing', [{ from: 'router', to: 'pc-1', kind: 'x' }]],
])('does not hide a problem when %s', (_, edges) => {
  const bench = site(edges)
  bench.feed(problem('router', 0, down('router')), problem('pc', 30, down('pc-1')))
  expect(bench.quiet('pc')).toBe('shown')
})

it('hides behind a parent that can be reached nothing, however bad it is', () => {
  const bench = site()
  bench.feed(problem('router', 0, { asset: 'router', title: 'cpu at 100 %', severity: 'critical' }), problem('pc', 30, down('pc-1')))
  expect(bench.quiet('pc')).toBe('shown')
})

it('leaves the oldest of a circle in sight, whichever is told first, and releases the others when it ends', () => {
  const ring = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
  const edges = ring.map((from, i) => ({ from, to: ring[(i + 1) % ring.length]!, kind: 'mistake' }))
  for (const order of [ring, ring.toReversed()]) {
    const bench = site(edges)
    for (const asset of order) bench.feed(problem(asset, ring.indexOf(asset), { ...down(asset), partition: ring.indexOf(asset) }))
    expect(bench.quiet('a'), order.join('')).toBe('shown')
    expect(ring.filter((key) => bench.quiet(key) === 'shown').length).toBeLessThan(ring.length)
  }
})

it('leaves one of a circle of labels in sight', () => {
  const bench = new Quiet({})
  bench.feed(problem('a', 0, { ...down('a'), labels: { parent: 'b' } }), problem('b', 1, { ...down('b'), labels: { parent: 'c' } }), problem('c', 2, { ...down('c'), labels: { parent: 'a' } }))
  expect(['a', 'b', 'c'].filter((key) => bench.quiet(key) === 'shown').length).toBeGreaterThan(0)
})

it('can be switched off, and then releases what it hid', () => {
  const bench = site()
  bench.feed(problem('router', 0, down('router')), problem('pc', 30, { ...down('pc-1'), partition: 0 }))
  bench.pass(40)
  bench.feed(settings({ switches: { dependencySuppression: false } }, 2))
  expect(bench.quiet('pc')).toBe('shown')
  bench.feed(problem('pc2', 50, down('pc-2')))
  expect(bench.quiet('pc2')).toBe('shown')
})

it('judges anew when the topology changes', () => {
  const bench = site()
  bench.feed(problem('router', 0, down('router')), problem('pc', 30, down('pc-1')))
  bench.feed(topology([{ from: 'pc-1', to: 'another', kind: 'port' }], 2))
  expect(bench.quiet('pc')).toBe('shown')
})

it('comes to the same whether the parent or the children are told first, within the bound', () => {
  const events = [
    problem('pc1', 0, { ...down('pc-1'), partition: 1, severity: 'critical' }), problem('pc2', 10, { ...down('pc-2'), partition: 2 }),
    problem('job', 20, { asset: 'backup', title: 'backup failed', partition: 3 }), problem('switch', 30, { ...down('switch'), partition: 4, severity: 'medium' }), problem('router', 40, { ...down('router'), partition: 5, severity: 'medium' }),
  ]
  const results = [events, events.toReversed(), [events[2]!, events[4]!, events[0]!, events[3]!, events[1]!]].map((order) => {
    const bench = site()
    bench.feed(...order)
    bench.pass(200)
    return { groups: bench.groups(), live: live(bench), severity: bench.incidentOf('router')!.severity, quiet: ['pc1', 'pc2', 'job', 'switch', 'router'].map((key) => bench.quiet(key)) }
  })
  expect(results[0]).toEqual({ groups: ['job pc1 pc2 switch', 'router'], live: 1, severity: 'medium', quiet: ['dependency', 'dependency', 'dependency', 'dependency', 'shown'] })
  expect(results[1]).toEqual(results[0])
  expect(results[2]).toEqual(results[0])
})

it('closes what a consequence had opened when its cause is kept quiet itself', () => {
  const bench = new Quiet({ maintenance: [{ id: 'm', when: ['asset=router'], timeZone: 'UTC', reason: 'new router', schedule: { kind: 'once', startsAt: at(0), endsAt: at(900) } }] })
  bench.feed(topology(SITE))
  bench.feed(problem('pc', 10, down('pc-1')))
  const { incidentId } = bench.incidentOf('pc')!
  bench.feed(problem('router', 20, down('router')))
  expect([bench.quiet('router'), bench.quiet('pc')]).toEqual(['maintenance', 'dependency'])
  expect(bench.incidents.get(incidentId)).toMatchObject({ status: 'resolved', problemCount: 0, resolution: expect.stringContaining('nothing is left in it') })
})

it('lets what fits a hidden consequence join the incident of its cause, in either order', () => {
  const consequence = problem('pc', 0, { ...down('pc-1'), partition: 1, labels: { site: 'leeds' } })
  const cause = problem('router', 20, { ...down('router'), partition: 2 })
  const other = problem('cpu', 30, { asset: 'pc-1-console', signature: 'HostDown', title: 'pc-1 is down', labels: { site: 'leeds' }, partition: 3 })
  for (const order of [[consequence, other, cause], [cause, consequence, other], [other, cause, consequence]]) {
    const bench = site()
    bench.feed(...order)
    expect(bench.groups(), order.map(({ problemKey }) => problemKey).join()).toEqual(['cpu router', 'pc'])
  }
})

it('does not move what a person has resolved, nor what was there in an earlier episode', () => {
  const bench = site()
  bench.feed(problem('pc', 0, down('pc-1')))
  const { incidentId } = bench.incidentOf('pc')!
  bench.feed(command('c', incidentId, 'resolve', { text: 'gone' }))
  bench.feed(problem('router', 20, down('router')))
  expect(bench.quiet('pc')).toBe('shown')
})

it('keeps a storm of ten thousand behind one router out of sight, and is bounded in what it keeps', () => {
  const hosts = Array.from({ length: 10_000 }, (_, i) => `host-${i}`)
  const bench = site(hosts.map((from) => ({ from, to: 'router', kind: 'uplink' })))
  bench.feed(problem('router', 0, down('router')))
  bench.feed(...hosts.map((asset, i) => problem(asset, 1 + i / 100, { ...down(asset), firstAtMs: T0 + 1_000 + i * 10, atMs: T0 + 1_000 + i * 10, lastAtMs: T0 + 1_000 + i * 10 })))
  expect(live(bench)).toBe(1)
  expect(bench.incidentOf('router')).toMatchObject({ problemCount: 1, alertCount: 1 })
  expect([...bench.problems.values()].filter(({ suppression }) => suppression?.kind === 'dependency')).toHaveLength(10_000)
  bench.feed(problem('router', 300, { ...down('router'), change: 'resolved', firstAtMs: T0 }))
  bench.feed(...hosts.map((asset) => problem(asset, 310, { ...down(asset), change: 'resolved' })))
  bench.pass(400)
  expect(bench.incidents.size).toBe(1)
  bench.pass(310 + 7200.001).pass(300 + 86_400).pass(300 + 3 * 86_400)
  expect([...bench.state.entries()].filter(([key]) => /[|][pi][|]/.test(key))).toEqual([])
})

it('releases ten thousand at once when their window closes', () => {
  const bench = new Quiet(WINDOW)
  bench.feed(...Array.from({ length: 10_000 }, (_, i) => problem(`p${i}`, 200, { ...leeds, asset: `host-${i}`, signature: 'agent', title: 'agent silent' })))
  expect(bench.incidents.size).toBe(0)
  bench.pass(1001)
  expect(live(bench)).toBe(1)
  expect(bench.incidentOf('p0')).toMatchObject({ problemCount: 10_000, openedAtMs: T0 + 1_000_000 })
})

it('forgets what is quiet and of which nothing was heard for two weeks', () => {
  const bench = new Quiet({ silences: [{ id: 's', when: [], startsAt: at(0), endsAt: at(300 * 86_400), reason: 'off', by: 'Ada' }] })
  bench.feed(problem('a', 10))
  bench.pass(14 * 86_400 + 11)
  expect(bench.state.get('acme|p|a')).toBeUndefined()
  expect(bench.incidents.size).toBe(0)
})

it('goes on from the stored entries alone in the middle of everything', () => {
  const story = (restarts: boolean): Quiet => {
    const bench = new Quiet({ ...WINDOW, ...HOLD, ...INHIBIT }, restarts)
    bench.feed(topology(SITE))
    bench.feed(problem('pc', 0, { ...down('pc-1'), partition: 1 }))
    bench.feed(problem('router', 10, down('router')))
    bench.feed(problem('cpu', 20, cpu), problem('db', 25, db('prod')))
    bench.feed(problem('shop', 30, app('prod', 'shop')), problem('w', 150, leeds))
    bench.feed(problem('router', 200, { ...down('router'), change: 'resolved', firstAtMs: T0 + 10_000 }))
    bench.feed({ type: 'progress', partition: 1, atMs: T0 + 250_000, version: 99 })
    bench.pass(250).pass(262)
    bench.feed({ type: 'progress', partition: 1, atMs: T0 + 9_000_000, version: 100 })
    bench.pass(320.5).pass(1001)
    bench.feed(problem('db', 1100, { ...db('prod'), change: 'resolved', firstAtMs: T0 + 25_000 }))
    return bench.pass(1161)
  }
  const [straight, interrupted] = [story(false), story(true)]
  expect(Object.fromEntries(interrupted.problems)).toEqual(Object.fromEntries(straight.problems))
  expect(Object.fromEntries(interrupted.incidents)).toEqual(Object.fromEntries(straight.incidents))
  expect(['pc', 'router', 'cpu', 'db', 'shop', 'w'].map((key) => straight.quiet(key))).toEqual(['shown', 'shown', 'shown', 'shown', 'shown', 'shown'])
})
