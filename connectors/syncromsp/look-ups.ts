/** Customers, assets, technicians, and the values a mapping may name. */
import type { CallContext, ExternalAsset, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { allUsers, call, part, settings } from './calls.ts'
import { assetOf, companyOf, numberOf, PRIORITIES } from './map.ts'
import type { SyncroAsset, SyncroCustomer } from './types.ts'

const FOUND_MAX = 50

/** Customers by name, or by the domain of their mail address. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const { body } = await call({ method: 'GET', path: '/customers', query: { query, page: 1 }, action: 'searched', reference: 'find customers' }, ctx)
  return part<readonly SyncroCustomer[]>(body, 'customers').slice(0, FOUND_MAX).map(companyOf)
}

/** Assets of a customer by name or serial number. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const { body } = await call({ method: 'GET', path: '/customer_assets', query: { customer_id: numberOf(companyId), page: 1, ...(query === '' ? {} : { query }) }, action: 'searched', reference: 'find assets' }, ctx)
  return part<readonly SyncroAsset[]>(body, 'assets').slice(0, FOUND_MAX).map(assetOf)
}

/** Technicians by name or e-mail address. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = query.trim().toLowerCase()
  return (await allUsers(ctx)).filter(({ name, email }) => name.toLowerCase().includes(words) || (email ?? '').toLowerCase().includes(words)).slice(0, FOUND_MAX)
}

/** Statuses as the account has them, and the priorities every account has; problem types are no part of the API. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const { ticket_status_list: statuses, ticket_types: types } = await settings(ctx)
  return { statuses: (statuses ?? []).flatMap((name) => (name === null ? [] : [{ id: name, name }])), priorities: PRIORITIES.map((name) => ({ id: name, name })), places: { ticketType: (types ?? []).flatMap((one) => typeOf(one) ?? []) } }
}

function typeOf(type: unknown): { readonly id: string; readonly name: string } | null {
  if (typeof type !== 'object' || type === null || !('id' in type) || (typeof type.id !== 'number' && typeof type.id !== 'string')) return null
  return { id: String(type.id), name: 'name' in type && typeof type.name === 'string' ? type.name : '' }
}
