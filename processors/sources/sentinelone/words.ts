import type { SeverityTable, StatusTable } from '../words.ts'

/** `incidentStatus` of threats and alerts, `status` of unified alerts. */
export const STATUSES: StatusTable = { unresolved: 'firing', new: 'firing', in_progress: 'acknowledged', 'in progress': 'acknowledged', resolved: 'resolved' }

/** Severity of custom detection rules and unified alerts. */
export const SEVERITIES: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', info: 'info', informational: 'info' }
