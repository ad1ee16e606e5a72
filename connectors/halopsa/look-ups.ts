/** Customers, assets, agents, and the values a mapping may name. */
import type { CallContext, ExternalAsset, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { allAgents, listOf, upTo } from './calls.ts'
import { assetOf, companyOf, numberOf } from './map.ts'
import type { HaloAsset, HaloChoice, HaloClient } from './types.ts'

const FOUND_MAX = 50
const CHOICES_TTL_MS = 300_000

type Choice = ExternalChoices['statuses'][number]

/** Customers by name; of a domain its first label is looked for too, for Halo searches names. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const label = /^[\w-]+(\.[\w-]+)+$/.test(query.trim()) ? query.trim().split('.')[0] ?? '' : ''
  const found = new Map<string, ExternalCompany>()
  for (const words of new Set([query, ...(label.length < 3 ? [] : [label])])) {
    const { items } = await upTo<HaloClient>(FOUND_MAX, { path: '/Client', name: 'clients', query: { search: words, includeactive: true, includeinactive: true }, reference: 'find customers' }, ctx)
    for (const company of items.map(companyOf)) found.set(company.externalId, company)
  }
  return [...found.values()]
}

/** Assets of a customer by name, number or another of their fields. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const { items } = await upTo<HaloAsset>(FOUND_MAX, { path: '/Asset', name: 'assets', query: { client_id: numberOf(companyId), ...(query === '' ? {} : { search: query }) }, reference: 'find assets' }, ctx)
  return items.map(assetOf)
}

/** Agents by name or e-mail address. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = query.trim().toLowerCase()
  return (await allAgents(ctx)).filter(({ name, email }) => name.toLowerCase().includes(words) || (email ?? '').toLowerCase().includes(words)).slice(0, FOUND_MAX)
}

/** Statuses, priorities, ticket types, teams and categories. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  return ctx.cached('choices', CHOICES_TTL_MS, async () => ({
    statuses: await statuses(ctx),
    priorities: await priorities(ctx),
    places: { ticketType: await ticketTypes('can_create_only', ctx), team: await named('/Team', 'list teams', ctx), category: await named('/Category', 'list categories', ctx, { type_id: 1 }) },
  }))
}

/** Statuses by id. */
export async function statuses(ctx: CallContext): Promise<readonly Choice[]> {
  return (await list('/Status', 'list statuses', ctx)).map(choiceOf)
}

/** Priorities by the number a ticket holds; each service level has its own, so a number may have several names. */
export async function priorities(ctx: CallContext): Promise<readonly Choice[]> {
  const byNumber = new Map<string, Set<string>>()
  for (const { priorityid, id, name } of await list('/Priority', 'list priorities', ctx)) {
    const number = String(priorityid ?? id ?? '')
    byNumber.set(number, (byNumber.get(number) ?? new Set()).add(name ?? ''))
  }
  return [...byNumber].map(([id, names]) => ({ id, name: [...names].join(' / ') })).sort((a, b) => Number(a.id) - Number(b.id))
}

/** Ticket types that our agent may log, or may edit. */
export async function ticketTypes(right: 'can_create_only' | 'can_edit_only', ctx: CallContext): Promise<readonly Choice[]> {
  return (await list('/TicketType', 'list ticket types', ctx, { [right]: true })).map(choiceOf)
}

/** Choices that a ticket holds by their name. */
export async function named(path: '/Team' | '/Category', reference: string, ctx: CallContext, query: Readonly<Record<string, number>> = {}): Promise<readonly Choice[]> {
  return (await list(path, reference, ctx, query)).map(({ name, value }) => name ?? value ?? '').filter((name) => name !== '').map((name) => ({ id: name, name }))
}

async function list(path: string, reference: string, ctx: CallContext, query: Readonly<Record<string, number | boolean>> = {}): Promise<readonly HaloChoice[]> {
  const answer = await ctx.http.call({ method: 'GET', path, query, action: 'retrieved', reference })
  return listOf<HaloChoice>(answer, path.slice(1).toLowerCase())
}

function choiceOf({ id = '', name }: HaloChoice): Choice {
  return { id: String(id), name: name ?? '' }
}
