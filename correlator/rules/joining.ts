/** Finds the incidents a problem must join because a grouping rule says so: by index only, before any score. */
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import type { Group } from '../key-list.ts'
import type { ProblemNode } from '../problem-node.ts'
import { INCIDENTS_PER_KEY, isOlder, refusal } from '../search.ts'
import type { ReadyGrouping } from './rule-book.ts'

/** An incident a rule names, and its problem that the rule speaks of. */
export interface Ruled {
  readonly rule: ReadyGrouping
  readonly incident: IncidentNode
  readonly problem: ProblemNode
}

const NONE: readonly Ruled[] = []

/** What the rules say a problem must join, in the order of the rules, of one rule the oldest incident first. */
export function ruledIncidents(company: CompanyNode, problem: ProblemNode): readonly Ruled[] {
  const { grouping } = company
  if (grouping === null) return NONE
  const found = new Map<IncidentNode, Ruled>()
  for (const { rule, lists } of grouping.joining(problem)) {
    for (const { groups } of lists) {
      let offered = 0
      for (let i = groups.length - 1; i >= 0 && offered < INCIDENTS_PER_KEY; i -= 1) {
        const group = groups[i] as Group
        const { incident } = group
        if (found.has(incident) || refusal(incident, problem.onsetMs, company.tuning.maxLifeMs) !== null) continue
        const other = rule.kind === 'group_by' ? ofSameGroup(company, problem, group) : near(company, problem, group)
        if (other === null || grouping.barring(problem, incident, rule.at) !== null) continue
        offered += 1
        found.set(incident, { rule, incident, problem: other })
      }
    }
  }
  return [...found.values()].sort((a, b) => a.rule.at - b.rule.at || (isOlder(a.incident, b.incident) ? -1 : 1))
}

/** While the incident is open, and for the window after it ended by itself. */
function ofSameGroup(company: CompanyNode, problem: ProblemNode, { incident, problems }: Group): ProblemNode | null {
  const { resolvedAtMs } = incident.state
  if (resolvedAtMs !== null && problem.onsetMs > resolvedAtMs + company.tuning.windowMs) return null
  return problems[0] ?? null
}

/** One that began within the window. */
function near(company: CompanyNode, problem: ProblemNode, { problems }: Group): ProblemNode | null {
  for (const other of problems) if (other !== null && other !== problem && Math.abs(problem.onsetMs - other.onsetMs) <= company.tuning.windowMs) return other
  return null
}
