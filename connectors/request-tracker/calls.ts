/** Calls below RT's `/REST/2.0`. */
import { idOf, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type HttpAnswer, type HttpRequest } from '../port.ts'

const HOUR_MS = 3_600_000
/** RT's largest page. */
export const PAGE = 100

/** One call; RT says in `message` why it refused. */
export function call(request: HttpRequest, ctx: CallContext): Promise<HttpAnswer> {
  return ctx.http.call({ ...request, path: `/REST/2.0${request.path}` })
}

/** One page of a list. */
export async function page(request: HttpRequest, ctx: CallContext): Promise<{ readonly items: readonly Row[]; readonly isLast: boolean }> {
  const { body } = await call(request, ctx)
  const answer = rowOf(body)
  if (!Array.isArray(answer['items'])) throw new ConnectorError('bad_answer', `Request Tracker: ${request.reference}: a list was due; the base URL may be wrong`)
  const items = rowsOf(answer['items'])
  // Of transactions RT knows no total and names no next page.
  const hasMore = textOf(answer['next_page']) !== null || (idOf(answer['total']) === null && items.length > 0 && items.length >= Number(idOf(answer['per_page']) ?? PAGE))
  return { items, isLast: !hasMore }
}

/** Pages of a list until there are as many as wanted or no more; "from" is the first page's number. Answers also the number of the page after the last one read. */
export async function pages(request: HttpRequest, { most, from = 1, size = Math.min(PAGE, most) }: { readonly most: number; readonly from?: number; readonly size?: number }, ctx: CallContext): Promise<{ readonly items: readonly Row[]; readonly isLast: boolean; readonly next: number }> {
  const items: Row[] = []
  for (let number = from; ; number++) {
    const found = await page({ ...request, query: { ...request.query, per_page: size, page: number } }, ctx)
    items.push(...found.items)
    if (found.isLast || found.items.length === 0 || items.length >= most) return { items, isLast: found.isLast || found.items.length === 0, next: number + 1 }
  }
}

/** Fields of tickets in a list. */
const LIST_FIELDS = 'Subject,Queue,Status,Owner,Priority,EffectiveId,Created,LastUpdated,LastUpdatedBy,CustomFields'

/** Tickets by a query in RT's own language, whose values are all quoted. */
export function tickets(query: string, { orderBy, order, from = 1, most = PAGE, size, reference }: { readonly orderBy: string; readonly order: 'ASC' | 'DESC'; readonly from?: number; readonly most?: number; readonly size?: number; readonly reference: string }, ctx: CallContext): ReturnType<typeof pages> {
  return pages({ method: 'GET', path: '/tickets', query: { query, fields: LIST_FIELDS, orderby: orderBy, order }, action: 'searched', reference }, { most, from, ...(size === undefined ? {} : { size }) }, ctx)
}

/** One ticket; null: there is none, or we may not see it. */
export async function ticketOf(id: string, ctx: CallContext): Promise<Row | null> {
  const { status, body } = await call({ method: 'GET', path: path`/ticket/${id}`, action: 'retrieved', reference: 'read ticket', externalId: id, accepts: [404, 410] }, ctx)
  return status >= 400 ? null : rowOf(body)
}

/** A user as far as it may be seen. */
export interface RtUser {
  readonly id: string
  readonly name: string
  readonly realName: string
  readonly email: string | null
  readonly isAgent: boolean
}

/** A user by name or number; null: there is none, or we may not see it. */
export function userOf(name: string, ctx: CallContext): Promise<RtUser | null> {
  return ctx.cached(`user:${name}`, HOUR_MS, async () => {
    const { status, body } = await call({ method: 'GET', path: path`/user/${name}`, action: 'retrieved', reference: 'read user', accepts: [403, 404] }, ctx)
    if (status >= 400) return null
    const user = rowOf(body)
    const known = textOf(user['Name']) ?? name
    return { id: idOf(user['id']) ?? known, name: known, realName: textOf(user['RealName']) ?? known, email: textOf(user['EmailAddress']), isAgent: idOf(user['Privileged']) === '1' }
  })
}

/** The user we are. */
export function ourName({ connection }: CallContext): string {
  return connection.fields['user'] ?? ''
}
