import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs, zonedMs } from '../time.ts'
import { knows, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Statuses of an agent's alarm and severities of the Cloud. A removed alarm will never be cleared, so it ends here; UNDEFINED and UNINITIALIZED cannot tell. */
const STATUSES: StatusTable = { critical: 'firing', warning: 'firing', raised: 'firing', clear: 'resolved', cleared: 'resolved', removed: 'resolved', undefined: 'no_data', uninitialized: 'no_data', unreachable: 'firing', reachable: 'resolved' }
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium', info: 'info' }

/** One notification; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Netdata notification is an object or a form; use the Cloud\'s Webhook, or the custom_sender function of the guide')]
  const fields = new Fields(element)
  if (isObject(at(element, 'status')) && at(element, 'status', 'reachable') !== undefined) return readReachability(element, fields, path)
  const alarm = fields.path('alert', 'alarm', 'name', 'alarmname', 'alertname')
  const chart = fields.path('chart', 'chartname', 'chartid', 'alertchartname', 'alertchartid', 'instance')
  // The Cloud's Test button sends a title and a token to type in; the agent's test raises the alarm test_alarm.
  if (alarm === null && fields.path('token') !== null) return []
  if (alarm === 'test_alarm' && (chart === null || chart === 'test.chart')) return []
  const host = fields.path('host', 'hostname', 'node', 'nodehostname', 'nodename', 'alertnodehostname')
  const alarmId = fields.path('alarmid')
  if (alarm === null && chart === null) return [reject(path, 'no alert and no chart; send name, chart, status and host from custom_sender')]
  const word = fields.path('status', 'alertstatestatus', 'alertstatus', 'severity', 'alertseverity', 'alarmstatus')
  const status = statusFrom(STATUSES, word)
  return [
    makeAlert({
      source: 'netdata',
      externalId: alarmIdentity(host, alarmId, chart, alarm, fields.path('space', 'spacename')),
      asset: host,
      signature: alarm ?? chart,
      severity: status === 'resolved' ? 'unknown' : severityFrom(SEVERITIES, knows(SEVERITIES, word) ? word : fields.path('severity')),
      status,
      title: fields.path('message', 'title', 'statusmessage', 'alertrenderedsummary') ?? `${alarm ?? chart ?? ''}${host === null ? '' : ` on ${host}`}`,
      message: fields.path('info', 'alertrenderedinfo', 'alertinfo', 'summary', 'alertrenderedsummary', 'message'),
      startsAtMs: beganMs(fields, status),
      labels: [
        ['chart', chart],
        ...['context', 'family', 'class', 'classification', 'component', 'type', 'units', 'roles'].map((name) => [name, fields.path(name)] as const),
        ['space', fields.path('space', 'spacename', 'spaceslug')],
        ['value', fields.path('valuestring', 'value', 'alertstatevaluestr', 'alertstatevalue')],
        ['old_status', fields.path('oldstatus')],
        ['duration', fields.path('durationtxt', 'duration')],
        ['alarm_id', alarmId],
        ['unique_id', fields.path('uniqueid')],
        ['event_id', fields.path('eventid')],
        ['rooms', roomsOf(element)],
        ['url', fields.path('alerturl', 'alarmurl', 'gotourl', 'url')],
      ],
    }),
  ]
}

/** The node that the Cloud lost, or has again. */
function readReachability(element: unknown, fields: Fields, path: string): Normalised {
  const host = fields.path('host', 'hostname', 'node')
  if (host === null) return [reject(`${path}/host`, 'a reachability notification without a host')]
  const reachable = at(element, 'status', 'reachable')
  const said = fields.path('statustext')
  const status: AlertStatus = reachable === true ? 'resolved' : reachable === false ? 'firing' : statusFrom(STATUSES, said)
  return [
    makeAlert({
      source: 'netdata', externalId: null, asset: host, signature: 'Node unreachable', severity: severityFrom(SEVERITIES, fields.path('severity')), status,
      title: fields.path('message') ?? `${host} is ${said ?? 'unreachable'}`, message: fields.path('message'), startsAtMs: status === 'firing' ? instantMs(at(element, 'date')) : null,
      labels: [['space', fields.path('space')], ['url', fields.path('url')], ['rooms', roomsOf(element)], ...['class', 'duration'].map((name) => [name, fields.path(name)] as const)],
    }),
  ]
}

/**
 * An alarm's number is unique on its host only: agents count from the second they started, and a parent starts all its children at once. So
 * host and number together are the id; without a number (the Cloud) the place of the alert stands: space, host, chart, alert.
 */
function alarmIdentity(host: string | null, alarmId: string | null, chart: string | null, alarm: string | null, space: string | null): string | null {
  const parts = alarmId !== null ? [host, alarmId] : chart !== null ? [space, host, chart, alarm] : []
  return parts.length === 0 ? null : parts.map((part) => (part ?? '').replaceAll('/', '%2F')).filter((part) => part !== '').join('/')
}

/** `when` (the agent) and `date` (the Cloud) tell this change; `non_clear_duration` seconds before it the alarm was last clear. */
function beganMs(fields: Fields, status: AlertStatus): number | null {
  const changedMs = zonedMs(fields.path('when', 'date', 'timestamp', 'alertstatetimestamp', 'alertdate'))
  if (changedMs === null) return null
  const wasRaised = knows(SEVERITIES, fields.path('oldstatus'))
  const raisedText = fields.path('nonclearduration')
  const raisedMs = raisedText !== null && /^\d{1,9}$/.test(raisedText) ? Number(raisedText) * 1_000 : null
  if (status === 'firing' && !wasRaised) return changedMs
  return raisedMs !== null && raisedMs > 0 && (wasRaised || status === 'resolved') ? changedMs - raisedMs : null
}

/** Names of the Cloud's rooms: an object of name and address, or a list of {name, url}. */
function roomsOf(element: unknown): string | null {
  const rooms = at(element, 'rooms') ?? at(element, 'Rooms')
  const names = Array.isArray(rooms) ? listOf(rooms).slice(0, 32).flatMap((room) => textOf(at(room, 'name')) ?? textOf(room) ?? []) : textEntries(rooms).slice(0, 32).map(([name]) => name)
  return names.length === 0 ? null : names.join(', ')
}
