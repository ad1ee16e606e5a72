/** Where PSAs tell of changed tickets. What they say is a hint only: it is kept and answered at once, and the ticket is read back before anything is believed. */
import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import type { Clock } from '../../schemas/clock.ts'
import { answers } from '../context.ts'
import type { TicketHooksApi } from '../ticket-ports.ts'
import { answer, flag, ID } from '../json-schema.ts'
import { WindowThrottle } from '../window-throttle.ts'

/** Webhooks are small; what is larger is none. */
const BODY_BYTES = 1_048_576
/** Requests a minute for one connection from one address, and from one address for all. */
export const HOOK_LIMITS = { connection: 600, address: 1_200 } as const

/** A body that is only bytes, so that nobody takes it for JSON. */
class RawBody {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get bytes(): Buffer {
    return this.#bytes
  }
}

/** `POST /api/hooks/{connector}/{connection}`. */
export async function hookRoutes(app: FastifyInstance, context: { readonly clock: Clock; readonly ticketSync: { readonly hooks: TicketHooksApi } }): Promise<void> {
  const throttle = new WindowThrottle(context.clock, 60_000)
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, new RawBody(bytes as Buffer)))

    scope.post<{ Params: { connector: string; connection: string } }>('/api/hooks/:connector/:connection', {
      config: { access: 'public' }, bodyLimit: BODY_BYTES,
      schema: {
        tags: ['tickets'], summary: 'A ticket system tells of a changed ticket; the address is shown with the connection', params: { type: 'object', properties: { connector: ID, connection: ID } },
        response: answers({ 200: answer({ taken: flag() }) }, 400, 401, 429),
      },
    }, async (request) => {
      const { connector, connection } = request.params
      throttle.take([[`from ${request.ip}`, HOOK_LIMITS.address], [`to ${connection.split('.')[0] ?? ''} from ${request.ip}`, HOOK_LIMITS.connection]])
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value ?? '']))
      const query = Object.fromEntries(Object.entries(request.query as Record<string, unknown>).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
      const taken = await context.ticketSync.hooks.take({ connector, connection, headers, query, body: request.body instanceof RawBody ? request.body.bytes : Buffer.alloc(0), ip: request.ip })
      if (taken === 'refused') throw new AppError('unauthorized', 'This address, key or signature is not right; copy the address from the connection once more.')
      if (taken === 'unreadable') throw new AppError('bad_request', 'The webhook proves who sent it, but its body is not what this ticket system sends; compare it with the connector’s page in the documentation.')
      return { taken: true }
    })
  })
}
