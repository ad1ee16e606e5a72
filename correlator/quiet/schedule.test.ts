import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Schedule } from '../../schemas/rules.ts'
import { openUntil } from './schedule.ts'
import { zoneOf } from './zone.ts'

const at = (text: string): number => Date.parse(text)
const until = (schedule: Schedule, zone: string, text: string): string | null => {
  const ms = openUntil(schedule, zone, at(text))
  return ms === null ? null : new Date(ms).toISOString()
}

it.each<[string, Schedule, string, string, string | null]>([
  ['once: before', { kind: 'once', startsAt: '2026-03-01T10:00:00Z', endsAt: '2026-03-01T11:00:00Z' }, 'UTC', '2026-03-01T09:59:59.999Z', null],
  ['once: its first moment', { kind: 'once', startsAt: '2026-03-01T10:00:00Z', endsAt: '2026-03-01T11:00:00Z' }, 'UTC', '2026-03-01T10:00:00Z', '2026-03-01T11:00:00.000Z'],
  ['once: its end is outside', { kind: 'once', startsAt: '2026-03-01T10:00:00Z', endsAt: '2026-03-01T11:00:00Z' }, 'UTC', '2026-03-01T11:00:00Z', null],
  ['daily over midnight: the evening', { kind: 'daily', from: '22:00', minutes: 480 }, 'Europe/London', '2026-01-10T22:00:00Z', '2026-01-11T06:00:00.000Z'],
  ['daily over midnight: the morning after', { kind: 'daily', from: '22:00', minutes: 480 }, 'Europe/London', '2026-01-11T05:59:59Z', '2026-01-11T06:00:00.000Z'],
  ['daily over midnight: over', { kind: 'daily', from: '22:00', minutes: 480 }, 'Europe/London', '2026-01-11T06:00:00Z', null],
  ['daily for a whole day never closes', { kind: 'daily', from: '08:00', minutes: 1440 }, 'UTC', '2026-01-11T07:59:59Z', '2026-01-11T08:00:00.000Z'],
  ['weekly: Sunday', { kind: 'weekly', days: [7], from: '02:00', minutes: 120 }, 'America/New_York', '2026-01-11T07:30:00Z', '2026-01-11T09:00:00.000Z'],
  ['weekly: not Monday', { kind: 'weekly', days: [7], from: '02:00', minutes: 120 }, 'America/New_York', '2026-01-12T07:30:00Z', null],
  ['weekly: the local day counts, not the day in UTC', { kind: 'weekly', days: [1], from: '08:00', minutes: 60 }, 'Pacific/Auckland', '2026-01-11T19:30:00Z', '2026-01-11T20:00:00.000Z'],
  ['weekly for a week', { kind: 'weekly', days: [1], from: '00:00', minutes: 10_080 }, 'UTC', '2026-01-11T23:59:00Z', '2026-01-12T00:00:00.000Z'],
  ['second Tuesday', { kind: 'monthly', nth: 2, day: 2, from: '20:00', minutes: 240 }, 'UTC', '2026-09-08T21:00:00Z', '2026-09-09T00:00:00.000Z'],
  ['not the first Tuesday', { kind: 'monthly', nth: 2, day: 2, from: '20:00', minutes: 240 }, 'UTC', '2026-09-01T21:00:00Z', null],
  ['last Saturday of five', { kind: 'monthly', nth: -1, day: 6, from: '01:00', minutes: 60 }, 'UTC', '2026-10-31T01:30:00Z', '2026-10-31T02:00:00.000Z'],
  ['not the fourth of five', { kind: 'monthly', nth: -1, day: 6, from: '01:00', minutes: 60 }, 'UTC', '2026-10-24T01:30:00Z', null],
  ['last Saturday of a February', { kind: 'monthly', nth: -1, day: 6, from: '01:00', minutes: 60 }, 'UTC', '2026-02-28T01:30:00Z', '2026-02-28T02:00:00.000Z'],
  ['half an hour off', { kind: 'daily', from: '00:00', minutes: 30 }, 'Asia/Kolkata', '2026-01-10T18:45:00Z', '2026-01-10T19:00:00.000Z'],
  ['a zone that is none', { kind: 'daily', from: '00:00', minutes: 1440 }, 'Mars/Olympus', '2026-01-10T18:45:00Z', null],
])('%s', (_, schedule, zone, moment, expected) => {
  expect(until(schedule, zone, moment)).toBe(expected)
})

