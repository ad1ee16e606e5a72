/** Webhooks through the very route: who may speak, what is kept of it, and that strangers learn nothing. */
import { createHash, createHmac } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replyErrors } from '../../api/error-reply.ts'
import { readBodies } from '../../api/read-bodies.ts'
import { HOOK_LIMITS, hookRoutes } from '../../api/routes/hooks.ts'
import { connectwiseManage } from '../../connectors/connectwise-manage/index.ts'
import { ConnectorError, type CallContext, type HookReader, type TicketConnector } from '../../connectors/port.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import { desk } from '../../test/harness/desk-connector.ts'
import { openTicketHooks, type HookTarget } from './ticket-hooks.ts'

const KEY = 'k'.repeat(43)
const idOf = (body: Buffer): string => {
  try {
    return (JSON.parse(body.toString()) as { id: string }).id
  } catch (cause) {
    throw new ConnectorError('invalid', 'no JSON', { cause })
  }
}
const SECRET: HookReader = { proof: 'secret', read: async ({ body }) => [idOf(body)] }
const SIGNED: HookReader = {
  proof: 'signed',
  read: async ({ headers, body }, secret) => (headers['x-signature'] === createHmac('sha256', secret).update(body).digest('hex') ? [idOf(body)] : null),
}

let app: FastifyInstance
let clock: TestClock
let targets: Map<string, Partial<HookTarget>>
let hints: { connectionId: string; eventId: string; externalId: string }[]
let records: OutsideCall[]
let heard: number

beforeEach(async () => {
  clock = new TestClock()
  targets = new Map()
  hints = []
  records = []
  heard = 0
  const hooks = openTicketHooks({
    clock, record: async (call) => void records.push(call), heard: () => { heard += 1 }, counted: () => undefined,
    hints: { add: async (connectionId, _via, told) => hints.push(...told.map((one) => ({ connectionId, ...one }))) },
    find: async (id) => {
      const target = targets.get(id)
      return target === undefined ? null : { connectionId: id, companyId: null, enabled: true, hookKey: KEY, webhookSecret: null, context: () => ({}) as CallContext, connector: connector(SECRET), ...target }
    },
  })
  app = Fastify()
  replyErrors(app)
  readBodies(app)
  await hookRoutes(app, { clock, ticketSync: { hooks } })
  await app.ready()
})
afterEach(() => app.close())

function connector(hook: HookReader | null): TicketConnector {
  return { ...desk, hook }
}
const post = (url: string, body = '{"id":"7"}', headers: Record<string, string> = {}) => app.inject({ method: 'POST', url: `/api/hooks/${url}`, payload: body, headers: { 'content-type': 'application/json', ...headers } })

describe('a webhook with our key', () => {
  beforeEach(() => void targets.set('c1', {}))

  it.each([
    ['in the query', `desk/c1?key=${KEY}`, {}], ['in the path', `desk/c1.${KEY}`, {}], ['in a header', 'desk/c1', { 'x-aw-key': KEY }], ['as a bearer token', 'desk/c1', { authorization: `Bearer ${KEY}` }],
    ['as the password of basic authentication', 'desk/c1', { authorization: `Basic ${Buffer.from(`aw:${KEY}`).toString('base64')}` }],
  ])('%s is taken, kept as a hint and recorded without the key', async (_where, url, headers) => {
    const answer = await post(url, undefined, headers)
    expect([answer.statusCode, answer.json()]).toEqual([200, { taken: true }])
    expect(hints).toMatchObject([{ connectionId: 'c1', externalId: '7' }])
    expect(heard).toBe(1)
    expect(records).toMatchObject([{ direction: 'in', action: 'triggered', status: 'success', url: '/api/hooks/desk/c1', connectionId: 'c1', externalId: '7' }])
    expect(JSON.stringify(records)).not.toContain(KEY)
  })

  it('that says the same again at once is news, for many systems say the same of every change', async () => {
    for (let count = 0; count < 3; count += 1) await post(`desk/c1?key=${KEY}`)
    expect(new Set(hints.map(({ eventId }) => eventId)).size).toBe(3)
  })

  it('that nobody can read is said to be so, whatever its content type', async () => {
    expect((await post(`desk/c1?key=${KEY}`, '<html>', { 'content-type': 'text/html' })).statusCode).toBe(400)
    expect(records).toMatchObject([{ status: 'error', errorCode: 'invalid' }])
  })
})

