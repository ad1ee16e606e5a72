/**
 * The limit of this machine for signed webhooks over Fastify: a bare route with the same HMAC check and JSON parse and nothing else, no key
 * look-up, limit, log or disk. Forked by the ingest benchmark with the secret as its argument.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'

const secret = createSecretKey(process.argv[2] ?? '', 'utf8')
const app = fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/api/webhooks/:source', async (request, reply) => {
  const body = request.body as Buffer
  const timestamp = String(request.headers['x-timestamp'])
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`)
  const given = Buffer.from(String(request.headers['x-signature']))
  const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300
  if (!isFresh || given.length !== expected.length || !timingSafeEqual(given, expected)) return reply.code(401).send({ code: 'unauthorized' })
  const alerts: unknown = JSON.parse(body.toString('utf8'))
  return reply.code(202).send({ accepted: Array.isArray(alerts) ? alerts.length : 1 })
})
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.once('disconnect', () => void app.close())
