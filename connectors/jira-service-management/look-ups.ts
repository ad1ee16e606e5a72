/** Organisations, technicians and articles. */
import { ConnectorError, type CallContext, type ExternalArticle, type ExternalCompany, type ExternalUser } from '../port.ts'
import type { TicketRef } from '../../schemas/tickets.ts'
import { remark } from './changes.ts'
import { get, pages } from './facts.ts'
import { inner, listOf, textOf } from './map.ts'
import { link } from './links.ts'

const FOUND_MAX = 50
const KEEP_MS = 600_000

/** Organisations whose name holds the text; Jira can only list them all. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const all = await ctx.cached('organisations', KEEP_MS, () => pages('/rest/servicedeskapi/organization', 'list organisations', {}, ctx))
  const wanted = query.trim().toLowerCase()
  return all.map((one) => ({ externalId: textOf(one, 'id'), name: textOf(one, 'name'), domains: [], isActive: true })).filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, FOUND_MAX)
}

/** Active accounts of people by name or e-mail address; customers and apps are none. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const wanted = query.trim().slice(0, 100)
  return ctx.cached(`users ${wanted}`, KEEP_MS, async () =>
    listOf(await get('/rest/api/2/user/search', 'find technicians', { query: wanted === '' ? '.' : wanted, startAt: 0, maxResults: FOUND_MAX }, ctx))
      .filter((one) => one.active !== false && textOf(one, 'accountType') === 'atlassian')
      .map((one) => ({ externalId: textOf(one, 'accountId'), name: textOf(one, 'displayName'), email: textOf(one, 'emailAddress') || null })))
}

/** Articles of the linked Confluence spaces. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const wanted = query.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim().slice(0, 200)
  if (wanted === '') return []
  return listOf(inner(await get('/rest/servicedeskapi/knowledgebase/article', 'search knowledge base', { query: wanted, highlight: false, start: 0, limit: 10 }, ctx)).values).map((one) => {
    const page = textOf(inner(one.content), 'iframeSrc')
    return { externalId: textOf(inner(one.source), 'pageId') || textOf(one, 'title'), title: textOf(one, 'title'), url: page.startsWith('https://') ? page : null }
  })
}

/** Jira merges nothing: the one is linked as a duplicate of the other, and both say so. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  await link(ctx.connection.mapping.place.duplicateLink, { from: from.externalId, to: into.externalId }, ctx)
  const token = `join-${from.externalId}-${into.externalId}`
  await remark(from.externalId, token, `Goes on in ${into.number}.`, ctx)
  await remark(into.externalId, token, `${from.number} belongs to this.`, ctx)
}

/** Machines are kept in Assets, an interface of its own with its own address and plan. */
export function findAssets(): Promise<never> {
  return Promise.reject(new ConnectorError('unsupported', 'Jira Service Management keeps machines in Assets, which this connector does not ask'))
}
