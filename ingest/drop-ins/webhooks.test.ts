/** Drop-ins without a dialect of their own to speak of: Alertmanager, VictorOps, CloudEvents, syslog, mails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credential, KEY, makeEdge, type Edge } from '../testing/edge.ts'

let edge: Edge
beforeEach(async () => {
  edge = await makeEdge()
})
afterEach(() => edge.app.close())

type Method = 'GET' | 'POST' | 'OPTIONS'

async function call(method: Method, url: string, headers: Record<string, string>, payload?: string | Buffer): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const answer = await edge.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: answer.statusCode, body: answer.body, headers: answer.headers }
}
const JSON_TYPE = { 'content-type': 'application/json' }
const bearer = { authorization: `Bearer ${KEY}` }

describe('Alertmanager', () => {
  const ALERTS = '[{"labels":{"alertname":"Down"},"startsAt":"2026-02-03T04:05:06Z"}]'

  test.each([
    ['authorization', '/api/v2/alerts', bearer],
    ['basic_auth', '/api/v2/alerts', { authorization: `Basic ${Buffer.from(`prometheus:${KEY}`).toString('base64')}` }],
    ['path_prefix', `/in/${KEY}/api/v2/alerts`, {}],
  ])('alerts of Prometheus with %s are answered 200 and nothing', async (_how, url, headers) => {
    expect(await call('POST', url, { ...JSON_TYPE, ...headers }, ALERTS)).toMatchObject({ status: 200, body: '' })
    expect(edge.deliveries()[0]).toMatchObject({ source: 'alertmanager', body: Buffer.from(ALERTS) })
  })

  test('anything but an array is refused with a text in JSON, as its openapi file says', async () => {
    const { status, body } = await call('POST', '/api/v2/alerts', { ...JSON_TYPE, ...bearer }, '{"alerts":[]}')
    expect(status).toBe(400)
    expect(JSON.parse(body)).toEqual(expect.stringContaining('/api/webhooks/alertmanager'))
  })

  test('its status is told to those with a key', async () => {
    const { status, body } = await call('GET', '/api/v2/status', bearer)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ cluster: { status: 'disabled' }, config: { original: '' }, uptime: expect.any(String), versionInfo: { version: expect.any(String) } })
    expect((await call('GET', '/api/v2/status', {})).status).toBe(401)
    expect(edge.log.landed).toEqual([])
  })
})

describe('VictorOps', () => {
  const path = `/integrations/generic/20131114/alert/${KEY}`

  test('has its key in the path, keeps the routing key and answers in its form', async () => {
    const { status, body } = await call('POST', `${path}/storage`, JSON_TYPE, '{"message_type":"CRITICAL","entity_id":"disk/db-7"}')
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 200, body: { result: 'success', entity_id: 'disk/db-7' } })
    expect(JSON.parse(edge.deliveries()[0]?.body.toString() ?? '')).toEqual({ message_type: 'CRITICAL', entity_id: 'disk/db-7', routing_key: 'storage' })
    expect(edge.log.landed[0]?.value.toString('latin1')).not.toContain(KEY)
  })

  test('gives a message without an entity one', async () => {
    const { body } = await call('POST', path, JSON_TYPE, '{"message_type":"INFO"}')
    expect(JSON.parse(edge.deliveries()[0]?.body.toString() ?? '')).toMatchObject({ entity_id: (JSON.parse(body) as { entity_id: string }).entity_id })
  })

  test.each([[400, path, '{}'], [401, '/integrations/generic/20131114/alert/aw_nobody/x', '{}']])('refuses with %s in its form', async (status, url, payload) => {
    const answer = await call('POST', url, JSON_TYPE, payload)
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toEqual({ status, body: { result: 'failure', message: expect.any(String) } })
    expect(answer.body).not.toContain('aw_')
  })
})

describe('CloudEvents', () => {
  const url = `/api/webhooks/cloudevents?access_token=${KEY}`
  const binary = { 'ce-specversion': '1.0', 'ce-type': 'test.alert', 'ce-source': '/a', 'ce-id': '1', 'ce-time': '2026-02-03T04:05:06Z' }

  test('the handshake is answered before anybody has a key, and promises no more than a company’s share', async () => {
    const answer = await call('OPTIONS', '/api/webhooks/cloudevents', { 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '100000' })
    expect(answer).toMatchObject({ status: 200, headers: { 'webhook-allowed-origin': 'eventgrid.azure.net', 'webhook-allowed-rate': '1000', allow: 'POST, OPTIONS' } })
    expect((await call('OPTIONS', '/api/webhooks/cloudevents', { 'webhook-request-origin': 'a b' })).headers).not.toHaveProperty('webhook-allowed-origin')
  })

  test.each(['application/cloudevents+json; charset=utf-8', 'application/cloudevents-batch+json'])('are taken as %s', async (contentType) => {
    expect((await call('POST', url, { 'content-type': contentType }, '[{"type":"a"}]')).status).toBe(202)
    expect(edge.deliveries()[0]).toMatchObject({ source: 'cloudevents', contentType })
  })

  test('in binary form keep their attributes beside the body', async () => {
    expect((await call('POST', url, { ...JSON_TYPE, ...binary }, '{"host":"a"}')).status).toBe(202)
    expect(edge.deliveries()[0]).toMatchObject({ headers: binary, body: Buffer.from('{"host":"a"}') })
  })

  test('in binary form may have no data, or data nobody here can read', async () => {
    expect((await call('POST', url, binary)).status).toBe(202)
    expect((await call('POST', url, { ...binary, 'content-type': 'application/avro' }, Buffer.of(1, 2))).status).toBe(202)
    expect(edge.deliveries().map(({ body, contentType }) => [body.toString(), contentType])).toEqual([['null', 'application/json'], ['{"data_base64":"AQI="}', 'application/json']])
  })

  test('of no form at all are refused', async () => {
    expect((await call('POST', url, { 'content-type': 'image/png' }, 'x')).status).toBe(415)
    expect((await call('POST', url, { 'content-type': 'application/cloudevents+json' }, '{')).status).toBe(400)
  })
})

describe('syslog', () => {
  const LINE = '<34>1 2026-02-03T04:05:06Z a app - - - down'
  test.each([
    ['lines that rsyslog calls JSON', 'application/json', LINE, 'text/plain; charset=utf-8'],
    ['lines without a type', '', `${LINE}\n${LINE}`, 'text/plain; charset=utf-8'],
    ['an array of lines', 'text/plain', JSON.stringify([LINE]), 'application/json'],
    ['objects, one to a line', 'text/plain', '{"msg":"a"}\n{"msg":"b"}', 'application/x-ndjson'],
  ])('%s are taken for what they are', async (_what, contentType, body, stored) => {
    expect((await call('POST', '/api/webhooks/syslog', { ...bearer, ...(contentType === '' ? {} : { 'content-type': contentType }) }, body)).status).toBe(202)
    expect(edge.deliveries()[0]).toMatchObject({ source: 'syslog', contentType: stored, body: Buffer.from(body) })
  })

  test('an empty body and broken JSON are refused', async () => {
    for (const body of ['', '{"a"', '[1']) expect((await call('POST', '/api/webhooks/syslog', bearer, body)).status).toBe(400)
  })
})

describe('mails', () => {
  const url = `/api/webhooks/email?api_key=${KEY}`
  const multipart = (...fields: [string, string][]): [Record<string, string>, string] => [
    { 'content-type': 'multipart/form-data; boundary=xYz' },
    `${fields.map(([name, value]) => `--xYz\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--xYz--\r\n`,
  ]

  test('of SendGrid reach the log as they came', async () => {
    const [headers, body] = multipart(['subject', 'disk full'], ['text', 'a'])
    expect(await call('POST', url, headers, body)).toMatchObject({ status: 202 })
    expect(edge.deliveries()[0]).toMatchObject({ source: 'email', contentType: headers['content-type'], body: Buffer.from(body) })
  })

  test('of gateways that send again after any answer but 200 are answered 200', async () => {
    expect((await call('POST', url, ...multipart(['subject', 'x'], ['body-plain', 'y']))).status).toBe(200)
    expect((await call('POST', url, { 'content-type': 'application/x-www-form-urlencoded' }, 'subject=x&body-plain=y')).status).toBe(200)
    expect((await call('POST', url, JSON_TYPE, '{"Subject":"x","MessageStream":"inbound"}')).status).toBe(200)
    expect((await call('POST', url, JSON_TYPE, '{"plain":"x","headers":{}}')).status).toBe(202)
  })

  test('of no readable type are refused', async () => {
    expect((await call('POST', url, { 'content-type': 'multipart/form-data' }, 'x')).status).toBe(415)
    expect((await call('POST', url, { 'content-type': 'message/rfc822' }, 'x')).status).toBe(415)
  })
})

test('any other source may post multipart forms, and have its key in the path', async () => {
  await edge.app.close()
  edge = await makeEdge({ keys: [credential({ source: 'some-tool' })] })
  expect((await call('POST', `/in/${KEY}/api/webhooks/some-tool`, { 'content-type': 'multipart/form-data; boundary=a' }, '--a--')).status).toBe(202)
  expect((await call('POST', `/in/${KEY}/api/webhooks/alerts`, JSON_TYPE, '{}')).status).toBe(401)
})
