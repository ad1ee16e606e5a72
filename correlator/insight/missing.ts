/** The finding that a monitor has stopped talking; the process stage hears every delivery, so it is the one that tells. */
import type { PlacedProblem } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { ProblemNode } from '../problem-node.ts'
import { isOn, type Found } from './stored.ts'

/** Source of the problem that a silent integration is. */
const HEARTBEAT_SOURCE = 'heartbeat'
/** Label that carries the learned gap, in seconds. */
const USUAL_GAP_LABEL = 'usual_gap_seconds'

/** True for the problem that a monitor is missing. */
export function isMissing(problem: ProblemNode): boolean {
  return problem.state.problem.source === HEARTBEAT_SOURCE
}

/** True for a silence that was only learned, of a company that does not want those; a heartbeat somebody set is told whatever the switch says. */
export function isUnwanted(company: CompanyNode, problem: PlacedProblem): boolean {
  return problem.source === HEARTBEAT_SOURCE && problem.labels[USUAL_GAP_LABEL] !== undefined && !isOn(company, 'missing')
}

/** What an incident says of it. A heartbeat somebody asked for is sure; a learned rhythm is a guess from many gaps. */
export function missingFinding(problem: ProblemNode): Found {
  const { message, title, problemKey, firstAtMs, labels } = problem.state.problem
  const usualGapS = Number(labels[USUAL_GAP_LABEL] ?? Number.NaN)
  const isLearned = Number.isFinite(usualGapS)
  return {
    confidence: isLearned ? 0.8 : 1, reason: message === '' ? title : message.slice(0, 500), sinceMs: firstAtMs, problemKeys: [problemKey],
    figures: isLearned ? { usualGapMs: usualGapS * 1_000 } : {},
  }
}
