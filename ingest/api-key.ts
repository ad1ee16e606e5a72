import type { IncomingHttpHeaders } from 'node:http'

/** How every key of ours begins; a credential of another kind in the same place (a vendor's own token) is passed over. */
export const API_KEY_PREFIX = 'aw_'
/** Longer ones are not ours and are not worth hashing. */
const API_KEY_MAX_CHARS = 256

/**
 * The API key of a request: `X-API-Key`, `Authorization: Bearer` (or `GenieKey`, as clients of Opsgenie say it), the basic-auth password, and for
 * tools that can do no better `?api_key=` (or `?access_token=`, as CloudEvents has it) and a part of the path named `key`; in this order, the
 * first that looks like a key of ours counts. Null where none does.
 */
export function findApiKey(headers: IncomingHttpHeaders, query: unknown, params?: unknown): string | null {
  const direct = headers['x-api-key']
  if (isApiKey(direct)) return direct
  const authorization = headers.authorization
  if (authorization !== undefined) {
    const key = fromAuthorization(authorization)
    if (isApiKey(key)) return key
  }
  const asked = query as { api_key?: unknown; access_token?: unknown } | null | undefined
  const inPath = (params as { key?: unknown } | null | undefined)?.key
  for (const key of [asked?.api_key, asked?.access_token, inPath]) if (isApiKey(key)) return key
  return null
}

/** Whether a value looks like a key of ours. */
export function isApiKey(value: unknown): value is string {
  return typeof value === 'string' && value.length <= API_KEY_MAX_CHARS && value.startsWith(API_KEY_PREFIX)
}

function fromAuthorization(authorization: string): string | null {
  const space = authorization.indexOf(' ')
  const scheme = authorization.slice(0, space).toLowerCase()
  const value = authorization.slice(space + 1).trim()
  if (scheme === 'bearer' || scheme === 'geniekey') return value
  if (scheme !== 'basic' || value.length > 4 * API_KEY_MAX_CHARS) return null
  const userAndPassword = Buffer.from(value, 'base64').toString('utf8')
  return userAndPassword.slice(userAndPassword.indexOf(':') + 1)
}
