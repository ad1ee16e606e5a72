/** What is looked up in Request Tracker for people and for the mapping. */
import { idOf, mustId, textOf, type Row } from '../answers.ts'
import type { CallContext, ExternalArticle, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { call, page, pages, tickets } from './calls.ts'
import { quoted } from './map.ts'

const FOUND_MAX = 50
const QUEUES_MAX = 500
const HOUR_MS = 3_600_000
/** Statuses of the lifecycle RT comes with, except `deleted`, which is for nobody to choose. */
const DEFAULT_STATUSES = ['new', 'open', 'stalled', 'resolved', 'rejected']

/** A search over records by a part of one of their fields. */
async function like(kind: string, fields: readonly string[], query: string, shown: string, reference: string, ctx: CallContext): Promise<readonly Row[]> {
  const value = query.replace(/[\u0000-\u001f]/g, ' ').trim().slice(0, 100)
  const json = value === '' ? [{ field: 'id', operator: '>', value: 0 }] : fields.map((field) => ({ field, operator: 'LIKE', value, entry_aggregator: 'OR' }))
  const { items } = await page({ method: 'POST', path: `/${kind}`, query: { fields: shown, per_page: FOUND_MAX }, json, action: 'searched', reference }, ctx)
  return items
}

/** Technicians: privileged users by name, real name or e-mail. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const found = await like('users', ['Name', 'RealName', 'EmailAddress'], query, 'Name,RealName,EmailAddress', 'find users', ctx)
  return found.flatMap((user) => {
    const name = textOf(user['Name'])
    return name === null || name === 'RT_System' || name === 'Nobody' ? [] : [{ externalId: name, name: textOf(user['RealName']) ?? name, email: textOf(user['EmailAddress']) }]
  })
}

/** Customers: in RT a queue each. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const found = await like('queues', ['Name'], query, 'Name,Disabled', 'find queues', ctx)
  return found.map((queue) => ({ externalId: mustId(queue['id']), name: textOf(queue['Name']) ?? mustId(queue['id']), domains: [], isActive: idOf(queue['Disabled']) !== '1' }))
}

/** Articles by name or summary. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const found = await like('articles', ['Name', 'Summary'], query, 'Name,Summary', 'search articles', ctx)
  return found.map((article) => ({ externalId: mustId(article['id']), title: textOf(article['Name']) ?? mustId(article['id']), url: `${ctx.connection.baseUrl}/Articles/Article/Display.html?id=${mustId(article['id'])}` }))
}

/** Queues that may be seen, and statuses: those of RT's own lifecycle and those that tickets of the queue have, for RT tells of no other. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const queues = await ctx.cached('queues', HOUR_MS, async () => {
    const { items } = await pages({ method: 'GET', path: '/queues/all', query: { fields: 'Name,Disabled' }, action: 'retrieved', reference: 'list queues' }, { most: QUEUES_MAX }, ctx)
    return items.filter(({ Disabled }) => idOf(Disabled) !== '1').map((queue) => ({ id: mustId(queue['id']), name: textOf(queue['Name']) ?? mustId(queue['id']) }))
  })
  const queue = ctx.connection.mapping.place['queue'] ?? ''
  const recent = queue === '' ? [] : (await tickets(`Queue = ${quoted(queue)}`, { orderBy: 'id', order: 'DESC', reference: 'look at statuses' }, ctx)).items
  const statuses = new Set([...DEFAULT_STATUSES, ...recent.map(({ Status }) => textOf(Status)).filter((one) => one !== null)])
  return {
    statuses: [...statuses].map((status) => ({ id: status, name: status })), priorities: ['0', '20', '50', '80', '100'].map((priority) => ({ id: priority, name: priority })),
    // A queue may be named by either, so both can be chosen.
    places: { queue: queues.flatMap(({ id, name }) => [{ id: name, name }, { id, name: `${name} (${id})` }]) },
  }
}

/** One queue by name or number as RT shows it to us; null: there is none, or we may not see it. */
export async function queueNamed(name: string, ctx: CallContext): Promise<Row | null> {
  const { status, body } = await call({ method: 'GET', path: `/queue/${encodeURIComponent(name)}`, action: 'retrieved', reference: 'read queue', accepts: [403, 404] }, ctx)
  return status >= 400 || typeof body !== 'object' || body === null ? null : (body as Row)
}
