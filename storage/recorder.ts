/**
 * The role `record`: reads facts from the log and keeps them in ClickHouse, for figures, receipts and the balance.
 *
 * Measured embedded (chDB, LMDB, PGlite) on two busy cores, deliveries of ten alerts: 17 µs of processor time a ledger row from log to table, both
 * topics included; 18,000 rows a second when catching up; at a steady 10,000 a second, appending included, 0.37 of one core and 0.4 s behind.
 */
import type { Clock } from '../schemas/clock.ts'
import { openCodec, type Codec, type SchemaIds, type TopicRecords } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { epochOf, NO_POSITION, offsetOf, positionOf, type Position } from '../schemas/position.ts'
import type { Analytics } from './clickhouse/analytics.ts'
import { RecordedPartition, type RangeLimits, type RecorderPositions } from './recorder/partition.ts'
import { ROWS, type RecordedTopic } from './recorder/rows.ts'

export type { RecorderPositions } from './recorder/partition.ts'

/** Name of the consumer group, and of the reader in `reader_positions`. */
export const RECORDER = 'aw-record'

/** A row waits at most a second, so that a balance is at most two behind; 20,000 rows (about 10 MB) are inserted at once under load. */
const LIMITS: RangeLimits = { maxRows: 20_000, maxBytes: 8 * 1_048_576, maxDelayMs: 1_000, maxIdleMs: 30_000 }
const TIMER_MS = 250
/** Raw records carry bodies, up to a megabyte each: fewer of them at a time. */
const BATCH_RECORDS: Readonly<Record<RecordedTopic, number>> = { 'alerts.raw.v1': 500, 'alerts.v1': 2_000, 'incidents.v1': 2_000, 'runs.v1': 2_000, 'calls.v1': 2_000, 'dead-letter.v1': 200 }

interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly value: Buffer
  readonly atMs: number
}

/** What the recorder needs of a log; processors/ports.ts describes each. */
export interface RecordedLog {
  readonly epoch: number
  consume(subscription: {
    readonly group: string
    readonly topic: string
    readonly batchRecords?: number
    assigned(partition: number): Promise<number>
    batch(partition: number, records: readonly LogRecord[]): Promise<void>
    revoked(partition: number): void
    failed(error: Error): void
  }): Promise<{ stop(): Promise<void> }>
  commit(group: string, topic: string, partition: number, nextOffset: number): Promise<void>
  ends(topic: string): Promise<readonly { readonly partition: number; readonly first: number; readonly next: number }[]>
}

/** What the recorder is built from. */
export interface RecorderOptions {
  readonly log: RecordedLog
  readonly schemaIds: SchemaIds
  readonly analytics: Analytics
  readonly positions: RecorderPositions
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void; error(fields: object, message: string): void }
  /** The recorder cannot go on (`log_gap`, `log_rewound`); the process should say so and stop. */
  readonly failed: (error: Error) => void
  readonly limits?: Partial<RangeLimits>
}

/** A running recorder. */
export interface Recorder {
  /** Stops reading; what was read and not yet inserted is read again at the next start. */
  stop(): Promise<void>
}

/** Starts recording every topic. */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const topics = await Promise.all([
    openTopic('alerts.raw.v1', options), openTopic('alerts.v1', options), openTopic('incidents.v1', options), openTopic('runs.v1', options), openTopic('calls.v1', options), openTopic('dead-letter.v1', options),
  ])
  const stopping = new AbortController()
  const consumptions = await Promise.all(topics.map((topic) => topic.consume()))
  const timer = keepTime(topics, options, stopping.signal)
  return {
    async stop() {
      await Promise.all(consumptions.map((consumption) => consumption.stop()))
      stopping.abort()
      await timer
      await Promise.all(topics.map((topic) => topic.left()))
    },
  }
}

async function keepTime(topics: readonly { flushDue(): Promise<void> }[], { clock, logger }: RecorderOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await Promise.allSettled([clock.sleep(TIMER_MS, signal)])
    for (const topic of topics) {
      try {
        await topic.flushDue()
      } catch (thrown) {
        // The range stays where it is: the next turn repeats it, as does the next batch.
        logger.warn({ code: toAppError(thrown).code }, `recording goes on later: ${toAppError(thrown).message}`)
      }
    }
  }
}

