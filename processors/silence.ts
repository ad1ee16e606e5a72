/**
 * The monitor that stopped talking although nobody set a heartbeat for it, told from its own rhythm. Tools mostly talk when there is trouble, so silence is
 * held against one only where it has talked like a clock for more than a week: no gap longer than three times the usual, through nights and a weekend. Gaps
 * that began with problems open are counted apart from those that began with none: repeats of an open problem end with it, and that is no silence.
 */
import type { DeliveryRhythm, IntegrationSettings } from '../schemas/records.ts'

/** Deliveries closer together than this are one word. */
export const WORD_MS = 60_000
/** A rhythm slower than this is not learned: the log does not keep enough of it. */
export const GAP_MAX_MS = 8 * 3_600_000
/** Gaps the usual one is the median of. */
export const GAPS_KEPT = 32
/** Gaps of the present kind (problems open, or none) that must be known. */
export const GAPS_MIN = 24
/** From so many gaps on one that is too long breaks the rhythm. */
const GAPS_JUDGED = 8
/** How much longer than the usual gap another may be. */
const SPREAD_MAX = 3
/** It must have been steady for so long: a whole week with every night and weekend, and a day more. */
export const STEADY_MS = 8 * 86_400_000
/** Silence is told from so many usual gaps on, and never before half an hour. */
const GAPS_SILENT = 10
const SILENT_MIN_MS = 30 * 60_000

/** What is known of an integration first heard at a time. */
export function firstHeard(atMs: number): DeliveryRhythm {
  return { heardAtMs: atMs, gapsMs: [], steadySinceMs: atMs, idleGaps: 0, busyGaps: 0, missingToldAtMs: null }
}

/** The rhythm after one more delivery; itself where that belongs to the word before. `isBusy`: problems of the integration were open; `isOurs`: we could not have heard all of the gap. */
export function heard(rhythm: DeliveryRhythm, atMs: number, isBusy: boolean, isOurs: boolean): DeliveryRhythm {
  const gapMs = atMs - rhythm.heardAtMs
  if (gapMs < WORD_MS && rhythm.missingToldAtMs === null) return rhythm
  if (isOurs) return { ...rhythm, heardAtMs: atMs, missingToldAtMs: null }
  const gapsMs = [...rhythm.gapsMs, gapMs].slice(-GAPS_KEPT)
  if (gapMs > GAP_MAX_MS || (gapsMs.length >= GAPS_JUDGED && Math.max(...gapsMs) > SPREAD_MAX * usualGapMs(gapsMs))) return firstHeard(atMs)
  return {
    heardAtMs: atMs, gapsMs, steadySinceMs: rhythm.steadySinceMs, idleGaps: Math.min(GAPS_MIN, rhythm.idleGaps + (isBusy ? 0 : 1)),
    busyGaps: Math.min(GAPS_MIN, rhythm.busyGaps + (isBusy ? 1 : 0)), missingToldAtMs: null,
  }
}

/** How long a silence has to last to be told, in ms; null where the rhythm says nothing of that. */
export function toldAfterMs(rhythm: DeliveryRhythm, isBusy: boolean): number | null {
  if (rhythm.heardAtMs - rhythm.steadySinceMs < STEADY_MS || (isBusy ? rhythm.busyGaps : rhythm.idleGaps) < GAPS_MIN) return null
  return Math.max(SILENT_MIN_MS, GAPS_SILENT * usualGapMs(rhythm.gapsMs))
}

/** The median gap, in ms. */
export function usualGapMs(gapsMs: readonly number[]): number {
  return [...gapsMs].sort((a, b) => a - b)[gapsMs.length >> 1] ?? 0
}

interface Watched { readonly settings: IntegrationSettings; readonly rhythm: DeliveryRhythm }

/** The integrations of one partition whose silence would mean something. */
export class SilenceIndex {
  readonly #watched = new Map<string, Watched>()

  /** Takes note of a rhythm as it stands now; null where there is none any more, or where a heartbeat is set and decides. */
  noted(settings: IntegrationSettings, rhythm: DeliveryRhythm | null): void {
    const isWatched = rhythm !== null && settings.heartbeatSeconds === null && (toldAfterMs(rhythm, true) !== null || toldAfterMs(rhythm, false) !== null)
    if (isWatched) this.#watched.set(settings.integrationId, { settings, rhythm })
    else this.#watched.delete(settings.integrationId)
  }

  /** Those silent for too long and not yet told, or told so long ago that they are due to be mentioned again; the longest silent first, at most `max`. */
  due(nowMs: number, ticksSinceMs: number, remindMs: number, isBusy: (integrationId: string) => boolean, max: number): readonly Watched[] {
    const due: Watched[] = []
    for (const watched of this.#watched.values()) {
      const { settings: { integrationId }, rhythm } = watched
      if (rhythm.missingToldAtMs !== null) {
        if (nowMs - rhythm.missingToldAtMs >= remindMs) due.push(watched)
        continue
      }
      // Cheap first: whether it is busy is asked only of those that have been silent for some time.
      const silentMs = nowMs - Math.max(rhythm.heardAtMs, ticksSinceMs)
      if (silentMs <= SILENT_MIN_MS) continue
      const allowedMs = toldAfterMs(rhythm, isBusy(integrationId))
      if (allowedMs !== null && silentMs > allowedMs) due.push(watched)
    }
    return due.sort((a, b) => a.rhythm.heardAtMs - b.rhythm.heardAtMs || (a.settings.integrationId < b.settings.integrationId ? -1 : 1)).slice(0, max)
  }
}
