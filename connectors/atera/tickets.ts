/** Tickets: made, found, changed, read, joined, and looked through. */
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { refuseUnsupported, resolutionNote } from '../changes.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { referenceIn, tokensIn } from '../text.ts'
import { getComments, getTicket, page, pages, post, postComment, putTicket } from './calls.ts'
import { capabilities } from './capabilities.ts'
import { contactOf } from './contact.ts'
import { changeBody, commentBody, companyIdOf, numberOf, refOf, snapshotOf, ticketBody } from './map.ts'
import type { AteraTicket } from './types.ts'

/** Where a ticket of ours is looked for: what changed in the last hour, else in the last two weeks, at most so many pages of 50. */
const LOOKS = [{ backMs: 3_600_000, most: 4 }, { backMs: 14 * 86_400_000, most: 20 }] as const
/** Pages that are looked through from either end of the list, for which is the newest is not documented. */
const SEARCH_PAGES = 3

/** Makes a ticket; Atera knows no idempotency, so an earlier attempt is looked for first. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const earlier = ctx.isRepeat ? await find(draft.externalRef, ctx) : null
  const there = earlier === null ? null : await read(earlier, ctx)
  if (there !== null) return there
  const id = await post({ path: '/api/v3/tickets', json: ticketBody(draft, await contactOf(draft, ctx)), reference: 'create ticket' }, ctx)
  // Atera tells the id and no more. A list may lag behind, a ticket by its id does not.
  const made = await getTicket(String(id), ctx)
  if (made === null) throw new ConnectorError('bad_answer', `Atera made ticket ${id} and does not know it; it is looked up before anything is tried again`)
  return snapshotOf(made, null, ctx.connection)
}

/** The oldest ticket with our reference in its title, among those that changed lately: a new ticket counts as changed, and no field of Atera's can be searched. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  for (const { backMs, most } of LOOKS) {
    const { items } = await pages<AteraTicket>({ path: '/api/v3/tickets/lastmodified', query: { date: new Date(ctx.nowMs - backMs).toISOString() }, reference: 'find ticket by reference' }, { most }, ctx)
    const oldest = items.filter(({ TicketTitle: title }) => referenceIn(title ?? '') === externalRef).sort((a, b) => (a.TicketID ?? 0) - (b.TicketID ?? 0))[0]
    if (oldest?.TicketID != null) return refOf(oldest.TicketID, oldest.TicketNumber, ctx.connection)
  }
  return null
}

/** Writes what differs: comments first, so that what closes a ticket is its last change. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const id = ref.externalId
  const notes = [...(change.notes ?? []), ...resolutionNote(change.resolution)]
  const comments = ctx.isRepeat && notes.length > 0 ? await getComments(id, ctx) : []
  const there = tokensIn(comments.map(({ Comment: said }) => said ?? ''), notes.map(({ token }) => token))
  // A title is written with the reference that stands in it; without one it is none of ours.
  const title = change.title === undefined ? '' : await titleNow(id, ctx)
  for (const note of notes.filter(({ token }) => !there.has(token))) await postComment(id, commentBody(note, ctx.connection), note.isPublic ? 'add public note' : 'add internal note', ctx)
  const body = changeBody(change, referenceIn(title))
  if (body !== null) await putTicket(id, body, ctx)
}

async function titleNow(id: string, ctx: CallContext): Promise<string> {
  const ticket = await getTicket(id, ctx)
  if (ticket === null) throw new ConnectorError('not_found', `ticket ${id} is gone from Atera`)
  return ticket.TicketTitle ?? ''
}

/** The ticket with its newest notes; null: it is gone. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await getTicket(ref.externalId, ctx)
  return ticket === null || (of !== undefined && companyIdOf(ticket) !== of) ? null : snapshotOf(ticket, await getComments(ref.externalId, ctx), ctx.connection)
}

/** Tickets by words of their title or number: Atera searches nothing, so the ends of the list of the company, or of all, are looked through. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const request = { path: '/api/v3/tickets', query: companyId === null ? {} : { customerId: numberOf(companyId) }, reference: 'search tickets' }
  const { items, pages: all } = await page<AteraTicket>(request, ctx)
  const rest = Array.from({ length: Math.max(0, all - 1) }, (_one, at) => at + 2).filter((at) => at <= SEARCH_PAGES || at > all - SEARCH_PAGES)
  const found = [...items]
  for (const at of rest) found.push(...(await page<AteraTicket>({ ...request, query: { ...request.query, page: at } }, ctx)).items)
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return found
    .filter(({ TicketTitle: title, TicketNumber: number }) => words.every((word) => `${title ?? ''} ${number ?? ''}`.toLowerCase().includes(word)))
    .sort((a, b) => (b.TicketID ?? 0) - (a.TicketID ?? 0))
    .slice(0, limit)
    .map((ticket) => snapshotOf(ticket, null, ctx.connection))
}

/** Atera's API sets no relations, so each of the two tickets gets a note that names the other. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const { mapping } = ctx.connection
  await update(from, { mapping, notes: [{ token: `link-${into.externalId}`, text: `The same problem as ticket ${into.number}; work goes on there.`, isPublic: false }] }, ctx)
  await update(into, { mapping, notes: [{ token: `link-${from.externalId}`, text: `Ticket ${from.number} is about the same problem and was joined with this one.`, isPublic: false }] }, ctx)
}
