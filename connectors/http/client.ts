/** The one way out: every call of a ticket system is made here. It proves who we are, keeps to the host of the connection, to time, size and budget, records each call, and never tries anything again but once with a new token. */
import { randomUUID } from 'node:crypto'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import type { Actor } from '../../schemas/records.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import { ConnectorError, type ConnectorCode, type ConnectorHttp, type Credentials, type HttpAnswer, type HttpRequest, type OpenConnection, type TicketConnector } from '../port.ts'
import { addressOf } from './address.ts'
import { answerError, detailOf, sendError } from './failures.ts'
import { redactor, type Redactor } from './redact.ts'
import { readAnswer, wireBody, type WireBody } from './wire.ts'

/** Time limit of one call unless another is given, in ms. */
export const CALL_TIMEOUT_MS = 30_000

/** Whom and what a call is for. */
export interface CallOrigin {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly ticketId: string | null
  readonly who: Actor
  /** 0 critical incidents, 1 a person waits, 2 usual, 3 may wait. */
  readonly urgency: number
  /** Attempts of the same work before this one. */
  readonly retries: number
}

/** How hard an account may be called, as the client asks and tells it. Each `take` that resolves is followed by exactly one `answered`. */
export interface CallBudget {
  /** Waits a little for its turn. Throws ConnectorError `budget` with `retryAfterMs` where the turn is not near. */
  take(call: { readonly account: string; readonly urgency: number; readonly isWrite: boolean; readonly ticketId: string | null; readonly signal: AbortSignal }): Promise<void>
  /** What came of it; without status and headers where no answer came. */
  answered(call: { readonly account: string; readonly status: number | null; readonly headers: Headers | null; readonly atMs: number; readonly outcome: 'success' | ConnectorCode; readonly retryAfterMs: number | null }): Promise<void> | void
}

/** What the client is made of. */
export interface HttpParts {
  readonly connector: Pick<TicketConnector, 'id' | 'config' | 'account' | 'authorise'>
  readonly connection: OpenConnection
  readonly credentials: () => Promise<Credentials>
  /** Gets a new token at once; false: there is none to be had. Asked only where OAuth is used, and once a call. */
  readonly renew: () => Promise<boolean>
  readonly budget: CallBudget
  /** Keeps the record of a call; sees to its own failures. */
  readonly record: (call: OutsideCall) => Promise<void>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly origin: CallOrigin
  readonly timeoutMs?: number
}

/** Makes the client of one piece of work. Its `call` throws ConnectorError and nothing else. */
export function connectorHttp(parts: HttpParts): ConnectorHttp {
  const isOAuth = parts.connection.auth === 'oauth2_client' || parts.connection.auth === 'oauth2_code'
  return {
    async call(request) {
      try {
        return await once(parts, request)
      } catch (error) {
        const isStale = isOAuth && error instanceof ConnectorError && error.code === 'unauthorized' && !(request.accepts ?? []).includes(401)
        if (!isStale || !(await parts.renew())) throw error
        return once(parts, request)
      }
    },
  }
}

