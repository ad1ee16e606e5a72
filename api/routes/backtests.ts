import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AdapterBacktestLine } from '../../schemas/adapter-backtest.ts'
import { toAppError } from '../../schemas/errors.ts'
import { statusOf, toldMessage } from '../error-reply.ts'
import { answers, callerOf, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, text, time, whole, type JsonSchema } from '../json-schema.ts'
import { parseTime } from '../validation.ts'

/** Deliveries read again at most, and unless told otherwise. */
const LIMIT = { default: 10_000, max: 100_000 }
/** Without `from` it reads so far back. */
const SPAN_MS = 86_400_000
const MAPPING: JsonSchema = { type: 'object', description: 'a mapping that reads all of them; absent: each is read as its integration would read it now' }

interface Asked { company: string; integration?: string; source?: string; from?: string; to?: string; limit?: number; mapping?: object }

/** Backtests over what came before; nothing is written. */
export function backtestRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, backtests, clock } = context

  app.post<{ Body: Asked }>('/api/backtests/adapters', {
    config: { access: 'manage' },
    schema: {
      tags: ['backtests'], summary: 'What the present adapters, or a mapping, would make of old deliveries', produces: ['application/x-ndjson'],
      description: 'Lines of JSON: {"type":"progress","done","total"} as it goes, {"type":"result",…} at the end, {"type":"error","code","message"} where it breaks off. It ends when the caller goes. Nothing is written.',
      body: body({
        company: text({ minLength: 1, maxLength: 200 }), integration: text({ minLength: 1, maxLength: 200 }), source: text({ minLength: 1, maxLength: 64 }), from: time({ description: 'inclusive; a day ago unless given' }),
        to: time({ description: 'exclusive; now unless given' }), limit: whole({ minimum: 1, maximum: LIMIT.max, description: `deliveries at most, ${LIMIT.default} unless given` }), mapping: MAPPING,
      }, ['company']),
      response: answers({ 200: { type: 'string', description: 'lines of JSON' } }, ...WRITE_ERRORS, 429),
    },
  }, async (request, reply) => {
    const { company, integration, source, from, to, limit, mapping } = request.body
    const { id: companyId } = await stores.companies.get(callerOf(request).scope, company)
    const toMs = parseTime('to', to) ?? clock.now()
    const gone = new AbortController()
    const lines = backtests.run({
      companyId, integrationId: integration ?? null, source: source ?? null, fromMs: parseTime('from', from) ?? toMs - SPAN_MS, toMs, limit: limit ?? LIMIT.default,
      mapping: mapping === undefined ? null : JSON.stringify(mapping),
    }, gone.signal)
    // Also where nobody ever reads what was written: the place it takes must be free again.
    reply.raw.once('close', () => {
      gone.abort()
      void Promise.allSettled([lines.return(undefined)])
    })
    // What is refused is refused before the answer has begun.
    const first = await lines.next()
    return reply.type('application/x-ndjson').send(Readable.from(written(first, lines, request.log)))
  })
}

async function* written(first: IteratorResult<AdapterBacktestLine>, rest: AsyncGenerator<AdapterBacktestLine>, log: FastifyBaseLogger): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield `${JSON.stringify(first.value)}\n`
    for await (const line of rest) yield `${JSON.stringify(line)}\n`
  } catch (thrown) {
    const error = toAppError(thrown)
    if (statusOf(error.code) >= 500) log.error({ err: error }, 'a backtest broke off')
    yield `${JSON.stringify({ type: 'error', code: error.code, message: toldMessage(error) })}\n`
  } finally {
    await rest.return(undefined)
  }
}
