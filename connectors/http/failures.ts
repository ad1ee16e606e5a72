/** What went wrong with a call, in the closed words of connectors; each message says how to mend. */
import { cut } from '../text.ts'
import { ConnectorError, type ConnectorCode, type HttpRequest } from '../port.ts'
import { refusedForMs, retryAfterMs } from './retry-after.ts'
import type { ReadAnswer } from './wire.ts'

const BY_STATUS: Readonly<Record<number, ConnectorCode>> = {
  400: 'invalid', 401: 'unauthorized', 402: 'quota', 403: 'forbidden', 404: 'not_found', 405: 'invalid', 406: 'invalid', 408: 'timeout', 409: 'conflict', 410: 'not_found', 412: 'conflict', 413: 'too_large', 415: 'invalid', 422: 'invalid', 423: 'conflict', 425: 'conflict', 428: 'conflict', 429: 'rate_limited',
}
const MEND: Readonly<Partial<Record<ConnectorCode, string>>> = {
  invalid: 'correct the fields or the mapping of the connection', unauthorized: 'the credentials are wrong, expired or withdrawn: enter new ones', forbidden: 'the credentials lack a right: the page of this connector names those it needs',
  not_found: 'there is no such thing, or the credentials may not see it', conflict: 'it was changed at the same time, and is tried again', too_large: 'it is larger than the other side takes', rate_limited: 'too many calls: it waits and goes on by itself',
  quota: 'the plan there is used up or not paid: see to it there', server_error: 'the other side is in trouble, and is asked again', timeout: 'it is asked again', bad_answer: 'the base URL may be wrong, or something stands between: see what it answers',
  misconfigured: 'the base URL is not the one of the interface: correct it',
}
const DETAIL_MAX = 300

/** The error an answer means; null: it is a good one. `detail`: what the other side says, redacted. */
export function answerError({ title, request, status, headers, read, detail, nowMs }: { readonly title: string; readonly request: HttpRequest; readonly status: number; readonly headers: Headers; readonly read: ReadAnswer; readonly detail: string; readonly nowMs: number }): ConnectorError | null {
  const code = codeOf(request, status, read)
  if (code === null) return null
  const said = detail === '' || read.isHtml ? '' : ` (${detail})`
  const what = read.isTooLarge ? 'answered with more than 5 MB' : status < 400 && status >= 300 ? `sends on to another address (${status})` : read.isHtml ? `answered ${status} with a page for people` : `answered ${status}${said}`
  return new ConnectorError(code, `${title}: it ${what}; ${MEND[code] ?? 'see its record'}`, { httpStatus: status, retryAfterMs: code === 'rate_limited' ? refusedForMs(headers, nowMs) : retryAfterMs(headers, nowMs), answer: read.value })
}

function codeOf(request: HttpRequest, status: number, read: ReadAnswer): ConnectorCode | null {
  if (read.isTooLarge) return 'bad_answer'
  const isStrange = (read.isHtml || read.isBroken) && request.isText !== true
  const meant = status >= 400 && !isStrange ? request.meaning?.(status, read.value) ?? null : null
  if (meant !== null) return meant
  // A page for people is no answer of a ticket system, whatever its status.
  if ((request.accepts ?? []).includes(status) && !(read.isHtml && isStrange)) return null
  if (status >= 200 && status < 300) return isStrange ? 'bad_answer' : null
  // A form that was taken is answered so too; nothing says that it was not.
  if (status < 400) return request.method !== 'GET' && status <= 303 ? 'bad_answer' : 'misconfigured'
  if (status >= 500) return 'server_error'
  // A page that says "not found" is a proxy's word, and does not mean that a ticket is gone.
  if ((status === 404 || status === 410) && read.isHtml && request.isText !== true) return 'bad_answer'
  return BY_STATUS[status] ?? 'invalid'
}

/** What the other side says about it in the forms that are usual, on one line; empty: nothing. */
export function detailOf(value: unknown): string {
  const found: string[] = []
  const look = (part: unknown, depth: number): void => {
    if (found.length >= 4 || depth > 4) return
    if (typeof part === 'string') found.push(part)
    else if (Array.isArray(part)) part.forEach((one) => look(one, depth + 1))
    else if (typeof part === 'object' && part !== null) {
      const entries = Object.entries(part) as (readonly [string, unknown])[]
      const telling = entries.filter(([name]) => /^(error|errors|message|messages|description|error_description|details?|errorMessages?|title|field|code|errorCode|Message)$/.test(name))
      for (const [, inner] of telling.length > 0 || depth === 0 ? telling : entries) look(inner, depth + 1)
    }
  }
  look(value, 0)
  return cut([...new Set(found.map((one) => one.replace(/\s+/g, ' ').trim()))].filter((one) => one !== '').join(': '), DETAIL_MAX)
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT'])
const NO_TRUST = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/

/** The error of a call without a whole answer. The thrown one is not kept: its text may hold the address with everything in it. */
export function sendError({ title, host, why, timeoutMs, thrown, status }: { readonly title: string; readonly host: string; readonly why: 'timeout' | 'aborted' | null; readonly timeoutMs: number; readonly thrown: unknown; readonly status: number | null }): ConnectorError {
  const options = { httpStatus: status }
  if (why === 'timeout') return new ConnectorError('timeout', `${title}: no whole answer within ${timeoutMs / 1_000} s; it may have been done, and is looked up before it is tried again`, options)
  if (why === 'aborted') return new ConnectorError('aborted', `${title}: the work was ended while it was called`, options)
  const code = codeIn(thrown)
  if (NO_TRUST.test(code)) return new ConnectorError('tls', `${title}: the certificate of ${host} is not trusted (${code}); install one that is, or add its authority to those of this machine`, options)
  if (NEVER_SENT.has(code)) return new ConnectorError('unreachable', `${title}: ${host} cannot be reached (${code}); see to the address, the network and its firewall`, options)
  return new ConnectorError('cut_off', `${title}: the connection to ${host} broke (${code === '' ? 'no reason given' : code}); it may have been done, and is looked up before it is tried again`, options)
}

function codeIn(thrown: unknown): string {
  for (let at: unknown = thrown, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth++) {
    if ('errors' in at && Array.isArray(at.errors) && at.errors.length > 0) at = at.errors[0]
    if (typeof at === 'object' && at !== null && 'code' in at && typeof at.code === 'string') return at.code
    at = typeof at === 'object' && at !== null && 'cause' in at ? at.cause : null
  }
  return ''
}
