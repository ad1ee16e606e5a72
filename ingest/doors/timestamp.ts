import type { Clock } from '../../schemas/clock.ts'

/** How far a signed timestamp of a vendor may be from our clock, in ms. */
const TOLERANCE_MS = 5 * 60_000
/** Where Unix seconds end and milliseconds begin: the year 5138 in one, 1973 in the other. */
const SECONDS_MAX = 1e11

/** Whether a timestamp (Unix seconds, milliseconds, or ISO 8601 with an offset) lies within five minutes of now; false for anything else. */
export function isFresh(timestamp: string, clock: Clock): boolean {
  const atMs = readTime(timestamp)
  return atMs !== null && Math.abs(clock.now() - atMs) <= TOLERANCE_MS
}

function readTime(text: string): number | null {
  if (/^\d{9,13}$/.test(text)) return Number(text) < SECONDS_MAX ? Number(text) * 1_000 : Number(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return null
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : atMs
}
