/** Tickets: made, found, changed, read, joined, and what changed since. */
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { refuseUnsupported, resolutionNote } from '../changes.ts'
import { readCursor, takeOldest, writeCursor } from '../poll-cursor.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { referenceIn, tokensIn } from '../text.ts'
import { getComments, getTicket, listTickets, people, postComment, postTicket, postTimer, putTicket } from './calls.ts'
import { capabilities } from './capabilities.ts'
import { changeBody, companyIdOf, noteBody, numberOf, refOf, snapshotOf, ticketBody, timerBody } from './map.ts'
import type { SyncroTicket } from './types.ts'

const CHANGED_MAX = 200
/** Comments read with a ticket, and those in which our own are looked for on a repeat. */
const COMMENTS = 50
const REPEAT_COMMENTS = 300
/** Pages of 25 that are read of what changed; more at once is a mass edit, and the rest is found when the connection is reconciled. */
const CHANGED_PAGES_MAX = 40
/** What is looked through where the search finds nothing: its index may lag, the list does not. */
const NEWEST_MS = 2 * 86_400_000
const NEWEST_PAGES_MAX = 8
const SEARCH_PAGES_MAX = 4

const NOBODY = { users: new Map<string, never>(), ours: null }

/** Makes a ticket; Syncro knows no idempotency, so an earlier attempt is looked for first. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const earlier = ctx.isRepeat ? await find(draft.externalRef, ctx) : null
  if (earlier !== null) {
    const there = await read(earlier, ctx)
    if (there !== null) return there
  }
  const body = ticketBody(draft)
  if (body === null) throw new ConnectorError('invalid', 'Syncro takes no ticket without a customer: match the company, or give a catch-all customer as place "customer"')
  const made = await postTicket(body, ctx)
  if (made.id == null) throw new ConnectorError('bad_answer', 'Syncro made a ticket and did not say which; it is looked up before anything is tried again')
  // The answer names the technician; nothing else is asked where a ticket has to be made in time.
  return snapshotOf(made, null, { connection: ctx.connection, ...NOBODY })
}

/** The oldest ticket with our reference in its subject: by the search, else among the tickets of the last two days. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const ours = ({ subject }: SyncroTicket): boolean => referenceIn(subject ?? '') === externalRef
  const searched = (await pages({ query: externalRef }, SEARCH_PAGES_MAX, 'find ticket by reference', ctx)).filter(ours)
  const found = searched.length > 0 ? searched : (await pages({ created_after: new Date(ctx.nowMs - NEWEST_MS).toISOString() }, NEWEST_PAGES_MAX, 'look through newest tickets', ctx)).filter(ours)
  const oldest = found.sort((a, b) => (a.id ?? 0) - (b.id ?? 0))[0]
  return oldest?.id == null ? null : refOf(oldest.id, oldest.number, ctx.connection)
}

async function pages(query: Readonly<Record<string, string | number>>, most: number, reference: string, ctx: CallContext, enough = Number.POSITIVE_INFINITY): Promise<SyncroTicket[]> {
  const found: SyncroTicket[] = []
  for (let page = 1, last = 1; page <= Math.min(last, most) && found.length < enough; page++) {
    const { tickets, pages: all } = await listTickets({ ...query, page }, reference, ctx)
    found.push(...tickets)
    last = all
  }
  return found
}

/** Writes what differs: comments and time first, so that what closes a ticket is its last change. Comments cannot be taken back, so on a repeat those that are there are left out. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const id = ref.externalId
  const { notes = [], times = [] } = change
  const last = resolutionNote(change.resolution)
  const comments = ctx.isRepeat && notes.length + last.length > 0 ? await getComments(id, REPEAT_COMMENTS, ctx) : []
  const now = change.title !== undefined || (ctx.isRepeat && times.length > 0) ? await mustRead(id, ctx) : null
  const timers = ctx.isRepeat ? now?.ticket_timers ?? [] : []
  const there = tokensIn([...comments.map(({ body }) => body ?? ''), ...timers.map((timer) => timer.notes ?? '')], [...notes, ...last, ...times].map(({ token }) => token))
  for (const note of notes.filter(({ token }) => !there.has(token))) await postComment(id, noteBody(note, ctx.connection), note.isPublic ? 'add public note' : 'add internal note', ctx)
  for (const time of times.filter(({ token }) => !there.has(token))) await postTimer(id, timerBody(time), ctx)
  for (const note of last.filter(({ token }) => !there.has(token))) await postComment(id, noteBody(note, ctx.connection, true), 'add resolution', ctx)
  const body = changeBody(change, referenceIn(now?.subject ?? ''))
  if (body !== null) await putTicket(id, body, ctx)
}

async function mustRead(id: string, ctx: CallContext): Promise<SyncroTicket> {
  const ticket = await getTicket(id, ctx)
  if (ticket === null) throw new ConnectorError('not_found', `ticket ${id} is gone from Syncro`)
  return ticket
}

/** The ticket with its newest notes; null: it is gone. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await getTicket(ref.externalId, ctx)
  if (ticket === null || (of !== undefined && companyIdOf(ticket) !== of)) return null
  return snapshotOf(ticket, await getComments(ref.externalId, COMMENTS, ctx), { connection: ctx.connection, ...(await people(ctx)) })
}

/** Tickets that changed at or after the cursor, an instant of Syncro's own clock; in which order it lists them is not documented, so all are read before the oldest are given. */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  if (cursor === null) return { changed: [], cursor: writeCursor({ fromMs: ctx.nowMs, afterId: null }) }
  const from = readCursor(cursor)
  const tickets = await pages({ since_updated_at: new Date(from.fromMs).toISOString() }, CHANGED_PAGES_MAX, 'list changed tickets', ctx)
  if (tickets.length === 0) return { changed: [], cursor }
  const who = await people(ctx)
  const { changed, next } = takeOldest(tickets.map((ticket) => snapshotOf(ticket, null, { connection: ctx.connection, ...who })), from, CHANGED_MAX)
  return { changed, cursor: writeCursor(next) }
}

/** Tickets by words. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const query = { query: text, ...(companyId === null ? {} : { customer_id: numberOf(companyId) }) }
  const found = await pages(query, SEARCH_PAGES_MAX, 'search tickets', ctx, limit)
  const who = await people(ctx)
  return found.slice(0, limit).map((ticket) => snapshotOf(ticket, null, { connection: ctx.connection, ...who }))
}

/** Syncro's API knows no links, so each of the two tickets gets a note that names the other. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const { mapping } = ctx.connection
  await update(from, { mapping, notes: [{ token: `link-${into.externalId}`, text: `The same problem as ticket ${into.number}; work goes on there. ${into.url ?? ''}`.trim(), isPublic: false }] }, ctx)
  await update(into, { mapping, notes: [{ token: `link-${from.externalId}`, text: `Ticket ${from.number} is about the same problem and was joined with this one. ${from.url ?? ''}`.trim(), isPublic: false }] }, ctx)
}
