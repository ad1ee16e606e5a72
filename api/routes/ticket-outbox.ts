import type { FastifyInstance } from 'fastify'
import { ORDER_STATUSES } from '../../schemas/ticket-work.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { COMPANY_QUERY, ID, page, PAGE_QUERY, text } from '../json-schema.ts'
import { OUTBOX_ORDER } from '../outbox-answers.ts'
import { parseWords } from '../validation.ts'

const tags = ['tickets']
const PARAMS = { type: 'object', properties: { id: ID } }
const NAME = text({ minLength: 1, maxLength: 200 })

/** Orders for tickets: what waits, what is dead, and what a person does about it. */
export function ticketOutboxRoutes(app: FastifyInstance, { stores: { ticketOrders } }: RouteContext): void {
  app.get<{ Querystring: { limit: number; cursor?: string; company?: string; status?: string; ticket?: string; incident?: string } }>('/api/tickets/outbox', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'What is to be written to ticket systems and what became of it, newest first; what is done is kept thirty days',
      querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, status: text({ description: `one or several of ${ORDER_STATUSES.join(', ')}, with commas` }), ticket: NAME, incident: NAME } },
      response: answers({ 200: page(OUTBOX_ORDER) }, ...READ_ERRORS),
    },
  }, (request) => {
    const { limit, cursor, company, status, ticket, incident } = request.query
    return ticketOrders.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, statuses: parseWords('status', status, ORDER_STATUSES), ticketId: ticket ?? null, incidentId: incident ?? null })
  })

  app.post<{ Params: { id: string } }>('/api/tickets/outbox/:id/replay', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Try a dead order again, without the values that later ones have set since', params: PARAMS, response: answers({ 200: OUTBOX_ORDER }, ...WRITE_ERRORS) },
  }, (request) => ticketOrders.replay(callerOf(request), request.params.id))

  app.post<{ Params: { id: string } }>('/api/tickets/outbox/:id/drop', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Drop an order that is dead or waits; with one that makes a ticket go those behind it', params: PARAMS, response: answers({ 200: OUTBOX_ORDER }, ...WRITE_ERRORS) },
  }, (request) => ticketOrders.drop(callerOf(request), request.params.id))
}
