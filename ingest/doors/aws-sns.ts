import { createVerify, type KeyObject } from 'node:crypto'
import type { Door, DoorRequest, DoorServices, DoorVerdict, HandshakeAnswer } from './door.ts'
import { CertificateCache, isSnsUrl } from './aws-sns-certificate.ts'

/** Longest time between publishing and the last attempt of SNS ("Amazon SNS message delivery retries": an HTTP policy ends after 3,600 s), and some slack. */
const AGE_MAX_MS = 65 * 60_000
/** How far the sender's clock may be ahead. */
const AHEAD_MAX_MS = 5 * 60_000

/** What is signed, in this order ("Verifying the signatures of Amazon SNS messages"); an absent field is left out. */
const SIGNED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
}

const ALGORITHMS: Readonly<Record<string, string>> = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' }

type Envelope = ReadonlyMap<string, string>

/**
 * The door of Amazon SNS. A signature proves that SNS sent the message, and from which topic, not that the topic is the company's: `signedFor` names it, and
 * the integration's settings say which are. Certificates come only from https hosts of SNS, and are kept with a limit.
 */
export class AwsSnsDoor implements Door {
  readonly id = 'aws-sns'
  readonly isIdSigned = true
  readonly #certificates = new CertificateCache()

  async verify(request: DoorRequest, services: DoorServices): Promise<DoorVerdict> {
    const envelope = readEnvelope(request)
    if (envelope === null) return isAnnounced(request) ? { invalid: 'the headers announce an SNS message, the body is none' } : 'absent'
    const signature = envelope.get('Signature')
    const algorithm = ALGORITHMS[envelope.get('SignatureVersion') ?? '']
    const fields = SIGNED_FIELDS[envelope.get('Type') ?? '']
    if (signature === undefined) return { invalid: 'the SNS message carries no signature' }
    if (algorithm === undefined) return { invalid: 'the signature version is neither 1 nor 2' }
    if (fields === undefined) return { invalid: 'the message type is none of SNS' }
    const age = ageFault(envelope.get('Timestamp') ?? '', services.clock.now())
    if (age !== null) return { invalid: age }
    const key = await this.#certificates.key(envelope.get('SigningCertURL') ?? '', services)
    if (!('key' in key)) return key
    return isSigned(envelope, fields, algorithm, signature, key.key) ? 'valid' : { invalid: 'the signature does not fit the message' }
  }

  /** Confirms a subscription whose message SNS signed, once per message; a goodbye is only answered, because its link would subscribe again. */
  async handshake(request: DoorRequest, services: DoorServices, verdict: DoorVerdict): Promise<HandshakeAnswer | null> {
    const envelope = verdict === 'valid' ? readEnvelope(request) : null
    const type = envelope?.get('Type')
    if (envelope === null || type === undefined || type === 'Notification') return null
    if (type === 'UnsubscribeConfirmation') return { statusCode: 200, body: { unsubscribed: true } }
    const url = confirmationUrl(envelope)
    if (url === null) return { statusCode: 400, body: { code: 'bad_request', message: 'SubscribeURL is not a confirmation link of this topic at SNS' } }
    const answer = await services.httpGet(url)
    if (answer.statusCode === 200) return { statusCode: 200, body: { subscribed: true, topic: envelope.get('TopicArn') ?? null } }
    return { statusCode: 400, body: { code: 'bad_request', message: `SNS refused the confirmation with status ${answer.statusCode}; request it again in the console` } }
  }

  /** Anybody with an account of AWS can have SNS sign a message to us: what tells them apart is the topic. */
  signedFor(request: DoorRequest): string {
    return readEnvelope(request)?.get('TopicArn') ?? ''
  }

  /** SNS repeats the MessageId on every attempt to deliver a message. */
  deliveryId(request: DoorRequest): string | null {
    return readEnvelope(request)?.get('MessageId') ?? null
  }
}

function isAnnounced({ headers }: DoorRequest): boolean {
  // With raw delivery the body is the message alone, and SNS signs nothing.
  return headers['x-amz-sns-message-type'] !== undefined && headers['x-amz-sns-rawdelivery'] !== 'true'
}

/** The texts of an SNS envelope; null when the body is no such object. */
function readEnvelope(request: DoorRequest): Envelope | null {
  const text = request.rawBody.toString('utf8')
  if (!text.includes('"TopicArn"')) return null
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    // Not JSON means not an envelope; whether the body is legal at all is the route's question.
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const texts = new Map(Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  return texts.has('Type') && texts.has('MessageId') && texts.has('TopicArn') ? texts : null
}

function ageFault(timestamp: string, nowMs: number): string | null {
  const atMs = /^\d{4}-\d\d-\d\dT[\d:.]{8,20}Z$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN
  if (Number.isNaN(atMs)) return 'the timestamp is not ISO 8601'
  if (nowMs - atMs > AGE_MAX_MS) return 'the message is older than SNS retries'
  return atMs - nowMs > AHEAD_MAX_MS ? 'the timestamp lies in the future' : null
}

function isSigned(envelope: Envelope, fields: readonly string[], algorithm: string, signature: string, key: KeyObject): boolean {
  const verifier = createVerify(algorithm)
  for (const field of fields) {
    const value = envelope.get(field)
    if (value !== undefined) verifier.update(`${field}\n${value}\n`)
  }
  return verifier.verify(key, signature, 'base64')
}

function confirmationUrl(envelope: Envelope): URL | null {
  const url = URL.parse(envelope.get('SubscribeURL') ?? '')
  if (url === null || !isSnsUrl(url)) return null
  const isConfirmation = url.searchParams.get('Action') === 'ConfirmSubscription' && url.searchParams.get('TopicArn') === envelope.get('TopicArn')
  return isConfirmation ? url : null
}
