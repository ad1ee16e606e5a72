import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Clock } from '../schemas/clock.ts'
import type { Codec } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { RawRecord } from '../schemas/records.ts'
import type { IngestCredential } from '../schemas/views.ts'
import type { Appender } from './appender.ts'
import { findApiKey } from './api-key.ts'
import { credentialOf, type AuthFailure } from './authenticate.ts'
import { inspect } from './body.ts'
import { deliveryIdFor, isSenderId, newDeliveryId, senderIdOf, SENDER_ID_MAX_CHARS, type Deliveries } from './deliveries.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import { keptHeaders } from './kept-headers.ts'
import type { CompanyLimiter } from './limiter.ts'
import type { Credentials, IngestLog, Metrics } from './ports.ts'
import { prove, type Proven, type ProofServices } from './proof.ts'
import { REFUSAL_STATUS, type RefusalCode, type RefusalCounts } from './refusals.ts'

/** The source of the endpoint that several tools share. */
export const GENERIC_SOURCE = 'generic'
const SOURCE = /^[a-z0-9-]{1,64}$/
const JSON_TYPE = 'application/json; charset=utf-8'
/** What a sender should wait when the log or a server behind it is down. */
const RETRY_AFTER_S = 2
const UNAUTHORIZED = 'The key, the signature or the timestamp is missing or wrong. The reason stands in the log of the server.'
const EMPTY = 'The body is empty; send one alert, or an array of alerts.'

/** What judging and taking a request needs. */
export interface ReceiverOptions extends ProofServices {
  readonly codec: Codec<RawRecord>
  readonly credentials: Credentials
  readonly clock: Clock
  readonly metrics: Metrics
  readonly report: IngestLog
  readonly refusals: RefusalCounts
  readonly appender: Appender
  readonly deliveries: Deliveries
  readonly limiter: CompanyLimiter
  readonly failures: FailureLimiter
}

/**
 * Judges and takes webhook requests. The key is judged before the body is read, so that strangers cannot make us hold bodies; then signature,
 * limit, body, delivery id, log. Handlers are fields, so that routes share them without a closure a request.
 */
export class Receiver {
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  readonly admitGeneric = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => this.#admit(GENERIC_SOURCE, request, reply, done)

