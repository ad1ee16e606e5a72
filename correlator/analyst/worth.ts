/** Whether an incident is worth a call: rules explain most of them, and a call costs money and somebody's attention. */
import type { AnalysisReason } from '../../schemas/analysis-views.ts'
import type { IncidentChanged } from '../../schemas/records.ts'

/** Why an incident is analysed. */
export type Why = AnalysisReason

/** What is known of the last analysis of the incident. */
export interface LastAnalysis {
  readonly alertCount: number
  readonly problemCount: number
  readonly severity: string
}

/** A category below this confidence is a guess. */
export const AMBIGUOUS_BELOW = 0.6
/** An analysed incident is looked at again when it has grown so many times. */
export const GROWTH = 4
/** From so many assets on, a case is hard: the strong model is asked at once. */
export const HARD_ASSETS = 10
const PATTERNS: readonly string[] = ['cascade', 'storm']

/** Facts the decision rests on. */
export type Judged = Pick<IncidentChanged, 'status' | 'mergedInto' | 'severity' | 'alertCount' | 'problemCount' | 'openProblemCount' | 'sources' | 'findings' | 'classification'>

/** The reason to ask, or null: resolved, closed and merged incidents never are, nor small clear ones. What is suppressed has no incident at all. */
export function worthAsking(incident: Judged, last: LastAnalysis | null): Why | null {
  if (incident.mergedInto !== null || incident.status === 'resolved' || incident.status === 'closed' || incident.openProblemCount === 0) return null
  if (last !== null) {
    if (incident.severity === 'critical' && last.severity !== 'critical') return 'critical'
    return incident.alertCount >= GROWTH * Math.max(1, last.alertCount) || incident.problemCount >= GROWTH * Math.max(1, last.problemCount) ? 'grown' : null
  }
  if (incident.severity === 'critical') return 'critical'
  if (incident.findings.some(({ kind }) => PATTERNS.includes(kind))) return 'pattern'
  if (incident.sources.length > 1 && incident.problemCount > 1) return 'several_tools'
  const isTiny = incident.problemCount < 2 && incident.alertCount < 3
  return !isTiny && incident.classification !== null && incident.classification.confidence < AMBIGUOUS_BELOW ? 'ambiguous' : null
}

/** Which model is asked first. A case that turns out unsure is put to the strong one after the cheap one. */
export function firstTier(incident: { readonly severity: string; readonly assetCount: number }): 'cheap' | 'strong' {
  return incident.severity === 'critical' || incident.assetCount >= HARD_ASSETS ? 'strong' : 'cheap'
}
