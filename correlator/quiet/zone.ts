/** Local time of a time zone, from the zone data of the runtime (Intl): the same release always answers the same. */

const DAY_MS = 86_400_000
/** Every zone changes its offset at a multiple of this. */
const STEP_MS = 15 * 60_000
const OFFSETS_MAX = 20_000

/** A day of the calendar; month 1 to 12. */
export interface LocalDay { readonly year: number; readonly month: number; readonly day: number }

/** A time zone by its IANA name. */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()

  /** Throws a RangeError for a name that is none. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
  }

  /** How far local time is ahead of UTC at an instant, in ms. */
  offsetMs(atMs: number): number {
    const step = Math.floor(atMs / STEP_MS)
    let offset = this.#offsets.get(step)
    if (offset === undefined) {
      const stepMs = step * STEP_MS
      const parts: Record<string, number> = {}
      for (const { type, value } of this.#format.formatToParts(stepMs)) parts[type] = Number(value)
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
      offset = Date.UTC(year, month - 1, day, hour, minute, second) - stepMs
      if (this.#offsets.size >= OFFSETS_MAX) this.#offsets.clear()
      this.#offsets.set(step, offset)
    }
    return offset
  }

  /** The local day an instant falls on. */
  dayOf(atMs: number): LocalDay {
    const local = new Date(atMs + this.offsetMs(atMs))
    return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() }
  }

  /** The instant of a local time. Where clocks are put forward over it, as much later as they are put forward; where it comes twice, the first. */
  instantOf({ year, month, day }: LocalDay, minutes: number): number {
    const local = Date.UTC(year, month - 1, day) + minutes * 60_000
    const before = local - this.offsetMs(local - DAY_MS)
    const after = local - this.offsetMs(local + DAY_MS)
    const fits = (instant: number): boolean => instant + this.offsetMs(instant) === local
    if (before === after || !fits(after)) return before
    return fits(before) ? Math.min(before, after) : after
  }
}

const zones = new Map<string, Zone | null>()

/** A zone by name, made once; null for a name that is none. */
export function zoneOf(name: string): Zone | null {
  let zone = zones.get(name)
  if (zone === undefined) {
    try {
      zone = new Zone(name)
    } catch (thrown) {
      // Judged where rules are saved; here a wrong name must not stop the stream.
      if (!(thrown instanceof RangeError)) throw thrown
      zone = null
    }
    zones.set(name, zone)
  }
  return zone
}

/** The day so many days later. */
export function addDays({ year, month, day }: LocalDay, days: number): LocalDay {
  const moved = new Date(Date.UTC(year, month - 1, day + days))
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() }
}

/** 1 (Monday) to 7. */
export function weekdayOf({ year, month, day }: LocalDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7
}

/** Days of a month. */
export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
