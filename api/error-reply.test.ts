import fastify from 'fastify'
import { expect, test } from 'vitest'
import { AppError } from '../schemas/errors.ts'
import { replyErrors } from './error-reply.ts'

async function answerTo(thrown: Error): Promise<{ status: number; body: unknown; headers: Record<string, unknown> }> {
  const app = fastify()
  replyErrors(app)
  app.get('/', () => Promise.reject(thrown))
  const answer = await app.inject({ method: 'GET', url: '/' })
  await app.close()
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

test.each([
  ['an engine that is away', new AppError('engine_unavailable', 'the database does not answer: connect ECONNREFUSED 10.1.2.3:5432'), 503],
  ['a statement that an engine refuses', new AppError('internal', 'querying analytics: DB::Exception in select secret_column from 10.1.2.3'), 500],
  ['what nobody named', new Error('reading /var/lib/10.1.2.3/secret_column'), 500],
])('%s is told without its own words', async (_what, thrown, status) => {
  const answer = await answerTo(thrown)
  expect(answer.status).toBe(status)
  expect(JSON.stringify(answer)).not.toMatch(/10\.1\.2\.3|secret_column|ECONN/)
  expect(answer.body).toEqual({ code: status === 503 ? 'engine_unavailable' : 'internal', message: expect.stringMatching(/the log has it under request \S+$/) as string })
  if (status === 503) expect(answer.headers['retry-after']).toBe('5')
})

test('what the caller can mend is told in full', async () => {
  expect(await answerTo(new AppError('conflict', 'a company of this name exists already'))).toMatchObject({ status: 409, body: { code: 'conflict', message: 'a company of this name exists already' } })
})

test('no browser takes an error for a page', async () => {
  expect((await answerTo(new AppError('not_found', '<script>'))).headers).toMatchObject({ 'content-type': expect.stringMatching(/^application\/json/) as string, 'x-content-type-options': 'nosniff' })
})
