/** Which integrations must be heard and by when, so that a tick finds those that are late without visiting the state. */
import type { Heartbeat, IntegrationSettings } from '../schemas/records.ts'

/** An integration that is missing is mentioned again this often, well before an unmentioned problem would expire. */
export const REMIND_INTERVAL_MS = 86_400_000
/** A removed integration is remembered this long: older announcements are not repeated later than that. */
export const REMOVED_EXPIRY_MS = 7 * 86_400_000

interface Watched {
  readonly sinceMs: number
  readonly allowedMs: number
  readonly missingToldAtMs: number | null
}

/** How long an integration may be silent, in ms; null when silence means nothing. */
export function allowedSilenceMs(settings: IntegrationSettings): number | null {
  return settings.removed || settings.heartbeatSeconds === null ? null : (settings.heartbeatSeconds + settings.heartbeatGraceSeconds) * 1_000
}

/** The heartbeats of one partition. */
export class HeartbeatIndex {
  readonly #watched = new Map<string, Watched>()
  /** Removed integrations by the time that was said. */
  readonly #removed = new Map<string, number>()

  /** Takes note of an integration's settings and heartbeat as they stand now. */
  noted(settings: IntegrationSettings, heartbeat: Heartbeat | null, atMs: number): void {
    const { integrationId } = settings
    const allowedMs = allowedSilenceMs(settings)
    if (settings.removed) this.#removed.set(integrationId, atMs)
    else this.#removed.delete(integrationId)
    if (allowedMs === null || heartbeat === null) this.#watched.delete(integrationId)
    else this.#watched.set(integrationId, { sinceMs: heartbeat.sinceMs, allowedMs, missingToldAtMs: heartbeat.missingToldAtMs })
  }

  /** Those silent for longer than they may and not yet told, the longest silent first, at most `max`. No silence counts from before `ticksSinceMs`. */
  silent(nowMs: number, ticksSinceMs: number, max: number): readonly string[] {
    return this.#due(max, ({ sinceMs, allowedMs, missingToldAtMs }) => missingToldAtMs === null && nowMs - Math.max(sinceMs, ticksSinceMs) > allowedMs ? sinceMs : null)
  }

  /** Those missing that are due to be mentioned again. */
  reminders(nowMs: number, max: number): readonly string[] {
    return this.#due(max, ({ missingToldAtMs }) => missingToldAtMs !== null && nowMs - missingToldAtMs >= REMIND_INTERVAL_MS ? missingToldAtMs : null)
  }

  /** Removed integrations to forget; they leave the index. */
  expiredRemoved(nowMs: number): readonly string[] {
    const expired = [...this.#removed].filter(([, atMs]) => nowMs - atMs > REMOVED_EXPIRY_MS).map(([id]) => id).sort()
    for (const id of expired) this.#removed.delete(id)
    return expired
  }

  #due(max: number, dueMs: (watched: Watched) => number | null): readonly string[] {
    const due: [id: string, atMs: number][] = []
    for (const [id, watched] of this.#watched) {
      const atMs = dueMs(watched)
      if (atMs !== null) due.push([id, atMs])
    }
    return due.sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1)).slice(0, max).map(([id]) => id)
  }
}
