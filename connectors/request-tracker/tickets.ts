/** Tickets of Request Tracker: made, found, changed, read, followed and merged. */
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { idOf, mustId, rowOf, textOf, type Row } from '../answers.ts'
import { path } from '../http/address.ts'
import { priorityOf, statusOf } from '../mapping.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, PAGE, ticketOf, tickets, userOf } from './calls.ts'
import { fieldOf, newTicket, NOBODY, quoted, referenceOf, referenceQuery, refOf, searchQuery, snapshotOf, subjectOf, userIn } from './map.ts'
import { notesOf, say } from './notes.ts'

const CHANGES_MAX = 200
/** How far clocks may differ where polling begins. */
const CLOCK_MS = 120_000

/** Makes the ticket, or answers the one that is there already. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const there = ctx.isRepeat ? await find(draft.externalRef, ctx) : null
  if (there !== null) return await read(there, ctx) ?? gone(there.externalId)
  const { body } = await call({ method: 'POST', path: '/ticket', json: newTicket(draft, ctx.connection), action: 'created', reference: 'create ticket' }, ctx)
  const id = mustId(rowOf(body)['id'])
  return told(await ticketOf(id, ctx) ?? gone(id), id, null, ctx)
}

function gone(id: string): never {
  throw new ConnectorError('not_found', `Request Tracker: there is no ticket ${id}, or the user may not see it`, { httpStatus: 404 })
}

/** The oldest ticket with our reference, one that was merged into another included. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const { items } = await tickets(referenceQuery(externalRef, ctx.connection.fields), { orderBy: 'id', order: 'ASC', reference: 'find ticket by our reference' }, ctx)
  const found = items.find((ticket) => referenceOf(ticket, ctx.connection.fields) === externalRef)
  return found === undefined ? null : refOf(mustId(found['id']), ctx.connection.baseUrl)
}

/** Says what is to be said, then writes the fields: a reply opens a ticket in RT, so the status comes last. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  const id = ref.externalId
  const isReply = change.notes?.some(({ isPublic }) => isPublic) === true
  const needsTicket = isReply || (change.title !== undefined && fieldOf(ctx.connection.fields) === null)
  const before = needsTicket ? await ticketOf(id, ctx) ?? gone(id) : null
  await say(id, change, ctx)
  const fields = { ...fieldsOf(change, before, ctx), ...(isReply && change.state === undefined ? sameStatus(before, ctx.isRepeat) : {}) }
  if (Object.keys(fields).length > 0) await write(id, fields, ctx)
}

/** A reply opens what was resolved or stalled; what nobody asked for is taken back. In a repeat the reply may have been sent, so the status may be its work already. */
function sameStatus(before: Row | null, isRepeat: boolean): Row {
  const status = before === null ? null : textOf(before['Status'])
  return status === null || isRepeat ? {} : { Status: status }
}

function fieldsOf(change: TicketChange, before: Row | null, { connection }: CallContext): Row {
  const [status, priority] = [statusOf(change.mapping, change.state), priorityOf(change.mapping, change.severity)]
  return {
    ...(change.title === undefined ? {} : { Subject: subjectOf(change.title, before === null ? null : referenceOf(before, connection.fields)) }),
    ...(priority === undefined ? {} : { Priority: priority }), ...(change.assigneeId === undefined ? {} : { Owner: change.assigneeId ?? NOBODY }),
    ...(change.parent === undefined ? {} : { AddParent: change.parent.externalId }), ...(change.assetIds === undefined || change.assetIds.length === 0 ? {} : { AddRefersTo: change.assetIds.map((one) => `asset:${one}`) }),
    ...(status === undefined ? {} : { Status: status }),
  }
}

