/**
 * Deduplication: what one more observation does to a problem. Pure functions over one problem's state.
 *
 * A problem is `firing` or `resolved`; an episode runs from one opening to the next.
 *   none      + firing   -> firing, `opened`
 *   firing    + firing   -> counted; told at counts 2, 4, 8 … and on ticks, at once when the severity changes
 *   firing    + resolved -> resolved, `resolved`
 *   resolved  + firing   -> firing, `reopened`, next episode, unless it belongs to the episode already resolved (late or repeated): counted
 *   resolved  + resolved -> counted
 *   none      + resolved -> dropped: there is nothing to resolve
 * A problem that goes back and forth too often flaps: it stays firing and its flips are only counted, until it has been quiet for a
 * while (hysteresis); then it tells the state it came to rest in.
 */
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { ProblemChange, ProblemSnapshot, TrackedProblem } from '../schemas/records.ts'

/** A repeat is told on a tick at most this often. */
export const REPEAT_INTERVAL_MS = 5_000
/** This many flips within `FLAP_WINDOW_MS` make a problem flap. */
export const FLAP_ENTER = 5
export const FLAP_WINDOW_MS = 30 * 60_000
/** A flapping problem without a flip for this long has settled. */
export const FLAP_QUIET_MS = 10 * 60_000
const FLIPS_MAX = 21
/** Vendor time counts only within this span before the append time. */
const VENDOR_PAST_MS = 24 * 3_600_000
/** How long after a resolve an observation may still belong to the resolved episode by its vendor time. */
const LATE_MS = 10 * 60_000

/** Where an observation stands on the log. */
export interface Place {
  readonly companyId: string
  readonly integrationId: string
  readonly problemKey: string
  readonly alertId: string
  readonly partition: number
  /** Append time of the raw record. */
  readonly atMs: number
  /** Position of the raw record. */
  readonly version: number
}

/** What an observation did. `change` is told on; without one the observation was only counted. */
export interface Observed {
  readonly tracked: TrackedProblem | null
  readonly change: ProblemChange | null
  /** Why nothing was told: a bounded word for the ledger. */
  readonly reason: 'repeat' | 'stale' | 'already_resolved' | 'flapping' | 'no_data' | 'nothing_to_resolve' | null
}

/** Applies one observation; `tracked` is mutated and returned. Null stays null when there is nothing to keep. */
export function observe(tracked: TrackedProblem | null, alert: NormalisedAlert, place: Place): Observed {
  const startsAtMs = clampVendorTime(alert.startsAtMs, place.atMs)
  if (tracked === null) {
    if (alert.status === 'resolved') return { tracked: null, change: null, reason: 'nothing_to_resolve' }
    if (alert.status === 'no_data') return { tracked: null, change: null, reason: 'no_data' }
    return told(open(alert, place, startsAtMs), 'opened', place)
  }
  const { problem } = tracked
  if (alert.status === 'no_data') return { tracked, change: null, reason: 'no_data' }
  if (isStale(problem, alert.status, startsAtMs, place.atMs)) {
    problem.count += 1
    return { tracked, change: null, reason: 'stale' }
  }
  problem.lastAtMs = Math.max(problem.lastAtMs, place.atMs)
  if (alert.status === 'resolved') return resolve(tracked, startsAtMs, place)
  return fire(tracked, alert, startsAtMs, place)
}

/** Ends the flapping of a problem that has been quiet long enough; null while it has not. */
export function settle(tracked: TrackedProblem, nowMs: number): ProblemChange | null {
  const lastFlipMs = tracked.flips.at(-1) ?? 0
  if (!tracked.problem.flapping || nowMs - lastFlipMs < FLAP_QUIET_MS) return null
  tracked.problem.flapping = false
  tracked.flips = []
  if (tracked.observed === 'firing') return 'changed'
  tracked.problem.status = 'resolved'
  tracked.problem.resolvedAtMs = lastFlipMs
  return 'resolved'
}

/** Marks the problem as told with this change at this record. */
export function markTold(tracked: TrackedProblem, change: ProblemChange, at: { atMs: number; version: number }): ProblemSnapshot {
  const { problem } = tracked
  problem.change = change
  problem.atMs = at.atMs
  problem.version = at.version
  tracked.told = problem.count
  tracked.toldAtMs = at.atMs
  return problem
}

function open(alert: NormalisedAlert, place: Place, startsAtMs: number | null): TrackedProblem {
  return {
    type: 'problem',
    problem: {
      problemKey: place.problemKey, companyId: place.companyId, integrationId: place.integrationId, source: alert.source,
      change: 'opened', status: 'firing', flapping: false, acknowledged: alert.status === 'acknowledged', episode: 1, count: 1,
      alertId: place.alertId, asset: alert.asset, signature: alert.signature, severity: alert.severity, title: alert.title,
      message: alert.message, labels: { ...alert.labels }, firstAtMs: place.atMs, lastAtMs: place.atMs, resolvedAtMs: null,
      startsAtMs, partition: place.partition, atMs: place.atMs, version: place.version,
    },
    told: 0, toldAtMs: 0, flips: [], observed: 'firing',
  }
}

