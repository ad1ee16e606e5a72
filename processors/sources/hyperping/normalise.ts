import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, listOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** The end of `event` (Hyperping docs, "Webhooks"): `check.down`, `check.up`. */
const STATUSES: StatusTable = { down: 'firing', up: 'resolved' }

/** Reads a webhook of Hyperping. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Hyperping webhook is an object with event and check')]
  const check = element['check']
  const id = firstText(check, 'monitorUuid', 'uuid', 'id')
  const url = firstText(check, 'url')
  const name = firstText(check, 'name', 'monitorName')
  if (id === null && url === null && name === null) return [reject(`${path}/check`, 'no check; use the Webhooks integration of Hyperping')]
  const event = firstText(element, 'event')
  const status = statusOf(event, check)
  const original = listOf(element['pings']).find((ping) => at(ping, 'original') === true)
  return [
    makeAlert({
      source: 'hyperping',
      externalId: id,
      asset: url,
      signature: name ?? 'uptime',
      severity: 'unknown',
      status,
      title: `${name ?? url ?? id} is ${status === 'firing' ? 'down' : status === 'resolved' ? 'up' : 'in an unknown state'}`,
      message: firstText(original, 'statusMessage'),
      startsAtMs: beganAtMs(status, at(check, 'date')),
      labels: [
        ['event', event],
        ['status_code', firstText(check, 'status')],
        ['locations', listText(element['pings'], 'location')],
        ['downtime', firstText(check, 'downtime')],
      ],
    }),
  ]
}

function statusOf(event: string | null, check: unknown): AlertStatus {
  const told = statusFrom(STATUSES, event?.slice(0, 64).split('.').at(-1) ?? null)
  const down = at(check, 'down')
  return told === 'unknown' && typeof down === 'boolean' ? (down ? 'firing' : 'resolved') : told
}
