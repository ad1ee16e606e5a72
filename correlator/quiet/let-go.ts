/**
 * Releases what is no longer kept quiet and still fires. It is compared as if it had begun when it was released, because nobody could know of it
 * before; a hold alone delays only the telling, so after it the true onset counts. Whatever is due at one moment is judged first, and then
 * placed in the order in which it began.
 */
import type { Suppression } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { began } from '../insight/patterns.ts'
import type { ProblemNode } from '../problem-node.ts'
import type { Cause, World } from '../world.ts'
import { free, hold, isSame, notePlaced } from './keep.ts'
import { beganBefore } from './quiet-index.ts'
import { leaveHome } from './stand.ts'

/** Finds an incident for a problem, or makes one. */
export type Place = (world: World, company: CompanyNode, problem: ProblemNode, held: Suppression, by: Cause) => void

/** Judges problems that are kept quiet anew; `place` takes those that are not any more. */
export function letGo(world: World, company: CompanyNode, problems: readonly ProblemNode[], by: Cause, again: (problem: ProblemNode) => Suppression | null, place: Place): void {
  const leaving: { readonly problem: ProblemNode; readonly held: Suppression }[] = []
  const homes = new Set<IncidentNode>()
  for (const problem of [...problems].sort((a, b) => (beganBefore(a, b) ? -1 : 1))) {
    const { state } = problem
    const held = state.suppression
    if (held === null) continue
    const verdict = again(problem)
    if (verdict !== null && isSame(held, verdict)) continue
    if (held.kind !== 'hold') state.releasedAtMs = Math.max(by.atMs, state.problem.firstAtMs)
    const home = leaveHome(problem)
    if (home !== null) homes.add(home)
    problem.settleOnset()
    if (verdict === null) {
      state.toldAtMs = Math.max(by.atMs, state.problem.firstAtMs)
      leaving.push({ problem, held })
    }
    else hold(world, company, problem, verdict, by)
  }
  for (const home of homes) company.reindex(home)
  for (const { problem } of leaving) free(company, problem)
  for (const { problem, held } of leaving) {
    place(world, company, problem, held, { ...by, causeId: problem.state.problem.problemKey })
    notePlaced(world, company, problem)
    // What was held began when it did; a window that closes makes no storm.
    if (held.kind === 'hold') began(world, company, problem, { ...by, causeId: problem.state.problem.problemKey })
  }
}
