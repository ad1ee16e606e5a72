/** Companies, configuration items, resources and choice values of Autotask. */
import { type CallContext, type ExternalAsset, type ExternalChoices, type ExternalCompany, type ExternalUser } from '../port.ts'
import { path } from '../http/address.ts'
import { item, picklists, queryAll, zone } from './api.ts'
import { assetOf, companyOf, numberOf, PLACES, userOf, type AtView } from './map.ts'
import type { AtCompany, AtConfigurationItem, AtFilter, AtPick, AtResource } from './types.ts'

const FOUND_MAX = 50
const QUERY_MAX = 100
const DIRECTORY_TTL_MS = 60 * 60_000
const DIRECTORY_PAGES = 20
const FOUND_PAGES = 4
const RESOURCE_FIELDS = ['id', 'firstName', 'lastName', 'email', 'userName', 'isActive', 'defaultServiceDeskRoleID']

/** The technicians and API users of the account by id, asked once an hour. */
export async function directory(ctx: CallContext): Promise<ReadonlyMap<number, AtResource>> {
  const all = await ctx.cached('resources', DIRECTORY_TTL_MS, () => queryAll<AtResource>(ctx, 'Resources', { filter: [{ op: 'exist', field: 'id' }], fields: RESOURCE_FIELDS, pages: DIRECTORY_PAGES, reference: 'read resources', action: 'retrieved' }))
  return new Map(all.flatMap((one) => (one.id === undefined ? [] : [[one.id, one]])))
}

/** A resource with its role; null: there is none. */
export async function resource(id: string, ctx: CallContext): Promise<AtResource | null> {
  return (await directory(ctx)).get(numberOf(id)) ?? await item<AtResource>(ctx, path`/Resources/${numberOf(id)}`, 'read resource')
}

/** The id of our API user, as given or as found by its user name; null: not known. */
export function ownId(ctx: CallContext, known: ReadonlyMap<number, AtResource>): number | null {
  const { resourceId = '', userName = '' } = ctx.connection.fields
  if (resourceId !== '') return numberOf(resourceId)
  const [short = ''] = userName.split('@')
  const is = (value: string | null | undefined, wanted: string): boolean => value != null && wanted !== '' && value.toLowerCase() === wanted.toLowerCase()
  return [...known.values()].find((one) => is(one.userName, userName) || is(one.email, userName) || is(one.userName, short))?.id ?? null
}

/** What a ticket is read with. */
export async function viewOf(ctx: CallContext): Promise<AtView> {
  const resources = await directory(ctx)
  return { mapping: ctx.connection.mapping, tickets: await picklists(ctx, 'Tickets'), ownId: ownId(ctx, resources), resources, webUrl: (await zone(ctx)).webUrl }
}

/** Active companies by part of their name or web address. */
export async function findCompanies(text: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const filter = [{ op: 'eq', field: 'isActive', value: true }, ...anyOf(text, [['contains', 'companyName'], ['contains', 'webAddress']])]
  return (await queryAll<AtCompany>(ctx, 'Companies', { filter, max: FOUND_MAX, pages: FOUND_PAGES, fields: ['id', 'companyName', 'webAddress', 'isActive'], reference: 'find companies' })).slice(0, FOUND_MAX).map(companyOf)
}

/** Active configuration items of a company by part of a name, or by a whole serial number or address. */
export async function findAssets(companyId: string, text: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const fields = [['contains', 'referenceTitle'], ['contains', 'rmmDeviceAuditHostname'], ['contains', 'dattoHostname'], ['eq', 'serialNumber'], ['eq', 'rmmDeviceAuditIPAddress']] as const
  const filter = [{ op: 'eq', field: 'companyID', value: numberOf(companyId) }, { op: 'eq', field: 'isActive', value: true }, ...anyOf(text, fields)]
  return (await queryAll<AtConfigurationItem>(ctx, 'ConfigurationItems', { filter, max: FOUND_MAX, pages: FOUND_PAGES, reference: 'find configuration items' })).slice(0, FOUND_MAX).map(assetOf)
}

/** Active resources by part of their name or e-mail address; API users are among them. */
export async function findUsers(text: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const [first = '', last = ''] = text.trim().split(/\s+/)
  const both: readonly AtFilter[] = last === '' ? [] : [{ op: 'and', items: [{ op: 'eq', field: 'firstName', value: first.slice(0, QUERY_MAX) }, { op: 'beginsWith', field: 'lastName', value: last.slice(0, QUERY_MAX) }] }]
  const filter = [{ op: 'eq', field: 'isActive', value: true }, ...anyOf(text, [['contains', 'firstName'], ['contains', 'lastName'], ['contains', 'email']], both)]
  return (await queryAll<AtResource>(ctx, 'Resources', { filter, max: FOUND_MAX, pages: FOUND_PAGES, fields: RESOURCE_FIELDS, reference: 'find resources' })).slice(0, FOUND_MAX).map(userOf)
}

/** One of these conditions with the text as it is: a filter is JSON, so nothing in it is a command. */
function anyOf(text: string, fields: readonly (readonly [string, string])[], more: readonly AtFilter[] = []): readonly AtFilter[] {
  const value = text.trim().slice(0, QUERY_MAX)
  return value === '' ? [] : [{ op: 'or', items: [...fields.map(([op, field]) => ({ op, field, value })), ...more] }]
}

/** What a person may map to. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const [tickets, notes] = [await picklists(ctx, 'Tickets'), await picklists(ctx, 'TicketNotes')]
  const shown = (values: readonly AtPick[] = []): readonly { id: string; name: string }[] => values.filter(({ isActive }) => isActive !== false).map(({ value = '', label = '' }) => ({ id: value, name: label }))
  return {
    statuses: shown(tickets.status), priorities: shown(tickets.priority),
    places: { ...Object.fromEntries(Object.entries(PLACES).map(([name, field]) => [name, shown(tickets[field])])), noteType: shown(notes.noteType), publicPublish: shown(notes.publish), internalPublish: shown(notes.publish) },
  }
}
