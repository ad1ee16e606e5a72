/** Finds the period of a trouble in the times it began at: a nightly job, a weekly reboot, a lease that runs out every four hours. */
import type { ProblemNode } from '../problem-node.ts'
import type { Found } from './stored.ts'
import { figure, instant, span } from './words.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
/** It must have begun so often. */
export const OCCURRENCES_MIN = 4
/** What comes more often flaps. */
const PERIOD_MIN_MS = 5 * MINUTE_MS
/** Intervals from which a few may be off, or may be of several periods. */
const INTERVALS_MANY = 6
const FITTING_MIN = 0.8
/** Share of the expected times it did come at; five days of the week are enough. */
const COMING_MIN = 0.6
const SKIPPED_MAX = 6
const CONFIDENCE_MIN = 0.5

/** A period, and how well it holds. */
export interface Period {
  readonly periodMs: number
  /** Median distance of an interval from the period. */
  readonly jitterMs: number
  readonly occurrences: number
  /** Expected times at which nothing came. */
  readonly missed: number
  /** 0 to 1. */
  readonly confidence: number
  readonly nextMs: number
  /** From here on the next is overdue. */
  readonly overdueMs: number
}

/** The period of onsets in ascending order; null where there is none to speak of. */
export function periodOf(onsetsMs: readonly number[]): Period | null {
  if (onsetsMs.length < OCCURRENCES_MIN) return null
  const intervals: number[] = []
  for (let i = 1; i < onsetsMs.length; i += 1) intervals.push((onsetsMs[i] as number) - (onsetsMs[i - 1] as number))
  let best: Period | null = null
  // A day and a week beside the median: a job of working days has intervals of one day and of three.
  for (const periodMs of [DAY_MS, WEEK_MS, median(intervals)]) {
    const period = periodMs < PERIOD_MIN_MS || periodMs > WEEK_MS * 1.05 ? null : fit(periodMs, intervals, onsetsMs)
    if (period !== null && period.confidence >= CONFIDENCE_MIN && (best === null || period.confidence > best.confidence)) best = period
  }
  return best
}

function fit(periodMs: number, intervals: readonly number[], onsetsMs: readonly number[]): Period | null {
  const isCalendar = periodMs === DAY_MS || periodMs === WEEK_MS
  const toleranceMs = Math.min(Math.max(MINUTE_MS / 2, periodMs / 20), 20 * MINUTE_MS)
  const isMany = intervals.length >= INTERVALS_MANY
  const off: number[] = []
  let [missed, clockChanges] = [0, 0]
  for (const interval of intervals) {
    const times = Math.max(1, Math.round(interval / periodMs))
    const offMs = Math.abs(interval - times * periodMs)
    // Twice a year what keeps local time comes an hour early or late.
    const isClockChange = isCalendar && Math.abs(offMs - HOUR_MS) <= toleranceMs && clockChanges === 0
    if (times - 1 > SKIPPED_MAX || (times > 1 && !isMany && !isCalendar) || (offMs > toleranceMs && !isClockChange)) continue
    if (isClockChange && offMs > toleranceMs) clockChanges += 1
    off.push(isClockChange && offMs > toleranceMs ? 0 : offMs)
    missed += times - 1
  }
  const fitting = off.length / intervals.length
  const coming = off.length / (off.length + missed)
  if (fitting < (isMany ? FITTING_MIN : 1) || coming < COMING_MIN) return null
  const jitterMs = median(off)
  const confidence = figure(fitting * Math.sqrt(coming) * (1 - jitterMs / (2 * toleranceMs)) * (intervals.length / (intervals.length + 1)))
  const nextMs = nextOf(periodMs, missed, onsetsMs)
  return { periodMs, jitterMs, occurrences: onsetsMs.length, missed, confidence, nextMs, overdueMs: nextMs + toleranceMs }
}

/** A daily one that over more than a week has left out the same days of the week leaves them out again. */
function nextOf(periodMs: number, missed: number, onsetsMs: readonly number[]): number {
  const lastMs = onsetsMs.at(-1) ?? 0
  let nextMs = lastMs + periodMs
  if (periodMs !== DAY_MS || missed === 0 || lastMs - (onsetsMs[0] ?? 0) < WEEK_MS + DAY_MS) return nextMs
  const dayOf = (ms: number): number => new Date(ms).getUTCDay()
  const days = new Set(onsetsMs.map(dayOf))
  for (let skipped = 0; skipped < SKIPPED_MAX && !days.has(dayOf(nextMs)); skipped += 1) nextMs += DAY_MS
  return nextMs
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}

/** What an incident says of a problem that has a period. */
export function periodicFinding(problem: ProblemNode, period: Period, sinceMs: number): Found {
  const { asset, signature, title, problemKey } = problem.state.problem
  const { periodMs, jitterMs, occurrences, missed, confidence, nextMs, overdueMs } = period
  const what = `${(signature ?? title).slice(0, 120)}${asset === null ? '' : ` on ${asset.slice(0, 120)}`}`
  const without = missed === 0 ? '' : `, ${missed} times left out`
  return {
    confidence,
    reason: `${what} began ${occurrences} times, every ${span(periodMs)} give or take ${span(jitterMs)}${without}; the next is expected at ${instant(nextMs)} and overdue from ${instant(overdueMs)}.`,
    sinceMs,
    problemKeys: [problemKey],
    figures: { periodMs, jitterMs, occurrences, missed, nextAtMs: nextMs, overdueAtMs: overdueMs },
  }
}
