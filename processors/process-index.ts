/**
 * What the process stage derives from its state so that a tick costs what is due, not what is open: problems in order of their last
 * observation, problems with something left to tell, deliveries in order of arrival, open problems by company.
 */
import type { ProcessEntry, TrackedProblem } from '../schemas/records.ts'
import { HeartbeatIndex } from './heartbeat-index.ts'
import { HEARTBEAT_SOURCE } from './heartbeat.ts'
import { indexHeartbeats, indexRhythms } from './integrations.ts'
import { SilenceIndex } from './silence.ts'

/** An open problem that nobody has mentioned for this long is over; well inside the retention of alerts.raw.v1. */
export const OPEN_EXPIRY_MS = 7 * 86_400_000
/** A resolved problem is remembered this long, so that its return is a reopening. */
export const RESOLVED_EXPIRY_MS = 86_400_000
/** A delivery whose sender names it may come again within this time. */
export const REPLAYABLE_EXPIRY_MS = 86_400_000
/** Other deliveries can only come twice when an append was repeated. */
export const DELIVERY_EXPIRY_MS = 10 * 60_000
/** Deliveries remembered on one partition at most; the oldest go first. */
export const DELIVERIES_MAX = 500_000

/** The indexes of one partition. */
export class ProcessIndex {
  /** By last observation, oldest first: Map keeps insertion order, and an observed key moves to the end. */
  readonly #open = new Map<string, number>()
  readonly #resolved = new Map<string, number>()
  /** Problems with repeats not yet told, with the time of their last telling. */
  readonly #pending = new Map<string, number>()
  readonly #flapping = new Set<string>()
  readonly #replayable = new Map<string, number>()
  readonly #once = new Map<string, number>()
  readonly #openByCompany = new Map<string, number>()
  readonly #openByIntegration = new Map<string, number>()
  /** Integrations that must be heard. */
  readonly heartbeats = new HeartbeatIndex()
  /** Integrations that talk like a clock. */
  readonly silences = new SilenceIndex()

  /** Builds the indexes over stored entries. */
  static of(entries: IterableIterator<[string, ProcessEntry]>): ProcessIndex {
    const index = new ProcessIndex()
    const problems: TrackedProblem[] = []
    const deliveries: { id: string; atMs: number; replayable: boolean }[] = []
    const times = new Map<string, ProcessEntry>()
    for (const [key, entry] of entries) {
      const { event } = entry
      if (event.type === 'problem') problems.push(event)
      else if (event.type === 'time') times.set(key, entry)
      else deliveries.push({ id: key.slice(2), atMs: event.atMs, replayable: event.replayable })
    }
    problems.sort((a, b) => a.problem.lastAtMs - b.problem.lastAtMs || (a.problem.problemKey < b.problem.problemKey ? -1 : 1))
    for (const tracked of problems) index.observed(tracked)
    deliveries.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
    for (const { id, atMs, replayable } of deliveries) index.delivered(id, atMs, replayable)
    indexHeartbeats(index.heartbeats, times)
    indexRhythms(index.silences, times)
    return index
  }

  /** Open problems of a company on this partition. */
  openOf(companyId: string): number {
    return this.#openByCompany.get(companyId) ?? 0
  }

  /** Open problems that an integration has told of; that it is missing is none of them. */
  openOfIntegration(integrationId: string): number {
    return this.#openByIntegration.get(integrationId) ?? 0
  }

  /** Takes note of a problem's present state. */
  observed(tracked: TrackedProblem): void {
    const { problemKey, companyId, integrationId, source, status, lastAtMs, count, flapping } = tracked.problem
    const wasOpen = this.#open.delete(problemKey)
    this.#resolved.delete(problemKey)
    const isOpen = status === 'firing'
    if (isOpen) this.#open.set(problemKey, lastAtMs)
    else this.#resolved.set(problemKey, lastAtMs)
    if (wasOpen !== isOpen) {
      this.#openByCompany.set(companyId, this.openOf(companyId) + (isOpen ? 1 : -1))
      if (source !== HEARTBEAT_SOURCE) this.#openByIntegration.set(integrationId, this.openOfIntegration(integrationId) + (isOpen ? 1 : -1))
    }
    if (count === tracked.told) this.#pending.delete(problemKey)
    else this.#pending.set(problemKey, tracked.toldAtMs)
    if (flapping) this.#flapping.add(problemKey)
    else this.#flapping.delete(problemKey)
  }

  /** Takes note of a delivery. */
  delivered(deliveryId: string, atMs: number, replayable: boolean): void {
    const kept = replayable ? this.#replayable : this.#once
    kept.set(deliveryId, atMs)
  }

  /** Problems that flap, in a stable order. */
  flapping(): readonly string[] {
    return [...this.#flapping].sort()
  }

  /** Problems whose repeats are due to be told, those that have waited longest first, at most `max`. */
  dueRepeats(beforeMs: number, max: number): readonly string[] {
    const due: [key: string, toldAtMs: number][] = []
    for (const entry of this.#pending) if (entry[1] <= beforeMs) due.push(entry)
    due.sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
    return due.slice(0, max).map(([key]) => key)
  }

  /** Open problems last seen too long ago. */
  expiredOpen(nowMs: number): readonly string[] {
    return headBefore(this.#open, nowMs - OPEN_EXPIRY_MS, Infinity)
  }

  /** Resolved problems to forget; they leave the index. */
  expiredResolved(nowMs: number): readonly string[] {
    return take(this.#resolved, headBefore(this.#resolved, nowMs - RESOLVED_EXPIRY_MS, Infinity))
  }

  /** Deliveries to forget, by age and by number; they leave the index. */
  expiredDeliveries(nowMs: number): readonly string[] {
    return [
      ...take(this.#once, headBefore(this.#once, nowMs - DELIVERY_EXPIRY_MS, DELIVERIES_MAX)),
      ...take(this.#replayable, headBefore(this.#replayable, nowMs - REPLAYABLE_EXPIRY_MS, DELIVERIES_MAX)),
    ]
  }
}

/** Keys at the head of an ordered map that are older than `beforeMs`, or beyond the newest `keep`. */
function headBefore(ordered: ReadonlyMap<string, number>, beforeMs: number, keep: number): string[] {
  const head: string[] = []
  let surplus = ordered.size - keep
  for (const [key, atMs] of ordered) {
    if (atMs >= beforeMs && surplus <= 0) break
    head.push(key)
    surplus -= 1
  }
  return head
}

function take(ordered: Map<string, number>, keys: readonly string[]): readonly string[] {
  for (const key of keys) ordered.delete(key)
  return keys
}