async function once(parts: HttpParts, request: HttpRequest): Promise<HttpAnswer> {
  const { connector, connection, clock, signal, origin } = parts
  const url = addressOf(connection.baseUrl, request, connector.config.hosts)
  const credentials = await parts.credentials()
  const proof = connector.authorise(credentials, connection)
  const redact = redactor([...Object.values(credentials), ...Object.values(proof).flatMap((value) => [value, value.replace(/^\S+\s+/, '')])])
  const body = wireBody(request)
  const headers = headersOf(request, body, proof)
  const isWrite = request.method !== 'GET' && request.action !== 'searched' && request.action !== 'retrieved'
  const account = connector.account(connection)
  if (isAborted(signal)) throw new ConnectorError('aborted', 'the work was ended before its call')
  await parts.budget.take({ account, urgency: origin.urgency, isWrite, ticketId: origin.ticketId, signal })

  const startedAtMs = clock.now()
  const came = await send({ url, request, headers, body, redact, parts })
  const error = came.error
  await parts.budget.answered({ account, status: came.status, headers: came.headers, atMs: clock.now(), outcome: error?.code ?? 'success', retryAfterMs: error?.retryAfterMs ?? null })
  await parts.record({
    id: randomUUID(), atMs: startedAtMs, integrationType: 'ticketing', connector: connector.id, connectionId: connection.id, companyId: origin.companyId, incidentId: origin.incidentId, ticketId: origin.ticketId,
    action: request.action, direction: 'out', externalId: request.externalId ?? null, method: request.method, url: redact.address(url), reference: request.reference,
    status: error === null ? 'success' : error.code === 'timeout' ? 'timeout' : 'error', httpStatus: came.status, errorCode: error?.code ?? null, errorText: error?.message ?? null,
    durationMs: clock.now() - startedAtMs, retries: origin.retries, who: origin.who,
    request: redact.record(shownHeaders(headers), body.shown), response: came.status === null ? null : redact.record(shownHeaders(came.headers), came.body),
  })
  if (error !== null) throw error
  return { status: came.status ?? 0, headers: came.headers ?? new Headers(), body: came.body }
}

interface Came { readonly status: number | null; readonly headers: Headers | null; readonly body: unknown; readonly error: ConnectorError | null }

/** Sends it and reads what comes, all within the time limit. Never throws. */
async function send({ url, request, headers, body, redact, parts }: { readonly url: URL; readonly request: HttpRequest; readonly headers: Headers; readonly body: WireBody; readonly redact: Redactor; readonly parts: HttpParts }): Promise<Came> {
  const { clock, signal, connector } = parts
  const title = `${connector.config.title}: ${request.reference}`
  const timeoutMs = parts.timeoutMs ?? CALL_TIMEOUT_MS
  const late = new AbortController()
  const ended = new AbortController()
  const watch = clock.sleep(timeoutMs, ended.signal).then(() => late.abort(), () => undefined)
  let status: number | null = null
  let answerHeaders: Headers | null = null
  try {
    const answer = await fetch(url, { method: request.method, headers, body: body.bytes, redirect: 'manual', signal: AbortSignal.any([signal, late.signal]) })
    status = answer.status
    answerHeaders = answer.headers
    const read = await readAnswer(answer, request.isText === true)
    const error = answerError({ title, request, status, headers: answerHeaders, read, detail: detailOf(redact.value(read.value)), nowMs: clock.now() })
    return { status, headers: answerHeaders, body: read.value, error }
  } catch (thrown) {
    const why = isAborted(late.signal) ? 'timeout' : isAborted(signal) ? 'aborted' : null
    return { status, headers: answerHeaders, body: null, error: sendError({ title, host: url.host, why, timeoutMs, thrown, status }) }
  } finally {
    ended.abort()
    await watch
  }
}

/** The connector’s headers win over the usual ones, the proof over all. */
function headersOf(request: HttpRequest, body: WireBody, proof: Readonly<Record<string, string>>): Headers {
  try {
    const headers = new Headers({ accept: request.isText === true ? '*/*' : 'application/json', 'user-agent': 'AlertWhisperer' })
    for (const [name, value] of Object.entries({ ...request.headers, ...(body.contentType === null ? {} : { 'content-type': body.contentType }), ...proof })) headers.set(name, value)
    return headers
  } catch {
    // The message of this error repeats the value, which may be a credential.
    throw new ConnectorError('misconfigured', 'a credential or a field of the connection holds characters that cannot be sent in a header, such as a line end: enter it again')
  }
}

const DULL = new Set(['accept', 'user-agent', 'date', 'connection', 'keep-alive', 'transfer-encoding', 'server', 'vary', 'cache-control', 'strict-transport-security', 'set-cookie'])

function shownHeaders(headers: Headers | null): readonly (readonly [string, string])[] {
  return headers === null ? [] : [...headers].filter(([name]) => !DULL.has(name))
}
