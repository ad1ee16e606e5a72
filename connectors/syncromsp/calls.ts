/** Single calls of Syncro, each with the wrapper its answer comes in. */
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type ExternalUser, type HttpAnswer, type HttpRequest } from '../port.ts'
import { userOf } from './map.ts'
import type { SyncroComment, SyncroMe, SyncroSettings, SyncroTicket, SyncroUser } from './types.ts'

const COMMENTS_PAGE = 50
/** Technicians whose e-mail addresses are asked for, one call each. */
const USERS_MAX = 60
const USERS_TTL_MS = 86_400_000
const SETTINGS_TTL_MS = 300_000
const ME_TTL_MS = 3_600_000

type Query = NonNullable<HttpRequest['query']>
type Fields = Readonly<Record<string, unknown>>

/** A call. Syncro says 401 for a right the token lacks too: that is no reason to take the token for a wrong one. */
export async function call(request: HttpRequest, { http }: CallContext): Promise<HttpAnswer> {
  try {
    return await http.call(request)
  } catch (cause) {
    if (!(cause instanceof ConnectorError) || cause.code !== 'unauthorized' || !/permission/i.test(JSON.stringify(cause.answer ?? ''))) throw cause
    throw new ConnectorError('forbidden', cause.message, { httpStatus: cause.httpStatus, cause, answer: cause.answer })
  }
}

/** The part of an answer under `name`. Throws `bad_answer` where it is not there. */
export function part<T>(body: unknown, name: string): T {
  const found = typeof body === 'object' && body !== null ? (body as Fields)[name] : undefined
  if (typeof found !== 'object' || found === null) throw new ConnectorError('bad_answer', `Syncro answered without "${name}": see that the base URL ends with /api/v1`)
  return found as T
}

/** One page of tickets, and how many pages there are. */
export async function listTickets(query: Query, reference: string, ctx: CallContext): Promise<{ readonly tickets: readonly SyncroTicket[]; readonly pages: number }> {
  const { body } = await call({ method: 'GET', path: '/tickets', query, action: 'searched', reference }, ctx)
  return { tickets: part<readonly SyncroTicket[]>(body, 'tickets'), pages: pagesOf(body) }
}

function pagesOf(body: unknown): number {
  const { total_pages: pages } = ((body as Fields | null)?.meta ?? {}) as { readonly total_pages?: unknown }
  return typeof pages === 'number' ? pages : 1
}

/** The ticket; null: there is none. */
export async function getTicket(id: string, ctx: CallContext): Promise<SyncroTicket | null> {
  const { status, body } = await call({ method: 'GET', path: path`/tickets/${id}`, action: 'retrieved', reference: 'read ticket', externalId: id, accepts: [404, 410] }, ctx)
  return status >= 400 ? null : part<SyncroTicket>(body, 'ticket')
}

/** The newest comments of a ticket, newest first. `most`: how many at least, where there are so many. */
export async function getComments(id: string, most: number, ctx: CallContext): Promise<readonly SyncroComment[]> {
  const found: SyncroComment[] = []
  for (let page = 1, last = 1; page <= last && found.length < most; page++) {
    const { body } = await call({ method: 'GET', path: path`/tickets/${id}/comments`, query: { sort_by: 'created_at', sort_direction: 'DESC', per_page: COMMENTS_PAGE, page }, action: 'retrieved', reference: 'read comments', externalId: id }, ctx)
    found.push(...part<readonly SyncroComment[]>(body, 'comments'))
    last = pagesOf(body)
  }
  return found
}

/** Makes a ticket. */
export async function postTicket(json: Fields, ctx: CallContext): Promise<SyncroTicket> {
  return part<SyncroTicket>((await call({ method: 'POST', path: '/tickets', json, action: 'created', reference: 'create ticket' }, ctx)).body, 'ticket')
}

/** Changes a ticket. */
export async function putTicket(id: string, json: Fields, ctx: CallContext): Promise<void> {
  await call({ method: 'PUT', path: path`/tickets/${id}`, json, action: 'updated', reference: 'change ticket', externalId: id }, ctx)
}

/** Adds a comment. */
export async function postComment(id: string, json: Fields, reference: string, ctx: CallContext): Promise<void> {
  await call({ method: 'POST', path: path`/tickets/${id}/comment`, json, action: 'updated', reference, externalId: id }, ctx)
}

/** Adds time. */
export async function postTimer(id: string, json: Fields, ctx: CallContext): Promise<void> {
  await call({ method: 'POST', path: path`/tickets/${id}/timer_entry`, json, action: 'updated', reference: 'add time', externalId: id }, ctx)
}

/** Whose token it is and what it may do, as Syncro tells it now. */
export async function readMe(ctx: CallContext): Promise<SyncroMe> {
  const { body } = await call({ method: 'GET', path: '/me', action: 'retrieved', reference: 'read own user' }, ctx)
  if (typeof body !== 'object' || body === null) throw new ConnectorError('bad_answer', 'Syncro did not say whose token it is: see that the base URL ends with /api/v1')
  return body
}

/** Id of the user the token belongs to; null: Syncro does not say. */
export async function ourUser(ctx: CallContext): Promise<number | null> {
  return ctx.cached('ours', ME_TTL_MS, async () => (await readMe(ctx)).user_id ?? null)
}

/** Settings of tickets, kept five minutes. */
export async function settings(ctx: CallContext): Promise<SyncroSettings> {
  return ctx.cached('settings', SETTINGS_TTL_MS, async () => ((await call({ method: 'GET', path: '/tickets/settings', action: 'retrieved', reference: 'read ticket settings' }, ctx)).body ?? {}) as SyncroSettings)
}

/** Technicians with their e-mail addresses, kept a day: the list has names alone, so each is read once. None where the token may not list them: tickets are read without. */
export async function allUsers(ctx: CallContext): Promise<readonly ExternalUser[]> {
  return ctx.cached('users', USERS_TTL_MS, async () => {
    const found: ExternalUser[] = []
    for (const [id, name] of await listUsers(ctx)) {
      const externalId = String(id)
      const user = found.length < USERS_MAX ? await readUser(externalId, ctx) : null
      found.push(user ?? { externalId, name: typeof name === 'string' ? name : '', email: null })
    }
    return found
  })
}

async function listUsers(ctx: CallContext): Promise<readonly (readonly unknown[])[]> {
  try {
    const { body } = await call({ method: 'GET', path: '/users', action: 'retrieved', reference: 'list users' }, ctx)
    return part<readonly (readonly unknown[])[]>(body, 'users')
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== 'forbidden') throw error
    return []
  }
}

async function readUser(id: string, ctx: CallContext): Promise<ExternalUser | null> {
  const { status, body } = await call({ method: 'GET', path: path`/users/${id}`, action: 'retrieved', reference: 'read user', externalId: id, accepts: [403, 404] }, ctx)
  return status === 200 ? userOf(part<SyncroUser>(body, 'user')) : null
}

/** What is needed to say who wrote what. */
export async function people(ctx: CallContext): Promise<{ readonly users: ReadonlyMap<string, ExternalUser>; readonly ours: number | null }> {
  return { users: new Map((await allUsers(ctx)).map((one) => [one.externalId, one])), ours: await ourUser(ctx) }
}
