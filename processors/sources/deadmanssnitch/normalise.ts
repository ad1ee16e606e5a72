import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `type` of a webhook and `status` of a snitch (Dead Man's Snitch docs, "Webhooks"). */
const STATUSES: StatusTable = { 'snitch.missing': 'firing', 'snitch.errored': 'firing', 'snitch.reporting': 'resolved', missing: 'firing', errored: 'firing', healthy: 'resolved' }
const ILL = new Set(['missing', 'errored'])

/** Reads a webhook of Dead Man's Snitch. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, "a Dead Man's Snitch webhook is an object with data.snitch")]
  const snitch = at(element, 'data', 'snitch')
  const token = firstText(snitch, 'token')
  const name = firstText(snitch, 'name')
  if (token === null && name === null) return [reject(`${path}/data/snitch`, 'no snitch; use the Webhook integration of the case')]
  const type = firstText(element, 'type')
  const before = firstText(snitch, 'previous_status')
  const isPaused = type === 'snitch.paused' || (type === null && firstText(snitch, 'status') === 'paused')
  // Whoever pauses a snitch that is missing ends its alert: it will not report before it runs again. Any other pause is a setting.
  if (isPaused && (before === null || !ILL.has(before))) return []
  const status: AlertStatus = isPaused ? 'resolved' : statusFrom(STATUSES, type ?? firstText(snitch, 'status'))
  return [
    makeAlert({
      source: 'deadmanssnitch',
      externalId: token,
      asset: null,
      signature: name,
      severity: 'unknown',
      status,
      title: name,
      message: firstText(snitch, 'notes'),
      startsAtMs: beganAtMs(status, element['timestamp']),
      labels: [['type', type], ['tags', listText(at(snitch, 'tags'))], ['status', firstText(snitch, 'status')], ['previous_status', before]],
    }),
  ]
}
