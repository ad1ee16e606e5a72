import fastify from 'fastify'
import { expect, test } from 'vitest'
import { INGEST_SERVER_OPTIONS, redactedUrl } from './server-options.ts'

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
