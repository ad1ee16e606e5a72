/** The HTTP edge as a Fastify plugin: `POST /api/webhooks/alerts`, `POST /api/webhooks/:source`, and the addresses of other products (`drop-ins/`). */
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../schemas/clock.ts'
import type { Codec } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { RawRecord } from '../schemas/records.ts'
import type { IngestCredential } from '../schemas/views.ts'
import { Appender } from './appender.ts'
import { tooLarge, CONTENT_TYPES } from './body.ts'
import { BufferedMetrics } from './buffered-metrics.ts'
import { Deadlines } from './deadlines.ts'
import { Deliveries } from './deliveries.ts'
import type { Door, DoorServices } from './doors/door.ts'
import { httpGet } from './doors/http-get.ts'
import { createDoors } from './doors/registry.ts'
import type { DropIn, Question } from './drop-ins/drop-in.ts'
import { KEY_PREFIX, registerDropIns } from './drop-ins/register.ts'
import { FailureLimiter } from './failure-limiter.ts'
import { HeldBytes, type HeldLimits } from './held-bytes.ts'
import { CompanyLimiter } from './limiter.ts'
import type { Credentials, DeliveryMemory, IngestLog, LogAppender, Metrics } from './ports.ts'
import { KeySets } from './proofs/key-sets.ts'
import { Receiver } from './receiver.ts'
import { RefusalCounts } from './refusals.ts'
import { Ticker } from './ticks.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends, once the key has been judged. */
    ingestCredential: IngestCredential | null
    /** The other product whose address was called; null at our own. */
    ingestDropIn: DropIn | Question | null
  }
}

/** What the edge is made from; limits have defaults. */
export interface IngestOptions {
  readonly log: LogAppender
  /** Codec of alerts.raw.v1. */
  readonly codec: Codec<RawRecord>
  readonly credentials: Credentials
  readonly memory: DeliveryMemory
  readonly clock: Clock
  readonly metrics: Metrics
  readonly report: IngestLog
  /** Names this process in its ticks. */
  readonly processId: string
  /** The door of a source whose vendor signs or shakes hands in its own way (default: those of `doors/registry.ts`). */
  readonly doorOf?: (source: string) => Door | undefined
  /** How doors fetch certificates and confirm subscriptions (default: `doors/http-get.ts`). */
  readonly httpGet?: DoorServices['httpGet']
  /** Whether a proxy that we trust stands before us, so that its header tells of a client certificate (default false). */
  readonly isBehindProxy?: boolean
  /** Largest body, as sent and unpacked, in bytes (default 1 MiB). */
  readonly bodyBytes?: number
  /** Bytes that may wait for the log (default 64 MiB). */
  readonly queueBytes?: number
  /** Bytes of one append (default 4 MiB). */
  readonly batchBytes?: number
  /** How long a request waits for the log, in ms (default 10,000). */
  readonly appendDeadlineMs?: number
  /** Failed authentications an address may make in any minute before it is answered 429 (default 300). */
  readonly authFailuresPerMinute?: number
  /** Bytes that bodies above 64 KiB may hold while they are under way: of a company, of a network whose key is in the body, and of all (default 64 of 256 MiB, 4 of 64 MiB). */
  readonly heldBodies?: { readonly vouched: HeldLimits; readonly unvouched: HeldLimits }
  /** Whether this process ticks (default true). */
  readonly hasTicks?: boolean
}

const MIB = 1_048_576
const JSON_SUFFIX = /^application\/[\w.-]+\+json/
const DEADLINE_INTERVAL_MS = 250
const HELD_BODIES = { vouched: { ownerBytes: 64 * MIB, totalBytes: 256 * MIB }, unvouched: { ownerBytes: 4 * MIB, totalBytes: 64 * MIB } }

