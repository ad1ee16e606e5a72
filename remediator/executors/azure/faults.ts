/**
 * Errors of Azure as ours. No error of the SDKs is kept as a cause: theirs carry the request, and with it the token or the client secret. Azure's own words are passed on, bounded and
 * cleaned, because they say best what to mend.
 */
import { ExecutorError, type ExecutorFault } from '../port.ts'

/** What is known of a call that failed. */
export interface Failed {
  /** HTTP status; null where there was no answer. */
  readonly status: number | null
  readonly code: string | null
  readonly message: string
  readonly retryAfterMs: number | null
}

/** Characters of Azure's words that are passed on. */
const WORDS_MAX = 300
/** Errors of a connection that was never made. */
const UNREACHED = ['ENOTFOUND', 'ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
const SENTENCES: Readonly<Partial<Record<string, string>>> = {
  AuthorizationFailed: 'the identity lacks a right; give it the role docs/clouds.md names, at the subscription or the resource group',
  LinkedAuthorizationFailed: 'the identity lacks a right on a resource this one refers to',
  SubscriptionNotFound: 'there is no such subscription, or the identity has no role in it',
  ExpiredAuthenticationToken: 'the token had run out',
  InvalidAuthenticationToken: 'the token was refused',
}

/** What Azure says in an error: the answer's body, and `RestError` of the SDK; both read without trusting their shape. */
export function failedOf(thrown: unknown, errorText: string | null, retryAfterMs: number | null): Failed {
  const error = record(thrown)
  const body = record(record(parsed(errorText)).error)
  const status = typeof error.statusCode === 'number' ? error.statusCode : typeof error.statusCode === 'string' ? Number(error.statusCode) : null
  const isText = (text: unknown): text is string => typeof text === 'string'
  return { status: status === null || Number.isNaN(status) ? null : status, code: [body.code, error.code].find(isText) ?? null, message: clean([body.message, error.message].find(isText) ?? ''), retryAfterMs }
}

/** The error for a call. `wasOnWire`: whether it got past the credentials, so that a change may have been taken. */
export function azureFault(what: string, failed: Failed, options: { readonly changes: boolean; readonly wasOnWire: boolean; readonly isTimeout: boolean }): ExecutorError {
  const { status, code, message, retryAfterMs } = failed
  const fault = options.isTimeout ? 'timeout' : faultOf(status, code, message)
  // A refusal says that nothing was taken; anything else says nothing, an answer of success that cannot be read least of all.
  const isRefused = status !== null && status >= 400 && status < 500 && status !== 408
  const isUnreached = status === null && !options.isTimeout && UNREACHED.includes(code ?? '')
  const sent = options.changes && options.wasOnWire && !isRefused && !isUnreached ? 'unknown' : 'no'
  const words = message === '' ? 'no reason was given' : message
  const sentence = SENTENCES[code ?? '']
  const why = options.isTimeout ? 'no answer in time' : sentence === undefined ? words : `${sentence}; Azure says: ${words}`
  const where = status === null ? code ?? 'no answer' : `${status}${code === null ? '' : ` ${code}`}`
  return new ExecutorError(fault, `${what}: ${why} (${where})`, { sent, retryAfterMs })
}

function faultOf(status: number | null, code: string | null, message: string): ExecutorFault {
  if (status === null || status < 400) return 'unavailable'
  if (status === 401) return 'unauthorised'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 408) return 'timeout'
  if (status === 429) return 'throttled'
  if (status === 409 || status === 412 || status === 423) return isOffline(code, message) ? 'offline' : 'busy'
  if (status >= 500) return 'unavailable'
  return isOffline(code, message) ? 'offline' : 'invalid'
}

/** Whether Azure says that the machine does not run, or its agent does not answer. */
export function isOffline(code: string | null, message: string): boolean {
  return /^(VMAgentStatusCommunicationError|VMNotRunning|VirtualMachineNotRunning)$/.test(code ?? '') || /\b(not running|deallocated|is stopped|VM agent (is )?not (ready|reporting)|status of the VM agent)\b/i.test(message)
}

/** Azure's words: one line, bounded, without signatures or tokens that a careless service might put there. */
export function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').replace(/\b(sig|client_secret|access_token|client_assertion)=[^&\s"]+/gi, '$1=[secret]').replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]').trim()
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line
}

/** Null for what is no JSON, such as a proxy's page. */
function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
