/** Errors of Amazon's library as the one error of executors. Nothing of the call itself is kept: its headers and body hold credentials and scripts. */
import { ExecutorError, type ExecutorFault } from '../port.ts'

const MESSAGE_MAX = 300
const REDACTED_MIN = 8

/** By name, as the service or the library tells it. */
const FAULTS: Readonly<Record<string, ExecutorFault>> = {
  ThrottlingException: 'throttled', Throttling: 'throttled', ThrottledException: 'throttled', TooManyRequestsException: 'throttled', RequestLimitExceeded: 'throttled', RequestThrottled: 'throttled', RequestThrottledException: 'throttled', LimitExceededException: 'throttled', SlowDown: 'throttled',
  AutomationExecutionLimitExceededException: 'busy',
  AccessDenied: 'forbidden', AccessDeniedException: 'forbidden', UnauthorizedOperation: 'forbidden', OptInRequired: 'forbidden', RegionDisabledException: 'forbidden',
  ExpiredToken: 'unauthorised', ExpiredTokenException: 'unauthorised', InvalidClientTokenId: 'unauthorised', UnrecognizedClientException: 'unauthorised', InvalidAccessKeyId: 'unauthorised', InvalidToken: 'unauthorised', SignatureDoesNotMatch: 'unauthorised', InvalidSignatureException: 'unauthorised',
  IncompleteSignature: 'unauthorised', MissingAuthenticationToken: 'unauthorised', MissingAuthenticationTokenException: 'unauthorised', RequestExpired: 'unauthorised', AuthFailure: 'unauthorised', CredentialsProviderError: 'unauthorised', TokenProviderError: 'unauthorised',
  InvalidInstanceId: 'offline',
  InvalidCommandId: 'not_found', InvocationDoesNotExist: 'not_found', AutomationExecutionNotFoundException: 'not_found', AutomationDefinitionNotFoundException: 'not_found', NoSuchKey: 'not_found', NoSuchBucket: 'not_found', NotFound: 'not_found', ResourceNotFoundException: 'not_found',
  InternalServerError: 'unavailable', InternalFailure: 'unavailable', InternalError: 'unavailable', ServiceUnavailable: 'unavailable', ServiceUnavailableException: 'unavailable', InternalServerException: 'unavailable',
  AbortError: 'timeout', TimeoutError: 'timeout', RequestTimeout: 'timeout', RequestTimeoutException: 'timeout',
}
/** What can be done, by fault. */
const ADVICE: Readonly<Record<ExecutorFault, string>> = {
  unauthorised: 'look at the credentials of this program and at the clock of its machine', forbidden: 'compare the role’s policies with the onboarding text of this account', throttled: 'it is tried again later', busy: 'it is tried again later',
  not_found: 'look at the ids of the account', offline: 'look whether the agent runs on the machine, is online and is in this account and region', invalid: 'correct what it names', unavailable: 'it is tried again later', timeout: 'it is looked up before anything else is done',
}
/** A connection that never stood carried nothing. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID'])

interface Thrown { readonly name?: string; readonly message?: string; readonly code?: string; readonly syscall?: string; readonly $fault?: string; readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }; readonly $response?: { readonly headers?: Readonly<Record<string, string>>; readonly statusCode?: number } }

/** What was being done. */
export interface Doing {
  /** In gerund, such as `sending the command`. */
  readonly what: string
  /** Whether a machine may be changed by the call, once it is taken. */
  readonly sends: boolean
  /** Values that must not be told. */
  readonly secrets: readonly string[]
}

/** Any thrown value as ExecutorError. */
export function faultOf(thrown: unknown, { what, sends, secrets }: Doing): ExecutorError {
  if (thrown instanceof ExecutorError) return thrown
  const { name = 'Error', message = '', code = '', syscall, $metadata, $response } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? null
  const isNeverConnected = NEVER_CONNECTED.has(code) || syscall === 'connect'
  const fault = isNeverConnected ? 'unavailable' : FAULTS[name] ?? byStatus(status)
  // A refusal with a 4xx was read and not taken. Everything later may have been: 5xx, a broken connection, an answer that cannot be read.
  const isRefusal = status !== null && status >= 400 && status < 500 && fault !== 'timeout'
  const isBeforeSending = fault === 'unauthorised' && status === null
  const sent = !sends || isRefusal || isNeverConnected || isBeforeSending ? 'no' : 'unknown'
  const said = [name === 'Error' && code !== '' ? code : name, status === null ? '' : `(${status})`, redacted(message.split(' Deserialization error')[0] ?? '', secrets).slice(0, MESSAGE_MAX)].filter((part) => part !== '').join(' ')
  return new ExecutorError(fault, `${what}: ${said.trim()}; ${ADVICE[fault]}`, { sent, retryAfterMs: retryAfterMs($response?.headers?.['retry-after']) })
}

/** The name by which an error is known. */
export const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : '')

function byStatus(status: number | null): ExecutorFault {
  if (status === null) return 'unavailable'
  if (status === 429) return 'throttled'
  if (status === 401) return 'unauthorised'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  return status >= 400 && status < 500 ? 'invalid' : 'unavailable'
}

function retryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null
}

/** The text on one line without the secrets, nor what looks like a key or a token of Amazon's. */
export function redacted(text: string, secrets: readonly string[]): string {
  let safe = text
  for (const secret of secrets) if (secret.length >= REDACTED_MIN) safe = safe.replaceAll(secret, '[secret]')
  return safe.replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,124}\b/g, '[key]').replace(/[A-Za-z0-9+/=]{80,}/g, '[token]').replace(/\s+/g, ' ').trim()
}
