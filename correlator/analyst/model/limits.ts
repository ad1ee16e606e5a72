/** Reads what providers say about their limits in headers. */
import type { LimitNotice } from './driver.ts'

type HeaderReader = (name: string) => string | null

/** Longest wait a header can ask for, in seconds; more is taken as this. */
const WAIT_MAX_SECONDS = 3_600

/** Seconds to wait: `retry-after-ms`, or `retry-after` in seconds or as a date; null where there is none. */
export function retryAfterSeconds(header: HeaderReader, nowMs: number): number | null {
  const ms = Number(header('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return bounded(ms / 1_000)
  const text = header('retry-after')
  if (text === null) return null
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return bounded(seconds)
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : bounded((date - nowMs) / 1_000)
}

/** The limits told by `x-ratelimit-…` (OpenAI and its kin) and `anthropic-ratelimit-…`. What cannot be read counts as not told. */
export function limitNotices(header: HeaderReader, nowMs: number): readonly LimitNotice[] {
  const notices: LimitNotice[] = []
  const add = (kind: LimitNotice['kind'], left: string | null, reset: string | null): void => {
    const resetMs = reset === null ? null : durationMs(reset, nowMs)
    if (left !== null && /^\d{1,15}$/.test(left) && resetMs !== null) notices.push({ kind, left: Number(left), resetMs })
  }
  for (const kind of ['requests', 'tokens'] as const) {
    add(kind, header(`x-ratelimit-remaining-${kind}`), header(`x-ratelimit-reset-${kind}`))
    add(kind, header(`anthropic-ratelimit-${kind}-remaining`), header(`anthropic-ratelimit-${kind}-reset`))
  }
  return notices
}

/** `6m0s`, `20ms`, `1.5s`, plain seconds, or a date. */
function durationMs(text: string, nowMs: number): number | null {
  const parts = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/.exec(text)
  const number = (part: string | undefined): number => Number(part ?? 0)
  const ms = text !== '' && parts !== null ? number(parts[1]) * 3_600_000 + number(parts[2]) * 60_000 + number(parts[3]) * 1_000 + number(parts[4])
    : /^[\d.]+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), WAIT_MAX_SECONDS * 1_000) : null
}

const bounded = (seconds: number): number => Math.min(Math.max(Math.ceil(seconds), 0), WAIT_MAX_SECONDS)
