import { describe, expect, it } from 'vitest'
import { Bench, command, problem } from '../test-records.ts'

const kinds = (bench: Bench, key: string) => bench.incidentOf(key)!.findings.map(({ kind }) => kind)

describe('flapping', () => {
  it('is told while a problem of the incident flaps, and no longer', () => {
    const bench = new Bench()
    bench.feed(problem('a', 0, { asset: 'web-1', signature: 'cpu' }))
    expect(kinds(bench, 'a')).toEqual([])
    bench.feed(problem('a', 100, { asset: 'web-1', signature: 'cpu', change: 'changed', flapping: true, firstAtMs: problem('a', 0).firstAtMs, count: 4 }))
    expect(bench.incidentOf('a')!.findings).toMatchObject([{ kind: 'flapping', confidence: 0.9, sinceMs: problem('a', 100).atMs, problemKeys: ['a'], figures: { problems: 1 }, reason: expect.stringMatching(/^cpu on web-1 goes back and forth/) }])
    bench.restart()
    bench.feed(problem('a', 900, { asset: 'web-1', signature: 'cpu', change: 'changed', flapping: false, firstAtMs: problem('a', 0).firstAtMs, count: 5 }))
    expect(kinds(bench, 'a')).toEqual([])
  })

  it('counts the problems that flap, up to twenty by name', () => {
    const bench = new Bench()
    const on = { asset: 'web-1', labels: { site: 'hq' }, flapping: true }
    for (let i = 0; i < 25; i += 1) bench.feed(problem(`p${i}`, i, { ...on, signature: `check ${i}` }))
    const [finding] = bench.incidentOf('p0')!.findings
    expect(finding!.problemKeys).toHaveLength(20)
    expect(finding!.reason).toMatch(/^At least 20 problems go back and forth/)
    bench.feed(problem('p3', 300, { ...on, signature: 'check 3', change: 'resolved', flapping: false }))
    expect(bench.incidentOf('p0')!.findings[0]!.reason).toMatch(/^19 problems go/)
  })
})

describe('missing', () => {
  const silent = { source: 'heartbeat', asset: 'Zabbix Berlin', signature: 'Monitor is missing', title: 'Monitor is missing: Zabbix Berlin', message: 'Nothing has come from it since noon.' }
  it('is told of an incident about a monitor that stopped talking, surely where somebody asked for a heartbeat and less so where the rhythm was learned', () => {
    const bench = new Bench()
    bench.feed(problem('h', 0, silent), problem('l', 5_000, { ...silent, asset: 'PRTG', labels: { usual_gap_seconds: '300' } }))
    expect(bench.incidentOf('h')!.findings).toMatchObject([{ kind: 'missing', confidence: 1, reason: 'Nothing has come from it since noon.', problemKeys: ['h'] }])
    expect(bench.incidentOf('l')!.findings).toMatchObject([{ kind: 'missing', confidence: 0.8, figures: { usualGapMs: 300_000 } }])
  })
})

describe('missing, switched off', () => {
  const silent = { source: 'heartbeat', asset: 'PRTG', signature: 'Monitor is missing', labels: { usual_gap_seconds: '300' } }
  const settings = (revision: number, rules: string) => ({ type: 'settings' as const, companyId: 'acme', revision, windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules, rulesRevision: revision })

  it('opens nothing for a learned silence, lets go what is open already, and still tells a heartbeat that somebody set', () => {
    const bench = new Bench()
    bench.feed(problem('before', 0, { ...silent, asset: 'Nagios' }), settings(1, '{"switches":{"missing":false}}'))
    bench.feed(problem('learned', 5, silent), problem('set', 6_000, { ...silent, labels: {} }))
    expect(bench.fates.at(-2)).toMatchObject({ kind: 'dropped', reason: 'switched_off' })
    expect([...bench.problems.keys()]).toEqual(['before', 'set'])
    bench.feed(problem('before', 7_000, { ...silent, asset: 'Nagios', change: 'resolved' }))
    expect(bench.incidentOf('before')!.status).toBe('resolved')
    bench.feed(settings(2, ''), problem('learned', 8_000, { ...silent, change: 'repeated', count: 2 }))
    expect(bench.incidentOf('learned')!.status).toBe('open')
  })
})

describe('findings of incidents that become one', () => {
  it('stay with the survivor', () => {
    const bench = new Bench()
    bench.feed(problem('a', 0, { title: 'x' }), problem('b', 1, { title: 'y', flapping: true }))
    const [a, b] = [bench.incidentOf('a')!.incidentId, bench.incidentOf('b')!.incidentId]
    bench.feed(command('m', a, 'merge', { intoIncidentId: b }))
    expect(kinds(bench, 'a')).toEqual(['flapping'])
    expect(bench.incidents.get(a)!.mergedInto).toBeNull()
  })
})
