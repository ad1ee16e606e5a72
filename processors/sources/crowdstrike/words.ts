import type { Severity } from '../../../schemas/records.ts'
import type { SeverityTable, StatusTable } from '../words.ts'

/** `SeverityName` and `severity_name`; INFO is what Identity Protection writes. */
export const SEVERITY_NAMES: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', informational: 'info', info: 'info' }

/** States of detections, alerts and incidents, with the spellings of the event stream, the API and the console. */
export const STATES: StatusTable = {
  new: 'firing', open: 'firing', reopened: 'firing', 're-opened': 'firing', opened: 'firing', created: 'firing',
  in_progress: 'acknowledged', 'in progress': 'acknowledged', true_positive: 'acknowledged',
  closed: 'resolved', ignored: 'resolved', false_positive: 'resolved', resolved: 'resolved', auto_resolved: 'resolved',
}

/** Numbers of a state in `state` and `status` of incidents ("Incidents API"): new, reopened, in progress, closed. */
export const STATE_NUMBERS: StatusTable = { 20: 'firing', 25: 'firing', 30: 'acknowledged', 40: 'resolved' }

/** Severity as a number: 1 to 5 in the older detection events, 1 to 100 everywhere else, in steps of twenty. */
export function severityOfNumber(number: number, isOldScale: boolean): Severity {
  const grade = isOldScale ? number : number / 20 + 1
  if (!(number >= 0) || grade <= 0 || grade > 6) return 'unknown'
  if (grade >= 5) return 'critical'
  if (grade >= 4) return 'high'
  if (grade >= 3) return 'medium'
  return grade >= 2 ? 'low' : 'info'
}
