import type { FastifyInstance } from 'fastify'
import { AppError } from '../schemas/errors.ts'

/** Sets how bodies are read: an empty one counts as an empty object, since most commands need nothing; CSV is taken as text. */
export function readBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') return done(null, {})
    return parseJson(request, text.toString(), done)
  })
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, text, done) => done(null, text))
  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST' && (request.body === undefined || request.body === null)) request.body = {}
    if (holdsUnstorable(request.body)) throw new AppError('body_invalid', 'a text in the body holds a NUL character or half a surrogate pair, which no database keeps; remove it')
  })
}

/** Whether any text inside cannot be stored. A list instead of recursion, because a body may be nested as deep as it is long. */
function holdsUnstorable(body: unknown): boolean {
  const left = [body]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) return true
    if (value !== null && typeof value === 'object') for (const [name, inner] of Object.entries(value)) left.push(name, inner)
  }
  return false
}
