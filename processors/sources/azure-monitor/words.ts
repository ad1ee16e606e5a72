import type { SeverityTable, StatusTable } from '../words.ts'

/** Sev0 to Sev4 ("Common alert schema", essentials), and the bare digits of the metric schema. */
export const SEVERITIES: SeverityTable = { sev0: 'critical', sev1: 'high', sev2: 'medium', sev3: 'info', sev4: 'info', 0: 'critical', 1: 'high', 2: 'medium', 3: 'info', 4: 'info' }

/** Levels of an activity log event ("Configure a webhook to get activity log alerts"), and of a log alert of the first generation. */
export const LEVELS: SeverityTable = { critical: 'critical', error: 'high', warning: 'medium', informational: 'info', verbose: 'info', information: 'info' }

/** `severity` of a security alert inside an activity log event ("Security alerts schemas" of Defender for Cloud). */
export const SECURITY_SEVERITIES: SeverityTable = { high: 'high', medium: 'medium', low: 'low', informational: 'info' }

/** `monitorCondition` of the common schema and `status` of the older ones. */
export const CONDITIONS: StatusTable = { fired: 'firing', resolved: 'resolved', activated: 'firing', deactivated: 'resolved' }

/** `stage` and `status` of a health event: the service's own state, which the rule's condition does not follow. */
export const HEALTH_STAGES: StatusTable = { resolved: 'resolved', complete: 'resolved', completed: 'resolved', canceled: 'resolved' }
