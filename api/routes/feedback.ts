import type { FastifyInstance } from 'fastify'
import { answers, callerOf, companiesOf, READ_ERRORS, SPAN, spanOf, type RouteContext, type SpanQuery } from '../context.ts'
import { answer, COMPANY_QUERY, flag, list, nullable, number, page, PAGE_QUERY, text, time, whole } from '../json-schema.ts'

const COUNTED = { incidents: whole({ description: 'as the engine made them: not those it merged away itself, nor what a split made' }), corrected: whole({ description: 'that people merged or split' }) }
const AGREEMENT = answer({
  ...COUNTED, agreement: nullable(number({ description: '1 - corrected / incidents; null where there were none' })),
  weeks: list(answer({ week: text({ description: 'Monday, UTC; by when incidents opened' }), ...COUNTED, merges: whole(), splits: whole(), agreement: number() })),
})
const LABEL = answer({
  commandId: text(), companyId: text(), action: text({ enum: ['merge', 'split'] }), incidentId: text(), otherIncidentId: text(), together: flag(),
  pairs: list(answer({ left: text(), right: text(), score: nullable(number()), rule: text() }), { description: 'problem keys, at most 50, with the score of then' }),
  actor: answer({ kind: text(), id: text(), name: text() }), at: time(),
})
const tags = ['feedback']

/** What merges and splits of people say about the grouping. */
export function feedbackRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { labels } } = context

  app.get<{ Querystring: SpanQuery }>('/api/stats/agreement', {
    config: { access: 'read' },
    schema: { tags, summary: 'How far people agreed with the grouping, by week', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: AGREEMENT }, ...READ_ERRORS) },
  }, async (request) => labels.agreement(await spanOf(context, request, request.query)))

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string } }>('/api/labels', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Merges and splits by people as pairs of problems, newest first', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY } }, response: answers({ 200: page(LABEL) }, ...READ_ERRORS) },
  }, async (request) => {
    const { limit, cursor, company } = request.query
    await companiesOf(context, request, company)
    return labels.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null })
  })
}
