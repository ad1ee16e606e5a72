/**
 * The stage on alerts.raw.v1: a delivery is normalised by its source's adapter and each alert deduplicated into its problem.
 *
 * Key: integration. Out: alerts.v1 (one ledger row an element), correlation.v1 (problem events, progress of time), dead-letter.v1.
 * Settings of integrations come on the same log, each under its integration's key, and say which mapping reads its payloads and how often it must be heard.
 * State: problems (open ones at most 7 days after their last observation, resolved ones 1 day), deliveries (24 h, or 10 minutes for those the
 * sender cannot repeat), settings, heartbeats and rhythms of integrations, the partition's time. Everything expires by log time, on ticks.
 */
import type { NormalisedAlert, Rejected } from '../schemas/alert.ts'
import { toAppError, type ErrorCode } from '../schemas/errors.ts'
import type { CorrelationRecord, DeadLetter, Delivery, IntegrationSettings, LedgerRow, LetterDelivery, ProblemChange, ProcessEntry, RawRecord, StageTime, TrackedProblem } from '../schemas/records.ts'
import { TICK_INTERVAL_MS, TOPICS } from '../schemas/topics.ts'
import { markTold, observe, REPEAT_INTERVAL_MS, settle, type Place } from './dedupe.ts'
import { TICKS_MISSING_MS } from './heartbeat.ts'
import { Integrations } from './integrations.ts'
import { overflowKey, problemKeyOf } from './problem-key.ts'
import { ProcessIndex } from './process-index.ts'
import type { Fate, Keyed, Positioned, Stage, StageResult, StateView } from './stage.ts'
import { Watcher } from './watcher.ts'

/** What the stage publishes. */
export type ProcessOutput = LedgerRow | CorrelationRecord | DeadLetter

/** Reads one delivery, by the mapping of its integration where it has one; throws `payload_invalid` or `mapping_failed` when the body as a whole cannot be read. */
export type Normalise = (delivery: Delivery, receivedAtMs: number, mapping: string | null) => readonly (NormalisedAlert | Rejected)[]

/** What the stage is built from. */
export interface ProcessOptions {
  readonly normalise: Normalise
  /** Partitions of correlation.v1: each is told of this partition's time. */
  readonly correlationPartitions: number
  /** Open problems a company may have on one partition before further ones join the overflow problem. */
  readonly maxOpenProblems?: number
}

/** Writes the ledger row of one element. */
type WriteRow = (element: number, fate: LedgerRow['fate'], reason: string | null, problemKey: string | null, alert: NormalisedAlert | null) => void

/** The source whose endpoint several tools share. */
const SHARED_SOURCE = 'generic'
const TIME_KEY = 'm'
const NOTHING = Buffer.alloc(0)
/** Ticks come every five seconds from each ingest process; a little less lets one of them through. */
const PROGRESS_INTERVAL_MS = TICK_INTERVAL_MS - 1_000

/**
 * Repeats told on one tick at most. A storm of ten thousand repeating problems would otherwise come as one burst every five seconds, and a new
 * problem would wait behind it (seen: 1.5 s at the 99th percentile). Whoever has waited longest is told first; the rest follows on the next ticks.
 */
const REPEATS_PER_TICK = 250

/** Makes the stage. */
export function processStage(options: ProcessOptions): Stage<RawRecord, ProcessOutput, ProcessEntry> {
  return {
    name: 'process',
    process(batch, state) {
      const index = state.derived(ProcessIndex.of)
      const run = new Run(options, state, index)
      for (const input of batch) run.take(input)
      return run.result
    },
    setAside(input, code) {
      const { event } = input.record
      if (event.type === 'tick') return []
      return [ledgerRow(input, event, { element: 0, elements: 1, fate: 'rejected', reason: code, problemKey: null }, null)]
    },
    origin: ({ event }) => (event.type !== 'delivery' ? { companyId: null, delivery: null } : { companyId: event.companyId, delivery: letterDelivery(event, 1) }),
  }
}

