/** What seldom changes: accounts, agents, departments, choice values, articles. */
import { type CallContext, type ExternalArticle, type ExternalChoices, type ExternalCompany, type ExternalUser } from '../port.ts'
import { list } from './calls.ts'
import { textOf, type ZohoRecord } from './map.ts'
import { wildcard } from './terms.ts'

const FOUND_MAX = 50
const KEEP_MS = 600_000
const CHOICES = ['status', 'priority', 'category', 'subCategory', 'classification'] as const

/** Accounts whose name holds the text; with less than three letters, the first ones. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const words = wildcard(query)
  return ctx.cached(`accounts ${words ?? ''}`, KEEP_MS, async () => {
    const found = words === null
      ? await list({ method: 'GET', path: '/accounts', action: 'searched', reference: 'list accounts', query: { from: 0, limit: FOUND_MAX } }, ctx)
      : await list({ method: 'GET', path: '/accounts/search', action: 'searched', reference: 'find accounts', query: { accountName: words, from: 0, limit: FOUND_MAX } }, ctx)
    return found.map((account) => ({ externalId: textOf(account, 'id'), name: textOf(account, 'accountName'), domains: domainsOf(textOf(account, 'website')), isActive: true }))
  })
}

function domainsOf(website: string): readonly string[] {
  const address = /^[a-z]+:\/\//i.test(website) ? website : `https://${website}`
  return website === '' || !URL.canParse(address) ? [] : [new URL(address).hostname.replace(/^www\./, '')]
}

/** Active agents whose name or e-mail address holds the text. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = wildcard(query)?.replaceAll('*', '') ?? ''
  return ctx.cached(`agents ${words}`, KEEP_MS, async () =>
    (await list({ method: 'GET', path: '/agents', action: 'searched', reference: 'find agents', query: { searchStr: words === '' ? undefined : words, status: 'ACTIVE', from: 0, limit: FOUND_MAX } }, ctx))
      .map((agent) => ({ externalId: textOf(agent, 'id'), name: textOf(agent, 'name') || [textOf(agent, 'firstName'), textOf(agent, 'lastName')].filter((one) => one !== '').join(' '), email: textOf(agent, 'emailId') || null })))
}

/** Articles of the help centre with any of the words. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const words = wildcard(query)
  if (words === null) return []
  return (await list({ method: 'GET', path: '/articles/search', action: 'searched', reference: 'search knowledge base', query: { _all: words, status: 'Published', from: 0, limit: 10 } }, ctx))
    .map((article) => ({ externalId: textOf(article, 'id'), title: textOf(article, 'title'), url: [textOf(article, 'webUrl'), textOf(article, 'portalUrl')].find((one) => one.startsWith('https://')) ?? null }))
}

/** Departments of the organisation that are in use. */
export async function departments(ctx: CallContext): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return ctx.cached('departments', KEEP_MS, async () => (await list({ method: 'GET', path: '/departments', action: 'searched', reference: 'list departments', query: { isEnabled: true, from: 0, limit: 100 } }, ctx)).map((one) => ({ id: textOf(one, 'id'), name: textOf(one, 'name') })))
}

/** Choice values of the ticket's fields; Zoho knows them by name. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const fields = await fieldsOf(ctx)
  const of = (name: (typeof CHOICES)[number]): readonly { readonly id: string; readonly name: string }[] => valuesOf(fields.find((field) => textOf(field, 'apiName') === name))
  return { statuses: of('status'), priorities: of('priority'), places: { departmentId: await departments(ctx), category: of('category'), subCategory: of('subCategory'), classification: of('classification') } }
}

/** The ticket's fields, ours for the reference among them where there is one. */
export async function fieldsOf(ctx: CallContext): Promise<readonly ZohoRecord[]> {
  const { referenceField = '' } = ctx.connection.fields
  const names = [...CHOICES, ...(referenceField === '' ? [] : [referenceField])]
  return ctx.cached(`fields ${names.join(',')}`, KEEP_MS, () => list({ method: 'GET', path: '/fields', action: 'searched', reference: 'read choice values', query: { module: 'tickets', apiNames: names.join(',') } }, ctx))
}

function valuesOf(field: ZohoRecord | undefined): readonly { readonly id: string; readonly name: string }[] {
  const allowed = field?.allowedValues
  return Array.isArray(allowed) ? allowed.map((one) => textOf(one as ZohoRecord, 'value')).filter((value) => value !== '').map((value) => ({ id: value, name: value })) : []
}
