import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KEY, makeEdge, SECRET, type Edge } from '../testing/edge.ts'
import { DROP_INS } from './register.ts'

/** Whatever comes to an address of another product, it is answered with a documented status and without a secret, and the next delivery is taken. */
let edge: Edge
beforeAll(async () => {
  edge = await makeEdge({ authFailuresPerMinute: 1_000_000, bodyBytes: 65_536 })
})
afterAll(() => edge.app.close())

const STATUSES = [200, 202, 400, 401, 404, 413, 415, 429, 503]
const words = fc.constantFrom('routing_key', 'service_key', 'event_action', 'event_type', 'dedup_key', 'incident_key', 'payload', 'summary', 'trigger', 'resolve', 'message', 'alias', 'message_type', 'entity_id', 'resourceLogs', 'scopeLogs', 'logRecords', 'severityNumber', '__proto__', 'constructor', 'toString')
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, fc.oneof(words, fc.string(), fc.integer(), fc.constant(null)), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(words, tie('value'), { maxKeys: 6, noNullPrototype: true })),
}))
const bodies = fc.oneof(anything.map((value) => Buffer.from(JSON.stringify(value))), fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)))
const contentTypes = fc.constantFrom('application/json', 'application/x-protobuf', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', 'text/plain', 'application/cloudevents+json', 'image/png', ';')

test.each(DROP_INS.map((dropIn) => [`${dropIn.methods.join('/')} ${dropIn.path}`, dropIn] as const))('%s', async (_name, { methods, path }) => {
  const steps = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }).map(encodeURIComponent)
  await fc.assert(fc.asyncProperty(bodies, contentTypes, steps, fc.boolean(), fc.constantFrom(undefined, 'gzip', 'br'), async (body, contentType, step, hasKey, encoding) => {
    // No limit of the company may hide what is tested.
    edge.clock.tick(60_000)
    const url = path.replace('/:key', `/${hasKey ? KEY : step}`).replace(/:(?!key)\w+/g, step)
    const method = methods[0] ?? 'POST'
    const sent = method === 'GET' ? {} : { payload: body }
    const answer = await edge.app.inject({ method, url, headers: { 'content-type': contentType, ...(hasKey ? { 'x-api-key': KEY } : {}), ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }, ...sent })
    expect(STATUSES).toContain(answer.statusCode)
    const told = answer.body + edge.report.lines.splice(0).join('\n')
    for (const secret of [KEY, SECRET]) expect(told).not.toContain(secret)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  }), { numRuns: 120 })
})

test('they still take deliveries afterwards', async () => {
  edge.clock.tick(60_000)
  const answer = await edge.app.inject({ method: 'POST', url: '/v2/alerts', headers: { authorization: `GenieKey ${KEY}`, 'content-type': 'application/json' }, payload: '{"message":"x"}' })
  expect(answer.statusCode).toBe(202)
})
