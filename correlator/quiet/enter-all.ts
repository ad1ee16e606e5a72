import type { CompanyNode } from '../company-node.ts'
import { LATENESS_MS } from '../score.ts'
import { causeKeys, targetKeys } from './keys.ts'
import { beganBefore, MOVABLE_MS } from './quiet-index.ts'

/** Enters the problems of a company under what may explain them and what they may explain: after a restart, or when that has changed. */
export function enterAll(company: CompanyNode, nowMs: number): void {
  const { quiet } = company
  quiet.clear()
  for (const problem of [...company.problems.values()].sort((a, b) => (beganBefore(a, b) ? -1 : 1))) {
    const { suppression } = problem.state
    if (problem.isFiring || problem.endMs + LATENESS_MS >= nowMs) {
      quiet.setCause(problem, causeKeys(company, problem))
      if (!problem.isFiring) quiet.endCause(problem)
    }
    const mayMove = suppression === null && problem.toldMs + MOVABLE_MS >= nowMs
    if (mayMove || suppression?.byProblemKey != null) quiet.setTarget(problem, targetKeys(company, problem))
  }
}
