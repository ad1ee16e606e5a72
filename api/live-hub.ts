/** Live events: a bounded memory of the latest, and whoever listens. One hub a process; `app.ts` feeds it from projection and ingest. */
import { covers, type Scope } from '../schemas/access.ts'
import type { Clock } from '../schemas/clock.ts'

/** The kinds of live event. `resync` tells a listener that events are missing and lists must be read anew. */
export type LiveType = 'alert_received' | 'incident_created' | 'incident_updated' | 'analysis_delta' | 'run_updated' | 'notification' | 'resync'

/** Something that happened, before it has an id. */
export interface LiveNews {
  readonly type: LiveType
  /** Null: for MSP Admins only. */
  readonly companyId: string | null
  /** Of incidents: a technician hears only of unassigned ones and their own. */
  readonly assignee?: string | null
  readonly data: object
}

/** A live event. Ids are `<start of the hub>-<sequence>`, so that an id of an earlier process is recognised. */
export interface LiveEvent extends LiveNews {
  readonly id: string
}

/** Events remembered for listeners that come back. */
const MEMORY_EVENTS = 5_000
const COUNT_EVERY_MS = 1_000

/** Publishes live events to listeners within their scope. */
export class LiveHub {
  readonly #clock: Clock
  readonly #start: string
  #sequence = 0
  readonly #memory: LiveEvent[] = []
  readonly #listeners = new Set<(event: LiveEvent) => void>()
  #alerts = new Map<string, number>()
  #counting = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock.now().toString(36)
  }

  /** Gives the event an id, remembers it and tells every listener. */
  publish(news: LiveNews): LiveEvent {
    this.#sequence += 1
    const event = { ...news, id: `${this.#start}-${this.#sequence}` }
    this.#memory.push(event)
    // Cut in halves, so that the cost of cutting is spread over many events.
    if (this.#memory.length > 2 * MEMORY_EVENTS) this.#memory.splice(0, this.#memory.length - MEMORY_EVENTS)
    for (const listener of this.#listeners) listener(event)
    return event
  }

  /** Counts received alerts; one `alert_received` a second and company tells of them. */
  countAlerts(companyId: string, alerts: number): void {
    this.#alerts.set(companyId, (this.#alerts.get(companyId) ?? 0) + alerts)
    if (this.#counting) return
    this.#counting = true
    void this.#clock.sleep(COUNT_EVERY_MS).then(() => this.#tellCounts())
  }

  #tellCounts(): void {
    const counts = this.#alerts
    this.#alerts = new Map()
    this.#counting = false
    for (const [companyId, count] of counts) this.publish({ type: 'alert_received', companyId, data: { companyId, count, at: this.#clock.now() } })
  }

  /** Calls `listener` for every event after `lastId` (null: from now on). What is no longer remembered becomes one `resync`. Answers how to stop. */
  listen(lastId: string | null, listener: (event: LiveEvent) => void): () => void {
    if (lastId !== null) for (const event of this.#since(lastId)) listener(event)
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #since(lastId: string): readonly LiveEvent[] {
    const sequence = lastId.startsWith(`${this.#start}-`) ? Number(lastId.slice(this.#start.length + 1)) : Number.NaN
    const firstKept = this.#sequence - this.#memory.length + 1
    if (!Number.isInteger(sequence) || sequence > this.#sequence || sequence < firstKept - 1) {
      return [{ id: `${this.#start}-${this.#sequence}`, type: 'resync', companyId: null, data: {} }]
    }
    return this.#memory.slice(sequence - firstKept + 1)
  }
}

/** Whether a caller may hear of an event. */
export function mayHear(scope: Scope, event: LiveEvent): boolean {
  if (event.type === 'resync') return true
  if (event.companyId === null) return scope.role === 'msp_admin'
  if (!covers(scope, event.companyId)) return false
  return scope.role !== 'technician' || event.assignee === undefined || event.assignee === null || event.assignee === scope.userId
}
