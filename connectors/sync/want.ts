/** What should stand in a ticket, field by field, and which of it is to be written: only what differs from what was told, and never over what a person wrote. */
import type { IncidentSeverity, IncidentStatus } from '../../schemas/records.ts'
import type { TicketFacts, SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { TicketMapping, TicketParty, TicketState, WritableTicketState } from '../../schemas/tickets.ts'
import type { Capabilities } from '../port.ts'

/** Severities, worst first. */
export const SEVERITIES: readonly IncidentSeverity[] = ['critical', 'high', 'medium', 'low', 'info']

/** Where the tickets of a company go. */
export interface PlanTarget {
  /** Null only for simulated tickets of an installation without a connection. */
  readonly connectionId: string | null
  readonly connector: string
  readonly capabilities: Capabilities
  readonly mapping: TicketMapping
  readonly party: TicketParty
  /** The PSA's id of the incident's assignee; null where nobody is assigned, or nobody there has that address. */
  readonly assigneeId: string | null
}

/** A mapping with another's values in place of its own. */
export function mappingOver(base: TicketMapping, over: Partial<TicketMapping>): TicketMapping {
  return { status: { ...base.status, ...over.status }, priority: { ...base.priority, ...over.priority }, place: { ...base.place, ...over.place } }
}

/** Whether a ticket in this state is done with. */
export const isEnded = (state: TicketState): boolean => state === 'resolved' || state === 'closed'

/** Whether an incident of this status is over. */
export const isOver = (status: IncidentStatus): boolean => status === 'resolved' || status === 'closed'

const RANK: Readonly<Record<TicketState, number>> = { unknown: 3, waiting: 3, open: 0, assigned: 1, in_progress: 2, resolved: 4, closed: 5 }

/** The state an open incident gives its ticket: one that cannot be written there stays with the one before. */
export function stateOf(status: IncidentStatus): WritableTicketState {
  return status
}

/** Whether two states are the same thing in this PSA. */
export function isSameThere(mapping: TicketMapping, one: TicketState, other: TicketState): boolean {
  return one === other || (mapping.status[one] !== undefined && mapping.status[one] === mapping.status[other])
}

/** The part of a change that fields make, and what is then told. */
export interface FieldChange {
  readonly change: { readonly title?: string; readonly severity?: IncidentSeverity; readonly priority?: number; readonly state?: WritableTicketState; readonly assigneeId?: string | null; readonly assetIds?: readonly string[] }
  readonly told: Partial<Told>
}

/** What cannot wait: state, assignee, and a severity that rose. */
export function urgentFields({ told, seen }: SyncTicket, facts: TicketFacts, target: PlanTarget): FieldChange {
  const parts = [stateField(told, seen, facts, target), assigneeField(told, seen, facts, target)]
  if (SEVERITIES.indexOf(facts.severity) < SEVERITIES.indexOf(told.severity)) parts.push(priorityField(told, seen, facts, target))
  return together(parts)
}

/** What goes along with the next note: title, priority, configuration items. */
export function lazyFields({ told, seen }: SyncTicket, facts: TicketFacts, target: PlanTarget, title: string): FieldChange {
  const isOurs = seen === null || seen.title.trim() === told.title.trim()
  const titled: FieldChange = title === told.title ? NONE : { change: isOurs ? { title } : {}, told: { title: isOurs ? title : told.title } }
  const wanted = [...target.party.assetIds]
  const isSameSet = wanted.length === told.assetIds.length && wanted.every((id) => told.assetIds.includes(id))
  const assets: FieldChange = isSameSet || !target.capabilities.assets || wanted.length === 0 ? NONE : { change: { assetIds: wanted }, told: { assetIds: wanted } }
  return together([titled, priorityField(told, seen, facts, target), assets])
}

const NONE: FieldChange = { change: {}, told: {} }

/** Joins parts into one. */
export function together(parts: readonly FieldChange[]): FieldChange {
  return { change: Object.assign({}, ...parts.map(({ change }) => change)) as FieldChange['change'], told: Object.assign({}, ...parts.map(({ told }) => told)) as Partial<Told> }
}

function stateField(told: Told, seen: SyncTicket['seen'], facts: TicketFacts, { mapping }: PlanTarget): FieldChange {
  const state = stateOf(facts.status)
  if (isOver(facts.status) || state === told.state) return NONE
  // What a person set there, or what comes to the same there, stays.
  const isThere = isSameThere(mapping, state, told.state) || (seen !== null && !isEnded(seen.state) && RANK[seen.state] >= RANK[state])
  return { change: isThere ? {} : { state }, told: { state } }
}

function assigneeField(told: Told, seen: SyncTicket['seen'], { assignee }: TicketFacts, { assigneeId, capabilities }: PlanTarget): FieldChange {
  const id = assignee?.id ?? null
  if (id === told.assignee && (assigneeId === null || assigneeId === told.assigneeId)) return NONE
  const isThere = seen !== null && (seen.assignee?.externalId ?? null) === assigneeId
  // Nobody is taken away whom somebody else put there.
  const isOthers = assigneeId === null && (assignee !== null || told.assigneeId === null || (seen !== null && seen.assignee?.externalId !== told.assigneeId))
  const writes = capabilities.assign && !isThere && !isOthers
  return { change: writes ? { assigneeId } : {}, told: { assignee: id, assigneeId: writes || isThere ? assigneeId : told.assigneeId } }
}

function priorityField(told: Told, seen: SyncTicket['seen'], { severity, priority }: TicketFacts, { mapping }: PlanTarget): FieldChange {
  if (severity === told.severity && priority === told.priority) return NONE
  const ours = mapping.priority[told.severity]
  const isPersons = seen !== null && seen.priorityId !== null && ours !== undefined && seen.priorityId !== ours
  return { change: isPersons ? {} : { severity, priority }, told: { severity, priority } }
}
