import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import type { Fields } from '../fields.ts'
import { readMarks } from '../marks.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `kibana.alert.severity` of security rules is low, medium, high or critical; machine learning adds warning, minor, major. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS }

/** Action groups that are a grade of their own: the burn rate of an SLO has four, thresholds of metrics add a warning. */
const GROUP_SEVERITIES: SeverityTable = {
  critical: 'critical', high: 'high', medium: 'medium', low: 'low', warning: 'medium',
  'slo.burnrate.alert': 'critical', 'slo.burnrate.high': 'high', 'slo.burnrate.medium': 'medium', 'slo.burnrate.low': 'low',
  'metrics.threshold.warning': 'medium', 'metrics.inventory_threshold.warning': 'medium',
}

/** `kibana.alert.status`, `context.alertState`, and the words of templates. An untracked alert is no longer watched, which is neither. */
const STATES: StatusTable = {
  active: 'firing', alert: 'firing', alerting: 'firing', firing: 'firing', fired: 'firing', open: 'firing', opened: 'firing', new: 'firing', ongoing: 'firing', triggered: 'firing', trigger: 'firing', warning: 'firing', down: 'firing', 'no data': 'firing', error: 'firing',
  recovered: 'resolved', ok: 'resolved', resolved: 'resolved', resolve: 'resolved', closed: 'resolved', close: 'resolved', up: 'resolved', inactive: 'resolved',
  acknowledged: 'acknowledged', acknowledge: 'acknowledged',
}

/** The state of an alert. Kibana runs an action for a group of its rule, so every group but the recovered one says that the rule's condition holds. */
export function statusOf(fields: Fields, marked: string | null): AlertStatus {
  const workflow = statusFrom(STATES, fields.any('kibanaalertworkflowstatus', 'workflowstatus'))
  if (workflow === 'acknowledged' || workflow === 'resolved') return workflow
  const word = fields.any('kibanaalertstatus', 'alertstatus', 'alertstate') ?? fields.path('status', 'state', 'event', 'eventaction', 'action', 'groupstate')
  const group = fields.any('alertactiongroup', 'actiongroup', 'alertactiongroupname', 'actiongroupname')
  // Templates often put the action group's own name where the state belongs.
  const known = statusFrom(STATES, word)
  if (known !== 'unknown') return known
  if (group !== null) return group.toLowerCase() === 'recovered' ? 'resolved' : 'firing'
  if (word !== null) return 'unknown'
  return readMarks(marked).status ?? 'firing'
}

/** The severity of an alert: its own, else its action group's where that is a grade, else its risk score in Elastic's four bands. */
export function severityOf(fields: Fields): Severity {
  // What the message says of itself comes before what its rule was set to.
  for (const word of [fields.any('kibanaalertseverity', 'alertseverity'), fields.path('severity'), fields.any('kibanaalertruleseverity', 'ruleseverity', 'severity'), fields.any('priority')]) {
    const own = severityFrom(SEVERITIES, word)
    if (own !== 'unknown') return own
  }
  for (const group of [fields.any('alertactiongroup', 'actiongroup', 'kibanaalertactiongroup'), fields.any('alertactiongroupname', 'actiongroupname'), fields.any('alertstate')]) {
    const grade = severityFrom(GROUP_SEVERITIES, group)
    if (grade !== 'unknown') return grade
  }
  return fromRisk(fields.any('kibanaalertriskscore', 'riskscore'))
}

/** Elastic, "Create a detection rule": 0 to 21 is low, to 47 medium, to 73 high, above that critical. */
function fromRisk(text: string | null): Severity {
  const score = text === null || text.length > 8 ? Number.NaN : Number(text)
  if (!(score > 0 && score <= 100)) return 'unknown'
  if (score > 73) return 'critical'
  if (score > 47) return 'high'
  return score > 21 ? 'medium' : 'low'
}
