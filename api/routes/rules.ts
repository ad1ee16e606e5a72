import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Subject } from '../../schemas/conditions.ts'
import { AppError } from '../../schemas/errors.ts'
import { tryRules } from '../../schemas/rule-trial.ts'
import { RULE_LIMITS, ruleBookFrom } from '../../schemas/rules-check.ts'
import { effectiveRules, type RuleBook } from '../../schemas/rules.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, dictionary, ID, nullable, page, PAGE_QUERY, text, whole, type JsonSchema } from '../json-schema.ts'
import { EFFECTIVE_RULES, RULE_BOOK, RULE_REVISION, RULE_TRIALS } from '../rule-answers.ts'
import { COMMENT } from './companies.ts'

/** The revision a change was made on. */
export const EXPECTED = whole({ minimum: 0, description: 'revision the change was made on; 409 where somebody saved in the meantime. May come as If-Match instead; absent: saved over whatever is there' })

const tags = ['rules']
const DOCUMENT: JsonSchema = { type: 'object', additionalProperties: true, description: `lists of rules as docs/rules.md tells them; at most ${RULE_LIMITS.rules} rules a list and ${RULE_LIMITS.documentBytes} bytes` }
const PROBLEM = body({
  asset: nullable(text()), signature: nullable(text()), source: text({ default: 'generic' }), integrationId: text({ default: '' }), severity: text({ default: 'medium' }), status: text({ default: 'firing' }),
  title: text({ default: '' }), message: text({ default: '' }), labels: dictionary(text(), { default: {} }),
})
const AT_REVISION = whole({ minimum: 0 })

interface Scoped { Params: { id?: string } }
type Saved = Scoped & { Body: { document: unknown; comment?: string; expectedRevision?: number } }
type RolledBack = Scoped & { Body: { revision: number; comment?: string; expectedRevision?: number } }
type Tried = Scoped & { Body: { problem: Partial<Subject>; document?: unknown } }

/** The revision a request was made on: of its body, else of If-Match. Throws `bad_request` for an If-Match that is no revision. */
export function expectedOf(request: FastifyRequest, given: number | undefined): number | null {
  const header = request.headers['if-match']
  if (given !== undefined || header === undefined || header === '*') return given ?? null
  const revision = /^(?:W\/)?"?(\d{1,15})"?$/.exec(header)?.[1]
  if (revision === undefined) throw new AppError('bad_request', 'If-Match must be the revision the change was made on, such as "3"')
  return Number(revision)
}

/** Rule books: of the MSP at /api/rules, of a company under it. */
export function ruleRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { rules }, changed } = context

  for (const [prefix, access, whose, params] of [['/api/rules', 'msp', 'of the MSP, for all companies', {}], ['/api/companies/:id/rules', 'manage', 'of a company', { id: ID }]] as const) {
    const config = { access }
    const schema = (summary: string, answered: JsonSchema, errors: readonly number[], more: Readonly<Record<string, unknown>> = {}): object => ({
      tags, summary: `${summary} ${whose}`, ...(Object.keys(params).length === 0 ? {} : { params: { type: 'object', properties: params } }), response: answers({ 200: answered }, ...errors), ...more,
    })
    const companyOf = ({ params: { id } }: { readonly params: { readonly id?: string } }): string | null => id ?? null

    app.get<Scoped>(prefix, { config, schema: schema('The rule book', RULE_BOOK, READ_ERRORS) }, async (request, reply) => {
      const book = await rules.get(callerOf(request).scope, companyOf(request))
      void reply.header('etag', `"${book.revision}"`)
      return book
    })

    app.put<Saved>(prefix, {
      config, schema: schema('Save the rule book', RULE_BOOK, WRITE_ERRORS, { body: body({ document: DOCUMENT, comment: COMMENT, expectedRevision: EXPECTED }, ['document']) }),
    }, async (request) => {
      const { document, comment = '', expectedRevision } = request.body
      const saved = await rules.save(callerOf(request), companyOf(request), { document, comment, expectedRevision: expectedOf(request, expectedRevision) })
      changed.outbox()
      return saved
    })

    app.get<Scoped & { Querystring: { limit: number; cursor?: string } }>(`${prefix}/revisions`, {
      config, schema: schema('Every revision, newest first,', page(RULE_REVISION), READ_ERRORS, { querystring: { type: 'object', properties: PAGE_QUERY } }),
    }, async (request) => rules.revisions(callerOf(request).scope, companyOf(request), { limit: request.query.limit, cursor: request.query.cursor ?? null }))

    app.get<{ Params: { id?: string; revision: number } }>(`${prefix}/revisions/:revision`, {
      config, schema: schema('One revision', RULE_BOOK, READ_ERRORS, { params: { type: 'object', properties: { ...params, revision: AT_REVISION } } }),
    }, async (request) => rules.get(callerOf(request).scope, companyOf(request), request.params.revision))

    app.post<RolledBack>(`${prefix}/rollback`, {
      config, schema: schema('Put an earlier revision in force again, as a new one,', RULE_BOOK, WRITE_ERRORS, { body: body({ revision: whole({ minimum: 1 }), comment: COMMENT, expectedRevision: EXPECTED }, ['revision']) }),
    }, async (request) => {
      const { revision, comment = '', expectedRevision } = request.body
      const saved = await rules.rollback(callerOf(request), companyOf(request), { revision, comment, expectedRevision: expectedOf(request, expectedRevision) })
      changed.outbox()
      return saved
    })

    app.post<Tried>(`${prefix}/try`, {
      config,
      schema: schema('A sample problem against the rules in effect, or against a draft: which match, and which clause of the others failed,', RULE_TRIALS, READ_ERRORS, { body: body({ problem: PROBLEM, document: DOCUMENT }, ['problem']) }),
    }, async (request) => {
      const book = await bookFor(context, request, companyOf(request), request.body.document)
      return tryRules(book, subjectOf(request.body.problem), context.clock.now(), context.openUntil)
    })
  }

  app.get<{ Params: { id: string }; Querystring: { revision?: number } }>('/api/companies/:id/rules/effective', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'The rules in effect of a company, its own over those of the MSP, and where each comes from', params: { type: 'object', properties: { id: ID } },
      querystring: { type: 'object', properties: { revision: whole({ minimum: 0, description: 'as evidence names it; absent: now' }) } }, response: answers({ 200: EFFECTIVE_RULES }, ...READ_ERRORS),
    },
  }, async (request) => rules.effective(callerOf(request).scope, request.params.id, request.query.revision ?? null))
}

/** The rules a sample is tried against: a draft in place of what is saved, cascaded as it would be. */
async function bookFor({ stores: { rules } }: RouteContext, request: FastifyRequest, companyId: string | null, draft: unknown): Promise<RuleBook> {
  const { scope } = callerOf(request)
  const own = draft === undefined ? null : ruleBookFrom(draft)
  if (companyId === null) return effectiveRules({}, own ?? (await rules.get(scope, null)).document)
  if (own === null) return (await rules.effective(scope, companyId)).document
  return effectiveRules(await rules.inherited(scope, companyId), own)
}

function subjectOf(problem: Partial<Subject>): Subject {
  return {
    asset: problem.asset ?? null, signature: problem.signature ?? null, source: problem.source ?? 'generic', integrationId: problem.integrationId ?? '', severity: problem.severity ?? 'medium', status: problem.status ?? 'firing',
    title: problem.title ?? '', message: problem.message ?? '', labels: problem.labels ?? {},
  }
}
