/** Calls that several of the others need. */
import { idOf, mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'

const DAY_MS = 86_400_000
const NOTES_READ = 50

/** Id of the user we are. Zendesk answers a caller it does not know with 200 and no id. */
export function whoAmI(ctx: CallContext): Promise<{ readonly id: string; readonly role: string; readonly name: string }> {
  return ctx.cached('me', DAY_MS, async () => {
    const { body } = await ctx.http.call({ method: 'GET', path: '/users/me', action: 'retrieved', reference: 'read own user' })
    const user = rowOf(rowOf(body).user)
    const id = idOf(user.id)
    if (id === null) throw new ConnectorError('unauthorized', 'Zendesk does not know who calls: the e-mail or the token is wrong; enter them again')
    return { id, role: textOf(user.role) ?? '', name: textOf(user.name) ?? '' }
  })
}

/** One ticket with the users it names; null: it is gone. */
export async function ticketOf(externalId: string, ctx: CallContext): Promise<{ readonly ticket: Row; readonly users: ReadonlyMap<string, Row> } | null> {
  const { status, body } = await ctx.http.call({ method: 'GET', path: path`/tickets/${externalId}`, query: { include: 'users' }, action: 'retrieved', reference: 'read ticket', externalId, accepts: [404, 410] })
  return status >= 400 ? null : { ticket: rowOf(rowOf(body).ticket), users: byId(rowOf(body).users) }
}

/** The newest comments of a ticket, newest last, with their authors. `most`: how many at most. */
export async function commentsOf(externalId: string, ctx: CallContext, most = NOTES_READ): Promise<{ readonly comments: readonly Row[]; readonly users: ReadonlyMap<string, Row> }> {
  const comments: Row[] = []
  const users = new Map<string, Row>()
  for (let after: string | undefined; ;) {
    const { body } = await ctx.http.call({ method: 'GET', path: path`/tickets/${externalId}/comments`, query: { sort: '-created_at', 'page[size]': Math.min(100, most), 'page[after]': after, include: 'users' }, action: 'retrieved', reference: 'read comments', externalId })
    const page = rowOf(body)
    comments.push(...rowsOf(page.comments))
    for (const [id, user] of byId(page.users)) users.set(id, user)
    after = nextOf(page)
    if (after === undefined || comments.length >= most) return { comments: comments.slice(0, most).reverse(), users }
  }
}

/** The cursor of the next page; undefined: this was the last. */
export function nextOf(page: Row): string | undefined {
  const meta = page.meta === undefined ? {} : rowOf(page.meta)
  return meta.has_more === true ? textOf(meta.after_cursor) ?? undefined : undefined
}

/** Whom a ticket of an organization is for: the contact, or a user without an e-mail address that stands for us in it, so that nobody is written to. */
export function requesterOf(companyId: string | null, contactId: string | null, me: string, ctx: CallContext): Promise<string> {
  if (contactId !== null) return Promise.resolve(contactId)
  if (companyId === null) return Promise.resolve(me)
  return ctx.cached(`requester:${companyId}`, DAY_MS, async () => {
    const user = { name: 'Alert Whisperer', external_id: `alert-whisperer-${companyId}`, organization_id: Number(companyId), role: 'end-user', skip_verify_email: true }
    const { body } = await ctx.http.call({ method: 'POST', path: '/users/create_or_update', json: { user }, action: 'created', reference: 'make requester of the organization' })
    return mustId(rowOf(rowOf(body).user).id)
  })
}

function byId(list: unknown): ReadonlyMap<string, Row> {
  return new Map(rowsOf(list).map((one) => [mustId(one.id), one]))
}
