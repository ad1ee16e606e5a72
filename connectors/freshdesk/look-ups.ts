/** Companies, agents, choice values and articles. */
import { mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import type { CallContext, ExternalArticle, ExternalChoices, ExternalCompany, ExternalUser } from '../port.ts'
import { agentsOf } from './calls.ts'
import { wordsOf } from '../text.ts'

const FOUND_MAX = 25
const PRIORITIES = [{ id: '1', name: 'Low' }, { id: '2', name: 'Medium' }, { id: '3', name: 'High' }, { id: '4', name: 'Urgent' }]

/** Companies by the beginning of a word of their name. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const { body } = await ctx.http.call({ method: 'GET', path: '/companies/autocomplete', query: { name: query }, action: 'searched', reference: 'find companies' })
  return rowsOf(rowOf(body).companies).slice(0, FOUND_MAX).map((one) => ({ externalId: mustId(one.id), name: textOf(one.name) ?? '', domains: Array.isArray(one.domains) ? one.domains.map(String) : [], isActive: true }))
}

/** Agents who can be given a ticket. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const agents = [...(await agentsOf(ctx)).values()]
  return agents.filter(({ name, email }) => words.every((word) => `${name} ${email ?? ''}`.toLowerCase().includes(word))).slice(0, FOUND_MAX).map(({ id, name, email }) => ({ externalId: id, name, email }))
}

/** What a person maps to our words. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  const fields = await fieldsOf(ctx)
  const named = (name: string): Row => fields.find((field) => field.name === name) ?? {}
  const values = named('status').choices
  // By number: the word of the agent and the word of the client.
  const statuses = typeof values === 'object' && values !== null ? Object.entries(values).map(([id, words]: [string, unknown]) => ({ id, name: Array.isArray(words) ? String(words[0]) : String(words) })) : []
  const groups = Object.entries((named('group').choices ?? {}) as Row).map(([name, id]) => ({ id: String(id), name }))
  const types = named('ticket_type').choices
  return { statuses, priorities: PRIORITIES, places: { group: groups, type: Array.isArray(types) ? types.map((type) => ({ id: String(type), name: String(type) })) : [] } }
}

/** Names of the account's ticket fields. */
export async function fieldsOf(ctx: CallContext): Promise<readonly Row[]> {
  return rowsOf((await ctx.http.call({ method: 'GET', path: '/ticket_fields', action: 'retrieved', reference: 'list ticket fields' })).body)
}

/** Articles of the knowledge base; none where there is none. */
export async function searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]> {
  const words = wordsOf(query).join(' ')
  if (words === '') return []
  const { status, body } = await ctx.http.call({ method: 'GET', path: '/search/solutions', query: { term: words }, action: 'searched', reference: 'search articles', accepts: [403, 404] })
  return status >= 400 ? [] : rowsOf(body).slice(0, 10).map((one) => ({ externalId: mustId(one.id), title: textOf(one.title) ?? '', url: `${new URL(ctx.connection.baseUrl).origin}/support/solutions/articles/${mustId(one.id)}` }))
}