/** One batch under way. */
class Run {
  readonly #options: ProcessOptions
  readonly #state: StateView<ProcessEntry>
  readonly #index: ProcessIndex
  readonly #integrations: Integrations
  readonly #watcher: Watcher
  readonly #fates: Fate[] = []
  readonly #out: Keyed<ProcessOutput>[] = []

  constructor(options: ProcessOptions, state: StateView<ProcessEntry>, index: ProcessIndex) {
    this.#options = options
    this.#state = state
    this.#index = index
    this.#integrations = new Integrations(state, index.heartbeats, index.silences)
    this.#watcher = new Watcher({ tracked: (key) => this.#tracked(key), keep: (tracked) => this.#keep(tracked), tell: (tracked) => this.#tell(tracked) }, this.#integrations, index)
  }

  get result(): StageResult<ProcessOutput> {
    return { fates: this.#fates, out: this.#out }
  }

  take(input: Positioned<RawRecord>): void {
    const { event } = input.record
    if (event.type === 'delivery') this.#onDelivery(input, event)
    else if (event.integration !== null) this.#onSettings(input, event.integration)
    else this.#onTick(input)
  }

  #onSettings(input: Positioned<RawRecord>, settings: IntegrationSettings): void {
    const isNew = this.#watcher.configure(input, settings)
    this.#fates.push({ position: input.position, kind: 'absorbed', reason: isNew ? 'settings' : 'settings_known' })
  }

