/** ConnectWise's calls as the other files ask for them: lists, one record, one change. */
import type { CallAction } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext, type HttpRequest } from '../port.ts'

/** Most records of one answer; a server may give fewer, and names the next page in `Link`. */
export const PAGE = 1_000
const PAGES_MAX = 20

type Query = NonNullable<HttpRequest['query']>
interface Asked { readonly most: number; readonly reference: string; readonly action?: CallAction }

/** A list: at most `most` records, from as many pages as that takes. Throws `bad_answer` for anything else. */
export async function list<T extends object>(ctx: CallContext, path: string, query: Query, asked: Asked): Promise<readonly T[]> {
  return (await part<T>(ctx, path, query, asked)).rows
}

/** The same, and whether there may be more than was asked for or read: at most 20 pages are. */
export async function part<T extends object>(ctx: CallContext, path: string, query: Query, { most, reference, action = 'retrieved' }: Asked): Promise<{ readonly rows: readonly T[]; readonly isMore: boolean }> {
  let isMore = false
  const found: T[] = []
  let request: Pick<HttpRequest, 'path' | 'query' | 'url'> = { path, query }
  for (let page = 0; page < PAGES_MAX && found.length < most; page++) {
    const { body, headers } = await ctx.http.call({ method: 'GET', ...request, action, reference })
    if (!Array.isArray(body)) throw new ConnectorError('bad_answer', `ConnectWise: ${reference}: a list was due; the base URL may be wrong`)
    found.push(...(body as T[]))
    const next = nextPage(headers.get('link') ?? '', ctx)
    isMore = next !== null
    if (next === null) break
    request = { path: '/', url: next }
  }
  return { rows: found.slice(0, most), isMore: isMore || found.length >= most }
}

/** The next page, at our own host whatever name the server has for itself; null: this was the last. */
function nextPage(link: string, ctx: CallContext): string | null {
  const address = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1] ?? ''
  if (!URL.canParse(address)) return null
  const { pathname, search } = new URL(address)
  // Put together as text: a path of `//host` would else be another address.
  return new URL(ctx.connection.baseUrl).origin + pathname + search
}

/** One record; null where there is none. Throws `bad_answer` for anything but a record. */
export async function one<T extends object>(ctx: CallContext, path: string, reference: string, externalId?: string): Promise<T | null> {
  const { status, body } = await ctx.http.call({ method: 'GET', path, action: 'retrieved', reference, accepts: [404, 410], ...(externalId === undefined ? {} : { externalId }) })
  return status >= 400 ? null : record<T>(body, reference)
}

/** Sends a record and reads the one that is answered. */
export async function send<T extends object>(ctx: CallContext, request: Omit<HttpRequest, 'url'>): Promise<T> {
  const { body } = await ctx.http.call(request)
  return record<T>(body, request.reference)
}

function record<T extends object>(body: unknown, reference: string): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ConnectorError('bad_answer', `ConnectWise: ${reference}: a record was due; the base URL may be wrong`)
  return body as T
}
