/** Timelines of grouping rules: what a company decides comes before any score. */
import { expect, it } from 'vitest'
import type { ProblemEvent, Settings } from '../../schemas/records.ts'
import type { GroupingRule } from '../../schemas/rules.ts'
import { Bench, command, problem } from '../test-records.ts'

let revision = 0
const rules = (...grouping: GroupingRule[]): Settings => {
  revision += 1
  return { type: 'settings', companyId: 'acme', revision, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: JSON.stringify({ grouping }), rulesRevision: revision }
}
const perSite: GroupingRule = { id: 'per-site', kind: 'group_by', when: ['source=zabbix'], by: ['site'] }
const prodTest: GroupingRule = { id: 'prod-test', kind: 'never_join', left: ['labels.env=prod'], right: ['labels.env=test'] }
const at = (key: string, seconds: number, site: string, more: Partial<ProblemEvent> = {}) => problem(key, seconds, { labels: { site }, ...more })
const onWeb = (key: string, seconds: number, more: Partial<ProblemEvent> = {}) => problem(key, seconds, { asset: 'web-1', ...more })
const env = (key: string, seconds: number, name: string, more: Partial<ProblemEvent> = {}) => problem(key, seconds, { asset: 'shared-1', labels: { env: name }, ...more })

it('makes one incident of all that agree in the named fields, whatever their score, and says which rule did', () => {
  const bench = new Bench()
  bench.feed(rules(perSite), at('disk', 0, 'Leeds'), at('mail', 300, 'leeds'), at('cpu', 301, 'York'), at('late', 3_000, 'LEEDS'))
  expect(bench.groups()).toEqual(['cpu', 'disk late mail'])
  expect(bench.problems.get('mail')?.evidence).toMatchObject({ rule: 'scored', ruleId: 'per-site', rulesRevision: revision, withProblemKey: 'disk', score: 1, features: [{ name: 'rule', detail: 'rule per-site groups by site: leeds' }] })
  expect(bench.problems.get('disk')?.evidence).toMatchObject({ rule: 'founded', rulesRevision: revision })
})

it('keeps others out of such an incident, however well they would score, and tells them why', () => {
  const bench = new Bench()
  bench.feed(rules(perSite), onWeb('zabbix', 0, { labels: { site: 'leeds' } }), onWeb('datadog', 5, { source: 'datadog', labels: { site: 'leeds' } }), onWeb('siteless', 10, { labels: {} }))
  expect(bench.groups()).toEqual(['datadog siteless', 'zabbix'])
  expect(bench.problems.get('datadog')?.evidence.considered).toMatchObject([{ problemKey: 'zabbix', reason: 'rule per-site keeps it apart' }])
})

it('goes on with a group while it is open and for the window after, and begins anew after that or past its longest life', () => {
  const bench = new Bench()
  const end = (key: string, seconds: number) => at(key, seconds, 'leeds', { change: 'resolved', status: 'resolved' })
  bench.feed(rules(perSite), at('a', 0, 'leeds'), end('a', 100), at('b', 650, 'leeds'))
  expect(bench.groups()).toEqual(['a b'])
  bench.feed(end('b', 700), at('c', 1_400, 'leeds'))
  expect(bench.groups()).toEqual(['a b', 'c'])
  bench.feed(at('d', 1_400 + 4 * 3_600 + 1, 'leeds'))
  expect(bench.groups()).toEqual(['a b', 'c', 'd'])
})

it('does not touch what a person resolved, and merges groups that a late arrival shows to be one', () => {
  const bench = new Bench()
  bench.feed(rules(perSite), at('a', 0, 'leeds'))
  bench.feed(command('c1', bench.incidentOf('a')?.incidentId ?? '', 'resolve'))
  bench.feed(at('b', 60, 'leeds'))
  expect(bench.groups()).toEqual(['a', 'b'])

  const late = new Bench()
  late.feed(rules(perSite), at('a', 0, 'leeds'), at('a', 10, 'leeds', { change: 'resolved', status: 'resolved' }), at('b', 615, 'leeds'))
  expect(late.groups()).toEqual(['a', 'b'])
  late.feed(at('c', 600, 'leeds', { version: 616_000 }))
  expect(late.groups()).toEqual(['a b c'])
})

it('never joins the two sides: not by score, not through a third problem, not by its merge', () => {
  const bench = new Bench()
  bench.feed(rules(prodTest), env('prod', 0, 'prod'), env('test', 5, 'test'))
  expect(bench.groups()).toEqual(['prod', 'test'])
  // It fits both: it joins one, and the other is told why it stays.
  bench.feed(problem('both', 10, { asset: 'shared-1' }))
  expect(bench.groups()).toEqual(['both prod', 'test'])
  expect(bench.problems.get('both')?.evidence.considered).toMatchObject([{ problemKey: 'test', reason: 'it fits, but rule prod-test keeps the two incidents apart' }])
  // Whoever is kept from one problem of an incident is kept from all of it.
  bench.feed(env('test-2', 15, 'test'), problem('later', 20, { asset: 'shared-1' }))
  expect(bench.incidentOf('test-2')?.incidentId).toBe(bench.incidentOf('test')?.incidentId)
  expect(bench.incidentOf('prod')?.incidentId).not.toBe(bench.incidentOf('test')?.incidentId)
})

