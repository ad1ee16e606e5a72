/** Under which keys a problem may explain others, or be explained: see quiet-index.ts. */
import { holds } from '../../schemas/conditions.ts'
import type { CompanyNode } from '../company-node.ts'
import type { ProblemNode } from '../problem-node.ts'
import type { ReadyInhibition } from '../rules/rule-book.ts'
import { canonical } from '../text.ts'
import { ofAssetKey, ofParentKey, ofRuleKey, unreachableKey } from './key-names.ts'

/** Labels by which a tool names what an asset hangs on. */
export const PARENT_LABELS = ['parent', 'parents', 'parent_host', 'depends_on', 'upstream'] as const
/** Parents of one problem that are looked at. */
const PARENTS_MAX = 8

const NO_KEYS: readonly string[] = []

/** An inhibition rule and the values that must agree. */
export function inhibitionKey({ rule, equal }: ReadyInhibition, { state: { problem } }: ProblemNode): string {
  return ofRuleKey(rule.id, equal.map((read) => read(problem)))
}

/** False where the company has switched it off. */
export function isDependencyOn(company: CompanyNode): boolean {
  return company.rules.switches.dependencySuppression !== false
}

/** Where a problem is found when something it might explain looks for it. */
export function causeKeys(company: CompanyNode, problem: ProblemNode): readonly string[] {
  const keys: string[] = []
  if (problem.isUnreachable && problem.asset !== null && isDependencyOn(company)) keys.push(unreachableKey(problem.asset))
  for (const rule of company.rules.inhibitions) if (holds(rule.source, problem.state.problem)) keys.push(inhibitionKey(rule, problem))
  return keys.length === 0 ? NO_KEYS : keys
}

/** Where a problem is found when something that might explain it begins or ends. */
export function targetKeys(company: CompanyNode, problem: ProblemNode): readonly string[] {
  const keys: string[] = []
  if (isDependencyOn(company)) {
    for (const parent of labelParents(problem)) keys.push(ofParentKey(parent))
    if (problem.asset !== null && company.graph !== null && company.graph.carriers(problem.asset).length > 0) keys.push(ofAssetKey(problem.asset))
  }
  for (const rule of company.rules.inhibitions) if (holds(rule.target, problem.state.problem)) keys.push(inhibitionKey(rule, problem))
  return keys.length === 0 ? NO_KEYS : keys
}

/** The assets that labels name as parents of the problem's asset; canonical, at most eight. */
export function labelParents({ asset, state: { problem: { labels } } }: ProblemNode): readonly string[] {
  let found: string[] | null = null
  for (const label of PARENT_LABELS) {
    const value = labels[label]
    if (value === undefined || value === '') continue
    for (const name of value.split(/[,;]/)) {
      const parent = canonical(name.trim().replace(/:\d+$/, ''))
      if (parent === null || parent === asset) continue
      found ??= []
      if (found.length < PARENTS_MAX && !found.includes(parent)) found.push(parent)
    }
  }
  return found ?? NO_KEYS
}
