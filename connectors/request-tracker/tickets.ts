/** Tickets of Request Tracker: made, found, changed, read, followed and merged. */
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { idOf, instantOf, mustId, rowOf, textOf, type Row } from '../answers.ts'
import { refuseChangeRequests } from '../changes.ts'
import { path } from '../http/address.ts'
import { priorityOf, statusOf } from '../mapping.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, PAGE, ticketOf, tickets, userOf } from './calls.ts'
import { fieldOf, idIn, newTicket, NOBODY, quoted, referenceOf, referenceQuery, refOf, rtId, searchQuery, snapshotOf, subjectOf, userIn } from './map.ts'
import { notesOf, say } from './notes.ts'

const CHANGES_MAX = 200
/** Pages asked for at most in one look at what changed. */
const TURNS_MAX = 20
/** How far RT's clock may be from ours. */
const CLOCK_MS = 120_000
const HOUR_MS = 3_600_000

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
  if (Object.keys(change).every((name) => name === 'mapping')) return
  refuseChangeRequests(change)
  const id = rtId(ref.externalId)
  const isReply = change.notes?.some(({ isPublic }) => isPublic) === true
  // Looked at first: a comment on a deleted ticket is taken there, and a status would bring it back.
  const before = await ticketOf(id, ctx)
  if (before === null || before['Status'] === 'deleted') return gone(id)
  await say(id, change, ctx)
  const fields = { ...fieldsOf(change, before, ctx), ...(isReply && change.state === undefined ? sameStatus(before, ctx.isRepeat) : {}) }
  if (Object.keys(fields).length > 0) await write(id, fields, ctx)
}

/** A reply opens what was resolved or stalled; what nobody asked for is taken back. In a repeat the reply may have been sent, so the status may be its work already. */
function sameStatus(before: Row, isRepeat: boolean): Row {
  const status = textOf(before['Status'])
  return status === null || isRepeat ? {} : { Status: status }
}

function fieldsOf(change: TicketChange, before: Row, { connection }: CallContext): Row {
  const [status, priority] = [statusOf(change.mapping, change.state), priorityOf(change.mapping, change.severity)]
  return {
    ...(change.title === undefined ? {} : { Subject: subjectOf(change.title, fieldOf(connection.fields) === null ? referenceOf(before, connection.fields) : null) }),
    ...(priority === undefined ? {} : { Priority: priority }), ...(change.assigneeId === undefined ? {} : { Owner: change.assigneeId ?? NOBODY }),
    ...(change.parent === undefined ? {} : { AddParent: rtId(change.parent.externalId) }),
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
export async function read({ externalId }: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const found = await ticketOf(rtId(externalId), ctx)
  return found === null || (of !== undefined && idIn(found['Queue']) !== of) ? null : told(found, externalId, await notesOf(mustId(found['id']), ctx), ctx)
}

/**
 * Tickets that changed, oldest first. RT reads every time in a query as one of the user's own zone, whatever zone is written beside it, so it is asked for the last so many seconds, some more
 * than needed because clocks differ, and what is older than the cursor is left out here. A cursor is a time and the page that comes next from it: RT keeps whole seconds, so pages full of one second
 * are gone through by counting, and any other begins anew at its last second.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', page = '1'] = (cursor ?? '').split('|')
  const sinceMs = Date.parse(since)
  if (Number.isNaN(sinceMs)) return { changed: [], cursor: rtTime(ctx.nowMs - CLOCK_MS) }
  const lagMs = Math.max(0, ctx.nowMs - sinceMs)
  // Across the hour that summer time gives or takes, RT counts that hour wrongly.
  const seconds = Math.ceil((lagMs + CLOCK_MS + (lagMs > HOUR_MS ? HOUR_MS : 0)) / 1_000)
  const found: Row[] = []
  let [from, isAll] = [Number(page) || 1, false]
  for (let turn = 0; turn < TURNS_MAX && found.length <= CHANGES_MAX - PAGE && !isAll; turn++) {
    const { items, isLast, next } = await tickets(`LastUpdated >= ${quoted(`${seconds} seconds ago`)} AND EffectiveId > 0`, { orderBy: 'LastUpdated', order: 'ASC', from, most: 1, size: PAGE, reference: 'list changed tickets' }, ctx)
    found.push(...items.filter((ticket) => (instantOf(ticket['LastUpdated']) ?? sinceMs) >= sinceMs))
    ;[from, isAll] = [next, isLast]
  }
  const lastMs = Math.max(sinceMs, ...found.map((ticket) => instantOf(ticket['LastUpdated']) ?? 0))
  return { changed: await all(found, ctx), cursor: isAll || lastMs > sinceMs ? rtTime(lastMs) : `${since}|${from}` }
}

const rtTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Tickets by words of their subject or by number, newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const query = searchQuery(text, companyId)
  if (query === null) return []
  const { items } = await tickets(query, { orderBy: 'LastUpdated', order: 'DESC', most: limit, reference: 'search tickets' }, ctx)
  return all(items.slice(0, limit), ctx)
}

/** Merges: the one answers with the other then. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const target = mustId((await ticketOf(rtId(into.externalId), ctx) ?? gone(into.externalId))['id'])
  const now = await ticketOf(rtId(from.externalId), ctx) ?? gone(from.externalId)
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
