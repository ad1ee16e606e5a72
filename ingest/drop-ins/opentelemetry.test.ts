import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credential, KEY, makeEdge, type Edge } from '../testing/edge.ts'
import { RECORDS_MAX } from './opentelemetry.ts'
import { walkFields } from './protobuf-fields.ts'

interface Field { readonly number: number; readonly bytes: Buffer | null; readonly varint: number | null }

/** The fields of a message; null where the bytes are none. */
function fieldsOf(message: Buffer): readonly Field[] | null {
  const fields: Field[] = []
  const isMessage = walkFields(message, 0, message.length, (number, from, to, varint) => fields.push({ number, bytes: from < 0 ? null : message.subarray(from, to), varint: varint < 0 ? null : varint }) > 0)
  return isMessage ? fields : null
}

let edge: Edge
beforeEach(async () => {
  edge = await makeEdge()
})
afterEach(() => edge.app.close())

const PROTOBUF = 'application/x-protobuf'
/** A length-delimited field of fewer than 128 × 128 bytes, and a varint one. */
const bytes = (number: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.of(number * 8 + 2), Buffer.from(length), body])
}
const varint = (number: number, value: number): Buffer => Buffer.of(number * 8, value)
const record = (severity: number): Buffer => bytes(2, varint(2, severity), bytes(5, bytes(1, Buffer.from('gateway down'))))
const request = (...records: Buffer[]): Buffer => bytes(1, bytes(2, ...records))

async function post(payload: Buffer | string, headers: Record<string, string> = {}): Promise<{ status: number; type: unknown; body: Buffer; headers: Record<string, unknown> }> {
  const answer = await edge.app.inject({ method: 'POST', url: '/v1/logs', headers: { 'x-api-key': KEY, ...headers }, payload })
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.rawPayload, headers: answer.headers }
}

describe('logs in JSON', () => {
  test('are answered with an empty object', async () => {
    const body = '{"resourceLogs":[]}'
    const answer = await post(body, { 'content-type': 'application/json' })
    expect(answer).toMatchObject({ status: 200, type: 'application/json' })
    expect(answer.body.toString()).toBe('{}')
    expect(edge.deliveries()[0]).toMatchObject({ source: 'opentelemetry', contentType: 'application/json', body: Buffer.from(body) })
  })

  test('beyond what is read of one request are told as rejected', async () => {
    const logRecords = Array.from({ length: RECORDS_MAX + 3 }, () => ({ severityNumber: 13 }))
    const { body } = await post(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [...logRecords, { severityNumber: 9 }] }] }] }), { 'content-type': 'application/json' })
    expect(JSON.parse(body.toString())).toEqual({ partialSuccess: { rejectedLogRecords: '3', errorMessage: expect.stringContaining('send_batch_max_size') } })
  })

  test.each(['{', '[]', '{"resourceLogs":{}}'])('that are none are refused: %s', async (body) => {
    const answer = await post(body, { 'content-type': 'application/json' })
    expect(answer).toMatchObject({ status: 400, type: 'application/json' })
    expect(JSON.parse(answer.body.toString())).toEqual({ code: 3, message: expect.any(String) })
  })
})

describe('logs in protobuf', () => {
  test('are answered with an empty message, packed or not', async () => {
    const body = request(record(17))
    for (const [payload, headers] of [[body, {}], [gzipSync(body), { 'content-encoding': 'gzip' }]] as const) {
      const answer = await post(payload, { 'content-type': PROTOBUF, ...headers })
      expect(answer).toMatchObject({ status: 200, type: PROTOBUF })
      expect(answer.body).toHaveLength(0)
    }
    expect(edge.deliveries().map((delivery) => ({ type: delivery.contentType, body: delivery.body }))).toEqual([{ type: PROTOBUF, body }, { type: PROTOBUF, body }])
  })

  test('beyond what is read of one request are told as rejected', async () => {
    const { body } = await post(request(...Array.from({ length: RECORDS_MAX + 3 }, () => bytes(2, varint(2, 13))), record(9)), { 'content-type': PROTOBUF })
    const success = fieldsOf(fieldsOf(body)?.[0]?.bytes ?? Buffer.alloc(0))
    expect(success).toMatchObject([{ number: 1, varint: 3 }, { number: 2, bytes: expect.anything() }])
  })

  test.each([['noise', Buffer.from('hello')], ['a truncated message', request(record(17)).subarray(0, 9)], ['another wire type', Buffer.of(0x08, 1)]])('that are %s are refused in kind', async (_what, payload) => {
    const answer = await post(payload, { 'content-type': PROTOBUF })
    expect(answer).toMatchObject({ status: 400, type: PROTOBUF })
    expect(fieldsOf(answer.body)).toMatchObject([{ number: 1, varint: 3 }, { number: 2, bytes: expect.anything() }])
    expect(edge.log.landed).toEqual([])
  })
})

test('a wrong key, too much and a log that is down are told in kind, with Retry-After', async () => {
  await edge.app.close()
  edge = await makeEdge({ keys: [credential({ requestsPerMinute: 2, burst: 0 })] })
  const json = { 'content-type': 'application/json' }
  expect(await post('{}', { ...json, 'x-api-key': 'aw_x' })).toMatchObject({ status: 401 })
  expect(await post('{}', { 'content-type': 'text/csv' })).toMatchObject({ status: 415 })
  edge.log.mode = 'fails'
  expect(await post('{}', json)).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
  const limited = await post('{}', json)
  expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } })
  expect(JSON.parse(limited.body.toString())).toMatchObject({ code: 8 })
})

test.each([
  ['no message at all', [0xff]], ['a number that does not end', [0x08, 0x80]], ['a number of eleven bytes', [0x08, ...Array<number>(10).fill(0x80), 1]], ['a field number of 0', [0x00, 0x00]], ['more bytes than there are', [0x0a, 5, 1]],
  ['a length beyond all bounds', [0x0a, ...Array<number>(9).fill(0xff), 1]], ['a cut fixed width', [0x09, 1, 2]], ['a group', [0x0b, 0x0c]], ['a fault three levels down', [0x0a, 5, 0x12, 3, 0x12, 1, 0xff]], ['a number where a message belongs', [0x08, 1]],
])('protobuf that is %s is refused', async (_what, bytes) => {
  const answer = await edge.app.inject({ method: 'POST', url: '/v1/logs', headers: { 'content-type': 'application/x-protobuf', 'x-api-key': KEY }, payload: Buffer.from(bytes) })
  expect(answer.statusCode).toBe(400)
})

test('half a million empty messages are walked without a thing being made of each', async () => {
  const body = Buffer.alloc(1_000_000)
  for (let at = 0; at < body.length; at += 2) body[at] = 0x0a
  const answer = await edge.app.inject({ method: 'POST', url: '/v1/logs', headers: { 'content-type': 'application/x-protobuf', 'x-api-key': KEY }, payload: body })
  expect(answer.statusCode).toBe(200)
})
