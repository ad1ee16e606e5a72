/** Our words in the PSA's and back. */
import { TICKET_STATES, type TicketMapping, type TicketState } from '../schemas/tickets.ts'
import type { IncidentSeverity } from '../schemas/records.ts'
import { ConnectorError } from './port.ts'

/**
 * What a status of the PSA means: the first of our states that is mapped to it, in the order of a ticket's life, else what it always means there (`native`, by id), else `unknown`.
 */
export function stateOf(mapping: TicketMapping, id: string | null, native: Readonly<Record<string, TicketState>> = {}): TicketState {
  if (id === null) return 'unknown'
  return TICKET_STATES.find((state) => mapping.status[state] === id) ?? native[id] ?? 'unknown'
}

/** The PSA's word for a state; undefined leaves it as it is, as does a default that somebody emptied. */
export function statusOf(mapping: TicketMapping, state: TicketState | undefined): string | undefined {
  return state === undefined || mapping.status[state] === '' ? undefined : mapping.status[state]
}

/** The PSA's word for a severity; undefined leaves it to the PSA, as does a default that somebody emptied. */
export function priorityOf(mapping: TicketMapping, severity: IncidentSeverity | undefined): string | undefined {
  return severity === undefined || mapping.priority[severity] === '' ? undefined : mapping.priority[severity]
}

/** A mapped id that has to be a whole number there. Throws `misconfigured` for anything else. */
export function numberOf(id: string, what: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new ConnectorError('misconfigured', `the mapping of ${what} holds "${id.slice(0, 40)}", which is no id of this PSA: choose one of its values`)
  return Number(id)
}
