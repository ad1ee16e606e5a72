/** Autotask's calls as the other files ask for them: always at the zone the database lives in, with what a 500 means. */
import type { CallAction } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext, type ConnectorCode, type HttpAnswer, type HttpRequest } from '../port.ts'
import type { AtFilter, AtPick, AtZone, Picklists } from './types.ts'

const ZONE_TTL_MS = 60 * 60_000
const PICKS_TTL_MS = 60 * 60_000
/** Most records of one answer. */
export const PAGE = 500

/** What the 500 of Autotask means: nearly all of its errors come so, and its words are all there is. */
export function meaning(status: number, body: unknown): ConnectorCode | null {
  const errors = typeof body === 'object' && body !== null && 'errors' in body && Array.isArray(body.errors) ? body.errors.map(String).join(' ') : ''
  if (status !== 500 || errors === '') return null
  if (/threshold|too many requests|rate limit|number of requests/i.test(errors)) return 'rate_limited'
  if (/permission|not authori[sz]ed|access (is )?denied|does not have (the )?(adequate|sufficient)/i.test(errors)) return 'forbidden'
  if (/deadlock|timed? ?out|try again|unexpected error|internal error|temporarily/i.test(errors)) return 'server_error'
  return 'invalid'
}

/** Where the database is served from, asked once an hour, for databases move. Throws `invalid` for a user Autotask knows no zone of. */
export function zone(ctx: CallContext): Promise<{ readonly url: string; readonly webUrl: string | null }> {
  return ctx.cached('zone', ZONE_TTL_MS, async () => {
    const user = ctx.connection.fields.userName ?? ''
    const { body } = await ctx.http.call({ method: 'GET', path: '/V1.0/ZoneInformation', query: { user }, action: 'retrieved', reference: 'ask for the zone', meaning })
    const { url, webUrl } = (body ?? {}) as AtZone
    if (typeof url !== 'string' || url === '') throw new ConnectorError('invalid', 'Autotask knows no zone of this user name: enter it with the part behind @')
    return { url: url.replace(/\/+$/, ''), webUrl: typeof webUrl === 'string' && /^https?:\/\//.test(webUrl) ? webUrl : null }
  })
}

/** A call at the zone. `path` is below `/V1.0` and encoded. */
export async function call(ctx: CallContext, request: Omit<HttpRequest, 'url' | 'meaning'>): Promise<unknown> {
  return (await answered(ctx, request)).body
}

async function answered(ctx: CallContext, request: Omit<HttpRequest, 'url' | 'meaning'>): Promise<HttpAnswer> {
  const { url } = await zone(ctx)
  return ctx.http.call({ ...request, path: '/', url: `${url}/V1.0${request.path}`, meaning })
}

/** One record; null where there is none, which Autotask says with 200 and no item, or with 404. */
export async function item<T extends object>(ctx: CallContext, path: string, reference: string, externalId?: string): Promise<T | null> {
  const { status, body } = await answered(ctx, { method: 'GET', path, action: 'retrieved', reference, accepts: [404, 410], ...(externalId === undefined ? {} : { externalId }) })
  if (status >= 400) return null
  if (typeof body !== 'object' || body === null || !('item' in body)) throw strange(reference)
  return body.item as T | null
}

/** One page of a query, and where the next one is asked for. */
export interface Found<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Asks for records; they come by id, the lowest first. `next`: as the page before named it. */
export async function query<T extends object>(ctx: CallContext, entity: string, { filter, max = PAGE, fields, next = null, reference, action = 'searched' }: { readonly filter: readonly AtFilter[]; readonly max?: number; readonly fields?: readonly string[]; readonly next?: string | null; readonly reference: string; readonly action?: CallAction }): Promise<Found<T>> {
  const { url } = await zone(ctx)
  const json = { MaxRecords: max, ...(fields === undefined ? {} : { IncludeFields: fields }), filter }
  const { body } = await ctx.http.call({ method: 'POST', path: '/', url: next ?? `${url}/V1.0/${entity}/query`, json, action, reference, meaning })
  return found<T>(body, reference)
}

/** All records of a query: at most `pages` pages of `max` (500). */
export async function queryAll<T extends object>(ctx: CallContext, entity: string, { pages, ...how }: { readonly pages: number; readonly max?: number; readonly filter: readonly AtFilter[]; readonly fields?: readonly string[]; readonly reference: string; readonly action?: CallAction }): Promise<readonly T[]> {
  const all: T[] = []
  let next: string | null = null
  for (let page = 0; page < pages; page++) {
    const came: Found<T> = await query<T>(ctx, entity, { ...how, next })
    all.push(...came.items)
    next = came.next
    if (next === null) break
  }
  return all
}

/** The records below another one. */
export async function children<T extends object>(ctx: CallContext, path: string, reference: string, externalId: string): Promise<readonly T[]> {
  return found<T>(await call(ctx, { method: 'GET', path, action: 'retrieved', reference, externalId }), reference).items
}

function found<T extends object>(body: unknown, reference: string): Found<T> {
  if (typeof body !== 'object' || body === null || !('items' in body) || !Array.isArray(body.items)) throw strange(reference)
  const details = 'pageDetails' in body && typeof body.pageDetails === 'object' && body.pageDetails !== null ? body.pageDetails : {}
  const next = 'nextPageUrl' in details && typeof details.nextPageUrl === 'string' && details.nextPageUrl !== '' ? details.nextPageUrl : null
  return { items: body.items as readonly T[], next }
}

/** Makes a record and answers its id. */
export async function make(ctx: CallContext, request: { readonly path: string; readonly json: unknown; readonly action: CallAction; readonly reference: string; readonly externalId?: string }): Promise<number> {
  const body = await call(ctx, { method: 'POST', ...request })
  if (typeof body !== 'object' || body === null || !('itemId' in body) || !Number.isSafeInteger(Number(body.itemId))) throw strange(request.reference)
  return Number(body.itemId)
}

/** The picklists of an entity, asked once an hour. */
export function picklists(ctx: CallContext, entity: 'Tickets' | 'TicketNotes'): Promise<Picklists> {
  return ctx.cached(`picklists-${entity}`, PICKS_TTL_MS, async () => {
    const body = await call(ctx, { method: 'GET', path: `/${entity}/entityInformation/fields`, action: 'retrieved', reference: `read the picklists of ${entity}` })
    if (typeof body !== 'object' || body === null || !('fields' in body) || !Array.isArray(body.fields)) throw strange('read picklists')
    const fields = body.fields as readonly { readonly name?: string; readonly isPickList?: boolean; readonly picklistValues?: readonly AtPick[] | null }[]
    return Object.fromEntries(fields.flatMap(({ name, isPickList, picklistValues }) => (name === undefined || isPickList !== true ? [] : [[name, picklistValues ?? []]])))
  })
}

function strange(reference: string): ConnectorError {
  return new ConnectorError('bad_answer', `Autotask: ${reference}: the answer has not the form of Autotask; the base URL may be wrong`)
}
