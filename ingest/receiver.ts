import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Clock } from '../schemas/clock.ts'
import type { Codec } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { RawRecord } from '../schemas/records.ts'
import type { IngestCredential } from '../schemas/views.ts'
import type { Appender, Waiter } from './appender.ts'
import { findApiKey } from './api-key.ts'
import { credentialOf, type AuthFailure } from './authenticate.ts'
import { decompress, inspect } from './body.ts'
import { deliveryIdFor, isSenderId, newDeliveryId, senderIdOf, SENDER_ID_MAX_CHARS, type Deliveries } from './deliveries.ts'
import type { Answer, DropIn, DropInRequest, Question, Taken } from './drop-ins/drop-in.ts'
import { bodyKey } from './drop-ins/body-key.ts'
import { networkOf, type FailureLimiter } from './failure-limiter.ts'
import type { HeldBytes } from './held-bytes.ts'
import { keptHeaders } from './kept-headers.ts'
import type { CompanyLimiter } from './limiter.ts'
import type { Credentials, IngestLog, Metrics } from './ports.ts'
import { prove, type Outcome, type Proven, type ProofServices } from './proof.ts'
import { isAllowedAddress } from './proofs/networks.ts'
import { REFUSAL_STATUS, type RefusalCode, type RefusalCounts } from './refusals.ts'

/** The source of the endpoint that several tools share. */
export const GENERIC_SOURCE = 'generic'
const SOURCE = /^[a-z0-9-]{1,64}$/
const JSON_TYPE = 'application/json; charset=utf-8'
/** What a sender should wait when the log or a server behind it is down. */
const RETRY_AFTER_S = 2
const UNAUTHORIZED = 'The key, the signature or the timestamp is missing or wrong. The reason stands in the log of the server.'
const EMPTY = 'The body is empty; send one alert, or an array of alerts.'
/** A body whose key is not known yet is read to at most this, as sent and unpacked: the size PagerDuty itself allows. */
export const UNVOUCHED_BYTES = 524_288
/** Bodies up to this are not counted among those under way: connections bound them. */
const SMALL_BYTES = 65_536

