import { afterEach, describe, expect, test } from 'vitest'
import { AppError } from '../schemas/errors.ts'
import type { Door, DoorRequest, DoorVerdict, HandshakeAnswer } from './doors/door.ts'
import { NO_AUTHENTICATION } from '../schemas/authentication.ts'
import type { IngestCredential } from '../schemas/views.ts'
import { createHmac } from 'node:crypto'
import { credential, JSON_HEADERS, makeEdge, SECRET, signed, type Edge } from './testing/edge.ts'

const OLD_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const VENDOR_SECRET = 'shared with the vendor'
let edge: Edge
afterEach(() => edge.app.close())

/** A vendor that signs by writing a word in a header. */
class FakeDoor implements Door {
  readonly id = 'fake'
  readonly asked: DoorRequest[] = []
  verdict: (request: DoorRequest) => Promise<DoorVerdict> = ({ headers }) => Promise.resolve(headers['x-fake'] === undefined ? 'absent' : headers['x-fake'] === 'right' ? 'valid' : { invalid: 'not the word' })
  answer: HandshakeAnswer | null = null
  verdicts: DoorVerdict[] = []

  verify(request: DoorRequest): Promise<DoorVerdict> {
    this.asked.push(request)
    return this.verdict(request)
  }

  handshake(_request: DoorRequest, _services: unknown, verdict: DoorVerdict): Promise<HandshakeAnswer | null> {
    this.verdicts.push(verdict)
    return Promise.resolve(this.answer)
  }

  isIdSigned?: true
  signedFor?: (request: DoorRequest) => string

  deliveryId({ headers }: DoorRequest): string | null {
    return headers['x-fake-id'] ?? null
  }
}

async function open(requireHmac: boolean, key: Partial<IngestCredential> = {}): Promise<FakeDoor> {
  const door = new FakeDoor()
  edge = await makeEdge({ keys: [credential({ requireHmac, hmacSecrets: [SECRET, OLD_SECRET], vendorSecrets: requireHmac ? [VENDOR_SECRET] : [], ...key })], doorOf: (source) => (source === 'fake' ? door : undefined), httpGet: () => Promise.reject(new Error('no network')) })
  return door
}
const post = async (headers: Record<string, string>, source = 'fake'): Promise<number> => (await edge.app.inject({ method: 'POST', url: `/api/webhooks/${source}`, headers: { ...JSON_HEADERS, ...headers }, payload: '{}' })).statusCode

describe('a source with a door', () => {
  test.each([
    [true, {}, 401], [true, { 'x-fake': 'right' }, 202], [true, { 'x-fake': 'wrong' }, 401],
    [false, {}, 202], [false, { 'x-fake': 'right' }, 202], [false, { 'x-fake': 'wrong' }, 401],
  ])('where a signature is required: %s, with %j is answered %d', async (requireHmac, headers, statusCode) => {
    await open(requireHmac)
    expect(await post(headers as Record<string, string>)).toBe(statusCode)
  })

  test('is not asked where our own signature stands, right or wrong', async () => {
    const door = await open(true)
    expect(await post(signed('{}', edge.clock.now()))).toBe(202)
    expect(await post({ ...signed('x', edge.clock.now()), 'x-fake': 'right' })).toBe(401)
    expect(door.asked).toEqual([])
  })

  test('is handed every live secret, the vendor’s and ours', async () => {
    const door = await open(true)
    expect(await post({ 'x-fake': 'right' })).toBe(202)
    expect(door.asked).toMatchObject([{ hmacSecrets: [SECRET, OLD_SECRET], vendorSecrets: [VENDOR_SECRET] }])
  })

  test('may answer a handshake instead of us, and then nothing goes to the log', async () => {
    const door = await open(true)
    door.answer = { statusCode: 200, body: { confirmed: true } }
    expect(await post({ 'x-fake': 'right' })).toBe(200)
    expect(door.verdicts).toEqual(['valid'])
    expect(edge.log.landed).toEqual([])
  })

  test('never shakes hands with whoever is not proven', async () => {
    const door = await open(true)
    door.answer = { statusCode: 200, body: {} }
    expect(await post({ 'x-fake': 'wrong' })).toBe(401)
    expect(door.verdicts).toEqual([])
  })

  test('names the delivery where the sender does not', async () => {
    await open(false)
    const vendor = { 'x-fake': 'right', 'x-fake-id': 'a' }
    expect([await post(vendor), await post(vendor), await post({ ...vendor, 'x-delivery-id': 'b' })]).toEqual([202, 200, 202])
  })

  test('names no delivery that the vendor did not sign', async () => {
    await open(false)
    const ours = (): Record<string, string> => ({ ...signed('{}', edge.clock.now()), 'x-fake-id': 'a' })
    expect([await post({ 'x-fake-id': 'a' }), await post({ 'x-fake-id': 'a' }), await post(ours()), await post(ours())]).toEqual([202, 202, 202, 202])
  })

  test('that cannot reach its vendor asks the sender to come again', async () => {
    const door = await open(true)
    door.verdict = () => Promise.reject(new AppError('engine_unavailable', 'the certificate host does not answer'))
    const answer = await edge.app.inject({ method: 'POST', url: '/api/webhooks/fake', headers: JSON_HEADERS, payload: '{}' })
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
    expect(answer.json()).toMatchObject({ code: 'engine_unavailable' })
  })

  test('does not stand before other sources', async () => {
    const door = await open(true)
    expect(await post({ 'x-fake': 'right' }, 'other')).toBe(401)
    expect(door.asked).toEqual([])
  })
})

