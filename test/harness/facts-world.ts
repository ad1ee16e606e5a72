/** The stores behind receipts and dead letters, embedded and filled by hand: a log, the fact tables, the database. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Caller, Scope } from '../../schemas/access.ts'
import { TestClock } from '../../schemas/clock.ts'
import { openCodec, type SchemaIds, type TopicRecords } from '../../schemas/codec.ts'
import type { IncidentRecord } from '../../schemas/records.ts'
import { TOPICS, type TopicName } from '../../schemas/topics.ts'
import { openAnalytics, type Analytics } from '../../storage/clickhouse/analytics.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbLog, type LmdbLog } from '../../storage/lmdb/log.ts'
import { openLmdbSchemaIds } from '../../storage/lmdb/schema-ids.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from './database-template.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { ROWS, type RecordedTopic } from '../../storage/recorder/rows.ts'
import { FACT_TABLES } from '../../storage/recorder/rows.ts'
import { Range } from '../../storage/recorder/range.ts'
import { positionOf } from '../../schemas/position.ts'
import { SAMPLE_MS } from '../samples/facts.ts'

/** An MSP Admin. */
export const BOSS: Scope = { role: 'msp_admin', userId: 'boss', companyIds: 'all' }
/** The same as a caller. */
export const CALLER: Caller = { kind: 'user', id: 'boss', name: 'Ann', ip: null, scope: BOSS }

/** Everything opened; one a file of tests, emptied between them. */
export class FactsWorld {
  readonly clock = new TestClock(SAMPLE_MS + 3_600_000)
  readonly directory: string
  readonly analytics: Analytics
  readonly database: Database
  readonly schemaIds: SchemaIds
  log: LmdbLog
  #inserts = 0
  readonly #closers: (() => Promise<void>)[]

  private constructor(directory: string, analytics: Analytics, database: Database, log: LmdbLog, schemaIds: SchemaIds, closers: (() => Promise<void>)[]) {
    this.directory = directory
    this.analytics = analytics
    this.database = database
    this.log = log
    this.schemaIds = schemaIds
    this.#closers = closers
  }

  static async open(): Promise<FactsWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'facts-'))
    const clock = new TestClock(SAMPLE_MS)
    const [analytics, database, env] = [await openAnalytics({ dataDir: directory }), await openCopiedDatabase({ dataDir: join(directory, 'database'), clock }), await openLmdb({ directory: join(directory, 'log') })]
    const log = openLmdbLog(env, { clock })
    await log.ensureTopics(Object.values(TOPICS).map(({ name }) => ({ name, retentionMs: 400 * 86_400_000, partitions: 1 })))
    return new FactsWorld(directory, analytics, database, log, openLmdbSchemaIds(env), [() => log.close(), () => env.close(), () => database.close(), () => analytics.close(), () => rm(directory, { recursive: true })])
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close()
  }

  /** Appends records to the log; answers the offset of the first. */
  async append<N extends TopicName>(topic: N, records: readonly TopicRecords[N][], key = 'acme-generic'): Promise<number> {
    const codec = await openCodec(topic, this.schemaIds)
    const first = (await this.log.ends(topic))[0]?.next ?? 0
    await this.log.append(records.map((record) => ({ topic, key, value: codec.encode(record) })))
    return first
  }

  /** What a topic holds from an offset on. */
  async records<N extends TopicName>(topic: N, from = 0): Promise<TopicRecords[N][]> {
    const codec = await openCodec(topic, this.schemaIds)
    const found: TopicRecords[N][] = []
    for await (const records of this.log.read(topic, 0, from, (await this.log.ends(topic))[0]?.next ?? 0)) {
      await codec.prepare(records.map(({ value }) => value))
      found.push(...records.map(({ value }) => codec.decode(value)))
    }
    return found
  }

  /** Puts records into the fact tables as the recorder does, at the place named for each. */
  async record<N extends RecordedTopic>(topic: N, records: readonly { readonly record: TopicRecords[N]; readonly offset: number; readonly atMs: number }[]): Promise<void> {
    const range = new Range(-1, 0)
    for (const { record, offset, atMs } of records) ROWS[topic](record, { partition: 0, position: positionOf(1, offset), atMs }, range.put)
    for (const rows of range.tables()) await this.analytics.insert(rows, `world-${this.#inserts++}`)
  }

  /** Says that the fact tables have everything of a topic up to an offset. */
  async recordedUpTo(topic: string, offset: number): Promise<void> {
    const mark = [topic, 0, positionOf(1, offset), 0, 1, 1, '2026-01-01 00:00:00.000', '2030-01-01 00:00:00.000']
    await this.analytics.insert({ table: 'recorded_ranges_v1', columns: FACT_TABLES.recorded_ranges_v1, lines: Buffer.from(JSON.stringify(mark)) }, `mark-${this.#inserts++}`)
  }

  /** Projects records of incidents.v1. */
  async project(...events: IncidentRecord['event'][]): Promise<void> {
    await this.database.transaction((sql) => projectBatch(sql, events.map((event) => ({ event }))))
  }

  /** Forgets all facts and rows; the log keeps what it has. */
  async clear(): Promise<void> {
    for (const table of Object.keys(FACT_TABLES)) await this.analytics.command(`truncate table ${table}`)
    for (const table of ['dead_letter_replays', 'problems', 'incidents', 'incident_timeline', 'incident_joins']) await this.database.query(`delete from ${table}`)
    for (const { name } of Object.values(TOPICS)) {
      const end = (await this.log.ends(name))[0]?.next ?? 0
      if (end > 0) await this.recordedUpTo(name, end - 1)
    }
  }
}
