import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `alert.state` of a check (Uptime.com, "Custom Postback URL"). */
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium' }

const EVENTS: StatusTable = { alert_raised: 'firing', alert_cleared: 'resolved' }
const STATES: StatusTable = { critical: 'firing', warning: 'firing', down: 'firing', ok: 'resolved', up: 'resolved', unknown: 'no_data' }

/** Reads the payload of a Custom Postback URL, and the flat one of older accounts. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an Uptime.com alert is an object with data')]
  if (Object.hasOwn(element, 'check_id') || Object.hasOwn(element, 'check_name')) return readLegacy(element)
  const data = element['data']
  const service = at(data, 'service')
  const id = firstText(service, 'id')
  const name = firstText(service, 'display_name', 'name', 'short_name')
  if (id === null && name === null) return [reject(`${path}/data/service`, 'no check; use the integration Custom Postback URL (Webhook)')]
  const state = firstText(data, ['alert', 'state'])
  const status = statusOf(firstText(element, 'event'), data, state)
  return [
    makeAlert({
      source: 'uptime-com',
      externalId: id,
      asset: firstText(data, ['device', 'address'], ['device', 'display_name'], ['device', 'name']) ?? firstText(service, 'msp_address'),
      signature: name,
      severity: severityFrom(SEVERITIES, state),
      status,
      title: `${name ?? id}: ${firstText(data, ['alert', 'short_output']) ?? state ?? 'alert'}`,
      message: firstText(data, ['alert', 'output'], ['alert', 'short_output']),
      startsAtMs: beganAtMs(status, at(data, 'alert', 'created_at') ?? at(data, 'date')),
      labels: [
        ['check_type', firstText(service, 'monitoring_service_type')],
        ['address', firstText(service, 'msp_address')],
        ['tags', listText(at(service, 'tags'))],
        ['locations', listText(at(data, 'locations'))],
        ['account', firstText(data, ['account', 'name'])],
        ['alert_id', firstText(data, ['alert', 'id'])],
        ['state', state],
        ['alert_details', firstText(data, ['links', 'alert_details'])],
      ],
    }),
  ]
}

function statusOf(event: string | null, data: unknown, state: string | null): AlertStatus {
  const told = statusFrom(EVENTS, event)
  if (told !== 'unknown') return told
  const isUp = at(data, 'global_alert_state', 'state_is_up') ?? at(data, 'alert', 'is_up')
  return typeof isUp === 'boolean' ? (isUp ? 'resolved' : 'firing') : statusFrom(STATES, state)
}

/** `{check_id, check_name, check_url, check_type, server_name, locations, date, state, output}`; its date has no zone. */
function readLegacy(payload: unknown): Normalised {
  const name = firstText(payload, 'check_name', 'check_id')
  const state = firstText(payload, 'state')
  return [
    makeAlert({
      source: 'uptime-com',
      externalId: firstText(payload, 'check_id'),
      asset: firstText(payload, 'check_url', 'server_name'),
      signature: name,
      severity: severityFrom(SEVERITIES, state),
      status: statusFrom(STATES, state),
      title: `${name ?? 'Check'} is ${state ?? 'in an unknown state'}`,
      message: firstText(payload, 'output'),
      startsAtMs: null,
      labels: [['check_type', firstText(payload, 'check_type')], ['server_name', firstText(payload, 'server_name')], ['locations', listText(at(payload, 'locations'))]],
    }),
  ]
}
