import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields, isUnfilled } from '../fields.ts'
import { at, isObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { recognise } from '../unknown/recognise.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/**
 * What a sensor state means (manual, "Sensor States"; numbers are those of `status_raw`): Down is an error, Warning comes before it, Unusual is a value
 * unlike its history. A paused, unknown or scanning sensor is watched by nobody, so it cannot tell.
 */
const STATUSES: StatusTable = { up: 'resolved', ok: 'resolved', down: 'firing', error: 'firing', alerting: 'firing', warning: 'firing', unusual: 'firing', threshold: 'firing', 3: 'resolved', 4: 'firing', 5: 'firing', 10: 'firing', 13: 'acknowledged', 14: 'firing', paused: 'no_data', unknown: 'no_data', scanning: 'no_data', 1: 'no_data', 2: 'no_data', 6: 'no_data', 7: 'no_data', 8: 'no_data', 9: 'no_data', 11: 'no_data', 12: 'no_data' }
const SEVERITIES: SeverityTable = { down: 'high', error: 'high', warning: 'medium', unusual: 'low', 4: 'medium', 5: 'high', 10: 'low', 13: 'high', 14: 'high' }

/** One notification; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a PRTG notification is a form or a JSON object; set the postdata of the HTTP action as the guide shows')]
  const fields = new Fields(element)
  const sensorId = fields.path('sensorid', 'sensorobjid', 'objid', 'id', 'alertuid')
  const sensor = fields.path('sensor', 'sensorname', 'shortname', 'name')
  const device = fields.path('device', 'devicename', 'server')
  const host = fields.path('host', 'hostname', 'address', 'ip')
  const word = fields.path('status', 'state', 'sensorstatus', 'laststatus', 'statusid')
  const marks = readMarks(fields.path('title', 'subject'))
  const state = word === null && marks.status !== null ? { status: marks.status, severity: marks.severity ?? ('unknown' as const) } : readState(word)
  if (sensorId === null && sensor === null && device === null && host === null) {
    // "Send test notification" leaves every placeholder as it stands.
    if (isTest(element)) return []
    // A script of the customer's own may send a title and a text only.
    if (fields.path('title', 'subject', 'message', 'text') !== null) return recognise(element, 'prtg', path)
    return [reject(path, 'no sensor, device or id; put sensorid=%sensorid&sensor=%sensor&device=%device&status=%status into the postdata of the HTTP action')]
  }
  return [
    makeAlert({
      source: 'prtg',
      externalId: sensorId,
      asset: device ?? host,
      // `[Down] fw-1 Ping`: a script's title names the sensor where nothing else does.
      signature: sensor ?? marks.text,
      severity: state.severity,
      status: state.status,
      title: fields.path('title', 'subject') ?? ([device ?? host, sensor].filter((name) => name !== null).join(' ') || null),
      message: fields.path('message', 'lastmessage', 'down', 'text', 'body'),
      startsAtMs: zonedMs(fields.path('startsat', 'startedat', 'timestamp')),
      labels: [
        ...['group', 'probe', 'location', 'priority', 'lastvalue', 'tags', 'sitename', 'since', 'downtime', 'deviceid', 'linksensor', 'linkdevice', 'commentssensor', 'commentsdevice'].map((name) => [name, fields.path(name)] as const),
        ['host', host],
        ['state', fields.path('status', 'state')],
        ['parenttags', fields.path('parenttags', 'objecttags')],
        ['lastvalue', fields.path('lastvalue', 'value')],
        ['link', fields.path('link', 'url', 'sensorurl')],
      ],
    }),
  ]
}

/** `Down`, `Down (Acknowledged)`, `Down ESCALATION`, `Down ended (now: Up)`; of a state that ended, what the sensor is now counts. */
function readState(given: string | null): { status: AlertStatus; severity: Severity } {
  const text = (given ?? '').slice(0, 200).toLowerCase().trim()
  const now = text.indexOf('(now:')
  const hasEnded = /\bended\b/.test(text)
  if (hasEnded && now < 0) return { status: 'resolved', severity: 'unknown' }
  const current = now < 0 || !hasEnded ? text : text.slice(now + 5).replace(/\)$/, '').trim()
  const word = /^[a-z0-9]+/.exec(current)?.[0] ?? null
  const severity = severityFrom(SEVERITIES, word)
  if (current.includes('acknowledged')) return { status: 'acknowledged', severity }
  return { status: statusFrom(STATUSES, word), severity }
}

function isTest(element: unknown): boolean {
  return ['sensorid', 'sensor', 'name', 'device', 'status', 'message'].some((name) => {
    const value = at(element, name)
    return typeof value === 'string' && isUnfilled(value.trim())
  })
}
