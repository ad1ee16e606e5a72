import { expect, it } from 'vitest'
import type { CorrelationRecord } from '../schemas/records.ts'
import { Bench, T0, command, problem } from './test-records.ts'

type Event = CorrelationRecord['event']

const onWeb = { asset: 'web-1', labels: { site: 'hq' } }

it('joins different checks of one asset that begin close together, and says why', () => {
  const bench = new Bench()
  bench.feed(problem('cpu', 0, onWeb), problem('disk', 90, onWeb))
  expect(bench.groups()).toEqual(['cpu disk'])
  const { evidence } = bench.problems.get('disk')!
  expect(evidence).toMatchObject({ rule: 'scored', withProblemKey: 'cpu', threshold: 0.5 })
  expect(evidence.score).toBeGreaterThanOrEqual(0.5)
  expect(evidence.features.map(({ name }) => name)).toEqual(expect.arrayContaining(['same_asset', 'labels', 'nearness']))
  expect(bench.problems.get('cpu')!.evidence.rule).toBe('founded')
  expect(bench.incidentOf('cpu')).toMatchObject({ title: '2 checks failing on web-1', problemCount: 2, openProblemCount: 2, status: 'open', severity: 'high' })
})

it('keeps unrelated problems of the same minute apart', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { title: 'disk full', message: 'volume C is full' }), problem('b', 1, { title: 'ssl certificate expires', message: 'in ten days' }))
  expect(bench.groups()).toEqual(['a', 'b'])
})

it('keeps problems of one asset apart that lie further apart than the window', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, onWeb), problem('b', 601, onWeb))
  expect(bench.groups()).toEqual(['a', 'b'])
})

it('makes one incident of one signature on many assets of a site, and another of the same at another site', () => {
  const bench = new Bench()
  for (let i = 0; i < 50; i += 1) bench.feed(problem(`north-${i}`, i, { signature: 'ping', title: 'ping', labels: { site: 'north' } }))
  for (let i = 0; i < 50; i += 1) bench.feed(problem(`south-${i}`, 50 + i, { signature: 'ping', title: 'ping', labels: { site: 'south' } }))
  expect(new Set([...bench.problems.values()].map((placed) => placed.incidentId)).size).toBe(2)
  expect(bench.incidentOf('north-7')).toMatchObject({ title: 'ping on 50 assets', assetCount: 50, problemCount: 50 })
  expect(bench.incidentOf('north-7')!.assets).toHaveLength(20)
})

it('makes one incident of a site that is cut off: what fails first there, what cannot be reached behind it, and what that breaks', () => {
  const bench = new Bench()
  const leeds = (service: string): Record<string, string> => ({ site: 'leeds', service, severity: 'critical', team: 'branch' })
  bench.feed(problem('switch', 0, { asset: 'sw-1', signature: 'SwitchUnreachable', title: 'Core switch sw-1 does not answer', labels: leeds('network') }))
  for (let i = 0; i < 8; i += 1) bench.feed(problem(`pc-${i}`, 60 + i * 20, { asset: `pc-${i}`, signature: 'Node is down', title: `pc-${i} timed out`, labels: leeds('desks') }))
  bench.feed(problem('backup', 240, { asset: 'pc-3', signature: 'backup missed', title: 'backup missed', labels: leeds('backup') }))
  expect(bench.groups()).toEqual(['backup pc-0 pc-1 pc-2 pc-3 pc-4 pc-5 pc-6 pc-7 switch'])
  expect(bench.problems.get('pc-0')!.evidence.features).toContainEqual({ name: 'site_outage', value: 1, weight: 0.5, detail: 'neither can be reached at leeds' })
})

