import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { credential, JSON_HEADERS, KEY, makeEdge, signed, until, type Edge } from './testing/edge.ts'

let edge: Edge
afterEach(() => edge.app.close())

async function listen(change: Parameters<typeof makeEdge>[0] = {}): Promise<number> {
  edge = await makeEdge(change)
  await edge.app.listen({ port: 0, host: '127.0.0.1' })
  return (edge.app.server.address() as AddressInfo).port
}

/** Writes these bytes and gives everything that comes back until the other side ends. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

test('a signed delivery over a real connection is taken', async () => {
  const port = await listen({ keys: [credential({ requireHmac: true })] })
  const body = '[{"signature":"a"},{"signature":"b"}]'
  const answer = await fetch(`http://127.0.0.1:${port}/api/webhooks/alerts`, { method: 'POST', headers: { ...JSON_HEADERS, ...signed(body, edge.clock.now()) }, body })
  expect(answer.status).toBe(202)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(await answer.json()).toEqual({ deliveryId: expect.stringMatching(/^dlv_/) as string, accepted: 2 })
})

test('concurrent deliveries are each taken once', async () => {
  const port = await listen()
  const answers = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/webhooks/alerts`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify({ signature: `s-${index}` }) })
    return ((await answer.json()) as { deliveryId: string }).deliveryId
  }))
  expect(new Set(edge.deliveries().map(({ deliveryId }) => deliveryId))).toEqual(new Set(answers))
  expect(edge.deliveries()).toHaveLength(200)
})

test('a stranger is answered before the body is read', async () => {
  const port = await listen()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write('POST /api/webhooks/alerts HTTP/1.1\r\nHost: a\r\nX-API-Key: aw_guess\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{')
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toMatch(/^HTTP\/1\.1 401 /)
  socket.destroy()
})

test('a chunked body above the limit is cut off', async () => {
  const port = await listen({ bodyBytes: 1_024 })
  const chunk = `400\r\n${'a'.repeat(1_024)}\r\n`
  const answer = await raw(port, `POST /api/webhooks/alerts HTTP/1.1\r\nHost: a\r\nX-API-Key: ${KEY}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toContain('"code":"body_too_large"')
})

test('a body shorter than it says, from a sender that hangs up, leaves nothing behind', async () => {
  const port = await listen()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(`POST /api/webhooks/alerts HTTP/1.1\r\nHost: a\r\nX-API-Key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":1`)
  await until(() => socket.bytesWritten > 0)
  socket.resume()
  socket.end()
  await once(socket, 'close')
  expect(edge.deliveries()).toEqual([])
  expect((await fetch(`http://127.0.0.1:${port}/api/webhooks/alerts`, { method: 'POST', headers: JSON_HEADERS, body: '{}' })).status).toBe(202)
})

test('closing answers what is under way before it ends', async () => {
  const port = await listen()
  edge.log.mode = 'waits'
  const answer = fetch(`http://127.0.0.1:${port}/api/webhooks/alerts`, { method: 'POST', headers: JSON_HEADERS, body: '{}' })
  await until(() => edge.log.waiting === 1)
  const closed = edge.app.close()
  edge.log.release()
  expect((await answer).status).toBe(202)
  await closed
  expect(edge.deliveries()).toHaveLength(1)
  await expect(fetch(`http://127.0.0.1:${port}/api/webhooks/alerts`, { method: 'POST' })).rejects.toThrow()
})
