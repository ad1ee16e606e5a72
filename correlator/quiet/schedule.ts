/**
 * When a maintenance window is open. It opens at a local time and stays open for so many minutes of real time, so a night on which clocks change
 * makes it end an hour earlier or later by the wall. A local time that is skipped opens it when clocks have been put forward; one that comes
 * twice opens it the first time.
 */
import type { Schedule } from '../../schemas/rules.ts'
import { addDays, daysIn, weekdayOf, zoneOf, type LocalDay } from './zone.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** Days before today on which a window may have opened that is still open: a week, and one for the change of day. */
const DAYS_BACK_MAX = 8

/** When the window that is open at an instant ends, in ms; where windows overlap, the latest end. Null while none is open, and for what cannot be read. */
export function openUntil(schedule: Schedule, timeZone: string, atMs: number): number | null {
  if (schedule.kind === 'once') {
    const endsAtMs = Date.parse(schedule.endsAt)
    return Date.parse(schedule.startsAt) <= atMs && atMs < endsAtMs ? endsAtMs : null
  }
  const zone = zoneOf(timeZone)
  const from = minutesOf(schedule.from)
  if (zone === null || from === null || !(schedule.minutes > 0)) return null
  const today = zone.dayOf(atMs)
  const daysBack = Math.min(DAYS_BACK_MAX, Math.ceil(schedule.minutes / DAY_MINUTES) + 1)
  let until: number | null = null
  for (let back = -1; back <= daysBack; back += 1) {
    const day = addDays(today, -back)
    if (!opensOn(schedule, day)) continue
    const opensMs = zone.instantOf(day, from)
    const endsMs = opensMs + schedule.minutes * MINUTE_MS
    if (opensMs <= atMs && atMs < endsMs && endsMs > (until ?? 0)) until = endsMs
  }
  return until
}

function opensOn(schedule: Exclude<Schedule, { kind: 'once' }>, day: LocalDay): boolean {
  switch (schedule.kind) {
    case 'daily': return true
    case 'weekly': return schedule.days.includes(weekdayOf(day))
    case 'monthly':
      if (weekdayOf(day) !== schedule.day) return false
      return schedule.nth === -1 ? day.day + 7 > daysIn(day.year, day.month) : Math.ceil(day.day / 7) === schedule.nth
  }
}

function minutesOf(from: string): number | null {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(from) ?? []
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes)
}
