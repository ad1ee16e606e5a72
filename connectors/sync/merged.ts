/**
 * An incident became part of another one, which has a ticket too. Pure.
 *
 *   ticket of the merged incident     the PSA merges                      the PSA links                        the PSA has neither
 *   nobody touched it                 is merged, unless touched by then   is closed unless touched, linked     is closed unless touched, else a note
 *   somebody touched it               stays open, with a note             stays open, and is linked            stays open, with a note
 *   somebody ended it                 is left alone                       is linked                            is left alone
 *   people merged it there            is left alone everywhere
 *
 * Each note says where it goes on; where the PSA links, the link says it.
 */
import type { PlanReason, SyncOrder, SyncTicket, TicketFacts, TicketPlan, Told } from '../../schemas/ticket-sync.ts'
import type { TicketNote, TicketSettings } from '../../schemas/tickets.ts'
import { mergedText } from '../templates/note-text.ts'
import { internalNote } from './internal-note.ts'
import type { PlanTarget } from './want.ts'

/** The ticket it goes on in is being made. */
const SURVIVOR_MS = 30_000

/** What is needed of a plan's input; `target` with the mapping of the company. */
export interface MergeInput {
  readonly nowMs: number
  readonly settings: TicketSettings
  readonly facts: Pick<TicketFacts, 'number' | 'mergedInto'>
  readonly target: Pick<PlanTarget, 'connector' | 'capabilities' | 'mapping'>
  /** The newest ticket of the other incident. */
  readonly survivor: SyncTicket | null
}

/** Says what becomes of the ticket of an incident that is part of another one. */
export function merging({ nowMs, settings, facts, target, survivor }: MergeInput, current: SyncTicket): TicketPlan {
  const { id: ticketId, version, told, seen } = current
  const into = facts.mergedInto ?? ''
  if (told.mergedInto === into) return without('merged')
  if (survivor === null) return ordered({ kind: 'adopt', ticketId, version, incidentId: into, told })
  const order = { urgency: 2 as const, dueAtMs: nowMs }
  const after = (ended: Told['ended']): Told => ({ ...told, mergedInto: into, seq: told.seq + 1, ended, endedAtMs: ended === told.ended ? told.endedAtMs : nowMs })
  const noteDown = (ended: Told['ended']): SyncOrder => ({ kind: 'note_down', ticketId, version, told: after(ended) })
  if ((seen?.mergedIntoId ?? null) !== null) return ordered(noteDown('state'))
  if (isOnItsWay(survivor)) return without('waits_for_survivor', nowMs + SURVIVOR_MS)

  const { mapping, capabilities: { joins } } = target
  const text = mergedText(facts.number, survivor.ref)
  const note = internalNote(target, current, [text])
  const body = { intoTicketId: survivor.id }
  if (joins === 'merge' && !current.isTouched) return ordered(noteDown('state'), { kind: 'join', ticketId, body: { ...body, mapping, unlessTouched: note }, ...order })
  const closes = settings.autoClose && !current.isTouched && told.ended !== 'state'
  const close = (unlessTouched: readonly TicketNote[]): SyncOrder => ({ kind: 'update', ticketId, version, ...order, told: { ...after('state'), state: 'closed' }, change: { mapping, state: 'closed', resolution: text, unlessTouched } })
  if (joins === 'link') return ordered(closes ? close([]) : noteDown(told.ended === 'state' ? 'state' : 'note'), { kind: 'join', ticketId, body, ...order })
  if (closes) return ordered(close(note), ...toldThere(current, { nowMs, facts, target, survivor }))
  if (told.ended === 'state') return ordered(noteDown('state'))
  const said: SyncOrder = note.length === 0 ? noteDown('note') : { kind: 'update', ticketId, version, ...order, told: after('note'), change: { mapping, notes: note } }
  return ordered(said, ...(joins === 'none' ? toldThere(current, { nowMs, facts, target, survivor }) : []))
}

/** Where the PSA neither merges nor links, the other ticket learns of this one too. */
function toldThere({ ref, externalRef }: SyncTicket, { nowMs, facts, target, survivor }: Pick<MergeInput, 'nowMs' | 'facts' | 'target'> & { readonly survivor: SyncTicket }): readonly SyncOrder[] {
  const notes = survivor.isDead ? [] : internalNote(target, survivor, [`Incident ${facts.number} was merged into this one; its ticket is ${ref?.number ?? externalRef}.`])
  if (notes.length === 0) return []
  return [{ kind: 'update', ticketId: survivor.id, version: survivor.version, told: { ...survivor.told, seq: survivor.told.seq + 1 }, urgency: 2, dueAtMs: nowMs, change: { mapping: target.mapping, notes } }]
}

function isOnItsWay({ ref, isDead, isSimulated, mode }: SyncTicket): boolean {
  return ref === null && !isDead && !isSimulated && (mode === 'sandbox' || mode === 'production')
}

function ordered(...orders: readonly SyncOrder[]): TicketPlan {
  return { orders, reason: 'ordered', againAtMs: null }
}

function without(reason: PlanReason, againAtMs: number | null = null): TicketPlan {
  return { orders: [], reason, againAtMs }
}
