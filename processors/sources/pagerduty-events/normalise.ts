import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { readAlertmanagerText } from '../alertmanager-text.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import { nameOfCheck } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

const SOURCE = 'pagerduty-events'

/** `payload.severity` ("PD-CEF"), over the words of clients that do not keep to it. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, critical: 'critical', error: 'high', warning: 'medium', info: 'info' }
/** `event_action` of v2, `event_type` of v1. */
const ACTIONS: StatusTable = { trigger: 'firing', acknowledge: 'acknowledged', resolve: 'resolved' }

/** Names in `custom_details` or `details` that say which check it was, where `class` does not. */
const CHECK_NAMES = ['alertname', 'checkname', 'check', 'service', 'rulename', 'rule', 'monitorname', 'monitor', 'triggername', 'trigger', 'servicedesc', 'eventname'] as const
/** And which machine, in v1, which has no field for it. */
const HOST_NAMES = ['hostname', 'host', 'server', 'node', 'instance', 'device', 'source'] as const

/** Events API v2 (alert and change events) and v1: one event, or an array of them. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an event is an object with event_action and payload (v2), or event_type and description (v1)')]
  if ('event_type' in element || 'service_key' in element || 'incident_key' in element) return readV1(element, path)
  return readV2(element, path)
}

function readV2(event: unknown, path: string): Normalised {
  const payload = at(event, 'payload')
  const summary = firstText(payload, 'summary')
  const dedupKey = firstText(event, 'dedup_key')
  if (summary === null && dedupKey === null) return [reject(path, 'an event needs payload.summary, or a dedup_key')]
  const action = firstText(event, 'event_action')
  // Change events have no action; they say what was done, not that something is wrong, and open no incident at PagerDuty either.
  const isChange = action === null && isObject(payload)
  const details = at(payload, 'custom_details')
  // Alertmanager gives itself as the source; what is ill stands in its text of the alerts.
  const told = readAlertmanagerText(firstText(details, 'firing', 'resolved'))
  const check = firstText(payload, 'class') ?? told?.alertname ?? new Fields(details).path(...CHECK_NAMES)
  const client = firstText(event, 'client')
  const given = firstText(payload, 'source')
  const source = told === null ? given : (told.asset ?? (given === client ? null : given))
  // Grafana names itself as the component of everything.
  const component = firstText(payload, 'component')
  const severity: Severity = isChange ? 'info' : severityFrom(SEVERITIES, firstText(payload, 'severity'))
  return [
    makeAlert({
      source: SOURCE,
      externalId: dedupKey,
      asset: source,
      signature: check ?? (component === client ? null : component) ?? nameIn(summary, source),
      severity,
      status: isChange ? 'no_data' : statusFrom(ACTIONS, action),
      title: summary ?? dedupKey,
      message: textOf(details) ?? detailText(details) ?? summary,
      startsAtMs: instantMs(at(payload, 'timestamp')),
      labels: [
        ['class', firstText(payload, 'class')], ['component', component], ['group', firstText(payload, 'group')],
        ['event_kind', isChange ? 'change' : null], ['client', client], ['client_url', firstText(event, 'client_url')],
        ['link', firstText(event, ['links', '0', 'href'])], ...(told?.labels ?? []), ...textEntries(details),
      ],
    }),
  ]
}

function readV1(event: unknown, path: string): Normalised {
  const description = firstText(event, 'description')
  const incidentKey = firstText(event, 'incident_key')
  if (description === null && incidentKey === null) return [reject(path, 'an event needs a description, or an incident_key')]
  const details = at(event, 'details')
  const fields = new Fields(details)
  const asset = fields.path(...HOST_NAMES) ?? machineIn(description)
  const status: AlertStatus = statusFrom(ACTIONS, firstText(event, 'event_type'))
  return [
    makeAlert({
      source: SOURCE,
      externalId: incidentKey,
      asset,
      // Nagios' agent says of a host only that it is one.
      signature: fields.path(...CHECK_NAMES) ?? (fields.path('pdnagiosobject') === 'host' ? 'Host check' : nameIn(description, asset)),
      severity: severityFrom(SEVERITIES, fields.path('severity', 'priority', 'level', 'servicestate')),
      status,
      title: description ?? incidentKey,
      message: textOf(details) ?? detailText(details) ?? description,
      startsAtMs: instantMs(fields.path('timestamp', 'startsat', 'starttime', 'eventtime')),
      labels: [['client', firstText(event, 'client')], ['client_url', firstText(event, 'client_url')], ...textEntries(details)],
    }),
  ]
}

/** The check in a summary, without the marks some put in front. */
function nameIn(summary: string | null, asset: string | null): string | null {
  const text = readMarks(summary).text
  return text === null ? null : nameOfCheck(text, asset)
}

/** `… on machine srv01.acme.com`: v1 has no field for it, so a host's name at the end of the description, behind one of these words, is it. */
function machineIn(description: string | null): string | null {
  return /\b(?:machine|host|server|node) ([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/i.exec((description ?? '').slice(-320))?.[1] ?? null
}

function detailText(details: unknown): string | null {
  const lines = textEntries(details).slice(0, 32).map(([name, value]) => `${name}: ${value.slice(0, 512)}`)
  return lines.length === 0 ? null : lines.join('\n')
}
