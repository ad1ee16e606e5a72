import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError, toAppError } from '../../schemas/errors.ts'
import { QUIET_KINDS, type SilenceView } from '../../schemas/quiet-views.ts'
import type { SilenceRule, StoredRuleBook } from '../../schemas/rules.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, SPAN, spanOf, WRITE_ERRORS, type RouteContext, type SpanQuery } from '../context.ts'
import { answer, body, COMPANY_QUERY, flag, ID, list, nullable, page, PAGE_QUERY, text, time, whole } from '../json-schema.ts'
import { parseTime } from '../validation.ts'

const MINUTES_MAX = 366 * 1_440
const DAY_MS = 86_400_000
/** A silence made here leaves the rule book so long after its end; its revisions keep it. */
const KEPT_MS = 7 * DAY_MS
/** Silences made here; those that people write into the rule book have names of their own. */
const MADE_HERE = /^silence-[0-9a-f]{12}$/
/** Somebody else may save the rule book at the same time. */
const ATTEMPTS = 5

const SUPPRESSED = answer({
  companyId: text(), problemKey: text(), title: text(), asset: nullable(text()), signature: nullable(text()), source: text(), integrationId: text(), severity: text(), status: text(), flapping: flag(), episode: whole(), alertCount: whole(),
  firstAt: time(), lastAt: time(), resolvedAt: nullable(time()), kind: text({ enum: [...QUIET_KINDS] }), ruleId: nullable(text({ description: 'null: a dependency needs no rule' })), reason: text(),
  byProblemKey: nullable(text({ description: 'the problem that explains it' })), since: time(), until: nullable(time({ description: 'null: until what explains it ends' })),
})
const FIGURE = answer({ kind: text(), ruleId: nullable(text()), problems: whole(), alerts: whole(), cleared: whole({ description: 'over before anybody was told' }), released: whole({ description: 'told after all' }) })
const SILENCE = answer({ id: text(), companyId: text(), when: list(text()), startsAt: time(), endsAt: time(), reason: text(), by: text(), from: text({ enum: ['msp', 'company'] }) })
const PARAMS = { type: 'object', properties: { id: ID } }
const tags = ['quiet']

interface SilenceBody { when: string[]; minutes?: number; startsAt?: string; endsAt?: string; reason: string }