it.each([
  ['at another site', { labels: { site: 'york' } }, 60],
  ['more than two minutes later', { labels: { site: 'leeds' } }, 150],
  ['that can be reached', { labels: { site: 'leeds' }, title: 'licence expires' }, 60],
  ['of which only a value went down', { labels: { site: 'leeds' }, title: 'cpu down' }, 60],
  ['in a cluster, which is no site', { labels: { cluster: 'leeds' } }, 60],
])('leaves out of a site outage an asset %s', (_, more, seconds) => {
  const bench = new Bench()
  const labels = 'cluster' in more.labels ? more.labels : { site: 'leeds' }
  bench.feed(problem('a', 0, { asset: 'router-1', signature: 'Unavailable by ICMP ping', title: 'x', labels }))
  bench.feed(problem('b', seconds, { asset: 'pc-1', signature: 'agent', title: 'pc-1 is down', ...more }))
  expect(bench.groups()).toEqual(['a', 'b'])
})

it('moves a problem in the index when its new title says that the asset cannot be reached', () => {
  const bench = new Bench()
  const labels = { site: 'leeds' }
  bench.feed(problem('a', 0, { asset: 'nas-1', signature: 'state', title: 'slow', labels }))
  bench.feed(problem('a', 10, { asset: 'nas-1', signature: 'state', title: 'nas-1 is offline', labels, change: 'changed', count: 2, firstAtMs: T0 }))
  bench.feed(problem('b', 20, { asset: 'pc-1', signature: 'HostDown', title: 'b', labels }))
  expect(bench.groups()).toEqual(['a b'])
})

it('names the agreement of another tool', () => {
  const bench = new Bench()
  bench.feed(problem('z', 0, { asset: 'db-1', signature: 'host down' }), problem('d', 20, { asset: 'DB-1', signature: 'Host down', source: 'datadog' }))
  expect(bench.groups()).toEqual(['d z'])
  expect(bench.problems.get('d')!.evidence.features).toContainEqual({ name: 'other_tool', value: 1, weight: expect.any(Number), detail: 'datadog and zabbix agree' })
  expect(bench.incidentOf('z')!.sources).toEqual(['datadog', 'zabbix'])
})

it('joins neighbours of the dependency graph that fail together', () => {
  const bench = new Bench()
  bench.feed({ type: 'topology', companyId: 'acme', revision: 1, edges: [{ from: 'shop', to: 'db', kind: 'calls' }] })
  bench.feed(problem('slow', 0, { asset: 'shop', title: 'response slow', labels: { env: 'prod' } }), problem('down', 10, { asset: 'db', title: 'database down', labels: { env: 'prod' } }))
  expect(bench.groups()).toEqual(['down slow'])
})

it('merges two incidents when a problem fits both, keeps the oldest, and the other answers with it', () => {
  const bench = new Bench()
  bench.feed({ type: 'topology', companyId: 'acme', revision: 1, edges: [{ from: 'shop', to: 'db', kind: 'calls' }, { from: 'mail', to: 'db', kind: 'calls' }] })
  const prod = { labels: { env: 'prod' }, title: 'x' }
  bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 3_600_000, joinThreshold: 0.7, weights: { began_together: 0 }, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0 })
  bench.feed(problem('shop', 0, { asset: 'shop', ...prod }), problem('mail', 5, { asset: 'mail', ...prod }))
  expect(bench.groups()).toEqual(['mail', 'shop'])
  const [shop, mail] = [bench.incidentOf('shop')!, bench.incidentOf('mail')!]
  bench.feed(problem('db', 10, { asset: 'db', ...prod }))
  expect(bench.groups()).toEqual(['db mail shop'])
  expect(bench.incidents.get(mail.incidentId)).toMatchObject({ mergedInto: shop.incidentId, cause: 'merge', problemCount: 0 })
  expect(bench.incidents.get(shop.incidentId)).toMatchObject({ problemCount: 3, mergedInto: null })
  expect(bench.problems.get('mail')!.evidence).toMatchObject({ rule: 'merged', withProblemKey: 'db' })
})

