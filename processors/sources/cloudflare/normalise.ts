import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `alert_event` of notifications that have a beginning and an end. */
const EVENTS: StatusTable = { alert_state_event_start: 'firing', alert_state_event_end: 'resolved' }

/** States of health checks, pools, tunnels and incidents. `TUNNEL_STATUS_TYPE_`, `MAGIC_TUNNEL_STATUS_` and their kin are cut off before. */
const STATES: StatusTable = {
  unhealthy: 'firing', down: 'firing', degraded: 'firing', critical: 'firing', inactive: 'firing', failing: 'firing', fired: 'firing', pending: 'firing', failed: 'firing', firing: 'firing', investigating: 'firing', identified: 'firing', monitoring: 'firing',
  healthy: 'resolved', up: 'resolved', resolved: 'resolved', recovered: 'resolved',
}

/** Impact of Cloudflare's own incidents. */
const IMPACTS: SeverityTable = { critical: 'critical', major: 'high', minor: 'low', none: 'info', incident_impact_critical: 'critical', incident_impact_major: 'high', incident_impact_minor: 'low', incident_impact_none: 'info' }

/** Ids of what an alert is about, for notifications that have no correlation id. */
const OBJECT_IDS = ['attack_id', 'health_check_id', 'tunnel_id', 'pool_id', 'load_balancer_id', 'certificate_id', 'incident_id', 'project_id', 'maintenance_id'] as const

/** One notification; an array where a worker gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const text = firstText(body, 'text')
  const type = firstText(body, 'alert_type', ['data', 'alert_type'])
  const name = firstText(body, 'name', 'policy_name')
  if (!isObject(body) || (text === null && type === null && name === null)) return [reject(path, 'no `alert_type`, `name` or `text`; add the destination as a generic webhook')]
  // What Save and Test sends.
  if (type === null && text?.startsWith('Hello World!') === true) return []
  const data = at(body, 'data')
  const status = statusOf(body, data)
  const object = OBJECT_IDS.map((field) => firstText(data, field)).find((id) => id !== null) ?? null
  return [
    makeAlert({
      source: 'cloudflare',
      externalId: firstText(body, 'alert_correlation_id') ?? (object === null ? null : [type, object].filter((part) => part !== null).join(':')),
      asset: assetOf(data),
      signature: type ?? name,
      severity: severityOf(data),
      status,
      title: name ?? type,
      message: text,
      startsAtMs: beganMs(data) ?? (status === 'resolved' ? null : (changedMs(data) ?? instantMs(at(body, 'ts')))),
      labels: [
        ...textEntries(data),
        ['alert_type', type],
        ['account_id', firstText(body, 'account_id')],
        ['policy_id', firstText(body, 'policy_id')],
        ['policy_name', firstText(body, 'policy_name')],
        ['alert_event', firstText(body, 'alert_event')],
        ['correlation_id', firstText(body, 'alert_correlation_id')],
      ],
    }),
  ]
}

/** The event's own word, then the new state in the data; a notification without either only speaks of something wrong. */
function statusOf(body: unknown, data: unknown): AlertStatus {
  const event = firstText(body, 'alert_event')
  const told = statusFrom(EVENTS, event)
  const word = firstText(data, 'new_health_status', 'new_status', 'new_health', 'status', 'incident_status', 'tunnel_status')
  const state = statusFrom(STATES, word?.slice(0, 128).replace(/^(?:MAGIC_)?(?:TUNNEL|INCIDENT|HEALTH)_STATUS_(?:TYPE_)?/, '') ?? null)
  if (firstText(body, 'alert_type')?.startsWith('maintenance') === true) return 'no_data'
  // A recovery is told as the start of the healthy state.
  if (state === 'resolved' || told === 'unknown') return state === 'unknown' ? (event === null ? 'firing' : 'unknown') : state
  return told
}

/** The impact of an incident, else the grade some alerts of the network products have (route leaks, attacks). */
function severityOf(data: unknown): Severity {
  const impact = severityFrom(IMPACTS, firstText(data, 'incident_impact', 'impact'))
  return impact === 'unknown' ? severityFrom(SEVERITY_WORDS, firstText(data, 'alert_priority_level', 'severity')) : impact
}

/** When what the alert is about began; also told at its end. */
function beganMs(data: unknown): number | null {
  return instantMs(firstText(data, 'start_time', 'alert_start_time', ['episode', 'first_failed'], 'incident_created_at')) ?? (firstText(data, 'incident_id') === null ? null : instantMs(at(data, 'created_at')))
}

/** When the state changed, also as Go writes it: `2026-02-03 10:00:00 +0000 UTC`. */
function changedMs(data: unknown): number | null {
  return instantMs(firstText(data, 'status_change_time', 'event_ts', 'time')?.slice(0, 64).replace(/ UTC$/, '') ?? null)
}

/** The zone, else the host, address, pool, tunnel or script; lists give their first. */
function assetOf(data: unknown): string | null {
  return firstText(data, 'zone_name', ['unreachable_zones', '0', 'zone_name'], ['unreachable_zones', '0', 'host'], ['zones', '0', 'name'], ['zones', '0'], 'target_zone_name', 'zone', 'target_hostname', 'hostname', 'target_ip', 'prefix_hijacked', 'prefix', 'prefix_configured', 'pool_name', 'tunnel_name', 'load_balancer_name', 'health_check_name', 'origin_ip', 'project_name', 'script_name', ['scripts', '0', 'script_name'], ['config', 'name'], 'name')
    ?? firstOf(at(data, 'hostnames'))
    ?? firstText(data, ['affected_components', '0', 'name'], 'service', 'location', 'airport_code', 'account_name')
}

function firstOf(value: unknown): string | null {
  return textOf(listOf(value)[0]) ?? textOf(value)?.slice(0, 1_024).split(',', 1)[0]?.trim() ?? null
}
