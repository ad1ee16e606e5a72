import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { toldMessage } from '../error-reply.ts'
import type { DeadLetterFilter } from '../../schemas/receipts.ts'
import { answers, callerOf, READ_ERRORS, SPAN, spanOf, WRITE_ERRORS, type RouteContext, type SpanQuery } from '../context.ts'
import { answer, body, flag, ID, list, page, PAGE_QUERY, text, time, whole } from '../json-schema.ts'
import { DEAD_LETTER, DEAD_LETTER_COUNT, DEAD_LETTER_DETAIL, REPLAY, REPLAY_STEP } from '../receipt-answers.ts'

const PARAMS = { type: 'object', properties: { id: ID } }
const FILTER = {
  code: text({ maxLength: 64, examples: ['payload_invalid'] }), stage: text({ maxLength: 64, examples: ['process'] }), source: text({ maxLength: 64 }),
  q: text({ minLength: 1, maxLength: 200, description: 'words of the reason, or the id of a delivery, an integration or a letter' }),
}
const REPLAYED = flag({ description: 'true: only those sent through anew; false: only the others' })
/** Records of one step of a replay of many. */
const STEP = { default: 100, max: 500 }
const tags = ['dead letters']

interface FilterQuery { code?: string; stage?: string; source?: string; q?: string; replayed?: boolean }

const filterOf = ({ code, stage, source, q, replayed }: FilterQuery): DeadLetterFilter => ({ code: code ?? null, stage: stage ?? null, source: source ?? null, q: q ?? null, replayed: replayed ?? null })

/** Dead letters: what could not be understood, why, and sending it through anew after a fix. */
export function deadLetterRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { audit }, deadLetters } = context

  app.get<{ Querystring: SpanQuery & FilterQuery & { limit: number; cursor?: string } }>('/api/dead-letters', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Records that could not be understood, newest first', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...SPAN, ...FILTER, replayed: REPLAYED } },
      response: answers({ 200: page(DEAD_LETTER) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { limit, cursor } = request.query
    return deadLetters.list(await spanOf(context, request, request.query), filterOf(request.query), { limit, cursor: cursor ?? null })
  })

  app.get<{ Querystring: SpanQuery & FilterQuery }>('/api/dead-letters/counts', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'How many there are by code, stage and source', querystring: { type: 'object', properties: { ...SPAN, ...FILTER, replayed: REPLAYED } },
      response: answers({ 200: answer({ items: list(DEAD_LETTER_COUNT), next: { type: 'null' } }) }, ...READ_ERRORS),
    },
  }, async (request) => ({ items: await deadLetters.counts(await spanOf(context, request, request.query), filterOf(request.query)), next: null }))

  app.get<{ Params: { id: string } }>('/api/dead-letters/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'One dead letter with the start of its original', params: PARAMS, response: answers({ 200: DEAD_LETTER_DETAIL }, ...READ_ERRORS) },
  }, async (request) => found(await deadLetters.get(callerOf(request).scope.companyIds, request.params.id)))

  app.get<{ Params: { id: string } }>('/api/dead-letters/:id/original', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'All bytes of the original, as a file', params: PARAMS, produces: ['application/octet-stream'],
      response: answers({ 200: { type: 'string', format: 'binary', description: 'the bytes as they were sent' } }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const original = found(await deadLetters.original(callerOf(request).scope.companyIds, request.params.id))
    if (original.bytes === null) throw new AppError('conflict', 'the log no longer keeps the original of this dead letter')
    await audit.write(callerOf(request), { companyId: original.companyId, action: 'dead_letter.downloaded', subject: request.params.id })
    // Whatever was sent, no browser may take it for a page of ours.
    return reply.headers({
      'content-type': 'application/octet-stream', 'content-security-policy': `default-src 'none'; sandbox`, 'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="dead-letter-${request.params.id.replace(/[^\w.-]/g, '-')}.${extensionOf(original.contentType)}"`,
    }).send(original.bytes)
  })

  app.post<{ Params: { id: string } }>('/api/dead-letters/:id/replay', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Send the original record through anew; once, however often it is asked for', params: PARAMS, response: answers({ 202: REPLAY }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const caller = callerOf(request)
    const replayed = found(await deadLetters.replay(caller, request.params.id))
    if (!replayed.wasReplayed) await audit.write(caller, { companyId: replayed.companyId, action: 'dead_letter.replayed', subject: request.params.id })
    return reply.code(202).send(replayed)
  })

  app.post<{ Body: SpanQuery & FilterQuery & { limit?: number; cursor?: string } | null }>('/api/dead-letters/replay', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Send all that fit through anew, oldest first, one bounded step a call',
      description: 'Repeat the call with "cursor" set to "next" until it is null. Letters that came after the first step are left alone.',
      body: body({
        company: text({ minLength: 1, maxLength: 200 }), from: time(), to: time(), ...FILTER, limit: whole({ minimum: 1, maximum: STEP.max, description: `records of this step, ${STEP.default} unless given` }), cursor: text({ maxLength: 500 }),
      }),
      response: answers({ 200: REPLAY_STEP }, ...WRITE_ERRORS),
    },
  }, async (request) => replayMany(request, request.body ?? {}))

  async function replayMany(request: FastifyRequest, asked: SpanQuery & FilterQuery & { limit?: number; cursor?: string }) {
    const caller = callerOf(request)
    const filter = filterOf(asked)
    const step = await deadLetters.replayMany(caller, await spanOf(context, request, asked), filter, { limit: asked.limit ?? STEP.default, cursor: asked.cursor ?? null })
    for (const [companyId, records] of Object.entries(step.companies)) {
      await audit.write(caller, { companyId: companyId === '' ? null : companyId, action: 'dead_letters.replayed', subject: filter.code ?? 'all', after: { records, ...filter } })
    }
    return { ...step, failed: step.failed.map((failure) => ({ ...failure, message: toldMessage(failure) })) }
  }
}

function found<T>(value: T | null): T {
  if (value === null) throw new AppError('not_found', 'there is no such dead letter')
  return value
}

/** How a downloaded file ends, by what its sender called it. */
function extensionOf(contentType: string): string {
  if (/\bjson\b/i.test(contentType)) return 'json'
  if (/\bxml\b/i.test(contentType)) return 'xml'
  return contentType.startsWith('text/') ? 'txt' : 'bin'
}
