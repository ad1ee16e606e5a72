import { makeAlert } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { SEVERITY_NAMES, STATES, severityOfNumber } from './words.ts'

const SEPARATE = new Set(['Tactic', 'Technique', 'Severity', 'SeverityName'])

/** True for an event of the Event Streams API: `metadata` with an `eventType`, and `event`. */
export function isStreamEvent(body: unknown): boolean {
  return firstText(body, ['metadata', 'eventType']) !== null && isObject(at(body, 'event'))
}

/** One event of the stream. Audits of logins, settings and sessions carry no alert, but the one that changes a detection's state does. */
export function readStreamEvent(body: unknown): Normalised {
  const type = firstText(body, ['metadata', 'eventType']) ?? ''
  const event = at(body, 'event')
  const operation = firstText(event, 'OperationName')
  if (operation === 'detection_update' || operation === 'alert_update') return readUpdate(event)
  const isSighting = type === 'CustomerIOCEvent' || type === 'FirewallMatchEvent'
  const id = isSighting ? null : firstText(event, 'CompositeId', 'DetectId', 'IncidentID', 'IncidentId', 'IdentityProtectionIncidentId', 'NotificationId', 'ReconNotificationId', 'AlertId', 'PolicyId')
  const isAlert = /Summary|IdentityProtection|Detection|Incident|IOA|CSPM|Alert|Recon/.test(type) && (id !== null || firstText(event, 'DetectName', 'Name', 'IncidentType') !== null)
  if (!isAlert && !isSighting) return []
  const number = Number(firstText(event, 'Severity') ?? Number.NaN)
  // Recon grades the rule that matched. A firewall rule that matched did its work.
  const grade = type === 'FirewallMatchEvent' ? 'info' : severityFrom(SEVERITY_NAMES, firstText(event, 'SeverityName', 'RulePriority'))
  const state = firstText(event, 'State', 'Status')
  const kind = firstText(event, 'IncidentType')
  // Host incidents number their types; only Identity Protection names them.
  const named = leadName(type, event) ?? firstText(event, 'DetectName', 'Name') ?? (kind === null || /^\d/.test(kind) ? null : kind)
  const name = named ?? firstText(event, 'PolicyStatement', 'RuleName', 'Category') ?? type
  return [
    makeAlert({
      source: 'crowdstrike',
      externalId: id,
      asset: firstText(event, 'ComputerName', 'Hostname', 'HostName', 'HostNames', ['HostNames', '0'], 'SourceEndpointHostName', 'EndpointName', 'TargetEndpointHostName', 'ResourceName', 'ResourceId', ['Hosts', '0'], ['ThreatgraphIndicators', '0', 'Hostname'], 'HostID', 'AgentId', 'SensorId', 'SourceAccountName', 'UserName'),
      signature: name,
      severity: grade === 'unknown' ? severityOfNumber(number, type === 'DetectionSummaryEvent') : grade,
      status: type === 'FirewallMatchEvent' ? 'no_data' : state === null ? 'firing' : statusFrom(STATES, state),
      title: firstText(event, 'DetectName', 'Name') ?? name,
      message: firstText(event, 'DetectDescription', 'Description', 'IncidentDescription', 'PatternDispositionDescription'),
      startsAtMs: instantMs(firstText(event, 'IncidentStartTime')) ?? instantMs(at(body, 'metadata', 'eventCreationTime')) ?? instantMs(firstText(event, 'StartTime', 'ProcessStartTime')),
      labels: [
        ...textEntries(event).filter(([label]) => !SEPARATE.has(label)),
        ['Tactic', firstText(event, 'Tactic', ['MitreAttack', '0', 'Tactic'])],
        ['Technique', firstText(event, 'Technique', ['MitreAttack', '0', 'Technique'])],
        ['Severity', firstText(event, 'Severity')],
        ['SeverityName', firstText(event, 'SeverityName')],
        ['eventType', type],
        ['customer', firstText(body, ['metadata', 'customerIDString'])],
      ],
    }),
  ]
}

/** An automated lead is called by host and time; what it is about stands in its first indicator. */
function leadName(type: string, event: unknown): string | null {
  return type === 'AutomatedLeadSummaryEvent' ? (firstText(event, ['ThreatgraphIndicators', '0', 'DisplayName']) ?? 'Automated lead') : null
}

/** `UserActivityAuditEvent` of an analyst who set a detection's state. Only its id ties it to the detection. */
function readUpdate(event: unknown): Normalised {
  const values = new Map<string, string>()
  for (const pair of listOf(at(event, 'AuditKeyValues')).slice(0, 64)) {
    const key = firstText(pair, 'Key')
    const value = firstText(pair, 'ValueString', 'Value')
    if (key !== null && value !== null) values.set(key, value)
  }
  const id = values.get('detection_id') ?? values.get('composite_id') ?? values.get('alert_id')
  const state = values.get('new_state') ?? values.get('update_status') ?? values.get('status')
  if (id === undefined || state === undefined) return []
  return [
    makeAlert({
      source: 'crowdstrike',
      externalId: id,
      asset: null,
      signature: null,
      severity: 'unknown',
      status: statusFrom(STATES, state),
      title: `Detection is ${state}`,
      message: values.get('comment') ?? null,
      startsAtMs: null,
      labels: [...values, ['user', firstText(event, 'UserId')]],
    }),
  ]
}
