import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CompanyView, Page, SlaTarget } from '../../schemas/views.ts'
import { NOISE, SLA } from '../answers.ts'
import { answers, callerOf, READ_ERRORS, SPAN, spanOf, type RouteContext, type SpanQuery } from '../context.ts'
import type { Span } from '../ports.ts'
import { answer, COMPANY_QUERY, list, text, whole } from '../json-schema.ts'

/** Figures. */
export function figureRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, analytics, clock } = context

  app.get<{ Querystring: SpanQuery }>('/api/stats/noise', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'How much noise was taken away', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: NOISE }, ...READ_ERRORS) },
  }, async (request) => {
    return analytics.noise(await spanOf(context, request, request.query))
  })

  app.get<{ Querystring: SpanQuery }>('/api/stats/sla', {
    config: { access: 'read' },
    schema: {
      tags: ['figures'], summary: 'How long incidents took, and whether they kept the times of the company\'s settings', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: SLA }, ...READ_ERRORS),
    },
  }, async (request) => {
    const span = await spanOf(context, request, request.query)
    return analytics.sla(span, await targetsOf(context, request, span), clock.now())
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
}

/** What is agreed with the companies of a span. */
async function targetsOf({ stores: { companies } }: RouteContext, request: FastifyRequest, { companyIds }: Span): Promise<readonly SlaTarget[]> {
  const { scope } = callerOf(request)
  const targets: SlaTarget[] = []
  const add = ({ id, settings }: CompanyView): void => {
    for (const [severity, { resolveMinutes }] of Object.entries(settings.sla)) targets.push({ companyId: id, severity, resolveMinutes })
  }
  if (companyIds !== 'all') {
    for (const id of companyIds) add(await companies.get(scope, id))
    return targets
  }
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const found: Page<CompanyView> = await companies.list(scope, { limit: 200, cursor })
    found.items.forEach(add)
    cursor = found.next
  }
  return targets
}
