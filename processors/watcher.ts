/**
 * Which integrations are silent: those with a heartbeat somebody set, and those whose own rhythm says it. A silence is one problem of the integration, raised on
 * a tick and ended by the next delivery. Only ticks find a silence: they show that somebody could have been heard. Where they were missing,
 * silence counts from their return.
 */
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { Delivery, Heartbeat, IntegrationSettings, RawRecord, TrackedProblem } from '../schemas/records.ts'
import { markTold, observe, type Place } from './dedupe.ts'
import { allowedSilenceMs, REMIND_INTERVAL_MS } from './heartbeat-index.ts'
import { HEARTBEATS_PER_TICK, missingAlert, presentAlert, silentAlert } from './heartbeat.ts'
import type { Integrations } from './integrations.ts'
import { missingKey } from './problem-key.ts'
import type { ProcessIndex } from './process-index.ts'
import { firstHeard, heard } from './silence.ts'
import type { Positioned } from './stage.ts'

/** What the stage does with problems. */
export interface Problems {
  tracked(problemKey: string): TrackedProblem | null
  keep(tracked: TrackedProblem): void
  tell(tracked: TrackedProblem): void
}

/** Watches over the integrations of one partition. */
export class Watcher {
  readonly #problems: Problems
  readonly #integrations: Integrations
  readonly #index: ProcessIndex

  constructor(problems: Problems, integrations: Integrations, index: ProcessIndex) {
    this.#problems = problems
    this.#integrations = integrations
    this.#index = index
  }

  /** Takes an announcement of settings; false when it says nothing new. */
  configure(input: Positioned<RawRecord>, settings: IntegrationSettings): boolean {
    const { integrationId } = settings
    const before = { settings: this.#integrations.settings(integrationId), heartbeat: this.#integrations.heartbeat(integrationId), rhythm: this.#integrations.rhythm(integrationId) }
    if (!this.#integrations.apply(settings, input.atMs)) return false
    if (before.settings === null) return true
    const wasLearned = before.rhythm !== null && before.rhythm.missingToldAtMs !== null
    if (before.heartbeat === null || before.heartbeat.missingToldAtMs === null) {
      // It is learned anew under the new settings, so nothing is held against it any more.
      if (wasLearned) this.#onPresent(input, before.settings)
      return true
    }
    // Missing by the settings before: that ends where it need not be heard any more, or not yet.
    const allowedMs = allowedSilenceMs(settings)
    if (allowedMs !== null && input.atMs - before.heartbeat.sinceMs > allowedMs) return true
    if (allowedMs !== null) this.#integrations.keep(settings, { ...before.heartbeat, missingToldAtMs: null }, input.atMs)
    this.#onPresent(input, before.settings)
    return true
  }

  /** Notes that the sender lives: whatever it sent was accepted, readable or not. `ticksSinceMs`: since when somebody could be heard. */
  onSignOfLife(input: Positioned<RawRecord>, delivery: Delivery, ticksSinceMs: number): void {
    const { integrationId } = delivery
    const settings = this.#integrations.settings(integrationId)
    if (settings === null) return
    const [heartbeat, rhythm] = [this.#integrations.heartbeat(integrationId), this.#integrations.rhythm(integrationId)]
    const next = rhythm === null ? firstHeard(input.atMs) : heard(rhythm, input.atMs, this.#index.openOfIntegration(integrationId) > 0, ticksSinceMs > rhythm.heardAtMs)
    if (next !== rhythm) this.#integrations.keepRhythm(settings, next, input.atMs)
    if (heartbeat !== null) this.#integrations.keep(settings, { heardAtMs: input.atMs, sinceMs: Math.max(heartbeat.sinceMs, input.atMs), missingToldAtMs: null }, input.atMs)
    if ((heartbeat ?? rhythm)?.missingToldAtMs != null) this.#onPresent(input, settings)
  }

  /** Tells of those that have been silent for too long, and again of those that still are. */
  onTick(input: Positioned<RawRecord>, nowMs: number, ticksSinceMs: number): void {
    const { heartbeats, silences } = this.#index
    for (const id of heartbeats.silent(nowMs, ticksSinceMs, HEARTBEATS_PER_TICK)) {
      const [settings, heartbeat] = [this.#integrations.settings(id), this.#integrations.heartbeat(id)]
      if (settings !== null && heartbeat !== null) this.#onMissing(input, settings, heartbeat, nowMs)
    }
    for (const id of heartbeats.reminders(nowMs, HEARTBEATS_PER_TICK)) {
      const [settings, heartbeat] = [this.#integrations.settings(id), this.#integrations.heartbeat(id)]
      if (settings === null || heartbeat === null) continue
      this.#integrations.keep(settings, { ...heartbeat, missingToldAtMs: nowMs }, nowMs)
      this.#remind(input, id, nowMs)
    }
    for (const { settings, rhythm } of silences.due(nowMs, ticksSinceMs, REMIND_INTERVAL_MS, (id) => this.#index.openOfIntegration(id) > 0, HEARTBEATS_PER_TICK)) {
      this.#integrations.keepRhythm(settings, { ...rhythm, missingToldAtMs: nowMs }, nowMs)
      if (rhythm.missingToldAtMs === null) this.#observe(settings, silentAlert(settings, rhythm), input, nowMs)
      else this.#remind(input, settings.integrationId, nowMs)
    }
  }

  #onMissing(input: Positioned<RawRecord>, settings: IntegrationSettings, heartbeat: Heartbeat, nowMs: number): void {
    this.#integrations.keep(settings, { ...heartbeat, missingToldAtMs: nowMs }, nowMs)
    this.#observe(settings, missingAlert(settings, heartbeat), input, nowMs)
  }

  #onPresent(input: Positioned<RawRecord>, settings: IntegrationSettings): void {
    this.#observe(settings, presentAlert(settings), input, input.atMs)
  }

  #observe(settings: IntegrationSettings, alert: NormalisedAlert, input: Positioned<RawRecord>, atMs: number): void {
    const place = missingPlace(settings, input, atMs)
    const { tracked, change } = observe(this.#problems.tracked(place.problemKey), alert, place)
    if (tracked === null) return
    this.#problems.keep(tracked)
    if (change !== null) this.#problems.tell(tracked)
  }

  /** Still so, which is no further observation: the problem is only kept from expiring. */
  #remind(input: Positioned<RawRecord>, integrationId: string, nowMs: number): void {
    const tracked = this.#problems.tracked(missingKey(integrationId))
    if (tracked?.problem.status !== 'firing') return
    tracked.problem.lastAtMs = nowMs
    markTold(tracked, 'repeated', { atMs: nowMs, version: input.position })
    this.#problems.keep(tracked)
    this.#problems.tell(tracked)
  }
}

/** Where the silence of an integration is observed; there is no delivery, so the record that showed it names the alert. */
function missingPlace(settings: IntegrationSettings, input: Positioned<RawRecord>, atMs: number): Place {
  const { companyId, integrationId } = settings
  return { companyId, integrationId, problemKey: missingKey(integrationId), alertId: `heartbeat:${integrationId}:${input.position}`, partition: input.partition, atMs, version: input.position }
}