function fire(tracked: TrackedProblem, alert: NormalisedAlert, startsAtMs: number | null, place: Place): Observed {
  const { problem } = tracked
  const wasObserved = tracked.observed
  tracked.observed = 'firing'
  if (wasObserved === 'resolved') {
    const entered = flip(tracked, place.atMs)
    if (problem.flapping) {
      problem.count += 1
      if (!entered) return { tracked, change: null, reason: 'flapping' }
    }
    if (problem.status === 'resolved') return reopen(tracked, alert, startsAtMs, place)
    return told(tracked, 'changed', place)
  }
  problem.count += 1
  const isAcknowledged = problem.acknowledged || alert.status === 'acknowledged'
  const hasChanged = (alert.severity !== 'unknown' && alert.severity !== problem.severity) || isAcknowledged !== problem.acknowledged
  if (hasChanged) {
    if (alert.severity !== 'unknown') problem.severity = alert.severity
    problem.acknowledged = isAcknowledged
    // An acknowledgement says who takes care, often without a word of what the trouble is; the problem keeps its own.
    if (alert.status !== 'acknowledged') {
      problem.title = alert.title
      problem.message = alert.message
    }
    return told(tracked, 'changed', place)
  }
  if (isPowerOfTwo(problem.count)) return told(tracked, 'repeated', place)
  return { tracked, change: null, reason: 'repeat' }
}

function reopen(tracked: TrackedProblem, alert: NormalisedAlert, startsAtMs: number | null, place: Place): Observed {
  const { problem } = tracked
  problem.status = 'firing'
  problem.episode += 1
  problem.count = 1
  problem.alertId = place.alertId
  problem.acknowledged = alert.status === 'acknowledged'
  if (alert.severity !== 'unknown') problem.severity = alert.severity
  problem.title = alert.title
  problem.message = alert.message
  problem.labels = { ...alert.labels }
  problem.firstAtMs = place.atMs
  problem.resolvedAtMs = null
  problem.startsAtMs = startsAtMs
  return told(tracked, 'reopened', place)
}

function resolve(tracked: TrackedProblem, startsAtMs: number | null, place: Place): Observed {
  const { problem } = tracked
  if (tracked.observed === 'resolved') return { tracked, change: null, reason: 'already_resolved' }
  tracked.observed = 'resolved'
  if (startsAtMs !== null) problem.startsAtMs = Math.max(problem.startsAtMs ?? 0, startsAtMs)
  const entered = flip(tracked, place.atMs)
  if (entered) return told(tracked, 'changed', place)
  if (problem.flapping) return { tracked, change: null, reason: 'flapping' }
  problem.status = 'resolved'
  problem.resolvedAtMs = place.atMs
  return told(tracked, 'resolved', place)
}

/** Notes a change between firing and resolved; true when it is the one that makes the problem flap. */
function flip(tracked: TrackedProblem, atMs: number): boolean {
  tracked.flips.push(atMs)
  if (tracked.flips.length > FLIPS_MAX) tracked.flips.shift()
  if (tracked.problem.flapping) return false
  const recent = tracked.flips.filter((flipAtMs) => flipAtMs > atMs - FLAP_WINDOW_MS).length
  tracked.problem.flapping = recent >= FLAP_ENTER
  return tracked.problem.flapping
}

/**
 * True for an observation that by vendor time belongs before the present episode, or to the one already resolved. `startsAtMs` is the first
 * vendor time of an open episode and the latest of a resolved one, so both kinds of tools fit: those that send when the episode began and
 * those that send when they looked. A resolve can only be late where there was an earlier episode: a tool that merges two watchers, as
 * Alertmanager does, ends an episode with an earlier start than it began with.
 */
function isStale(problem: ProblemSnapshot, status: NormalisedAlert['status'], startsAtMs: number | null, atMs: number): boolean {
  if (startsAtMs === null || problem.startsAtMs === null) return false
  if (problem.status === 'resolved') return startsAtMs <= problem.startsAtMs && atMs - (problem.resolvedAtMs ?? 0) <= LATE_MS
  if (status === 'resolved' && problem.episode === 1) return false
  return startsAtMs < problem.startsAtMs && atMs - problem.firstAtMs <= LATE_MS
}

function told(tracked: TrackedProblem, change: ProblemChange, place: Place): Observed {
  markTold(tracked, change, place)
  return { tracked, change, reason: null }
}

/** Vendor time is data, clamped to the day before the append. */
function clampVendorTime(startsAtMs: number | null, atMs: number): number | null {
  return startsAtMs === null ? null : Math.min(atMs, Math.max(atMs - VENDOR_PAST_MS, startsAtMs))
}

const isPowerOfTwo = (count: number): boolean => count > 1 && Number.isInteger(Math.log2(count))
