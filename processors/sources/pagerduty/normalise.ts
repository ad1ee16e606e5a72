import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Urgency of an incident, then PagerDuty's own P1 to P5 or the severity of the alert behind it. */
const URGENCIES: SeverityTable = { high: 'high', low: 'low' }
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, critical: 'critical', error: 'high', warning: 'medium', info: 'info' }

/** Events that say the state themselves, without the resource: version 3 in the past tense, versions 1 and 2 as commands. */
const EVENTS: StatusTable = {
  triggered: 'firing', acknowledged: 'acknowledged', unacknowledged: 'firing', resolved: 'resolved', reopened: 'firing',
  trigger: 'firing', acknowledge: 'acknowledged', unacknowledge: 'firing', resolve: 'resolved', reopen: 'firing',
}

/** Events about who works on the incident and how; they carry the incident in its present state. */
const CHANGES = new Set(['escalated', 'delegated', 'reassigned', 'priority_updated', 'urgency_updated', 'service_updated', 'incident_type.changed', 'escalate', 'delegate', 'assign'])

const STATUSES: StatusTable = { triggered: 'firing', acknowledged: 'acknowledged', resolved: 'resolved' }

/** Version 3 is one event, versions 2 and 1 are `messages`; arrays of any of them are read too. */
export function normalise(payload: unknown): Normalised {
  const messages = at(payload, 'messages')
  if (Array.isArray(messages)) return readEach(messages, '/messages', readMessage)
  return Array.isArray(payload) ? readEach(payload, '', readMessage) : readMessage(payload, '')
}

function readMessage(message: unknown, path: string): Normalised {
  if (!isObject(message)) return [reject(path, 'a PagerDuty webhook is an object with `event`, or with `messages` in versions 1 and 2')]
  const third = at(message, 'event')
  if (isObject(third)) return readThird(third, `${path}/event`)
  const incident = at(message, 'incident') ?? at(message, 'data', 'incident')
  const type = textOf(third) ?? firstText(message, 'type', 'event_type')
  if (isObject(incident)) return readIncident(incident, type, firstText(message, 'created_on'), path, message)
  // The verification ping of older tools, and messages about services, carry no incident.
  if (type !== null) return []
  return [reject(path, 'no event and no incident; choose the incident events in the webhook subscription')]
}

function readThird(event: unknown, path: string): Normalised {
  const data = at(event, 'data')
  const isIncident = firstText(event, 'resource_type') === 'incident' || firstText(data, 'type') === 'incident'
  const about = firstText(data, 'type')
  // Notes, status updates, responders, workflows: about an incident, no state of one. pagey.ping and service.* likewise.
  if (!isIncident || !isObject(data) || (about !== null && about !== 'incident')) return []
  return readIncident(data, firstText(event, 'event_type'), firstText(event, 'occurred_at'), `${path}/data`, event)
}

function readIncident(incident: unknown, type: string | null, occurredAt: string | null, path: string, envelope: unknown): Normalised {
  const word = (type ?? '').slice(0, 100).toLowerCase().replace(/^incident\./, '')
  const said = statusFrom(EVENTS, word)
  // Custom actions and kinds of events we do not know: the incident is told whole, but nothing of it began or ended.
  const isTalk = said === 'unknown' && type !== null && !CHANGES.has(word)
  const status = isTalk ? 'no_data' : said === 'unknown' ? statusFrom(STATUSES, firstText(incident, 'status')) : said
  const id = firstText(incident, 'id', 'incident_key', 'incident_number')
  const title = firstText(incident, 'title', 'description', 'summary', ['trigger_summary_data', 'subject'], ['trigger_summary_data', 'description'], ['first_trigger_log_entry', 'channel', 'summary'])
  if (id === null && title === null) return [reject(path, 'an incident without id and title; is this a PagerDuty webhook?')]
  const urgency = severityFrom(URGENCIES, firstText(incident, 'urgency'))
  const priority = firstText(incident, ['priority', 'summary'], ['priority', 'name'])
  const cef = cefOf(incident)
  const graded = urgency === 'unknown' ? severityFrom(SEVERITIES, priority) : urgency
  const isFirst = word === 'triggered' || word === 'trigger'
  return [
    makeAlert({
      source: 'pagerduty',
      externalId: id,
      asset: firstText(cef, 'source_origin', 'source') ?? firstText(incident, ['trigger_summary_data', 'HOSTNAME']),
      signature: readMarks(title).text,
      severity: graded === 'unknown' ? severityFrom(SEVERITIES, firstText(cef, 'severity')) : graded,
      status,
      title,
      message: firstText(incident, ['body', 'details'], ['first_trigger_log_entry', 'channel', 'details', 'description']) ?? title,
      startsAtMs: instantMs(at(incident, 'created_at') ?? at(incident, 'created_on')) ?? (isFirst ? instantMs(occurredAt) : null),
      labels: [
        ['service', firstText(incident, ['service', 'summary'], ['service', 'name'])],
        ['urgency', firstText(incident, 'urgency')],
        ['priority', priority],
        ['incident_number', firstText(incident, 'number', 'incident_number')],
        ['incident_key', firstText(incident, 'incident_key')],
        ['escalation_policy', firstText(incident, ['escalation_policy', 'summary'], ['escalation_policy', 'name'])],
        ['assignee', firstText(listOf(at(incident, 'assignees'))[0], 'summary') ?? firstText(listOf(at(incident, 'assignments'))[0], ['assignee', 'summary'])],
        ['team', firstText(listOf(at(incident, 'teams'))[0], 'summary', 'name')],
        ['component', firstText(cef, 'source_component')],
        ['event_class', firstText(cef, 'event_class')],
        ['event_type', type],
        ['event_id', firstText(envelope, 'id')],
        ['html_url', firstText(incident, 'html_url')],
      ],
    }),
  ]
}

/** The common event format of the first alert, where version 2 includes it. */
function cefOf(incident: unknown): unknown {
  return at(listOf(at(incident, 'alerts'))[0], 'body', 'cef_details') ?? at(incident, 'first_trigger_log_entry', 'channel', 'cef_details') ?? at(incident, 'first_trigger_log_entry', 'channel', 'details')
}
