import { makeAlert, reject } from '../build.ts'
import { firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** The last word of `alert_type`: `monitor_offline`, `certificate_expires_soon`. */
const STATUSES: StatusTable = { offline: 'firing', down: 'firing', soon: 'firing', expired: 'firing', invalid: 'firing', missed: 'firing', online: 'resolved', up: 'resolved', renewed: 'resolved', valid: 'resolved' }

/** Reads a webhook of Pulsetic. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Pulsetic webhook is an object with alert_type and monitor')]
  const monitor = element['monitor']
  const id = firstText(monitor, 'id')
  const url = firstText(monitor, 'url')
  const name = firstText(monitor, 'name')
  if (id === null && url === null && name === null) return [reject(`${path}/monitor`, 'no monitor; use the Webhook integration of Pulsetic')]
  const type = firstText(element, 'alert_type')?.slice(0, 128) ?? null
  const [subject] = (type ?? '').split('_', 1)
  // What is about a certificate or a domain does not end when the monitor comes back.
  const isMonitor = subject === 'monitor' || subject === undefined || subject === ''
  const status = statusFrom(STATUSES, type?.split('_').at(-1) ?? null)
  return [
    makeAlert({
      source: 'pulsetic',
      externalId: id === null ? null : isMonitor ? id : `${id}:${subject}`,
      asset: url,
      signature: isMonitor ? (name ?? 'uptime') : subject === 'certificate' && status === 'resolved' ? 'certificate_expires_soon' : type,
      severity: 'unknown',
      status,
      title: `${name ?? url ?? id}: ${(type ?? 'alert').replaceAll('_', ' ')}`,
      message: firstText(element, 'message', 'reason', 'error'),
      startsAtMs: beganAtMs(status, element['created_at'] ?? element['timestamp'] ?? element['date']),
      labels: [
        ['alert_type', type],
        ['monitor_name', name],
        ['days_left', firstText(element, 'days_left')],
        ['status_code', firstText(element, 'status_code')],
      ],
    }),
  ]
}
