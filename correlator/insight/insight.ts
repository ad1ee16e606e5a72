/**
 * What an incident shows beyond its problems: patterns, and the asset most likely at fault. Settled after every change of the incident, so it
 * must be a pure function of state entries (the incident's, its problems', its company's) and of log time, and cheap: a storm changes
 * an incident thousands of times. A finder that looks at all problems therefore does so only at growing sizes and else hands back what it said last.
 */
import type { Finding, RootCause } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { judgementOf } from './judgement.ts'
import { isShown, tellingFirst } from './stored.ts'

/** Findings an incident shows at most. */
export const FINDINGS_MAX = 8

/** What is told of an incident: findings by confidence, and the root cause. */
export interface Insights {
  readonly findings: Finding[]
  readonly rootCause: RootCause | null
}

/** Everything there is to say of an incident now: findings most confident first, then by kind, at most eight. Events store theirs; the cascade comes with the root cause. */
export function insightsOf(incident: IncidentNode, company: CompanyNode, nowMs: number): Insights {
  const { rootCause, cascade } = judgementOf(incident, company, nowMs)
  const known = incident.state.findings
  // Most changes of an incident change nothing here.
  if (known.every((finding) => finding === cascade || isShown(company, finding)) && (cascade === null || known.includes(cascade))) return { findings: known, rootCause }
  const findings = known.filter((finding) => isShown(company, finding))
  if (cascade !== null) findings.push(cascade)
  return { findings: findings.sort(tellingFirst).slice(0, FINDINGS_MAX), rootCause }
}
