import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credential, KEY, makeEdge, type Edge } from '../testing/edge.ts'
import { aliasOfId, idOfAlias } from './opsgenie.ts'

let edge: Edge
beforeEach(async () => {
  edge = await makeEdge({ keys: [credential({ source: 'opsgenie-api' })] })
})
afterEach(() => edge.app.close())

type Method = 'GET' | 'POST' | 'DELETE'
const genie = { authorization: `GenieKey ${KEY}` }

async function call(method: Method, url: string, body?: unknown, headers: Record<string, string> = genie): Promise<{ status: number; body: Record<string, unknown> }> {
  const sent = body === undefined ? {} : { payload: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }
  const answer = await edge.app.inject({ method, url, headers, ...sent })
  return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown> }
}
const logged = (): unknown[] => edge.deliveries().map(({ body }) => JSON.parse(body.toString()) as unknown)

test('creating an alert is answered as Opsgenie does', async () => {
  expect(await call('POST', '/v2/alerts', { message: 'Disk full', alias: 'disk-1', apiKey: 'old' })).toMatchObject({ status: 202, body: { result: 'Request will be processed', took: expect.any(Number), requestId: expect.any(String) } })
  expect(edge.deliveries()[0]).toMatchObject({ source: 'opsgenie-api' })
  expect(logged()).toEqual([{ message: 'Disk full', alias: 'disk-1' }])
})

test('an alert without an alias gets one, and its request id leads to it', async () => {
  const { body } = await call('POST', '/v2/alerts', { message: 'Disk full' })
  const [stored] = logged() as { alias: string }[]
  const told = await call('GET', `/v2/alerts/requests/${String(body.requestId)}`)
  expect(told).toMatchObject({ status: 200, body: { data: { isSuccess: true, alias: stored?.alias } } })
  const { alertId } = told.body.data as { alertId: string }
  await call('POST', `/v2/alerts/${alertId}/close`, {})
  expect(logged()[1]).toEqual({ action: 'close', alias: stored?.alias })
})

test.each([
  ['POST', '/v2/alerts/disk-1/close?identifierType=alias', undefined, { action: 'close', alias: 'disk-1' }],
  ['POST', '/v2/alerts/disk%2F1%20%C3%BC/close?identifierType=alias', { note: 'x' }, { action: 'close', alias: 'disk/1 ü', note: 'x' }],
  ['POST', '/v2/alerts/disk-1/acknowledge?identifierType=alias', {}, { action: 'acknowledge', alias: 'disk-1' }],
  ['POST', '/v2/alerts/disk-1/notes?identifierType=alias', { note: 'x' }, { action: 'notes', alias: 'disk-1', note: 'x' }],
  ['POST', '/v2/alerts/disk-1/actions/reboot?identifierType=alias', {}, { action: 'custom action', alias: 'disk-1' }],
  ['DELETE', '/v2/alerts/disk-1?identifierType=alias', undefined, { action: 'delete', alias: 'disk-1' }],
] as const)('%s %s', async (method, url, body, stored) => {
  expect(await call(method, url, body)).toMatchObject({ status: 202, body: { result: 'Request will be processed' } })
  expect(logged()).toEqual([stored])
})

test('an alias may be as long as Opsgenie lets it be', async () => {
  const alias = 'ü/'.repeat(256)
  expect((await call('POST', `/v2/alerts/${encodeURIComponent(alias)}/close?identifierType=alias`, {})).status).toBe(202)
  expect(logged()).toEqual([{ action: 'close', alias }])
})

test('a heartbeat is heard: it lies on the log', async () => {
  expect(await call('GET', '/v2/heartbeats/backup/ping')).toMatchObject({ status: 202, body: { result: 'PONG - Heartbeat received' } })
  expect(await call('POST', '/v2/heartbeats/backup/ping')).toMatchObject({ status: 202 })
  expect(logged()).toEqual([{ action: 'heartbeat', heartbeat: 'backup' }, { action: 'heartbeat', heartbeat: 'backup' }])
})

describe('a refusal in its form', () => {
  test.each([
    [400, () => call('POST', '/v2/alerts', { alias: 'x' })],
    [401, () => call('POST', '/v2/alerts', { message: 'x' }, { authorization: 'GenieKey nobody' })],
    [401, () => call('POST', '/v2/alerts/x/close', {}, {})],
    [401, () => call('GET', '/v2/alerts/requests/x', undefined, {})],
    [404, () => call('GET', '/v2/alerts/requests/x')],
  ])('%s', async (status, ask) => {
    expect(await ask()).toMatchObject({ status, body: { message: expect.any(String), took: expect.any(Number), requestId: expect.any(String) } })
    expect(edge.log.landed).toEqual([])
  })
})

test('any alias comes back from the id we give it', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (alias) => {
    expect(aliasOfId(idOfAlias(alias))).toBe(alias)
  }))
  expect(aliasOfId('8743a1b2-11da-480e-8493-744660987bef')).toBeNull()
})
