import type { FastifyInstance } from 'fastify'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, flag, ID, text, time, whole } from '../json-schema.ts'
import { KNOWLEDGE, TICKET_WRITE } from '../ticket-link-answers.ts'

const tags = ['tickets']
const ONE = { type: 'object', properties: { id: ID, ticketId: ID } }
const KEY = { type: 'object', properties: { 'idempotency-key': text({ minLength: 1, maxLength: 200, description: 'the same key and request are written once' }) } }
const WORDS = text({ minLength: 1, maxLength: 4_000, pattern: '\\S' })
/** 1 MiB in base64, and what stands around it. */
const FILE_CHARS = 1_398_104
const BODY_BYTES = FILE_CHARS + 4_096

interface One { Params: { id: string; ticketId: string }; Headers: { 'idempotency-key'?: string } }

/** What people write into an incident's own ticket, and what its system knows. */
export function ticketWritingRoutes(app: FastifyInstance, { ticketLinks }: RouteContext): void {
  const response = answers({ 202: TICKET_WRITE }, ...WRITE_ERRORS)

  app.post<One & { Body: { text: string; public?: boolean } }>('/api/incidents/:id/tickets/:ticketId/notes', {
    config: { access: 'command' },
    schema: { tags, summary: 'Write a note into the incident\'s own ticket, under your name', params: ONE, headers: KEY, body: body({ text: WORDS, public: flag({ default: false, description: 'the client reads it' }) }, ['text']), response },
  }, async (request, reply) => {
    const { text: words, public: isPublic = false } = request.body
    return reply.code(202).send(await ticketLinks.note(callerOf(request), request.params.id, request.params.ticketId, { text: words, isPublic }, request.headers['idempotency-key'] ?? null))
  })

  app.post<One & { Body: { name: string; contentType: string; base64: string } }>('/api/incidents/:id/tickets/:ticketId/attachments', {
    config: { access: 'command' }, bodyLimit: BODY_BYTES,
    schema: {
      tags, summary: 'Put a file of at most 1 MiB into the incident\'s own ticket', params: ONE, headers: KEY, response,
      body: body({ name: text({ minLength: 1, maxLength: 200 }), contentType: text({ maxLength: 100, pattern: '^[\\w.+-]+/[\\w.+-]+$' }), base64: text({ minLength: 4, maxLength: FILE_CHARS, pattern: '^[A-Za-z0-9+/]+={0,2}$' }) }, ['name', 'contentType', 'base64']),
    },
  }, async (request, reply) => reply.code(202).send(await ticketLinks.attach(callerOf(request), request.params.id, request.params.ticketId, request.body, request.headers['idempotency-key'] ?? null)))

  app.post<One & { Body: { minutes: number; text: string; startedAt?: string } }>('/api/incidents/:id/tickets/:ticketId/times', {
    config: { access: 'command' },
    schema: { tags, summary: 'Book time in the incident\'s own ticket, where its system keeps it', params: ONE, headers: KEY, body: body({ minutes: whole({ minimum: 1, maximum: 1_440 }), text: WORDS, startedAt: time({ maxLength: 40, description: 'absent: it ends now' }) }, ['minutes', 'text']), response },
  }, async (request, reply) => {
    const { minutes, text: words, startedAt = null } = request.body
    return reply.code(202).send(await ticketLinks.bookTime(callerOf(request), request.params.id, request.params.ticketId, { minutes, text: words, startedAt }, request.headers['idempotency-key'] ?? null))
  })

  app.get<{ Params: { id: string }; Querystring: { q?: string } }>('/api/incidents/:id/knowledge', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'Articles of the ticket system\'s knowledge base that may help', params: { type: 'object', properties: { id: ID } },
      querystring: { type: 'object', additionalProperties: false, properties: { q: text({ minLength: 1, maxLength: 200, pattern: '\\S', description: 'absent: what is wrong, in its own words' }) } }, response: answers({ 200: KNOWLEDGE }, ...READ_ERRORS),
    },
  }, (request) => ticketLinks.knowledge(callerOf(request), request.params.id, request.query.q ?? null))
}
