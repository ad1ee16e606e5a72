import type { FastifyInstance } from 'fastify'
import { AUDIT_ENTRY, NOISE } from '../answers.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, SPAN, spanOf, type RouteContext, type SpanQuery } from '../context.ts'
import { answer, COMPANY_QUERY, list, page, PAGE_QUERY, text, whole } from '../json-schema.ts'

/** Figures and the audit log. */
export function figureRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, analytics } = context

  app.get<{ Querystring: SpanQuery }>('/api/stats/noise', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'How much noise was taken away', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: NOISE }, ...READ_ERRORS) },
  }, async (request) => {
    return analytics.noise(await spanOf(context, request, request.query))
  })

  app.get<{ Querystring: { company?: string } }>('/api/stats/incidents', {
    config: { access: 'read' },
    schema: {
      tags: ['figures'], summary: 'How many incidents you see, by status and severity', querystring: { type: 'object', properties: COMPANY_QUERY },
      response: answers({ 200: answer({ items: list(answer({ status: text(), severity: text(), count: whole() })) }) }, ...READ_ERRORS),
    },
  }, async (request) => ({ items: await stores.incidents.counts(callerOf(request).scope, request.query.company ?? null) }))

  app.get<{ Querystring: SpanQuery }>('/api/balance', {
    config: { access: 'read' },
    schema: {
      tags: ['figures'], summary: 'What became of every accepted alert, from the ledger', querystring: { type: 'object', properties: SPAN },
      response: answers({ 200: { type: 'object', additionalProperties: true } }, ...READ_ERRORS),
    },
  }, async (request) => {
    return analytics.balance(await spanOf(context, request, request.query))
  })

  app.get<{ Querystring: { company?: string; actor?: string; action?: string; limit: number; cursor?: string } }>('/api/audit', {
    config: { access: 'audit' },
    schema: {
      tags: ['audit'], summary: 'Who changed what, newest first; a technician reads their own actions',
      querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, actor: text({ maxLength: 200 }), action: text({ maxLength: 100, examples: ['company.updated'] }) } },
      response: answers({ 200: page(AUDIT_ENTRY) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { company, actor, action, limit, cursor } = request.query
    await companiesOf(context, request, company)
    return stores.audit.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, actorId: actor ?? null, action: action ?? null })
  })
}
