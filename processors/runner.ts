/**
 * Runs a stage as a member of its consumer group. Commit order (delivery contract): outputs appended and durable, then state and input
 * position together in one compare-and-set, then the group offset for lag figures. The position in the state is the one trusted.
 *
 * Any failure drops the partition's memory; the log engine then calls `assigned` again after a back-off, which loads what is stored. A
 * stage that throws is retried record by record; the record that throws three times goes to dead-letter.v1 as `stage_bug`.
 */
import type { Codec, TopicRecords } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { NO_POSITION, offsetOf, positionOf, epochOf, type Position } from '../schemas/position.ts'
import type { DeadLetter } from '../schemas/records.ts'
import { TOPICS, type TopicName } from '../schemas/topics.ts'
import type { Append, Consumption, Log, LogRecord, StateStore, StoredState } from './ports.ts'
import { StateView, type Fate, type Keyed, type Positioned, type Stage, type StageResult } from './stage.ts'

/** A record is tried this often before it is set aside. */
const ATTEMPTS = 3

/** What the runner tells of its work; labels are bounded. */
export interface RunnerMetrics {
  /** Records by fate of one committed batch. */
  batch(stage: string, fates: ReadonlyMap<string, number>, seconds: number): void
  /** A partition was reloaded after this error code. */
  reloaded(stage: string, code: string): void
  /** Append time of the newest committed record of a partition, in ms. */
  progress(stage: string, partition: number, atMs: number): void
  /** Append time of the newest record that made the stage say something, in ms: its readers are behind only when they have not come so far. */
  spoke(stage: string, partition: number, atMs: number): void
}

/** Where the runner writes what a person should read. */
export interface RunnerLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** One stage with its topic, codecs and ports. */
export interface RunnerOptions<I, O, S> {
  readonly stage: Stage<I, O, S>
  readonly topic: TopicName
  readonly input: Codec<I>
  /** A codec for every topic the stage publishes to, dead-letter.v1 included. */
  readonly outputs: ReadonlyMap<string, Codec<O | DeadLetter>>
  readonly entries: Codec<S>
  /** Bumped when entries cannot stay compatible; the state is then rebuilt from the log. */
  readonly stateVersion: number
  readonly log: Log
  readonly store: StateStore
  readonly metrics: RunnerMetrics
  readonly logger: RunnerLog
  readonly batchRecords?: number
  /** The stage cannot go on (`log_gap`, `log_rewound`). */
  readonly failed: (error: Error) => void
  /** Clock for durations only, in ms; never an input of the stage. */
  readonly monotonicMs: () => number
}

/** One partition in memory. */
interface Partition<S> {
  state: StateView<S>
  position: Position
}

/** Starts the stage; stop it through the consumption. */
export function runStage<I, O, S>(options: RunnerOptions<I, O, S>): Promise<Consumption> {
  const runner = new Runner(options)
  return options.log.consume({
    group: `aw-${options.stage.name}`,
    topic: options.topic,
    ...(options.batchRecords === undefined ? {} : { batchRecords: options.batchRecords }),
    assigned: (partition) => runner.load(partition),
    batch: (partition, records) => runner.batch(partition, records),
    revoked: (partition) => runner.drop(partition),
    failed: options.failed,
  })
}

class Runner<I, O, S> {
  readonly #options: RunnerOptions<I, O, S>
  readonly #partitions = new Map<number, Partition<S>>()
  readonly #stateName: string

  constructor(options: RunnerOptions<I, O, S>) {
    this.#options = options
    this.#stateName = `${options.stage.name}.v${options.stateVersion}`
  }

