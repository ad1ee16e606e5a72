/**
 * What an incident shows beyond its problems: patterns, and the asset most likely at fault. Settled after every change of the incident, so it
 * must be a pure function of state entries (the incident's, its problems', its company's) and of log time, and cheap: a storm changes
 * an incident thousands of times. A finder that looks at all problems therefore does so only at growing sizes and else hands back what it said last.
 */
import type { Finding, RootCause } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { judgementOf } from './judgement.ts'
import { storedFinder } from './stored.ts'

/** Findings an incident shows at most. */
export const FINDINGS_MAX = 8

/** What is told of an incident: findings by confidence, and the root cause. */
export interface Insights {
  readonly findings: Finding[]
  readonly rootCause: RootCause | null
}

/** Looks for one kind of pattern; null where it is not there. `nowMs` is the log's time. */
export type Finder = (incident: IncidentNode, company: CompanyNode, nowMs: number) => Finding | null

/** One for each kind but the cascade, which comes with the root cause. */
const FINDERS: readonly Finder[] = [
  storedFinder('storm'), storedFinder('periodic'), storedFinder('recurrence'), storedFinder('missing'), storedFinder('flapping'),
]

/** Everything there is to say of an incident now: findings most confident first, then by kind, at most eight. */
export function insightsOf(incident: IncidentNode, company: CompanyNode, nowMs: number): Insights {
  const { rootCause, cascade } = judgementOf(incident, company, nowMs)
  const findings: Finding[] = cascade === null ? [] : [cascade]
  for (const find of FINDERS) {
    const finding = find(incident, company, nowMs)
    if (finding !== null) findings.push(finding)
  }
  if (findings.length > 1) findings.sort((a, b) => b.confidence - a.confidence || (a.kind < b.kind ? -1 : 1))
  return { findings: findings.slice(0, FINDINGS_MAX), rootCause }
}
