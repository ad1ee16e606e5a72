/**
 * How fast a company's new problems and alerts come just now, and whether that is a storm. Counts of five seconds in a ring of two minutes: a sliding
 * minute, and what arrives up to the lateness bound later still counts where it belongs. Costs a few additions an event.
 *
 *   calm   -> storm   when as many came within a minute as the limit of the hour says
 *   storm  -> storm   while the rate is above half of that limit, and for five minutes after it last was
 *   storm  -> calm    at the first event after those five minutes
 */
import type { CorrelateEntry, PulseEntry, PulseMeasure, StormState } from '../../schemas/records.ts'
import { FLOOR, type Usual, type Limit, type Measure } from './usual.ts'

const BUCKET_MS = 5_000
const BUCKETS = 24
const WINDOW = 12
const BUCKETS_AN_HOUR = 720
/** The rate has to stay below half of the limit for so long before a storm is over. */
export const STORM_QUIET_MS = 5 * 60_000
/** Hours of silence that are learned as such; after longer ones everything is known already. */
const SILENT_HOURS_MAX = 4 * 168

const calm = (): PulseMeasure => ({ buckets: new Array<number>(BUCKETS).fill(0), hourSum: 0, hourSquare: 0, hourPeak: 0 })

/** The pulse of one company. */
export class Pulse {
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly usual: Usual
  readonly #state: PulseEntry
  /** Sums of the minute that ends with the newest bucket. */
  #problems = 0
  #alerts = 0
  /** Limits of the hour under way; null until somebody asks. */
  #limits: Readonly<Record<Measure, Limit>> | null = null
  /** True when an hour was learned since the caller last cleared it. */
  hasLearned = false

  constructor(companyId: string, stored: PulseEntry | null, usual: Usual) {
    this.#state = stored ?? { type: 'pulse', companyId, head: -1, hour: 0, isWholeHour: false, hoursKnown: 0, problems: calm(), alerts: calm(), storm: null }
    this.stateKey = `${companyId}|b`
    this.entry = { event: this.#state }
    this.usual = usual
    this.#sum()
  }

  /** When something was last heard, to five seconds. */
  get heardMs(): number {
    return this.#state.head * BUCKET_MS
  }

  /** The storm at a time of the log; null in calm. Nothing here joins problems: whoever scores may ask, by default nobody does. */
  stormAt(atMs: number): StormState | null {
    const { storm } = this.#state
    return storm !== null && atMs <= storm.highAtMs + STORM_QUIET_MS ? storm : null
  }

  /** Counts new problems and alerts; the storm that they begin, null where they begin none. */
  hear(atMs: number, problems: number, alerts: number): StormState | null {
    const state = this.#state
    const bucket = Math.floor(atMs / BUCKET_MS)
    if (bucket > state.head) this.#advance(bucket)
    else if (bucket <= state.head - BUCKETS) return null
    const slot = bucket % BUCKETS
    state.problems.buckets[slot] = (state.problems.buckets[slot] ?? 0) + problems
    state.alerts.buckets[slot] = (state.alerts.buckets[slot] ?? 0) + alerts
    if (bucket > state.head - WINDOW) {
      this.#problems += problems
      this.#alerts += alerts
    }
    if (state.storm !== null) return this.#rage(state.storm, atMs, problems)
    // Limits are never below these, so that calm costs two comparisons.
    if (this.#problems < FLOOR.problems && this.#alerts < FLOOR.alerts) return null
    return this.#begin(atMs)
  }

  #begin(atMs: number): StormState | null {
    const limits = this.#limitsNow()
    const measure: Measure = this.#problems >= limits.problems.limit ? 'problems' : 'alerts'
    const rate = measure === 'problems' ? this.#problems : this.#alerts
    const { limit, usual, usualPeak } = limits[measure]
    if (rate < limit) return null
    const first = Math.max(0, this.#state.head - WINDOW + 1)
    const storm: StormState = { measure, sinceMs: first * BUCKET_MS, highAtMs: atMs, peak: rate, count: this.#problems, limit, usual, usualPeak: usualPeak ?? -1 }
    this.#state.storm = storm
    return storm
  }

  #rage(storm: StormState, atMs: number, problems: number): StormState | null {
    if (atMs > storm.highAtMs + STORM_QUIET_MS) {
      this.#state.storm = null
      return this.#begin(atMs)
    }
    const rate = storm.measure === 'problems' ? this.#problems : this.#alerts
    storm.count += problems
    if (rate > storm.peak) storm.peak = rate
    if (rate * 2 >= storm.limit && atMs > storm.highAtMs) storm.highAtMs = atMs
    return null
  }

  #limitsNow(): Readonly<Record<Measure, Limit>> {
    const { hour, hoursKnown } = this.#state
    this.#limits ??= { problems: this.usual.limitAt(hour, 'problems', hoursKnown), alerts: this.usual.limitAt(hour, 'alerts', hoursKnown) }
    return this.#limits
  }

  #advance(bucket: number): void {
    const state = this.#state
    const isFirst = state.head < 0
    if (!isFirst && Math.floor(bucket / WINDOW) > Math.floor(state.head / WINDOW)) this.#closeMinute(Math.floor(state.head / WINDOW))
    const hour = Math.floor(bucket / BUCKETS_AN_HOUR)
    if (isFirst) state.hour = hour
    else if (hour > state.hour) this.#closeHour(hour)
    for (let next = Math.max(state.head + 1, bucket - BUCKETS + 1); next <= bucket; next += 1) {
      state.problems.buckets[next % BUCKETS] = 0
      state.alerts.buckets[next % BUCKETS] = 0
    }
    state.head = bucket
    this.#sum()
  }

  #closeMinute(minute: number): void {
    const limits = this.#limitsNow()
    for (const measure of ['problems', 'alerts'] as const) {
      const counts = this.#state[measure]
      let count = 0
      for (let bucket = minute * WINDOW; bucket < (minute + 1) * WINDOW; bucket += 1) if (bucket <= this.#state.head) count += counts.buckets[bucket % BUCKETS] ?? 0
      // A storm must not become usual by itself; one that comes every week does in some weeks.
      const learned = Math.min(count, limits[measure].limit)
      counts.hourSum += learned
      counts.hourSquare += learned * learned
      counts.hourPeak = Math.max(counts.hourPeak, learned)
    }
  }

  #closeHour(hour: number): void {
    const state = this.#state
    if (state.isWholeHour) {
      this.usual.learn(state.hour, state)
      state.hoursKnown += 1
    }
    const silent = { hourSum: 0, hourSquare: 0, hourPeak: 0 }
    for (let next = Math.max(state.hour + 1, hour - SILENT_HOURS_MAX); next < hour; next += 1) this.usual.learn(next, { problems: silent, alerts: silent })
    state.hoursKnown += hour - state.hour - 1
    state.hour = hour
    state.isWholeHour = true
    for (const counts of [state.problems, state.alerts]) [counts.hourSum, counts.hourSquare, counts.hourPeak] = [0, 0, 0]
    this.#limits = null
    this.hasLearned = true
  }

  #sum(): void {
    const { head, problems, alerts } = this.#state
    this.#problems = 0
    this.#alerts = 0
    for (let bucket = Math.max(0, head - WINDOW + 1); bucket <= head; bucket += 1) {
      this.#problems += problems.buckets[bucket % BUCKETS] ?? 0
      this.#alerts += alerts.buckets[bucket % BUCKETS] ?? 0
    }
  }
}