it('resolves only when the last problem resolves, and reopens when one fires again within the window', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, onWeb), problem('b', 10, onWeb), problem('a', 100, { ...onWeb, change: 'resolved' }))
  expect(bench.incidentOf('a')).toMatchObject({ status: 'open', openProblemCount: 1 })
  bench.feed(problem('b', 110, { ...onWeb, change: 'resolved' }))
  const incident = bench.incidentOf('a')!
  expect(incident).toMatchObject({ status: 'resolved', resolvedAtMs: T0 + 110_000, cause: 'problem', openProblemCount: 0 })
  bench.feed(problem('b', 400, { ...onWeb, change: 'reopened', episode: 2, alertId: 'again' }))
  expect(bench.incidentOf('b')).toMatchObject({ incidentId: incident.incidentId, status: 'open', reopenCount: 1, resolvedAtMs: null, openProblemCount: 1, alertCount: 3 })
  expect(bench.problems.get('b')!.evidence.rule).toBe('same_problem')
})

it('founds a new incident when a problem fires again after the window', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0), problem('a', 10, { change: 'resolved' }))
  const old = bench.incidentOf('a')!
  bench.feed(problem('a', 800, { change: 'reopened', episode: 2, alertId: 'again' }))
  expect(bench.incidentOf('a')!.incidentId).not.toBe(old.incidentId)
  expect(bench.incidents.get(old.incidentId)).toMatchObject({ status: 'resolved', problemCount: 1 })
})

it('does not reopen what a person resolved when a problem merely repeats, but does for a new episode', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0))
  const { incidentId } = bench.incidentOf('a')!
  bench.feed(command('c1', incidentId, 'resolve', { text: 'replaced the disk' }), problem('a', 20, { change: 'repeated', count: 4 }))
  expect(bench.incidentOf('a')).toMatchObject({ status: 'resolved', resolution: 'replaced the disk', alertCount: 4 })
  bench.feed(problem('a', 30, { change: 'resolved', count: 4 }), problem('a', 40, { change: 'reopened', episode: 2 }))
  expect(bench.incidentOf('a')).toMatchObject({ incidentId, status: 'open', reopenCount: 1 })
})

it('drops an event it has seen, and the end of a problem it never saw', () => {
  const bench = new Bench()
  bench.feed(problem('a', 5), problem('a', 5), problem('a', 4), problem('ghost', 6, { change: 'resolved' }))
  expect(bench.fates.map(({ kind, reason }) => [kind, reason])).toEqual([['emitted', undefined], ['dropped', 'stale'], ['dropped', 'stale'], ['dropped', 'problem_unknown']])
})

it('takes every change that one delivery made to a problem, each once, also when all of them are told again', () => {
  const bench = new Bench()
  const changes = [
    problem('a', 5), problem('a', 5, { change: 'repeated', count: 2 }), problem('a', 5, { change: 'resolved', count: 2 }),
    problem('a', 5, { change: 'reopened', episode: 2 }), problem('a', 5, { change: 'resolved', episode: 2 }),
  ]
  bench.feed(...changes)
  const after = bench.incidentOf('a')
  expect(after).toMatchObject({ status: 'resolved', reopenCount: 1, openProblemCount: 0 })
  bench.feed(...changes)
  expect(bench.fates.map(({ kind }) => kind)).toEqual([...changes.map(() => 'emitted'), ...changes.map(() => 'dropped')])
  expect(bench.incidentOf('a')).toEqual(after)
})

it('takes the slowest upstream partition as now', () => {
  const bench = new Bench()
  const DAY = 86_400
  bench.feed(problem('a', 0), problem('a', 10, { change: 'resolved' }), { type: 'progress', partition: 1, atMs: T0, version: 1 })
  bench.feed({ type: 'progress', partition: 0, atMs: T0 + 2 * DAY * 1000, version: 2 })
  expect(bench.incidentOf('a')!.status).toBe('resolved')
  bench.feed({ type: 'progress', partition: 1, atMs: T0 + 1.5 * DAY * 1000, version: 3 })
  expect(bench.incidentOf('a')).toMatchObject({ status: 'closed', cause: 'time', closedAtMs: T0 + 1.5 * DAY * 1000, problemCount: 1, alertCount: 1, assets: ['asset-a'] })
})

