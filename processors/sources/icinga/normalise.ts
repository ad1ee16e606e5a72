import type { Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, textEntries } from '../json.ts'
import { readNotification } from '../nagios-notification.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

const ADVICE = 'send host.name, service.name, service.state (or host.state), notification.type and service.output as in the guide'

/** Severities of Icinga Notifications, which are those of syslog. */
const SEVERITIES: SeverityTable = { emerg: 'critical', alert: 'critical', crit: 'critical', err: 'high', warning: 'medium', warn: 'medium', notice: 'info', info: 'info', debug: 'info' }

/** Events of Icinga Notifications beside `state`, which the severity decides. */
const EVENTS: StatusTable = { 'acknowledgement-set': 'acknowledged', 'flapping-start': 'firing' }
const SILENT = new Set(['downtime-start', 'downtime-end', 'downtime-removed', 'mute', 'unmute', 'custom', 'acknowledgement-cleared'])

/** One notification of a script, of Icinga Notifications or of the API's event stream; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (isObject(at(element, 'object')) && isObject(at(element, 'incident'))) return readIncident(element, path)
  return readNotification('icinga', streamed(element), path, ADVICE)
}

/** An event of the API's stream: `Notification` says its type in `notification_type`, `StateChange` is a problem or its end by the state. */
function streamed(element: unknown): unknown {
  if (!isObject(element)) return element
  const type = firstText(element, 'type')
  // The stream has one type for the beginning and the end of flapping.
  if (type === 'Flapping') return { ...element, type: at(element, 'is_flapping') === true ? 'FlappingStart' : 'FlappingEnd' }
  if (at(element, 'check_result') === undefined) return element
  const state = at(element, 'state') ?? at(element, 'check_result', 'state')
  return { ...element, state, type: type === 'Notification' ? null : type, output: firstText(element, ['check_result', 'output'], 'text') }
}

/** The webhook of Icinga Notifications: `object` with tags, `incident` with severity and id, `event`. */
function readIncident(element: unknown, path: string): Normalised {
  const host = firstText(element, ['object', 'tags', 'host'], ['object', 'tags', 'hostname'])
  const name = firstText(element, ['object', 'name'])
  if (host === null && name === null) return [reject(`${path}/object`, 'an object without name and tags; check the request body template of the webhook channel')]
  const service = firstText(element, ['object', 'tags', 'service'])
  const type = (firstText(element, ['event', 'type']) ?? 'state').toLowerCase()
  if (SILENT.has(type)) return []
  const severity = firstText(element, ['incident', 'severity'])
  const said = statusFrom(EVENTS, type)
  const hasEnded = severity?.toLowerCase() === 'ok'
  const graded: Severity = severityFrom(SEVERITIES, severity)
  return [
    makeAlert({
      source: 'icinga',
      externalId: firstText(element, ['incident', 'id']),
      asset: host ?? name,
      signature: service ?? 'Host check',
      severity: graded,
      status: hasEnded ? 'resolved' : said !== 'unknown' ? said : graded === 'unknown' ? 'unknown' : 'firing',
      title: name,
      message: firstText(element, ['event', 'message']),
      startsAtMs: hasEnded ? null : (instantMs(at(element, 'incident', 'started_at')) ?? (type === 'state' ? instantMs(at(element, 'event', 'time')) : null)),
      labels: [...textEntries(at(element, 'object', 'tags')), ['event_type', type], ['url', firstText(element, ['incident', 'url'], ['object', 'url'])], ['author', firstText(element, ['event', 'username'])]],
    }),
  ]
}
