/** The finding that an incident was here before, and what ended it then. */
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { OCCURRENCES_MAX, type Seen } from './history.ts'
import { isOn, storeFinding, type Found } from './stored.ts'
import { figure, instant, span } from './words.ts'

/** Sets of problems so alike are told as seen before. */
export const SEEN_LIKENESS = 0.5
/** Earlier incidents named in the sentence, latest first. */
const NAMED = 5
const PROBLEMS_NAMED = 20
const DAYS_KEPT = 28

/** Looks whether a growing incident was here before. Asked only when its sketch changed, so a few dozen times however large it grows. */
export function noteRecurrence(company: CompanyNode, incident: IncidentNode): void {
  const { history } = company.patterns
  if (history.size === 0 || !isOn(company, 'recurrence')) return
  const seen = history.find(incident.sketch.hashes, SEEN_LIKENESS)
  storeFinding(incident, 'recurrence', seen === null ? null : recurrenceFinding(seen, incident))
}

function recurrenceFinding({ node, likeness }: Seen, incident: IncidentNode): Found {
  const { occurrences, fix } = node.state
  const count = occurrences.length
  const last = occurrences.at(-1)
  const lastEndedAtMs = last?.endedAtMs ?? 0
  const lastedMs = (last?.endedAtMs ?? 0) - (last?.openedAtMs ?? 0)
  const named = occurrences.slice(-NAMED).reverse().map(({ incidentId }) => incidentId).join(', ')
  const times = count === 1 ? 'once' : `${count === OCCURRENCES_MAX ? 'at least ' : ''}${count} times`
  const ended = fix === null ? 'each time it cleared by itself' : fix.text === null ? `closed by ${fix.by}` : `fixed by ${fix.by}: "${fix.text}"`
  const alike = likeness === 1 ? 'the same problems' : `${Math.round(likeness * 100)}% of the problems in common`
  return {
    // Once may be chance.
    confidence: figure(likeness * (count / (count + 1))),
    reason: `Seen ${times} before in ${DAYS_KEPT} days, ${alike}; last ended ${instant(lastEndedAtMs)} after ${span(lastedMs)}; ${ended}. Earlier: ${named}.`,
    sinceMs: incident.state.openedAtMs,
    problemKeys: incident.newestKeys.slice(0, PROBLEMS_NAMED),
    figures: { timesBefore: count, likeness: figure(likeness), lastEndedAtMs, lastedMs },
  }
}