const nightly: Schedule = { kind: 'daily', from: '02:30', minutes: 60 }

it('opens when clocks are put forward over its beginning, as much later', () => {
  // New York, 8 March 2026: 02:00 becomes 03:00, so 02:30 does not come; 03:30 EDT does.
  expect(until(nightly, 'America/New_York', '2026-03-08T07:29:59Z')).toBe(null)
  expect(until(nightly, 'America/New_York', '2026-03-08T07:30:00Z')).toBe('2026-03-08T08:30:00.000Z')
})

it('opens the first time of two, where clocks are put back', () => {
  // New York, 1 November 2026: 01:30 comes at 05:30Z and again at 06:30Z.
  const schedule: Schedule = { kind: 'daily', from: '01:30', minutes: 30 }
  expect(until(schedule, 'America/New_York', '2026-11-01T05:30:00Z')).toBe('2026-11-01T06:00:00.000Z')
  expect(until(schedule, 'America/New_York', '2026-11-01T06:30:00Z')).toBe(null)
})

it('lasts its minutes on the night of a change, and keeps its local hour after it', () => {
  const schedule: Schedule = { kind: 'daily', from: '22:00', minutes: 480 }
  expect(until(schedule, 'Europe/Berlin', '2026-03-28T23:00:00Z')).toBe('2026-03-29T05:00:00.000Z')
  expect(until(schedule, 'Europe/Berlin', '2026-03-29T20:00:00Z')).toBe('2026-03-30T04:00:00.000Z')
  expect(until(schedule, 'Europe/Berlin', '2026-10-24T23:00:00Z')).toBe('2026-10-25T04:00:00.000Z')
  expect(until(schedule, 'Europe/Berlin', '2026-10-25T20:59:59Z')).toBe(null)
})

it('finds for any local time an instant that reads so, or the end of a gap', () => {
  fc.assert(fc.property(
    fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns', 'Africa/Casablanca', 'UTC'),
    fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }), fc.integer({ min: 0, max: 1439 }),
    (name, moment, minutes) => {
      const zone = zoneOf(name)!
      const day = zone.dayOf(moment)
      const instant = zone.instantOf(day, minutes)
      const reads = instant + zone.offsetMs(instant) - Date.UTC(day.year, day.month - 1, day.day)
      expect(reads === minutes * 60_000 || zone.offsetMs(instant) !== zone.offsetMs(instant - 2 * 3_600_000)).toBe(true)
      expect(reads).toBeGreaterThanOrEqual(minutes * 60_000)
    },
  ), { numRuns: 500 })
})

it('agrees with a walk from minute to minute whatever the schedule', () => {
  const schedules = fc.oneof(
    fc.record({ kind: fc.constant('daily' as const), from: fc.constantFrom('00:00', '02:30', '23:45'), minutes: fc.integer({ min: 1, max: 1440 }) }),
    fc.record({ kind: fc.constant('weekly' as const), days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), from: fc.constantFrom('00:00', '02:30', '23:45'), minutes: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ kind: fc.constant('monthly' as const), nth: fc.constantFrom(1, 2, 3, 4, -1), day: fc.integer({ min: 1, max: 7 }), from: fc.constantFrom('00:00', '02:30'), minutes: fc.integer({ min: 1, max: 3000 }) }),
  )
  fc.assert(fc.property(schedules, fc.constantFrom('America/New_York', 'Europe/Berlin'), fc.integer({ min: at('2026-03-01T00:00:00Z'), max: at('2026-04-05T00:00:00Z') }), (schedule, zone, moment) => {
    const endMs = openUntil(schedule, zone, moment)
    if (endMs === null) return
    expect(endMs).toBeGreaterThan(moment)
    // Still open just before it ends, with an end no earlier; and what is open at the end is another window.
    expect(openUntil(schedule, zone, endMs - 1)).toBeGreaterThanOrEqual(endMs)
    expect(openUntil(schedule, zone, endMs) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(endMs)
  }), { numRuns: 300 })
})
