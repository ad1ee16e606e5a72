import type { FastifyInstance } from 'fastify'
import type { LlmSettingsChange } from '../../schemas/analysis-views.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, anything, body, flag, ID, list, nullable, number, text, time, whole } from '../json-schema.ts'

const PARAMS = { type: 'object', properties: { id: ID } }
const TOKENS = { calls: whole(), inputTokens: whole(), cachedInputTokens: whole(), outputTokens: whole() }
const ANALYSIS = answer({
  id: text(), status: text({ enum: ['asking', 'done', 'rules_only', 'over_budget', 'failed', 'interrupted'] }), reason: nullable(text({ description: 'why there is none' })), why: text(), version: whole(),
  promptVersion: text(), tier: nullable(text()), provider: nullable(text()), model: nullable(text()), ...TOKENS, costMicroUsd: whole({ description: 'millionths of a US dollar' }), latencyMs: whole(), isCached: flag(),
  repaired: flag(), output: anything(), commandId: nullable(text()), createdAt: time(), endedAt: nullable(time()),
})
const USAGE = answer({
  companyId: text(), month: text({ description: 'UTC, as 2026-03' }), budgetMicroUsd: whole(), budgetIsOwn: flag(), hidesHosts: flag(), usedPercent: number(), isAlerted: flag(), isStopped: flag(),
  months: list(answer({
    month: text(), ...TOKENS, spentMicroUsd: whole(), reservedMicroUsd: whole({ description: 'set aside for calls under way' }), refused: whole(), skipped: whole(), cacheHits: whole(), cacheMisses: whole(), cacheHitRate: number(), alertedPercent: whole(),
  })),
})
const SETTINGS = body({
  monthlyMicroUsd: nullable(whole({ minimum: 0, maximum: 1_000_000_000_000, description: 'millionths of a US dollar a month; 0 asks no model at all; null: as for all companies' })),
  hidesHosts: nullable(flag({ description: 'whether names of machines are hidden from models; null: as for all companies' })),
}, [], { minProperties: 1 })

/** Analyses on demand and their history, and what language models cost a company. */
export function analysisRoutes(app: FastifyInstance, { stores: { analyses }, changed }: RouteContext): void {
  app.post<{ Params: { id: string } }>('/api/incidents/:id/analyse', {
    config: { access: 'command' },
    schema: {
      tags: ['incidents'], summary: 'Have it analysed now; the analysis comes with the incident and over /api/events', params: PARAMS,
      response: answers({ 202: answer({ incidentId: text({ description: 'the survivor where yours was merged' }), status: text() }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { incidentId } = await analyses.request(callerOf(request), request.params.id)
    changed.analyses?.()
    return reply.code(202).send({ incidentId, status: 'queued' })
  })

  app.get<{ Params: { id: string } }>('/api/incidents/:id/analyses', {
    config: { access: 'read' },
    schema: { tags: ['incidents'], summary: 'Its latest analyses, and why there was none', params: PARAMS, response: answers({ 200: answer({ items: list(ANALYSIS) }) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await analyses.list(callerOf(request).scope, request.params.id) }))

  app.get<{ Params: { id: string } }>('/api/companies/:id/llm/usage', {
    config: { access: 'manage' },
    schema: { tags: ['companies'], summary: 'Tokens and money spent on language models, by month', params: PARAMS, response: answers({ 200: USAGE }, ...READ_ERRORS) },
  }, (request) => analyses.usage(callerOf(request).scope, request.params.id))

  app.put<{ Params: { id: string }; Body: LlmSettingsChange }>('/api/companies/:id/llm/settings', {
    config: { access: 'msp' },
    schema: { tags: ['companies'], summary: 'What language models may cost this company, and be told', params: PARAMS, body: SETTINGS, response: answers({ 200: USAGE }, ...WRITE_ERRORS) },
  }, (request) => analyses.configure(callerOf(request), request.params.id, request.body))

  app.put<{ Body: LlmSettingsChange }>('/api/llm/settings', {
    config: { access: 'msp' },
    schema: { tags: ['companies'], summary: 'The same for every company without its own', body: SETTINGS, response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await analyses.configure(callerOf(request), null, request.body)
    return reply.code(204).send()
  })
}
