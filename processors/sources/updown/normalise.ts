import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `event` (updown.io API, "Webhooks"). */
const STATUSES: StatusTable = {
  'check.down': 'firing', 'check.up': 'resolved', 'check.ssl_invalid': 'firing', 'check.ssl_valid': 'resolved',
  'check.ssl_expiration': 'firing', 'check.ssl_renewed': 'resolved', 'check.performance_drop': 'firing',
}

/** What an event is about, where it is not whether the check is up: these are problems of their own. */
const SUBJECTS: Readonly<Record<string, string>> = { 'check.ssl_invalid': 'ssl', 'check.ssl_valid': 'ssl', 'check.ssl_expiration': 'ssl-expiration', 'check.ssl_renewed': 'ssl-expiration', 'check.performance_drop': 'performance' }

/** Reads the array of events of one webhook; older ones came as one object. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an updown.io event is an object with event and check')]
  const check = element['check']
  const token = firstText(check, 'token')
  const url = firstText(check, 'url')
  const name = firstText(check, 'alias')
  const subjectOfCertificate = firstText(element, ['ssl', 'cert', 'subject'], ['ssl', 'new_cert', 'subject'])
  if (token === null && url === null && name === null && subjectOfCertificate === null) return [reject(`${path}/check`, 'no check; use a webhook of updown.io (Settings, Webhooks)')]
  const event = firstText(element, 'event')
  const subject = event !== null && Object.hasOwn(SUBJECTS, event) ? (SUBJECTS[event] ?? null) : null
  const status = statusFrom(STATUSES, event)
  const downtime = element['downtime']
  const error = firstText(downtime, 'error') ?? firstText(element, ['ssl', 'error'])
  return [
    makeAlert({
      source: 'updown',
      externalId: token === null ? null : subject === null ? token : `${token}:${subject}`,
      asset: url ?? subjectOfCertificate,
      signature: [name ?? (subject === null ? 'uptime' : null), subject].filter((part) => part !== null).join(' '),
      severity: 'unknown',
      status,
      title: firstText(element, 'description') ?? `${name ?? url ?? token}: ${event ?? 'event'}`,
      message: error ?? firstText(element, 'description'),
      // A downtime keeps its beginning in the event that ends it.
      startsAtMs: instantMs(at(downtime, 'started_at')) ?? beganAtMs(status, element['time']),
      labels: [
        ['event', event],
        ['error', error],
        ['alias', name],
        ['downtime_id', firstText(downtime, 'id')],
        ['duration_s', firstText(downtime, 'duration')],
        ['apdex_dropped', firstText(element, 'apdex_dropped')],
        ['ssl_days_before_expiration', firstText(element, ['ssl', 'days_before_expiration'])],
        ['ssl_subject', subjectOfCertificate],
        ['type', firstText(check, 'type')],
        ['disabled_locations', listText(at(check, 'disabled_locations'))],
      ],
    }),
  ]
}
