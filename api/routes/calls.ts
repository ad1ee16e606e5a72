import type { FastifyInstance } from 'fastify'
import { CALL_DIRECTIONS, CALL_STATUSES } from '../../schemas/call-views.ts'
import { CALL_ACTIONS } from '../../schemas/tickets.ts'
import { CALL, CALL_DETAIL, CALL_STATS } from '../call-answers.ts'
import { answers, callerOf, READ_ERRORS, SPAN, spanOf, type RouteContext, type SpanQuery } from '../context.ts'
import { ID, page, PAGE_QUERY, text } from '../json-schema.ts'
import { parseTime, parseWords } from '../validation.ts'

const NAME = text({ minLength: 1, maxLength: 200 })

interface CallsQuery extends SpanQuery {
  readonly limit: number
  readonly cursor?: string
  readonly connection?: string
  readonly connector?: string
  readonly incident?: string
  readonly ticket?: string
  readonly action?: string
  readonly direction?: (typeof CALL_DIRECTIONS)[number]
  readonly status?: string
  readonly q?: string
}

/** Calls to outside systems and from them. */
export function callRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { calls }, analytics } = context

  app.get<{ Querystring: CallsQuery }>('/api/calls', {
    config: { access: 'read' },
    schema: {
      tags: ['calls'], summary: 'Calls to ticket systems, chats and mail servers, and webhooks from them, newest first, kept thirty days; those for the MSP as a whole only for an MSP Admin',
      querystring: {
        type: 'object',
        properties: {
          ...PAGE_QUERY, ...SPAN, connection: NAME, connector: NAME, incident: NAME, ticket: NAME, action: text({ description: `one or several of ${CALL_ACTIONS.join(', ')}, with commas` }), direction: text({ enum: [...CALL_DIRECTIONS] }),
          status: text({ description: `one or several of ${CALL_STATUSES.join(', ')}, with commas` }), q: text({ minLength: 1, maxLength: 200, description: 'an id of the call or the other system, or words of reference, address or error' }),
        },
      },
      response: answers({ 200: page(CALL) }, ...READ_ERRORS),
    },
  }, (request) => {
    const { limit, cursor, company, connection, connector, incident, ticket, action, direction, status, from, to, q } = request.query
    return calls.list(callerOf(request).scope, {
      limit, cursor: cursor ?? null, companyId: company ?? null, connectionId: connection ?? null, connector: connector ?? null, incidentId: incident ?? null, ticketId: ticket ?? null, actions: parseWords('action', action, CALL_ACTIONS),
      direction: direction ?? null, statuses: parseWords('status', status, CALL_STATUSES), fromMs: parseTime('from', from), toMs: parseTime('to', to), q: q ?? null,
    })
  })

  app.get<{ Params: { id: string } }>('/api/calls/:id', {
    config: { access: 'read' },
    schema: { tags: ['calls'], summary: 'One call with what was sent and answered, redacted', params: { type: 'object', properties: { id: ID } }, response: answers({ 200: CALL_DETAIL }, ...READ_ERRORS) },
  }, (request) => calls.get(callerOf(request).scope, request.params.id))

  app.get<{ Querystring: SpanQuery }>('/api/stats/calls', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'How calls to outside systems went and how long they took, in all, by connector and action, and by day', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: CALL_STATS }, ...READ_ERRORS) },
  }, async (request) => analytics.calls(await spanOf(context, request, request.query)))
}
