import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { AUDIT_ENTRY, DEAD_LETTER, DELIVERY, NOISE } from '../answers.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, COMPANY_QUERY, ID, list, page, PAGE_QUERY, text, time, whole } from '../json-schema.ts'
import { parseTime } from '../validation.ts'

const SPAN = { ...COMPANY_QUERY, from: time({ description: 'inclusive, ISO 8601' }), to: time({ description: 'exclusive, ISO 8601' }) }
const PARAMS = { type: 'object', properties: { id: ID } }

interface SpanQuery {
  company?: string
  from?: string
  to?: string
}

/** Figures, receipts, dead letters and the audit log. */
export function figureRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, analytics, deadLetters } = context

  app.get<{ Querystring: SpanQuery }>('/api/stats/noise', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'How much noise was taken away', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: NOISE }, ...READ_ERRORS) },
  }, async (request) => {
    const { company, from, to } = request.query
    return analytics.noise({ companyIds: await companiesOf(context, request, company), fromMs: parseTime('from', from), toMs: parseTime('to', to) })
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
    const { company, from, to } = request.query
    return analytics.balance({ companyIds: await companiesOf(context, request, company), fromMs: parseTime('from', from), toMs: parseTime('to', to) })
  })

  app.get<{ Params: { id: string } }>('/api/deliveries/:id', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'The fate of a delivery, alert by alert', params: PARAMS, response: answers({ 200: DELIVERY }, ...READ_ERRORS) },
  }, async (request) => {
    const delivery = await analytics.delivery(callerOf(request).scope.companyIds, request.params.id)
    if (delivery === null) throw new AppError('not_found', 'there is no such delivery, or its alerts are still on their way')
    return delivery
  })

  app.get<{ Querystring: SpanQuery & { limit: number; cursor?: string } }>('/api/dead-letters', {
    config: { access: 'manage' },
    schema: { tags: ['dead letters'], summary: 'Records that could not be understood, newest first', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...SPAN } }, response: answers({ 200: page(DEAD_LETTER) }, ...READ_ERRORS) },
  }, async (request) => {
    const { company, from, to, limit, cursor } = request.query
    const span = { companyIds: await companiesOf(context, request, company), fromMs: parseTime('from', from), toMs: parseTime('to', to) }
    return deadLetters.list(span, { limit, cursor: cursor ?? null })
  })

  app.post<{ Params: { id: string } }>('/api/dead-letters/:id/replay', {
    config: { access: 'manage' },
    schema: { tags: ['dead letters'], summary: 'Send the original record through anew', params: PARAMS, response: answers({ 202: answer({ id: text() }) }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const caller = callerOf(request)
    const replayed = await deadLetters.replay(caller.scope.companyIds, request.params.id)
    if (replayed === null) throw new AppError('not_found', 'there is no such dead letter')
    await stores.audit.write(caller, { companyId: replayed.companyId, action: 'dead_letter.replayed', subject: request.params.id })
    return reply.code(202).send({ id: request.params.id })
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
