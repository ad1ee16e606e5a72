import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TICK_INTERVAL_MS } from '../schemas/topics.ts'
import { Webhook } from 'standardwebhooks'
import { credential, JSON_HEADERS, KEY, makeEdge, SECRET, signed, until, type Edge } from './testing/edge.ts'

const BODY = '{"asset_name":"web-1","signature":"disk full","severity":"critical","message":"91 %","tool_source":"Datadog"}'
let edge: Edge

beforeEach(async () => {
  edge = await makeEdge()
})
afterEach(() => edge.app.close())

interface Answer { statusCode: number; body: Record<string, unknown>; headers: Record<string, unknown> }

async function post(path: string, headers: Record<string, string>, payload: string | Buffer = BODY): Promise<Answer> {
  const answer = await edge.app.inject({ method: 'POST', url: path, headers, payload })
  return { statusCode: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown>, headers: answer.headers }
}
const alerts = (headers: Record<string, string>, payload?: string | Buffer): Promise<Answer> => post('/api/webhooks/alerts', headers, payload)

async function remake(change: Parameters<typeof makeEdge>[0]): Promise<void> {
  await edge.app.close()
  edge = await makeEdge(change)
}

describe('an accepted delivery', () => {
  test('is answered 202 with its id and lies on the log as it came', async () => {
    const answer = await alerts({ ...JSON_HEADERS, 'user-agent': 'curl/8' })
    expect(answer).toMatchObject({ statusCode: 202, body: { accepted: 1 } })
    expect(edge.deliveries()).toEqual([{
      type: 'delivery', deliveryId: answer.body.deliveryId, companyId: 'com-1', integrationId: 'int-1', source: 'generic', replayable: false, elements: 1,
      receivedAtMs: edge.clock.now(), contentType: 'application/json', headers: { 'user-agent': 'curl/8' }, body: Buffer.from(BODY), replay: null,
    }])
    expect(edge.log.landed[0]).toMatchObject({ topic: 'alerts.raw.v1', key: 'int-1' })
  })

  test.each([['[]', 0], ['[{},{},{}]', 3], [BODY, 1]])('of %s counts its elements', async (body, accepted) => {
    expect(await alerts(JSON_HEADERS, body)).toMatchObject({ statusCode: 202, body: { accepted } })
  })

  test('of a vendor is one, and carries the source of its path', async () => {
    expect(await post('/api/webhooks/zabbix', JSON_HEADERS, '[{},{}]')).toMatchObject({ statusCode: 202, body: { accepted: 1 } })
    expect(edge.deliveries()[0]).toMatchObject({ source: 'zabbix', elements: 1 })
  })

  test.each(['text/plain; charset=UTF-8', 'application/x-www-form-urlencoded', 'application/cloudevents+json; charset=utf-8', 'text/xml', 'application/json;charset=UTF-8'])('may be %s', async (contentType) => {
    expect((await post('/api/webhooks/uptimerobot', { ...JSON_HEADERS, 'content-type': contentType })).statusCode).toBe(202)
    expect(edge.deliveries()[0]).toMatchObject({ contentType })
  })

  test('may be packed, and is unpacked on the log', async () => {
    expect((await alerts({ ...JSON_HEADERS, 'content-encoding': 'gzip' }, gzipSync(BODY))).statusCode).toBe(202)
    expect(edge.deliveries()[0]?.body.toString()).toBe(BODY)
  })

  test('is answered only when the log has it', async () => {
    edge.log.mode = 'waits'
    let isAnswered = false
    const answer = alerts(JSON_HEADERS).finally(() => (isAnswered = true))
    await until(() => edge.log.waiting === 1)
    for (let turn = 0; turn < 20; turn++) await until(() => true)
    expect(isAnswered).toBe(false)
    edge.log.release()
    expect((await answer).statusCode).toBe(202)
  })
})

