/** Rooms of chats that are told when the remediator asks. Mail needs no channel: it goes to whoever may decide. */
import type { FastifyInstance } from 'fastify'
import { CHANNEL_KINDS, type NoticeChannelDraft } from '../../schemas/notices.ts'
import { answers, callerOf, companiesOf, WRITE_ERRORS, READ_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, COMPANY_QUERY, flag, ID, list, nullable, text, time } from '../json-schema.ts'

const tags = ['notices']
const PARAMS = { type: 'object', properties: { id: ID } }
const ADDRESS = text({ minLength: 10, maxLength: 2_000, description: 'the address the chat gave for posting into the room; it is never shown again' })
const CHANNEL = answer({
  id: text(), companyId: nullable(text({ description: 'null: told of every company' })), kind: text({ enum: [...CHANNEL_KINDS] }), name: text(), enabled: flag(), createdAt: time(), updatedAt: time(),
  lastSentAt: nullable(time()), lastError: nullable(text({ description: 'why the newest notice did not get through' })),
})
const DRAFT = body({ kind: text({ enum: [...CHANNEL_KINDS] }), name: text({ minLength: 1, maxLength: 100, pattern: '\\S' }), address: ADDRESS, enabled: flag({ default: true }) }, ['kind', 'name', 'address'])

/** Channels of companies and of the MSP. */
export function noticeRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { channels } } = context

  app.get<{ Querystring: { company?: string } }>('/api/notice-channels', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Channels of a company; without one those of the MSP', querystring: { type: 'object', properties: COMPANY_QUERY }, response: answers({ 200: answer({ items: list(CHANNEL) }) }, ...READ_ERRORS) },
  }, async (request) => {
    await companiesOf(context, request, request.query.company)
    return { items: await channels.list(callerOf(request).scope, request.query.company ?? null) }
  })

  app.post<{ Params: { id: string }; Body: NoticeChannelDraft }>('/api/companies/:id/notice-channels', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Tell a room of Slack or Teams of this company\'s requests', params: PARAMS, body: DRAFT, response: answers({ 201: CHANNEL }, ...WRITE_ERRORS) },
  }, async (request, reply) => reply.code(201).send(await channels.create(callerOf(request), request.params.id, request.body)))

  app.post<{ Body: NoticeChannelDraft }>('/api/notice-channels', {
    config: { access: 'msp' },
    schema: { tags, summary: 'Tell a room of every company\'s requests', body: DRAFT, response: answers({ 201: CHANNEL }, ...WRITE_ERRORS) },
  }, async (request, reply) => reply.code(201).send(await channels.create(callerOf(request), null, request.body)))

  app.patch<{ Params: { id: string }; Body: { enabled?: boolean; address?: string } }>('/api/notice-channels/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Switch a channel on or off, or give it another address', params: PARAMS, body: body({ enabled: flag(), address: ADDRESS }, []), response: answers({ 200: CHANNEL }, ...WRITE_ERRORS) },
  }, async (request) => channels.update(callerOf(request), request.params.id, request.body))

  app.delete<{ Params: { id: string } }>('/api/notice-channels/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Forget a channel', params: PARAMS, response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await channels.remove(callerOf(request), request.params.id)
    return reply.code(204).send()
  })
}
