/** Single calls of Atera. Lists come in pages of at most 50; in which order is not documented. */
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type HttpRequest } from '../port.ts'
import type { AteraComment, AteraPage, AteraTicket } from './types.ts'

/** Atera gives no more tickets or comments in one page. */
export const PAGE_SIZE = 50

const COMMENT_PAGES_MAX = 40

type Fields = Readonly<Record<string, unknown>>

/** A list to be read. */
export interface ListRequest extends Pick<HttpRequest, 'path' | 'query' | 'reference' | 'externalId'> {
  readonly path: string
}

/** One page of a list. Throws `bad_answer` where it is none. */
export async function page<T>({ query, ...rest }: ListRequest, { http }: CallContext): Promise<{ readonly items: readonly T[]; readonly pages: number }> {
  const { body } = await http.call({ method: 'GET', ...rest, query: { page: 1, itemsInPage: PAGE_SIZE, ...query }, action: 'searched' })
  const { items, totalPages } = (typeof body === 'object' && body !== null ? body : {}) as AteraPage<T>
  if (!Array.isArray(items)) throw new ConnectorError('bad_answer', 'Atera answered without a list: see that the base URL is https://app.atera.com')
  return { items: items as readonly T[], pages: totalPages ?? 1 }
}

/** Pages from `first` on, at most `most` of them, and how many there are in all. */
export async function pages<T>(request: ListRequest, { first = 1, most }: { readonly first?: number; readonly most: number }, ctx: CallContext): Promise<{ readonly items: readonly T[]; readonly pages: number }> {
  const items: T[] = []
  let all = first
  for (let at = first; at <= all && at < first + most; at++) {
    const read = await page<T>({ ...request, query: { ...request.query, page: at } }, ctx)
    items.push(...read.items)
    all = read.pages
  }
  return { items, pages: all }
}

/** The ticket; null: there is none. */
export async function getTicket(id: string, { http }: CallContext): Promise<AteraTicket | null> {
  const { status, body } = await http.call({ method: 'GET', path: path`/api/v3/tickets/${id}`, query: { includeRelations: true }, action: 'retrieved', reference: 'read ticket', externalId: id, accepts: [404, 410] })
  if (status >= 400) return null
  if (typeof body !== 'object' || body === null || !('TicketID' in body)) throw new ConnectorError('bad_answer', 'Atera answered without a ticket: see that the base URL is https://app.atera.com')
  return body as AteraTicket
}

/** Comments of a ticket: the first page and, where there are more, the last two, for which of them is newest is not said; on a repeat all of them, for ours may stand anywhere. */
export async function getComments(id: string, ctx: CallContext): Promise<readonly AteraComment[]> {
  const request = { path: path`/api/v3/tickets/${id}/comments`, reference: 'read comments', externalId: id }
  const { items, pages: all } = await page<AteraComment>(request, ctx)
  const rest = all > 1 ? await pages<AteraComment>(request, ctx.isRepeat ? { first: 2, most: COMMENT_PAGES_MAX } : { first: Math.max(2, all - 1), most: 2 }, ctx) : { items: [] }
  return [...items, ...rest.items]
}

/** Makes a record and tells its id. */
export async function post(request: { readonly path: string; readonly json: Fields; readonly reference: string }, { http }: CallContext): Promise<number> {
  const { body } = await http.call({ method: 'POST', ...request, action: 'created' })
  const id = typeof body === 'object' && body !== null && 'ActionID' in body ? Number(body.ActionID) : Number.NaN
  if (!Number.isSafeInteger(id) || id <= 0) throw new ConnectorError('bad_answer', `${request.reference}: Atera did not say what it made; it is looked up before anything is tried again`)
  return id
}

/** Adds a comment. Atera says 404 for a ticket that is gone and for a technician it does not know. */
export async function postComment(id: string, json: Fields, reference: string, { http }: CallContext): Promise<void> {
  await http.call({ method: 'POST', path: path`/api/v3/tickets/${id}/comments`, json, action: 'updated', reference, externalId: id })
}

/** Changes a ticket. */
export async function putTicket(id: string, json: Fields, { http }: CallContext): Promise<void> {
  await http.call({ method: 'PUT', path: path`/api/v3/tickets/${id}`, json, action: 'updated', reference: 'change ticket', externalId: id })
}
