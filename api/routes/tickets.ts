/** What the MSP and companies want of their tickets, and which client or machine of a ticket system is which of ours. */
import type { FastifyInstance } from 'fastify'
import type { TicketOverrides } from '../../schemas/ticket-settings.ts'
import { MATCH_KINDS, MATCH_STATUSES, type MatchKind, type MatchStatus } from '../../schemas/ticket-matches.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, anything, body, COMPANY_QUERY, dictionary, flag, ID, list, nullable, number, text, time, whole, type JsonSchema } from '../json-schema.ts'

const tags = ['tickets']
const MAPPING: JsonSchema = { type: 'object', description: 'how our words are said there: status, priority and place, each by name' }
/** Names and types for who reads the document; the store says in sentences what is wrong with values. */
const SETTINGS = {
  enabled: flag({ description: 'whether incidents get tickets (true)' }), minSeverity: text({ description: 'incidents below it get none (low)' }), delaySeconds: number({ description: 'an incident that is over within it gets none (20)' }),
  noteEverySeconds: number({ description: 'shortest time between two notes of one ticket (300)' }), publicNotes: flag({ description: 'whether the client may read our notes (false)' }), autoClose: flag({ description: 'whether a ticket nobody touched is closed when the problem is over (true)' }),
  timeEntries: flag({ description: 'whether work of runbooks is booked as time (false)' }), reopenHours: number({ description: 'hours in which a problem that returns opens its ticket again (168)' }), mapping: MAPPING,
}
const VIEW = answer({ companyId: nullable(text()), settings: dictionary(anything()), effective: dictionary(anything()), updatedAt: nullable(time()) })
const MATCH = answer({
  connectionId: text(), connectionName: text(), connector: text(), companyId: text(), companyName: text(), kind: text({ enum: [...MATCH_KINDS] }), name: text({ description: 'ours: company id, asset name, user id' }), title: text(), status: text({ enum: [...MATCH_STATUSES] }),
  externalId: nullable(text()), externalName: nullable(text()), by: text({ description: 'the rule, or who said so' }), candidates: list(answer({ externalId: text(), name: text() })), lookedAt: time(), waiting: whole({ description: 'incidents without a ticket until this is answered' }),
})
const WORD = body({ companyId: ID, kind: text({ enum: [...MATCH_KINDS] }), name: text({ minLength: 1, maxLength: 300, description: 'absent for a company' }), externalId: nullable(text({ minLength: 1, maxLength: 200, description: 'null: there is none there' })), externalName: nullable(text({ maxLength: 300 })) }, ['companyId', 'kind', 'externalId'])

interface Scoped { Params: { id?: string }; Body: TicketOverrides }
interface Word { readonly companyId: string; readonly kind: MatchKind; readonly name?: string; readonly externalId: string | null; readonly externalName?: string | null }

/** Ticket settings and matches. */
export function ticketRoutes(app: FastifyInstance, context: RouteContext): void {
  const { settings, matches } = context.ticketSync

  for (const [path, read, access, whose, params] of [['/api/ticket-settings', 'msp', 'msp', 'for all companies', {}], ['/api/companies/:id/ticket-settings', 'read', 'manage', 'of a company', { id: ID }]] as const) {
    const schema = { tags, ...(Object.keys(params).length === 0 ? {} : { params: { type: 'object', properties: params } }) }
    app.get<Scoped>(path, { config: { access: read }, schema: { ...schema, summary: `What is wanted of tickets ${whose}, and what holds`, response: answers({ 200: VIEW }, ...READ_ERRORS) } }, (request) => settings.get(callerOf(request).scope, request.params.id ?? null))
    app.put<Scoped>(path, { config: { access }, schema: { ...schema, summary: `Say what is wanted of tickets ${whose}; what is left out is inherited`, body: body(SETTINGS), response: answers({ 200: VIEW }, ...WRITE_ERRORS) } }, (request) => settings.put(callerOf(request), request.params.id ?? null, request.body))
  }

  app.get<{ Querystring: { status?: MatchStatus; company?: string; connection?: string } }>('/api/ticket-matches', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Which client, machine or person of a ticket system is which of yours; "asked" wait for your answer', querystring: { type: 'object', properties: { ...COMPANY_QUERY, status: text({ enum: [...MATCH_STATUSES] }), connection: ID } }, response: answers({ 200: answer({ items: list(MATCH) }) }, ...READ_ERRORS) },
  }, async (request) => {
    const { status, company, connection } = request.query
    await companiesOf(context, request, company)
    return { items: await matches.list(callerOf(request).scope, { status: status ?? null, companyId: company ?? null, connectionId: connection ?? null }) }
  })

  app.put<{ Params: { id: string }; Body: Word }>('/api/connections/:id/matches', {
    config: { access: 'manage' }, schema: { tags, summary: 'Say which one is meant; tickets that waited for it are made', params: { type: 'object', properties: { id: ID } }, body: WORD, response: answers({ 200: MATCH }, ...WRITE_ERRORS) },
  }, (request) => {
    const { companyId, kind, name = companyId, externalId, externalName = null } = request.body
    return matches.decide(callerOf(request), request.params.id, { companyId, kind, name, externalId, externalName })
  })
}
