/** What every call to Zoho Desk goes through: its root, its empty answers, and its own words for what is wrong. */
import { ConnectorError, type CallContext, type HttpAnswer, type HttpRequest } from '../port.ts'
import { textOf, type ZohoRecord } from './map.ts'

/** Makes a call below `/api/v1`, which may or may not stand in the base URL. Throws ConnectorError with what Zoho's error code means. */
export async function call(request: HttpRequest, ctx: CallContext): Promise<HttpAnswer> {
  const root = ctx.connection.baseUrl.endsWith('/api/v1') ? '' : '/api/v1'
  try {
    return await ctx.http.call({ ...request, path: root + request.path })
  } catch (error) {
    throw error instanceof ConnectorError ? meant(error) : error
  }
}

/** A list; 204 is an empty one. */
export async function list(request: HttpRequest, ctx: CallContext): Promise<readonly ZohoRecord[]> {
  return (await countedList(request, ctx)).found
}

/** A list with how many there are in all; null: it does not say. */
export async function countedList(request: HttpRequest, ctx: CallContext): Promise<{ readonly found: readonly ZohoRecord[]; readonly count: number | null }> {
  const { status, body } = await call(request, ctx)
  if (status === 204 || body === null) return { found: [], count: 0 }
  const data = isRecord(body) ? body.data : undefined
  if (!Array.isArray(data)) throw new ConnectorError('bad_answer', `Zoho Desk: ${request.reference}: a list was due; the base URL may be wrong`)
  const count = isRecord(body) ? Number(body.count ?? Number.NaN) : Number.NaN
  return { found: data.filter(isRecord), count: Number.isNaN(count) ? null : count }
}

/** One record. */
export async function one(request: HttpRequest, ctx: CallContext): Promise<ZohoRecord> {
  const { body } = await call(request, ctx)
  if (!isRecord(body)) throw new ConnectorError('bad_answer', `Zoho Desk: ${request.reference}: a record was due; the base URL may be wrong`)
  return body
}

/** Zoho's code decides more than the status: 429 may be the day's credits, which no waiting of minutes brings back. */
function meant(error: ConnectorError): ConnectorError {
  const code = isRecord(error.answer) ? textOf(error.answer, 'errorCode') : ''
  const again = { httpStatus: error.httpStatus, retryAfterMs: error.retryAfterMs, cause: error }
  if (code === 'THRESHOLD_EXCEEDED') return new ConnectorError('quota', 'Zoho Desk: the API credits of the day are used up (THRESHOLD_EXCEEDED): wait for the next day or buy credits', again)
  if (code === 'OAUTH_ORG_MISMATCH') return new ConnectorError('misconfigured', 'Zoho Desk: the organisation ID is not one the token was given for (OAUTH_ORG_MISMATCH): correct it, or connect again for that organisation', again)
  if (code === 'LICENSE_ACCESS_LIMITED') return new ConnectorError('forbidden', 'Zoho Desk: your edition does not have this (LICENSE_ACCESS_LIMITED)', again)
  if (code === 'INVALID_OAUTH' || code === 'UNAUTHORIZED') return new ConnectorError('unauthorized', `Zoho Desk: the token is wrong or ended (${code}): connect again; base URL and accounts host must be of the same data centre`, again)
  if (code === 'SCOPE_MISMATCH') return new ConnectorError('forbidden', 'Zoho Desk: a scope is missing (SCOPE_MISMATCH): connect again and accept all scopes.', again)
  if (code === 'RESOURCE_SIZE_EXCEEDED') return new ConnectorError('too_large', 'Zoho Desk: it is larger than is taken there (RESOURCE_SIZE_EXCEEDED)', again)
  return error
}

function isRecord(value: unknown): value is ZohoRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
