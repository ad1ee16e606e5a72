/**
 * A problem that is kept quiet because another explains it, and that began within the lateness bound of what explains it in the end, stands with that: others are
 * compared with it as if it were in the same incident, and what fits both is one. So the incidents of all others come out the same whether it came
 * before its cause or after it. It is counted nowhere and raises nothing. One that began later has no say in grouping.
 */
import type { Evidence, Suppression } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import { aliveOf, type IncidentNode } from '../incident-node.ts'
import type { ProblemNode } from '../problem-node.ts'
import { explainPair, LATENESS_MS } from '../score.ts'
import { areApart, isOlder, searchIncidents } from '../search.ts'
import { tellMerge } from '../tell-merge.ts'
import type { Cause, World } from '../world.ts'
import { rootOf } from './witness.ts'

/** The incident a problem stands with by what explains it; null where that is not shown itself, has been ended by a person, or began at another time. */
export function homeOf(company: CompanyNode, problem: ProblemNode, { byProblemKey }: Suppression): IncidentNode | null {
  const cause = byProblemKey === null ? undefined : company.problems.get(byProblemKey)
  const root = cause === undefined ? null : rootOf(company, cause)
  // Of the root, because which problem of a chain is named depends on which of them had been told.
  if (root === null || root.incident === null || Math.abs(root.state.problem.firstAtMs - problem.onsetMs) > LATENESS_MS) return null
  const home = aliveOf(root.incident)
  return home.state.status === 'closed' || home.state.resolvedByPerson ? null : home
}

/** Makes one incident of two because of a problem that is kept quiet, unless people or their rules want them apart. */
export function unite(world: World, company: CompanyNode, one: IncidentNode, other: IncidentNode, by: Cause, evidence: Evidence): void {
  const [here, there] = [aliveOf(one), aliveOf(other)]
  if (here === there || areApart(company, here, there) || (company.grouping?.parting(here, there) ?? null) !== null) return
  if (here.state.assignee !== null && there.state.assignee !== null && here.state.assignee !== there.state.assignee) return
  const [winner, loser] = isOlder(here, there) ? [here, there] : [there, here]
  if (winner.isEnded && loser.firing > 0) world.reopen(company, winner)
  tellMerge(world, company, loser, by, { ...evidence, rule: 'merged' })
  world.merge(winner, loser, by)
}

/** Lets a problem that is kept quiet stand in its home, and merges what it fits besides. */
export function standIn(world: World, company: CompanyNode, problem: ProblemNode, home: IncidentNode, by: Cause): void {
  for (const { incident, problem: other, score } of [...searchIncidents(company, problem)]) {
    unite(world, company, home, incident, by, explainPair(other, problem, score, company.tuning, company.graph))
  }
  enterHome(company, problem, aliveOf(home))
}

/** Offers a problem that is kept quiet for comparing, as one of its home. */
export function enterHome(company: CompanyNode, problem: ProblemNode, home: IncidentNode): void {
  problem.standsIn = home
  problem.state.standsWith = home.state.incidentId
  home.quiet.add(problem)
  company.index(problem, home)
}

/** Takes a problem out of its home; the home to index anew, null where there is none. */
export function leaveHome(problem: ProblemNode): IncidentNode | null {
  const home = problem.standsIn === null ? null : aliveOf(problem.standsIn)
  home?.quiet.delete(problem)
  problem.standsIn = null
  problem.state.standsWith = null
  return home
}
