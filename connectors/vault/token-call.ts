/**
 * The one call of OAuth: a form posted to the token address, within time and size, to that address alone, recorded with everything secret hidden.
 * Once sent it is never broken off, also where the program stops: its answer may hold the only refresh token there is.
 */
import { randomUUID } from 'node:crypto'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import type { Actor } from '../../schemas/records.ts'
import { sendError } from '../http/failures.ts'
import { redactor } from '../http/redact.ts'
import { retryAfterMs } from '../http/retry-after.ts'
import { ConnectorError, type OAuthPlaces } from '../port.ts'
import { cut } from '../text.ts'
import { readTokenAnswer, type Grant, type TokenAnswer } from './oauth.ts'
import type { RecordCall, StoredConnection } from './ports.ts'

/** Time limit of the call, in ms. */
export const TOKEN_CALL_MS = 20_000
const ANSWER_BYTES = 262_144
const SAID_CHARS = 300
/** A vendor in trouble says so with these; everything else is about us. */
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'internal_server_error'])

/** What is asked, and of whom. */
export interface TokenRequest {
  readonly connection: StoredConnection
  /** Name of the vendor for people. */
  readonly title: string
  readonly url: URL
  readonly places: Pick<OAuthPlaces, 'clientAuth' | 'tokenForm'>
  readonly clientId: string
  /** Null: a public client, which PKCE alone proves. */
  readonly clientSecret: string | null
  readonly grant: Grant
  readonly who: Actor
  readonly retries: number
}

/** The vendor refuses, in its own words; they hold no secret. */
export interface TokenRefusal {
  readonly error: string
  readonly description: string
}

/** Makes the caller. It throws ConnectorError where no answer came or none that can be read; `outcome` then says whether it may have been done. */
export function tokenCaller({ clock, record }: { readonly clock: Clock; readonly record: RecordCall }) {
  return async (request: TokenRequest): Promise<TokenAnswer | TokenRefusal> => {
    const { connection, url, places, clientId, clientSecret, grant, who, retries } = request
    const form = new URLSearchParams({ ...places.tokenForm, ...grant })
    const headers = new Headers({ accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'AlertWhisperer' })
    // RFC 6749, 2.3.1: both are form-encoded before they are joined.
    if (places.clientAuth === 'basic' && clientSecret !== null) headers.set('authorization', `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`)
    else {
      form.set('client_id', clientId)
      if (clientSecret !== null) form.set('client_secret', clientSecret)
    }
    const secrets = [clientSecret, 'refresh_token' in grant ? grant.refresh_token : null, 'code' in grant ? grant.code : null, 'code_verifier' in grant ? grant.code_verifier : null].filter((text) => text !== null)
    const startedAtMs = clock.now()
    const came = await send(url, headers, form, request, clock)
    const answer = readTokenAnswer(came.body)
    const given = answer !== null && 'accessToken' in answer ? [answer.accessToken, ...(answer.refreshToken === null ? [] : [answer.refreshToken])] : []
    const redact = redactor([...secrets, ...given, ...(headers.get('authorization')?.split(' ').slice(1) ?? [])])
    const refusal = answer !== null && 'error' in answer ? { error: cut(redact.text(answer.error).replace(/[^\x20-\x7e]/g, ' '), 60), description: said(redact.text(answer.description)) } : null
    const isOk = came.status !== null && came.status >= 200 && came.status < 300
    const failure = came.error ?? failureOf(request, came, answer !== null && 'accessToken' in answer && isOk, refusal, clock.now())
    const error = failure?.message ?? (refusal === null ? null : `${refusal.error}: ${refusal.description}`)
    await record({
      id: randomUUID(), atMs: startedAtMs, integrationType: 'oauth', connector: connection.connector, connectionId: connection.id, companyId: connection.companyId, incidentId: null, ticketId: null, action: 'retrieved', direction: 'out', externalId: null, method: 'POST',
      url: redact.address(url), reference: REFERENCES[grant.grant_type], status: error === null ? 'success' : failure?.code === 'timeout' ? 'timeout' : 'error', httpStatus: came.status, errorCode: failure?.code ?? (refusal === null ? null : 'unauthorized'), errorText: error,
      durationMs: clock.now() - startedAtMs, retries, who, request: redact.record([], hidden(form)), response: came.status === null ? null : redact.record([], came.body),
    })
    if (failure !== null) throw failure
    if (refusal !== null) return refusal
    return answer as TokenAnswer
  }
}

const REFERENCES = { client_credentials: 'get a token', authorization_code: 'exchange the code of a sign-in', refresh_token: 'renew the token' } as const

interface Came { readonly status: number | null; readonly headers: Headers | null; readonly body: unknown; readonly error: ConnectorError | null }

async function send(url: URL, headers: Headers, form: URLSearchParams, { title, grant }: TokenRequest, clock: Clock): Promise<Came> {
  const [late, ended] = [new AbortController(), new AbortController()]
  const watch = clock.sleep(TOKEN_CALL_MS, ended.signal).then(() => late.abort(), () => undefined)
  let status: number | null = null
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: form.toString(), redirect: 'manual', signal: late.signal })
    status = answer.status
    return { status, headers: answer.headers, body: await readBody(answer), error: null }
  } catch (thrown) {
    return { status, headers: null, body: null, error: sendError({ title: `${title}: ${REFERENCES[grant.grant_type]}`, host: url.host, why: isAborted(late.signal) ? 'timeout' : null, timeoutMs: TOKEN_CALL_MS, thrown, status }) }
  } finally {
    ended.abort()
    await watch
  }
}

/** JSON as parsed; anything else, and what is too large, as null. */
async function readBody(answer: Response): Promise<unknown> {
  const parts: Uint8Array[] = []
  let bytes = 0
  if (answer.body !== null) {
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      bytes += part.byteLength
      if (bytes > ANSWER_BYTES) return null
      parts.push(part)
    }
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown
  } catch {
    return null
  }
}

/** What an answer means that is neither tokens nor a refusal about us. */
function failureOf({ title, grant, url }: TokenRequest, { status, headers }: Came, isGiven: boolean, refusal: TokenRefusal | null, nowMs: number): ConnectorError | null {
  if (isGiven) return null
  const what = `${title}: ${REFERENCES[grant.grant_type]}`
  const options = { httpStatus: status, ...(headers === null ? {} : { retryAfterMs: retryAfterMs(headers, nowMs) }) }
  if (status === 429) return new ConnectorError('rate_limited', `${what}: too many calls; it waits and goes on by itself`, options)
  if (status !== null && status >= 500) return new ConnectorError('server_error', `${what}: it answered ${status}; the other side is in trouble, and is asked again`, options)
  // Zoho refuses tokens that are asked for too often so.
  if (refusal !== null) return PASSING.has(refusal.error) || /too many requests/i.test(refusal.description) ? new ConnectorError('server_error', `${what}: it answered ${refusal.error}; it is asked again`, options) : null
  return new ConnectorError('bad_answer', `${what}: ${url.origin} answered ${status ?? 'nothing'} with something that is no answer of OAuth; the base URL may be wrong, or something stands between`, options)
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** The form as it may be kept: names, and only values that tell nothing. */
function hidden(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...form].map(([name, value]) => [name, ['grant_type', 'scope', 'redirect_uri', 'client_id'].includes(name) ? value : '[secret]']))
}

function said(text: string): string {
  return cut(text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim(), SAID_CHARS)
}
