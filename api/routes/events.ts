/** `GET /api/events`: live events as server-sent events, each listener within its scope and within a bounded buffer. */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../schemas/access.ts'
import { AppError, toAppError } from '../../schemas/errors.ts'
import { callerOf, type RouteContext } from '../context.ts'
import { ERROR, text } from '../json-schema.ts'
import { mayHear, type LiveEvent } from '../live-hub.ts'

/** Listeners of one caller, and of all, in this process. */
const LISTENERS_MAX = { caller: 20, all: 2_000 }
const HEARTBEAT_MS = 15_000
/** A listener that lets so much lie unread is cut; it comes back with its last id. */
const UNREAD_BYTES_MAX = 1_048_576

/** Registers the stream. */
export function eventRoutes(app: FastifyInstance, context: RouteContext): void {
  const { live, clock, authenticator } = context
  const listeners = new Map<ServerResponse, string>()

  app.addHook('preClose', async () => {
    for (const stream of listeners.keys()) stream.destroy()
  })

  app.get<{ Headers: { 'last-event-id'?: string; authorization?: string }; Querystring: { lastEventId?: string } }>('/api/events', {
    config: { access: 'read' },
    exposeHeadRoute: false,
    schema: {
      tags: ['events'], summary: 'Live events (server-sent events); resume by Last-Event-ID', produces: ['text/event-stream'],
      description: 'Types: alert_received (a count a second and company), incident_created, incident_updated, analysis_delta (a piece of an analysis that is being written: where in the summary it stands, 0 from its beginning), run_updated, notification; resync tells that events are missing and lists must be read anew.',
      headers: { type: 'object', properties: { 'last-event-id': text({ maxLength: 100 }) } },
      querystring: { type: 'object', properties: { lastEventId: text({ maxLength: 100, description: 'for clients that cannot set the header' }) } },
      response: { 200: { type: 'string', description: 'a stream of events' }, 401: ERROR, 429: ERROR },
    },
  }, async (request, reply) => {
    let caller: Caller = callerOf(request)
    const mine = [...listeners.values()].filter((id) => id === caller.id).length
    if (mine >= LISTENERS_MAX.caller || listeners.size >= LISTENERS_MAX.all) {
      throw new AppError('rate_limited', 'too many open event streams; close one first', { details: { retryAfterSeconds: 10 } })
    }
    const lastId = request.headers['last-event-id'] ?? request.query.lastEventId ?? null
    reply.hijack()
    const stream = reply.raw
    listeners.set(stream, caller.id)
    stream.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff' })

    const write = (chunk: string) => {
      if (stream.destroyed) return
      stream.write(chunk)
      if (stream.writableLength > UNREAD_BYTES_MAX) stream.destroy()
    }
    write('retry: 2000\n\n')
    const stopListening = live.listen(lastId, (event) => {
      if (mayHear(caller.scope, event)) write(frame(event))
    })
    const ended = new AbortController()
    stream.once('close', () => {
      ended.abort()
      stopListening()
      listeners.delete(stream)
    })
    // A lock, a new role or the end of the log-in must reach a stream that is already open.
    const beat = async () => {
      while (!ended.signal.aborted) {
        await clock.sleep(HEARTBEAT_MS, ended.signal)
        caller = await authenticator.caller(request.headers.authorization, request.ip)
        write(': still here\n\n')
      }
    }
    beat().catch((thrown: unknown) => {
      if (!ended.signal.aborted && toAppError(thrown).code !== 'unauthorized') request.log.warn({ err: thrown }, 'ending an event stream')
      stream.destroy()
    })
    return reply
  })
}

function frame(event: LiveEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`
}
