/** Every error leaves as `{"code","message"}`. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, toAppError, type ErrorCode } from '../schemas/errors.ts'

const STATUS: Partial<Record<ErrorCode, number>> = {
  unauthorized: 401, forbidden: 403, not_found: 404, bad_request: 400, body_invalid: 400, payload_invalid: 400, body_too_large: 413, media_type_unsupported: 415, rate_limited: 429,
  conflict: 409, incident_unknown: 409, incident_closed: 409, version_stale: 409, transition_refused: 409, problem_unknown: 409, merge_refused: 409,
  log_unavailable: 503, engine_unavailable: 503,
}

/** Seconds after which it is worth asking again when an engine does not answer. */
const ENGINE_RETRY_SECONDS = 5

/** The HTTP status of an error code; what has none is a defect of ours. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500
}

/** Sets how an instance and everything inside it answers errors and unknown routes. */
export function replyErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => replyError(error, request, reply))
  app.setNotFoundHandler((request, reply) => replyError(new AppError('not_found', `there is no ${request.method} ${quotable(request.url)}; see /api/docs`), request, reply))
}

/** The path of an address of ours; a stranger's may hold a key, which no error repeats. */
function quotable(url: string): string {
  const path = url.split('?')[0] ?? ''
  return /^\/api\/[\w./-]{0,200}$/.test(path) && !path.includes('aw_') ? path : 'such address'
}

/** What a caller is told of an error. What happened inside is for the log: an engine's own words may name addresses and statements. */
export function toldMessage(error: Pick<AppError, 'code' | 'message'>): string {
  const status = statusOf(error.code)
  if (status === 503) return 'a part of the program does not answer now; try again after Retry-After'
  return status >= 500 ? 'something went wrong on our side' : error.message
}

async function replyError(thrown: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const error = thrown instanceof AppError ? thrown : fromFastify(thrown)
  const status = statusOf(error.code)
  if (status >= 500) request.log.error({ err: error }, 'answering an error of ours')
  const retryAfterSeconds = error.details['retryAfterSeconds'] ?? (status === 503 ? ENGINE_RETRY_SECONDS : undefined)
  if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', String(retryAfterSeconds))
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  const where = `; the log has it under request ${request.id}`
  const message = toldMessage(error) + (status >= 500 ? where : '')
  const mistakes = error.details['mistakes']
  return reply.code(status).header('x-content-type-options', 'nosniff').type('application/json').send(JSON.stringify({ code: error.code, message, ...(mistakes === undefined ? {} : { mistakes }) }))
}

/** Fastify refuses before a handler runs: bodies that are no JSON, too large, of another type. */
function fromFastify(error: FastifyError): AppError {
  if (error.statusCode === 413) return new AppError('body_too_large', 'the body is larger than this call takes; send less at once')
  if (error.statusCode === 415) return new AppError('media_type_unsupported', 'the content type must be application/json, or text/csv for an import')
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) return new AppError('body_invalid', `the body is not JSON: ${error.message.slice(0, 200)}`)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) return new AppError('bad_request', error.message.slice(0, 300))
  return toAppError(error)
}