  /** Loads the partition's state and answers the next offset to read. */
  async load(partition: number): Promise<number> {
    const { log, store, topic, stage, logger } = this.#options
    this.#partitions.delete(partition)
    let stored
    try {
      stored = await store.load(this.#stateName, partition)
    } catch (thrown) {
      if (toAppError(thrown).code !== 'state_corrupt') throw thrown
      logger.error({ stage: stage.name, partition }, 'stored state fails its checksum: rebuilding it from the log')
      await store.clear(this.#stateName, partition)
      stored = null
    }
    const position = stored?.position ?? NO_POSITION
    this.#partitions.set(partition, { state: await this.#view(stored), position })
    // The engine itself tells `log_gap` and `log_rewound` from an offset that it does not have.
    if (position !== NO_POSITION && epochOf(position) === log.epoch) return offsetOf(position) + 1
    const end = (await log.ends(topic)).find((candidate) => candidate.partition === partition)
    if (end === undefined) throw new AppError('engine_unavailable', `reading the ends of ${topic}: partition ${partition} is not there`)
    return end.first
  }

  drop(partition: number): void {
    this.#partitions.delete(partition)
  }

  /** Processes, publishes and commits one batch; a throw leaves nothing in memory. */
  async batch(partitionId: number, records: readonly LogRecord[]): Promise<void> {
    const startedMs = this.#options.monotonicMs()
    const partition = this.#partitions.get(partitionId)
    if (partition === undefined) throw new AppError('state_lost', `${this.#options.stage.name}/${partitionId} is not loaded`)
    try {
      const positioned = await this.#decode(partition, records)
      const result = await this.#process(partitionId, partition, positioned.inputs)
      await this.#commit(partitionId, partition, records, [...positioned.unreadable, ...result.out])
      this.#tell(partitionId, records, result.fates, positioned.unreadable.length, startedMs)
    } catch (thrown) {
      this.#partitions.delete(partitionId)
      this.#options.metrics.reloaded(this.#options.stage.name, toAppError(thrown).code)
      throw thrown
    }
  }

  async #decode(partition: Partition<S>, records: readonly LogRecord[]): Promise<{ inputs: Positioned<I>[]; unreadable: Keyed<DeadLetter>[] }> {
    const { input, log } = this.#options
    await input.prepare(records.map((record) => record.value))
    const inputs: Positioned<I>[] = []
    const unreadable: Keyed<DeadLetter>[] = []
    for (const record of records) {
      const position = positionOf(log.epoch, record.offset)
      if (position <= partition.position) continue
      try {
        inputs.push({ partition: record.partition, position, atMs: record.atMs, key: record.key, record: input.decode(record.value) })
      } catch (thrown) {
        unreadable.push(this.#deadLetter(record, position, toAppError(thrown), 1))
      }
    }
    return { inputs, unreadable }
  }

  /** The stage's answer; a throw falls back to one record at a time, so that one bad record does not stop the rest. */
  async #process(partitionId: number, partition: Partition<S>, inputs: readonly Positioned<I>[]): Promise<{ out: readonly Keyed<O | DeadLetter>[]; fates: readonly Fate[] }> {
    const { stage, logger } = this.#options
    try {
      return stage.process(inputs, partition.state)
    } catch (thrown) {
      logger.error({ stage: stage.name, partition: partitionId, err: thrown }, 'the stage threw: trying its batch record by record')
    }
    const out: Keyed<O | DeadLetter>[] = []
    const fates: Fate[] = []
    const good: Positioned<I>[] = []
    await this.#reload(partitionId, partition, good)
    for (const input of inputs) {
      const result = await this.#tryAlone(partitionId, partition, input, good)
      out.push(...result.out)
      fates.push(...result.fates)
    }
    return { out, fates }
  }

  async #tryAlone(partitionId: number, partition: Partition<S>, input: Positioned<I>, good: Positioned<I>[]): Promise<StageResult<O | DeadLetter>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = this.#options.stage.process([input], partition.state)
        good.push(input)
        return result
      } catch (thrown) {
        await this.#reload(partitionId, partition, good)
        if (attempt < ATTEMPTS) continue
        const error = new AppError('stage_bug', toAppError(thrown).message, { cause: thrown })
        const record = { partition: partitionId, offset: offsetOf(input.position), key: input.key, value: this.#options.input.encode(input.record), atMs: input.atMs }
        const owed = this.#options.stage.setAside?.(input, error.code) ?? []
        const origin = this.#options.stage.origin?.(input.record)
        return { out: [this.#deadLetter(record, input.position, error, ATTEMPTS, origin), ...owed], fates: [{ position: input.position, kind: 'rejected', reason: error.code }] }
      }
    }
  }

  /** Takes the stored state again and brings it forward over the records of this batch that did not throw. */
  async #reload(partitionId: number, partition: Partition<S>, good: readonly Positioned<I>[]): Promise<void> {
    const stored = await this.#options.store.load(this.#stateName, partitionId)
    partition.state = await this.#view(stored)
    for (const input of good) this.#options.stage.process([input], partition.state)
  }

