import type { FastifyInstance, FastifyRequest } from 'fastify'
import { hookPath, type AuthKind, type ConnectionDraft, type ConnectionMade, type ConnectionView, type Environment, type TicketMapping } from '../../schemas/tickets.ts'
import { AUTH, CONNECTION, CONNECTION_MADE, ENVIRONMENT, EXTERNAL_CHOICE, EXTERNAL_CHOICES } from '../connection-answers.ts'
import type { ConnectionFound } from '../connection-ports.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, COMPANY_QUERY, dictionary, flag, ID, list, nullable, page, text, time } from '../json-schema.ts'

const tags = ['connections']
const ONE = { type: 'object', properties: { id: ID } }
const WORD = '^[a-zA-Z][a-zA-Z0-9_]{0,49}$'
const named = (values: object, description: string) => ({ type: 'object', maxProperties: 40, propertyNames: { pattern: WORD }, additionalProperties: values, description })
const WORDS = dictionary(text({ minLength: 1, maxLength: 200 }), { maxProperties: 40 })
const FIELDS = {
  name: text({ minLength: 1, maxLength: 80, pattern: '\\S' }), environment: ENVIRONMENT, enabled: flag({ description: 'only after its check has passed' }), baseUrl: text({ minLength: 1, maxLength: 500 }), auth: AUTH, scopes: list(text({ minLength: 1, maxLength: 200 }), { maxItems: 50 }),
  fields: named(text({ maxLength: 2_000 }), 'by connector, as GET /api/connectors tells them; given, they replace all'), mapping: body({ status: WORDS, priority: WORDS, place: WORDS }),
  secrets: named(nullable(text({ minLength: 1, maxLength: 20_000 })), 'kept encrypted and never shown; null forgets one, absent ones stay'),
  webhookSecret: nullable(text({ minLength: 8, maxLength: 1_000, description: 'what the system signs its webhooks with; null makes one, which this answer alone shows' })),
}
const LOOK_UP = { type: 'object', properties: { q: text({ maxLength: 200, default: '' }) } }

interface One { Params: { id: string } }
type Fields = Partial<{ name: string; environment: Environment; enabled: boolean; baseUrl: string; auth: AuthKind; scopes: string[]; fields: Record<string, string>; mapping: Partial<TicketMapping>; secrets: Record<string, string | null>; webhookSecret: string | null }>
type Draft = Fields & Required<Pick<Fields, 'name' | 'baseUrl' | 'auth'>> & { connector: string; company?: string | null }

