import type { FastifyInstance } from 'fastify'
import type { LinkKind } from '../../schemas/tickets.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, flag, ID, list, nullable, page, text } from '../json-schema.ts'
import { LINK_KIND, TICKET, TICKET_SUGGESTION } from '../ticket-link-answers.ts'

const tags = ['tickets']
const OF_INCIDENT = { type: 'object', properties: { id: ID } }
const ONE = { type: 'object', properties: { id: ID, ticketId: ID } }

const WORDS = text({ minLength: 1, maxLength: 4_000, pattern: '\\S' })

interface Of { Params: { id: string } }
interface One { Params: { id: string; ticketId: string } }

/** Tickets of an incident: those the program keeps, and those people link. */
export function incidentTicketRoutes(app: FastifyInstance, { ticketLinks }: RouteContext): void {
  app.get<Of>('/api/incidents/:id/tickets', {
    config: { access: 'read' },
    schema: { tags, summary: 'Tickets of an incident: its own first, then linked ones', params: OF_INCIDENT, response: answers({ 200: page(TICKET) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await ticketLinks.list(callerOf(request).scope, request.params.id), next: null }))

  app.get<Of>('/api/incidents/:id/tickets/suggestions', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'Tickets that may belong to it, the likeliest first, with reasons; the ticket system is searched for its machine and for what is wrong', params: OF_INCIDENT,
      response: answers({ 200: answer({ items: list(TICKET_SUGGESTION), problem: nullable(text({ description: 'why the ticket system was not searched; null: it was' })) }) }, ...READ_ERRORS),
    },
  }, (request) => ticketLinks.suggestions(callerOf(request), request.params.id))

  app.post<Of & { Body: { ticket: string; kind?: LinkKind; connection?: string | null } }>('/api/incidents/:id/tickets', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'Link a ticket that is there: it is read in its system, and from then on shown as it stands there', params: OF_INCIDENT,
      body: body({ ticket: text({ minLength: 1, maxLength: 500, pattern: '\\S', description: 'its number, the address of its page, or its id there' }), kind: { ...LINK_KIND, default: 'related' }, connection: nullable(text({ minLength: 1, maxLength: 200, description: 'absent: where the company\'s tickets go' })) }, ['ticket']),
      response: answers({ 201: TICKET }, ...WRITE_ERRORS, 429),
    },
  }, async (request, reply) => {
    const { ticket, kind = 'related', connection = null } = request.body
    return reply.code(201).send(await ticketLinks.link(callerOf(request), request.params.id, { ticket, kind, connectionId: connection }))
  })

  app.patch<One & { Body: { kind: LinkKind } }>('/api/incidents/:id/tickets/:ticketId', {
    config: { access: 'command' },
    schema: { tags, summary: 'Say otherwise how the two belong together', params: ONE, body: body({ kind: LINK_KIND }, ['kind']), response: answers({ 200: TICKET }, ...WRITE_ERRORS) },
  }, (request) => ticketLinks.change(callerOf(request), request.params.id, request.params.ticketId, request.body.kind))

  app.delete<One>('/api/incidents/:id/tickets/:ticketId', {
    config: { access: 'command' },
    schema: { tags, summary: 'Take a link away; the ticket itself stays as it is. One the program made is refused', params: ONE, response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await ticketLinks.unlink(callerOf(request), request.params.id, request.params.ticketId)
    return reply.code(204).send()
  })

  app.post<One & { Body: { reason: string; title?: string; plan?: string; wayBack?: string; test?: string; urgent?: boolean } }>('/api/incidents/:id/tickets/:ticketId/change-requests', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'Ask for a change request, linked to the incident\'s own ticket, where its system keeps them; the same one asked for twice is one', params: ONE,
      body: body({ reason: WORDS, title: text({ minLength: 1, maxLength: 150, pattern: '\\S', description: 'absent: the incident\'s' }), plan: WORDS, wayBack: WORDS, test: WORDS, urgent: flag({ default: false, description: 'it cannot wait for the usual approval' }) }, ['reason']),
      response: answers({ 202: answer({ reference: text({ description: 'ours, by which it is found there' }), status: text({ enum: ['waiting', 'shown'], description: 'shown: the mode forbids to send' }) }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { reason, title = null, plan = null, wayBack = null, test = null, urgent = false } = request.body
    return reply.code(202).send(await ticketLinks.requestChange(callerOf(request), request.params.id, request.params.ticketId, { reason, title, plan, wayBack, test, isUrgent: urgent }))
  })

  app.get<Of>('/api/tickets/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One ticket by our id', params: OF_INCIDENT, response: answers({ 200: TICKET }, ...READ_ERRORS) },
  }, (request) => ticketLinks.get(callerOf(request).scope, request.params.id))
}
