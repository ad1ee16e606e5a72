/** Incidents: made, found, changed, read, followed and linked; and the change requests they ask for. */
import type { TicketAttachment, TicketChange, TicketDraft, TicketNoteSeen, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { attachmentName } from '../attachment-name.ts'
import { fileOf, refuseUnsupported } from '../changes.ts'
import { ConnectorError, type CallContext, type ChangeDraft } from '../port.ts'
import { tokensIn } from '../text.ts'
import { capabilities } from './capabilities.ts'
import { changeRequestOf, changesOf, endsIt, INCIDENT_FIELDS, incidentOf, noteOf, pageOf, shown, snapshotOf, stateIn, stored, timeMs, timeText, type ServiceNowRecord } from './map.ts'
import { all, any, exact, loose, sysId } from './query.ts'
import { change as write, insert, pagedRows, resultOf, row, rows } from './records.ts'

const CHANGES_MAX = 200
/** Files and affected items looked through. */
const PAGE = 500
const NOTES_MAX = 50
/** Journal rows looked through for our tokens: more than any storm writes into one incident. */
const TOKENS_MAX = 500

/** Makes the incident, or answers the one that is there already. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const there = ctx.isRepeat ? await byReference(draft.externalRef, ctx) : null
  const made = there ?? (await insert('incident', incidentOf(draft), INCIDENT_FIELDS, 'create ticket', ctx))
  await affect(stored(made, 'sys_id'), draft.party.assetIds.slice(1), ctx)
  return told(made, there === null ? [] : null, ctx)
}

/** The oldest incident with our reference. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const found = await byReference(externalRef, ctx)
  return found === null ? null : told(found, null, ctx).ref
}

async function byReference(externalRef: string, ctx: CallContext): Promise<ServiceNowRecord | null> {
  const found = await rows('incident', { query: all(`correlation_id=${exact(externalRef)}`, 'ORDERBYsys_created_on'), fields: INCIDENT_FIELDS, limit: 1, reference: 'find ticket by reference' }, ctx)
  return found[0] ?? null
}

/** Writes what differs: all columns and the first notes in one call, each further note in one more; what ends the incident comes last. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const id = sysId(ref.externalId)
  const notes = (change.notes ?? []).map(({ token }) => token)
  const there = ctx.isRepeat && notes.length > 0 ? tokensIn((await journal(id, TOKENS_MAX, ctx)).map((one) => stored(one, 'value')), notes) : new Set<string>()
  const now = endsIt(change) ? await stateNow(id, change, ctx) : null
  const bodies = changesOf(change, there, now !== null && now !== 'unknown')
  // One that is closed is over already.
  const last = endsIt(change) ? bodies.slice(-1).map((body) => (now === 'closed' ? notesAlone(body) : body)) : []
  for (const body of bodies.slice(0, bodies.length - last.length)) await orClosed(id, body, ctx)
  await affect(id, (change.assetIds ?? []).slice(1), ctx)
  await attach(id, change.attachments ?? [], ctx)
  for (const asked of change.changeRequests ?? []) await requestChange({ ...asked, ticket: ref, mapping: change.mapping }, ctx)
  for (const body of last) await orClosed(id, body, ctx)
}

/** How an incident is ended now; `unknown`: it is not. */
async function stateNow(id: string, { mapping }: TicketChange, ctx: CallContext): Promise<'resolved' | 'closed' | 'unknown'> {
  const found = await row('incident', id, 'state,active', 'read state', ctx)
  if (found === null) throw new ConnectorError('not_found', `ServiceNow: incident ${id} is gone, or may not be seen`)
  if (stored(found, 'active') === 'false') return 'closed'
  return stateIn(found, mapping) === 'resolved' ? 'resolved' : 'unknown'
}

function notesAlone({ work_notes: internal, comments: open }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...(internal === undefined ? {} : { work_notes: internal }), ...(open === undefined ? {} : { comments: open }) }
}

