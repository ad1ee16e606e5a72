/**
 * What the stage knows of integrations, from the log alone: settings as last announced (entry `i:<id>`) and, of those that must be heard,
 * when they were (entry `h:<id>`). Both are kept as a time entry with one field more, so that the release before can read the state; it
 * passes them over. Announcements are repeated within the log's retention; only a higher revision changes anything.
 */
import type { Heartbeat, IntegrationSettings, ProcessEntry } from '../schemas/records.ts'
import { allowedSilenceMs, type HeartbeatIndex } from './heartbeat-index.ts'
import type { StateView } from './stage.ts'

const settingsKey = (integrationId: string): string => `i:${integrationId}`
const heartbeatKey = (integrationId: string): string => `h:${integrationId}`

/** Integrations in the state of one partition. */
export class Integrations {
  readonly #state: StateView<ProcessEntry>
  readonly #index: HeartbeatIndex

  constructor(state: StateView<ProcessEntry>, index: HeartbeatIndex) {
    this.#state = state
    this.#index = index
  }

  /** The settings as last announced; null when none were, or when the integration is no more. */
  settings(integrationId: string): IntegrationSettings | null {
    const settings = this.#announced(integrationId)
    return settings === null || settings.removed ? null : settings
  }

  /** When the integration was heard; null when it need not be. */
  heartbeat(integrationId: string): Heartbeat | null {
    return heartbeatOf(this.#state.get(heartbeatKey(integrationId)))
  }

  /** Takes an announcement over; false when it is not newer than what is known. The heartbeat begins where it is first asked for, and ends with it. */
  apply(settings: IntegrationSettings, atMs: number): boolean {
    const { integrationId } = settings
    const known = this.#announced(integrationId)
    if (known !== null && known.revision >= settings.revision) return false
    this.#state.set(settingsKey(integrationId), timeEntry(atMs, settings.removed ? { ...settings, mapping: null } : settings, null))
    const before = this.heartbeat(integrationId)
    const isWatched = allowedSilenceMs(settings) !== null
    if (!isWatched && before !== null) this.#state.delete(heartbeatKey(integrationId))
    const heartbeat = isWatched ? (before ?? { heardAtMs: null, sinceMs: atMs, missingToldAtMs: null }) : null
    if (heartbeat !== null && before === null) this.#state.set(heartbeatKey(integrationId), timeEntry(atMs, null, heartbeat))
    this.#index.noted(settings, heartbeat, atMs)
    return true
  }

  /** Writes a heartbeat down. */
  keep(settings: IntegrationSettings, heartbeat: Heartbeat, atMs: number): void {
    this.#state.set(heartbeatKey(settings.integrationId), timeEntry(atMs, null, heartbeat))
    this.#index.noted(settings, heartbeat, atMs)
  }

  /** Forgets integrations that were removed long ago. */
  forgetRemoved(nowMs: number): void {
    for (const id of this.#index.expiredRemoved(nowMs)) this.#state.delete(settingsKey(id))
  }

  #announced(integrationId: string): IntegrationSettings | null {
    return settingsOf(this.#state.get(settingsKey(integrationId)))
  }
}

/** Fills an index from stored entries. */
export function indexHeartbeats(index: HeartbeatIndex, entries: ReadonlyMap<string, ProcessEntry>): void {
  for (const [key, entry] of entries) {
    const settings = key.startsWith('i:') ? settingsOf(entry) : null
    if (settings !== null && entry.event.type === 'time') index.noted(settings, heartbeatOf(entries.get(heartbeatKey(settings.integrationId))), entry.event.nowMs)
  }
}

function settingsOf(entry: ProcessEntry | undefined): IntegrationSettings | null {
  return entry?.event.type === 'time' ? entry.event.integration : null
}

function heartbeatOf(entry: ProcessEntry | undefined): Heartbeat | null {
  return entry?.event.type === 'time' ? entry.event.heartbeat : null
}

function timeEntry(nowMs: number, integration: IntegrationSettings | null, heartbeat: Heartbeat | null): ProcessEntry {
  return { event: { type: 'time', nowMs, toldAtMs: 0, ticksSinceMs: 0, integration, heartbeat } }
}
