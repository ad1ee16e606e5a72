import type { FastifyInstance } from 'fastify'
import { BACKTEST_STATES } from '../../schemas/backtest.ts'
import type { TrialSettings } from '../../schemas/trial-settings.ts'
import { AppError } from '../../schemas/errors.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, anything, body, COMPANY_QUERY, ID, list, nullable, page, PAGE_QUERY, text, time, whole, type JsonSchema } from '../json-schema.ts'
import { parseTime } from '../validation.ts'

/** Alerts replayed at most, and unless told otherwise. */
const LIMIT = { default: 200_000, max: 1_000_000 }
/** Without `from` it reads so far back; never farther than facts are kept. */
const SPAN_MS = { default: 7 * 86_400_000, max: 400 * 86_400_000 }
const EDGES_MAX = 100_000
/** Settings that a search tries. */
const TUNE_DEFAULT = 60
const TUNE_MAX = 500
const SETTINGS: JsonSchema = { type: 'object', description: 'windowMs, maxLifeMs, joinThreshold, weights, criticalAssets, aliases, rules (a whole rule book); what is absent stays as it is in force' }
const TOPOLOGY = list(body({ from: text({ minLength: 1, maxLength: 500 }), to: text({ minLength: 1, maxLength: 500 }), kind: text({ maxLength: 100 }) }, ['from', 'to', 'kind']), { maxItems: EDGES_MAX, description: '"from" depends on "to"' })
const BACKTEST = answer({
  id: text(), companyId: text(), state: text({ enum: [...BACKTEST_STATES] }), from: time(), to: time(), settings: anything(), compareWith: anything(), progress: answer({ done: whole(), total: whole() }),
  result: anything({ description: 'null until it is done, and in lists: before and after with incidents and noise reduction, merges, splits, quieted and unquieted with examples' }),
  code: nullable(text()), message: nullable(text()), by: text(), createdAt: time(), endedAt: nullable(time()),
})
const PARAMS = { type: 'object', properties: { id: ID } }
const tags = ['backtests']

interface Asked { company: string; from?: string; to?: string; settings: TrialSettings; compareWith?: TrialSettings; topology?: { from: string; to: string; kind: string }[]; limit?: number; tune?: { seed?: number; evaluations?: number } }

/** Other settings over stored history, beside those in force. */
export function historyRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, history, clock } = context

  app.post<{ Body: Asked }>('/api/backtests', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Try other settings on stored history', description: 'It runs behind the scenes, one for a company at a time, on a thread of its own: GET /api/backtests/{id} tells how far it is. Nothing of production is touched.',
      body: body({
        company: text({ minLength: 1, maxLength: 200 }), from: time({ description: 'inclusive; a week before the end unless given' }), to: time({ description: 'exclusive; now unless given' }), settings: SETTINGS,
        compareWith: { ...SETTINGS, description: 'compared with these instead of those in force alone' }, topology: TOPOLOGY, limit: whole({ minimum: 1, maximum: LIMIT.max, description: `alerts at most, ${LIMIT.default} unless given` }),
        tune: body({ seed: whole({ minimum: 0, maximum: 2 ** 32 - 1, default: 1 }), evaluations: whole({ minimum: 2, maximum: TUNE_MAX, default: TUNE_DEFAULT, description: 'settings tried at most' }) }, [], { description: 'search settings by what people corrected within the time; "settings" must be empty' }),
      }, ['company', 'settings']),
      response: answers({ 202: BACKTEST }, ...WRITE_ERRORS, 429),
    },
  }, async (request, reply) => {
    const { company, from, to, settings, compareWith, topology, limit, tune } = request.body
    const caller = callerOf(request)
    const { id: companyId } = await stores.companies.get(caller.scope, company)
    const toMs = parseTime('to', to) ?? clock.now()
    const fromMs = parseTime('from', from) ?? toMs - SPAN_MS.default
    if (fromMs >= toMs || toMs - fromMs > SPAN_MS.max) throw new AppError('bad_request', `"from" must be before "to", and at most ${SPAN_MS.max / 86_400_000} days`)
    if (tune !== undefined && (Object.keys(settings).length > 0 || topology !== undefined)) throw new AppError('bad_request', 'a search begins with what is in force: leave "settings" empty and "topology" out')
    const begun = await history.start(caller, { companyId, fromMs, toMs, settings, compareWith: compareWith ?? null, topology: topology ?? null, limit: limit ?? LIMIT.default, tune: tune === undefined ? null : { seed: tune.seed ?? 1, evaluations: tune.evaluations ?? TUNE_DEFAULT } })
    return reply.code(202).header('location', `/api/backtests/${begun.id}`).send(begun)
  })

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string } }>('/api/backtests', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Backtests of stored history, newest first', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY } }, response: answers({ 200: page(BACKTEST) }, ...READ_ERRORS) },
  }, async (request) => {
    const { limit, cursor, company } = request.query
    await companiesOf(context, request, company)
    return history.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null })
  })

  app.get<{ Params: { id: string } }>('/api/backtests/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'One backtest: how far it is, and what came of it', params: PARAMS, response: answers({ 200: BACKTEST }, ...READ_ERRORS) },
  }, (request) => history.get(callerOf(request).scope, request.params.id))

  app.post<{ Params: { id: string } }>('/api/backtests/:id/cancel', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Stop a backtest', params: PARAMS, response: answers({ 200: BACKTEST }, ...WRITE_ERRORS) },
  }, (request) => history.cancel(callerOf(request), request.params.id))
}
