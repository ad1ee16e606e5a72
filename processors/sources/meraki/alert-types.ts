import type { AlertStatus } from '../../../schemas/records.ts'

/** What an alert type says. */
export interface AlertType {
  /** The condition, the same word for its begin and its end. */
  readonly kind: string
  readonly status: AlertStatus
}

/** Types that come in pairs, begin then end ("Webhooks", sample alerts). */
const PAIRS: readonly (readonly [kind: string, begins: readonly string[], ends: readonly string[]])[] = [
  ['reporting', ['stopped_reporting', 'gateway_down', 'repeater_down', 'node_down', 'device_down'], ['started_reporting', 'gateway_up', 'repeater_up', 'node_up', 'device_up']],
  ['cellular', ['cellular_down'], ['cellular_up']],
  ['power_supply', ['power_supply_down'], ['power_supply_up']],
  ['backup_power', ['rps_backup'], ['rps_base_supply_up']],
  ['port', ['port_disconnected'], ['port_connected']],
  ['clients', ['pcc_outage_begin'], ['pcc_outage_end']],
  ['client_security', ['pcc_security_violation'], ['pcc_security_compliance']],
  ['geofencing', ['geofencing_out'], ['geofencing_in']],
  ['bluetooth', ['bluetooth_out'], ['bluetooth_in']],
  ['app_outage', ['insight_app_outage_start'], ['insight_app_outage_stop', 'insight_app_outage_end']],
  ['radius', ['unreachable_radius_server'], ['reachable_radius_server']],
  ['mesh', ['gateway_to_repeater'], ['repeater_to_gateway']],
]

/** Types that tell of something that happened and is no condition: nothing is ill and nothing ends, so they never open a problem. */
const NOTES = new Set(['motion_alert', 'settings_changed', 'new_splash_signup', 'pcc_enrollment', 'pcc_sw_found', 'port_speed_change'])

/** Types whose data say the state; without it nobody knows. */
const BY_DATA = new Set(['rogue_ap_association', 'vpn_connectivity_change', 'client_connectivity', 'sensor_alert'])

/** Words at the end of a type we do not know that say begin or end. */
const ENDINGS: readonly (readonly [RegExp, AlertStatus])[] = [
  [/_(up|end|ended|stop|stopped|resolved|cleared|restored|recovered|connected|online)$/, 'resolved'],
  [/_(down|begin|start|started|disconnected|offline|failed|failure|error|lost)$/, 'firing'],
]

/** Titles of payloads older than `alertTypeId`, for the conditions that end. */
const TITLES: Readonly<Record<string, string>> = {
  'aps went down': 'stopped_reporting', 'appliances went down': 'stopped_reporting', 'switches went down': 'stopped_reporting', 'cameras went down': 'stopped_reporting', 'gateways went down': 'stopped_reporting', 'sensors went down': 'stopped_reporting', 'repeaters went down': 'stopped_reporting',
  'aps came up': 'started_reporting', 'appliances came up': 'started_reporting', 'switches came up': 'started_reporting', 'cameras came up': 'started_reporting', 'gateways came up': 'started_reporting', 'sensors came up': 'started_reporting', 'repeaters came up': 'started_reporting',
  'cellular went down': 'cellular_down', 'cellular came up': 'cellular_up', 'power supply went down': 'power_supply_down', 'power supply came up': 'power_supply_up', 'switch port disconnected': 'port_disconnected', 'switch port connected': 'port_connected',
  'running on backup power': 'rps_backup', 'returned to using primary power': 'rps_base_supply_up', 'clients went down': 'pcc_outage_begin', 'clients came up': 'pcc_outage_end', 'vpn connectivity changed': 'vpn_connectivity_change', 'uplink status changed': 'failover_event', 'client connectivity changed': 'client_connectivity', 'settings changed': 'settings_changed', 'motion detected': 'motion_alert', 'sensor change detected': 'sensor_alert',
}

const BY_ID = new Map<string, AlertType>(PAIRS.flatMap(([kind, begins, ends]) => [
  ...begins.map((id) => [id, { kind, status: 'firing' }] as const),
  ...ends.map((id) => [id, { kind, status: 'resolved' }] as const),
]))

/** The type's id; in payloads that have only the title, the id of that title. */
export function typeIdOf(id: string | null, title: string | null): string | null {
  const word = (title ?? '').slice(0, 128).toLowerCase()
  return id ?? (Object.hasOwn(TITLES, word) ? (TITLES[word] ?? null) : null)
}

/** What a type says: by its pair, else as a note, else by its last word; every other type tells of something wrong. */
export function alertType(id: string): AlertType {
  const known = BY_ID.get(id)
  if (known !== undefined) return known
  if (NOTES.has(id)) return { kind: id, status: 'no_data' }
  if (BY_DATA.has(id)) return { kind: id, status: 'unknown' }
  const bounded = id.slice(0, 128)
  for (const [ending, status] of ENDINGS) if (ending.test(bounded)) return { kind: bounded.replace(ending, ''), status }
  return { kind: bounded, status: 'firing' }
}
