/** Tickets of Zoho Desk: made, found, changed, read, followed and merged. */
import type { TicketAttachment, TicketChange, TicketDraft, TicketNote, TicketRef, TicketSnapshot, TicketTime } from '../../schemas/tickets.ts'
import { attachmentName } from '../attachment-name.ts'
import { refuseUnsupported } from '../changes.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { tokensIn } from '../text.ts'
import { capabilities } from './capabilities.ts'
import { call, countedList, list, one } from './calls.ts'
import { changeOf, commentOf, companyIdOf, htmlOf, noteOf, referenceOf, snapshotOf, textOf, ticketOf, timeEntryOf, zohoId, type ZohoRecord } from './map.ts'
import { reply, repliesWith } from './replies.ts'
import { exactPhrase, wildcard } from './terms.ts'

const PAGE = 100
const CHANGES_MAX = 200
const NOTES_MAX = 50
/** Pages of comments looked through for our tokens. */
const TOKEN_PAGES = 5
/** The search is an index that follows after the tickets; polling asks again for what changed within this time. */
export const INDEX_LAG_MS = 60_000
const DAY_MS = 86_400_000

/** Makes the ticket, or answers the one that is there already. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const { fields } = ctx.connection
  const there = ctx.isRepeat ? await byReference(draft.externalRef, ctx) : null
  const made = there ?? (await one({ method: 'POST', path: '/tickets', action: 'created', reference: 'create ticket', json: ticketOf(draft, fields) }, ctx))
  return told(made, null, ctx)
}

/** The oldest ticket with our reference. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const found = await byReference(externalRef, ctx)
  return found === null ? null : (await told(found, null, ctx)).ref
}

/** Both places are looked at: the field may have been set up after the ticket was made. */
async function byReference(externalRef: string, ctx: CallContext): Promise<ZohoRecord | null> {
  const { referenceField = '' } = ctx.connection.fields
  const ask = (query: Readonly<Record<string, string>>): Promise<readonly ZohoRecord[]> => list({ method: 'GET', path: '/tickets/search', action: 'searched', reference: 'find ticket by reference', query: { ...query, from: 0, limit: PAGE } }, ctx)
  const found = [
    ...(referenceField === '' ? [] : await ask({ customField1: `${referenceField}:${exactPhrase(externalRef)}` })),
    ...(await ask({ subject: `*${exactPhrase(externalRef)}*` })),
  ]
  return found.filter((ticket) => referenceOf(ticket, ctx.connection.fields) === externalRef && ticket.isTrashed !== true).sort((a, b) => textOf(a, 'createdTime').localeCompare(textOf(b, 'createdTime')))[0] ?? null
}

