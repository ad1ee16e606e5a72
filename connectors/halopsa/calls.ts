/** Single calls of HaloPSA: POST takes a list for making and for changing, lists come in an object or bare, and `pageinate` is spelled so. */
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type ExternalUser, type HttpAnswer, type HttpRequest } from '../port.ts'
import { userOf, type Agents } from './map.ts'
import type { HaloAction, HaloAgent, HaloTicket } from './types.ts'

/** Halo gives no more in one page. */
export const PAGE_SIZE = 100

/** Actions read with a ticket, and those in which our own are looked for on a repeat. */
const ACTIONS = 100
const REPEAT_ACTIONS = 1_000
const AGENTS_TTL_MS = 600_000
const OURS_TTL_MS = 3_600_000

/** A list to be read; `name`: what its records stand under. */
export interface ListRequest extends Pick<HttpRequest, 'path' | 'query' | 'reference'> {
  readonly name: string
}

/** The records of an answer: a bare list, or one in an object under `name`. Throws `bad_answer` for anything else. */
export function listOf<T>({ body }: HttpAnswer, name: string): readonly T[] {
  const list = Array.isArray(body) ? (body as unknown) : typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined
  if (!Array.isArray(list)) throw new ConnectorError('bad_answer', `HaloPSA answered without the list "${name}": see that the base URL is the Resource Server with /api at its end`)
  return list.filter((one): one is T => typeof one === 'object' && one !== null)
}

/** One page of a list and how many records there are in all. */
export async function onePage<T>(list: ListRequest, { http }: CallContext): Promise<{ readonly items: readonly T[]; readonly count: number }> {
  const { name, query, ...request } = list
  const answer = await http.call({ method: 'GET', ...request, query: { pageinate: true, page_size: PAGE_SIZE, page_no: 1, ...query }, action: 'searched' })
  const items = listOf<T>(answer, name)
  const { record_count: count } = answer.body as { readonly record_count?: unknown }
  return { items, count: typeof count === 'number' ? count : items.length }
}

/** Up to `most` records of a list, page by page. */
export async function upTo<T>(most: number, list: ListRequest, ctx: CallContext): Promise<{ readonly items: readonly T[]; readonly count: number }> {
  const paged = { ...list, query: { ...list.query, page_size: Math.min(most, PAGE_SIZE) } }
  const { items, count } = await onePage<T>(paged, ctx)
  const found = [...items]
  for (let page = 2; found.length < Math.min(most, count); page++) {
    const next = await onePage<T>({ ...paged, query: { ...paged.query, page_no: page } }, ctx)
    if (next.items.length === 0) break
    found.push(...next.items)
  }
  return { items: found.slice(0, most), count }
}

/** The ticket; null: there is none, or none that may be seen. */
export async function getTicket(id: string, { http }: CallContext): Promise<HaloTicket | null> {
  const { status, body } = await http.call({ method: 'GET', path: path`/Tickets/${id}`, query: { includedetails: true }, action: 'retrieved', reference: 'read ticket', externalId: id, accepts: [404, 410] })
  const isTicket = status < 400 && typeof body === 'object' && body !== null && 'id' in body && body.id !== 0
  return isTicket ? (body as HaloTicket) : null
}

/** The newest actions of a ticket, without those of the system. */
export async function getActions(id: string, { http, isRepeat }: CallContext): Promise<readonly HaloAction[]> {
  const answer = await http.call({ method: 'GET', path: '/Actions', query: { ticket_id: Number(id), excludesys: true, includehtmlnote: true, count: isRepeat ? REPEAT_ACTIONS : ACTIONS }, action: 'retrieved', reference: 'read notes', externalId: id })
  return listOf<HaloAction>(answer, 'actions')
}

/** Names of the files of a ticket. */
export async function getFileNames(id: string, { http }: CallContext): Promise<readonly string[]> {
  const answer = await http.call({ method: 'GET', path: '/Attachment', query: { ticket_id: Number(id) }, action: 'retrieved', reference: 'read attachments', externalId: id })
  return listOf<{ readonly filename?: string | null }>(answer, 'attachments').map(({ filename }) => filename ?? '')
}

/** Makes or changes one record and tells what became of it. */
export async function post<T>(request: Pick<HttpRequest, 'path' | 'action' | 'reference' | 'externalId'> & { readonly record: Readonly<Record<string, unknown>> }, { http }: CallContext): Promise<T | null> {
  const { record, ...rest } = request
  const { body } = await http.call({ method: 'POST', ...rest, json: [record] })
  const first: unknown = Array.isArray(body) ? body[0] : body
  return typeof first === 'object' && first !== null ? (first as T) : null
}

/** All agents, kept ten minutes. */
export async function allAgents(ctx: CallContext): Promise<readonly ExternalUser[]> {
  return ctx.cached('agents', AGENTS_TTL_MS, async () => {
    // Names alone: an application that may not see agents can do its work without them, and the check says so.
    const answer = await ctx.http.call({ method: 'GET', path: '/Agent', action: 'retrieved', reference: 'list agents', accepts: [403] })
    return (answer.status === 403 ? [] : listOf<HaloAgent>(answer, 'agents')).filter(({ id = 0, isdisabled }) => id > 1 && isdisabled !== true).map(userOf)
  })
}

/** What is needed to say who wrote what: agents by id, and the one our credentials log in as. */
export async function people(ctx: CallContext): Promise<{ readonly agents: Agents; readonly ours: number | null }> {
  const agents = await allAgents(ctx)
  return { agents: new Map(agents.map((one) => [Number(one.externalId), one])), ours: await ourAgent(ctx) }
}

/** Id of the agent our credentials log in as; null: Halo does not say, or not to us. */
export async function ourAgent(ctx: CallContext): Promise<number | null> {
  return ctx.cached('ours', OURS_TTL_MS, async () => {
    const { status, body } = await ctx.http.call({ method: 'GET', path: '/Agent/me', action: 'retrieved', reference: 'read own agent', accepts: [403, 404] })
    return status === 200 && typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'number' ? body.id : null
  })
}
