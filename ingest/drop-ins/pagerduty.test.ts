import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credential, KEY, makeEdge, signed, type Edge } from '../testing/edge.ts'

let edge: Edge
beforeEach(async () => {
  edge = await makeEdge()
})
afterEach(() => edge.app.close())

const EVENT = { routing_key: KEY, event_action: 'trigger', dedup_key: 'db-7/raid', payload: { summary: 'RAID degraded', source: 'db-7', severity: 'error' } }

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const answer = await edge.app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload })
  return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown>, headers: answer.headers }
}
const logged = (): unknown[] => edge.deliveries().map(({ body }) => JSON.parse(body.toString()) as unknown)

describe('an event of the Events API v2', () => {
  test('is answered as PagerDuty does, and lies on the log without its key', async () => {
    const answer = await post('/v2/enqueue', EVENT)
    expect(answer).toMatchObject({ status: 202, body: { status: 'success', message: 'Event processed', dedup_key: 'db-7/raid' } })
    const [delivery] = edge.deliveries()
    expect(delivery).toMatchObject({ source: 'pagerduty-events', integrationId: 'int-1', contentType: 'application/json', deliveryId: answer.headers['x-delivery-id'], elements: 1 })
    expect(logged()).toEqual([{ event_action: 'trigger', dedup_key: 'db-7/raid', payload: EVENT.payload }])
    expect(edge.log.landed[0]?.value.toString('latin1')).not.toContain(KEY)
  })

  test('without a dedup_key gets one, which is told and stored', async () => {
    const event = { ...EVENT, dedup_key: undefined }
    const answer = await post('/v2/enqueue', event)
    expect(answer.body.dedup_key).toMatch(/^[0-9a-f]{32}$/)
    expect(logged()[0]).toMatchObject({ dedup_key: answer.body.dedup_key })
  })

  test('of a named delivery that is repeated is told the same key and taken once', async () => {
    const event = { ...EVENT, dedup_key: undefined }
    const answers = [await post('/v2/enqueue', event, { 'x-delivery-id': 'd-1' }), await post('/v2/enqueue', event, { 'x-delivery-id': 'd-1' })]
    expect(answers[1]?.body).toEqual(answers[0]?.body)
    expect(edge.deliveries()).toHaveLength(1)
  })

  test.each([
    ['a header', '/v2/enqueue', { 'x-api-key': KEY }],
    ['the query', `/v2/enqueue?api_key=${KEY}`, {}],
    ['the path', `/in/${KEY}/v2/enqueue`, {}],
  ])('may have its key in %s, for clients that take only 32 hexadecimal characters', async (_place, url, headers) => {
    expect((await post(url, { ...EVENT, routing_key: 'f'.repeat(32) }, headers)).status).toBe(202)
    expect(logged()[0]).not.toHaveProperty('routing_key')
  })

  test('may be packed, its key included', async () => {
    expect((await post('/v2/enqueue', gzipSync(JSON.stringify(EVENT)), { 'content-encoding': 'gzip' })).status).toBe(202)
    expect(logged()[0]).toMatchObject({ dedup_key: 'db-7/raid' })
  })

  test('may come as a form, which is what curl calls what it sends', async () => {
    expect((await post('/v2/enqueue', EVENT, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(202)
    expect(edge.deliveries()[0]?.contentType).toBe('application/json')
  })
})

describe('what a client must mend', () => {
  test.each([
    ['no action', { ...EVENT, event_action: undefined }, "'event_action' must be one of"],
    ['an unknown action', { ...EVENT, event_action: 'explode' }, "'event_action' must be one of"],
    ['no payload', { ...EVENT, payload: 'x' }, "'payload' is missing"],
    ['a resolve without a key', { routing_key: KEY, event_action: 'resolve' }, "'dedup_key' is missing"],
  ])('%s is told in PagerDuty’s form, and nothing is logged', async (_what, event, message) => {
    expect(await post('/v2/enqueue', event)).toMatchObject({ status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors: [expect.stringContaining(message)] } })
    expect(edge.log.landed).toEqual([])
  })

  test.each([['no key', { ...EVENT, routing_key: undefined }], ['a key of nobody', { ...EVENT, routing_key: 'aw_guess' }], ['no JSON', '{'], ['a list', '[]']])('%s is one answer of 401, and quotes nothing', async (_what, event) => {
    const answer = await post('/v2/enqueue', event)
    expect(answer).toMatchObject({ status: 401, body: { status: 'invalid event', errors: [expect.any(String)] } })
    expect(JSON.stringify(answer) + edge.report.lines.join()).not.toMatch(/aw_|guess/)
  })
})

describe('the rules of every webhook', () => {
  test('a key bound to another source opens nothing', async () => {
    await edge.app.close()
    edge = await makeEdge({ keys: [credential({ source: 'zabbix' })] })
    expect((await post('/v2/enqueue', EVENT)).status).toBe(401)
    expect(edge.report.lines[0]).toContain('source_mismatch')
  })

  test('an integration that asks for signatures asks here too', async () => {
    await edge.app.close()
    edge = await makeEdge({ keys: [credential({ requireHmac: true })] })
    const body = JSON.stringify(EVENT)
    expect((await post('/v2/enqueue', body)).status).toBe(401)
    expect((await post('/v2/enqueue', body, signed(body, edge.clock.now()))).status).toBe(202)
  })

  test('the limit is told in PagerDuty’s form with Retry-After, and counted for the company', async () => {
    await edge.app.close()
    edge = await makeEdge({ keys: [credential({ requestsPerMinute: 1, burst: 0 })] })
    await post('/v2/enqueue', EVENT)
    expect(await post('/v2/enqueue', EVENT)).toMatchObject({ status: 429, body: { status: 'throttle exceeded' }, headers: { 'retry-after': expect.any(String) } })
  })

  test('a log that is down is told with Retry-After, and only a durable event is acknowledged', async () => {
    edge.log.mode = 'fails'
    expect(await post('/v2/enqueue', EVENT)).toMatchObject({ status: 503, body: { status: 'error', errors: [expect.any(String)] }, headers: { 'retry-after': '2' } })
  })

  test('a body whose key is not known yet is read to no more than PagerDuty allows', async () => {
    const large = { ...EVENT, x: 'x'.repeat(600_000) }
    expect((await post('/v2/enqueue', large)).status).toBe(413)
    expect((await post('/v2/enqueue', gzipSync(JSON.stringify(large)), { 'content-encoding': 'gzip' })).status).toBe(401)
    expect((await post('/v2/enqueue', gzipSync(JSON.stringify(large)), { 'content-encoding': 'gzip', 'x-api-key': KEY })).status).toBe(202)
  })

  test('an address that guesses keys in bodies is told to wait', async () => {
    await edge.app.close()
    edge = await makeEdge({ authFailuresPerMinute: 2 })
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) statuses.push((await post('/v2/enqueue', { ...EVENT, routing_key: `aw_${n}` })).status)
    expect(statuses).toEqual([401, 401, 429, 429])
    expect((await post('/v2/enqueue', EVENT)).status).toBe(202)
  })
})

describe('their other addresses', () => {
  test('change events are taken', async () => {
    expect(await post('/v2/change/enqueue', { routing_key: KEY, payload: { summary: 'Deployed', source: 'ci' } })).toMatchObject({ status: 202, body: { message: 'Change event processed' } })
    expect(logged()).toEqual([{ payload: { summary: 'Deployed', source: 'ci' } }])
  })

  test('v1 is answered with 200 and its incident key', async () => {
    expect(await post('/generic/2010-04-15/create_event.json', { service_key: KEY, event_type: 'trigger', incident_key: 'web-2', description: 'down' })).toMatchObject({ status: 200, body: { status: 'success', incident_key: 'web-2' } })
    expect(logged()).toEqual([{ event_type: 'trigger', incident_key: 'web-2', description: 'down' }])
  })

  test('our own webhook of the source keeps no key of a body either', async () => {
    const answer = await post('/api/webhooks/pagerduty-events', [EVENT, EVENT], { 'x-api-key': KEY })
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, deliveryId: expect.stringMatching(/^dlv_/) } })
    expect(edge.log.landed[0]?.value.toString('latin1')).not.toContain(KEY)
    expect((await post('/api/webhooks/pagerduty-events', EVENT)).status).toBe(401)
  })
})

test('a path behind a key that leads nowhere is not repeated', async () => {
  const answer = await edge.app.inject({ method: 'GET', url: `/in/${KEY}/v3/enqueue` })
  expect(answer.statusCode).toBe(404)
  expect(answer.body).not.toContain(KEY)
})
