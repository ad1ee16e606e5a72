/** The live deduplication over alerts as the ledger recorded them, in virtual time: the same functions, the same rules, no log. */
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { ProblemChange, ProblemEvent, TrackedProblem } from '../schemas/records.ts'
import { TICK_INTERVAL_MS } from '../schemas/topics.ts'
import { markTold, observe, REPEAT_INTERVAL_MS, settle } from './dedupe.ts'
import { OPEN_EXPIRY_MS, ProcessIndex } from './process-index.ts'

/** An alert of the past. */
export interface PastAlert {
  readonly alertId: string
  readonly companyId: string
  readonly integrationId: string
  /** Null where it was dropped. */
  readonly problemKey: string | null
  readonly atMs: number
  readonly alert: NormalisedAlert
}

/** Repeats told at one tick. */
const REPEATS_PER_TICK = 250

/** Problems of one company, fed alert by alert in order of time. */
export class PastAlerts {
  readonly #tracked = new Map<string, TrackedProblem>()
  readonly #index = new ProcessIndex()
  #tickedMs = Number.NEGATIVE_INFINITY

  /** What an alert did, and what fell due before it; `call` grows with every call. */
  take({ alertId, companyId, integrationId, problemKey, atMs, alert }: PastAlert, call: number): ProblemEvent[] {
    // What falls due before the alert lies before it on a log too.
    const version = 2 * call + 1
    const events = this.#pass(atMs, version - 1)
    if (problemKey === null) return events
    const observed = observe(this.#tracked.get(problemKey) ?? null, alert, { companyId, integrationId, problemKey, alertId, partition: 0, atMs, version })
    if (observed.tracked === null) return events
    this.#keep(observed.tracked)
    if (observed.change !== null) events.push(told(observed.tracked))
    return events
  }

  /** Whether a problem is open, or has ended a day ago at most. */
  knows(problemKey: string): boolean {
    return this.#tracked.has(problemKey)
  }

  /** Ticks up to now: one by one while something waits for them, at once where nothing does. */
  #pass(atMs: number, version: number): ProblemEvent[] {
    const events: ProblemEvent[] = []
    while (this.#tickedMs + TICK_INTERVAL_MS <= atMs) {
      const isWaiting = this.#tickedMs !== Number.NEGATIVE_INFINITY && (this.#index.flapping().length > 0 || this.#index.dueRepeats(Number.POSITIVE_INFINITY, 1).length > 0)
      this.#tickedMs = isWaiting ? this.#tickedMs + TICK_INTERVAL_MS : atMs
      this.#tick(this.#tickedMs, version, events)
    }
    return events
  }

  #tick(nowMs: number, version: number, events: ProblemEvent[]): void {
    const tell = (tracked: TrackedProblem, change: ProblemChange, atMs: number): void => {
      markTold(tracked, change, { atMs, version })
      this.#keep(tracked)
      events.push(told(tracked))
    }
    for (const key of this.#index.flapping()) {
      const tracked = this.#tracked.get(key)
      const change = tracked === undefined ? null : settle(tracked, nowMs)
      if (tracked !== undefined && change !== null) tell(tracked, change, nowMs)
    }
    for (const key of this.#index.dueRepeats(nowMs - REPEAT_INTERVAL_MS, REPEATS_PER_TICK)) {
      const tracked = this.#tracked.get(key)
      if (tracked !== undefined) tell(tracked, 'repeated', nowMs)
    }
    for (const key of this.#index.expiredOpen(nowMs)) {
      const tracked = this.#tracked.get(key)
      if (tracked === undefined) continue
      // A tick that comes late, as none is needed in a silence, says when it would have come.
      const expiredMs = Math.min(nowMs, tracked.problem.lastAtMs + OPEN_EXPIRY_MS)
      Object.assign(tracked.problem, { status: 'resolved', resolvedAtMs: expiredMs, flapping: false })
      tracked.observed = 'resolved'
      tell(tracked, 'expired', expiredMs)
    }
    for (const key of this.#index.expiredResolved(nowMs)) this.#tracked.delete(key)
  }

  #keep(tracked: TrackedProblem): void {
    this.#tracked.set(tracked.problem.problemKey, tracked)
    this.#index.observed(tracked)
  }
}

/** A copy: the problem goes on changing. */
function told({ problem }: TrackedProblem): ProblemEvent {
  return { type: 'problem', ...problem, labels: { ...problem.labels } }
}
