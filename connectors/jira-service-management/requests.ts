/** Requests: made, found, read, followed and searched. */
import type { TicketDraft, TicketNoteSeen, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { assign, setState } from './changes.ts'
import { formOf, get, newestComments, organisationField, ourDesk, ourselves } from './facts.ts'
import { isIssueKey, phrase, quoted, words } from './jql.ts'
import { link } from './links.ts'
import { inner, ISSUE_FIELDS, listOf, noteOf, organisationOf, referenceOf, requestOf, restOf, snapshotOf, textOf, timeMs, type JiraObject, type Reading } from './map.ts'

const CHANGES_MAX = 200
const PAGE = 100
/** Pages of one question: what was told before and is sifted out may fill many. */
const PAGES_MAX = 200
const NOTES_MAX = 50
const HOUR_MS = 3_600_000
/** How long the search may know nothing of a change yet. */
export const INDEX_LAG_MS = 30_000

/** Makes the request with all its form can hold, then adds what the edit screen can; all of it may be done twice. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const { serviceDeskId = '', requestTypeId = '' } = draft.mapping.place
  const there = ctx.isRepeat ? await byReference(draft.externalRef, ctx) : null
  // Throws where places are missing, before their empty names are asked for.
  requestOf(draft, { fieldIds: [], organisationField: null })
  const form = await formOf(serviceDeskId, requestTypeId, ctx)
  const id = there !== null ? textOf(there, 'id') : await make(requestOf(draft, form), ctx)
  const rest = restOf(draft, form, await editable(id, requestTypeId, ctx))
  if (Object.keys(rest).length > 0) await ctx.http.call({ method: 'PUT', path: path`/rest/api/2/issue/${id}`, action: 'updated', reference: 'complete ticket', externalId: id, json: { fields: rest } })
  if (draft.assigneeId !== null) await assign(id, draft.assigneeId, ctx)
  if (draft.parent !== null) await link(draft.mapping.place.parentLink, { from: draft.parent.externalId, to: id }, ctx)
  // A repeat leaves the state alone: somebody may be at work on it already.
  if (draft.state !== 'open' && there === null) await setState(id, draft.state, draft.mapping, ctx)
  const made = await issue(id, ctx)
  if (made === null) throw new ConnectorError('bad_answer', 'Jira: the ticket was made and cannot be read: the account may not browse the project')
  return told(made, null, ctx)
}

async function make(body: JiraObject, ctx: CallContext): Promise<string> {
  const id = textOf(inner((await ctx.http.call({ method: 'POST', path: '/rest/servicedeskapi/request', action: 'created', reference: 'create ticket', json: body })).body), 'issueId')
  if (id === '') throw new ConnectorError('bad_answer', 'Jira: create ticket: an id was due; the base URL may be wrong')
  return id
}

/** Fields of the edit screen; the same for all tickets of a request type. */
async function editable(id: string, requestTypeId: string, ctx: CallContext): Promise<readonly string[]> {
  return ctx.cached(`edit screen ${requestTypeId}`, HOUR_MS, async () => Object.keys(inner(inner(inner(await get(path`/rest/api/2/issue/${id}`, 'read edit screen', { fields: 'summary', expand: 'editmeta' }, ctx)).editmeta).fields)))
}

/** The oldest request with our reference. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const found = await byReference(externalRef, ctx)
  return found === null ? null : (await told(found, null, ctx)).ref
}

async function byReference(externalRef: string, ctx: CallContext): Promise<JiraObject | null> {
  const found = await ask(`(labels = ${quoted(externalRef)} OR summary ~ ${phrase(externalRef)}) ORDER BY created ASC`, 'find ticket by reference', 10, ctx)
  return found.find((one) => referenceOf(inner(one.fields)) === externalRef) ?? null
}

/** The request with its newest comments; null where it is gone or may not be seen. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const found = await issue(ref.externalId, ctx)
  if (found === null || (of !== undefined && await companyOf(found, ctx) !== of)) return null
  const me = await ourselves(ctx)
  const comments = await newestComments(ref.externalId, 0, NOTES_MAX, ctx)
  return told(found, comments.map((one) => noteOf(one, me)).reverse(), ctx)
}

async function issue(id: string, ctx: CallContext): Promise<JiraObject | null> {
  const { status, body } = await ctx.http.call({ method: 'GET', path: path`/rest/api/2/issue/${id}`, action: 'retrieved', reference: 'read ticket', externalId: id, query: { fields: (await wanted(ctx)).join(',') }, accepts: [404, 410] })
  return status >= 400 ? null : inner(body)
}

async function wanted(ctx: CallContext): Promise<readonly string[]> {
  const field = await organisationField(ctx)
  return field === null ? ISSUE_FIELDS : [...ISSUE_FIELDS, field]
}

/** Issues of a query, page by page, as many as asked for, and whether there are more. */
async function pagesOf(jql: string, reference: string, limit: number, ctx: CallContext, keep: (found: JiraObject) => boolean = () => true): Promise<{ readonly found: readonly JiraObject[]; readonly hasMore: boolean }> {
  const found: JiraObject[] = []
  let nextPageToken: string | undefined
  for (let page = 0; page < PAGES_MAX && found.length < limit && nextPageToken !== ''; page++) {
    const { body } = await ctx.http.call({
      method: 'POST', path: '/rest/api/2/search/jql', action: 'searched', reference,
      json: { jql, maxResults: Math.min(PAGE, Math.max(limit, 1)), fields: await wanted(ctx), ...(nextPageToken === undefined ? {} : { nextPageToken }) },
    })
    if (!Array.isArray(inner(body).issues)) throw new ConnectorError('bad_answer', `Jira: ${reference}: a list was due; the base URL may be wrong`)
    found.push(...listOf(inner(body).issues).filter(keep))
    nextPageToken = textOf(inner(body), 'nextPageToken')
  }
  return { found: found.slice(0, limit), hasMore: nextPageToken !== '' || found.length > limit }
}

async function ask(jql: string, reference: string, limit: number, ctx: CallContext): Promise<readonly JiraObject[]> {
  return (await pagesOf(jql, reference, limit, ctx)).found
}

/**
 * Requests that changed, oldest first. JQL knows minutes only and takes dates in the time zone of the account, so the query goes by minutes back from now and what is
 * older is sifted out here. A cursor is a time, with the number of the last one's key where a page was full.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  const [since = '', after = ''] = (cursor ?? '').split('|')
  const sinceMs = /^\d{1,15}$/.test(since) ? Number(since) : null
  if (sinceMs === null) return { changed: [], cursor: String(ctx.nowMs) }
  const { projectKey } = await ourDesk(ctx)
  // The search follows after the issues: what changed shortly before the cursor is told again rather than left out.
  const fromMs = after === '' ? sinceMs - INDEX_LAG_MS : sinceMs
  const minutes = Math.max(1, Math.ceil((ctx.nowMs - fromMs) / 60_000) + 2)
  const { found, hasMore } = await pagesOf(`project = ${quoted(projectKey)} AND updated >= "-${minutes}m" ORDER BY updated ASC, key ASC`, 'poll changes', CHANGES_MAX, ctx, (one) => {
    const atMs = updatedAt(one)
    return atMs > fromMs || (atMs === fromMs && (after === '' || keyNumber(one) > Number(after)))
  })
  const last = found.at(-1)
  // Where nothing more is due, the moment moves on by itself, lest the last request be told for ever.
  const until = hasMore && last !== undefined ? `${updatedAt(last)}|${keyNumber(last)}` : String(Math.max(sinceMs, ctx.nowMs - INDEX_LAG_MS, last === undefined ? 0 : updatedAt(last)))
  return { changed: await toldAll(found, ctx), cursor: until }
}

function updatedAt(one: JiraObject): number {
  return timeMs(textOf(inner(one.fields), 'updated')) ?? 0
}

/** Keys of one project are ordered by their number; ids are not those of the keys, for requests move between projects. */
function keyNumber(one: JiraObject): number {
  return Number(textOf(one, 'key').split('-').at(-1))
}

/** Requests by key or by words, newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const { projectKey } = await ourDesk(ctx)
  const named = isIssueKey(text.trim()) ? await issue(text.trim().toUpperCase(), ctx) : null
  // One of another company is looked for on, as one that is not there.
  const one = named !== null && (companyId === null || await companyOf(named, ctx) === companyId) ? named : null
  const term = words(text)
  const found = one !== null ? [one] : term === null ? [] : await ask(`project = ${quoted(projectKey)} AND text ~ ${term} ORDER BY created DESC`, 'search tickets', companyId === null ? limit : PAGE, ctx)
  const all = await toldAll(found, ctx)
  return all.filter((each) => companyId === null || each.companyId === companyId).slice(0, limit)
}

async function companyOf(found: JiraObject, ctx: CallContext): Promise<string | null> {
  return organisationOf(found, await organisationField(ctx))
}

async function told(found: JiraObject, notes: readonly TicketNoteSeen[] | null, ctx: CallContext): Promise<TicketSnapshot> {
  return snapshotOf(found, notes, await reading(ctx))
}

async function toldAll(found: readonly JiraObject[], ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const as = await reading(ctx)
  return found.map((one) => snapshotOf(one, null, as))
}

async function reading(ctx: CallContext): Promise<Reading> {
  const { auth, baseUrl, fields, mapping } = ctx.connection
  const site = auth === 'basic' ? baseUrl : (fields.siteUrl ?? '') === '' ? null : fields.siteUrl ?? null
  return { site, mapping, organisationField: await organisationField(ctx) }
}
