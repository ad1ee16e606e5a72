import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { firstText, isObject, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `is_ok` (Hydrozen docs, "Webhooks"). */
const STATUSES: StatusTable = { 0: 'firing', 1: 'resolved', false: 'firing', true: 'resolved' }

/** Reminders, which have no `is_ok` and are never taken back. */
const REMINDERS = new Set(['domain-expiry', 'ssl-expiry'])

const TITLE_WORDS: Readonly<Record<AlertStatus, string>> = { firing: 'down', resolved: 'up', acknowledged: 'seen', no_data: 'silent', unknown: 'in an unknown state' }

/** Reads a webhook of Hydrozen. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Hydrozen notification is an object')]
  const type = firstText(element, 'type')
  const name = firstText(element, 'name')
  const target = firstText(element, 'target')
  const id = idOf(element, type)
  if (id === null && name === null && target === null) return [reject(path, 'no monitor, heartbeat or domain name; use the Webhook integration of Hydrozen')]
  const status = statusOf(firstText(element, 'is_ok'), type)
  return [
    makeAlert({
      source: 'hydrozen',
      externalId: id,
      asset: target,
      signature: name ?? target,
      severity: 'unknown',
      status,
      title: `${name ?? target ?? id} (${type ?? 'monitor'}) is ${REMINDERS.has(type ?? '') ? 'about to expire' : TITLE_WORDS[status]}`,
      message: null,
      // No time of a check is sent, only when something will expire.
      startsAtMs: null,
      labels: [
        ['type', type],
        ['port', firstText(element, 'port')],
        ['expires_at', firstText(element, 'whois_end_datetime', 'ssl_end_datetime')],
        ['timezone', firstText(element, 'timezone')],
        ['url', firstText(element, 'url')],
      ],
    }),
  ]
}

/** Monitors, heartbeats and domain names are numbered apart, and a domain has two reminders. */
function idOf(element: JsonObject, type: string | null): string | null {
  const monitor = firstText(element, 'monitor_id')
  if (monitor !== null) return monitor
  const heartbeat = firstText(element, 'heartbeat_id')
  if (heartbeat !== null) return `heartbeat:${heartbeat}`
  const domain = firstText(element, 'domain_name_id')
  return domain === null ? null : `${type ?? 'domain'}:${domain}`
}

function statusOf(isOk: string | null, type: string | null): AlertStatus {
  return isOk === null && type !== null && REMINDERS.has(type) ? 'firing' : statusFrom(STATUSES, isOk)
}