/** Writes what differs; the resolution goes first, for a layout may demand it before the ticket is closed. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const id = zohoId(ref.externalId)
  const { fields } = ctx.connection
  if (change.resolution !== undefined) await call({ method: 'PATCH', path: path`/tickets/${id}/resolution`, action: 'updated', reference: 'set resolution', externalId: id, json: { content: htmlOf(change.resolution), isNotifyContact: false } }, ctx)
  const needsSubject = change.title !== undefined && (fields.referenceField ?? '') === ''
  const reference = needsSubject ? referenceOf(await ticket(id, ctx) ?? gone(id), fields) : null
  const body = changeOf(change, reference, fields)
  if (Object.keys(body).length > 0) await call({ method: 'PATCH', path: path`/tickets/${id}`, action: 'updated', reference: 'update ticket', externalId: id, json: body }, ctx)
  await note(id, change.notes ?? [], ctx)
  await attach(id, change.attachments ?? [], ctx)
  await book(id, change.times ?? [], ctx)
}

function gone(id: string): never {
  throw new ConnectorError('not_found', `Zoho Desk: there is no ticket ${id}, or the agent may not see it`)
}

async function note(id: string, notes: readonly TicketNote[], ctx: CallContext): Promise<void> {
  if (notes.length === 0) return
  const tokens = notes.map(({ token }) => token)
  const byMail = (ctx.connection.fields.replyFrom ?? '') !== ''
  const there = new Set<string>()
  if (ctx.isRepeat) {
    for (const token of tokensIn(await said(id, ctx), tokens)) there.add(token)
    if (byMail && notes.some(({ isPublic }) => isPublic)) for (const token of await repliesWith(id, tokens, ctx)) there.add(token)
  }
  for (const one of notes.filter(({ token }) => !there.has(token))) {
    if (one.isPublic && byMail) await reply(id, one, await ticket(id, ctx) ?? gone(id), ctx)
    else await call({ method: 'POST', path: path`/tickets/${id}/comments`, action: 'created', reference: one.isPublic ? 'add public comment' : 'add private comment', externalId: id, json: commentOf(one) }, ctx)
  }
}

async function said(id: string, ctx: CallContext): Promise<readonly string[]> {
  const texts: string[] = []
  for (let page = 0; page < TOKEN_PAGES; page++) {
    const found = await comments(id, page * PAGE, PAGE, ctx)
    texts.push(...found.map((comment) => textOf(comment, 'content')))
    if (found.length < PAGE) break
  }
  return texts
}

/** Newest first. */
async function comments(id: string, from: number, limit: number, ctx: CallContext): Promise<readonly ZohoRecord[]> {
  return list({ method: 'GET', path: path`/tickets/${id}/comments`, action: 'retrieved', reference: 'read comments', externalId: id, query: { from, limit, sortBy: '-commentedTime' } }, ctx)
}

/** Files are for technicians: none is shown to the contact. */
async function attach(id: string, files: readonly TicketAttachment[], ctx: CallContext): Promise<void> {
  if (files.length === 0) return
  const there = new Set(ctx.isRepeat ? (await list({ method: 'GET', path: path`/tickets/${id}/attachments`, action: 'retrieved', reference: 'read files', externalId: id, query: { from: 0, limit: PAGE, sortBy: '-createdTime' } }, ctx)).map((file) => textOf(file, 'name')) : [])
  for (const file of files) {
    const fileName = attachmentName(file.name, file.token)
    if (there.has(fileName)) continue
    await call({ method: 'POST', path: path`/tickets/${id}/attachments`, action: 'attached', reference: 'attach file', externalId: id, query: { isPublic: false }, multipart: [{ name: 'file', value: Buffer.from(file.base64, 'base64'), fileName, contentType: file.contentType }] }, ctx)
  }
}

async function book(id: string, times: readonly TicketTime[], ctx: CallContext): Promise<void> {
  if (times.length === 0) return
  const there = ctx.isRepeat ? tokensIn((await list({ method: 'GET', path: path`/tickets/${id}/timeEntry`, action: 'retrieved', reference: 'read time entries', externalId: id, query: { from: 0, limit: PAGE, orderBy: 'DESC' } }, ctx)).map((entry) => textOf(entry, 'description')), times.map(({ token }) => token)) : new Set<string>()
  for (const time of times.filter(({ token }) => !there.has(token))) await call({ method: 'POST', path: path`/tickets/${id}/timeEntry`, action: 'created', reference: 'book time', externalId: id, json: timeEntryOf(time) }, ctx)
}

