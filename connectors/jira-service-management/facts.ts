/** What Jira tells of itself and seldom changes: who we are, its service desks, forms, fields and choice values. */
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type ExternalChoices } from '../port.ts'
import { inner, listOf, textOf, type JiraObject, type RequestForm } from './map.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const PAGE = 50
const PAGES_MAX = 20

/** GETs an object. */
export async function get(where: string, reference: string, query: Readonly<Record<string, string | number | boolean | undefined>>, ctx: CallContext): Promise<unknown> {
  return (await ctx.http.call({ method: 'GET', path: where, action: 'retrieved', reference, query })).body
}

/** All items of a list of the service desk interface. */
export async function pages(where: string, reference: string, query: Readonly<Record<string, string | number | boolean>>, ctx: CallContext): Promise<readonly JiraObject[]> {
  const found: JiraObject[] = []
  for (let page = 0; page < PAGES_MAX; page++) {
    const body = inner(await get(where, reference, { ...query, start: found.length, limit: PAGE }, ctx))
    if (!Array.isArray(body.values)) throw new ConnectorError('bad_answer', `Jira: ${reference}: a list was due; the base URL may be wrong`)
    found.push(...listOf(body.values))
    if (body.isLastPage !== false || body.values.length === 0) break
  }
  return found
}

/** Comments of an issue, newest first. */
export async function newestComments(id: string, startAt: number, maxResults: number, ctx: CallContext): Promise<readonly JiraObject[]> {
  return listOf(inner(await get(path`/rest/api/2/issue/${id}/comment`, 'read comments', { orderBy: '-created', startAt, maxResults }, ctx)).comments)
}

/** Our own account. */
export async function ourselves(ctx: CallContext): Promise<string> {
  return ctx.cached('myself', DAY_MS, async () => textOf(inner(await get('/rest/api/2/myself', 'read own account', {}, ctx)), 'accountId'))
}

/** Service desks the account may see. */
export async function serviceDesks(ctx: CallContext): Promise<readonly { readonly id: string; readonly name: string; readonly projectKey: string }[]> {
  return ctx.cached('service desks', HOUR_MS, async () => (await pages('/rest/servicedeskapi/servicedesk', 'list service desks', {}, ctx)).map((one) => ({ id: textOf(one, 'id'), name: textOf(one, 'projectName'), projectKey: textOf(one, 'projectKey') })))
}

/** The service desk of the mapping. Throws `misconfigured` where it is missing or not there. */
export async function ourDesk(ctx: CallContext): Promise<{ readonly id: string; readonly name: string; readonly projectKey: string }> {
  const wanted = ctx.connection.mapping.place.serviceDeskId
  const known = await serviceDesks(ctx)
  const found = known.find(({ id }) => id === wanted)
  if (found === undefined) throw new ConnectorError('misconfigured', `Jira: place serviceDeskId is ${wanted === undefined ? 'missing' : `"${wanted}", which is not there`}; there are ${known.map(({ id, name }) => `${id} (${name})`).join(', ')}`)
  return found
}

/** Request types of a service desk. */
export async function requestTypes(deskId: string, ctx: CallContext): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return ctx.cached(`request types ${deskId}`, HOUR_MS, async () => (await pages(path`/rest/servicedeskapi/servicedesk/${deskId}/requesttype`, 'list request types', {}, ctx)).map((one) => ({ id: textOf(one, 'id'), name: textOf(one, 'name') })))
}

/** Fields of the form of a request type, and which of all fields holds organisations: its number differs from site to site. */
export async function formOf(deskId: string, typeId: string, ctx: CallContext): Promise<RequestForm> {
  const fieldIds = await ctx.cached(`form ${deskId} ${typeId}`, HOUR_MS, async () =>
    listOf(inner(await get(path`/rest/servicedeskapi/servicedesk/${deskId}/requesttype/${typeId}/field`, 'read request form', {}, ctx)).requestTypeFields).map((one) => textOf(one, 'fieldId')))
  return { fieldIds, organisationField: await organisationField(ctx) }
}

/** The id of the field for organisations, such as `customfield_10002`; null where there is none, or where fields may not be listed. */
export async function organisationField(ctx: CallContext): Promise<string | null> {
  return ctx.cached('organisation field', DAY_MS, async () => {
    const { status, body } = await ctx.http.call({ method: 'GET', path: '/rest/api/2/field', action: 'retrieved', reference: 'list fields', accepts: [403, 404] })
    const found = (status === 200 ? listOf(body) : []).find((one) => textOf(inner(one.schema), 'custom').endsWith(':sd-customer-organizations'))
    return found === undefined ? null : textOf(found, 'id')
  })
}

/** Choice values: statuses of the project's workflows and priorities, by name, for that is how transitions and people know them. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const desks = await serviceDesks(ctx)
  const { serviceDeskId } = ctx.connection.mapping.place
  const desk = desks.find(({ id }) => id === serviceDeskId)
  const statuses = desk === undefined ? [] : await ctx.cached(`statuses ${desk.projectKey}`, HOUR_MS, async () => {
    const types = listOf(await get(path`/rest/api/2/project/${desk.projectKey}/statuses`, 'list statuses', {}, ctx))
    return [...new Set(types.flatMap((type) => listOf(type.statuses).map((one) => textOf(one, 'name'))))]
  })
  const priorities = await ctx.cached('priorities', HOUR_MS, async () => listOf(await get('/rest/api/2/priority', 'list priorities', {}, ctx)).map((one) => textOf(one, 'name')))
  const named = (names: readonly string[]): readonly { readonly id: string; readonly name: string }[] => names.map((name) => ({ id: name, name }))
  return {
    statuses: named(statuses), priorities: named(priorities),
    places: {
      serviceDeskId: desks.map(({ id, name }) => ({ id, name })), requestTypeId: desk === undefined ? [] : await requestTypes(desk.id, ctx),
      parentLink: named(await linkTypes(ctx)), duplicateLink: named(await linkTypes(ctx)),
    },
  }
}

/** Names of the link types. */
export async function linkTypes(ctx: CallContext): Promise<readonly string[]> {
  return ctx.cached('link types', HOUR_MS, async () => listOf(inner(await get('/rest/api/2/issueLinkType', 'list link types', {}, ctx)).issueLinkTypes).map((one) => textOf(one, 'name')))
}
