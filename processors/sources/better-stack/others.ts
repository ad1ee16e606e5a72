import { makeAlert } from '../build.ts'
import { at, firstText, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `attributes.event` of an error webhook (Better Stack Errors, "Outgoing webhooks"). Who ignores an error has seen it. */
const ERROR_EVENTS: StatusTable = { new_error: 'firing', threshold: 'firing', spike: 'firing', reoccurred: 'firing', unresolved: 'firing', resolved: 'resolved', ignored: 'acknowledged' }

/** `event` of the incident log drain, after `incident.`. */
const LOG_EVENTS: StatusTable = { started: 'firing', created: 'firing', reopened: 'firing', acknowledged: 'acknowledged', resolved: 'resolved' }

/** Reads an error of an application. */
export function readErrorEvent(data: unknown): Normalised {
  const attributes = at(data, 'attributes')
  const status = statusFrom(ERROR_EVENTS, firstText(attributes, 'event'))
  const kind = firstText(attributes, 'error_type')
  return [
    makeAlert({
      source: 'better-stack',
      externalId: firstText(data, 'id'),
      asset: firstText(attributes, 'application_name'),
      signature: kind,
      severity: 'unknown',
      status,
      title: firstText(attributes, 'error_message') ?? kind,
      message: firstText(attributes, 'error_message'),
      startsAtMs: beganAtMs(status, at(attributes, 'first_seen_at')),
      labels: [
        ['event', firstText(attributes, 'event')],
        ['application_id', firstText(attributes, 'application_id')],
        ['call_site', firstText(attributes, 'call_site_function')],
        ['environment', firstText(attributes, 'environment')],
        ['error_url', firstText(attributes, 'error_url')],
      ],
    }),
  ]
}

/** Reads one line of the incident log drain; lines about checks and settings, and about steps of an incident that do not change it, carry no alert. */
export function readLogEvent(line: JsonObject, event: string): Normalised {
  const [subject, what] = event.slice(0, 64).split('.', 2)
  const status = statusFrom(LOG_EVENTS, what ?? null)
  if (subject !== 'incident' || status === 'unknown') return []
  const name = firstText(line, 'incident_name', 'monitor_name', 'heartbeat_name', 'name')
  const cause = firstText(line, 'cause', 'incident_cause')
  return [
    makeAlert({
      source: 'better-stack',
      externalId: firstText(line, 'incident_id'),
      asset: firstText(line, 'monitor_url', 'incident_url', 'url'),
      signature: name,
      severity: 'unknown',
      status,
      title: firstText(line, 'message') ?? name,
      message: cause ?? firstText(line, 'message'),
      startsAtMs: beganAtMs(status, status === 'firing' ? (firstText(line, 'started_at') ?? at(line, 'dt')) : null),
      labels: [['cause', cause], ['monitor_id', firstText(line, 'monitor_id')], ['heartbeat_id', firstText(line, 'heartbeat_id')], ['team_id', firstText(line, 'team_id')]],
    }),
  ]
}