describe('the key', () => {
  const bare = { 'content-type': 'application/json' }
  test.each([
    ['X-API-Key', '/api/webhooks/alerts', { 'x-api-key': KEY }],
    ['a bearer token', '/api/webhooks/alerts', { authorization: `Bearer ${KEY}` }],
    ['the basic-auth password', '/api/webhooks/alerts', { authorization: `Basic ${Buffer.from(`any:${KEY}`).toString('base64')}` }],
    ['the query', `/api/webhooks/alerts?api_key=${KEY}`, {}],
  ])('may stand in %s', async (_place, path, headers) => {
    expect((await post(path, { ...bare, ...headers })).statusCode).toBe(202)
  })

  test('of an integration bound to a source opens no other', async () => {
    await remake({ keys: [credential({ source: 'zabbix' })] })
    expect((await post('/api/webhooks/zabbix', JSON_HEADERS)).statusCode).toBe(202)
    expect((await post('/api/webhooks/datadog', JSON_HEADERS)).statusCode).toBe(401)
    expect((await alerts(JSON_HEADERS)).statusCode).toBe(401)
  })
})

describe('whoever is not who they say', () => {
  const required = { keys: [credential({ requireHmac: true }), credential({ key: 'aw_old', keyId: 'key-0', expiresAtMs: 5 })] }
  const cases: [string, () => Record<string, string>][] = [
    ['key_missing', () => ({ 'content-type': 'application/json' })],
    ['key_unknown', () => ({ ...JSON_HEADERS, 'x-api-key': 'aw_guess' })],
    ['key_expired', () => ({ ...JSON_HEADERS, 'x-api-key': 'aw_old' })],
    ['signature_missing', () => JSON_HEADERS],
    ['signature_wrong', () => ({ ...JSON_HEADERS, ...signed('{}', edge.clock.now()) })],
    ['timestamp_outside_tolerance', () => ({ ...JSON_HEADERS, ...signed(BODY, edge.clock.now() - 400_000) })],
    ['timestamp_missing', () => ({ ...JSON_HEADERS, 'x-signature': signed(BODY, edge.clock.now())['x-signature'] ?? '' })],
    ['delivery_id_missing', () => ({ ...JSON_HEADERS, 'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}` })],
  ]

  test('gets one answer, whatever the reason', async () => {
    await remake(required)
    const answers = []
    for (const [, headers] of cases) answers.push(await alerts(headers()))
    for (const answer of answers) {
      expect(answer.statusCode).toBe(401)
      expect(answer.body).toEqual(answers[0]?.body)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
    expect(edge.log.landed).toEqual([])
  })

  test.each(cases)('%s stands in the log and in a counter, without key or secret', async (reason, headers) => {
    await remake(required)
    await alerts(headers())
    expect(edge.report.lines).toHaveLength(1)
    expect(edge.report.lines[0]).toContain(reason)
    expect(edge.report.lines[0]).not.toMatch(/aw_|whsec_|sha256=/)
    await edge.app.close()
    expect(edge.metrics.counts[`ingest_auth_failures_total ${reason}`]).toBe(1)
  })

  test('is refused with a wrong signature even where none is required', async () => {
    expect((await alerts({ ...JSON_HEADERS, ...signed('{}', edge.clock.now()) })).statusCode).toBe(401)
  })

  test('is told to wait after too many failures, while good keys of the same address pass', async () => {
    await remake({ authFailuresPerMinute: 3 })
    const statuses = []
    for (let index = 0; index < 5; index++) statuses.push((await alerts({ ...JSON_HEADERS, 'x-api-key': `aw_${index}` })).statusCode)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    expect((await alerts(JSON_HEADERS)).statusCode).toBe(202)
  })
})

describe('a signature', () => {
  beforeEach(() => remake({ keys: [credential({ requireHmac: true })] }))

  test('of ours, of Standard Webhooks and of GitHub’s kind with a delivery id is accepted', async () => {
    const now = new Date(edge.clock.now())
    const standard = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(now.getTime() / 1000), 'webhook-signature': new Webhook(SECRET).sign('msg_1', now, BODY) }
    const hub = { 'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`, 'x-github-delivery': 'd-1' }
    for (const headers of [signed(BODY, now.getTime()), standard, hub]) expect((await alerts({ ...JSON_HEADERS, ...headers })).statusCode).toBe(202)
  })

  test('counts over a packed body as sent, and over what it unpacks to', async () => {
    const packed = gzipSync(BODY)
    for (const what of [packed, BODY]) {
      expect((await alerts({ ...JSON_HEADERS, 'content-encoding': 'gzip', ...signed(what, edge.clock.now()) }, packed)).statusCode).toBe(202)
    }
    expect((await alerts({ ...JSON_HEADERS, 'content-encoding': 'gzip', ...signed('{}', edge.clock.now()) }, packed)).statusCode).toBe(401)
  })
})

describe('a body that cannot be taken', () => {
  test.each([
    ['broken JSON', 400, 'body_invalid', JSON_HEADERS, '{"a":'],
    ['no body', 400, 'body_invalid', { 'x-api-key': KEY }, ''],
    ['an empty body', 400, 'body_invalid', JSON_HEADERS, ''],
    ['an unknown type', 415, 'media_type_unsupported', { ...JSON_HEADERS, 'content-type': 'image/png' }, 'x'],
    ['a type that is none', 415, 'media_type_unsupported', { ...JSON_HEADERS, 'content-type': 'nonsense' }, 'x'],
    ['an unknown encoding', 415, 'media_type_unsupported', { ...JSON_HEADERS, 'content-encoding': 'zstd' }, '{}'],
    ['a broken archive', 400, 'body_invalid', { ...JSON_HEADERS, 'content-encoding': 'gzip' }, '{}'],
    ['a large body', 413, 'body_too_large', JSON_HEADERS, `"${'a'.repeat(1_048_576)}"`],
    ['a bomb', 413, 'body_too_large', { ...JSON_HEADERS, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(5_000_000))],
    ['an endless delivery id', 400, 'bad_request', { ...JSON_HEADERS, 'x-delivery-id': 'a'.repeat(300) }, '{}'],
  ])('%s is answered %d', async (_what, statusCode, code, headers, payload) => {
    const answer = await alerts(headers, payload)
    expect(answer).toMatchObject({ statusCode, body: { code } })
    expect(Object.keys(answer.body)).toEqual(['code', 'message'])
    expect(edge.log.appends).toEqual([])
  })

  test('names the types it could have been', async () => {
    expect((await alerts({ ...JSON_HEADERS, 'content-type': 'image/png' })).body.message).toContain('application/json, application/*+json, text/plain, application/x-www-form-urlencoded')
  })

  test('a source id that is none is not found', async () => {
    for (const source of ['Zabbix', 'a_b', '%00', 'a'.repeat(65)]) expect((await post(`/api/webhooks/${source}`, JSON_HEADERS)).statusCode).toBe(404)
  })
})

describe('a named delivery', () => {
  const named = { ...JSON_HEADERS, 'x-delivery-id': 'order-66' }

  test('is taken once and then known', async () => {
    const first = await alerts(named)
    expect(first).toMatchObject({ statusCode: 202, body: { accepted: 1 } })
    expect(await alerts(named)).toMatchObject({ statusCode: 200, body: { deliveryId: first.body.deliveryId, duplicate: true } })
    expect(edge.deliveries()).toMatchObject([{ replayable: true }])
  })

  test('is another delivery in another integration', async () => {
    await remake({ keys: [credential(), credential({ key: 'aw_2', keyId: 'key-2', integrationId: 'int-2' })] })
    const [a, b] = [await alerts(named), await alerts({ ...named, 'x-api-key': 'aw_2' })]
    expect([a.statusCode, b.statusCode]).toEqual([202, 202])
    expect(a.body.deliveryId).not.toBe(b.body.deliveryId)
  })

  test('has twins that wait for the first', async () => {
    edge.log.mode = 'waits'
    const answers = [alerts(named), alerts(named), alerts(named)]
    await until(() => edge.log.waiting === 1)
    edge.log.release()
    expect((await Promise.all(answers)).map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 202])
    expect(edge.deliveries()).toHaveLength(1)
  })

  test('that failed is not remembered', async () => {
    edge.log.mode = 'fails'
    expect((await alerts(named)).statusCode).toBe(503)
    edge.log.mode = 'lands'
    expect((await alerts(named)).statusCode).toBe(202)
  })

  test('that is broken is not remembered either', async () => {
    expect((await alerts(named, '{')).statusCode).toBe(400)
    expect((await alerts(named)).statusCode).toBe(202)
  })

  test('is taken when the memory is down', async () => {
    edge.memory.mode = 'fails'
    expect((await alerts(named)).statusCode).toBe(202)
    expect(edge.deliveries()).toHaveLength(1)
  })
})

describe('limits', () => {
  test('of a company are answered 429 with when to come again, and count for all its keys', async () => {
    const limits = { requestsPerMinute: 2, burst: 1 }
    await remake({ keys: [credential(limits), credential({ ...limits, key: 'aw_2', keyId: 'key-2', integrationId: 'int-2' }), credential({ key: 'aw_3', companyId: 'com-3' })] })
    for (const key of [KEY, 'aw_2', KEY]) expect((await alerts({ ...JSON_HEADERS, 'x-api-key': key })).statusCode).toBe(202)
    const refused = await alerts({ ...JSON_HEADERS, 'x-api-key': 'aw_2' })
    expect(refused).toMatchObject({
      statusCode: 429, body: { code: 'rate_limited' },
      headers: { 'retry-after': '60', 'ratelimit-limit': '3', 'ratelimit-remaining': '0', 'ratelimit-reset': '60', 'ratelimit-policy': '2;w=60;burst=1' },
    })
    expect((await alerts({ ...JSON_HEADERS, 'x-api-key': 'aw_3' })).statusCode).toBe(202)
    edge.clock.tick(60_000)
    expect((await alerts(JSON_HEADERS)).statusCode).toBe(202)
  })

  test('are not used up by requests that are not signed as they must', async () => {
    await remake({ keys: [credential({ requireHmac: true, requestsPerMinute: 1, burst: 0 })] })
    for (let index = 0; index < 5; index++) expect((await alerts(JSON_HEADERS)).statusCode).toBe(401)
    expect((await alerts({ ...JSON_HEADERS, ...signed(BODY, edge.clock.now()) })).statusCode).toBe(202)
  })
})

describe('when the log cannot take it', () => {
  test('the answer is 503 with Retry-After, never 202', async () => {
    edge.log.mode = 'fails'
    expect(await alerts(JSON_HEADERS)).toMatchObject({ statusCode: 503, body: { code: 'log_unavailable' }, headers: { 'retry-after': '2' } })
  })

  test('a full queue and a passed deadline are 503 too', async () => {
    await remake({ queueBytes: 500, appendDeadlineMs: 1_000 })
    edge.log.mode = 'waits'
    const first = alerts(JSON_HEADERS)
    await until(() => edge.log.waiting === 1)
    expect((await alerts(JSON_HEADERS)).statusCode).toBe(503)
    edge.clock.tick(1_300)
    expect((await first).statusCode).toBe(503)
    edge.log.release()
  })
})

test('what is refused is told by the next tick, by company, status and code', async () => {
  await remake({ hasTicks: true, keys: [credential({ requestsPerMinute: 1, burst: 0 })] })
  await until(() => edge.ticks().length === 3)
  await alerts(JSON_HEADERS)
  await alerts(JSON_HEADERS)
  await alerts({ ...JSON_HEADERS, 'x-api-key': 'aw_guess' })
  await alerts({ ...JSON_HEADERS, ...signed('{}', edge.clock.now()) })
  edge.clock.tick(TICK_INTERVAL_MS)
  await until(() => edge.ticks().length === 6)
  expect(edge.ticks()[3]).toEqual({ partition: 0, tick: { type: 'tick', processId: 'ingest-1', refused: [
    { companyId: 'com-1', status: 429, code: 'rate_limited', count: 1 },
    { companyId: null, status: 401, code: 'unauthorized', count: 1 },
    { companyId: 'com-1', status: 401, code: 'unauthorized', count: 1 },
  ], integration: null } })
})

test('counters tell statuses, elements and unsigned deliveries', async () => {
  await alerts(JSON_HEADERS, '[{},{}]')
  await post('/api/webhooks/zabbix', { ...JSON_HEADERS, ...signed(BODY, edge.clock.now()) })
  await alerts(JSON_HEADERS, '{')
  await edge.app.close()
  expect(edge.metrics.counts).toMatchObject({
    'ingest_requests_total 202': 2, 'ingest_requests_total 400': 1, 'ingest_alerts_accepted_total generic': 2, 'ingest_alerts_accepted_total source': 1, 'ingest_unsigned_total generic': 1,
  })
  expect(edge.metrics.counts['ingest_unsigned_total source']).toBeUndefined()
})
