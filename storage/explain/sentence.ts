/** Decisions in words. */
import type { Evidence } from '../../schemas/records.ts'

/** Why a problem is where it is, as a sentence. */
export function decisionSentence({ rule, ruleId, score, threshold, features, withProblemKey }: Evidence, other: string | null): string {
  const partner = other ?? withProblemKey ?? 'another problem'
  const said = ruleId === null ? '' : features[0]?.detail ?? `rule ${ruleId} decided`
  switch (rule) {
    case 'founded': return ruleId === null ? 'it founded an incident: no open incident had a problem that scores at or above the threshold' : `it founded an incident: ${said}`
    case 'same_problem': return `the same problem fired again: ${features[0]?.detail ?? 'shortly after its incident was resolved'}`
    case 'scored': return ruleId === null ? `it joined the incident of "${partner}": ${score.toFixed(2)} is at or above the threshold of ${threshold.toFixed(2)}` : `it joined the incident of "${partner}": ${said}`
    case 'merged': return ruleId === null && features[0]?.name !== 'command' ? `its incident merged with that of "${partner}", which it fits with ${score.toFixed(2)}` : `its incident was merged: ${features[0]?.detail ?? ''}`
    case 'split': return `it was split off: ${features[0]?.detail ?? ''}`
  }
}