  readonly admitSource = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const source = sourceOf(request)
    if (SOURCE.test(source)) this.#admit(source, request, reply, done)
    else this.refuse(request, reply, 'not_found', 'A source id has 1 to 64 of the characters a-z, 0-9 and -.')
  }

  readonly receiveGeneric = (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.#receive(GENERIC_SOURCE, request, reply)

  readonly receiveSource = (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.#receive(sourceOf(request), request, reply)

  /** Answers a refusal and counts it for the company that the key named, if any. */
  refuse(request: FastifyRequest, reply: FastifyReply, code: RefusalCode, message: string): void {
    const status = REFUSAL_STATUS[code]
    this.#options.refusals.add(request.ingestCredential?.companyId ?? null, status, code)
    if (status === 503) reply.header('retry-after', RETRY_AFTER_S)
    this.#answer(reply, status, JSON.stringify({ code, message }))
  }

  #answer(reply: FastifyReply, status: number, json: string): void {
    this.#options.metrics.inc('ingest_requests_total', String(status))
    void reply.code(status).header('content-type', JSON_TYPE).send(json)
  }

  #admit(source: string, request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
    const { credentials, clock } = this.#options
    const credential = credentialOf(findApiKey(request.headers, request.query), credentials, clock.now())
    if (typeof credential === 'string') return this.#unauthorized(request, reply, source, credential, null)
    request.ingestCredential = credential
    if (credential.source !== null && credential.source !== source) return this.#unauthorized(request, reply, source, 'source_mismatch', null)
    done()
  }

  async #receive(source: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { clock, credentials } = this.#options
    const { headers, body, ingestCredential: credential } = request
    if (credential === null) throw new AppError('internal', 'a request came to the handler before its key was judged')
    if (!Buffer.isBuffer(body)) return this.refuse(request, reply, 'body_invalid', EMPTY)
    const senderId = senderIdOf(headers)
    if (senderId !== null && !isSenderId(senderId)) {
      return this.refuse(request, reply, 'bad_request', `X-Delivery-ID (or webhook-id) must be 1 to ${SENDER_ID_MAX_CHARS} printable ASCII characters without spaces.`)
    }
    const nowMs = clock.now()
    const judged = prove({ credential, source, headers, body, senderId, nowMs }, this.#options)
    const outcome = judged instanceof Promise ? await judged : judged
    if (outcome.kind === 'unauthorized') return this.#unauthorized(request, reply, source, outcome.failure, outcome.detail)
    if (outcome.kind === 'refused') return this.refuse(request, reply, outcome.code, outcome.message)
    credentials.used(credential.keyId, nowMs)
    if (!this.#isWithinLimit(request, reply, credential, nowMs)) return
    if (outcome.handshake !== null) {
      const answer = await outcome.handshake()
      if (answer !== null && 'kind' in answer) return this.refuse(request, reply, answer.code, answer.message)
      if (answer !== null) return this.#answer(reply, answer.statusCode, JSON.stringify(answer.body))
    }
    return this.#take(source, credential, outcome, nowMs, request, reply)
  }

  #isWithinLimit(request: FastifyRequest, reply: FastifyReply, credential: IngestCredential, nowMs: number): boolean {
    const exceeded = this.#options.limiter.take(credential.companyId, credential, nowMs)
    if (exceeded === null) return true
    const { requestsPerMinute, burst } = credential
    reply.header('retry-after', exceeded.retryAfterS).header('ratelimit-limit', exceeded.limit).header('ratelimit-remaining', 0)
    reply.header('ratelimit-reset', exceeded.retryAfterS).header('ratelimit-policy', `${requestsPerMinute};w=60;burst=${burst}`)
    this.refuse(request, reply, 'rate_limited', `The company may send ${requestsPerMinute} requests a minute and ${burst} more at once. Try again after Retry-After, or send batches.`)
    return false
  }

  async #take(source: string, credential: IngestCredential, proven: Proven, nowMs: number, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { appender, codec, deliveries, metrics } = this.#options
    const { body, senderId } = proven
    const contentType = request.headers['content-type'] ?? ''
    const elements = inspect(body, contentType, source === GENERIC_SOURCE)
    if (typeof elements !== 'number') return this.refuse(request, reply, elements.code, elements.message)
    const { integrationId, companyId } = credential
    const deliveryId = senderId === null ? newDeliveryId() : deliveryIdFor(integrationId, senderId)
    const value = codec.encode({
      event: {
        type: 'delivery', deliveryId, companyId, integrationId, source, replayable: senderId !== null, elements,
        receivedAtMs: nowMs, contentType, headers: keptHeaders(request.headers), body,
      },
    })
    try {
      if (senderId === null) await appender.append(integrationId, value)
      else if (!(await deliveries.once(integrationId, deliveryId, () => appender.append(integrationId, value)))) {
        return this.#answer(reply, 200, `{"deliveryId":"${deliveryId}","duplicate":true}`)
      }
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.code !== 'log_unavailable') throw error
      return this.refuse(request, reply, 'log_unavailable', error.message)
    }
    const endpoint = source === GENERIC_SOURCE ? 'generic' : 'source'
    if (!proven.isSigned) metrics.inc('ingest_unsigned_total', endpoint)
    metrics.inc('ingest_alerts_accepted_total', endpoint, elements)
    this.#answer(reply, 202, `{"deliveryId":"${deliveryId}","accepted":${elements}}`)
  }

  /** One answer for every reason; an address that fails too often is told to wait, in a connection that ends. */
  #unauthorized(request: FastifyRequest, reply: FastifyReply, source: string, failure: AuthFailure, detail: string | null): void {
    const { clock, failures, metrics, report } = this.#options
    metrics.inc('ingest_auth_failures_total', failure)
    const waitS = failures.fail(request.ip, clock.now())
    if (waitS !== null) {
      reply.header('retry-after', waitS).header('connection', 'close')
      return this.refuse(request, reply, 'rate_limited', 'Too many requests of this address were refused. Mend the key or signature and try again after Retry-After.')
    }
    const credential = request.ingestCredential
    report.warn(
      { reason: failure, detail, source, address: request.ip, companyId: credential?.companyId, integrationId: credential?.integrationId, keyId: credential?.keyId },
      'a webhook request was refused with 401',
    )
    reply.header('www-authenticate', 'Bearer')
    this.refuse(request, reply, 'unauthorized', UNAUTHORIZED)
  }
}

function sourceOf(request: FastifyRequest): string {
  return (request.params as { source: string }).source
}