/** The ticket with its newest comments; null where it is gone. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const id = zohoId(ref.externalId)
  const found = await ticket(id, ctx)
  if (found === null || (of !== undefined && companyIdOf(found) !== of)) return null
  const me = await ourselves(ctx)
  return told(found, (await comments(id, 0, NOTES_MAX, ctx)).map((comment) => noteOf(comment, me)).reverse(), ctx)
}

async function ticket(id: string, ctx: CallContext): Promise<ZohoRecord | null> {
  const { status, body } = await call({ method: 'GET', path: path`/tickets/${id}`, action: 'retrieved', reference: 'read ticket', externalId: id, query: { include: 'assignee' }, accepts: [404, 410] }, ctx)
  if (status >= 400) return null
  if (typeof body !== 'object' || body === null) throw new ConnectorError('bad_answer', 'Zoho Desk: read ticket: a record was due; the base URL may be wrong')
  return body as ZohoRecord
}

/**
 * Tickets that changed, oldest first. A cursor is a time and how many rows from it were told. Where the last page was not full, the next one begins earlier by the time the
 * index may lag: a ticket may then be told twice and none is left out.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', offset = ''] = (cursor ?? '').split('|')
  const sinceMs = Date.parse(since)
  if (Number.isNaN(sinceMs)) return { changed: [], cursor: new Date(ctx.nowMs).toISOString() }
  const fromMs = offset === '' ? sinceMs - INDEX_LAG_MS : sinceMs
  const skip = offset === '' ? 0 : Number(offset)
  const range = `${new Date(fromMs).toISOString()},${new Date(ctx.nowMs + DAY_MS).toISOString()}`
  const found: ZohoRecord[] = []
  let hasMore = true
  while (hasMore && found.length < CHANGES_MAX) {
    const limit = Math.min(PAGE, CHANGES_MAX - found.length)
    const page = await countedList({ method: 'GET', path: '/tickets/search', action: 'searched', reference: 'poll changes', query: { modifiedTimeRange: range, sortBy: 'modifiedTime', from: skip + found.length, limit } }, ctx)
    found.push(...page.found)
    hasMore = page.found.length > 0 && (page.count === null ? page.found.length === limit : skip + found.length < page.count)
  }
  const times = found.map((one) => Date.parse(textOf(one, 'modifiedTime'))).filter((ms) => !Number.isNaN(ms))
  // Where nothing more is due, the moment moves on by itself, lest the last ticket be told for ever.
  const lastMs = hasMore ? times.at(-1) ?? sinceMs : Math.max(sinceMs, ctx.nowMs - INDEX_LAG_MS, ...times)
  const until = new Date(lastMs).toISOString()
  // A page full of one moment is gone through by counting; any other begins anew at its last moment.
  const next = !hasMore ? until : lastMs === fromMs ? `${until}|${skip + found.length}` : `${until}|0`
  const me = await ourselves(ctx)
  return { changed: found.map((one) => tellAs(me, one, null, ctx)), cursor: next }
}

/** Tickets by any of their words, newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const words = wildcard(text)
  if (words === null) return []
  // A page more than asked for where a company is meant: not every account of a result is shown by the search, so it is sifted here.
  const found = await list({ method: 'GET', path: '/tickets/search', action: 'searched', reference: 'search tickets', query: { _all: words, from: 0, limit: companyId === null ? Math.min(limit, PAGE) : PAGE, sortBy: '-modifiedTime' } }, ctx)
  const me = await ourselves(ctx)
  return found.map((one) => tellAs(me, one, null, ctx)).filter((one) => companyId === null || one.companyId === zohoId(companyId)).slice(0, limit)
}

/** Merges: what the one held is in the other then, and the one is gone. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const [gone_, kept] = [zohoId(from.externalId), zohoId(into.externalId)]
  if (ctx.isRepeat && (await ticket(gone_, ctx)) === null) return
  await call({ method: 'POST', path: path`/tickets/${kept}/merge`, action: 'linked', reference: 'merge tickets', externalId: kept, json: { ids: [gone_] } }, ctx)
}

/** Our own agent's id; null where Zoho does not tell. */
export async function ourselves(ctx: CallContext): Promise<string | null> {
  return ctx.cached('myself', DAY_MS, async () => {
    const { status, body } = await call({ method: 'GET', path: '/myinfo', action: 'retrieved', reference: 'read own agent', accepts: [403, 404] }, ctx)
    const me = status === 200 && typeof body === 'object' && body !== null ? textOf(body as ZohoRecord, 'id') : ''
    return me === '' ? null : me
  })
}

async function told(record: ZohoRecord, notes: TicketSnapshot['notes'], ctx: CallContext): Promise<TicketSnapshot> {
  return tellAs(await ourselves(ctx), record, notes, ctx)
}

function tellAs(me: string | null, record: ZohoRecord, notes: TicketSnapshot['notes'], { connection: { mapping, fields } }: CallContext): TicketSnapshot {
  return snapshotOf(record, notes, { mapping, fields, me })
}
