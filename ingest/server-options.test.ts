import fastify from 'fastify'
import { expect, test } from 'vitest'
import { INGEST_SERVER_OPTIONS, redactedUrl } from './server-options.ts'
import { makeEdge } from './testing/edge.ts'

test.each([
  ['/api/webhooks/alerts', '/api/webhooks/alerts'],
  ['/api/webhooks/alerts?api_key=aw_secret', '/api/webhooks/alerts?[redacted]'],
  ['/x?a=1?api_key=aw_secret', '/x?[redacted]'],
  ['/in/aw_secret/v2/enqueue', '/in/[redacted]/v2/enqueue'],
  ['/in/%61w_secret/v2/enqueue?x=1', '/in/[redacted]/v2/enqueue?[redacted]'],
  ['/integrations/generic/20131114/alert/%61w_secret/team', '/integrations/generic/20131114/alert/[redacted]/team'],
  ['/wrong/aw_secret/team', '/wrong/[redacted]/team'],
])('a URL for the log: %s', (url, logged) => {
  expect(redactedUrl(url)).toBe(logged)
})

test('a server made with the options writes no line a request', async () => {
  const lines: string[] = []
  const app = fastify({ ...INGEST_SERVER_OPTIONS, logger: { stream: { write: (line: string) => lines.push(line) } } })
  app.get('/', () => 'ok')
  expect((await app.inject('/?api_key=aw_secret')).statusCode).toBe(200)
  await app.close()
  expect(lines).toEqual([])
})

test('a server made with the options gives up on those who trickle and those who do not read', async () => {
  const { server } = fastify(INGEST_SERVER_OPTIONS)
  expect([server.headersTimeout, server.requestTimeout, server.timeout]).toEqual([15_000, 30_000, 120_000])
})

test.each([
  '/in/aw_secret/v2/alerts/%', '/in/aw_secret/%zz', `/in/aw_secret/api/webhooks/${'x'.repeat(2_000)}`, '/integrations/generic/20131114/alert/aw_secret/a/b/c', `/api/webhooks/aw_secret${'x'.repeat(2_000)}`,
])('no answer to an address repeats it: %s', async (url) => {
  const edge = await makeEdge()
  const answer = await edge.app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: '{}' })
  expect([400, 401, 404, 414]).toContain(answer.statusCode)
  expect(answer.json()).toEqual({ code: expect.any(String), message: expect.any(String) })
  expect(answer.body).not.toContain('aw_secret')
  await edge.app.close()
})
