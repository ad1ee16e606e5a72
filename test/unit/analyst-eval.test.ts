import { expect, it } from 'vitest'
import { AppError } from '../../schemas/errors.ts'
import type { Expected } from '../../correlator/analyst/evaluation.ts'
import type { RawAnswer } from '../../correlator/analyst/answer.ts'
import { CASES, run, textOf } from '../analyst-eval/run.ts'
import { ScriptedModel, type AskedData } from '../harness/scripted-model.ts'

/** A model that knows the right answers: it finds its case by the title, and speaks in the names of the question. */
function knowing(spoil: (answer: Partial<RawAnswer>, expected: Expected) => Partial<RawAnswer> = (answer) => answer): ScriptedModel {
  let at = 0
  return new ScriptedModel(({ alerts, otherIncidents }: AskedData) => {
    const { expect: expected, material } = CASES[at++ % CASES.length]!
    const placeOf = (alertId: string) => material.problems.findIndex((problem) => problem.alertId === alertId)
    const cause = material.problems.findIndex(({ asset }) => asset === expected.rootCause)
    const advice = expected.severity[0] as RawAnswer['severity']['advice']
    return spoil({
      pattern: expected.pattern, rootCause: { asset: expected.rootCause === null ? '' : alerts[cause]!.asset!, reason: 'r', confidence: 0.9, evidence: expected.evidence.map((id) => alerts[placeOf(id)]!.id) },
      category: expected.category ?? '', confidence: (expected.confidenceBelow ?? 1) - 0.1, severity: { advice, reason: 'r', confidence: 0.9 }, runbooks: expected.runbooks,
      merges: expected.merges.map((id) => ({ incident: otherIncidents[material.others.findIndex(({ incidentId }) => incidentId === id)]!.id, reason: 'r', confidence: 0.9 })),
    }, expected)
  })
}

it('holds a dozen cases and more, each with a name and an answer that can be given', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(12)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
  expect(new Set(CASES.map(({ expect: { pattern } }) => pattern))).toEqual(new Set(['cascade', 'storm', 'periodic', 'none']))
})

it('gives every point to a model that answers rightly', async () => {
  const result = await run(knowing(), 'cheap')
  expect(result.cases.filter(({ points }) => Object.values(points).includes(false))).toEqual([])
  expect(result.score).toBe(1)
  expect(textOf(result)).toContain('100.0 % of all points')
})

it.each<[string, (answer: Partial<RawAnswer>, expected: Expected) => Partial<RawAnswer>, string]>([
  ['blames nothing', (answer) => ({ ...answer, rootCause: { asset: '', reason: '', confidence: 0, evidence: [] } }), 'rootCause'], ['cites alerts that are not there', (answer) => ({ ...answer, rootCause: { ...answer.rootCause!, evidence: ['a99'] } }), 'evidence'],
  ['sees a storm in everything', (answer) => ({ ...answer, pattern: 'storm' }), 'pattern'], ['calls everything a printer', (answer) => ({ ...answer, category: 'printer' }), 'category'],
  ['lowers every severity', (answer) => ({ ...answer, severity: { advice: 'info', reason: 'x', confidence: 1 } }), 'severity'], ['merges everything', (answer) => ({ ...answer, merges: [{ incident: 'i1', reason: 'x', confidence: 1 }, { incident: 'i2', reason: 'x', confidence: 1 }] }), 'merges'],
  ['suggests every runbook', (answer) => ({ ...answer, runbooks: ['clean-temporary-files', 'unlock-account'] }), 'runbooks'], ['is always sure', (answer) => ({ ...answer, confidence: 1 }), 'confidence'], ['writes links', (answer) => ({ ...answer, summary: 'see https://x.example/' }), 'grounded'],
])('takes the point from one that %s', async (_, spoil, point) => {
  const { byPoint, score } = await run(knowing(spoil), 'cheap')
  expect(byPoint[point]!.right).toBeLessThan(byPoint[point]!.of)
  expect(score).toBeLessThan(1)
})

it('gives nothing for no answer, and says why there was none', async () => {
  const result = await run(new ScriptedModel(() => new AppError('llm_timeout', 'too slow')), 'strong')
  expect(result.score).toBe(0)
  expect(textOf(result)).toContain('llm_timeout: too slow')
})