/** Connections to ticket systems: kept, checked, connected by a person, and looked up in. */
export function connectionRoutes(app: FastifyInstance, context: RouteContext): void {
  const { connections } = context
  const baseOf = (request: FastifyRequest): string => context.publicUrl ?? `${request.protocol}://${request.host}`
  const shown = (request: FastifyRequest, { connection, hookKey }: ConnectionFound): ConnectionView => ({ ...connection, hookUrl: `${baseOf(request)}${hookPath(connection.connector, connection.id, hookKey)}` })
  const made = (request: FastifyRequest, found: ConnectionFound): ConnectionMade => ({ ...shown(request, found), webhookSecret: found.webhookSecret })

  app.get<{ Querystring: { company?: string } }>('/api/connections', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Connections you manage; no secret is shown. "company=msp" gives the MSP\'s own', querystring: { type: 'object', properties: { company: { ...COMPANY_QUERY.company, description: 'company id, or msp for the MSP\'s own; absent: all you manage' } } }, response: answers({ 200: page(CONNECTION) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await connections.list(callerOf(request).scope, request.query.company === 'msp' ? null : request.query.company), next: null }))

  app.post<{ Body: Draft }>('/api/connections', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Add a connection, switched off; without a company it is the MSP\'s default', body: body({ company: nullable(ID), connector: text({ minLength: 1, maxLength: 100 }), ...FIELDS }, ['connector', 'name', 'baseUrl', 'auth']), response: answers({ 201: CONNECTION_MADE }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const { company = null, environment = 'production', enabled = false, scopes = [], fields = {}, mapping = {}, secrets = {}, ...rest } = request.body
    const draft: ConnectionDraft = { ...rest, name: rest.name.trim(), environment, enabled, scopes, fields, mapping, secrets }
    return reply.code(201).send(made(request, await connections.create(callerOf(request), company, draft)))
  })

  app.get<One>('/api/connections/:id', {
    config: { access: 'manage' }, schema: { tags, summary: 'One connection, with the address its system posts to', params: ONE, response: answers({ 200: CONNECTION }, ...READ_ERRORS) },
  }, async (request) => shown(request, await connections.read(callerOf(request), request.params.id)))

  app.patch<One & { Body: Fields }>('/api/connections/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Change a connection; what is left out stays. What changes how the system is called switches it off until a check has passed', params: ONE, body: body(FIELDS, [], { minProperties: 1 }), response: answers({ 200: CONNECTION_MADE }, ...WRITE_ERRORS) },
  }, async (request) => made(request, await connections.update(callerOf(request), request.params.id, request.body)))

  app.delete<One>('/api/connections/:id', {
    config: { access: 'manage' }, schema: { tags, summary: 'Remove a connection and its secrets; its tickets stay and are no longer kept true', params: ONE, response: answers({ 204: { type: 'null', description: 'removed' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await connections.remove(callerOf(request), request.params.id)
    return reply.code(204).send()
  })

  app.post<One>('/api/connections/:id/check', {
    config: { access: 'manage' }, schema: { tags, summary: 'Call the system: address, credentials, rights, mapping. A failed check switches a connection for production off', params: ONE, body: body({}), response: answers({ 200: CONNECTION }, ...WRITE_ERRORS) },
  }, (request) => connections.check(callerOf(request), request.params.id))

  app.post<One>('/api/connections/:id/connect', {
    config: { access: 'manage' }, schema: { tags, summary: 'OAuth: the address at which a person agrees, for ten minutes, in the one browser that goes on from it; they come back to GET /api/oauth/callback', params: ONE, body: body({}), response: answers({ 200: answer({ url: text(), expiresAt: time(), redirectUri: text() }) }, ...WRITE_ERRORS) },
  }, async (request) => {
    const redirectUri = `${baseOf(request)}/api/oauth/callback`
    const { key, expiresAt } = await connections.connect(callerOf(request), request.params.id, redirectUri)
    return { url: `${baseOf(request)}/api/oauth/agree?key=${key}`, expiresAt, redirectUri }
  })

  app.get<One>('/api/connections/:id/choices', {
    config: { access: 'manage' }, schema: { tags, summary: 'Statuses, priorities and places of the system, to map ours to', params: ONE, response: answers({ 200: EXTERNAL_CHOICES }, ...WRITE_ERRORS) },
  }, (request) => connections.choices(callerOf(request), request.params.id))

  for (const [what, summary] of [['companies', 'Customers there'], ['users', 'Technicians there']] as const) {
    app.get<One & { Querystring: { q: string } }>(`/api/connections/:id/${what}`, {
      config: { access: 'manage' }, schema: { tags, summary: `${summary}, by the beginning of a name`, params: ONE, querystring: LOOK_UP, response: answers({ 200: page(EXTERNAL_CHOICE) }, ...WRITE_ERRORS) },
    }, async (request) => ({ items: await connections[what](callerOf(request), request.params.id, request.query.q), next: null }))
  }

  app.get<One & { Querystring: { q: string; of: string } }>('/api/connections/:id/assets', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Machines of a customer there', params: ONE, querystring: { type: 'object', properties: { ...LOOK_UP.properties, of: text({ minLength: 1, maxLength: 200, description: 'the customer\'s id there' }) }, required: ['of'] }, response: answers({ 200: page(EXTERNAL_CHOICE) }, ...WRITE_ERRORS) },
  }, async (request) => ({ items: await connections.assets(callerOf(request), request.params.id, request.query.of, request.query.q), next: null }))
}
