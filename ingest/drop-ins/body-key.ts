import { isApiKey } from '../api-key.ts'
import { readObject, textIn } from './read-object.ts'

/** Names under which clients of PagerDuty put the key into the body: `routing_key` (Events API v2) and `service_key` (v1). What stands there never goes to the log. */
export const BODY_KEY_NAMES = ['routing_key', 'service_key'] as const

/** Texts that look like keys of ours looked at in one body; an event has one. */
const CANDIDATES_MAX = 1_000
/** How a text begins that may be a key. */
const OPENING = Buffer.from('"aw_')
const BACKSLASH = '\\'.charCodeAt(0)
const QUOTE = '"'.charCodeAt(0)
/** Longest key, quotes not counted. */
const KEY_MAX_BYTES = 256

/**
 * The API key in a body that nobody vouches for yet; one that is not known where it holds no other, null where nothing looks like a key. Strangers' bodies are only
 * searched for bytes that look like one: parsing a mebibyte, which a kilobyte unpacks to, took 0.2 s of everybody's time. A body that holds a known key is
 * parsed, because only the key at its top counts.
 */
export function bodyKey(body: Buffer, isKnown: (key: string) => boolean): string | null {
  const found = firstKey(body, isKnown)
  if (found === null || !isKnown(found)) return found
  const read = readObject(body)
  if ('fault' in read) return null
  for (const name of BODY_KEY_NAMES) {
    const key = textIn(read.value, name)
    if (isApiKey(key)) return key
  }
  return null
}

/** The first known key among the texts of a body, else the first that looks like one. */
function firstKey(body: Buffer, isKnown: (key: string) => boolean): string | null {
  let first: string | null = null
  let candidates = 0
  for (let at = body.indexOf(OPENING); at >= 0 && candidates < CANDIDATES_MAX; at = body.indexOf(OPENING, at + OPENING.length)) {
    // Inside a text a quote is escaped, so what an alert quotes of others cannot use up the candidates.
    if (at > 0 && body[at - 1] === BACKSLASH) continue
    const end = body.indexOf(QUOTE, at + 1)
    if (end < 0) break
    if (end - at > KEY_MAX_BYTES) continue
    const key = body.toString('latin1', at + 1, end).trim()
    if (isKnown(key)) return key
    first ??= key
    candidates += 1
  }
  return first
}
