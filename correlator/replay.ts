/** The stage over alerts of the past, in virtual time: what would have come out, alert by alert. Pure; nothing is read or written. */
import type { CorrelateEntry, CorrelationRecord, IncidentChanged, PlacedProblem, Settings, TopologyEdge } from '../schemas/records.ts'
import { DEFAULT_SETTINGS } from '../schemas/settings.ts'
import { StateView } from '../processors/stage.ts'
import type { BacktestAlert, Deduplicated } from './backtest-problems.ts'
import { correlateStage } from './stage.ts'

/** Settings to try; what is absent keeps its default. */
export type ReplaySettings = Partial<Omit<Settings, 'type' | 'companyId' | 'revision'>>

/** An incident as it came out. */
export interface ReplayedIncident {
  readonly incidentId: string
  readonly title: string
  readonly openedAtMs: number
  readonly severity: string
  /** At most 20, most problems first. */
  readonly assets: readonly string[]
  /** The asset most likely at fault. */
  readonly rootCauseAsset: string | null
}

/** One line of the result. */
export interface BacktestLine {
  readonly alertId: string
  /** Null: it was kept quiet. */
  readonly incidentId: string | null
  readonly rootCauseAsset?: string
}

/** Time is told at least this often, as the ticks of the log do. */
const PROGRESS_MS = 5_000
/** In a silence time is told in steps that grow by this share of it, so that a silence of months costs little. */
const STEP_SHARE = 0.05
/** Time goes on so far after the last alert, for what was waiting to be told. */
const AFTER_MS = 90 * 60_000

/** An episode of a problem: where its alerts belong. */
interface Slot {
  /** Index of the incident; -1 while it has none. */
  incident: number
}

const NONE = -1

const NOTHING: ReplayedIncident = { incidentId: '', title: '', openedAtMs: 0, severity: 'info', assets: [], rootCauseAsset: null }

/** The stage with its state, fed alert by alert in order of time. */
export class Replay {
  readonly companies = new Set<string>()
  readonly #edges: readonly TopologyEdge[]
  readonly #settings: ReplaySettings
  readonly #stage = correlateStage()
  readonly #state = new StateView<CorrelateEntry>()
  readonly #alertIds: string[] = []
  /** Per alert: its episode; null for an alert of no problem. */
  readonly #slots: (Slot | null)[] = []
  readonly #incidents: { snapshot: ReplayedIncident; into: string | null }[] = []
  readonly #indexOf = new Map<string, number>()
  readonly #current = new Map<string, Slot>()
  #position = 0
  #toldMs = Number.NEGATIVE_INFINITY
  #heardMs = Number.NEGATIVE_INFINITY
  #isEnded = false
  /** Episodes of problems so far. */
  problems = 0

  constructor(edges: readonly TopologyEdge[], settings: ReplaySettings) {
    this.#edges = edges
    this.#settings = settings
  }

  /** Alerts taken. */
  get size(): number {
    return this.#alertIds.length
  }

  /** Position of the record that comes next; grows with every call of `take`. */
  get position(): number {
    return this.#position
  }