/** Makes the plugin. It keeps its content type parsers and error answers to itself, so it can stand beside an API in one server. */
export function ingestPlugin(options: IngestOptions): FastifyPluginAsync {
  return async (scope) => {
    const { clock, report, log, codec } = options
    const bodyBytes = options.bodyBytes ?? MIB
    const appendDeadlineMs = options.appendDeadlineMs ?? 10_000
    const deadlines = new Deadlines(clock, DEADLINE_INTERVAL_MS)
    const metrics = new BufferedMetrics(options.metrics, deadlines)
    const refusals = new RefusalCounts()
    const appender = new Appender(
      log,
      { queueBytes: options.queueBytes ?? 64 * MIB, batchBytes: options.batchBytes ?? 4 * MIB, deadlineMs: appendDeadlineMs },
      { clock, deadlines, metrics, report },
    )
    const ticker = new Ticker({ log, codec, clock, deadlines, processId: options.processId, refusals, metrics, report })
    const receiver = new Receiver({
      ...options, doorOf: options.doorOf ?? createDoors(), httpGet: options.httpGet ?? httpGet, keySets: new KeySets(), isBehindProxy: options.isBehindProxy ?? false, metrics, bodyBytes, refusals, appender,
      deliveries: new Deliveries(options.memory, { deadlines, metrics, report }),
      limiter: new CompanyLimiter(),
      failures: new FailureLimiter(options.authFailuresPerMinute ?? 300),
      held: { vouched: new HeldBytes((options.heldBodies ?? HELD_BODIES).vouched), unvouched: new HeldBytes((options.heldBodies ?? HELD_BODIES).unvouched) },
    })

    scope.decorateRequest('ingestCredential', null)
    scope.decorateRequest('ingestDropIn', null)
    // Nothing here logs through the request, so it needs no logger of its own: 0.9 of 25 µs.
    scope.setChildLoggerFactory((logger) => logger)
    scope.removeAllContentTypeParsers()
    const keepBytes = (_request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void): void => done(null, body)
    for (const type of CONTENT_TYPES) scope.addContentTypeParser(type === 'application/*+json' ? JSON_SUFFIX : type, { parseAs: 'buffer', bodyLimit: bodyBytes }, keepBytes)
    scope.setErrorHandler((error: FastifyError, request, reply) => answerError(receiver, bodyBytes, report, error, request, reply))

    const generic = { onRequest: receiver.admitGeneric, bodyLimit: bodyBytes }
    for (const prefix of ['', KEY_PREFIX]) {
      scope.post(`${prefix}/api/webhooks/alerts`, generic, receiver.receiveGeneric)
      scope.post(`${prefix}/api/webhooks/:source`, { onRequest: receiver.admitSource, bodyLimit: bodyBytes }, receiver.receiveSource)
    }
    await registerDropIns(scope, receiver, { bodyBytes, startedAtMs: clock.now() })

    if (options.hasTicks ?? true) scope.addHook('onReady', async () => ticker.start())
    // The server has stopped listening and answered what was under way; what an expired deadline left behind may still land.
    scope.addHook('onClose', async () => {
      await ticker.stop()
      try {
        await deadlines.race(appender.drain(), appendDeadlineMs, () => new AppError('log_unavailable', 'the log did not answer before the end'))
      } catch (thrown) {
        report.warn({ error: toAppError(thrown).message }, 'closing with an append under way')
      }
      await deadlines.close()
      metrics.flush()
    })
  }
}

/** Answers what Fastify refused before the handler ran, and what nobody expected. */
function answerError(receiver: Receiver, bodyBytes: number, report: IngestLog, error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return receiver.refuse(request, reply, 'body_too_large', tooLarge(bodyBytes).message)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return receiver.refuse(request, reply, 'media_type_unsupported', `The content type is none we read; send ${CONTENT_TYPES.join(', ')}.`)
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return receiver.refuse(request, reply, 'body_invalid', 'The body is not as long as Content-Length says.')
    default:
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return receiver.refuse(request, reply, 'bad_request', 'The request is not one we can read.')
  }
  report.warn({ error: error.message, stack: error.stack }, 'a webhook request failed in a way nobody named')
  receiver.refuse(request, reply, 'internal', 'Something failed on our side; send the delivery again.')
}
