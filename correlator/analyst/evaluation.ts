/** Scores a model's answers on cases whose right answer is known, through the same question, redaction and reading as in service. */
import { toAppError } from '../../schemas/errors.ts'
import { rawAnswer, readAnswer, type Analysis } from './answer.ts'
import type { Material } from './material.ts'
import type { Model, ModelTier } from './model/port.ts'
import { ANSWER_SCHEMA, type Prompt } from './prompts.ts'
import { fenceOf, questionOf } from './question.ts'
import { ANSWER_TOKENS } from './spending.ts'

/** What a good answer to a case says. */
export interface Expected {
  readonly pattern: Analysis['pattern']['name']
  /** Null: naming none, or being less than half sure, is right. */
  readonly rootCause: string | null
  /** At least one of these alerts is cited; empty: any or none. */
  readonly evidence: readonly string[]
  /** Null: any, or none. */
  readonly category: string | null
  /** Any of these; `keep` is no advice. */
  readonly severity: readonly string[]
  /** Exactly these. */
  readonly merges: readonly string[]
  /** Nothing but these; where there are some, at least one. */
  readonly runbooks: readonly string[]
  /** A case that does not suffice must not be called sure. */
  readonly confidenceBelow?: number
}

/** One case. */
export interface EvaluationCase {
  readonly name: string
  readonly material: Omit<Material, 'categories' | 'runbooks' | 'redaction'>
  readonly expect: Expected
}

/** What is scored, each right or wrong. */
export type Point = 'pattern' | 'rootCause' | 'evidence' | 'category' | 'severity' | 'merges' | 'runbooks' | 'confidence' | 'grounded'

/** How one case went. `error`: there was no answer; every point of it is wrong. */
export interface CaseScore {
  readonly name: string
  readonly points: Readonly<Partial<Record<Point, boolean>>>
  readonly error: string | null
  readonly latencyMs: number
  readonly costMicroUsd: number | null
}

/** All of it: the share of right points over all cases, and by point. */
export interface Evaluation {
  readonly promptVersion: string
  readonly tier: ModelTier
  readonly model: string
  readonly score: number
  readonly byPoint: Readonly<Record<string, { readonly right: number; readonly of: number }>>
  readonly cases: readonly CaseScore[]
}

const TIMEOUT_MS = 60_000
const POINTS: readonly Point[] = ['pattern', 'rootCause', 'evidence', 'category', 'severity', 'merges', 'runbooks', 'grounded']

/** Asks every case, one after the other. */
export async function evaluate(model: Model, cases: readonly EvaluationCase[], options: { readonly tier: ModelTier; readonly prompt: Prompt; readonly categories: readonly string[]; readonly runbooks: Material['runbooks'] }): Promise<Evaluation> {
  const { tier, prompt, categories, runbooks } = options
  const scored: CaseScore[] = []
  let named = ''
  for (const one of cases) {
    const material: Material = { ...one.material, categories, runbooks, redaction: { hidesHosts: true } }
    const question = questionOf(material, fenceOf(one.name))
    try {
      const answer = await model.ask({ tier, system: prompt.text, prompt: question.prompt, schema: ANSWER_SCHEMA, schemaName: 'incident_analysis', temperature: 0, maxTokens: ANSWER_TOKENS, timeoutMs: TIMEOUT_MS })
      named = `${answer.provider} ${answer.model}`
      const points = pointsOf(readAnswer(rawAnswer(answer.json), question, material, { isCached: false }), one.expect)
      scored.push({ name: one.name, points, error: null, latencyMs: answer.latencyMs, costMicroUsd: answer.costMicroUsd })
    } catch (thrown) {
      const error = toAppError(thrown)
      scored.push({ name: one.name, points: Object.fromEntries(POINTS.map((point) => [point, false])), error: `${error.code}: ${error.message}`, latencyMs: 0, costMicroUsd: null })
    }
  }
  const byPoint: Record<string, { right: number; of: number }> = {}
  for (const { points } of scored) {
    for (const [point, isRight] of Object.entries(points)) {
      const sum = (byPoint[point] ??= { right: 0, of: 0 })
      sum.of += 1
      if (isRight) sum.right += 1
    }
  }
  const all = Object.values(byPoint).reduce((sum, { right, of }) => ({ right: sum.right + right, of: sum.of + of }), { right: 0, of: 0 })
  return { promptVersion: prompt.version, tier, model: named, score: all.of === 0 ? 0 : all.right / all.of, byPoint, cases: scored }
}

/** Which points an analysis gets right. */
export function pointsOf(analysis: Analysis, expected: Expected): CaseScore['points'] {
  const { rootCause, dropped } = analysis
  const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one) => b.includes(one))
  return {
    pattern: analysis.pattern.name === expected.pattern,
    rootCause: expected.rootCause === null ? rootCause.asset === null || rootCause.confidence < 0.5 : rootCause.asset === expected.rootCause,
    evidence: expected.evidence.length === 0 || expected.evidence.some((id) => rootCause.alertIds.includes(id)),
    category: expected.category === null || analysis.category === expected.category,
    severity: expected.severity.includes(analysis.severityAdvice?.severity ?? 'keep'),
    merges: sameSet(analysis.mergeProposals.map(({ incidentId }) => incidentId), expected.merges),
    runbooks: analysis.runbooks.every((id) => expected.runbooks.includes(id)) && (expected.runbooks.length === 0) === (analysis.runbooks.length === 0),
    ...(expected.confidenceBelow === undefined ? {} : { confidence: analysis.confidence < expected.confidenceBelow }),
    // It spoke of nothing that is not there, and wrote plain words.
    grounded: Object.values(dropped).every((count) => count === 0),
  }
}
