/** Decides when an incident is judged anew, so that a storm which changes it thousands of times costs a few looks at each problem. */
import type { Finding, RootCause } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { cut } from '../text.ts'
import { cascadeOf } from './cascade.ts'
import { judge, ONLY_ONE } from './root-cause.ts'

/** Up to this many problems an incident is judged at each new one. */
const SMALL = 8
/** Above this many it is judged only when it has doubled. */
const LARGE = 1_000
/** Growth at which it is judged in between. */
const GROWTH = 1.25
/** An incident that is not large and has changed at all is judged again after this long. */
const AGAIN_MS = 30_000

/** Problems looked at so far; for tests. */
export const judgeStats = { problems: 0 }

/** What was last said, or is said now. */
export interface Judgement {
  readonly rootCause: RootCause | null
  readonly cascade: Finding | null
}

/** The incident's root cause and cascade; notes in its entry when it judges. `nowMs`: the log's time. */
export function judgementOf(incident: IncidentNode, company: CompanyNode, nowMs: number): Judgement {
  const { state, members, assets } = incident
  const [asset] = assets.top()
  if (asset !== undefined && assets.size === 1 && state.past.assetCount === 0) return { rootCause: aloneOn(asset, state.rootCause), cascade: null }
  const problems = members.size + state.past.problemCount
  const alerts = incident.alerts + state.past.alertCount
  const kept = { rootCause: state.rootCause, cascade: state.findings.find(({ kind }) => kind === 'cascade') ?? null }
  if (members.size === 0 || asset === undefined || !isDue(state, problems, alerts, nowMs)) return kept
  state.judgedProblems = problems
  state.judgedAlerts = alerts
  state.judgedAtMs = nowMs
  judgeStats.problems += members.size
  const verdict = judge(members, company.graph)
  return verdict === null ? kept : { rootCause: verdict.rootCause, cascade: cascadeOf(verdict) }
}

function isDue({ judgedProblems, judgedAlerts, judgedAtMs }: IncidentNode['state'], problems: number, alerts: number, nowMs: number): boolean {
  if (judgedProblems === 0) return true
  if (problems === judgedProblems && alerts === judgedAlerts) return false
  if (problems <= SMALL) return problems !== judgedProblems || nowMs >= judgedAtMs + AGAIN_MS
  if (problems <= LARGE) return problems >= judgedProblems * GROWTH || nowMs >= judgedAtMs + AGAIN_MS
  return problems >= judgedProblems * 2
}

function aloneOn(asset: string, before: RootCause | null): RootCause {
  const name = cut(asset, 256)
  if (before !== null && before.asset === name && before.chain.length === 0) return before
  return { asset: name, confidence: ONLY_ONE, reason: 'it is the only asset of the incident', chain: [] }
}
