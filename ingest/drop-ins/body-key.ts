import { isApiKey } from '../api-key.ts'
import { readObject, textIn } from './read-object.ts'

/** Names under which clients of PagerDuty put the key into the body: `routing_key` (Events API v2) and `service_key` (v1). What stands there never goes to the log. */
export const BODY_KEY_NAMES = ['routing_key', 'service_key'] as const

/** The API key in a body; null where there is none that looks like ours. */
export function bodyKey(body: Buffer): string | null {
  const read = readObject(body)
  if ('fault' in read) return null
  for (const name of BODY_KEY_NAMES) {
    const key = textIn(read.value, name)
    if (isApiKey(key)) return key
  }
  return null
}
