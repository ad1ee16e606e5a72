/**
 * An incident whose company got another connection has tickets in two systems. One of them goes on: that of the connection in use. The others are left as soon as their own connection may be
 * called: ended with a word where it goes on where nobody touched them, else told so in a note. A left ticket says nothing of its state to the incident any more.
 */
import type { SyncOrder, SyncTicket, TicketFacts, Told } from '../../schemas/ticket-sync.ts'
import type { TicketSettings } from '../../schemas/tickets.ts'
import { elsewhereText, leftText } from '../templates/note-text.ts'
import { internalNote } from './internal-note.ts'
import { mappingOver, type PlanTarget } from './want.ts'

/** The newest ticket of the incident in a system that is not the one in use. */
export interface TicketElsewhere {
  readonly ticket: SyncTicket
  /** Null: its connection is switched off or gone, and nothing can be written there. */
  readonly there: Pick<PlanTarget, 'connector' | 'capabilities' | 'mapping'> | null
}

/** What is needed of a plan's input. */
export interface LeaveInput {
  readonly nowMs: number
  readonly settings: TicketSettings
  readonly facts: Pick<TicketFacts, 'number'>
  readonly target: Pick<PlanTarget, 'connector' | 'capabilities' | 'mapping'>
  readonly elsewhere?: readonly TicketElsewhere[]
}

/** Orders that leave the tickets of other systems for `current`. `waits`: one of them, or `current`, is being made and has no number yet. */
export function leaving({ nowMs, settings, facts, target, elsewhere = [] }: LeaveInput, current: SyncTicket): { readonly orders: readonly SyncOrder[]; readonly waits: boolean } {
  const open = elsewhere.filter(isOpen)
  const ready = open.filter(({ ticket }) => ticket.ref !== null)
  if (current.ref === null || open.length === 0) return { orders: [], waits: open.length > 0 && !current.isDead }
  const order = { urgency: 2 as const, dueAtMs: nowMs }
  const orders = ready.map(({ ticket, there }): SyncOrder => {
    const text = elsewhereText(facts.number, current.ref)
    const closes = settings.autoClose && !ticket.isTouched
    const told: Told = { ...ticket.told, seq: ticket.told.seq + 1, ended: closes ? 'state' : 'note', endedAtMs: nowMs, state: closes ? 'closed' : ticket.told.state, elsewhere: current.id }
    const [ticketId, version] = [ticket.id, ticket.version]
    const notes = internalNote(there, ticket, [text])
    if (!closes && notes.length === 0) return { kind: 'note_down', ticketId, version, told }
    return { kind: 'update', ...order, ticketId, version, told, change: { mapping: mappingOver(there.mapping, settings.mapping), ...(closes ? { state: 'closed', resolution: text, unlessTouched: notes } : { notes }) } }
  })
  // The text of a newer ticket names the older ones; an older one learns here of those that were made meanwhile. What is closed is left alone.
  const newer = ready.flatMap(({ ticket }) => (ticket.createdAtMs > current.createdAtMs && ticket.ref !== null ? [leftText(ticket.ref)] : []))
  const isWritable = current.told.ended !== 'state' && current.closedAtMs === null && target.capabilities.internalNote
  if (newer.length > 0 && isWritable) orders.push({ kind: 'update', ...order, ticketId: current.id, version: current.version, told: { ...current.told, seq: current.told.seq + 1 }, change: { mapping: mappingOver(target.mapping, settings.mapping), notes: internalNote(target, current, newer) } })
  return { orders, waits: ready.length < open.length }
}

function isOpen(one: TicketElsewhere): one is TicketElsewhere & { readonly there: NonNullable<TicketElsewhere['there']> } {
  const { there, ticket: { told, seen, closedAtMs, isDead } } = one
  return there !== null && !isDead && closedAtMs === null && told.ended !== 'state' && (told.elsewhere ?? null) === null && told.mergedInto === null && told.isMoved !== true && seen?.isDeleted !== true && (seen?.mergedIntoId ?? null) === null
}