describe('everybody else', () => {
  it('gets one answer, whatever is wrong, and leaves a line in a minute at most', async () => {
    targets.set('c1', {}).set('off', { enabled: false }).set('deaf', { connector: connector(null) }).set('signed', { connector: connector(SIGNED), webhookSecret: null })
    const asked = [`desk/c1?key=${KEY.slice(1)}`, 'desk/c1', 'desk/c1.', 'desk/c1?key=', `desk/none?key=${KEY}`, `other/c1?key=${KEY}`, `desk/off?key=${KEY}`, `desk/deaf?key=${KEY}`, `desk/signed?key=${KEY}`]
    const told = await Promise.all(asked.map((url) => post(url)))
    expect(new Set(told.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1)
    expect(told[0]!.statusCode).toBe(401)
    expect(hints).toEqual([])
    expect(records.filter(({ connectionId }) => connectionId === 'c1')).toMatchObject([{ status: 'error', httpStatus: 401 }])
  })

  it('is slowed down, address by address', async () => {
    targets.set('c1', {})
    for (let count = 0; count < HOOK_LIMITS.connection; count += 1) await post('desk/c1')
    const limited = await post(`desk/c1?key=${KEY}`)
    expect([limited.statusCode, limited.headers['retry-after']]).toEqual([429, expect.any(String)])
    clock.tick(60_000)
    expect((await post(`desk/c1?key=${KEY}`)).statusCode).toBe(200)
  })

  it('is not let post more than a webhook holds', async () => {
    targets.set('c1', {})
    expect((await post(`desk/c1?key=${KEY}`, `{"id":"${'7'.repeat(2 ** 20)}"}`)).statusCode).toBe(413)
    expect((await post(`desk/c1?key=${KEY}`, `{"id":"${'7'.repeat(5_000)}"}`)).statusCode).toBe(200)
    expect(hints).toEqual([])
  })
})

describe('a signed webhook', () => {
  it('is taken by its signature alone', async () => {
    targets.set('c1', { connector: connector(SIGNED), webhookSecret: 'shh' })
    const sign = (body: string): Record<string, string> => ({ 'x-signature': createHmac('sha256', 'shh').update(body).digest('hex') })
    expect((await post('desk/c1', '{"id":"7"}', sign('{"id":"7"}'))).statusCode).toBe(200)
    expect((await post('desk/c1', '{"id":"8"}', sign('{"id":"7"}'))).statusCode).toBe(401)
    expect(hints.map(({ externalId }) => externalId)).toEqual(['7'])
  })
})

describe('a callback of ConnectWise, whose key is looked up where it names it', () => {
  const body = JSON.stringify({ ID: 7, Type: 'ticket', MessageId: 'm1', Metadata: { key_url: 'https://api-na.myconnectwise.net/key' } })
  const signed = { 'x-content-signature': createHmac('sha256', createHash('sha256').update('theirs').digest()).update(body).digest('base64') }
  let looked: number

  beforeEach(() => {
    looked = 0
    const context = (): CallContext => ({
      signal: new AbortController().signal, nowMs: 0, isRepeat: false,
      connection: { id: 'c1', companyId: null, connector: 'connectwise-manage', environment: 'production', baseUrl: 'https://api-na.myconnectwise.net/v4_6_release/apis/3.0', auth: 'api_key', fields: {}, mapping: { status: {}, priority: {}, place: {} } }, cached: (_key, _ttlMs, load) => load(),
      http: { call: async () => ({ status: 200, headers: new Headers(), body: { signing_key: (looked += 1) > 0 ? 'theirs' : '' } }) },
    })
    targets.set('c1', { connector: { ...desk, hook: connectwiseManage.hook }, context })
  })

  it('is taken with our key and their signature, though no secret was agreed on', async () => {
    expect((await post(`desk/c1?key=${KEY}`, body, signed)).statusCode).toBe(200)
    expect(hints).toMatchObject([{ externalId: '7' }])
    expect((await post(`desk/c1?key=${KEY}`, body, { 'x-content-signature': 'AAAA' })).statusCode).toBe(401)
  })

  it('has strangers make us call nobody', async () => {
    targets.set('c1', { ...targets.get('c1'), webhookSecret: 'shh' })
    for (const headers of [signed, { 'x-content-signature': 'AAAA' }, {}]) expect((await post('desk/c1', body, headers)).statusCode).toBe(401)
    expect(looked).toBe(0)
    expect(hints).toEqual([])
  })
})