type Endpoint = 'generic' | 'source'

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
  /** What bodies under way may hold: of companies, and of networks whose key is in the body. */
  readonly held: { readonly vouched: HeldBytes; readonly unvouched: HeldBytes }
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

  readonly receiveGeneric = (request: FastifyRequest, reply: FastifyReply): void => this.#receive(GENERIC_SOURCE, request, reply)

  readonly receiveSource = (request: FastifyRequest, reply: FastifyReply): void => this.#receive(sourceOf(request), request, reply)

  /** Answers a refusal and counts it for the company that the key named, if any. */
  refuse(request: FastifyRequest, reply: FastifyReply, code: RefusalCode, message: string): void {
    const status = REFUSAL_STATUS[code]
    this.#options.refusals.add(request.ingestCredential?.companyId ?? null, status, code)
    if (status === 503) reply.header('retry-after', RETRY_AFTER_S)
    const refusal = request.ingestDropIn?.refusal ?? null
    if (refusal === null) return this.#answer(reply, status, JSON.stringify({ code, message }))
    this.#tell(reply, refusal({ status, code, message, contentType: request.headers['content-type'] ?? '', deliveryId: newDeliveryId() }))
  }

  /** An answer in the form of another product. */
  #tell(reply: FastifyReply, answer: Answer): void {
    this.#options.metrics.inc('ingest_requests_total', String(answer.status))
    // As bytes, for Fastify would add a charset to a text, and the type shall be the client's own. Some give back a name from the request: no browser may see a page in it.
    void reply.code(answer.status).headers({ ...answer.headers, 'content-type': answer.contentType, 'x-content-type-options': 'nosniff' }).send(Buffer.from(answer.body))
  }

  #answer(reply: FastifyReply, status: number, json: string): void {
    this.#options.metrics.inc('ingest_requests_total', String(status))
    void reply.code(status).header('content-type', JSON_TYPE).send(json)
  }

  #admit(source: string, request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
    if (this.#isAdmitted(findApiKey(request.headers, request.query, request.params), source, request, reply) && this.#hasRoom(request, reply)) done()
  }

  /** Whether the body may be read now: small ones always, for the others there must be room. Answers where there is none. */
  #hasRoom(request: FastifyRequest, reply: FastifyReply): boolean {
    const { held, bodyBytes } = this.#options
    const bytes = announcedBytes(request.headers, bodyBytes)
    const companyId = request.ingestCredential?.companyId
    if (companyId !== undefined && bytes <= SMALL_BYTES) return true
    const giveBack = companyId === undefined ? held.unvouched.take(networkOf(request.ip), Math.min(bytes, UNVOUCHED_BYTES)) : held.vouched.take(companyId, bytes)
    if (giveBack === null) {
      reply.header('connection', 'close')
      this.refuse(request, reply, 'engine_unavailable', 'Too many large bodies are under way. Try again after Retry-After, or send smaller batches.')
      return false
    }
    reply.raw.once('close', giveBack)
    return true
  }

  /** Judges a key; answers where it is not good. */
  #isAdmitted(key: string | null, source: string, request: FastifyRequest, reply: FastifyReply): boolean {
    const { credentials, clock } = this.#options
    const credential = credentialOf(key, credentials, clock.now())
    if (typeof credential === 'string') {
      this.#unauthorized(request, reply, source, credential, null)
      return false
    }
    request.ingestCredential = credential
    const isAddressAllowed = isAllowedAddress(credential.authentication, request.ip)
    if (isAddressAllowed && (credential.source === null || credential.source === source)) return true
    this.#unauthorized(request, reply, source, isAddressAllowed ? 'source_mismatch' : 'address_refused', null)
    return false
  }

  /** Judges the key before the body where a header, the query or the path has one; where only the body can have it, lets the body be read first. */
  admitDropIn(dropIn: DropIn, request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
    request.ingestDropIn = dropIn
    const key = findApiKey(request.headers, request.query, request.params)
    if (((key === null && dropIn.hasKeyInBody === true) || this.#isAdmitted(key, dropIn.source, request, reply)) && this.#hasRoom(request, reply)) done()
  }

  receiveDropIn(dropIn: DropIn, request: FastifyRequest, reply: FastifyReply): void {
    if (request.ingestCredential !== null) return this.#receive(dropIn.source, request, reply)
    this.#settle(request, reply, this.#keyInBody(request).then((key) => {
      if (this.#isAdmitted(key, dropIn.source, request, reply)) this.#receive(dropIn.source, request, reply)
    }))
  }

  /** The key in a body that nobody vouches for yet; null where there is none that can be found within the limits. */
  async #keyInBody({ body, headers }: FastifyRequest): Promise<string | null> {
    if (!Buffer.isBuffer(body)) return null
    const { credentials, clock, bodyBytes } = this.#options
    const plain = await decompress(body, headers['content-encoding'] ?? 'identity', Math.min(bodyBytes, UNVOUCHED_BYTES))
    return Buffer.isBuffer(plain) ? bodyKey(plain, (key) => typeof credentialOf(key, credentials, clock.now()) !== 'string') : null
  }

  /** Answers what only asks. */
  answerQuestion(question: Question, startedAtMs: number, request: FastifyRequest, reply: FastifyReply): void {
    request.ingestDropIn = question
    const { clock, credentials } = this.#options
    const nowMs = clock.now()
    if (question.needsKey) {
      if (!this.#isAdmitted(findApiKey(request.headers, request.query, request.params), question.source, request, reply)) return
      const credential = request.ingestCredential
      if (credential === null || !this.#isWithinLimit(request, reply, credential, nowMs, 0)) return
      credentials.used(credential.keyId, nowMs)
    }
    this.#tell(reply, question.answer(dropInRequest(request, NO_BODY, newDeliveryId()), { nowMs, startedAtMs }))
  }

  #receive(source: string, request: FastifyRequest, reply: FastifyReply): void {
    const { headers, ingestCredential: credential } = request
    // A drop-in says itself what an empty body means.
    const body = request.ingestDropIn !== null && request.body === undefined ? NO_BODY : request.body
    if (credential === null) throw new AppError('internal', 'a request came to the handler before its key was judged')
    if (!Buffer.isBuffer(body)) return this.refuse(request, reply, 'body_invalid', EMPTY)
    const senderId = senderIdOf(headers)
    if (senderId !== null && !isSenderId(senderId)) {
      return this.refuse(request, reply, 'bad_request', `X-Delivery-ID (or webhook-id) must be 1 to ${SENDER_ID_MAX_CHARS} printable ASCII characters without spaces.`)
    }
    const nowMs = this.#options.clock.now()
    const judged = prove({ credential, source, headers, body, senderId, nowMs }, this.#options)
    if (judged instanceof Promise) this.#settle(request, reply, judged.then((outcome) => this.#admitted(source, credential, outcome, nowMs, request, reply)))
    else this.#admitted(source, credential, judged, nowMs, request, reply)
  }

  /** Judged: answers a refusal, else goes on to limit, handshake and log. */
  #admitted(source: string, credential: IngestCredential, outcome: Outcome, nowMs: number, request: FastifyRequest, reply: FastifyReply): void {
    if (outcome.kind === 'unauthorized') return this.#unauthorized(request, reply, source, outcome.failure, outcome.detail)
    if (outcome.kind === 'refused') return this.refuse(request, reply, outcome.code, outcome.message)
    this.#options.credentials.used(credential.keyId, nowMs)
    if (!this.#isWithinLimit(request, reply, credential, nowMs, outcome.body.length)) return
    if (outcome.handshake === null) return this.#take(source, credential, outcome, nowMs, request, reply)
    this.#settle(request, reply, outcome.handshake().then((answer) => {
      if (answer === null) this.#take(source, credential, outcome, nowMs, request, reply)
      else if ('kind' in answer) this.refuse(request, reply, answer.code, answer.message)
      else this.#answer(reply, answer.statusCode, JSON.stringify(answer.body))
    }))
  }

  /** The way out of everything asynchronous: what nobody expected goes to Fastify's error handler. */
  #settle(request: FastifyRequest, reply: FastifyReply, work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      const error = toAppError(thrown)
      if (error.code === 'log_unavailable') this.refuse(request, reply, 'log_unavailable', error.message)
      else void reply.send(error)
    })
  }

  #isWithinLimit(request: FastifyRequest, reply: FastifyReply, credential: IngestCredential, nowMs: number, bytes: number): boolean {
    const exceeded = this.#options.limiter.take(credential.companyId, credential, nowMs, bytes)
    if (exceeded === null) return true
    const { requestsPerMinute, burst } = credential
    reply.header('retry-after', exceeded.retryAfterS).header('ratelimit-limit', exceeded.limit).header('ratelimit-remaining', 0)
    reply.header('ratelimit-reset', exceeded.retryAfterS).header('ratelimit-policy', `${requestsPerMinute};w=60;burst=${burst}`)
    this.refuse(request, reply, 'rate_limited', `The company may send ${requestsPerMinute} requests a minute and ${burst} more at once; each 64 KiB begun count as one. Try again after Retry-After, or send batches.`)
    return false
  }

  #take(source: string, credential: IngestCredential, proven: Proven, nowMs: number, request: FastifyRequest, reply: FastifyReply): void {
    const { appender, codec, deliveries } = this.#options
    const { senderId } = proven
    const { integrationId, companyId } = credential
    const deliveryId = senderId === null ? newDeliveryId() : deliveryIdFor(integrationId, senderId)
    const isGeneric = source === GENERIC_SOURCE
    const dropIn = request.ingestDropIn
    const taken = dropIn !== null && 'take' in dropIn ? dropIn.take(dropInRequest(request, proven.body, deliveryId)) : null
    if (taken !== null && 'code' in taken) return this.refuse(request, reply, taken.code, taken.message)
    const body = taken?.body ?? proven.body
    const contentType = taken?.contentType ?? request.headers['content-type'] ?? ''
    const elements = taken === null ? inspect(body, contentType, isGeneric) : 1
    if (typeof elements !== 'number') return this.refuse(request, reply, elements.code, elements.message)
    const value = codec.encode({
      event: {
        type: 'delivery', deliveryId, companyId, integrationId, source, replayable: senderId !== null, elements,
        receivedAtMs: nowMs, contentType, headers: keptHeaders(request.headers, credential.authentication.staticHeader), body, replay: null,
      },
    })
    const answering = new Answering(this, request, reply, isGeneric ? 'generic' : 'source', deliveryId, elements, proven.isSigned, taken)
    if (senderId === null) return appender.append(integrationId, value, answering)
    this.#settle(request, reply, deliveries.once(integrationId, deliveryId, () => appended(appender, integrationId, value)).then((isNew) => {
      if (isNew) answering.appended()
      else if (taken?.answer != null) this.#tell(reply, withReceipt(taken.answer, deliveryId))
      else this.#answer(reply, 200, `{"deliveryId":"${deliveryId}","duplicate":true}`)
    }))
  }

  /** Answers a delivery that is durable. */
  accept(reply: FastifyReply, endpoint: Endpoint, deliveryId: string, elements: number, isSigned: boolean, taken: Taken | null): void {
    const { metrics } = this.#options
    if (!isSigned) metrics.inc('ingest_unsigned_total', endpoint)
    metrics.inc('ingest_alerts_accepted_total', endpoint, elements)
    if (taken?.answer != null) this.#tell(reply, withReceipt(taken.answer, deliveryId))
    else this.#answer(reply, taken?.status ?? 202, `{"deliveryId":"${deliveryId}","accepted":${elements}}`)
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

/** A delivery on its way to the log, and whom to answer. */
class Answering implements Waiter {
  readonly #receiver: Receiver
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #endpoint: Endpoint
  readonly #deliveryId: string
  readonly #elements: number
  readonly #isSigned: boolean
  readonly #taken: Taken | null

  constructor(receiver: Receiver, request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint, deliveryId: string, elements: number, isSigned: boolean, taken: Taken | null) {
    this.#receiver = receiver
    this.#request = request
    this.#reply = reply
    this.#endpoint = endpoint
    this.#deliveryId = deliveryId
    this.#elements = elements
    this.#isSigned = isSigned
    this.#taken = taken
  }

  appended(): void {
    this.#receiver.accept(this.#reply, this.#endpoint, this.#deliveryId, this.#elements, this.#isSigned, this.#taken)
  }

  refused(error: AppError): void {
    this.#receiver.refuse(this.#request, this.#reply, 'log_unavailable', error.message)
  }
}

/** An append as a promise, for deliveries that others may wait for. */
function appended(appender: Appender, key: string, value: Buffer): Promise<void> {
  return new Promise((resolve, reject) => appender.append(key, value, { appended: resolve, refused: reject }))
}

/** Another product's answer says nothing of our delivery; a header does, for whoever looks for its receipt. */
function withReceipt(answer: Answer, deliveryId: string): Answer {
  return { ...answer, headers: { ...answer.headers, 'x-delivery-id': deliveryId } }
}

const NO_BODY = Buffer.alloc(0)

/** Bytes of a body as its head announces them; the most there may be where it does not say. */
function announcedBytes(headers: IncomingHttpHeaders, bodyBytes: number): number {
  const length = headers['content-length']
  if (length !== undefined) return Math.min(Number(length), bodyBytes)
  return headers['transfer-encoding'] === undefined ? 0 : bodyBytes
}

function dropInRequest(request: FastifyRequest, body: Buffer, deliveryId: string): DropInRequest {
  const { method, headers } = request
  return { method, headers, body, deliveryId, params: request.params as Record<string, string>, query: request.query as Record<string, unknown>, contentType: headers['content-type'] ?? '' }
}

function sourceOf(request: FastifyRequest): string {
  return (request.params as { source: string }).source
}