/** What is kept quiet, and silences made quickly. */
export function quietRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { suppressed, rules }, analytics, clock, changed } = context

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string; kind?: string; rule?: string; status?: string } }>('/api/suppressed', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Problems that are kept quiet, each with its reason, newest first',
      querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, kind: text({ enum: [...QUIET_KINDS] }), rule: text({ maxLength: 64, description: 'rule id' }), status: text({ enum: ['firing', 'resolved'] }) } },
      response: answers({ 200: page(SUPPRESSED) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { limit, cursor, company, kind, rule, status } = request.query
    return suppressed.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, kind: kind ?? null, ruleId: rule ?? null, status: status ?? null })
  })

  app.get<{ Querystring: SpanQuery }>('/api/stats/suppressed', {
    config: { access: 'read' },
    schema: { tags: ['figures'], summary: 'What was kept quiet, by kind and rule', querystring: { type: 'object', properties: SPAN }, response: answers({ 200: answer({ items: list(FIGURE) }) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await analytics.suppressed(await spanOf(context, request, request.query)) }))

  app.get<{ Params: { id: string } }>('/api/companies/:id/silences', {
    config: { access: 'read' },
    schema: { tags, summary: 'Silences that have not ended', params: PARAMS, response: answers({ 200: answer({ items: list(SILENCE) }) }, ...READ_ERRORS) },
  }, async (request) => {
    const { id } = request.params
    // Whoever may see the company may see what is mute in it, though not the rest of its rules.
    await companiesOf(context, request, id)
    const { document, origins } = await rules.effective({ ...callerOf(request).scope, role: 'msp_admin' }, id)
    const items = (document.silences ?? []).filter(({ endsAt }) => Date.parse(endsAt) > clock.now())
      .map((silence) => shown(id, silence, origins.find((origin) => origin.list === 'silences' && origin.id === silence.id)?.from ?? 'company'))
    return { items }
  })

  app.post<{ Params: { id: string }; Body: SilenceBody }>('/api/companies/:id/silences', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Mute what holds a condition for a time; a rule of the company that anybody can read and take back', params: PARAMS,
      body: body({
        when: { type: 'array', maxItems: 20, items: text({ maxLength: 1_000 }), description: 'matchers that must all hold, such as asset=~"web-.*"' }, minutes: whole({ minimum: 1, maximum: MINUTES_MAX }),
        startsAt: time({ description: 'absent: now' }), endsAt: time({ description: 'instead of minutes' }), reason: text({ minLength: 1, maxLength: 500, pattern: '\\S' }),
      }, ['when', 'reason']),
      response: answers({ 201: SILENCE }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { when, minutes, reason } = request.body
    const startsAtMs = parseTime('startsAt', request.body.startsAt) ?? clock.now()
    const endsAtMs = parseTime('endsAt', request.body.endsAt) ?? (minutes === undefined ? null : startsAtMs + minutes * 60_000)
    if (endsAtMs === null || (minutes !== undefined && request.body.endsAt !== undefined)) throw new AppError('bad_request', 'say for how many "minutes", or until when in "endsAt"; one of the two')
    if (endsAtMs <= clock.now()) throw new AppError('bad_request', 'endsAt must be in the future')
    const silence: SilenceRule = {
      id: `silence-${randomUUID().replaceAll('-', '').slice(0, 12)}`, when, startsAt: new Date(startsAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString(), reason: reason.trim(), by: callerOf(request).name,
    }
    await edit(request, `silence until ${silence.endsAt}: ${silence.reason}`, (silences) => [...silences, silence])
    return reply.code(201).send(shown(request.params.id, silence, 'company'))
  })

  app.delete<{ Params: { id: string; silence: string } }>('/api/companies/:id/silences/:silence', {
    config: { access: 'manage' },
    schema: { tags, summary: 'End a silence now; what it kept quiet and still fires is told', params: { type: 'object', properties: { id: ID, silence: text({ minLength: 1, maxLength: 64 }) } }, response: answers({ 204: { type: 'null', description: 'ended' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const { silence: silenceId } = request.params
    const nowMs = clock.now()
    await edit(request, `end silence ${silenceId}`, (silences) => {
      const silence = silences.find(({ id }) => id === silenceId)
      if (silence === undefined || !('endsAt' in silence) || Date.parse(silence.endsAt) <= nowMs) throw new AppError('not_found', 'the company has no silence of its own by this id that has not ended; one of the MSP is changed in its rules')
      const rest = silences.filter((other) => other !== silence)
      return Date.parse(silence.startsAt) >= nowMs ? rest : [...rest, { ...silence, endsAt: new Date(nowMs).toISOString() }]
    })
    return reply.code(204).send()
  })

  type Silences = NonNullable<StoredRuleBook['silences']>

  /** Changes the silences of a company's rule book; begins again where somebody else saved it meanwhile. */
  async function edit(request: FastifyRequest<{ Params: { id: string } }>, comment: string, change: (silences: Silences) => Silences): Promise<void> {
    const caller = callerOf(request)
    const { id } = request.params
    for (let attempt = 1; ; attempt += 1) {
      const { revision, document } = await rules.get(caller.scope, id)
      const kept = (document.silences ?? []).filter((rule) => !('endsAt' in rule && MADE_HERE.test(rule.id) && Date.parse(rule.endsAt) + KEPT_MS < clock.now()))
      try {
        await rules.save(caller, id, { document: { ...document, silences: change(kept) }, comment, expectedRevision: revision })
        break
      } catch (thrown) {
        if (toAppError(thrown).code !== 'conflict' || attempt >= ATTEMPTS) throw thrown
      }
    }
    changed.outbox()
  }
}

function shown(companyId: string, { id, when, startsAt, endsAt, reason, by }: SilenceRule, from: 'msp' | 'company'): SilenceView {
  return { id, companyId, when, startsAt, endsAt, reason, by, from }
}
