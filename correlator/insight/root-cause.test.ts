/** Timelines: who is blamed, how the trouble spread, and what neither order nor storms may change. */
import { expect, it } from 'vitest'
import type { ProblemEvent, TopologyEdge } from '../../schemas/records.ts'
import { Bench, command, problem, T0 } from '../test-records.ts'
import { judgeStats } from './judgement.ts'

const SHOP: TopologyEdge[] = [{ from: 'web', to: 'shop', kind: 'calls' }, { from: 'shop', to: 'db', kind: 'calls' }]
const graph = (edges: TopologyEdge[]) => ({ type: 'topology' as const, companyId: 'acme', revision: 1, edges })
/** Otherwise what hangs on a switch is kept quiet while it is down. */
const TOLD = { type: 'settings' as const, companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: '{"switches":{"dependencySuppression":false}}', rulesRevision: 1 }
const at = (seconds: number, asset: string, signature: string, more: Partial<ProblemEvent> = {}): ProblemEvent =>
  problem(`${asset} ${signature}`, seconds, { asset, signature, title: signature, labels: { env: 'prod' }, ...more })
const DOWN = [at(0, 'db', 'Database errors', { severity: 'critical' }), at(20, 'shop', 'Response time high'), at(45, 'web', 'HTTP errors')] as const

function only(bench: Bench) {
  const alive = [...bench.incidents.values()].filter(({ mergedInto }) => mergedInto === null)
  expect(alive).toHaveLength(1)
  return alive[0]!
}

it('follows a cascade seen in order: the database is at fault, and the chain leads from it to the web page', () => {
  const bench = new Bench()
  bench.feed(graph(SHOP), ...DOWN)
  const { rootCause, findings } = only(bench)
  expect(rootCause).toMatchObject({ asset: 'db', reason: expect.stringMatching(/1 of 3 problems of 3 assets.*it began first, 20 s before.*shop relies on it; next in line is/) })
  expect(rootCause?.chain).toEqual([
    { asset: 'db', problemKey: 'db Database errors', atMs: T0, because: 'most likely at fault' },
    { asset: 'shop', problemKey: 'shop Response time high', atMs: T0 + 20_000, because: 'shop depends on db, and began 20 s later' },
    { asset: 'web', problemKey: 'web HTTP errors', atMs: T0 + 45_000, because: 'web depends on shop, and began 25 s later' },
  ])
  expect(findings).toEqual([{
    kind: 'cascade', confidence: 0.75, sinceMs: T0, problemKeys: DOWN.map(({ problemKey }) => problemKey), figures: { assets: 3, assetsWeighed: 3, assetsOnChain: 3, orderedShare: 1, spreadSeconds: 45 },
    reason: 'trouble on db reached shop, web along the dependency graph within 45 s; 3 of 3 alerting assets lie on the chain and 100% of its links agree with the order of time',
  }])
})

it('says the same whatever the order of arrival inside the lateness bound', () => {
  const inOrder = new Bench()
  inOrder.feed(graph(SHOP), ...DOWN)
  const late = new Bench()
  late.feed(graph(SHOP), DOWN[2], DOWN[0], DOWN[1])
  expect(only(late).rootCause).toEqual(only(inOrder).rootCause)
  expect(only(late).findings).toEqual(only(inOrder).findings)
})

it('is less sure of a cascade whose effects came before their cause', () => {
  const bench = new Bench()
  bench.feed(graph(SHOP), at(0, 'web', 'HTTP errors'), at(30, 'shop', 'Response time high'), at(50, 'db', 'Database errors', { severity: 'critical' }))
  expect(only(bench).rootCause?.asset).toBe('db')
  expect(only(bench).findings).toMatchObject([{ kind: 'cascade', confidence: 0.38, figures: { orderedShare: 0.5 } }])
})

it('blames the callee for a slow call, and the asset itself for a full disk', () => {
  const slow = new Bench()
  slow.feed(graph(SHOP), at(0, 'shop', 'Latency high'), at(0, 'db', 'Latency high'), at(0, 'web', 'Latency high'))
  expect(only(slow).rootCause?.asset).toBe('db')
  const full = new Bench()
  full.feed(graph(SHOP), at(0, 'shop', 'Disk full'), at(0, 'shop', 'Memory exhausted'), at(0, 'db', 'Latency high'))
  expect(only(full).rootCause?.asset).toBe('shop')
})

