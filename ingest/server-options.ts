import type { Server } from 'node:http'
import { LogController, type FastifyReply, type FastifyRequest, type FastifyHttpOptions } from 'fastify'

const JSON_TYPE = 'application/json; charset=utf-8'
const ADDRESS_UNREADABLE = JSON.stringify({ code: 'bad_request', message: 'The address is not one we can read: a part of it is too long, or a % is not followed by what it stands for.' })

/**
 * What a server that carries the edge should be made with. Request logging is off because two log lines a request cost more than the request;
 * the counters tell what was answered, refusals are logged by the edge itself. The times end whoever trickles a head or a body, or never reads an answer.
 */
export const INGEST_SERVER_OPTIONS = {
  logController: new LogController({ disableRequestLogging: true }),
  requestTimeout: 30_000,
  // The runtime looks for those that are late only so often, and by itself every 30 s.
  http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 },
  // Without a byte either way. Live events have a heartbeat every 15 s.
  connectionTimeout: 120_000,
  keepAliveTimeout: 72_000,
  // An alias of Opsgenie, 512 characters, may stand in a path, each of them encoded as three.
  routerOptions: { maxParamLength: 1_600 },
  // Fastify's own answers to an address it cannot decode, or one that is too long, repeat it, and with it a key that may stand there.
  frameworkErrors: (error, _request, reply) => {
    reply.hijack()
    reply.raw.writeHead(error.statusCode ?? 400, { 'content-type': JSON_TYPE, 'content-length': ADDRESS_UNREADABLE.length, connection: 'close' }).end(ADDRESS_UNREADABLE)
  },
} as const satisfies FastifyHttpOptions<Server>

/** Connections a server takes at once; further ones are closed unheard, so that strangers cost no more memory than this many heads and small bodies. */
export const CONNECTIONS_MAX = 10_000

/** Answers an address nobody has, where no API stands beside the edge. Fastify's own answer would repeat the address, and with it a key. */
export function answerUnknown(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).header('content-type', JSON_TYPE).send('{"code":"not_found","message":"No such address."}')
}

/** Where a key may stand in a path: after `/in/`, in one-time links, and where clients of VictorOps put it. */
const KEY_IN_PATH = /(\/in\/|\/hooks\/[^/?]+\/[^/?.]+\.|\/approvals\/link\/|\/integrations\/generic\/20131114\/alert\/)[^/?]+/gi
/** What looks like a key of ours, wherever it stands. */
const KEY_ANYWHERE = /aw_[^/?]*/gi

/** A URL fit for a log: values of the query and keys in the path are left out. Use it in the logger's request serializer. */
export function redactedUrl(url: string): string {
  const query = url.indexOf('?')
  const path = (query < 0 ? url : url.slice(0, query)).replace(KEY_IN_PATH, '$1[redacted]').replace(KEY_ANYWHERE, '[redacted]')
  return query < 0 ? path : `${path}?[redacted]`
}
