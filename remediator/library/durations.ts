/** Lengths of time as people write them in runbooks. */
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/

/** Milliseconds of `20s`, `30m`, `2h`, `7d` or `500ms`; null for anything else. */
export function durationMs(text: string): number | null {
  const [, digits = '', unit = ''] = DURATION.exec(text) ?? []
  const factor = UNITS_MS[unit]
  return factor === undefined ? null : Number(digits) * factor
}
