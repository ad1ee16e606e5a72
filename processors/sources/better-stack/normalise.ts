import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { readErrorEvent, readLogEvent } from './others.ts'
import { readSubscription } from './subscription.ts'

/** `event` of an incident webhook and `status` of an incident (Better Stack, "Incidents API"). Validating is a recovery not yet believed. */
const STATUSES: StatusTable = { started: 'firing', created: 'firing', reopened: 'firing', validating: 'firing', acknowledged: 'acknowledged', resolved: 'resolved', unconfirmed: 'no_data' }

/** Kinds of `data` that tell of a setting or a person, and never of a problem. */
const NOT_ALERTS = new Set(['monitor', 'heartbeat', 'on_call_contact', 'on_call_calendar', 'on_call', 'release', 'policy', 'status_page'])

/** Reads the outgoing webhooks of Uptime (incident, monitor, on-call), of Errors, the incident log drain, and what status pages send to subscribers. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Better Stack webhook is an object with data; use Outgoing webhooks of type Incident')]
  const data = element['data']
  const kind = firstText(data, 'type')
  if (kind === 'incident') return readIncident(data, firstText(element, 'event'), path)
  if (kind === 'error') return readErrorEvent(data)
  if (kind !== null && NOT_ALERTS.has(kind)) return []
  const event = firstText(element, 'event')
  if (event !== null && event.includes('.')) return readLogEvent(element, event)
  return (isObject(element['page']) ? readSubscription(element) : null) ?? [reject(`${path}/data/type`, 'no incident; use Outgoing webhooks of type Incident')]
}

function readIncident(incident: unknown, event: string | null, path: string): Normalised {
  const attributes = at(incident, 'attributes')
  const id = firstText(incident, 'id')
  const name = firstText(attributes, 'name')
  const url = firstText(attributes, 'url', 'origin_url')
  if (id === null && name === null && url === null) return [reject(`${path}/data`, 'an incident without id, name and url says nothing')]
  const cause = firstText(attributes, 'cause')
  return [
    makeAlert({
      source: 'better-stack',
      externalId: id,
      asset: url,
      signature: name ?? url,
      severity: 'unknown',
      status: statusOf(attributes, event),
      title: cause === null ? name : `${name ?? url ?? 'Incident'}: ${cause}`,
      message: cause,
      startsAtMs: instantMs(at(attributes, 'started_at')),
      labels: [
        ['cause', cause],
        ['http_method', firstText(attributes, 'http_method')],
        ['team', firstText(attributes, 'team_name')],
        ['regions', listText(at(attributes, 'regions'))],
        ['monitor_id', firstText(incident, ['relationships', 'monitor', 'data', 'id'])],
        ['heartbeat_id', firstText(incident, ['relationships', 'heartbeat', 'data', 'id'])],
        ['incident_group_id', firstText(attributes, 'incident_group_id')],
        ['acknowledged_by', firstText(attributes, 'acknowledged_by')],
        ['resolved_by', firstText(attributes, 'resolved_by')],
      ],
    }),
  ]
}

/** What happened is the event; without it the incident says how far it is. */
function statusOf(attributes: unknown, event: string | null): AlertStatus {
  const told = statusFrom(STATUSES, event)
  if (told !== 'unknown') return told
  const status = statusFrom(STATUSES, firstText(attributes, 'status'))
  if (status !== 'unknown') return status
  if (instantMs(at(attributes, 'resolved_at')) !== null) return 'resolved'
  if (instantMs(at(attributes, 'acknowledged_at')) !== null) return 'acknowledged'
  return instantMs(at(attributes, 'started_at')) === null ? 'unknown' : 'firing'
}
