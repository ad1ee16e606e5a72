/** The role `project`: reads incidents.v1 into PostgreSQL, where the API finds incidents, problems, their history and the outcomes of commands. */
import { EventEmitter } from 'node:events'
import { openCodec, type Codec, type SchemaIds } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { epochOf, NO_POSITION, offsetOf, positionOf, type Position } from '../schemas/position.ts'
import type { DeadLetter, IncidentRecord } from '../schemas/records.ts'
import { TOPICS } from '../schemas/topics.ts'
import { withoutNul } from './projection/clean.ts'
import { projectBatch, type Projected } from './projection/project-batch.ts'
import type { Sql, SqlDatabase } from './queries/sql.ts'

export type { Projected, ProjectedIncident } from './projection/project-batch.ts'

/** Name of the consumer group, and of the reader in `reader_positions`. */
export const PROJECTOR = 'aw-project'

const TOPIC = TOPICS.incidents.name

/** Everybody else waits while a batch is written to PGlite; this many records take it about a tenth of a second. */
const BATCH_RECORDS = 1_000

interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly atMs: number
}

/** What the projector needs of a log; processors/ports.ts describes each. */
export interface ProjectedLog {
  readonly epoch: number
  append(records: readonly { readonly topic: string; readonly key: string; readonly value: Buffer }[]): Promise<void>
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

/** What the projector is built from. */
export interface ProjectorOptions {
  readonly log: ProjectedLog
  readonly schemaIds: SchemaIds
  readonly database: SqlDatabase
  readonly logger: { warn(fields: object, message: string): void; error(fields: object, message: string): void }
  /** The projector cannot go on (`log_gap`, `log_rewound`); the process should say so and stop. */
  readonly failed: (error: Error) => void
  /** Append time of the newest record of a partition whose rows are committed, in ms. */
  readonly progress?: (partition: number, atMs: number) => void
}

/** A running projector. */
export interface Projector {
  /** Calls back after each committed batch that changed something, in this process only; the answer takes the listener off again. */
  onProjected(listener: (projected: Projected) => void): () => void
  /** Stops reading after the batches under way. */
  stop(): Promise<void>
}

/**
 * Starts projecting. Rows and position are written in one transaction that need not wait for the disk: what a crash takes away it takes away together,
 * and the log tells it again. For the same reason a restored older database simply catches up.
 */
export async function startProjector(options: ProjectorOptions): Promise<Projector> {
  const reader = new IncidentReader(options, await openCodec(TOPIC, options.schemaIds), await openCodec(TOPICS.deadLetter.name, options.schemaIds))
  const consumption = await options.log.consume({
    group: PROJECTOR,
    topic: TOPIC,
    batchRecords: BATCH_RECORDS,
    assigned: (partition) => reader.assigned(partition),
    batch: (partition, records) => reader.batch(partition, records),
    revoked: (partition) => reader.revoked(partition),
    failed: options.failed,
  })
  return { onProjected: (listener) => reader.onProjected(listener), stop: () => consumption.stop() }
}

class IncidentReader {
  readonly #options: ProjectorOptions
  readonly #codec: Codec<IncidentRecord>
  readonly #deadLetters: Codec<DeadLetter>
  readonly #projected = new EventEmitter<{ projected: [Projected] }>()
  /** The offset each partition starts at or goes on with. */
  readonly #next = new Map<number, number>()

  constructor(options: ProjectorOptions, codec: Codec<IncidentRecord>, deadLetters: Codec<DeadLetter>) {
    this.#options = options
    this.#codec = codec
    this.#deadLetters = deadLetters
    // Every open stream of live events and every waiting command may listen.
    this.#projected.setMaxListeners(0)
  }

  onProjected(listener: (projected: Projected) => void): () => void {
    this.#projected.on('projected', listener)
    return () => this.#projected.off('projected', listener)
  }

  async assigned(partition: number): Promise<number> {
    const { database, log } = this.#options
    const position = await readPosition(database, partition, '')
    const end = (await log.ends(TOPIC)).find((candidate) => candidate.partition === partition)
    if (end === undefined) throw new AppError('engine_unavailable', `reading the ends of ${TOPIC}: partition ${partition} is not there`)
    const next = position === NO_POSITION || epochOf(position) < log.epoch ? end.first : offsetOf(position) + 1
    if (next > end.next) throw this.#giveUp(new AppError('log_rewound', `${TOPIC}/${partition} ends at ${end.next}, but the database holds it up to ${next}; if the topic was recreated, raise AW_LOG_EPOCH`))
    if (next < end.first) throw this.#giveUp(new AppError('log_gap', `${TOPIC}/${partition} starts at ${end.first}, but the database needs ${next}: records were deleted before they were read; restore a newer database`))
    this.#next.set(partition, next)
    return next
  }