it('tells no cascade without a graph, but still who is most likely at fault', () => {
  const bench = new Bench()
  const together = { labels: { site: 'leeds', env: 'prod', team: 'a' }, signature: 'Disk full' }
  bench.feed(at(0, 'a', 'Disk full', together), at(5, 'b', 'Disk full', { ...together, severity: 'critical', count: 8 }))
  const { rootCause, findings } = only(bench)
  expect(rootCause).toMatchObject({ asset: 'b', chain: [] })
  expect(findings).toEqual([])
})

it('reads the graph from labels where none was posted: host, parent, caller and what it depends on', () => {
  const bench = new Bench()
  bench.feed(
    at(0, 'hv-1', 'Host unreachable', { severity: 'critical' }),
    at(5, 'vm-1', 'Agent does not answer', { labels: { host: 'hv-1' } }),
    at(10, 'app', 'Requests fail', { labels: { depends_on: 'vm-1,vault', host: 'hv-1' } }),
  )
  const { rootCause } = only(bench)
  expect(rootCause?.chain.map(({ asset, because }) => [asset, because])).toEqual([
    ['hv-1', 'most likely at fault'], ['vm-1', 'vm-1 runs on hv-1, and began 5 s later'], ['app', 'app runs on hv-1, and began 10 s later'],
  ])
})

it('comes to an end on a cycle in the graph', () => {
  const bench = new Bench()
  bench.feed(graph([...SHOP, { from: 'db', to: 'web', kind: 'calls' }]), ...DOWN)
  expect(only(bench).rootCause).toMatchObject({ asset: 'db', chain: [{ asset: 'db' }, { asset: 'shop' }, { asset: 'web' }] })
})

it('moves the blame when an upstream alert arrives late', () => {
  const bench = new Bench()
  bench.feed(graph(SHOP), at(10, 'shop', 'Response time high'), at(20, 'web', 'HTTP errors'))
  expect(only(bench).rootCause?.asset).toBe('shop')
  bench.feed(at(5, 'db', 'Database errors', { severity: 'critical' }))
  expect(only(bench).rootCause).toMatchObject({ asset: 'db', chain: [{ asset: 'db' }, { asset: 'shop' }, { asset: 'web' }] })
})

it('suspects what never alerted before rather than what alerts all the time', () => {
  const bench = new Bench()
  bench.feed(graph([{ from: 'a', to: 'hub', kind: 'linked' }, { from: 'b', to: 'hub', kind: 'linked' }, { from: 'a', to: 'b', kind: 'linked' }]))
  bench.feed(at(0, 'a', 'CPU high', { episode: 40 }), at(0, 'b', 'Memory high'))
  expect(only(bench).rootCause).toMatchObject({ asset: 'b', reason: expect.stringContaining('none of them was seen there before') })
})

it('counts what a service says for its instances, and names the others that fail with it', () => {
  const bench = new Bench()
  const instances = ['cart-0', 'cart-1', 'cart-2'].map((from) => ({ from, to: 'cart', kind: 'instance_of' }))
  bench.feed(graph([...instances, { from: 'pay', to: 'cart', kind: 'calls' }]))
  bench.feed(at(0, 'cart', 'Error rate high'), at(1, 'cart-0', 'Restarts', { count: 4 }), at(2, 'cart-1', 'Restarts'), at(3, 'pay', 'Restarts', { count: 4 }))
  const { rootCause } = only(bench)
  expect(rootCause).toMatchObject({ asset: 'cart-0', reason: expect.stringContaining('its service also fails on cart-1') })
  expect(rootCause?.chain.map(({ asset }) => asset)).toEqual(['cart-0', 'cart', 'pay'])
})

it('judges each part anew after a split', () => {
  const bench = new Bench()
  bench.feed(graph(SHOP), ...DOWN)
  bench.feed(command('c1', only(bench).incidentId, 'split', { problemKeys: ['db Database errors'] }))
  expect(bench.incidentOf('db Database errors')?.rootCause).toMatchObject({ asset: 'db', chain: [] })
  expect(bench.incidentOf('shop Response time high')?.rootCause).toMatchObject({ asset: 'shop', chain: [{ asset: 'shop' }, { asset: 'web' }] })
})

