import type { AlertStatus } from '../../../schemas/records.ts'

/** What an RDS event means: its state, and the word that ties it to its end. */
export interface RdsMeaning {
  readonly status: AlertStatus
  readonly pair: string
}

/**
 * Events of Amazon RDS by `EventID` that begin or end something ("Amazon RDS event categories and event messages"). The others are notes: their
 * category decides whether they are a failure.
 */
const EVENTS: Readonly<Record<string, RdsMeaning>> = {
  'RDS-EVENT-0004': { status: 'firing', pair: 'availability' }, 'RDS-EVENT-0022': { status: 'firing', pair: 'availability' }, 'RDS-EVENT-0221': { status: 'firing', pair: 'storage' }, 'RDS-EVENT-0403': { status: 'firing', pair: 'memory' },
  'RDS-EVENT-0006': { status: 'resolved', pair: 'availability' }, 'RDS-EVENT-0088': { status: 'resolved', pair: 'availability' }, 'RDS-EVENT-0087': { status: 'firing', pair: 'availability' },
  'RDS-EVENT-0013': { status: 'firing', pair: 'failover' }, 'RDS-EVENT-0050': { status: 'firing', pair: 'failover' }, 'RDS-EVENT-0015': { status: 'resolved', pair: 'failover' }, 'RDS-EVENT-0049': { status: 'resolved', pair: 'failover' }, 'RDS-EVENT-0051': { status: 'resolved', pair: 'failover' }, 'RDS-EVENT-0065': { status: 'resolved', pair: 'failover' },
  'RDS-EVENT-0069': { status: 'firing', pair: 'failover' }, 'RDS-EVENT-0071': { status: 'resolved', pair: 'failover' }, 'RDS-EVENT-0072': { status: 'firing', pair: 'failover' }, 'RDS-EVENT-0073': { status: 'firing', pair: 'failover' },
  'RDS-EVENT-0007': { status: 'firing', pair: 'storage' }, 'RDS-EVENT-0089': { status: 'firing', pair: 'storage' }, 'RDS-EVENT-0222': { status: 'firing', pair: 'storage' }, 'RDS-EVENT-0227': { status: 'firing', pair: 'storage' },
  'RDS-EVENT-0020': { status: 'firing', pair: 'recovery' }, 'RDS-EVENT-0021': { status: 'resolved', pair: 'recovery' }, 'RDS-EVENT-0052': { status: 'firing', pair: 'recovery' }, 'RDS-EVENT-0053': { status: 'resolved', pair: 'recovery' },
  'RDS-EVENT-0045': { status: 'firing', pair: 'replication' }, 'RDS-EVENT-0057': { status: 'firing', pair: 'replication' }, 'RDS-EVENT-0046': { status: 'resolved', pair: 'replication' },
}

const FAILURES = new Set(['failure', 'low storage'])

/** The meaning of an event by its id, else by its categories; a note that begins and ends nothing is unknown. */
export function rdsMeaning(eventId: string | null, categories: readonly string[]): RdsMeaning {
  const known = eventId !== null && Object.hasOwn(EVENTS, eventId) ? EVENTS[eventId] : undefined
  const category = categories[0] ?? 'event'
  return known ?? { status: categories.some((name) => FAILURES.has(name)) ? 'firing' : 'unknown', pair: eventId ?? category }
}