async function openTopic<N extends RecordedTopic>(topic: N, options: RecorderOptions): Promise<RecordedTopicReader<N>> {
  return new RecordedTopicReader(topic, options, await openCodec(topic, options.schemaIds))
}

/** One topic under recording. */
class RecordedTopicReader<N extends RecordedTopic> {
  readonly #topic: N
  readonly #options: RecorderOptions
  readonly #codec: Codec<TopicRecords[N]>
  readonly #limits: RangeLimits
  readonly #partitions = new Map<number, RecordedPartition>()
  /** Partitions that left: none of them comes back before its last insert has ended. */
  readonly #leaving = new Map<number, Promise<void>>()

  constructor(topic: N, options: RecorderOptions, codec: Codec<TopicRecords[N]>) {
    this.#topic = topic
    this.#options = options
    this.#codec = codec
    this.#limits = { ...LIMITS, ...options.limits }
  }

  consume(): Promise<{ stop(): Promise<void> }> {
    return this.#options.log.consume({
      group: RECORDER,
      topic: this.#topic,
      batchRecords: BATCH_RECORDS[this.#topic],
      assigned: (partition) => this.#said(`taking over partition ${partition}`, () => this.#arrive(partition)),
      batch: (partition, records) => this.#said(`recording partition ${partition}`, () => this.#batch(partition, records)),
      revoked: (partition) => this.#leave(partition),
      failed: this.#options.failed,
    })
  }

  async flushDue(): Promise<void> {
    for (const partition of [...this.#partitions.values()]) await partition.flushDue()
  }

  /** Lets go of every partition and resolves when the last insert has ended. */
  async left(): Promise<void> {
    for (const id of [...this.#partitions.keys()]) this.#leave(id)
    await Promise.all(this.#leaving.values())
  }

  /** The log tries again by itself; people should know why it has to. */
  async #said<T>(doing: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (thrown) {
      const error = toAppError(thrown)
      this.#options.logger.warn({ topic: this.#topic, code: error.code }, `${doing} of ${this.#topic} goes on later: ${error.message}`)
      throw error
    }
  }

  async #arrive(id: number): Promise<number> {
    const { log, analytics, positions, clock } = this.#options
    this.#leave(id)
    await this.#leaving.get(id)
    const partition = await RecordedPartition.open({
      topic: this.#topic, partition: id, analytics, positions, clock, limits: this.#limits,
      advanced: (position) => log.commit(RECORDER, this.#topic, id, offsetOf(position) + 1),
    })
    this.#partitions.set(id, partition)
    return this.#nextOffset(id, partition.position)
  }

  async #nextOffset(id: number, position: Position): Promise<number> {
    const { log } = this.#options
    const end = (await log.ends(this.#topic)).find((candidate) => candidate.partition === id)
    if (end === undefined) throw new AppError('engine_unavailable', `reading the ends of ${this.#topic}: partition ${id} is not there`)
    if (position === NO_POSITION || epochOf(position) < log.epoch) return end.first
    // The log itself refuses an offset it no longer has or does not have yet.
    return offsetOf(position) + 1
  }

  async #batch(id: number, records: readonly LogRecord[]): Promise<void> {
    const { log, logger } = this.#options
    const partition = this.#partitions.get(id)
    if (partition === undefined) throw new AppError('state_lost', `recording ${this.#topic}/${id}: the partition is not loaded`)
    await this.#codec.prepare(records.map((record) => record.value))
    for (const record of records) {
      const place = { partition: id, position: positionOf(log.epoch, record.offset), atMs: record.atMs }
      await partition.take(place, (put) => {
        let decoded
        try {
          decoded = this.#codec.decode(record.value)
        } catch (thrown) {
          // The stage that reads this record sets it aside as a dead letter; a figure must not stop for it.
          logger.error({ topic: this.#topic, partition: id, offset: record.offset, code: toAppError(thrown).code }, 'a record that cannot be read is not recorded')
          return
        }
        ROWS[this.#topic](decoded, place, put)
      })
    }
    await partition.flushDue()
  }

  #leave(id: number): void {
    const partition = this.#partitions.get(id)
    if (partition === undefined) return
    this.#partitions.delete(id)
    const left = partition.drop().then(() => void this.#leaving.delete(id))
    this.#leaving.set(id, left)
  }
}