  #onDelivery(input: Positioned<RawRecord>, delivery: Delivery): void {
    const key = `d:${delivery.deliveryId}`
    const known = this.#state.get(key)?.event
    const seen = known?.type === 'delivery' ? known : null
    const { replay } = delivery
    // A replay is our own doing, so it says nothing of its sender.
    if (replay === null) this.#watcher.onSignOfLife(input, delivery, this.#time().ticksSinceMs)
    // Deliveries are forgotten after a while, so a replay says itself what of it is still owed.
    const alerts = this.#read(delivery, input.atMs)
    // Where a replay of some elements cannot be read at all, the rejection of the first stands for all of them.
    const lost = replay !== null && isUnreadable(alerts) ? replay.elements[0] ?? null : null
    const isDone = (element: number): boolean => lost === null && (seen !== null ? !seen.rejected.includes(element) : replay !== null && replay.elements.length > 0 && !replay.elements.includes(element))
    const elements = Math.max(1, alerts.length)
    const rejected: number[] = []
    const row: WriteRow = (element, fate, reason, problemKey, alert) => {
      this.#out.push(ledgerRow(input, delivery, { element, elements, fate, reason, problemKey }, alert))
    }
    if (alerts.length === 0) row(0, 'dropped', seen === null ? 'no_alert' : 'duplicate_delivery', null, null)
    alerts.forEach((alert, index) => {
      const element = lost ?? index
      if (isDone(element)) row(element, 'dropped', 'duplicate_delivery', null, 'rejected' in alert ? null : alert)
      else if ('rejected' in alert) {
        rejected.push(element)
        row(element, 'rejected', alert.rejected.code, null, null)
        this.#deadLetter(input, delivery, { element, elements, isFirst: rejected.length === 1 }, alert.rejected)
      } else this.#onAlert(input, delivery, alert, element, row)
    })
    // What was rejected is not remembered, so that its replay works after a fix.
    if (rejected.length < elements) {
      const replayable = seen?.replayable ?? (delivery.replayable || replay !== null)
      this.#state.set(key, { event: { type: 'delivery', atMs: seen?.atMs ?? input.atMs, replayable, rejected } })
      if (seen === null) this.#index.delivered(delivery.deliveryId, input.atMs, replayable)
    }
    this.#fates.push({ position: input.position, kind: seen !== null || alerts.length === 0 ? 'dropped' : 'emitted' })
  }

  /** The delivery's alerts; a body that cannot be read at all is one rejected element. */
  #read(delivery: Delivery, atMs: number): readonly (NormalisedAlert | Rejected)[] {
    try {
      return this.#options.normalise(delivery, atMs, this.#integrations.settings(delivery.integrationId)?.mapping ?? null)
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.code !== 'payload_invalid' && error.code !== 'mapping_failed') throw error
      return [{ rejected: { code: error.code, path: '', message: error.message } }]
    }
  }

  #onAlert(input: Positioned<RawRecord>, delivery: Delivery, alert: NormalisedAlert, element: number, row: WriteRow): void {
    const isShared = delivery.source === SHARED_SOURCE
    let problemKey = problemKeyOf(delivery.integrationId, alert, isShared)
    let tracked = this.#tracked(problemKey)
    let observed = alert
    const limit = this.#options.maxOpenProblems ?? 100_000
    if (tracked === null && alert.status !== 'resolved' && alert.status !== 'no_data' && this.#index.openOf(delivery.companyId) >= limit) {
      problemKey = overflowKey(delivery.integrationId)
      tracked = this.#tracked(problemKey)
      observed = overflowAlert(alert, limit)
    }
    const place: Place = {
      companyId: delivery.companyId, integrationId: delivery.integrationId, problemKey, alertId: `${delivery.deliveryId}:${element}`,
      partition: input.partition, atMs: input.atMs, version: input.position,
    }
    const result = observe(tracked, observed, place)
    if (result.tracked !== null) this.#keep(result.tracked)
    if (result.tracked === null) row(element, 'dropped', result.reason, null, alert)
    else if (result.change === null) row(element, 'absorbed', result.reason, problemKey, alert)
    else {
      row(element, 'emitted', result.change, problemKey, alert)
      this.#tell(result.tracked)
    }
  }

  #onTick(input: Positioned<RawRecord>): void {
    const time = this.#time()
    const nowMs = Math.max(time.nowMs, input.atMs)
    const ticksSinceMs = nowMs - time.nowMs > TICKS_MISSING_MS ? nowMs : time.ticksSinceMs
    const place = { atMs: nowMs, version: input.position }
    const tellChange = (tracked: TrackedProblem, change: ProblemChange): void => {
      markTold(tracked, change, place)
      this.#keep(tracked)
      this.#tell(tracked)
    }
    for (const key of this.#index.flapping()) {
      const tracked = this.#tracked(key)
      const change = tracked === null ? null : settle(tracked, nowMs)
      if (tracked !== null && change !== null) tellChange(tracked, change)
    }
    for (const key of this.#index.dueRepeats(nowMs - REPEAT_INTERVAL_MS, REPEATS_PER_TICK)) {
      const tracked = this.#tracked(key)
      if (tracked !== null) tellChange(tracked, 'repeated')
    }
    this.#watcher.onTick(input, nowMs, ticksSinceMs)
    for (const key of this.#index.expiredOpen(nowMs)) {
      const tracked = this.#tracked(key)
      if (tracked === null) continue
      tracked.problem.status = 'resolved'
      tracked.problem.resolvedAtMs = nowMs
      tracked.problem.flapping = false
      tracked.observed = 'resolved'
      tellChange(tracked, 'expired')
    }
    for (const key of this.#index.expiredResolved(nowMs)) this.#state.delete(`p:${key}`)
    for (const id of this.#index.expiredDeliveries(nowMs)) this.#state.delete(`d:${id}`)
    this.#integrations.forgetRemoved(nowMs)

    const isDue = nowMs - time.toldAtMs >= PROGRESS_INTERVAL_MS
    this.#state.set(TIME_KEY, { event: { type: 'time', nowMs, toldAtMs: isDue ? nowMs : time.toldAtMs, ticksSinceMs, integration: null, heartbeat: null, rhythm: null } })
    if (isDue) {
      const record: CorrelationRecord = { event: { type: 'progress', partition: input.partition, atMs: nowMs, version: input.position } }
      for (let partition = 0; partition < this.#options.correlationPartitions; partition++) this.#out.push({ topic: TOPICS.correlation.name, key: '', partition, record })
    }
    this.#fates.push({ position: input.position, kind: 'absorbed', reason: 'tick' })
  }

  #time(): StageTime {
    const stored = this.#state.get(TIME_KEY)?.event
    return stored?.type === 'time' ? stored : { type: 'time', nowMs: 0, toldAtMs: 0, ticksSinceMs: 0, integration: null, heartbeat: null, rhythm: null }
  }

  #tracked(problemKey: string): TrackedProblem | null {
    const entry = this.#state.get(`p:${problemKey}`)?.event
    return entry?.type === 'problem' ? entry : null
  }

  #keep(tracked: TrackedProblem): void {
    this.#state.set(`p:${tracked.problem.problemKey}`, { event: tracked })
    this.#index.observed(tracked)
  }

  #tell(tracked: TrackedProblem): void {
    // A copy: the state goes on changing within the batch, what was told must not.
    const record: CorrelationRecord = { event: { type: 'problem', ...tracked.problem } }
    this.#out.push({ topic: TOPICS.correlation.name, key: tracked.problem.companyId, record })
  }

  /** The body stands in the first letter of a delivery alone: thousands of bad elements must not repeat a large body thousands of times. */
  #deadLetter(input: Positioned<RawRecord>, delivery: Delivery, at: { element: number; elements: number; isFirst: boolean }, rejected: { code: ErrorCode; path: string; message: string }): void {
    const { element, elements, isFirst } = at
    const record: DeadLetter = {
      deadLetterId: `${TOPICS.raw.name}:${input.partition}:${input.position}:${element}`, companyId: delivery.companyId, topic: TOPICS.raw.name,
      partition: input.partition, position: input.position, element, stage: 'process', code: rejected.code,
      message: rejected.path === '' ? rejected.message : `${rejected.path}: ${rejected.message}`, attempts: 1,
      key: input.key, value: isFirst ? delivery.body : NOTHING, atMs: input.atMs, delivery: letterDelivery(delivery, elements),
    }
    this.#out.push({ topic: TOPICS.deadLetter.name, key: delivery.integrationId, record })
  }
}

