import { LogController, type FastifyServerOptions } from 'fastify'

/**
 * What a server that carries the edge should be made with. Request logging is off because two log lines a request cost more than the request;
 * the counters tell what was answered, refusals are logged by the edge itself. `requestTimeout` ends senders that trickle.
 */
export const INGEST_SERVER_OPTIONS = {
  logController: new LogController({ disableRequestLogging: true }),
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  routerOptions: { maxParamLength: 128 },
} as const satisfies FastifyServerOptions

/** A URL fit for a log: values of the query are left out, because a key may stand there. Use it in the logger's request serializer. */
export function redactedUrl(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : `${url.slice(0, query)}?[redacted]`
}