/** Writes columns. Who may write incidents may write no closed one, and ServiceNow says so as of any missing right. Throws `unsupported` for it, so that nobody else's work waits. */
async function orClosed(id: string, body: Readonly<Record<string, string>>, ctx: CallContext, action: 'updated' | 'linked' = 'updated'): Promise<void> {
  if (Object.keys(body).length === 0) return
  try {
    await write('incident', id, body, action === 'linked' ? 'link tickets' : 'update ticket', ctx, action)
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== 'forbidden') throw error
    const found = await row('incident', id, 'active', 'see whether it is closed', ctx)
    if (found === null || stored(found, 'active') !== 'false') throw error
    throw new ConnectorError('unsupported', 'ServiceNow: the incident is closed for good and takes nothing more; a problem that comes back gets a new one', { httpStatus: error.httpStatus, cause: error })
  }
}

/** The first item stands in the incident; the others are its affected items. */
async function affect(incidentId: string, assetIds: readonly string[], ctx: CallContext): Promise<void> {
  if (assetIds.length === 0) return
  const there = await rows('task_ci', { query: `task=${sysId(incidentId)}`, fields: 'ci_item', limit: PAGE, reference: 'read affected items' }, ctx)
  const known = new Set(there.map((one) => stored(one, 'ci_item')))
  for (const assetId of assetIds.filter((one) => !known.has(one))) await insert('task_ci', { task: incidentId, ci_item: sysId(assetId) }, 'sys_id', 'add affected item', ctx, 'linked')
}

async function attach(id: string, files: readonly TicketAttachment[], ctx: CallContext): Promise<void> {
  if (files.length === 0) return
  const names = files.map((file) => attachmentName(file.name, file.token))
  const there = ctx.isRepeat ? await fileNames(id, ctx) : new Set<string>()
  for (const [at, file] of files.entries()) {
    const name = names[at] ?? ''
    if (there.has(name)) continue
    await ctx.http.call({
      method: 'POST', path: '/api/now/attachment/file', action: 'attached', reference: 'attach file', externalId: id,
      query: { table_name: 'incident', table_sys_id: id, file_name: name }, binary: fileOf(file),
    })
  }
}

async function fileNames(id: string, ctx: CallContext): Promise<ReadonlySet<string>> {
  const answer = await ctx.http.call({ method: 'GET', path: '/api/now/attachment', action: 'searched', reference: 'read files', externalId: id, query: { sysparm_query: all('table_name=incident', `table_sys_id=${id}`), sysparm_limit: PAGE } })
  const result = resultOf(answer.body)
  return new Set(Array.isArray(result) ? result.map((one) => stored(one as ServiceNowRecord, 'file_name')) : [])
}

/** The incident with its newest notes; null where it is gone, or hidden by an ACL, which looks the same from outside. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const id = sysId(ref.externalId)
  const found = await row('incident', id, INCIDENT_FIELDS, 'read ticket', ctx)
  if (found === null || (of !== undefined && stored(found, 'company') !== of)) return null
  const notes = await journal(id, NOTES_MAX, ctx)
  return told(found, notes.map((one) => noteOf(one, username(ctx))).reverse(), ctx)
}

/** Newest first. */
async function journal(id: string, limit: number, ctx: CallContext): Promise<readonly ServiceNowRecord[]> {
  return rows('sys_journal_field', { query: all(`element_id=${id}`, 'elementINcomments,work_notes', 'ORDERBYDESCsys_created_on'), fields: 'sys_id,element,element_id,value,sys_created_on,sys_created_by', limit, reference: 'read notes' }, ctx)
}