it('forgets what is over, so that the state is empty again after some days', () => {
  const bench = new Bench()
  for (let i = 0; i < 200; i += 1) bench.feed(problem(`p${i}`, i, { asset: `host-${i % 20}` }))
  const full = bench.state.size
  for (let i = 0; i < 200; i += 1) bench.feed(problem(`p${i}`, 300 + i, { change: 'resolved', asset: `host-${i % 20}` }))
  for (let hour = 1; hour < 80; hour += 1) bench.feed({ type: 'progress', partition: 0, atMs: T0 + hour * 3_600_000, version: hour })
  expect(full).toBeGreaterThan(200)
  // What patterns are learned from stays four weeks.
  const kinds = () => [...new Set([...bench.state.entries()].map(([, { event }]) => event.type))].sort()
  expect(kinds()).toEqual(['history', 'pulse', 'rhythm', 'time'])
  for (let day = 4; day < 31; day += 1) bench.feed({ type: 'progress', partition: 0, atMs: T0 + day * 86_400_000, version: day * 100 })
  expect(kinds()).toEqual(['time'])
})

it('joins what exceeds the limit of open problems to one named problem, counts it, and ends it when there is room', () => {
  const bench = new Bench({ maxOpenProblems: 10 })
  for (let i = 0; i < 25; i += 1) bench.feed(problem(`p${i}`, i, { title: `${i}` }))
  expect(bench.fates.filter(({ kind }) => kind === 'absorbed')).toHaveLength(15)
  expect(bench.problems.get('v1:overflow')!.problem).toMatchObject({ count: 15, status: 'firing', signature: 'too many open problems' })
  for (let i = 0; i < 5; i += 1) bench.feed(problem(`p${i}`, 100 + i, { change: 'resolved' }))
  expect(bench.problems.get('v1:overflow')!.problem.status).toBe('resolved')
  expect(bench.incidentOf('v1:overflow')!.status).toBe('resolved')
  bench.feed(problem('late', 200))
  expect(bench.incidentOf('late')).toMatchObject({ problemCount: 1 })
})

it('keeps a snapshot of a large incident with long names under 64 KB', () => {
  const bench = new Bench()
  const long = 'x'.repeat(5_000)
  for (let i = 0; i < 40; i += 1) bench.feed(problem(`${long}${i}`, i, { asset: `${long}${i}`, signature: long, source: `${long}${i}`, labels: { site: 'hq' } }))
  const { incidentId } = bench.incidentOf(`${long}0`)!
  bench.feed(command('c', incidentId, 'resolve', { text: long.repeat(20) }))
  for (const incident of bench.incidents.values()) expect(JSON.stringify(incident).length).toBeLessThan(64 * 1024)
  expect(bench.incidents.get(incidentId)!.problemCount).toBe(40)
})

it('tells with a problem the best others it was compared with, and why it did not join them', () => {
  const bench = new Bench()
  const disk = { signature: 'disk', title: 'disk full' }
  bench.feed(problem('old', 0, { asset: 'web-1', title: 'one' }))
  bench.feed(problem('york', 700, { asset: 'web-2', ...disk, labels: { site: 'york' } }), problem('gone', 701, { asset: 'web-1', title: 'two' }))
  bench.feed(command('c', bench.incidentOf('gone')!.incidentId, 'resolve', {}))
  bench.feed(problem('new', 760, { asset: 'web-1', ...disk, labels: { site: 'hq' } }))
  const { evidence } = bench.problems.get('new')!
  expect(evidence.rule).toBe('founded')
  expect(evidence.considered).toEqual([
    { incidentId: bench.incidentOf('york')!.incidentId, problemKey: 'york', score: expect.closeTo(0.25, 1), reason: 'the score stays below 0.5' },
    { incidentId: bench.incidentOf('gone')!.incidentId, problemKey: 'gone', score: 0, reason: 'a person resolved the incident' },
    { incidentId: bench.incidentOf('old')!.incidentId, problemKey: 'old', score: 0, reason: 'began 760 s before, outside the window of 600 s' },
  ])
})

