/** Organizations, machines, agents, choice values and articles. */
import { idOf, mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { path } from '../http/address.ts'
import type { CallContext, ExternalArticle, ExternalAsset, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { nextOf } from './calls.ts'
import { searchWords } from './map.ts'

const FOUND_MAX = 25
const GROUPS_MAX = 1_000

const named = (...ids: readonly string[]): readonly { readonly id: string; readonly name: string }[] => ids.map((id) => ({ id, name: id }))

/** Organizations by words of their name. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const { body } = await ctx.http.call({ method: 'GET', path: '/search', query: { query: `type:organization ${searchWords(query)}`.trim(), per_page: FOUND_MAX }, action: 'searched', reference: 'find organizations' })
  return rowsOf(rowOf(body).results).map((one) => ({ externalId: mustId(one.id), name: textOf(one.name) ?? '', domains: Array.isArray(one.domain_names) ? one.domain_names.map(String) : [], isActive: true }))
}

/** Machines of an organization, where the account keeps any. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const { assetObject = '', assetCompanyField = '' } = ctx.connection.fields
  if (assetObject === '') return []
  const { body } = await ctx.http.call({ method: 'GET', path: path`/custom_objects/${assetObject}/records/search`, query: { query, 'page[size]': 100 }, action: 'searched', reference: 'find machines' })
  return rowsOf(rowOf(body).custom_object_records).filter((one) => assetCompanyField === '' || idOf(fieldsOf(one)[assetCompanyField]) === companyId).slice(0, FOUND_MAX)
    .map((one) => ({ externalId: mustId(one.id), name: textOf(one.name) ?? '', aliases: [textOf(one.external_id), ...Object.values(fieldsOf(one)).map(textOf)].filter((alias) => alias !== null).slice(0, 10) }))
}

const fieldsOf = (record: Row): Row => (record.custom_object_fields === undefined || record.custom_object_fields === null ? {} : rowOf(record.custom_object_fields))

/** Agents who can be given a ticket. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = query.includes('@') ? query.replace(/[\s"]+/g, '') : searchWords(query)
  const { body } = await ctx.http.call({ method: 'GET', path: '/users/search', query: { query: `role:agent role:admin ${words}`.trim() }, action: 'searched', reference: 'find agents' })
  return rowsOf(rowOf(body).users).filter((one) => one.role !== 'end-user' && one.active !== false).slice(0, FOUND_MAX).map((one) => ({ externalId: mustId(one.id), name: textOf(one.name) ?? '', email: textOf(one.email) }))
}

/** What a person maps to our words. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const custom = await ctx.http.call({ method: 'GET', path: '/custom_statuses', action: 'retrieved', reference: 'list statuses', accepts: [403, 404] })
  const own = custom.status >= 400 ? [] : rowsOf(rowOf(custom.body).custom_statuses).filter(({ active, default: isDefault }) => active !== false && isDefault !== true).map((one) => ({ id: mustId(one.id), name: `${textOf(one.agent_label) ?? ''} (${textOf(one.status_category) ?? ''})` }))
  const groups: { id: string; name: string }[] = []
  for (let after: string | undefined; ;) {
    const { body } = await ctx.http.call({ method: 'GET', path: '/groups', query: { 'page[size]': 100, 'page[after]': after }, action: 'retrieved', reference: 'list groups' })
    groups.push(...rowsOf(rowOf(body).groups).map((one) => ({ id: mustId(one.id), name: textOf(one.name) ?? '' })))
    after = nextOf(rowOf(body))
    if (after === undefined || groups.length >= GROUPS_MAX) break
  }
  return { statuses: [...named('new', 'open', 'pending', 'hold', 'solved', 'closed'), ...own], priorities: named('low', 'normal', 'high', 'urgent'), places: { group: groups, type: named('problem', 'incident', 'question', 'task') } }
}

/** Articles of the help center; none where there is no help center. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const words = searchWords(query).replaceAll('"', '')
  if (words === '') return []
  const { status, body } = await ctx.http.call({ method: 'GET', path: '/help_center/articles/search', query: { query: words, per_page: 10 }, action: 'searched', reference: 'search articles', accepts: [403, 404] })
  return status >= 400 ? [] : rowsOf(rowOf(body).results).map((one) => ({ externalId: mustId(one.id), title: textOf(one.title) ?? '', url: textOf(one.html_url) }))
}
