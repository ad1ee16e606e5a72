/** The finding that an incident stands in a storm of its whole company: what began then need not have to do with each other. */
import type { StormState } from '../../schemas/records.ts'
import type { IncidentNode } from '../incident-node.ts'
import { storedFinding, storeFinding, type Found } from './stored.ts'
import { figure } from './words.ts'

const PROBLEMS_NAMED = 20

/** True when the newest problem of an incident began in the storm, so that it was opened or grew in it. */
export function isIn(incident: IncidentNode, storm: StormState): boolean {
  const [newest] = incident.newest
  return newest !== undefined && newest.onsetMs >= storm.sinceMs
}

/** Says of an incident that it stands in a storm. Said again only when the rate has doubled, so that thousands of problems cost a few sentences. */
export function noteStorm(incident: IncidentNode, storm: StormState): void {
  const said = storedFinding(incident, 'storm')
  if (said !== null && said.sinceMs === storm.sinceMs && storm.peak < 2 * (said.figures['perMinute'] ?? 0)) return
  storeFinding(incident, 'storm', stormFinding(storm, incident.newestKeys))
}

function stormFinding(storm: StormState, keys: readonly string[]): Found {
  const { measure, peak, limit, usual, usualPeak, sinceMs } = storm
  const what = measure === 'problems' ? 'new problems' : 'alerts'
  const isKnown = usualPeak >= 0
  const factor = peak / Math.max(1, usualPeak)
  const against = isKnown
    ? `usual at this hour of the week are ${figure(usual)} a minute and ${figure(usualPeak)} at most: ${figure(factor)} times the most`
    : `the company has been heard for less than a day, so that ${limit} a minute count as a storm`
  return {
    confidence: Math.min(isKnown ? 0.99 : 0.8, figure((isKnown ? 0.7 : 0.5) + 0.1 * Math.log2(peak / limit))),
    reason: `${peak} ${what} of the whole company within a minute; ${against}.`,
    sinceMs,
    problemKeys: keys.slice(0, PROBLEMS_NAMED),
    figures: { perMinute: peak, limitPerMinute: limit, ...(isKnown ? { usualPerMinute: figure(usual), usualPeakPerMinute: figure(usualPeak), factor: figure(factor) } : {}) },
  }
}
