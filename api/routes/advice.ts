import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ADVICE_KINDS } from '../../schemas/advice.ts'
import { AppError } from '../../schemas/errors.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, anything, body, dictionary, flag, ID, list, number, text, time, whole } from '../json-schema.ts'
import type { AdviceQuery } from '../ports.ts'
import { parseTime } from '../validation.ts'

const DAY_MS = 86_400_000
const SPAN = { defaultMs: 30 * DAY_MS, maxMs: 100 * DAY_MS }
const TIMES = {
  from: time({ description: 'inclusive; 30 days before the end unless given' }), to: time({ description: 'exclusive; now unless given' }),
  timeZone: text({ minLength: 1, maxLength: 64, examples: ['Europe/London'], description: 'IANA name in which trouble that comes back is looked for; UTC unless given' }),
}
const ADVICE = answer({
  id: text(), kind: text({ enum: [...ADVICE_KINDS] }), text: text(), figures: dictionary(number()),
  proposal: anything({ description: 'the rule and the list of the rule book it belongs to; null where only the tool can be changed' }), isApplied: flag(),
})
const PARAMS = { type: 'object', properties: { id: ID, adviceId: ID } }
const tags = ['advice']

interface Times { from?: string; to?: string; timeZone?: string }

/** What the past suggests to change, to try and to apply. */
export function adviceRoutes(app: FastifyInstance, context: RouteContext): void {
  const { advice, history, clock, changed } = context

  const queryOf = (companyId: string, { from, to, timeZone }: Times): AdviceQuery => {
    const toMs = parseTime('to', to) ?? clock.now()
    const fromMs = parseTime('from', from) ?? toMs - SPAN.defaultMs
    if (fromMs >= toMs || toMs - fromMs > SPAN.maxMs) throw new AppError('bad_request', `"from" must be before "to", and at most ${SPAN.maxMs / DAY_MS} days`)
    return { companyId, fromMs, toMs, timeZone: zoneOf(timeZone) }
  }
  const asked = (request: FastifyRequest<{ Params: { id: string; adviceId: string }; Body: Times | null }>): AdviceQuery => queryOf(request.params.id, request.body ?? {})

  app.get<{ Params: { id: string }; Querystring: Times }>('/api/companies/:id/advice', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'What the past suggests to change, with the figures it rests on', params: { type: 'object', properties: { id: ID } }, querystring: { type: 'object', properties: TIMES },
      response: answers({ 200: answer({ companyId: text(), from: time(), to: time(), timeZone: text(), problems: whole(), isCut: flag({ description: 'there were more problems; the newest were read' }), items: list(ADVICE) }) }, ...READ_ERRORS),
    },
  }, (request) => advice.list(callerOf(request), queryOf(request.params.id, request.query)))

  app.post<{ Params: { id: string; adviceId: string }; Body: Times | null }>('/api/companies/:id/advice/:adviceId/apply', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Add the rule that an advice proposes to the company\'s rule book', params: PARAMS, body: body(TIMES),
      response: answers({ 200: answer({ advice: ADVICE, revision: whole({ description: 'of the rule book' }) }) }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    const applied = await advice.apply(callerOf(request), asked(request), request.params.adviceId)
    changed.outbox()
    return applied
  })

  app.post<{ Params: { id: string; adviceId: string }; Body: Times | null }>('/api/companies/:id/advice/:adviceId/try', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'A backtest of the same time with the rule of an advice in place', params: PARAMS, body: body(TIMES),
      response: answers({ 202: answer({ backtestId: text() }, { description: 'GET /api/backtests/{id} tells what would have happened' }) }, ...WRITE_ERRORS, 429),
    },
  }, async (request, reply) => {
    const query = asked(request)
    const caller = callerOf(request)
    const { rules } = await advice.proposed(caller, query, request.params.adviceId)
    const { companyId, fromMs, toMs } = query
    const begun = await history.start(caller, { companyId, fromMs, toMs, settings: { rules }, compareWith: null, topology: null, limit: TRIED_ALERTS, tune: null })
    return reply.code(202).header('location', `/api/backtests/${begun.id}`).send({ backtestId: begun.id })
  })
}

/** Alerts replayed to try an advice. */
const TRIED_ALERTS = 500_000

function zoneOf(timeZone: string | undefined): string {
  if (timeZone === undefined) return 'UTC'
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch (cause) {
    throw new AppError('bad_request', 'timeZone must be a name of the time zone database, such as Europe/London', { cause })
  }
}