it('tells at most five others, each of another incident, and not the one it joined', () => {
  const bench = new Bench()
  for (let i = 0; i < 9; i += 1) bench.feed(problem(`far-${i}`, i, { asset: `h-${i}`, signature: 'disk', title: 'disk', labels: { site: `s${i}` } }))
  bench.feed(problem('near', 10, { asset: 'h-3', signature: 'disk', title: 'disk', source: 'nagios', labels: { site: 's3' } }))
  const { evidence } = bench.problems.get('near')!
  expect(evidence.rule).toBe('scored')
  expect(evidence.considered).toHaveLength(5)
  const ids = evidence.considered.map(({ incidentId }) => incidentId)
  expect(new Set(ids).size).toBe(5)
  expect(ids).not.toContain(bench.incidentOf('near')!.incidentId)
})

it('slides its window: each problem need only be near one before it', () => {
  const bench = new Bench()
  for (let i = 0; i < 5; i += 1) bench.feed(problem(`c${i}`, i * 500, onWeb))
  expect(bench.groups()).toEqual(['c0 c1 c2 c3 c4'])
  bench.feed(problem('late', 4 * 500 + 601, onWeb))
  expect(bench.groups()).toEqual(['c0 c1 c2 c3 c4', 'late'])
})

it('takes nothing more once an incident has reached its longest life', () => {
  const bench = new Bench()
  bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 1_200_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0 })
  for (let i = 0; i < 4; i += 1) bench.feed(problem(`c${i}`, i * 500, onWeb))
  expect(bench.groups()).toEqual(['c0 c1 c2', 'c3'])
  expect(bench.problems.get('c3')!.evidence.considered).toMatchObject([{ problemKey: 'c2', reason: 'the incident is older than 20 min and takes nothing new' }])
})

it('merges by a problem that arrives a minute late what it would have joined in order', () => {
  const strict = (): Event => ({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 3_600_000, joinThreshold: 0.7, weights: { began_together: 0 }, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0 })
  const calls = (): Event => ({ type: 'topology', companyId: 'acme', revision: 1, edges: [{ from: 'shop', to: 'db', kind: 'calls' }, { from: 'mail', to: 'db', kind: 'calls' }] })
  const prod = { labels: { env: 'prod' }, title: 'x' }
  const [db, shop, mail] = [problem('db', 0, { asset: 'db', ...prod }), problem('shop', 40, { asset: 'shop', ...prod }), problem('mail', 58, { asset: 'mail', ...prod })]
  const [inOrder, late] = [new Bench(), new Bench()]
  inOrder.feed(strict(), calls(), db, shop, mail)
  late.feed(strict(), calls(), shop, mail, db)
  expect(late.groups()).toEqual(inOrder.groups())
  expect(late.groups()).toEqual(['db mail shop'])
  expect(late.incidentOf('mail')!.openedAtMs).toBe(T0)
})

it('asks for more nearness where problems come every ten seconds, and tells how near they were', () => {
  const bench = new Bench()
  for (let i = 0; i < 600; i += 1) bench.feed(problem(`noise-${i}`, i * 7 + (i % 3) * 4, { asset: `pc-${i}`, signature: `n${i}`, title: `n${i}` }))
  const web = { asset: 'web-1', labels: { role: 'web' } }
  bench.feed(problem('first', 4_300, web), problem('with-it', 4_301, web), problem('after', 4_330, web))
  expect(bench.incidentOf('with-it')!.incidentId).toBe(bench.incidentOf('first')!.incidentId)
  expect(bench.incidentOf('after')!.incidentId).not.toBe(bench.incidentOf('first')!.incidentId)
})