it('keeps what it found when the problems have left the state', () => {
  const bench = new Bench()
  bench.feed(graph(SHOP), ...DOWN)
  const before = only(bench)
  for (const { asset, signature } of DOWN) bench.feed(at(100, asset ?? '', signature ?? '', { change: 'resolved' }))
  for (let hour = 1; hour < 30; hour += 1) bench.feed({ type: 'progress', partition: 0, atMs: T0 + hour * 3_600_000, version: hour })
  expect(only(bench)).toMatchObject({ status: 'closed', rootCause: before.rootCause, findings: before.findings })
})

function stormOf(size: number): { edges: TopologyEdge[]; events: ProblemEvent[] } {
  const hosts = Array.from({ length: size }, (_, i) => `host-${String(i).padStart(5, '0')}`)
  const labels = { site: 'leeds' }
  const events = [
    at(0, 'core-switch', 'Interface errors', { severity: 'critical', labels }),
    ...hosts.map((asset, i) => at(1 + i / 200, asset, 'Node is down', { labels, version: 1_000 + i })),
  ]
  return { events, edges: hosts.map((from) => ({ from, to: 'core-switch', kind: 'uplink' })) }
}

it('stays bounded in a storm of 10,000 problems and still finds the switch they hang on', () => {
  const { edges, events } = stormOf(10_000)
  const bench = new Bench()
  bench.feed(TOLD, graph(edges), ...events)
  const incident = only(bench)
  expect(incident).toMatchObject({ problemCount: 10_001, rootCause: { asset: 'core-switch' } })
  expect(incident.rootCause?.chain).toHaveLength(12)
  // Judged last before it had doubled again: how much was looked at is counted, not shown.
  const cascade = incident.findings.find(({ kind }) => kind === 'cascade')
  expect(cascade?.figures).toMatchObject({ assetsWeighed: 256, assetsOnChain: 256 })
  expect(cascade?.figures.assets).toBeGreaterThan(5_000)
  expect(JSON.stringify(incident).length).toBeLessThan(64 * 1024)
})

it('looks at each problem of a storm a few times only', () => {
  const { edges, events } = stormOf(3_000)
  const bench = new Bench()
  const { problems } = judgeStats
  bench.feed(TOLD, graph(edges), ...events)
  expect((judgeStats.problems - problems) / events.length).toBeLessThan(8)
})

it('tells the same in any cut of a storm, and after restarts', () => {
  const { edges, events } = stormOf(600)
  const [whole, cut] = [new Bench(), new Bench()]
  whole.feed(TOLD, graph(edges), ...events)
  cut.feed(TOLD, graph(edges))
  for (let i = 0; i < events.length; i += 97) {
    cut.feed(...events.slice(i, i + 97))
    cut.restart()
  }
  expect(only(cut)).toEqual(only(whole))
})

it('blames the switch of a site for the hosts that cannot be reached behind it, without a graph', () => {
  const bench = new Bench()
  const leeds = { labels: { site: 'leeds', service: 'office' } }
  const hosts = Array.from({ length: 12 }, (_, n) => at(1 + n, `leeds-ws-${n}`, 'HostDown', leeds))
  bench.feed(at(0, 'sw-core-leeds', 'SwitchUnreachable', { severity: 'critical', labels: { site: 'leeds' } }), ...hosts)
  const { rootCause } = only(bench)
  expect(rootCause?.asset).toBe('sw-core-leeds')
  expect(rootCause?.chain[1]).toMatchObject({ asset: 'leeds-ws-0', because: 'leeds-ws-0 cannot be reached at the site of sw-core-leeds, and began 1 s later' })
})

it('blames no switch of another site, nor one that only complains of its load', () => {
  const bench = new Bench()
  const hosts = Array.from({ length: 12 }, (_, n) => at(1 + n, `leeds-ws-${n}`, 'HostDown', { labels: { site: 'leeds', tier: 'office' } }))
  bench.feed(at(0, 'sw-core-leeds', 'Switch load high', { labels: { site: 'leeds', tier: 'office' } }), ...hosts)
  expect(bench.incidentOf('leeds-ws-3 HostDown')?.rootCause?.chain).toEqual([])
})