/** RT answers a change with 200 and sentences in the user's language, refused or not, so the ticket is read and compared. Throws `forbidden` or `invalid` with what RT said. */
async function write(id: string, fields: Row, ctx: CallContext): Promise<void> {
  const { body } = await call({ method: 'PUT', path: path`/ticket/${id}`, json: fields, action: 'updated', reference: 'change ticket', externalId: id }, ctx)
  const said = Array.isArray(body) ? body.filter((one): one is string => typeof one === 'string').join('; ') : ''
  if (/permission denied/i.test(said)) throw new ConnectorError('forbidden', `Request Tracker: change ticket: ${said.slice(0, 500)}. Give the user ModifyTicket, and OwnTicket and ReassignTicket where owners are set`)
  const wanted = [['status', textOf(fields['Status'])], ['owner', textOf(fields['Owner'])], ['priority', textOf(fields['Priority'])]] as const
  if (wanted.every(([, value]) => value === null)) return
  const now = await ticketOf(id, ctx) ?? gone(id)
  const stands = { status: textOf(now['Status']), owner: userIn(now['Owner']), priority: idOf(now['Priority']) }
  const wrong = wanted.flatMap(([what, value]) => (value === null || value.toLowerCase() === stands[what]?.toLowerCase() ? [] : [`${what} ${stands[what] ?? 'none'} is not what was asked for, ${value}`]))
  if (wrong.length > 0) throw new ConnectorError('invalid', `Request Tracker: change ticket: ${wrong.join('; ')}. RT said: ${said.slice(0, 500)}`)
}

/** The ticket with its newest notes; of a merged one those of the ticket it went into. */
export async function read({ externalId }: TicketRef, ctx: CallContext): Promise<TicketSnapshot | null> {
  const found = await ticketOf(externalId, ctx)
  return found === null ? null : told(found, externalId, await notesOf(mustId(found['id']), ctx), ctx)
}

/**
 * Tickets that changed, oldest first. A cursor is a time and how many tickets from it were told: RT keeps whole seconds, so a page full of one second is gone through by counting, and
 * any other begins anew at its last second.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', pages = '0'] = (cursor ?? '').split('|')
  if (Number.isNaN(Date.parse(since))) return { changed: [], cursor: rtTime(ctx.nowMs - CLOCK_MS) }
  const found: Row[] = []
  let isAll = false
  for (let number = Number(pages) + 1; found.length < CHANGES_MAX && !isAll; number++) {
    const { items, isLast } = await tickets(`LastUpdated >= ${quoted(since)} AND EffectiveId > 0`, { orderBy: 'LastUpdated', order: 'ASC', number, reference: 'list changed tickets' }, ctx)
    found.push(...items)
    isAll = isLast
  }
  const last = textOf(found.at(-1)?.['LastUpdated']) ?? since
  const next = isAll || Date.parse(last) > Date.parse(since) ? last : `${since}|${Number(pages) + CHANGES_MAX / PAGE}`
  return { changed: await all(found, ctx), cursor: next }
}

const rtTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Tickets by words of their subject or by number, newest first. RT has no companies, so all of them are searched. */
export async function search({ text, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const query = searchQuery(text)
  if (query === null) return []
  const { items } = await tickets(query, { orderBy: 'LastUpdated', order: 'DESC', limit: Math.min(limit, PAGE), reference: 'search tickets' }, ctx)
  return all(items, ctx)
}

/** Merges: the one answers with the other then. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const target = mustId((await ticketOf(into.externalId, ctx) ?? gone(into.externalId))['id'])
  const now = await ticketOf(from.externalId, ctx) ?? gone(from.externalId)
  if (mustId(now['id']) === target) return
  const { body } = await call({ method: 'PUT', path: path`/ticket/${from.externalId}`, json: { MergeInto: target }, action: 'linked', reference: 'merge tickets', externalId: from.externalId }, ctx)
  if (mustId((await ticketOf(from.externalId, ctx) ?? gone(from.externalId))['id']) !== target) throw new ConnectorError('forbidden', `Request Tracker: merge tickets: ${Array.isArray(body) ? body.join('; ').slice(0, 500) : 'refused'}. Give the user ModifyTicket on both queues`)
}

async function all(found: readonly Row[], ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const snapshots: TicketSnapshot[] = []
  for (const ticket of found) snapshots.push(await told(ticket, mustId(ticket['id']), null, ctx))
  return snapshots
}

async function told(ticket: Row, askedId: string, notes: TicketSnapshot['notes'], ctx: CallContext): Promise<TicketSnapshot> {
  const owner = userIn(ticket['Owner'])
  const user = owner === null || owner === NOBODY ? null : await userOf(owner, ctx)
  return snapshotOf(ticket, { connection: ctx.connection, askedId, owner: user === null ? null : { name: user.realName, email: user.email }, notes })
}