function ledgerRow(
  input: Positioned<RawRecord>, delivery: Delivery,
  verdict: Pick<LedgerRow, 'element' | 'elements' | 'fate' | 'reason' | 'problemKey'>, alert: NormalisedAlert | null,
): Keyed<LedgerRow> {
  const record: LedgerRow = {
    deliveryId: delivery.deliveryId, element: verdict.element, elements: verdict.elements, companyId: delivery.companyId,
    integrationId: delivery.integrationId, source: alert?.source ?? delivery.source, fate: verdict.fate, reason: verdict.reason,
    problemKey: verdict.problemKey, atMs: input.atMs, partition: input.partition, version: input.position,
    alert: alert === null ? null : { alertId: `${delivery.deliveryId}:${verdict.element}`, ...alert, labels: { ...alert.labels } },
  }
  return { topic: TOPICS.alerts.name, key: delivery.integrationId, record }
}

/** Whether the body as a whole could not be read. */
function isUnreadable(alerts: readonly (NormalisedAlert | Rejected)[]): boolean {
  const [only] = alerts
  return alerts.length === 1 && only !== undefined && 'rejected' in only && only.rejected.path === ''
}

/** What a letter keeps of its delivery beside the body. */
function letterDelivery(delivery: Delivery, elements: number): LetterDelivery {
  const { deliveryId, integrationId, source, replayable, elements: told, receivedAtMs, contentType, headers } = delivery
  return { deliveryId, integrationId, source, replayable, told, elements, receivedAtMs, contentType, headers: { ...headers } }
}

/** What stands for every problem above the limit: one named problem, counted. */
function overflowAlert(alert: NormalisedAlert, limit: number): NormalisedAlert {
  return {
    ...alert, externalId: null, asset: null, signature: 'Too many open problems', severity: 'high', status: 'firing',
    title: `More than ${limit} problems are open; further ones are counted here`, message: `Latest: ${alert.title}`, labels: {}, startsAtMs: null,
  }
}
