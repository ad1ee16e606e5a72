/** Customers, machines, technicians, articles, and the values a mapping may name. Atera searches none of these, so lists are read and kept. */
import { path } from '../http/address.ts'
import type { CallContext, ExternalArticle, ExternalAsset, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { pages } from './calls.ts'
import { articleOf, assetOf, companyOf, IMPACTS, numberOf, PRIORITIES, STATUSES, techniciansIn, TYPES } from './map.ts'
import type { AteraAgent, AteraArticle, AteraCustomer, AteraTicket } from './types.ts'

const FOUND_MAX = 50
/** Pages of 50 that are read of a list. */
const PAGES_MAX = 40
const TTL_MS = 900_000
const RECENT_MS = 30 * 86_400_000
const RECENT_PAGES = 6

/** Customers by name or domain; the list is kept a quarter of an hour. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const all = await ctx.cached('customers', TTL_MS, async () => (await pages<AteraCustomer>({ path: '/api/v3/customers', reference: 'list customers' }, { most: PAGES_MAX }, ctx)).items.map(companyOf))
  const words = query.trim().toLowerCase()
  return all.filter(({ name, domains }) => name.toLowerCase().includes(words) || domains.some((domain) => domain.includes(words) || words.endsWith(`.${domain}`))).slice(0, FOUND_MAX)
}

/** Machines of a customer by name, serial number or address. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const all = await ctx.cached(`agents:${companyId}`, TTL_MS, async () => (await pages<AteraAgent>({ path: path`/api/v3/agents/customer/${numberOf(companyId)}`, reference: 'list agents' }, { most: PAGES_MAX }, ctx)).items.map(assetOf))
  const words = query.trim().toLowerCase()
  return all.filter(({ name, aliases }) => [name, ...aliases].some((one) => one.toLowerCase().includes(words))).slice(0, FOUND_MAX)
}

/** Technicians by name or e-mail address, as they stand in the tickets of the last 30 days: no call lists them. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = query.trim().toLowerCase()
  return techniciansIn(await recentTickets(ctx)).filter(({ name, email }) => name.toLowerCase().includes(words) || (email ?? '').toLowerCase().includes(words)).slice(0, FOUND_MAX)
}

function recentTickets(ctx: CallContext): Promise<readonly AteraTicket[]> {
  return ctx.cached('recent', TTL_MS, async () => (await pages<AteraTicket>({ path: '/api/v3/tickets/lastmodified', query: { date: new Date(ctx.nowMs - RECENT_MS).toISOString() }, reference: 'look through changed tickets' }, { most: RECENT_PAGES }, ctx)).items)
}

/** Articles in which each word of the query stands; private ones too, for technicians read them. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const all = await ctx.cached('articles', TTL_MS, async () => (await pages<AteraArticle>({ path: '/api/v3/knowledgebases', reference: 'list articles' }, { most: PAGES_MAX }, ctx)).items)
  return all.filter(({ KBContext: text, KBProduct: product, KBKeywords: keywords }) => words.every((word) => `${text ?? ''} ${product ?? ''} ${keywords ?? ''}`.toLowerCase().includes(word))).slice(0, FOUND_MAX).map(articleOf)
}

/** Closed lists of Atera's own, with the statuses that stand in tickets of the last 30 days. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const seen = (await recentTickets(ctx)).flatMap(({ TicketStatus: status }) => status ?? [])
  const named = (names: Iterable<string>) => [...new Set(names)].map((name) => ({ id: name, name }))
  return { statuses: named([...STATUSES, ...seen]), priorities: named(PRIORITIES), places: { type: named(TYPES), impact: named(IMPACTS) } }
}
