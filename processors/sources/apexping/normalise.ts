import { makeAlert, reject } from '../build.ts'
import { firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `state` of a webhook. */
const STATUSES: StatusTable = { triggered: 'firing', resolved: 'resolved' }

/** Reads a webhook of Apex Ping. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an Apex Ping webhook is an object with alert and check')]
  const { alert, check } = element
  const id = firstText(alert, 'id')
  const name = firstText(check, 'name')
  const url = firstText(check, 'url')
  if (id === null && name === null && url === null) return [reject(path, 'no alert and no check; use an alert with the action webhook')]
  const status = statusFrom(STATUSES, firstText(element, 'state'))
  const type = firstText(alert, 'type')
  const rule = [firstText(alert, 'stat'), type, firstText(alert, 'op'), firstText(alert, 'value')].filter((part) => part !== null).join(' ')
  return [
    makeAlert({
      source: 'apexping',
      externalId: id,
      asset: url,
      signature: name ?? type,
      severity: 'unknown',
      status,
      title: `${name ?? url ?? 'Check'}: ${type ?? 'alert'} ${firstText(element, 'state') ?? ''}`,
      message: `${rule} (now ${firstText(element, 'value') ?? 'unknown'})`,
      startsAtMs: beganAtMs(status, element['triggered_at']),
      labels: [
        ['type', type],
        ['stat', firstText(alert, 'stat')],
        ['op', firstText(alert, 'op')],
        ['threshold', firstText(alert, 'value')],
        ['window_duration', firstText(alert, 'window_duration')],
        ['check_id', firstText(check, 'id')],
        ['method', firstText(check, 'method')],
        ['protocol', firstText(check, 'protocol')],
      ],
    }),
  ]
}
