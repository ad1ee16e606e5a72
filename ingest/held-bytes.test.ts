import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HeldBytes } from './held-bytes.ts'
import { credential, KEY, makeEdge, type Edge } from './testing/edge.ts'

test('an owner has its share, all together have theirs, and what is given back can be taken again', () => {
  const held = new HeldBytes({ ownerBytes: 10, totalBytes: 15 })
  const back = held.take('a', 8)
  expect(held.take('a', 3)).toBeNull()
  expect(held.take('b', 7)).not.toBeNull()
  expect(held.take('c', 1)).toBeNull()
  back?.()
  back?.()
  expect(held.bytes).toBe(7)
  expect(held.take('c', 8)).not.toBeNull()
  expect(held.owners).toBe(2)
})

let edge: Edge
const sockets: Socket[] = []
beforeEach(async () => {
  const limits = { vouched: { ownerBytes: 200_000, totalBytes: 4_000_000 }, unvouched: { ownerBytes: 20_000, totalBytes: 1_000_000 } }
  edge = await makeEdge({ heldBodies: limits, bodyBytes: 180_000, keys: [credential(), credential({ key: OTHER_KEY, keyId: 'key-2', integrationId: 'int-2', companyId: 'com-2' })] })
  await edge.app.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await edge.app.close()
})

const OTHER_KEY = `aw_${'o'.repeat(43)}`
const SIZE = 150_000

/** Sends the head of a request, and collects what is answered. */
function begin(path: string, key: string | null, length: number | 'chunked'): { socket: Socket; answered: (part: string) => Promise<string> } {
  const socket = connect((edge.app.server.address() as AddressInfo).port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.on('data', (chunk) => { text += chunk.toString() })
  socket.on('error', () => { text += ' (connection lost)' })
  const size = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${key === null ? '' : `X-API-Key: ${key}\r\n`}${size}\r\n\r\n`)
  return {
    socket,
    async answered(part) {
      while (!text.includes(part)) await once(socket, 'data')
      return text
    },
  }
}

/** Sends the heads of two requests and answers the one that was let in first, once the other was refused. */
async function firstOfTwo(path: string, key: string | null, length: number): Promise<Socket> {
  const two = [begin(path, key, length), begin(path, key, length)] as const
  const refused = await Promise.race(two.map(async ({ answered }, index) => ({ index, text: await answered(' 503 ') })))
  expect(refused.text).toMatch(/^HTTP\/1\.1 503.*retry-after: 2/is)
  return (refused.index === 0 ? two[1] : two[0]).socket
}

test('a company that holds large bodies open is refused more of them; other companies and small bodies are not', async () => {
  const held = await firstOfTwo('/api/webhooks/zabbix', KEY, SIZE)
  const other = begin('/api/webhooks/zabbix', OTHER_KEY, SIZE)
  other.socket.write('{}'.padEnd(SIZE))
  await other.answered(' 202 ')
  const small = begin('/api/webhooks/zabbix', KEY, 2)
  small.socket.write('{}')
  await small.answered(' 202 ')

  held.write('{}'.padEnd(SIZE))
  await once(held, 'data')
  const next = begin('/api/webhooks/zabbix', KEY, 'chunked')
  next.socket.write('2\r\n{}\r\n0\r\n\r\n')
  await next.answered(' 202 ')
})

test('what a connection held is free when it breaks off', async () => {
  const held = await firstOfTwo('/api/webhooks/zabbix', KEY, SIZE)
  held.destroy()
  for (let status = '503'; status === '503';) {
    const again = begin('/api/webhooks/zabbix', KEY, SIZE)
    again.socket.write('{}'.padEnd(SIZE))
    status = (await again.answered('HTTP/1.1 ')).slice(9, 12)
    expect(['202', '503']).toContain(status)
  }
})

test('bodies that nobody vouches for have a share for each network they come from; a key in the head needs none of it', async () => {
  await firstOfTwo('/v2/enqueue', null, 15_000)
  const vouched = begin('/v2/enqueue', KEY, 15_000)
  vouched.socket.write(JSON.stringify({ event_action: 'trigger', payload: { summary: 's', source: 'h', severity: 'error' } }).padEnd(15_000))
  await vouched.answered(' 202 ')
})
