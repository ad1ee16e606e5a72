/** Tickets of Zendesk: made once, changed in as few calls as it takes, read, listed and merged. */
import { createHash } from 'node:crypto'
import type { TicketChange, TicketDraft, TicketNote, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { idOf, mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { fileOf, refuseUnsupported, resolutionNote } from '../changes.ts'
import { path } from '../http/address.ts'
import { numberOf, priorityOf } from '../mapping.ts'
import { ConnectorError, type CallContext, type ConnectorCode } from '../port.ts'
import { plainText, tokensIn, withToken } from '../text.ts'
import { capabilities } from './capabilities.ts'
import { commentsOf, requesterOf, ticketOf, whoAmI } from './calls.ts'
import { assetFields, COMMENT_MAX, commentHtml, mergedInto, newTicket, noteOf, refOf, searchWords, snapshotOf, statusFields, subject } from './map.ts'

const TOKENS_READ = 200
const CHANGES_READ = 200
// The export takes no moment younger than a minute.
const EXPORT_AGE_MS = 61_000

/** Makes it. The key lets Zendesk itself know a repeat for two hours; after that the look-up does. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  if (ctx.isRepeat) {
    const found = await find(draft.externalRef, ctx)
    const ticket = found === null ? null : await read(found, ctx)
    if (ticket !== null) return ticket
  }
  const { id: me } = await whoAmI(ctx)
  const requesterId = await requesterOf(draft.party.companyId, draft.party.contactId, me, ctx)
  if (draft.parent !== null) await beProblem(draft.parent.externalId, ctx)
  const ticket = newTicket(draft, ctx.connection, me, requesterId)
  const key = `${draft.externalRef}-${createHash('sha256').update(JSON.stringify(ticket)).digest('hex').slice(0, 12)}`
  const { body } = await ctx.http.call({ method: 'POST', path: '/tickets', headers: { 'Idempotency-Key': key }, json: { ticket }, action: 'created', reference: 'create ticket' })
  return snapshotOf(rowOf(rowOf(body).ticket), ctx.connection, me)
}

/** The oldest ticket with our reference. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const { body } = await ctx.http.call({ method: 'GET', path: '/tickets', query: { external_id: externalRef }, action: 'searched', reference: 'find ticket by our reference' })
  const found = rowsOf(rowOf(body).tickets).filter((ticket) => ticket.external_id === externalRef && ticket.status !== 'deleted').sort((a, b) => Number(a.id) - Number(b.id))[0]
  return found === undefined ? null : refOf(found, ctx.connection.baseUrl)
}

/** Writes a change: files first, then all fields with the internal comment, then the public one. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const { externalId } = ref
  const known = await writtenTokens(externalId, change, ctx)
  const notes = [...(change.notes ?? []), ...resolutionNote(change.resolution)].filter(({ token }) => !known.has(token))
  const files = (change.attachments ?? []).filter(({ token }) => !known.has(token))
  const now = change.state === undefined ? null : await openTicket(externalId, ctx)
  if (change.parent !== undefined) await beProblem(change.parent.externalId, ctx)
  const uploads: string[] = []
  for (const file of files) uploads.push(await upload(fileOf(file), externalId, ctx))

  const internal: TicketNote[] = [...notes.filter(({ isPublic }) => !isPublic), ...files.map(({ token, name }) => ({ token, text: `File: ${name}`, isPublic: false }))]
  const fields = { ...await fieldsOf(change, now, ctx), ...commentOf(internal, false, uploads) }
  if (Object.keys(fields).length > 0) await write(externalId, fields, ctx)
  const open = commentOf(notes.filter(({ isPublic }) => isPublic), true, [])
  if (open.comment !== undefined) await write(externalId, open, ctx)
}

async function writtenTokens(externalId: string, change: TicketChange, ctx: CallContext): Promise<ReadonlySet<string>> {
  const tokens = [...(change.notes ?? []), ...(change.attachments ?? []), ...resolutionNote(change.resolution)].map(({ token }) => token)
  if (!ctx.isRepeat || tokens.length === 0) return new Set()
  const { comments } = await commentsOf(externalId, ctx, TOKENS_READ)
  return tokensIn(comments.map((comment) => plainText(textOf(comment.html_body) ?? '') || (textOf(comment.body) ?? '')), tokens)
}

/** The ticket as it stands, because a status is only written over the one that was seen. Throws `unsupported` for one that is closed for good. */
async function openTicket(externalId: string, ctx: CallContext): Promise<Row> {
  const found = await ticketOf(externalId, ctx)
  if (found === null) throw new ConnectorError('not_found', `Zendesk: ticket ${externalId} is gone`, { httpStatus: 404 })
  if (found.ticket.status === 'closed') throw new ConnectorError('unsupported', `Zendesk: ticket ${externalId} is closed for good and cannot be changed; a problem that comes back gets a new one`)
  return found.ticket
}

async function fieldsOf(change: TicketChange, now: Row | null, ctx: CallContext): Promise<Row> {
  const { mapping } = change
  const priority = priorityOf(mapping, change.severity)
  const status = statusFields(mapping, change.state)
  // Nothing can be solved there that nobody has.
  const isOrphan = now !== null && change.state !== undefined && ['resolved', 'closed'].includes(change.state) && idOf(now.assignee_id) === null && (change.assigneeId ?? null) === null
  const stamp = now === null ? null : textOf(now.updated_at)
  return {
    ...(change.title === undefined ? {} : { subject: subject(change.title) }),
    ...(priority === undefined ? {} : { priority }), ...status,
    ...(stamp === null || Object.keys(status).length === 0 ? {} : { safe_update: true, updated_stamp: stamp }),
    ...(isOrphan ? { assignee_id: Number((await whoAmI(ctx)).id) } : change.assigneeId === undefined ? {} : { assignee_id: change.assigneeId === null ? null : numberOf(change.assigneeId, 'the technician') }),
    ...(change.parent === undefined ? {} : { type: 'incident', problem_id: Number(change.parent.externalId) }),
    ...assetFields(ctx.connection, change.assetIds),
  }
}

/** Several notes of one kind are one comment: Zendesk takes 30 changes of a ticket in 10 minutes. */
function commentOf(notes: readonly TicketNote[], isPublic: boolean, uploads: readonly string[]): { readonly comment?: Row } {
  if (notes.length === 0) return {}
  const text = notes.map((note) => withToken(note.text, note.token, Math.floor(COMMENT_MAX / notes.length))).join('\n\n')
  return { comment: { html_body: commentHtml(text), public: isPublic, ...(uploads.length === 0 ? {} : { uploads }) } }
}

/** What is only said in a ticket does not look at it first, so that one is closed shows here: Zendesk says so in words. */
async function write(externalId: string, ticket: Row, ctx: CallContext): Promise<void> {
  const meaning = (status: number, body: unknown): ConnectorCode | null => (status === 422 && /closed prevents ticket update/i.test(JSON.stringify(body)) ? 'unsupported' : null)
  await ctx.http.call({ method: 'PUT', path: path`/tickets/${externalId}`, json: { ticket }, action: 'updated', reference: 'change ticket', externalId, meaning })
}

/** Only a problem can have incidents below it. */
async function beProblem(externalId: string, ctx: CallContext): Promise<void> {
  const found = await ticketOf(externalId, ctx)
  if (found !== null && found.ticket.type !== 'problem') await write(externalId, { type: 'problem' }, ctx)
}

async function upload({ name, bytes }: { readonly name: string; readonly bytes: Buffer }, externalId: string, ctx: CallContext): Promise<string> {
  const { body } = await ctx.http.call({ method: 'POST', path: '/uploads', query: { filename: name }, binary: { bytes, contentType: 'application/binary' }, action: 'attached', reference: 'send file', externalId })
  return mustId(rowOf(rowOf(body).upload).token)
}

/** The ticket with its newest comments. */
export async function read({ externalId }: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const found = await ticketOf(externalId, ctx)
  if (found === null || found.ticket.status === 'deleted' || (of !== undefined && idOf(found.ticket.organization_id) !== of)) return null
  const { id: me } = await whoAmI(ctx)
  const { comments, users } = await commentsOf(externalId, ctx)
  const notes = comments.map((comment) => noteOf(comment, me, users))
  return snapshotOf(found.ticket, ctx.connection, me, { notes, users: found.users, mergedIntoId: mergedInto(found.ticket, notes) })
}

/** Changed tickets from the export, whose cursor crosses pages and seconds without a gap. */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const since = cursor ?? `t:${Math.floor((ctx.nowMs - EXPORT_AGE_MS) / 1_000)}`
  const { body } = await ctx.http.call({ method: 'GET', path: '/incremental/tickets/cursor', query: { per_page: CHANGES_READ, ...(since.startsWith('t:') ? { start_time: since.slice(2) } : { cursor: since }) }, action: 'retrieved', reference: 'list changed tickets' })
  const page = rowOf(body)
  const { id: me } = await whoAmI(ctx)
  return { changed: rowsOf(page.tickets).map((ticket) => snapshotOf(ticket, ctx.connection, me)), cursor: textOf(page.after_cursor) ?? since }
}

/** Tickets whose text has the words. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const words = searchWords(text)
  if (words === '') return []
  const query = `type:ticket ${companyId === null ? '' : `organization:${numberOf(companyId, 'the company')} `}${words}`
  const { body } = await ctx.http.call({ method: 'GET', path: '/search', query: { query, per_page: Math.min(limit, 100), sort_by: 'updated_at', sort_order: 'desc' }, action: 'searched', reference: 'search tickets' })
  const { id: me } = await whoAmI(ctx)
  return rowsOf(rowOf(body).results).slice(0, limit).map((ticket) => snapshotOf(ticket, ctx.connection, me))
}

/** Merges for good. A source that is closed already was merged by an earlier attempt, or needs no merging. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const source = await openOrMerged(from.externalId, ctx)
  if (source === 'merged') return
  await ctx.http.call({
    method: 'POST', path: path`/tickets/${into.externalId}/merge`, action: 'linked', reference: 'merge tickets', externalId: from.externalId,
    json: { ids: [numberOf(from.externalId, 'the ticket')], source_comment: `The same problem: merged into #${into.externalId}.`, target_comment: `The same problem: #${from.externalId} was merged into this ticket.`, source_comment_is_public: false, target_comment_is_public: false },
  })
}

async function openOrMerged(externalId: string, ctx: CallContext): Promise<'open' | 'merged'> {
  const found = await ticketOf(externalId, ctx)
  if (found === null) throw new ConnectorError('not_found', `Zendesk: ticket ${externalId} is gone`, { httpStatus: 404 })
  if (Array.isArray(found.ticket.tags) && found.ticket.tags.includes('closed_by_merge')) return 'merged'
  if (found.ticket.status === 'closed') throw new ConnectorError('unsupported', `Zendesk: ticket ${externalId} is closed for good and cannot be merged`)
  return 'open'
}
