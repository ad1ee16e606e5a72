/** What seldom changes: companies, configuration items, technicians, choice values, articles. */
import type { CallContext, ExternalArticle, ExternalAsset, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { shown, stored, type ServiceNowRecord } from './map.ts'
import { all, any, loose, sysId } from './query.ts'
import { rows } from './records.ts'

const FOUND_MAX = 50
const KEEP_MS = 600_000
const CHOICES = ['state', 'impact', 'urgency', 'close_code', 'category', 'subcategory', 'contact_type'] as const

/** Companies whose name holds the text. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const words = loose(query)
  return ctx.cached(`companies ${words}`, KEEP_MS, async () =>
    (await rows('core_company', { query: all(words === '' ? null : `nameLIKE${words}`, 'ORDERBYname'), fields: 'sys_id,name,website', limit: FOUND_MAX, reference: 'find companies' }, ctx))
      .map((one) => ({ externalId: stored(one, 'sys_id'), name: stored(one, 'name'), domains: domainsOf(stored(one, 'website')), isActive: true })))
}

function domainsOf(website: string): readonly string[] {
  const address = /^[a-z]+:\/\//i.test(website) ? website : `https://${website}`
  return website === '' || !URL.canParse(address) ? [] : [new URL(address).hostname.replace(/^www\./, '')]
}

/** Configuration items of a company by name, serial number, address or full name. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const words = loose(query)
  const named = words === '' ? null : any(...['name', 'serial_number', 'asset_tag', 'ip_address', 'fqdn'].map((column) => `${column}LIKE${words}`))
  return ctx.cached(`assets ${companyId} ${words}`, KEEP_MS, async () =>
    (await rows('cmdb_ci', { query: all(`company=${sysId(companyId)}`, named, 'ORDERBYname'), fields: 'sys_id,name,serial_number,asset_tag,ip_address,fqdn', limit: FOUND_MAX, reference: 'find configuration items' }, ctx))
      .map((one) => ({ externalId: stored(one, 'sys_id'), name: stored(one, 'name'), aliases: ['serial_number', 'asset_tag', 'ip_address', 'fqdn'].map((column) => stored(one, column)).filter((alias) => alias !== '') })))
}

/** Active users by name, e-mail address or user ID. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = loose(query)
  const named = words === '' ? null : any(`nameLIKE${words}`, `emailLIKE${words}`, `user_nameLIKE${words}`)
  return ctx.cached(`users ${words}`, KEEP_MS, async () =>
    (await rows('sys_user', { query: all('active=true', named, 'ORDERBYname'), fields: 'sys_id,name,email', limit: FOUND_MAX, reference: 'find technicians' }, ctx))
      .map((one) => ({ externalId: stored(one, 'sys_id'), name: stored(one, 'name'), email: stored(one, 'email') === '' ? null : stored(one, 'email') })))
}

/** Published articles that hold the text. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const words = loose(query)
  if (words === '') return []
  return (await rows('kb_knowledge', { query: all('workflow_state=published', any(`short_descriptionLIKE${words}`, `textLIKE${words}`)), fields: 'sys_id,number,short_description', limit: 10, reference: 'search knowledge base' }, ctx))
    .map((one) => ({ externalId: stored(one, 'sys_id'), title: stored(one, 'short_description'), url: `${ctx.connection.baseUrl}/kb_view.do?sys_kb_id=${encodeURIComponent(stored(one, 'sys_id'))}` }))
}

/** Choice values of this instance; a priority is a pair of impact and urgency, for ServiceNow makes it from them. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const found = await ctx.cached('choices', KEEP_MS, () => rows('sys_choice', { query: all('nameINincident,task', `elementIN${CHOICES.join(',')}`, 'inactive=false', 'language=en', 'ORDERBYsequence'), fields: 'name,element,value,label', limit: 500, reference: 'read choice values' }, ctx))
  const groups = await ctx.cached('groups', KEEP_MS, () => rows('sys_user_group', { query: all('active=true', 'ORDERBYname'), fields: 'sys_id,name', limit: 200, reference: 'read groups' }, ctx))
  const of = (element: (typeof CHOICES)[number]): readonly { readonly id: string; readonly name: string }[] => listed(found, element)
  const closeCodes = of('close_code')
  return {
    statuses: of('state'),
    priorities: of('impact').flatMap((impact) => of('urgency').map((urgency) => ({ id: `${impact.id}-${urgency.id}`, name: `impact ${impact.name}, urgency ${urgency.name}` }))),
    places: {
      assignmentGroup: groups.map((one) => ({ id: stored(one, 'sys_id'), name: shown(one, 'name') })),
      category: of('category'), subcategory: of('subcategory'), contactType: of('contact_type'), closeCode: closeCodes,
    },
  }
}

/** Values of the incident table itself win over those it has from the task table. */
function listed(found: readonly ServiceNowRecord[], element: string): readonly { readonly id: string; readonly name: string }[] {
  const own = found.filter((one) => stored(one, 'element') === element && stored(one, 'name') === 'incident')
  const used = own.length > 0 ? own : found.filter((one) => stored(one, 'element') === element)
  return used.map((one) => ({ id: stored(one, 'value'), name: stored(one, 'label') }))
}