describe('a vendor that signs for everybody alike', () => {
  const mine = 'arn:aws:sns:eu-west-1:123456789012:alarms'
  const openFor = async (key: Partial<IngestCredential>): Promise<FakeDoor> => {
    const door = await open(true, { vendorSecrets: [], ...key })
    door.signedFor = ({ headers }) => headers['x-fake-topic'] ?? ''
    return door
  }
  const sent = { 'x-fake': 'right', 'x-fake-topic': mine }

  test('proves nothing to a key that is good for any source: whoever found the key could have it sign', async () => {
    const door = await openFor({ source: null })
    door.answer = { statusCode: 200, body: { confirmed: true } }
    expect(await post(sent)).toBe(401)
    expect(edge.report.lines.join()).toContain('snsTopics')
    expect(door.verdicts).toEqual([])
  })

  test('proves a sender to an integration that is bound to the source', async () => {
    await openFor({ source: 'fake' })
    expect(await post(sent)).toBe(202)
  })

  test.each([[['123456789012'], 202], [[mine], 202], [['210987654321'], 401], [[`${mine}-other`], 401]] as const)('with topics %j is answered %d', async (snsTopics, status) => {
    await openFor({ source: null, authentication: { ...NO_AUTHENTICATION, snsTopics } })
    expect(await post(sent)).toBe(status)
  })

  test('is asked for where topics are named, though no signature else is required', async () => {
    await openFor({ source: 'fake', requireHmac: false, authentication: { ...NO_AUTHENTICATION, snsTopics: [mine] } })
    expect([await post({}), await post(sent), await post({ ...sent, 'x-fake-topic': 'arn:aws:sns:eu-west-1:210987654321:alarms' })]).toEqual([401, 202, 401])
  })
})

describe('a copy of a signed request under another delivery id', () => {
  test('counts once where the vendor signs the id', async () => {
    const door = await open(false)
    door.isIdSigned = true
    const vendor = { 'x-fake': 'right', 'x-fake-id': 'a' }
    expect([await post(vendor), await post({ ...vendor, 'x-delivery-id': 'b' }), await post({ ...vendor, 'x-fake-id': 'c' })]).toEqual([202, 200, 202])
  })

  test.each([['fake'], ['other']])('counts once with Standard Webhooks, which sign theirs: %s', async (source) => {
    await open(true)
    const timestamp = String(Math.floor(edge.clock.now() / 1_000))
    const signature = (id: string): string => createHmac('sha256', Buffer.from(SECRET.slice('whsec_'.length), 'base64')).update(`${id}.${timestamp}.{}`).digest('base64')
    const copy = (id: string, more: Record<string, string> = {}): Promise<number> => post({ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature(id)}`, ...more }, source)
    expect([await copy('msg_1'), await copy('msg_1', { 'x-delivery-id': 'made-up' }), await copy('msg_2', { 'x-delivery-id': 'made-up' })]).toEqual([202, 200, 202])
  })
})
