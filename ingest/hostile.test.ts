import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JSON_HEADERS, KEY, makeEdge, SECRET, signed, type Edge } from './testing/edge.ts'

/** Whatever comes, the edge answers with one of its documented statuses, tells no secret, and goes on taking deliveries. */
let edge: Edge
beforeAll(async () => {
  edge = await makeEdge({ authFailuresPerMinute: 1_000_000, bodyBytes: 65_536 })
})
afterAll(() => edge.app.close())

const STATUSES = [200, 202, 400, 401, 404, 413, 415, 429, 503]
const CANARY = 'hunter2-canary'

async function survives(headers: Record<string, string>, payload: Buffer | string, path = '/api/webhooks/alerts'): Promise<number> {
  // No limit of the company may hide what is tested.
  edge.clock.tick(60_000)
  const answer = await edge.app.inject({ method: 'POST', url: path, headers, payload })
  expect(STATUSES).toContain(answer.statusCode)
  const told = answer.body + JSON.stringify(answer.headers) + edge.report.lines.splice(0).join('\n')
  for (const secret of [KEY, SECRET, CANARY]) expect(told).not.toContain(secret)
  expect(JSON.parse(answer.body)).toSatisfy((body: object) => 'deliveryId' in body || ('code' in body && 'message' in body))
  return answer.statusCode
}

const contentTypes = fc.constantFrom('application/json', 'application/json; charset=latin1', 'text/plain', 'application/x-www-form-urlencoded', 'application/a+json', 'text/xml', 'image/png', ';', 'application/json;;;=')
const headerText = fc.string({ unit: 'binary-ascii', maxLength: 80 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?'))

test('random bytes of every type', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), contentTypes, fc.constantFrom(undefined, 'gzip', 'br', 'deflate', 'x'), async (bytes, contentType, encoding) => {
    await survives({ ...JSON_HEADERS, 'content-type': contentType, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }, Buffer.from(bytes))
  }), { numRuns: 300 })
})

test('any JSON is taken or refused, whatever its keys', async () => {
  await fc.assert(fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
    const status = await survives(JSON_HEADERS, JSON.stringify(value))
    expect(status).toBe(typeof value === 'object' && value !== null ? 202 : 400)
  }), { numRuns: 200 })
})

test('random headers where keys and signatures stand', async () => {
  const names = fc.constantFrom('authorization', 'x-api-key', 'x-timestamp', 'x-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256', 'x-delivery-id', 'content-encoding', 'content-type')
  await fc.assert(fc.asyncProperty(fc.dictionary(names, headerText), async (headers) => {
    await survives({ ...JSON_HEADERS, ...headers }, '{}')
  }), { numRuns: 300 })
})

test('random paths and queries', async () => {
  await fc.assert(fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
    const answer = await edge.app.inject({ method: 'POST', url: `/api/webhooks/x${path.replaceAll('/', '-')}?${query}&api_key=${KEY}`, headers: { 'content-type': 'application/json' }, payload: '{}' })
    expect([200, 202, 400, 401, 404, 414]).toContain(answer.statusCode)
  }), { numRuns: 200 })
})

test.each([
  ['deep arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['deep objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
  ['an endless name', JSON.stringify({ ['k'.repeat(60_000)]: 1 })],
  ['many names', JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`k${index}`, index])))],
  ['prototype names', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ['an endless number', '9'.repeat(60_000)],
  ['broken JSON with a secret', `{"password":"${CANARY}",,}`],
  ['an unfinished text with a secret', `{"password":"${CANARY}`],
])('%s', async (_what, body) => {
  await survives(JSON_HEADERS, body)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a bomb inside a signed body', async () => {
  const bomb = gzipSync(Buffer.alloc(30_000_000, '['))
  expect(await survives({ ...JSON_HEADERS, 'content-encoding': 'gzip', ...signed(bomb, edge.clock.now() + 60_000) }, bomb)).toBe(413)
})

test('it still takes deliveries afterwards', async () => {
  expect(await survives(JSON_HEADERS, '{}')).toBe(202)
})
