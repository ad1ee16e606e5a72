/** How long the other side asks to wait. */

/** Longer waits are asked again. */
export const RETRY_AFTER_MAX_MS = 15 * 60_000

/** `Retry-After` in ms, as seconds or as a date; null: absent, past or not to be read. At most 15 minutes. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (value === '') return null
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs
  return Number.isFinite(ms) && ms > 0 ? Math.min(Math.ceil(ms), RETRY_AFTER_MAX_MS) : null
}