it('joins what begins together in one connected part of the graph, also when it is many steps apart, but not on that ground alone', () => {
  const bench = new Bench()
  const line = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, i, names) => ({ from: name, to: names[i + 1] ?? 'h', kind: 'link' }))
  bench.feed({ type: 'topology', companyId: 'acme', revision: 1, edges: [...line, { from: 'x', to: 'y', kind: 'link' }] })
  const slow = { signature: 'slow', title: 'slow' }
  bench.feed(problem('near', 0, { asset: 'a', ...slow }), problem('far', 20, { asset: 'h', ...slow }), problem('other-part', 25, { asset: 'y', ...slow, title: 'late' }))
  bench.feed(problem('else', 30, { asset: 'h', signature: 'certificate', title: 'expires soon', labels: { site: 'x' } }))
  expect(bench.incidentOf('far')!.incidentId).toBe(bench.incidentOf('near')!.incidentId)
  expect(bench.problems.get('far')!.evidence.features).toContainEqual({ name: 'began_together', value: 1, weight: 0.3, detail: 'within 60 s in one connected part of the topology' })
  expect(bench.incidentOf('other-part')!.incidentId).not.toBe(bench.incidentOf('near')!.incidentId)
})

it('reads from labels which other asset a problem hangs on', () => {
  const bench = new Bench()
  bench.feed(problem('vm', 0, { asset: 'vm-7', title: 'memory', labels: { host: 'esx-1' } }), problem('host', 30, { asset: 'esx-1', title: 'power supply' }), problem('sibling', 45, { asset: 'vm-8', title: 'swap', labels: { host: 'esx-1', tier: 'x' } }))
  expect(bench.groups()).toEqual(['host sibling vm'])
  expect(bench.problems.get('host')!.evidence.features).toContainEqual({ name: 'related_asset', value: 1, weight: 0.5, detail: 'esx-1 and vm-7' })
})

it('lets another tool say the same of the same asset while the first still does, within the longest life', () => {
  const bench = new Bench()
  const disk = { asset: 'db-1', signature: 'disk full', title: 'disk full' }
  bench.feed(problem('zabbix', 0, disk), problem('datadog', 3_000, { ...disk, source: 'datadog' }), problem('smart', 3_000, { ...disk, source: 'prtg', signature: 'disk slow', title: 'slow' }))
  expect(bench.incidentOf('datadog')!.incidentId).toBe(bench.incidentOf('zabbix')!.incidentId)
  bench.feed(problem('nagios', 5 * 3_600, { ...disk, source: 'nagios' }))
  expect(bench.incidentOf('nagios')!.incidentId).not.toBe(bench.incidentOf('zabbix')!.incidentId)
})

it('keeps in its incident what was silent alone for a minute and a half, and places anew what was silent among others', () => {
  const bench = new Bench()
  bench.feed(problem('lone', 0), problem('lone', 0, { change: 'expired', version: 61_000, atMs: T0 + 61_000 }))
  const { incidentId } = bench.incidentOf('lone')!
  bench.feed(problem('lone', 80, { change: 'reopened', episode: 2, alertId: 'again' }))
  expect(bench.incidentOf('lone')!.incidentId).toBe(incidentId)
  bench.feed(problem('a', 2_000, onWeb), problem('b', 2_010, onWeb), problem('b', 2_010, { ...onWeb, change: 'expired', version: 2_071_000, atMs: T0 + 2_071_000 }))
  bench.feed(problem('b', 2_900, { ...onWeb, change: 'reopened', episode: 2, alertId: 'once more' }))
  expect(bench.groups()).toEqual(['a', 'b', 'lone'])
})
