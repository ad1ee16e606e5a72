/** Builders for tests: small records with sensible defaults. */
import type { Actor, Command, CommandAction, CorrelateEntry, CorrelationRecord, IncidentChanged, IncidentRecord, ProblemEvent, ProblemPlaced } from '../schemas/records.ts'
import { openRecordCodec, schemaText } from '../schemas/codec.ts'
import { StateView, type Fate, type Positioned } from '../processors/stage.ts'
import { correlateStage, type CorrelateOptions } from './stage.ts'

/** Time zero of the tests. */
export const T0 = 1_700_000_000_000

const STORED = await openRecordCodec<CorrelateEntry>('state', schemaText('state-correlate'), { idFor: async () => 1, schemaOf: async () => '' })

const ACTOR: Actor = { kind: 'user', id: 'u1', name: 'Ada' }

/** A problem event, `seconds` after time zero; its version is that time unless given. */
export function problem(key: string, seconds: number, more: Partial<ProblemEvent> = {}): ProblemEvent {
  const atMs = T0 + seconds * 1000
  const change = more.change ?? 'opened'
  const isResolved = change === 'resolved' || change === 'expired'
  return {
    type: 'problem', problemKey: key, companyId: 'acme', integrationId: 'int', source: 'zabbix', change, status: isResolved ? 'resolved' : 'firing',
    flapping: false, acknowledged: false, episode: 1, count: 1, alertId: `alert-${key}`, asset: `asset-${key}`, signature: `signature-${key}`,
    severity: 'high', title: `title-${key}`, message: '', labels: {}, firstAtMs: atMs, lastAtMs: atMs, resolvedAtMs: isResolved ? atMs : null, startsAtMs: null,
    partition: 0, atMs, version: seconds * 1000, ...more,
  }
}

/** A command of Ada. */
export function command(id: string, incidentId: string, action: CommandAction, more: Partial<Command> = {}): Command {
  return {
    type: 'command', commandId: id, companyId: 'acme', incidentId, action, actor: ACTOR, judgedVersion: null, assignee: null, text: null,
    intoIncidentId: null, problemKeys: [], issuedAtMs: T0, severity: null, confidence: null, category: null, ...more,
  }
}

/** The stage with a log of its own: feeds records in batches and keeps what a reader that upserts by id and version would hold. */
export class Bench {
  readonly incidents = new Map<string, IncidentChanged>()
  readonly problems = new Map<string, ProblemPlaced>()
  readonly outcomes: Extract<IncidentRecord['event'], { type: 'outcome' }>[] = []
  readonly notes: Extract<IncidentRecord['event'], { type: 'note' }>[] = []
  readonly fates: Fate[] = []
  readonly told: IncidentRecord['event'][] = []
  state = new StateView<CorrelateEntry>()
  readonly #stage
  #position = 0

  constructor(options: CorrelateOptions = {}) {
    this.#stage = correlateStage(options)
  }

  /** Processes the events as one batch. */
  feed(...events: CorrelationRecord['event'][]): IncidentRecord['event'][] {
    const batch = events.map((event): Positioned<CorrelationRecord> => ({
      partition: 0, position: (this.#position += 1), atMs: 'atMs' in event ? event.atMs : T0 + this.#position, key: '', record: { event },
    }))
    // What is published is encoded at once; later changes must not reach it.
    const { fates, out } = structuredClone(this.#stage.process(batch, this.state))
    this.fates.push(...fates)
    for (const { record: { event } } of out) {
      // Avro knows no `type` in a placed problem; in memory it is the event that came in.
      if (event.type === 'problem') Reflect.deleteProperty(event.problem, 'type')
      this.told.push(event)
      if (event.type === 'incident') this.incidents.set(event.incidentId, event)
      else if (event.type === 'problem') this.problems.set(event.problem.companyId === 'acme' ? event.problem.problemKey : `${event.problem.companyId} ${event.problem.problemKey}`, event)
      else if (event.type === 'outcome') this.outcomes.push(event)
      else this.notes.push(event)
    }
    return out.map(({ record }) => record.event)
  }

  /** The entries as they are stored. */
  stored(): Map<string, CorrelateEntry> {
    return new Map([...this.state.entries()].map(([key, entry]) => [key, STORED.decode(STORED.encode(entry))]))
  }

  /** Drops memory and goes on from the stored entries alone, as after a restart. */
  restart(): void {
    this.state = new StateView(this.stored())
  }

  /** The incident that holds a problem now, merges followed. */
  incidentOf(key: string): IncidentChanged | undefined {
    let incident = this.incidents.get(this.problems.get(key)?.incidentId ?? '')
    while (incident !== undefined && incident.mergedInto !== null) incident = this.incidents.get(incident.mergedInto)
    return incident
  }

  /** Problem keys by incident, both sorted. */
  groups(): string[] {
    const groups = new Map<string, string[]>()
    for (const key of this.problems.keys()) {
      const id = this.incidentOf(key)?.incidentId ?? ''
      groups.set(id, [...(groups.get(id) ?? []), key])
    }
    return [...groups.values()].map((keys) => keys.sort().join(' ')).sort()
  }
}
