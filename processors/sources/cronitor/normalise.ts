import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** `type` (Cronitor docs, "Webhooks"). */
const STATUSES: StatusTable = { alert: 'firing', recovery: 'resolved' }

/** How the description of a recovery begins, in payloads from before `type` was there. */
const RECOVERED = /\b(recovered|are passing|is passing|resumed|back to normal)\b/i

/** Reads the webhook of a monitor. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Cronitor alert is an object')]
  const id = firstText(element, 'id', 'key', 'code')
  const name = firstText(element, 'monitor', 'name')
  if (id === null && name === null) return [reject(`${path}/id`, 'no id and no monitor; use an integration of type Webhook, which sends both')]
  const description = firstText(element, 'description')
  const status = statusOf(firstText(element, 'type'), description)
  return [
    makeAlert({
      source: 'cronitor',
      externalId: id,
      asset: null,
      signature: name,
      severity: 'unknown',
      status,
      title: `${name ?? id}: ${(description ?? firstText(element, 'rule') ?? status).slice(0, 1_024).split('\n', 1)[0] ?? ''}`,
      message: description,
      startsAtMs: null,
      labels: [
        ['rule', firstText(element, 'rule')],
        ['environment', firstText(element, 'environment')],
        ['group', firstText(element, 'group')],
        ['issue_url', firstText(element, 'issue_url')],
        ['monitor_url', firstText(element, 'monitor_url')],
      ],
    }),
  ]
}

function statusOf(type: string | null, description: string | null): AlertStatus {
  if (type !== null) return statusFrom(STATUSES, type)
  if (description === null) return 'unknown'
  return RECOVERED.test(description.slice(0, 512)) ? 'resolved' : 'firing'
}
