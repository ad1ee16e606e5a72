import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { ALERT_STATES, type AlertState } from '../../schemas/receipts.ts'
import { answers, callerOf, READ_ERRORS, SPAN, spanOf, type RouteContext, type SpanQuery } from '../context.ts'
import { page, PAGE_QUERY, text } from '../json-schema.ts'
import { DELIVERY, DELIVERY_LINE } from '../receipt-answers.ts'

/** A delivery without `from` in a list is sought so far back: as far as the log goes. */
const LIST_MS = 14 * 86_400_000
const NAME = text({ minLength: 1, maxLength: 256 })
const tags = ['deliveries']

/** Receipts: what became of each delivery, alert by alert. */
export function deliveryRoutes(app: FastifyInstance, context: RouteContext): void {
  const { receipts, clock } = context

  app.get<{ Querystring: SpanQuery & { source?: string; integration?: string; fate?: AlertState; limit: number; cursor?: string } }>('/api/deliveries', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Deliveries, newest first; of the last 14 days unless "from" says otherwise',
      querystring: {
        type: 'object',
        properties: {
          ...PAGE_QUERY, ...SPAN, source: text({ maxLength: 64 }), integration: text({ maxLength: 200, description: 'integration id' }),
          fate: text({ enum: [...ALERT_STATES], description: 'with at least one alert that has this fate, or had it before it was sent through anew' }),
        },
      },
      response: answers({ 200: page(DELIVERY_LINE) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { source, integration, fate, limit, cursor } = request.query
    const span = await spanOf(context, request, request.query)
    return receipts.list({ ...span, fromMs: span.fromMs ?? clock.now() - LIST_MS }, { source: source ?? null, integrationId: integration ?? null, state: fate ?? null }, { limit, cursor: cursor ?? null })
  })

  app.get<{ Params: { id: string }; Querystring: { integration?: string } }>('/api/deliveries/:id', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'The fate of a delivery, alert by alert, from the moment it was accepted',
      description: 'By the id we answered; with "integration" also by the id the sender gave (X-Delivery-ID, webhook-id).',
      params: { type: 'object', properties: { id: NAME } },
      querystring: { type: 'object', properties: { integration: text({ minLength: 1, maxLength: 200, description: 'integration id: the path then holds the sender\'s own id' }) } },
      response: answers({ 200: DELIVERY }, ...READ_ERRORS),
    },
  }, async (request) => {
    const receipt = await receipts.get(callerOf(request).scope, { id: request.params.id, integrationId: request.query.integration ?? null })
    if (receipt === null) throw new AppError('not_found', 'there is no such delivery')
    return receipt
  })
}