  /** Takes an alert with what deduplication made of it. */
  take(alert: Pick<BacktestAlert, 'id' | 'company'>, atMs: number, { companyId, problemKey, events }: Deduplicated): void {
    this.#meet(companyId, atMs)
    this.#pass(atMs)
    for (const event of events) {
      if (event.change === 'opened' || event.change === 'reopened') this.#open(event)
      // A copy: the stage keeps what it is fed, and another replay may be fed the same.
      this.#feed({ event: { ...event } }, event.atMs)
    }
    const slot = problemKey === null ? null : (this.#current.get(`${companyId}|${problemKey}`) ?? null)
    this.#alertIds.push(alert.id)
    this.#slots.push(slot)
  }

  /** Lets time go on, so that what was held until the end is told. */
  end(): void {
    if (this.#isEnded || this.#heardMs === Number.NEGATIVE_INFINITY) return
    this.#isEnded = true
    this.#pass(this.#heardMs + AFTER_MS)
  }

  /** The result, in the order taken; merges are followed. An alert that belongs to no problem stands alone. */
  *lines(): Generator<BacktestLine, void> {
    this.end()
    const final = this.#incidents.map((_, at) => this.#follow(at))
    for (let i = 0; i < this.#alertIds.length; i += 1) {
      const alertId = this.#alertIds[i] ?? ''
      const slot = this.#slots[i] ?? null
      if (slot === null) yield { alertId, incidentId: `alone_${alertId}` }
      else if (slot.incident === NONE) yield { alertId, incidentId: null }
      else {
        const to = final[slot.incident] ?? slot.incident
        const { incidentId, rootCauseAsset } = this.#incidents[to]?.snapshot ?? NOTHING
        yield { alertId, incidentId, ...(rootCauseAsset === null ? {} : { rootCauseAsset }) }
      }
    }
  }

  /** An incident of the result. */
  incident(incidentId: string): ReplayedIncident | null {
    const at = this.#indexOf.get(incidentId)
    return at === undefined ? null : (this.#incidents[at]?.snapshot ?? null)
  }

  #meet(companyId: string, atMs: number): void {
    if (this.companies.has(companyId)) return
    this.companies.add(companyId)
    const { windowMs, maxLifeMs, joinThreshold, weights } = DEFAULT_SETTINGS
    this.#feed({ event: { type: 'settings', companyId, revision: 1, windowMs, maxLifeMs, joinThreshold, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0, ...this.#settings, weights: { ...weights, ...this.#settings.weights } } }, atMs)
    if (this.#edges.length > 0) this.#feed({ event: { type: 'topology', companyId, revision: 1, edges: [...this.#edges] } }, atMs)
  }

  /** Tells time up to now, in steps. */
  #pass(atMs: number): void {
    if (this.#heardMs !== Number.NEGATIVE_INFINITY) {
      for (let next = this.#toldMs + PROGRESS_MS; next < atMs; next = this.#toldMs + Math.max(PROGRESS_MS, (this.#toldMs - this.#heardMs) * STEP_SHARE)) this.#tell(next)
    }
    if (atMs >= this.#toldMs + PROGRESS_MS) this.#tell(atMs)
    this.#heardMs = Math.max(this.#heardMs, atMs)
  }

  #tell(atMs: number): void {
    this.#toldMs = atMs
    this.#feed({ event: { type: 'progress', partition: 0, atMs: Math.trunc(atMs), version: this.#position } }, Math.trunc(atMs))
  }

  #open(problem: Pick<PlacedProblem, 'companyId' | 'problemKey'>): void {
    this.problems += 1
    this.#current.set(`${problem.companyId}|${problem.problemKey}`, { incident: NONE })
  }

  #feed(record: CorrelationRecord, atMs: number): void {
    const { out } = this.#stage.process([{ partition: 0, position: this.#position, atMs, key: '', record }], this.#state)
    this.#position += 1
    for (const { record: { event } } of out) {
      if (event.type === 'incident') this.#note(event)
      else if (event.type === 'problem') {
        const slot = this.#current.get(`${event.problem.companyId}|${event.problem.problemKey}`)
        if (slot !== undefined) slot.incident = event.suppression === null ? this.#at(event.incidentId) : NONE
      }
    }
    this.#state.takeDelta()
  }

  #note({ incidentId, title, openedAtMs, severity, assets, rootCause, mergedInto }: IncidentChanged): void {
    const incident = this.#incidents[this.#at(incidentId)]
    if (incident === undefined) return
    incident.snapshot = { incidentId, title, openedAtMs, severity, assets, rootCauseAsset: rootCause?.asset ?? null }
    incident.into = mergedInto
  }

  #at(incidentId: string): number {
    let at = this.#indexOf.get(incidentId)
    if (at === undefined) {
      at = this.#incidents.push({ snapshot: { ...NOTHING, incidentId }, into: null }) - 1
      this.#indexOf.set(incidentId, at)
    }
    return at
  }

  #follow(from: number): number {
    let at = from
    for (;;) {
      const into = this.#incidents[at]?.into ?? null
      if (into === null) return at
      at = this.#at(into)
    }
  }
}
