import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, jsonInside } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `importance_level` of a check (Pingdom, "State change webhooks"). */
const SEVERITIES: SeverityTable = { high: 'high', low: 'low' }

/** `current_state` of an uptime check (UP, DOWN) and of a transaction check (SUCCESS, FAILING). */
const STATUSES: StatusTable = { down: 'firing', failing: 'firing', up: 'resolved', success: 'resolved' }

/** Reads a state change webhook, or one of the older alerting (BeepManager). */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Pingdom state change is an object')]
  const message = element['message']
  const beep = typeof message === 'string' ? jsonInside(message.slice(0, 65_536)) : element
  if (isObject(beep) && Object.hasOwn(beep, 'checkname') && Object.hasOwn(beep, 'check')) return readBeep(beep)
  const id = firstText(element, 'check_id')
  const name = firstText(element, 'check_name')
  if (id === null && name === null) return [reject(`${path}/check_id`, 'no check_id and no check_name; use a Webhook integration of Pingdom, which sends both')]
  const params = element['check_params']
  const status = statusFrom(STATUSES, firstText(element, 'current_state'))
  return [
    makeAlert({
      source: 'pingdom',
      externalId: id,
      asset: firstText(params, 'hostname') ?? hostOf(firstText(params, 'full_url', 'url')),
      signature: name,
      severity: severityFrom(SEVERITIES, firstText(element, 'importance_level')),
      status,
      title: `${name ?? id} is ${firstText(element, 'current_state') ?? 'in an unknown state'}`,
      message: firstText(element, 'long_description', 'description', 'custom_message'),
      startsAtMs: beganAtMs(status, element['state_changed_timestamp'] ?? element['state_changed_utc_time']),
      labels: [
        ['check_type', firstText(element, 'check_type')],
        ['tags', listText(element['tags'], 'name')],
        ['previous_state', firstText(element, 'previous_state')],
        ['description', firstText(element, 'description')],
        ['url', firstText(params, 'full_url') ?? absolute(firstText(params, 'url'))],
        ['port', firstText(params, 'port')],
        ['first_probe', firstText(at(element, 'first_probe'), 'location')],
        ['second_probe', firstText(at(element, 'second_probe'), 'location')],
        ['custom_message', firstText(element, 'custom_message')],
      ],
    }),
  ]
}

/** `{check, checkname, host, action, incidentid, description}`, whose description is the state. */
function readBeep(beep: unknown): Normalised {
  const name = firstText(beep, 'checkname')
  return [
    makeAlert({
      source: 'pingdom',
      externalId: firstText(beep, 'check'),
      asset: firstText(beep, 'host'),
      signature: name,
      severity: 'unknown',
      status: statusFrom(STATUSES, firstText(beep, 'description')),
      title: `${name ?? 'check'} is ${firstText(beep, 'description') ?? 'in an unknown state'}`,
      message: null,
      startsAtMs: null,
      labels: [['incident_id', firstText(beep, 'incidentid')], ['action', firstText(beep, 'action')]],
    }),
  ]
}

/** The host of a whole URL; null for a path. */
function hostOf(url: string | null): string | null {
  const whole = absolute(url)
  return whole !== null && URL.canParse(whole) ? new URL(whole).hostname || null : null
}

function absolute(url: string | null): string | null {
  return url !== null && url.length <= 2_048 && /^https?:\/\//i.test(url) ? url : null
}
