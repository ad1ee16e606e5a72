/**
 * What the stage knows of integrations, from the log alone: settings as last announced (entry `i:<id>`), of those that must be heard
 * when they were (entry `h:<id>`), and how steadily they talk (entry `g:<id>`). They are kept as a time entry with one field more, so that the release before can read the state; it
 * passes them over. Announcements are repeated within the log's retention; only a higher revision changes anything.
 */
import type { DeliveryRhythm, Heartbeat, IntegrationSettings, ProcessEntry } from '../schemas/records.ts'
import { allowedSilenceMs, type HeartbeatIndex } from './heartbeat-index.ts'
import type { SilenceIndex } from './silence.ts'
import type { StateView } from './stage.ts'

const settingsKey = (integrationId: string): string => `i:${integrationId}`
const heartbeatKey = (integrationId: string): string => `h:${integrationId}`
const rhythmKey = (integrationId: string): string => `g:${integrationId}`

/** Integrations in the state of one partition. */
export class Integrations {
  readonly #state: StateView<ProcessEntry>
  readonly #index: HeartbeatIndex
  readonly #silences: SilenceIndex

  constructor(state: StateView<ProcessEntry>, index: HeartbeatIndex, silences: SilenceIndex) {
    this.#state = state
    this.#index = index
    this.#silences = silences
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

  /** How steadily the integration talks; null while it has not been heard. */
  rhythm(integrationId: string): DeliveryRhythm | null {
    return rhythmOf(this.#state.get(rhythmKey(integrationId)))
  }

  /** Takes an announcement over; false when it is not newer than what is known. The heartbeat begins where it is first asked for, and ends with it; the rhythm is learned anew. */
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
    this.#state.delete(rhythmKey(integrationId))
    this.#silences.noted(settings, null)
    return true
  }

  /** Writes a heartbeat down. */
  keep(settings: IntegrationSettings, heartbeat: Heartbeat, atMs: number): void {
    this.#state.set(heartbeatKey(settings.integrationId), timeEntry(atMs, null, heartbeat))
    this.#index.noted(settings, heartbeat, atMs)
  }

  /** Writes a rhythm down. */
  keepRhythm(settings: IntegrationSettings, rhythm: DeliveryRhythm, atMs: number): void {
    this.#state.set(rhythmKey(settings.integrationId), timeEntry(atMs, null, null, rhythm))
    this.#silences.noted(settings, rhythm)
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

/** Fills an index of silences from stored entries. */
export function indexRhythms(index: SilenceIndex, entries: ReadonlyMap<string, ProcessEntry>): void {
  for (const [key, entry] of entries) {
    const settings = key.startsWith('i:') ? settingsOf(entry) : null
    if (settings !== null && !settings.removed) index.noted(settings, rhythmOf(entries.get(rhythmKey(settings.integrationId))))
  }
}

function settingsOf(entry: ProcessEntry | undefined): IntegrationSettings | null {
  return entry?.event.type === 'time' ? entry.event.integration : null
}

function heartbeatOf(entry: ProcessEntry | undefined): Heartbeat | null {
  return entry?.event.type === 'time' ? entry.event.heartbeat : null
}

function rhythmOf(entry: ProcessEntry | undefined): DeliveryRhythm | null {
  return entry?.event.type === 'time' ? entry.event.rhythm : null
}

function timeEntry(nowMs: number, integration: IntegrationSettings | null, heartbeat: Heartbeat | null, rhythm: DeliveryRhythm | null = null): ProcessEntry {
  return { event: { type: 'time', nowMs, toldAtMs: 0, ticksSinceMs: 0, integration, heartbeat, rhythm } }
}