it('lets people join what a rule keeps apart, and goes on from there', () => {
  const bench = new Bench()
  bench.feed(rules(prodTest), env('prod', 0, 'prod'), env('test', 5, 'test'))
  bench.feed(command('c1', bench.incidentOf('prod')?.incidentId ?? '', 'merge', { intoIncidentId: bench.incidentOf('test')?.incidentId ?? '' }))
  expect(bench.groups()).toEqual(['prod test'])
  bench.feed(env('prod-2', 10, 'prod'))
  expect(bench.groups()).toEqual(['prod test', 'prod-2'])
})

it('always joins the two sides within the window where the named fields agree', () => {
  const pair: GroupingRule = { id: 'db-app', kind: 'always_join', left: ['asset=~"db-.*"'], right: ['service=shop'], equal: ['site'] }
  const bench = new Bench()
  const shop = (key: string, seconds: number, site: string) => problem(key, seconds, { labels: { service: 'shop', site } })
  bench.feed(rules(pair), at('db', 0, 'leeds', { asset: 'db-1' }), shop('near', 590, 'leeds'), shop('far', 20, 'york'), problem('nowhere', 21, { labels: { service: 'shop' } }))
  expect(bench.incidentOf('near')?.incidentId).toBe(bench.incidentOf('db')?.incidentId)
  expect(bench.problems.get('near')?.evidence).toMatchObject({ ruleId: 'db-app', withProblemKey: 'db', features: [{ detail: 'rule db-app always joins the two, which agree in site' }] })
  expect(bench.incidentOf('far')?.incidentId).not.toBe(bench.incidentOf('db')?.incidentId)
  expect(bench.incidentOf('nowhere')?.incidentId).not.toBe(bench.incidentOf('db')?.incidentId)
  bench.feed(shop('late', 1_201, 'leeds'))
  expect(bench.problems.get('late')?.evidence.ruleId).toBeNull()
})

it('merges incidents that a rule shows to be one, and names the rule', () => {
  const pair: GroupingRule = { id: 'pair', kind: 'always_join', left: ['signature=core'], right: ['signature=edge'] }
  const bench = new Bench()
  bench.feed(rules(pair), problem('e1', 0, { signature: 'edge', asset: 'e1', title: 'one' }), problem('e2', 30, { signature: 'x', asset: 'e2', title: 'two' }))
  bench.feed(problem('e3', 31, { signature: 'edge', asset: 'e2', title: 'three' }))
  expect(bench.groups()).toEqual(['e1', 'e2 e3'])
  bench.feed(problem('c', 60, { signature: 'core', asset: 'c', title: 'four' }))
  expect(bench.groups()).toEqual(['c e1 e2 e3'])
  expect(bench.problems.get('e2')?.evidence).toMatchObject({ rule: 'merged', ruleId: 'pair', rulesRevision: revision })
})

it('takes rules in order: the first that applies decides', () => {
  const together: GroupingRule = { id: 'together', kind: 'always_join', left: ['labels.env=prod'], right: ['labels.env=test'] }
  const [always, never] = [new Bench(), new Bench()]
  for (const [bench, book] of [[always, rules(together, prodTest)], [never, rules(prodTest, together)]] as const) bench.feed(book, env('prod', 0, 'prod'), env('test', 5, 'test'))
  expect(always.groups()).toEqual(['prod test'])
  expect(never.groups()).toEqual(['prod', 'test'])
  const grouped = new Bench()
  grouped.feed(rules(prodTest, { id: 'asset', kind: 'group_by', when: [], by: ['asset'] }), env('prod', 0, 'prod'), env('test', 5, 'test'), env('test-2', 6, 'test'), env('prod-2', 7, 'prod'))
  expect(grouped.groups()).toEqual(['prod prod-2', 'test test-2'])
})

it('decides by new rules from their record on, and lets stand what was decided, also over a restart', () => {
  for (const restarts of [false, true]) {
    const bench = new Bench()
    bench.feed(onWeb('a', 0, { labels: { site: 'leeds' } }), onWeb('b', 5, { labels: { site: 'york' }, asset: 'web-1', signature: 'signature-a', title: 'title-a' }))
    const before = bench.groups()
    bench.feed(rules(perSite))
    if (restarts) bench.restart()
    expect(bench.groups()).toEqual(before)
    bench.feed(at('c', 10, 'leeds'), at('d', 11, 'york'))
    expect(bench.incidentOf('c')?.incidentId).toBe(bench.incidentOf('a')?.incidentId)
    expect(bench.incidentOf('d')?.incidentId).toBe(bench.incidentOf('b')?.incidentId)
    bench.feed(rules())
    if (restarts) bench.restart()
    bench.feed(at('e', 12, 'leeds'))
    expect(bench.problems.get('e')?.evidence).toMatchObject({ ruleId: null, rulesRevision: revision })
    expect(bench.problems.get('c')?.evidence).toMatchObject({ ruleId: 'per-site', rulesRevision: revision - 1 })
  }
})

it('follows a problem whose labels change from one group to another', () => {
  const bench = new Bench()
  bench.feed(rules(perSite), at('a', 0, 'leeds'), at('b', 1, 'york'))
  bench.feed(at('a', 2, 'york', { change: 'repeated', count: 2 }))
  bench.feed(at('c', 3, 'leeds'))
  expect(bench.groups()).toEqual(['a', 'b', 'c'])
})

it('finds the group of a problem among hundreds that are open', () => {
  const bench = new Bench()
  bench.feed(rules(perSite), ...Array.from({ length: 500 }, (_, i) => at(`p${i}`, i / 100, `site-${i}`)))
  bench.feed(at('again', 6, 'site-7'))
  expect(bench.groups()).toHaveLength(500)
  expect(bench.incidentOf('again')?.incidentId).toBe(bench.incidentOf('p7')?.incidentId)
})
