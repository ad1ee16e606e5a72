import type { AlertStatus } from '../../../schemas/records.ts'

/** What an event type says: its state, and the condition whose begin and end are two types; null for every other. */
export interface EventType {
  readonly status: AlertStatus
  readonly condition: string | null
}

/** Types that begin and end one condition ("Sophos Central event types"). */
const CONDITIONS: readonly (readonly [condition: string, begins: readonly string[], ends: readonly string[]])[] = [
  ['real-time-protection', ['Event::Endpoint::SavDisabled'], ['Event::Endpoint::SavEnabled']],
  ['compliance', ['Event::Endpoint::NonCompliant'], ['Event::Endpoint::Compliant']],
  ['update', ['Event::Endpoint::UpdateFailure', 'Event::Endpoint::OutOfDate'], ['Event::Endpoint::UpdateSuccess', 'Event::Endpoint::UpToDate']],
  ['service', ['Event::Endpoint::ServiceNotRunning'], ['Event::Endpoint::ServiceRestored']],
  ['central', ['Event::Firewall::LostConnectionToSophosCentral'], ['Event::Firewall::Reconnected']],
  ['gateway', ['Event::Firewall::FirewallGatewayDown'], ['Event::Firewall::FirewallGatewayUp']],
  ['vpn', ['Event::Firewall::FirewallVPNTunnelDown'], ['Event::Firewall::FirewallVPNTunnelUp']],
  ['red', ['Event::Firewall::FirewallREDTunnelDown'], ['Event::Firewall::FirewallREDTunnelUp']],
]

/** Events that say that a threat is gone. A clean-up of a threat is an event of its own, with an id of its own. */
const CALM = new Set(['Event::Endpoint::Threat::CleanedUp', 'Event::Endpoint::Threat::PuaCleanedUp', 'Event::Endpoint::CoreCleaned', 'Event::Endpoint::CorePuaCleaned', 'Event::Endpoint::HmpaThreatsCleanedUp'])

/** Events of everyday work: nothing is wrong and nothing ends. */
const ROUTINE = new Set(['Event::Endpoint::SavScanComplete', 'Event::Endpoint::Registered', 'Event::Endpoint::Protected', 'Event::Endpoint::UserAutoCreated'])

const BY_TYPE = new Map<string, EventType>(CONDITIONS.flatMap(([condition, begins, ends]) => [
  ...begins.map((type) => [type.toLowerCase(), { status: 'firing', condition }] as const),
  ...ends.map((type) => [type.toLowerCase(), { status: 'resolved', condition }] as const),
]))

/** What a type says; a type in no table tells of something that needs attention. */
export function eventType(type: string): EventType {
  return BY_TYPE.get(type.slice(0, 200).toLowerCase()) ?? { status: CALM.has(type) ? 'resolved' : ROUTINE.has(type) ? 'no_data' : 'firing', condition: null }
}
