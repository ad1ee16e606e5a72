/** Tickets of Freshdesk: made once, changed in as few calls as it takes, read, listed and merged. */
import type { TicketAttachment, TicketChange, TicketDraft, TicketNote, TicketRef, TicketSnapshot, TicketTime } from '../../schemas/tickets.ts'
import { idOf, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { fileOf, refuseUnsupported, resolutionNote } from '../changes.ts'
import { path } from '../http/address.ts'
import { numberOf } from '../mapping.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { escapeHtml, plainText, tokensIn, withToken, wordsOf } from '../text.ts'
import { agentsOf, hasNext, liveTicket, pages, requesterOf, ticketOf, whoAmI } from './calls.ts'
import { capabilities } from './capabilities.ts'
import { changedFields, hasWords, mergedNote, newTicket, NOTE_MAX, noteOf, referenceOf, refOf, snapshotOf } from './map.ts'

const NEWEST_LOOKED_AT = 300
const NOTES_READ = 50
const CHANGES_READ = 200
const PAGE = 100
const MINUTE_MS = 60_000
const SEARCH_BACK_MS = 90 * 86_400_000

/** Makes it. Freshdesk knows no key for repeats, so a repeat looks first. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  if (ctx.isRepeat) {
    const found = await find(draft.externalRef, ctx)
    const ticket = found === null ? null : await read(found, ctx)
    if (ticket !== null) return ticket
  }
  const requester = await requesterOf(draft.party.companyId, draft.party.contactId, ctx)
  const ticket = newTicket(draft, ctx.connection, requester)
  try {
    return await post(ticket, ctx)
  } catch (error) {
    // The company of a ticket can be said only where contacts may have several, which most plans have not; there it is the contact's.
    const isPlans = error instanceof ConnectorError && ['invalid', 'forbidden'].includes(error.code) && /company_id|companies feature/i.test(error.message)
    if (!isPlans || ticket.company_id === undefined) throw error
    return post(Object.fromEntries(Object.entries(ticket).filter(([name]) => name !== 'company_id')), ctx)
  }
}

async function post(ticket: Row, ctx: CallContext): Promise<TicketSnapshot> {
  const { body } = await ctx.http.call({ method: 'POST', path: '/tickets', json: ticket, action: 'created', reference: 'create ticket' })
  return snapshotOf(rowOf(body), ctx.connection)
}

/** The oldest ticket with our reference: first among the newest, which a list shows at once, then by the search, which lags by minutes but knows all. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const { connection } = ctx
  const newest = await pages('/tickets', 'find ticket among the newest', ctx, { query: { order_by: 'created_at', order_type: 'desc' }, most: NEWEST_LOOKED_AT })
  const listed = newest.filter((ticket) => referenceOf(ticket, connection) === externalRef).at(-1)
  if (listed !== undefined) return refOf(listed, connection.baseUrl)
  const field = connection.fields.refField ?? ''
  const query = `"${field === '' ? 'tag' : field}:'${externalRef.replace(/[^\w-]/g, '')}'"`
  const { body } = await ctx.http.call({ method: 'GET', path: '/search/tickets', query: { query }, action: 'searched', reference: 'find ticket by our reference' })
  const found = rowsOf(rowOf(body).results).filter((ticket) => referenceOf(ticket, connection) === externalRef && ticket.deleted !== true).sort((a, b) => Number(a.id) - Number(b.id))[0]
  return found === undefined ? null : refOf(found, connection.baseUrl)
}

/** Writes a change: fields, then one note of each kind, files with the internal one, then times. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const { externalId } = ref
  const fields = changedFields(change)
  const all = [...(change.notes ?? []), ...resolutionNote(change.resolution)]
  const written = await writtenTokens(externalId, [...all, ...(change.attachments ?? [])], ctx)
  const notes = all.filter(({ token }) => !written.has(token))
  const files = (change.attachments ?? []).filter(({ token }) => !written.has(token))
  if (Object.keys(fields).length > 0 || notes.length + files.length > 0) await liveTicket(externalId, ctx)
  if (Object.keys(fields).length > 0) await ctx.http.call({ method: 'PUT', path: path`/tickets/${externalId}`, json: fields, action: 'updated', reference: 'change ticket', externalId })
  await write(externalId, notes.filter(({ isPublic }) => !isPublic), files, ctx)
  await write(externalId, notes.filter(({ isPublic }) => isPublic), [], ctx)
  if (change.times !== undefined && change.times.length > 0) await book(externalId, change.times, ctx)
}

async function writtenTokens(externalId: string, wanted: readonly { readonly token: string }[], ctx: CallContext): Promise<ReadonlySet<string>> {
  if (!ctx.isRepeat || wanted.length === 0) return new Set()
  const notes = await conversations(externalId, ctx)
  return tokensIn(notes.map((note) => plainText(textOf(note.body) ?? '')), wanted.map(({ token }) => token))
}

const conversations = (externalId: string, ctx: CallContext): Promise<readonly Row[]> => pages(path`/tickets/${externalId}/conversations`, 'read notes', ctx, { externalId })

/** Several notes of one kind are one note, because every call counts. */
async function write(externalId: string, notes: readonly TicketNote[], files: readonly TicketAttachment[], ctx: CallContext): Promise<void> {
  const texts = [...notes, ...files.map(({ token, name }) => ({ token, text: `File: ${name}` }))]
  const [first] = texts
  if (first === undefined) return
  const body = escapeHtml(texts.map(({ text, token }) => withToken(text, token, Math.floor(NOTE_MAX / texts.length))).join('\n\n'))
  const isPublic = notes.some((note) => note.isPublic)
  const parts = files.map(fileOf).map(({ name, contentType, bytes }) => ({ name: 'attachments[]', value: bytes, fileName: name, contentType }))
  await ctx.http.call({
    method: 'POST', path: path`/tickets/${externalId}/notes`, action: files.length > 0 ? 'attached' : 'updated', reference: isPublic ? 'add public note' : 'add internal note', externalId,
    ...(files.length === 0 ? { json: { body, private: !isPublic } } : { multipart: [{ name: 'body', value: body }, { name: 'private', value: String(!isPublic) }, ...parts] }),
  })
}

async function book(externalId: string, times: readonly TicketTime[], ctx: CallContext): Promise<void> {
  const known = ctx.isRepeat ? rowsOf((await ctx.http.call({ method: 'GET', path: path`/tickets/${externalId}/time_entries`, action: 'retrieved', reference: 'read times', externalId })).body) : []
  const written = tokensIn(known.map(({ note }) => textOf(note) ?? ''), times.map(({ token }) => token))
  const { id } = await whoAmI(ctx)
  for (const { token, startedAtMs, minutes, text } of times.filter((time) => !written.has(time.token))) {
    const whole = Math.max(1, Math.round(minutes))
    const spent = `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
    await ctx.http.call({ method: 'POST', path: path`/tickets/${externalId}/time_entries`, json: { time_spent: spent, note: withToken(text, token, 5_000), agent_id: Number(id), executed_at: instant(startedAtMs), billable: false }, action: 'created', reference: 'book time', externalId })
  }
}

const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** The ticket with its newest notes. */
export async function read({ externalId }: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await ticketOf(externalId, ctx)
  if (ticket === null || (of !== undefined && idOf(ticket.company_id) !== of)) return null
  const [{ id: me }, agents] = [await whoAmI(ctx), await agentsOf(ctx)]
  const notes = ticket.deleted === true ? [] : (await conversations(externalId, ctx)).slice(-NOTES_READ).map((note) => noteOf(note, me, agents))
  return snapshotOf(ticket, ctx.connection, { notes, agents })
}

/**
 * Changed tickets, the oldest first. The cursor is a moment and a page: the next moment is a second before the last change told, so that none of the same second is lost; the page
 * counts only while more tickets changed in one second than are told at once.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', firstPage = '1'] = (cursor ?? instant(ctx.nowMs - MINUTE_MS)).split('#')
  if (cursor === null) return { changed: [], cursor: since }
  const rows: Row[] = []
  let page = Number(firstPage)
  let isMore = true
  for (; isMore && rows.length < CHANGES_READ; page++) {
    const answer = await ctx.http.call({ method: 'GET', path: '/tickets', query: { updated_since: since, order_by: 'updated_at', order_type: 'asc', page, per_page: PAGE }, action: 'retrieved', reference: 'list changed tickets' })
    rows.push(...rowsOf(answer.body))
    isMore = hasNext(answer)
  }
  const last = Date.parse(textOf(rows.at(-1)?.updated_at) ?? since)
  const next = instant(Math.max(Date.parse(since), last - 1_000))
  return { changed: rows.map((ticket) => snapshotOf(ticket, ctx.connection)), cursor: next === since && isMore ? `${since}#${page}` : next }
}

/** Tickets of the last 90 days whose title or text has the words: Freshdesk searches fields and no text. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const words = wordsOf(text)
  if (words.length === 0) return []
  const company: Record<string, string> = companyId === null ? {} : { company_id: companyId }
  const rows = await pages('/tickets', 'search tickets', ctx, { query: { updated_since: instant(ctx.nowMs - SEARCH_BACK_MS), order_by: 'updated_at', order_type: 'desc', include: 'description', ...company }, most: NEWEST_LOOKED_AT })
  return rows.filter((ticket) => hasWords(ticket, words)).slice(0, limit).map((ticket) => snapshotOf(ticket, ctx.connection))
}

/** Merges for good; where an earlier attempt did, the source says so. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  if (ctx.isRepeat && (await read(from, ctx))?.mergedIntoId === into.externalId) return
  await liveTicket(from.externalId, ctx)
  await ctx.http.call({
    method: 'PUT', path: '/tickets/merge', action: 'linked', reference: 'merge tickets', externalId: from.externalId,
    json: {
      primary_id: numberOf(into.externalId, 'the ticket'), ticket_ids: [numberOf(from.externalId, 'the ticket')], convert_recepients_to_cc: false,
      note_in_primary: { body: `The same problem: ticket #${from.externalId} was merged into this one.`, private: true }, note_in_secondary: { body: mergedNote(into.externalId), private: true },
    },
  })
}
