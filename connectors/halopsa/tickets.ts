/** Tickets: made, found, changed, read, and joined. */
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { referenceIn, tokensIn } from '../text.ts'
import { refuseUnsupported } from '../changes.ts'
import { getActions, getFileNames, getTicket, people, post, upTo } from './calls.ts'
import { capabilities } from './capabilities.ts'
import { changeBody, companyIdOf, fileBody, noteBody, numberOf, refOf, snapshotOf, ticketBody, timeBody } from './map.ts'
import type { HaloTicket } from './types.ts'

/** Newest tickets that are looked through where the search finds nothing: its index may lag, the list does not. */
const NEWEST = 100

const NOBODY = { agents: new Map<number, never>(), ours: null }

/** Makes a ticket; Halo knows no idempotency, so an earlier attempt is looked for first. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const earlier = ctx.isRepeat ? await find(draft.externalRef, ctx) : null
  if (earlier !== null) {
    const there = await read(earlier, ctx)
    if (there !== null) return there
  }
  const made = await post<HaloTicket>({ path: '/Tickets', action: 'created', reference: 'create ticket', record: ticketBody(draft) }, ctx)
  if (made?.id === undefined) throw new ConnectorError('bad_answer', 'HaloPSA made a ticket and did not say which; it is looked up before anything is tried again')
  // The answer names the technician; nothing else is asked where a ticket has to be made in time.
  return snapshotOf(made, null, { connection: ctx.connection, ...NOBODY })
}

/** The oldest ticket with our reference in its title: by the search, else among the newest hundred. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const looks = [{ query: { search: externalRef }, reference: 'find ticket by reference' }, { query: { order: 'id', orderdesc: true }, reference: 'look through newest tickets' }]
  for (const look of looks) {
    const { items } = await upTo<HaloTicket>(NEWEST, { path: '/Tickets', name: 'tickets', ...look }, ctx)
    const ids = items.filter(({ summary, deleted }) => deleted !== true && referenceIn(summary ?? '') === externalRef).map(({ id = 0 }) => id)
    if (ids.length > 0) return refOf(Math.min(...ids), ctx.connection)
  }
  return null
}

/** Writes what differs. Halo says 400 for a ticket that is gone too, so it is looked for before anything is said to be invalid. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  try {
    await write(ref, change, ctx)
  } catch (error) {
    if (error instanceof ConnectorError && error.code === 'invalid' && (await getTicket(ref.externalId, ctx)) === null) throw gone(ref.externalId)
    throw error
  }
}

// Notes, time and files first, so that what closes a ticket is its last change.
async function write(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  const { notes = [], times = [], attachments = [] } = change
  const id = ref.externalId
  const there = ctx.isRepeat ? await tokensThere(id, change, ctx) : new Set<string>()
  // A title is written with the reference that stands in it; without one it is none of ours.
  const title = change.title === undefined ? null : await titleNow(id, ctx)
  for (const note of notes.filter(({ token }) => !there.has(token))) await post({ path: '/Actions', action: 'updated', reference: note.isPublic ? 'add public note' : 'add internal note', externalId: id, record: noteBody(id, note, ctx.connection) }, ctx)
  for (const time of times.filter(({ token }) => !there.has(token))) await post({ path: '/Actions', action: 'updated', reference: 'add time', externalId: id, record: timeBody(id, time, ctx.connection) }, ctx)
  for (const file of attachments.filter(({ token }) => !there.has(token))) await post({ path: '/Attachment', action: 'attached', reference: 'attach file', externalId: id, record: fileBody(id, file) }, ctx)
  const record = changeBody(ref, change, title === null ? null : referenceIn(title))
  if (record !== null) await post({ path: '/Tickets', action: 'updated', reference: 'change ticket', externalId: id, record }, ctx)
}

async function tokensThere(id: string, { notes = [], times = [], attachments = [] }: TicketChange, ctx: CallContext): Promise<ReadonlySet<string>> {
  const actions = notes.length + times.length === 0 ? [] : await getActions(id, ctx)
  const files = attachments.length === 0 ? [] : await getFileNames(id, ctx)
  const texts = actions.flatMap(({ note, note_html: html }) => [note ?? '', html ?? ''])
  return tokensIn([...texts, ...files], [...notes, ...times, ...attachments].map(({ token }) => token))
}

async function titleNow(id: string, ctx: CallContext): Promise<string> {
  const ticket = await getTicket(id, ctx)
  if (ticket === null) throw gone(id)
  return ticket.summary ?? ''
}

function gone(id: string): ConnectorError {
  return new ConnectorError('not_found', `ticket ${id} is gone from HaloPSA, or may not be seen`)
}

/** The ticket with its newest notes; null: it is gone. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await getTicket(ref.externalId, ctx)
  if (ticket === null || (of !== undefined && companyIdOf(ticket) !== of)) return null
  return snapshotOf(ticket, await getActions(ref.externalId, ctx), { connection: ctx.connection, ...(await people(ctx)) })
}

/** Tickets by words, newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const query = { search: text, order: 'id', orderdesc: true, ...(companyId === null ? {} : { client_id: numberOf(companyId) }) }
  const { items } = await upTo<HaloTicket>(limit, { path: '/Tickets', name: 'tickets', query, reference: 'search tickets' }, ctx)
  const who = await people(ctx)
  return items.map((ticket) => snapshotOf(ticket, null, { connection: ctx.connection, ...who }))
}

/** Relates two tickets and says so, hidden from the client, in both. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const { mapping } = ctx.connection
  await post({ path: '/Tickets', action: 'linked', reference: 'relate tickets', externalId: from.externalId, record: { id: numberOf(from.externalId), new_related_tickets: [{ id: numberOf(into.externalId) }] } }, ctx)
  await update(from, { mapping, notes: [{ token: `link-${into.externalId}`, text: `The same problem as ticket ${into.number}; work goes on there.`, isPublic: false }] }, ctx)
  await update(into, { mapping, notes: [{ token: `link-${from.externalId}`, text: `Ticket ${from.number} is about the same problem and was joined with this one.`, isPublic: false }] }, ctx)
}
