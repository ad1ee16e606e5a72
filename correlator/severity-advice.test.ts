import { describe, expect, it } from 'vitest'
import type { Command, IncidentSeverity, Severity } from '../schemas/records.ts'
import { Bench, command, problem } from './test-records.ts'

const ANALYST = { kind: 'analyst', id: 'analyst', name: 'Analyst' } as const

/** An incident of one problem, and a way to advise on it. */
function world(severity: Severity) {
  const bench = new Bench()
  bench.feed(problem('a', 0, { severity, asset: 'web' }))
  const { incidentId } = bench.incidentOf('a')!
  let serial = 0
  const shown = () => bench.incidents.get(incidentId)!
  return {
    bench, incidentId, shown,
    advise(advised: string | null, confidence: number | null, more: Partial<Command> = {}) {
      bench.feed(command(`advice-${(serial += 1)}`, incidentId, 'note', { actor: ANALYST, text: 'Because.', severity: advised, confidence, judgedVersion: shown().version, ...more }))
      return { severity: shown().severity, judgement: shown().severityJudgement, outcome: bench.outcomes.at(-1)! }
    },
  }
}

describe('the severity the analyst advises', () => {
  it('is taken above a confidence of 0.7, and says whose it is and why', () => {
    expect(world('medium').advise('high', 0.71)).toMatchObject({ severity: 'high', judgement: { severity: 'high', confidence: 0.71, by: 'analyst', reason: 'Because.' }, outcome: { status: 'done', message: 'done' } })
  })

  it.each([[0.7], [0.2], [0], [null], [Number.NaN], [1.01], [Number.POSITIVE_INFINITY]])('is not taken with a confidence of %s; the note stays', (confidence) => {
    const { advise, bench } = world('medium')
    expect(advise('high', confidence)).toMatchObject({ severity: 'medium', judgement: null, outcome: { status: 'done', code: null, message: expect.stringContaining('confidence') } })
    expect(bench.notes).toMatchObject([{ text: 'Because.', actor: ANALYST }])
  })

  it.each<[IncidentSeverity, string, IncidentSeverity]>([
    ['info', 'critical', 'low'], ['low', 'critical', 'medium'], ['medium', 'critical', 'high'], ['high', 'critical', 'critical'], ['high', 'info', 'medium'], ['medium', 'info', 'low'], ['low', 'info', 'info'],
    ['critical', 'info', 'critical'], ['critical', 'high', 'critical'], ['medium', 'medium', 'medium'], ['medium', 'urgent', 'medium'], ['medium', 'HIGH', 'medium'],
  ])('moves %s towards %s no further than to %s', (from, advised, to) => {
    expect(world(from).advise(advised, 0.99).severity).toBe(to)
  })

  it('does not walk further by being repeated, and can be taken back', () => {
    const { advise } = world('high')
    expect(advise('info', 0.9).severity).toBe('medium')
    expect(advise('info', 0.9).severity).toBe('medium')
    expect(advise('low', 0.9).severity).toBe('medium')
    expect(advise('high', 0.9)).toMatchObject({ severity: 'high', judgement: null })
    expect(advise('critical', 0.9).severity).toBe('critical')
    expect(advise('medium', 0.9).severity).toBe('medium')
  })

  it('is not taken once the incident has moved on, without a version, or when it is over', () => {
    const { advise, bench, shown } = world('medium')
    const judgedVersion = shown().version
    bench.feed(problem('a', 5, { severity: 'medium', asset: 'web', change: 'repeated', count: 2 }))
    expect(advise('high', 0.9, { judgedVersion })).toMatchObject({ severity: 'medium', outcome: { status: 'done', message: expect.stringContaining('moved on') } })
    expect(advise('high', 0.9, { judgedVersion: null })).toMatchObject({ severity: 'medium' })
    bench.feed(problem('a', 9, { severity: 'medium', asset: 'web', change: 'resolved', count: 2 }))
    expect(advise('high', 0.9)).toMatchObject({ severity: 'medium', outcome: { message: expect.stringContaining('resolved') } })
  })

  it.each(['connector', 'remediator', 'system'] as const)('counts from the analyst alone, not from a %s', (kind) => {
    expect(world('medium').advise('high', 0.9, { actor: { kind, id: 'x', name: 'X' } })).toMatchObject({ severity: 'medium', judgement: null })
  })

  it('stays under repeats of what it judged, and gives way to something worse', () => {
    const { advise, bench, shown } = world('high')
    advise('medium', 0.9)
    bench.feed(problem('a', 20, { severity: 'high', asset: 'web', change: 'repeated', count: 2 }))
    expect(shown()).toMatchObject({ severity: 'medium', severityJudgement: { by: 'analyst' } })
    bench.feed(problem('b', 30, { severity: 'low', asset: 'web' }))
    expect(shown()).toMatchObject({ problemCount: 2, severity: 'medium' })
    bench.feed(problem('c', 40, { severity: 'high', asset: 'web' }))
    expect(shown()).toMatchObject({ problemCount: 3, severity: 'high', severityJudgement: null })
  })

  it('gives way when the very problem becomes worse', () => {
    const { advise, bench, shown } = world('medium')
    advise('low', 0.9)
    bench.feed(problem('a', 20, { severity: 'critical', asset: 'web', change: 'changed', count: 2 }))
    expect(shown()).toMatchObject({ severity: 'critical', severityJudgement: null })
  })

  it('ends when the incident opens again', () => {
    const { advise, bench, incidentId, shown } = world('high')
    advise('medium', 0.9)
    bench.feed(command('r', incidentId, 'resolve'), command('o', incidentId, 'reopen'))
    expect(shown()).toMatchObject({ severity: 'high', severityJudgement: null })
  })

  it('survives a restart', () => {
    const { advise, bench, shown } = world('high')
    advise('medium', 0.9)
    bench.restart()
    bench.feed(problem('a', 20, { severity: 'high', asset: 'web', change: 'repeated', count: 2 }))
    expect(shown()).toMatchObject({ severity: 'medium', severityJudgement: { by: 'analyst' } })
  })

  it('never beats a rule of the company', () => {
    const { advise, bench, incidentId } = world('medium')
    const stored = bench.stored()
    const entry = [...stored.values()].find(({ event }) => event.type === 'incident')!
    if (entry.event.type === 'incident') entry.event.severityJudgement = { severity: 'medium', confidence: 1, by: 'rule', reason: 'printers are medium' }
    bench.state = new (bench.state.constructor as new (entries: typeof stored) => typeof bench.state)(stored)
    expect(advise('high', 0.99)).toMatchObject({ severity: 'medium', judgement: { by: 'rule' }, outcome: { message: expect.stringContaining('rule') } })
    expect(incidentId).not.toBe('')
  })
})