  async #view(stored: StoredState | null): Promise<StateView<S>> {
    if (stored === null) return new StateView<S>()
    const { entries } = this.#options
    await entries.prepare([...stored.entries.values()])
    const decoded = new Map<string, S>()
    for (const [key, value] of stored.entries) decoded.set(key, entries.decode(value))
    return new StateView(decoded)
  }

  async #commit(partitionId: number, partition: Partition<S>, records: readonly LogRecord[], out: readonly Keyed<O | DeadLetter>[]): Promise<void> {
    const { log, store, stage, topic, entries } = this.#options
    const last = records.at(-1)
    if (last === undefined) return
    if (out.length > 0) await log.append(out.map((keyed) => this.#encode(keyed)))
    const next = positionOf(log.epoch, last.offset)
    if (next <= partition.position) return
    const delta = new Map<string, Buffer | null>()
    for (const [key, entry] of partition.state.takeDelta()) delta.set(key, entry === null ? null : entries.encode(entry))
    if (out.length > 0) this.#options.metrics.spoke(stage.name, partitionId, last.atMs)
    const isWritten = await store.write(this.#stateName, partitionId, partition.position, next, delta)
    if (!isWritten) throw new AppError('state_lost', `${stage.name}/${partitionId} was moved by another process`)
    partition.position = next
    await log.commit(`aw-${stage.name}`, topic, partitionId, last.offset + 1)
  }

  #encode(keyed: Keyed<O | DeadLetter>): Append {
    const codec = this.#options.outputs.get(keyed.topic)
    if (codec === undefined) throw new AppError('internal', `${this.#options.stage.name} publishes to ${keyed.topic} without a codec`)
    const append = { topic: keyed.topic, key: keyed.key, value: codec.encode(keyed.record) }
    return keyed.partition === undefined ? append : { ...append, partition: keyed.partition }
  }

  #deadLetter(record: LogRecord, position: Position, error: AppError, attempts: number, origin: Pick<DeadLetter, 'companyId' | 'delivery'> = { companyId: null, delivery: null }): Keyed<DeadLetter> {
    const { topic, stage, logger } = this.#options
    logger.error({ stage: stage.name, partition: record.partition, offset: record.offset, code: error.code }, `set aside as a dead letter: ${error.message}`)
    return {
      topic: TOPICS.deadLetter.name,
      key: record.key,
      record: {
        ...origin, deadLetterId: `${topic}:${record.partition}:${position}:0`, topic, partition: record.partition, position, element: 0,
        stage: stage.name, code: error.code, message: error.message, attempts, key: record.key, value: record.value, atMs: record.atMs,
      },
    }
  }

  #tell(partition: number, records: readonly LogRecord[], fates: readonly Fate[], unreadable: number, startedMs: number): void {
    const { metrics, stage, monotonicMs } = this.#options
    const byKind = new Map<string, number>(unreadable > 0 ? [['rejected', unreadable]] : [])
    for (const fate of fates) byKind.set(fate.kind, (byKind.get(fate.kind) ?? 0) + 1)
    metrics.batch(stage.name, byKind, (monotonicMs() - startedMs) / 1_000)
    metrics.progress(stage.name, partition, records.at(-1)?.atMs ?? 0)
  }
}

/** The codecs a stage publishes with, by topic. */
export function outputCodecs<N extends TopicName>(codecs: { readonly [K in N]: Codec<TopicRecords[K]> }): ReadonlyMap<string, Codec<TopicRecords[N]>> {
  return new Map(Object.entries<Codec<TopicRecords[N]>>(codecs))
}
