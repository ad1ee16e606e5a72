/** How findings put figures into words. */

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1_000]] as const

/** A span of time in its two largest units: `1 d 2 h`, `15 min`. */
export function span(ms: number): string {
  const at = UNITS.findIndex(([, size]) => ms >= size)
  if (at < 0) return '0 s'
  const [unit, size] = UNITS[at] as (typeof UNITS)[number]
  const next = UNITS[at + 1]
  const whole = next === undefined ? Math.round(ms / size) : Math.floor(ms / size)
  const rest = next === undefined ? 0 : Math.round((ms - whole * size) / next[1])
  if (next === undefined || rest === 0) return `${whole} ${unit}`
  // Rounding up may fill the larger unit.
  return rest * next[1] >= size ? `${whole + 1} ${unit}` : `${whole} ${unit} ${rest} ${next[0]}`
}

/** An instant to the minute, in UTC. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A figure to at most two places. */
export function figure(value: number): number {
  return Math.round(value * 100) / 100
}
