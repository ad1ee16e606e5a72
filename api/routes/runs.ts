import type { FastifyInstance } from 'fastify'
import type { OutputPage } from '../../schemas/remediation-views.ts'
import { OPEN_STATUSES, RUN_STATUSES } from '../../schemas/runs.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, SPAN, spanOf, WRITE_ERRORS, type RouteContext, type SpanQuery } from '../context.ts'
import { COMPANY_QUERY, ID, page, PAGE_QUERY, text, whole } from '../json-schema.ts'
import { OUTPUT, REMEDIATION_STATS, RUN, RUN_DETAIL } from '../remediation-answers.ts'
import { parseWords } from '../validation.ts'

const tags = ['runs']
const PARAMS = { type: 'object', properties: { id: ID } }
const WAIT_SECONDS_MAX = 25
const LOOK_EVERY_MS = 1_000
/** A cursor of output names every command of the run. */
const CURSOR_CHARS = 12_000

/** Runs: what was asked for, how it goes, what it wrote. */
export function runRoutes(app: FastifyInstance, context: RouteContext): void {
  const { remediation, clock, changed } = context
  const { runs } = remediation

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string; incident?: string; runbook?: string; status?: string } }>('/api/runs', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Runs, newest first',
      querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, incident: text({ maxLength: 200 }), runbook: text({ maxLength: 200 }), status: text({ description: `one or several of ${RUN_STATUSES.join(', ')}, with commas; "open" for all that have not ended` }) } },
      response: answers({ 200: page(RUN) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { limit, cursor, company, incident, runbook, status } = request.query
    await companiesOf(context, request, company)
    const statuses = status === 'open' ? OPEN_STATUSES : parseWords('status', status, RUN_STATUSES)
    return runs.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, incidentId: incident ?? null, runbookId: runbook ?? null, statuses })
  })

  app.get<{ Params: { id: string } }>('/api/runs/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One run with its plan, its commands and who approved it', params: PARAMS, response: answers({ 200: RUN_DETAIL }, ...READ_ERRORS) },
  }, (request) => runs.get(callerOf(request).scope, request.params.id))

  app.get<{ Params: { id: string }; Querystring: { cursor?: string; wait: number } }>('/api/runs/:id/output', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'What its commands wrote since the cursor; with wait it answers as soon as there is more. Ask again with next until it is null', params: PARAMS,
      querystring: { type: 'object', properties: { cursor: text({ maxLength: CURSOR_CHARS }), wait: whole({ minimum: 0, maximum: WAIT_SECONDS_MAX, default: 0, description: 'seconds to wait for more' }) } },
      response: answers({ 200: OUTPUT }, ...READ_ERRORS),
    },
  }, async (request): Promise<OutputPage> => {
    const { cursor = null, wait } = request.query
    const untilMs = clock.now() + wait * 1_000
    const { scope } = callerOf(request)
    const first = await runs.output(scope, request.params.id, cursor)
    for (let told = first; ; told = await runs.output(scope, request.params.id, cursor)) {
      if (told.items.length > 0 || told.next === null || told.status !== first.status || clock.now() >= untilMs || request.raw.destroyed) return told
      await clock.sleep(Math.min(LOOK_EVERY_MS, untilMs - clock.now()))
    }
  })

  app.post<{ Params: { id: string } }>('/api/runs/:id/cancel', {
    config: { access: 'command' },
    schema: { tags, summary: 'Ask for its end: what is under way on a machine is asked to end, and nothing more is sent', params: PARAMS, response: answers({ 202: { ...RUN_DETAIL, description: 'asked' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const run = await runs.cancel(callerOf(request), request.params.id)
    changed.outbox()
    changed.runs?.()
    return reply.code(202).send(run)
  })

  app.get<{ Querystring: SpanQuery }>('/api/stats/remediation', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'Rates of success and of self-healing, in all and by company and runbook; demo, dry-run and replay are left out', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: REMEDIATION_STATS }, ...READ_ERRORS) },
  }, async (request) => remediation.stats(await spanOf(context, request, request.query)))
}
