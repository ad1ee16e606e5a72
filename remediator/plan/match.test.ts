import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunHistory } from '../../schemas/remediation-match.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import { someRunbook } from '../guard/test-facts.ts'
import { matchRunbooks, successOf, type MatchQuestion } from './match.ts'
import { someProblem, somePlanIncident } from './test-plans.ts'

const disk = (id: string, change: Partial<Runbook> = {}): Runbook => someRunbook({ id, ...change })
const other = (id: string): Runbook => someRunbook({ id, match: { all: ['signature=certificate'], any: [] } })
const question = (change: Partial<MatchQuestion> = {}): MatchQuestion => ({ incident: somePlanIncident(), runbooks: [disk('a')], history: new Map(), msp: {}, company: {}, ...change })
const ids = (change: Partial<MatchQuestion>): string[] => matchRunbooks(question(change)).fits.map(({ runbook }) => runbook.id)
const history = (...rows: [string, number, number, number, number][]): RunHistory => new Map(rows.map(([id, ended, succeeded, allEnded, allSucceeded]) => [id, { company: { ended, succeeded }, all: { ended: allEnded, succeeded: allSucceeded } }]))

describe('which runbooks fit', () => {
  it('are those whose criteria hold for a problem that fires, and no drafts or switched off ones', () => {
    const runbooks = [disk('a'), other('b'), disk('c', { origin: 'draft' }), disk('off-here'), disk('off-everywhere')]
    expect(ids({ runbooks, company: { runbooks: { 'off-here': { enabled: false } } }, msp: { runbooks: { 'off-everywhere': { enabled: false } } } })).toEqual(['a'])
    expect(ids({ incident: somePlanIncident({ problems: [someProblem({ status: 'resolved' })] }) })).toEqual([])
  })

  it('are run for the problem on the root cause, then for the worst', () => {
    const problems = [someProblem({ problemKey: 'low', severity: 'low' }), someProblem({ problemKey: 'worst', severity: 'critical', asset: 'web-02' }), someProblem({ problemKey: 'root', severity: 'info', asset: 'db-01' })]
    const best = (rootCauseAsset: string | null) => matchRunbooks(question({ incident: somePlanIncident({ problems, rootCauseAsset }) })).fits[0]?.problem.problemKey
    expect([best(null), best('db-01')]).toEqual(['worst', 'root'])
  })

  it('come first that succeeded here, whatever others saw', () => {
    expect(ids({ runbooks: [disk('a'), disk('b')], history: history(['a', 5, 0, 1_000, 990], ['b', 5, 5, 10, 5]) })).toEqual(['b', 'a'])
    expect(ids({ runbooks: [disk('a'), disk('b')], history: history(['a', 0, 0, 10, 1], ['b', 0, 0, 10, 9]) })).toEqual(['b', 'a'])
  })

  it('come first, of equals, that are verified, that are more exact, that risk less', () => {
    const verify = { shell: {}, expect: 'usedPercent < 90', withinMs: 1, timeoutMs: 1, problem: 'must_clear' as const }
    const runbooks = [disk('report'), disk('b-high', { verify, risk: 'high' }), disk('b-low', { verify }), disk('exact', { verify, risk: 'high', match: { all: ['signature=~".*disk.*"', 'severity=high'], any: [] } })]
    expect(ids({ runbooks })).toEqual(['exact', 'b-low', 'b-high', 'report'])
  })

  it('say why', () => {
    expect(matchRunbooks(question({ history: history(['a', 2, 1, 4, 3]), incident: somePlanIncident({ suggested: ['a'] }) })).fits[0]?.why).toEqual([
      'Its criteria hold: signature=~".*disk.*".', 'It succeeded in 1 of 2 runs here, and in 3 of 4 in all companies.', 'The analyst named it.',
    ])
  })
})

describe('the word of the analyst', () => {
  it('ranks among those that fit, and experience outweighs it', () => {
    expect(ids({ runbooks: [disk('a'), disk('b')], incident: somePlanIncident({ suggested: ['b'] }) })).toEqual(['b', 'a'])
    expect(ids({ runbooks: [disk('a'), disk('b')], incident: somePlanIncident({ suggested: ['b'] }), history: history(['a', 5, 5, 5, 5], ['b', 5, 1, 5, 1]) })).toEqual(['a', 'b'])
  })

  it('only suggests what does not fit, and nothing that the list does not have', () => {
    const { fits, suggested } = matchRunbooks(question({ runbooks: [disk('a'), other('b'), disk('d', { origin: 'draft' })], incident: somePlanIncident({ suggested: ['rm -rf /', 'b', 'd', '__proto__', 'a'] }) }))
    expect([fits.map(({ runbook }) => runbook.id), suggested.map(({ id }) => id)]).toEqual([['a'], ['b']])
  })

  it('never makes a runbook fit, whatever is named', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'x', ''), { maxLength: 6 }), (suggested) => {
      const runbooks = [disk('a'), other('b'), disk('c')]
      const fitting = (incident: MatchQuestion['incident']) => ids({ runbooks, incident }).sort()
      expect(fitting(somePlanIncident({ suggested }))).toEqual(fitting(somePlanIncident()))
    }))
  })
})

it('takes experience as a share between none and all, and rises with success', () => {
  fc.assert(fc.property(fc.nat(50), fc.nat(50), fc.nat(500), fc.nat(500), (ownOk, ownBad, allOk, allBad) => {
    const record = (ok: number) => ({ company: { ended: ownOk + ownBad, succeeded: ok }, all: { ended: ownOk + ownBad + allOk + allBad, succeeded: ok + allOk } })
    const score = successOf(record(ownOk))
    expect(score).toBeGreaterThan(0)
    expect(score).toBeLessThan(1)
    if (ownOk > 0) expect(score).toBeGreaterThan(successOf(record(ownOk - 1)))
  }))
  expect(successOf(undefined)).toBe(0.5)
})
