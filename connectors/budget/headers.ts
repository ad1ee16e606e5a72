/** What headers of answers say of an account's limit, in the spellings there are. */

/** As told; what is not said is null. */
export interface ToldLimit {
  readonly limit: number | null
  readonly left: number | null
  readonly resetAtMs: number | null
}

const LIMIT = ['x-ratelimit-limit', 'x-rate-limit-limit', 'x-rate-limit', 'x-ratelimit-total', 'ratelimit-limit']
const LEFT = ['x-ratelimit-remaining', 'x-rate-limit-remaining', 'ratelimit-remaining']
const RESET = ['x-ratelimit-reset', 'x-rate-limit-reset', 'ratelimit-reset']
/** A number above this is a moment, not a span: seconds since the epoch. */
const MOMENT_SECONDS = 1_000_000_000
const MOMENT_MS = 1_000_000_000_000

/** Reads them. Numbers that make no sense are left out; null: nothing is said. */
export function toldLimit(headers: Headers, nowMs: number): ToldLimit | null {
  const told = { limit: number(headers, LIMIT, 1), left: number(headers, LEFT, 0), resetAtMs: resetAtMs(headers, nowMs) }
  return told.limit === null && told.left === null ? null : told
}

function number(headers: Headers, names: readonly string[], least: number): number | null {
  for (const name of names) {
    // `100, 100;w=60` names its policy behind the number.
    const value = /^\s*(\d{1,9})\b/.exec(headers.get(name) ?? '')?.[1]
    if (value !== undefined && Number(value) >= least) return Number(value)
  }
  return null
}

/** When the limit starts anew, told as seconds, as a moment in seconds or ms, or as a date; null: it is not said. */
export function resetAtMs(headers: Headers, nowMs: number): number | null {
  for (const name of RESET) {
    const value = headers.get(name)?.trim() ?? ''
    if (value === '') continue
    const figure = /^\d+(\.\d+)?$/.test(value) ? Number(value) : null
    const atMs = figure === null ? Date.parse(value) : figure >= MOMENT_MS ? figure : figure >= MOMENT_SECONDS ? figure * 1_000 : nowMs + figure * 1_000
    if (Number.isFinite(atMs)) return Math.ceil(atMs)
  }
  return null
}
