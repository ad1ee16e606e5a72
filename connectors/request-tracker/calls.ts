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
  return { items: rowsOf(answer['items']), isLast: textOf(answer['next_page']) === null }
}

/** Fields of tickets in a list. */
const LIST_FIELDS = 'Subject,Status,Owner,Priority,EffectiveId,Created,LastUpdated,LastUpdatedBy,CustomFields'

/** A page of tickets by a query in RT's own language, whose values are all quoted. */
export function tickets(query: string, { orderBy, order, number = 1, limit = PAGE, reference }: { readonly orderBy: string; readonly order: 'ASC' | 'DESC'; readonly number?: number; readonly limit?: number; readonly reference: string }, ctx: CallContext): Promise<{ readonly items: readonly Row[]; readonly isLast: boolean }> {
  return page({ method: 'GET', path: '/tickets', query: { query, fields: LIST_FIELDS, orderby: orderBy, order, per_page: limit, page: number }, action: 'searched', reference }, ctx)
}

/** One ticket; null: there is none, or we may not see it. */
export async function ticketOf(id: string, ctx: CallContext): Promise<Row | null> {
  const { status, body } = await call({ method: 'GET', path: path`/ticket/${id}`, action: 'retrieved', reference: 'read ticket', externalId: id, accepts: [404] }, ctx)
  return status === 404 ? null : rowOf(body)
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
