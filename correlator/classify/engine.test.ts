/** What the stage makes of severities, categories, people's words and names: timelines. */
import { expect, it } from 'vitest'
import type { Settings } from '../../schemas/records.ts'
import type { RuleBook } from '../../schemas/rules.ts'
import { Bench, command, problem } from '../test-records.ts'

const settings = (rules: RuleBook, aliases: Record<string, string> = {}, revision = 1): Settings => ({
  type: 'settings', companyId: 'acme', revision, windowMs: 600_000, maxLifeMs: 3_600_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases,
  rules: JSON.stringify(rules), rulesRevision: revision,
})
const classify = (id: string, incidentId: string, more: { category?: string; severity?: string }, name = 'Ada') => command(id, incidentId, 'note', {
  text: 'I looked at it', category: more.category ?? null, severity: more.severity ?? null, actor: { kind: 'user', id: 'u1', name },
})

it('sorts an incident by the words of its worst problem, and says what may be done', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { title: 'Backup job failed', signature: 'backup', severity: 'medium' }))
  expect(bench.incidentOf('a')?.classification).toMatchObject({ category: 'backup', by: 'words', canResolveAutomatically: true, action: 'resolve_automatically' })
  bench.feed(problem('b', 1, { title: 'Frobnicator', signature: 'frob', asset: 'other' }))
  expect(bench.incidentOf('b')?.classification).toBeNull()
})

it('asks the next problem where the worst says nothing', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { asset: 'web', title: 'Frobnicator', severity: 'critical' }), problem('b', 1, { asset: 'web', title: 'CPU load is high', severity: 'low' }))
  expect(bench.groups()).toEqual(['a b'])
  expect(bench.incidentOf('a')?.classification).toMatchObject({ category: 'performance' })
})

it('escalates what is critical whatever its category would suggest', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { title: 'Backup job failed', signature: 'backup', severity: 'critical' }))
  expect(bench.incidentOf('a')?.classification).toMatchObject({ category: 'backup', action: 'escalate' })
})

it('reads the severity in the words where the tool sends none, and says so', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { severity: 'unknown', title: 'Database server is down', signature: null }), problem('b', 0, { severity: 'unknown', title: 'Blue', signature: null }))
  expect(bench.incidentOf('a')).toMatchObject({ severity: 'high', severityJudgement: { by: 'words', reason: 'the text says "down"' } })
  expect(bench.incidentOf('b')).toMatchObject({ severity: 'medium', severityJudgement: null })
})

it('lets a rule of the company decide severity and category from its revision on', () => {
  const bench = new Bench()
  bench.feed(problem('before', 0, { severity: 'critical', asset: 'lab-0' }))
  bench.feed(settings({
    severities: [{ id: 'lab', when: ['asset=~lab-.*'], severity: 'low', reason: 'nobody works in the lab' }],
    categories: [{ id: 'lab_work', when: ['asset=~lab-.*'], words: [] }, { id: 'coffee', name: 'coffee', words: ['espresso*3'], canResolveAutomatically: true, action: 'resolve_automatically' }],
  }))
  bench.feed(problem('a', 10, { severity: 'critical', asset: 'lab-1' }), problem('c', 10, { severity: 'medium', asset: 'kitchen', title: 'espresso machine says "refill"', signature: 'refill' }))
  expect(bench.incidentOf('before')).toMatchObject({ severity: 'critical' })
  expect(bench.incidentOf('a')).toMatchObject({
    severity: 'low', severityJudgement: { by: 'rule', confidence: 1, reason: 'nobody works in the lab' }, classification: { category: 'lab_work', by: 'rule', confidence: 1 },
  })
  expect(bench.incidentOf('c')?.classification).toMatchObject({ category: 'coffee', by: 'words', action: 'resolve_automatically' })
})

it('keeps what a person said, whatever comes after, and over a restart', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { asset: 'web', title: 'CPU high', severity: 'high' }))
  const { incidentId } = bench.incidentOf('a')!
  bench.feed(classify('c1', incidentId, { category: 'hardware', severity: 'low' }))
  bench.restart()
  bench.feed(problem('b', 10, { asset: 'web', title: 'Memory high', severity: 'critical' }))
  expect(bench.incidentOf('b')).toMatchObject({
    incidentId, severity: 'low', severityJudgement: { by: 'person', reason: 'Ada said so' }, classification: { category: 'hardware', by: 'person', confidence: 1 },
  })
})

it('takes people at their word for a signature once they agree twice running', () => {
  const bench = new Bench()
  const noisy = { signature: 'Fan speed', severity: 'critical' as const }
  for (const n of [1, 2]) {
    bench.feed(problem(`p${n}`, n * 2_000, { ...noisy, asset: `rack-${n}`, title: `Fan ${n}` }))
    expect(bench.incidentOf(`p${n}`)?.severity).toBe('critical')
    bench.feed(classify(`c${n}`, bench.incidentOf(`p${n}`)!.incidentId, { severity: 'info' }))
  }
  bench.restart()
  bench.feed(problem('p3', 9_000, { ...noisy, asset: 'rack-3', title: 'Fan 3' }))
  expect(bench.incidentOf('p3')).toMatchObject({ severity: 'info', severityJudgement: { by: 'history', confidence: 0.8 } })
})

it('learns from ten lessons how people sort, the same after a restart', () => {
  const bench = new Bench()
  for (let n = 0; n < 12; n += 1) {
    const isPress = n % 2 === 0
    bench.feed(problem(`p${n}`, n * 1_000, { asset: `m-${n}`, signature: `s${n}`, title: isPress ? 'hydraulic press overpressure' : 'badge reader jammed at gate', message: '' }))
    bench.feed(classify(`c${n}`, bench.incidentOf(`p${n}`)!.incidentId, { category: isPress ? 'shop_floor' : 'building' }))
  }
  bench.restart()
  bench.feed(problem('new', 20_000, { asset: 'm-99', signature: 's99', title: 'press overpressure again', message: '' }))
  expect(bench.incidentOf('new')?.classification).toMatchObject({ category: 'shop_floor', by: 'history', action: 'assign' })
})

it('takes one machine with several names as one asset, in incidents and in the graph', () => {
  const bench = new Bench()
  bench.feed(settings({}, { 'web-1.acme.example': 'web-1', '10.0.0.7': 'web-1' }))
  bench.feed({ type: 'topology', companyId: 'acme', revision: 1, edges: [{ from: 'shop', to: '10.0.0.7', kind: 'runs_on' }] })
  bench.feed(problem('a', 0, { asset: 'web-1' }), problem('b', 5, { asset: 'WEB-1.acme.example' }), problem('c', 9, { asset: '10.0.0.7' }), problem('d', 12, { asset: 'shop' }))
  expect(bench.groups()).toEqual(['a b c d'])
  expect(bench.incidentOf('a')?.assets).toEqual(['web-1', 'shop'])
})

it('joins a host under its short and its full name without a list, but not two hosts that share a first label everybody has', () => {
  const bench = new Bench()
  bench.feed(problem('a', 0, { asset: 'db-7' }), problem('b', 5, { asset: 'db-7.leeds.acme.example' }), problem('c', 0, { asset: 'www.acme.example' }), problem('d', 5, { asset: 'www.other.example' }))
  expect(bench.groups()).toEqual(['a b', 'c', 'd'])
})