  revoked(partition: number): void {
    this.#next.delete(partition)
  }

  /** Neither mends by waiting; whoever runs the process decides. */
  #giveUp(error: AppError): AppError {
    this.#options.failed(error)
    return error
  }

  async batch(partition: number, records: readonly LogRecord[]): Promise<void> {
    const { log, logger, progress } = this.#options
    const last = records.at(-1)
    if (last === undefined) return
    try {
      const projected = await this.#project(partition, records)
      this.#next.set(partition, last.offset + 1)
      // Told before the group offset moves: the rows are there, and a listener may be a person waiting for an answer.
      if (projected !== null) this.#tell(projected)
      await log.commit(PROJECTOR, TOPIC, partition, last.offset + 1)
      progress?.(partition, last.atMs)
    } catch (thrown) {
      const error = toAppError(thrown)
      logger.warn({ topic: TOPIC, partition, code: error.code, err: error }, `projecting goes on later: ${error.message}`)
      throw error
    }
  }

  async #project(partition: number, records: readonly LogRecord[]): Promise<Projected | null> {
    const { log, database } = this.#options
    const expected = this.#next.get(partition)
    const first = records[0]?.offset ?? 0
    if (expected === undefined) throw new AppError('state_lost', `projecting ${TOPIC}/${partition}: the partition is not loaded`)
    if (first > expected) throw this.#giveUp(new AppError('log_gap', `${TOPIC}/${partition} goes on with ${first} where ${expected} was expected`))
    await this.#codec.prepare(records.map((record) => record.value))
    const { decoded, unreadable } = this.#decode(records)
    // Dead letters first: repeated after a crash they are the same again.
    if (unreadable.length > 0) await log.append(unreadable)
    const reached = positionOf(log.epoch, records.at(-1)?.offset ?? first)
    return database.transaction(async (sql) => {
      await sql.query('insert into reader_positions (reader, topic, partition, position) values ($1, $2, $3, $4) on conflict do nothing', [PROJECTOR, TOPIC, partition, NO_POSITION])
      // The lock keeps a former owner of the partition, who may still be writing, from meeting the new one.
      const position = await readPosition(sql, partition, 'for update')
      if (reached <= position) return null
      if (epochOf(position) === log.epoch && offsetOf(position) + 1 < first) throw new AppError('state_lost', `projecting ${TOPIC}/${partition}: the database was put back under a running projector`)
      const fresh = decoded.filter((one) => one.position > position)
      const projected = await projectBatch(sql, fresh.map((one) => one.record))
      await sql.query('update reader_positions set position = $4 where reader = $1 and topic = $2 and partition = $3', [PROJECTOR, TOPIC, partition, reached])
      return projected
    }, { durable: false })
  }

  #decode(records: readonly LogRecord[]): { decoded: { position: Position; record: IncidentRecord }[]; unreadable: { topic: string; key: string; value: Buffer }[] } {
    const decoded = []
    const unreadable = []
    for (const record of records) {
      const position = positionOf(this.#options.log.epoch, record.offset)
      try {
        decoded.push({ position, record: withoutNul(this.#codec.decode(record.value)) })
      } catch (thrown) {
        unreadable.push(this.#deadLetter(record, position, toAppError(thrown)))
      }
    }
    return { decoded, unreadable }
  }

  #deadLetter(record: LogRecord, position: Position, error: AppError): { topic: string; key: string; value: Buffer } {
    const { partition, key, value, atMs } = record
    this.#options.logger.error({ topic: TOPIC, partition, offset: record.offset, code: error.code }, `set aside as a dead letter: ${error.message}`)
    const letter: DeadLetter = {
      deadLetterId: `${TOPIC}:${partition}:${position}:0`, companyId: key, topic: TOPIC, partition, position, element: 0, stage: 'project', code: error.code, message: error.message, attempts: 1, key, value, atMs, delivery: null,
    }
    return { topic: TOPICS.deadLetter.name, key, value: this.#deadLetters.encode(letter) }
  }

  #tell(projected: Projected): void {
    if (projected.incidents.length + projected.outcomes.length + projected.problems.length === 0) return
    try {
      this.#projected.emit('projected', projected)
    } catch (thrown) {
      // The rows are committed: a listener's defect must not make the batch look failed.
      this.#options.logger.error({ err: thrown }, 'a listener of the projector threw')
    }
  }
}

async function readPosition(sql: Sql, partition: number, lock: '' | 'for update'): Promise<Position> {
  const rows = await sql.query<{ position: number }>(`select position from reader_positions where reader = $1 and topic = $2 and partition = $3 ${lock}`, [PROJECTOR, TOPIC, partition])
  return rows[0]?.position ?? NO_POSITION
}