/**
 * Incidents that changed, oldest first. A cursor is a time, and the id of the last row where a page was full: then rows of the same second with a higher id come next,
 * so that a bulk change of any size is got through.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', after = ''] = (cursor ?? '').split('|')
  if (timeMs(since) === null) return { changed: [], cursor: timeText(ctx.nowMs) }
  const query = after === '' ? `sys_updated_on>=${since}` : `sys_updated_on>${since}^NQsys_updated_on=${since}^sys_id>${sysId(after)}`
  const { found, hasMore } = await pagedRows('incident', { query: all(query, 'ORDERBYsys_updated_on', 'ORDERBYsys_id'), fields: INCIDENT_FIELDS, limit: CHANGES_MAX, reference: 'poll changes' }, ctx)
  const last = found.at(-1)
  // Where nothing more is due, the moment moves on by itself, lest the last incident be told for ever; a minute is for clocks that differ.
  const until = [since, hasMore ? '' : timeText(ctx.nowMs - 60_000), last === undefined ? '' : stored(last, 'sys_updated_on')].sort().at(-1) ?? since
  return { changed: found.map((one) => told(one, null, ctx)), cursor: last !== undefined && hasMore ? `${until}|${stored(last, 'sys_id')}` : until }
}

/** Incidents by words of their title or by number, newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const words = loose(text)
  if (words === '') return []
  const query = all(companyId === null ? null : `company=${sysId(companyId)}`, any(`short_descriptionLIKE${words}`, `number=${words}`), 'ORDERBYDESCsys_created_on')
  return (await rows('incident', { query, fields: INCIDENT_FIELDS, limit, reference: 'search tickets' }, ctx)).map((one) => told(one, null, ctx))
}

/** ServiceNow merges nothing: the one becomes a child of the other, and both say so. What is closed can say nothing any more; then the other one says it alone. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const [child, parent] = [sysId(from.externalId), sysId(into.externalId)]
  const token = `join-${child.slice(0, 8)}-${parent.slice(0, 8)}`
  const below = { parent_incident: parent, ...(await unsaid(child, token, ctx) ? { work_notes: `Goes on in ${into.number}.\n\n[${token}]` } : {}) }
  const above: Readonly<Record<string, string>> = await unsaid(parent, token, ctx) ? { work_notes: `${from.number} belongs to this.\n\n[${token}]` } : {}
  const closed: ConnectorError[] = []
  for (const [id, body] of [[child, below], [parent, above]] as const) {
    try {
      await orClosed(id, body, ctx, 'linked')
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code !== 'unsupported') throw error
      closed.push(error)
    }
  }
  if (closed.length > 1 && closed[0] !== undefined) throw closed[0]
}

async function unsaid(id: string, token: string, ctx: CallContext): Promise<boolean> {
  return !ctx.isRepeat || tokensIn((await journal(id, TOKENS_MAX, ctx)).map((one) => stored(one, 'value')), [token]).size === 0
}

/** Makes the change request, or takes the one that is there, and names it in the incident. People ask for few, so it is looked for each time. */
export async function requestChange(draft: ChangeDraft, ctx: CallContext): Promise<TicketRef> {
  const [there] = await rows('change_request', { query: all(`correlation_id=${exact(draft.token)}`, 'ORDERBYsys_created_on'), fields: 'sys_id,number', limit: 1, reference: 'find change request' }, ctx)
  const made = there ?? (await insert('change_request', changeRequestOf(draft), 'sys_id,number', 'create change request', ctx))
  const id = stored(made, 'sys_id')
  await orClosed(sysId(draft.ticket.externalId), { rfc: id }, ctx, 'linked')
  return { externalId: id, number: shown(made, 'number'), url: pageOf(ctx.connection.baseUrl, 'change_request', id) }
}

function told(record: ServiceNowRecord, notes: readonly TicketNoteSeen[] | null, ctx: CallContext): TicketSnapshot {
  return snapshotOf(record, notes, { baseUrl: ctx.connection.baseUrl, mapping: ctx.connection.mapping, username: username(ctx) })
}

function username(ctx: CallContext): string {
  return ctx.connection.fields.username ?? ''
}
