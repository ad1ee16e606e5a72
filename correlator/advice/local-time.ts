/** Local time of a zone, quick enough for many instants: a zone's offset is asked once an hour of theirs. */

/** A point of local time. */
export interface LocalTime {
  /** Days since 1970-01-01, of the local calendar. */
  readonly day: number
  /** 1 (Monday) to 7. */
  readonly weekday: number
  readonly minuteOfDay: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MINUTE_MS = 60_000
/** Offsets change on the quarter hour at most. */
const STEP_MS = HOUR_MS / 4

/** Reads instants in a zone. Throws a RangeError for a name that is none. */
export function localClock(timeZone: string): (atMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' })
  const offsets = new Map<number, number>()
  return (atMs) => {
    const step = Math.floor(atMs / STEP_MS)
    let offsetMs = offsets.get(step)
    if (offsetMs === undefined) {
      const parts = new Map(format.formatToParts(step * STEP_MS).map(({ type, value }) => [type, Number(value)]))
      const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
      offsetMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) - step * STEP_MS
      offsets.set(step, offsetMs)
    }
    const localMs = atMs + offsetMs
    const day = Math.floor(localMs / DAY_MS)
    // 1970-01-01 was a Thursday.
    return { day, weekday: ((((day + 3) % 7) + 7) % 7) + 1, minuteOfDay: Math.floor((localMs - day * DAY_MS) / MINUTE_MS) }
  }
}
