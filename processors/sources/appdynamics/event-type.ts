import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** NotificationSeverity (AppDynamics, "Info class fields"): INFO, WARN and ERROR, which the product shows as Info, Warning and Critical. */
const SEVERITIES: SeverityTable = { error: 'critical', critical: 'critical', warn: 'medium', warning: 'medium', info: 'info' }

/** `event_type` of templates made for on-call tools. */
const ACTIONS: StatusTable = { trigger: 'firing', triggered: 'firing', open: 'firing', firing: 'firing', create: 'firing', resolve: 'resolved', resolved: 'resolved', close: 'resolved', closed: 'resolved', acknowledge: 'acknowledged', acknowledged: 'acknowledged' }

/**
 * What an event type says: `POLICY_OPEN_CRITICAL`, `ANOMALY_CLOSE_WARNING`, or its display name `Health Rule Violation Ended - Warning`. Every
 * event but a close or cancellation says that something is wrong. Null where there is no event type.
 */
export function stateOf(types: readonly (string | null)[], action: string | null): AlertStatus {
  const acted = statusFrom(ACTIONS, action)
  if (acted !== 'unknown') return acted
  const words = types.flatMap(wordsOf)
  if (words.length === 0) return 'unknown'
  return words.some((word) => ENDS.has(word)) ? 'resolved' : 'firing'
}

/** The grade an event type ends in, else the event's severity; INFO of an end says that ending is good news, not what ended. */
export function gradeOf(types: readonly (string | null)[], severity: string | null, status: AlertStatus): Severity {
  const words = types.flatMap(wordsOf)
  // `Upgraded - Warning to Critical` names both grades; the last is the one that holds.
  const last = words.findLast((word) => word === 'critical' || word === 'warning')
  if (last !== undefined) return severityFrom(SEVERITIES, last)
  if (words.includes('upgraded')) return 'critical'
  if (words.includes('downgraded')) return 'medium'
  const own = severityFrom(SEVERITIES, severity)
  return status === 'resolved' && own === 'info' ? 'unknown' : own
}

/** A display name without its state and grade: `Health Rule Violation Started - Warning` and `New Critical Health Rule Violation` are `Health Rule Violation`. */
export function withoutState(name: string | null): string | null {
  return name === null ? null : name.slice(0, 512).replace(/^(?:new |ended |continuing )?(?:critical |warning )?(?=health rule)/i, '').replace(/ (?:started|ended|continues|upgraded|downgraded|cancell?ed|opened|closed)\b.*$/i, '').trim() || null
}

const ENDS = new Set(['close', 'closed', 'cancel', 'canceled', 'cancelled', 'ended', 'resolved'])

function wordsOf(type: string | null): readonly string[] {
  return (type ?? '').slice(0, 256).toLowerCase().split(/[^a-z]+/, 32).filter((word) => word !== '')
}
