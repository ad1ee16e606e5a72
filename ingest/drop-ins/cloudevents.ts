/**
 * CloudEvents 1.0 over HTTP ("HTTP Protocol Binding", "HTTP 1.1 Web Hooks"): structured and batched events are bodies of their own types; of a binary
 * one the attributes are `ce-` headers, kept beside the body. Binary data of a type we cannot read is wrapped, so that the event still counts.
 */
import { isJson } from '../body.ts'
import { JSON_TYPE, type Answer, type DropIn, type DropInRequest, type Question } from './drop-in.ts'
import { readJson } from './read-object.ts'

const SOURCE = 'cloudevents'
const PATH = `/api/webhooks/${SOURCE}`
/** Requests a minute a sender may be promised. */
const RATE_MAX = 1_000
/** A DNS name, perhaps with a port, or `*`, as WebHook-Request-Origin may be. */
const ORIGIN = /^(\*|[A-Za-z0-9.-]{1,253}(:\d{1,5})?)$/

/** `POST /api/webhooks/cloudevents`. */
export const CLOUDEVENTS: readonly DropIn[] = [{
  methods: ['POST'], path: PATH, source: SOURCE, refusal: null,
  take: ({ body, contentType, headers }) => {
    const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
    const isBinary = headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined
    if (isJson(mediaType) || (mediaType === '' && !isBinary)) {
      if (isBinary && body.length === 0) return { body: Buffer.from('null'), contentType: JSON_TYPE, answer: null }
      const read = readJson(body)
      return 'fault' in read ? read.fault : { body, contentType: mediaType === '' ? JSON_TYPE : contentType, answer: null }
    }
    if (!isBinary) return { code: 'media_type_unsupported', message: 'A CloudEvent comes as application/cloudevents+json, application/cloudevents-batch+json, or with ce- headers.' }
    if (body.length === 0) return { body: Buffer.from('null'), contentType: JSON_TYPE, answer: null }
    if (mediaType.startsWith('text/') || mediaType === 'application/xml' || mediaType === 'application/x-www-form-urlencoded') return { body, contentType, answer: null }
    return { body: Buffer.from(JSON.stringify({ data_base64: body.toString('base64') })), contentType: JSON_TYPE, answer: null }
  },
}]

/** The handshake before a sender's first event. It opens nothing, so it needs no key: each event does. */
export const CLOUDEVENTS_QUESTIONS: readonly Question[] = [{ methods: ['OPTIONS'], path: PATH, source: SOURCE, needsKey: false, answer: handshake, refusal: null }]

function handshake({ headers }: DropInRequest): Answer {
  const origin = headers['webhook-request-origin']
  const allow = { allow: 'POST, OPTIONS' }
  if (typeof origin !== 'string' || !ORIGIN.test(origin)) return { status: 200, contentType: JSON_TYPE, body: '', headers: allow }
  const asked = headers['webhook-request-rate']
  const rate = typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? { 'webhook-allowed-rate': String(Math.min(Number(asked), RATE_MAX)) } : {}
  return { status: 200, contentType: JSON_TYPE, body: '', headers: { ...allow, 'webhook-allowed-origin': origin, ...rate } }
}
