/** How long the other side asks to wait. */
import { resetAtMs } from '../budget/headers.ts'

/** Longer waits are asked again. */
export const RETRY_AFTER_MAX_MS = 15 * 60_000

/** `Retry-After` in ms, as seconds or as a date; null: absent, past or not to be read. At most 15 minutes. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (value === '') return null
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs
  return Number.isFinite(ms) && ms > 0 ? Math.min(Math.ceil(ms), RETRY_AFTER_MAX_MS) : null
}

/** The same for a refusal of too many calls: where `Retry-After` is not sent, until the limit starts anew, as systems say that send nothing else. */
export function refusedForMs(headers: Headers, nowMs: number): number | null {
  const atMs = retryAfterMs(headers, nowMs) === null ? resetAtMs(headers, nowMs) : null
  if (atMs === null) return retryAfterMs(headers, nowMs)
  return atMs > nowMs ? Math.min(atMs - nowMs, RETRY_AFTER_MAX_MS) : null
}
