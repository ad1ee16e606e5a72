import type { Evidence } from '../schemas/records.ts'
import type { CompanyNode } from './company-node.ts'
import { aliveOf, type IncidentNode } from './incident-node.ts'
import type { Cause, World } from './world.ts'

/** The merged incident's founder has its reason to be there changed; the others keep theirs. */
export function tellMerge(world: World, company: CompanyNode, loser: IncidentNode, by: Cause, evidence: Evidence): void {
  const founder = loser.state.founderKey === null ? undefined : company.problems.get(loser.state.founderKey)
  if (founder === undefined || founder.incident === null || aliveOf(founder.incident) !== loser) return
  founder.state.evidence = evidence
  world.touchProblem(founder, by.position)
}
