/** The audit log: read, exported with its chain, checked. */
import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { chainedText, type ChainedLine } from '../../schemas/audit-chain.ts'
import { toAppError } from '../../schemas/errors.ts'
import { AUDIT_ENTRY } from '../answers.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, SPAN, type RouteContext, type SpanQuery } from '../context.ts'
import { answer, COMPANY_QUERY, flag, nullable, page, PAGE_QUERY, text, whole } from '../json-schema.ts'
import { parseTime } from '../validation.ts'

const tags = ['audit']
const HASH = text({ pattern: '^[0-9a-f]{64}$' })
const REPORT = answer({
  ok: flag(), lines: whole(), gaps: whole(), head: nullable(answer({ seq: whole(), hash: HASH })), broken: nullable(answer({ seq: whole({ description: '0: outside the chain' }), reason: text() })),
})

/** What happened, and proof that nobody has changed it since. */
export function auditRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { audit } } = context

  app.get<{ Querystring: { company?: string; actor?: string; action?: string; limit: number; cursor?: string } }>('/api/audit', {
    config: { access: 'audit' },
    schema: {
      tags, summary: 'Who changed what, newest first; a technician reads their own actions',
      querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, actor: text({ maxLength: 200 }), action: text({ maxLength: 100, examples: ['company.updated'] }) } },
      response: answers({ 200: page(AUDIT_ENTRY) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { company, actor, action, limit, cursor } = request.query
    await companiesOf(context, request, company)
    return audit.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, actorId: actor ?? null, action: action ?? null })
  })

  app.get<{ Querystring: SpanQuery }>('/api/audit/export', {
    config: { access: 'audit' },
    schema: {
      tags, summary: 'Lines of JSON, oldest first: {"seq","previous","hash","entry"}; the hash is SHA-256 over the bytes of the hash before and the text of the entry',
      querystring: { type: 'object', properties: SPAN }, response: answers({ 200: { type: 'string', description: 'lines of JSON' } }, ...READ_ERRORS),
    },
  }, async (request, reply) => {
    const { company, from, to } = request.query
    await companiesOf(context, request, company)
    const lines = audit.export(callerOf(request).scope, { companyId: company ?? null, fromMs: parseTime('from', from), toMs: parseTime('to', to) })
    const first = await lines.next()
    return reply.type('application/x-ndjson').send(Readable.from(written(first, lines, request.log)))
  })

  app.get<{ Querystring: { seq?: number; hash?: string } }>('/api/audit/verify', {
    config: { access: 'msp' },
    schema: {
      tags, summary: 'Whether the audit log is as it was written; name a line that was noted earlier to learn whether the end was cut off or the chain made anew',
      querystring: { type: 'object', properties: { seq: whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), hash: HASH }, dependencies: { seq: ['hash'], hash: ['seq'] } },
      response: answers({ 200: REPORT }, 400, 401, 403),
    },
  }, async ({ query: { seq, hash } }) => audit.verify(seq === undefined || hash === undefined ? null : { seq, hash }))
}

/** A break in the middle ends the connection without its last chunk, so that nobody takes a part for the whole. */
async function* written(first: IteratorResult<ChainedLine>, rest: AsyncGenerator<ChainedLine>, log: FastifyBaseLogger): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield `${chainedText(first.value)}\n`
    for await (const line of rest) yield `${chainedText(line)}\n`
  } catch (thrown) {
    log.error({ err: toAppError(thrown) }, 'the export of the audit log broke off')
    throw thrown
  }
}
