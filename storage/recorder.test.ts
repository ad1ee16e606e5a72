import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, TestClock } from '../schemas/clock.ts'
import { openCodec, type SchemaIds, type TopicRecords } from '../schemas/codec.ts'
import { AppError } from '../schemas/errors.ts'
import { positionOf } from '../schemas/position.ts'
import { TOPICS } from '../schemas/topics.ts'
import { callAt, deadLetterAt, deliveryAt, incidentAt, ledgerAt, outcomeAt, placedAt, runAt, SAMPLE_MS, tickAt } from '../test/samples/facts.ts'
import { openAnalytics, type Analytics } from './clickhouse/analytics.ts'
import { openLmdb, type LmdbEnv } from './lmdb/env.ts'
import { openLmdbLog, type LmdbLog } from './lmdb/log.ts'
import { openLmdbSchemaIds } from './lmdb/schema-ids.ts'
import type { Database } from './postgres/database.ts'
import { openCopiedDatabase } from '../test/harness/database-template.ts'
import { balance } from './queries/analytics.ts'
import { recorderPositions } from './queries/reader-positions.ts'
import { RecordedPartition, type PartitionOptions } from './recorder/partition.ts'
import { FACT_TABLES, type RecordedTopic } from './recorder/rows.ts'
import { RECORDER, startRecorder, type Recorder, type RecorderOptions } from './recorder.ts'

const PARTITIONS = 2
const RECORDED: readonly RecordedTopic[] = ['alerts.raw.v1', 'alerts.v1', 'incidents.v1', 'runs.v1', 'calls.v1', 'dead-letter.v1']
const SILENT = { warn: () => undefined, error: () => undefined }
const VIEW_TARGETS = ['alerts_per_minute_v1', 'signatures_per_hour_v1']

let directory: string
let env: LmdbEnv
let ids: SchemaIds
let log: LmdbLog
let database: Database
let analytics: Analytics
const running: Recorder[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recorder-'))
  database = await openCopiedDatabase({ dataDir: join(directory, 'database'), clock: systemClock })
  analytics = await openAnalytics({ dataDir: directory })
})
afterAll(async () => {
  await analytics.close()
  await database.close()
  await rm(directory, { recursive: true })
})

beforeEach(async () => {
  env = await openLmdb({ directory: await mkdtemp(join(directory, 'log-')) })
  ids = openLmdbSchemaIds(env)
  log = openLmdbLog(env, { clock: systemClock })
  await log.ensureTopics(Object.values(TOPICS).map(({ name, retentionMs }) => ({ name, retentionMs, partitions: PARTITIONS })))
  for (const table of [...Object.keys(FACT_TABLES), ...VIEW_TARGETS]) await analytics.command(`truncate table ${table}`)
  await database.query('delete from reader_positions')
})
afterEach(async () => {
  for (const recorder of running.splice(0)) await recorder.stop()
  await log.close()
  await env.close()
})

const positions = () => recorderPositions(database, RECORDER)

/** Without further ado a range is inserted after each batch, so that a test waits for nothing. */
async function start(change: Partial<RecorderOptions> = {}): Promise<Recorder> {
  const recorder = await startRecorder({
    log, schemaIds: ids, analytics, positions: positions(), clock: systemClock, logger: SILENT, failed: () => undefined, limits: { maxDelayMs: 0, maxIdleMs: 0 }, ...change,
  })
  running.push(recorder)
  return recorder
}

async function stop(recorder: Recorder): Promise<void> {
  running.splice(running.indexOf(recorder), 1)
  await recorder.stop()
}

async function append<N extends RecordedTopic>(topic: N, records: readonly TopicRecords[N][], key = (n: number) => `key-${n}`): Promise<void> {
  const codec = await openCodec(topic, ids)
  await log.append(records.map((record, n) => ({ topic, key: key(n), value: codec.encode(record) })))
}

/** A delivery and its ledger row at each offset, as the process stage would publish them: of one integration, so on one partition. */
async function appendDeliveries(first: number, count: number): Promise<void> {
  const offsets = Array.from({ length: count }, (_, n) => first + n)
  await append('alerts.raw.v1', offsets.map((offset) => deliveryAt(offset).record), () => 'acme-generic')
  const ends = new Map((await log.ends('alerts.raw.v1')).map((end) => [end.partition, end.next]))
  const [partition, next] = [...ends].find(([, end]) => end > 0) ?? [0, 0]
  const rows: TopicRecords['alerts.v1'][] = []
  for await (const records of log.read('alerts.raw.v1', partition, next - count, next)) {
    for (const record of records) rows.push(ledgerAt(first + rows.length, { partition, version: positionOf(1, record.offset), atMs: record.atMs }).record)
  }
  await append('alerts.v1', rows, () => 'acme-generic')
}

async function caughtUp(topics: readonly RecordedTopic[] = RECORDED): Promise<void> {
  for (const topic of topics) {
    for (const { partition, next } of await log.ends(topic)) {
      if (next > 0) await expect.poll(() => positions().load(topic, partition)).toEqual({ position: positionOf(1, next - 1), pendingTo: null })
    }
  }
}

/** Plain counts, not FINAL, and sums of the views: whatever was inserted twice shows. The recorder's own trail may differ. */
async function census(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of Object.keys(FACT_TABLES).filter((name) => name !== 'recorded_ranges_v1')) counts[table] = (await analytics.query<{ n: number }>(`select count() as n from ${table}`))[0]!.n
  for (const table of VIEW_TARGETS) counts[table] = (await analytics.query<{ n: number }>(`select sum(alerts) as n from ${table}`))[0]!.n
  return counts
}

const scope = { companyIds: null, fromMs: 0, toMs: Date.UTC(2200, 0) }

describe('the recorder', () => {
  it('records every topic into its tables, and the balance is even', async () => {
    await appendDeliveries(0, 30)
    await append('alerts.raw.v1', [tickAt(1, [{ companyId: 'acme', status: 429, code: 'rate_limited', count: 4 }]).record])
    await append('incidents.v1', [
      incidentAt(1).record, placedAt(1, 'i1').record, outcomeAt(2).record,
      { event: { type: 'note', incidentId: 'i1', companyId: 'acme', commandId: 'c3', actor: { kind: 'user', id: 'u', name: 'Ann' }, text: 'seen', atMs: SAMPLE_MS, version: 3 } },
    ])
    await append('runs.v1', [runAt(1).record])
    await append('calls.v1', [callAt(1).record])
    await append('dead-letter.v1', [deadLetterAt(1).record])
    await start()
    await caughtUp()
    expect(await census()).toEqual({
      raw_deliveries_v1: 30, refusals_v1: 1, ledger_v1: 30, incidents_v1: 1, problems_v1: 1, outcomes_v1: 1, run_events_v1: 1, raw_calls_v1: 1, dead_letters_v1: 1, alerts_per_minute_v1: 30, signatures_per_hour_v1: 30,
    })
    expect(await balance(analytics, scope)).toMatchObject({ accepted: 30, emitted: 30, inFlight: 0, difference: 0, refused: { 429: 4 } })
  })

  it('keeps no body and no header of a delivery', async () => {
    await append('alerts.raw.v1', [deliveryAt(1, { body: Buffer.from('the-secret-body'), headers: { 'x-note': 'the-secret-header' } }).record])
    await start()
    await caughtUp()
    const [row] = await analytics.query<{ body_bytes: number }>('select * from raw_deliveries_v1')
    expect(row).toMatchObject({ body_bytes: 15 })
    expect(JSON.stringify(row)).not.toContain('secret')
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('inserts nothing twice and loses nothing when it crashes before or after write %i and starts again with other batches', async (fatal) => {
    await appendDeliveries(0, 25)
    await append('incidents.v1', [incidentAt(1).record, placedAt(1, 'i1').record, outcomeAt(2).record], () => 'acme')
    await append('runs.v1', [runAt(1).record])
    await append('calls.v1', [callAt(1).record])
    await append('dead-letter.v1', [deadLetterAt(1).record])
    for (const isDone of [false, true]) {
      let writes = 0
      const crashed = Promise.withResolvers<undefined>()
      const crash = async <T>(write: () => Promise<T>): Promise<T> => {
        const turn = ++writes
        if (turn < fatal) return write()
        if (turn === fatal && isDone) await write()
        crashed.resolve(undefined)
        throw new AppError('engine_unavailable', 'crashed')
      }
      const stored = positions()
      const doomed = await start({
        limits: { maxRows: 7, maxDelayMs: 0, maxIdleMs: 0 },
        analytics: { ...analytics, insert: (rows, token) => crash(() => analytics.insert(rows, token)) },
        positions: { ...stored, intend: (...range) => crash(() => stored.intend(...range)), advance: (...range) => crash(() => stored.advance(...range)) },
      })
      await crashed.promise
      await stop(doomed)
    }
    await start({ limits: { maxRows: 10, maxDelayMs: 0, maxIdleMs: 0 } })
    await caughtUp()
    expect(await census()).toEqual({
      raw_deliveries_v1: 25, refusals_v1: 0, ledger_v1: 25, incidents_v1: 1, problems_v1: 1, outcomes_v1: 1, run_events_v1: 1, raw_calls_v1: 1, dead_letters_v1: 1, alerts_per_minute_v1: 25, signatures_per_hour_v1: 25,
    })
  })

  it('goes on where ClickHouse stands when an older PostgreSQL was restored', async () => {
    await appendDeliveries(0, 10)
    const first = await start()
    await caughtUp()
    const backup = await database.query<{ topic: string; partition: number; position: string }>('select topic, partition, position from reader_positions')
    await appendDeliveries(10, 10)
    await caughtUp()
    await stop(first)
    for (const row of backup) await positions().reset(row.topic, row.partition, Number(row.position))
    await appendDeliveries(20, 5)
    await start()
    await caughtUp()
    expect(await census()).toMatchObject({ raw_deliveries_v1: 25, ledger_v1: 25, alerts_per_minute_v1: 25 })
  })

  it('records everything the log still keeps when ClickHouse has lost its tables', async () => {
    await appendDeliveries(0, 10)
    const first = await start()
    await caughtUp()
    await stop(first)
    for (const table of [...Object.keys(FACT_TABLES), ...VIEW_TARGETS]) await analytics.command(`truncate table ${table}`)
    await start()
    await expect.poll(census).toMatchObject({ raw_deliveries_v1: 10, ledger_v1: 10 })
  })

  it('lets a row wait no longer than the limit, and repeats what failed on the timer', async () => {
    const clock = new TestClock(SAMPLE_MS)
    let failures = 0
    const warnings: string[] = []
    await appendDeliveries(0, 3)
    await start({
      clock, limits: { maxDelayMs: 1_000, maxIdleMs: 30_000 }, logger: { ...SILENT, warn: (_fields, message) => void warnings.push(message) },
      analytics: { ...analytics, insert: async (rows, token) => {
        if (rows.table === 'ledger_v1' && failures++ < 2) throw new AppError('engine_unavailable', 'away')
        await analytics.insert(rows, token)
      } },
    })
    await expect.poll(async () => {
      clock.tick(250)
      return (await census())['ledger_v1']
    }).toBe(3)
    expect(warnings).toHaveLength(2)
    expect(clock.now()).toBeGreaterThanOrEqual(SAMPLE_MS + 1_000)
    expect(await census()).toMatchObject({ raw_deliveries_v1: 3, ledger_v1: 3, alerts_per_minute_v1: 3 })
  })

  it('goes past a record it cannot read, and says so', async () => {
    const errors: object[] = []
    await log.append([{ topic: 'alerts.v1', key: 'acme-generic', value: Buffer.from('not avro') }])
    await append('alerts.v1', [ledgerAt(1).record], () => 'acme-generic')
    await start({ logger: { ...SILENT, error: (fields) => void errors.push(fields) } })
    await caughtUp()
    expect(await census()).toMatchObject({ ledger_v1: 1 })
    expect(errors).toEqual([expect.objectContaining({ topic: 'alerts.v1', offset: 0, code: 'record_unreadable' })])
  })

  it('stops instead of recording a log that ends before what is recorded', async () => {
    const mark = ['alerts.v1', 0, positionOf(1, 99), positionOf(1, 0), 100, 100, '2026-01-01 00:00:00.000', '2030-01-01 00:00:00.000']
    await analytics.insert({ table: 'recorded_ranges_v1', columns: FACT_TABLES.recorded_ranges_v1, lines: Buffer.from(JSON.stringify(mark)) }, 'ahead')
    const failed = Promise.withResolvers<Error>()
    await start({ failed: failed.resolve })
    expect(await failed.promise).toMatchObject({ code: 'log_rewound' })
  })
})

describe('a partition under two processes', () => {
  const open = (change: Partial<PartitionOptions> = {}) =>
    RecordedPartition.open({
      topic: 'alerts.v1', partition: 0, analytics, positions: positions(), clock: systemClock,
      limits: { maxRows: 100, maxBytes: 1e9, maxDelayMs: 0, maxIdleMs: 0 }, advanced: async () => undefined, ...change,
    })
  const take = (partition: RecordedPartition, ...offsets: number[]) =>
    offsets.reduce((before, offset) => before.then(() => partition.take({ partition: 0, position: positionOf(1, offset), atMs: SAMPLE_MS + offset }, (put) => put('ledger_v1', ledgerRowOf(offset)))), Promise.resolve())
  const ledgerRowOf = (offset: number) => {
    const { record } = ledgerAt(offset)
    return [record.companyId, '2026-11-01 00:00:00.000', 0, record.version, 0, 1, record.deliveryId, 'acme-generic', 'datadog', 'emitted', 'opened', record.problemKey ?? '', '', '', '', '', '', 'firing', '', '', null, {}]
  }

  it('repeats exactly the range the former one intended, however its own batches fall', async () => {
    const held = Promise.withResolvers<undefined>()
    const reached = Promise.withResolvers<undefined>()
    const former = await open({ analytics: { ...analytics, insert: async (rows, token) => {
      await analytics.insert(rows, token)
      reached.resolve(undefined)
      await held.promise
    } } })
    await take(former, 0, 1, 2)
    const flushing = former.flush()
    await reached.promise
    const owner = await open()
    await take(owner, 0, 1)
    await owner.flushDue()
    expect(await positions().load('alerts.v1', 0)).toEqual({ position: -1, pendingTo: positionOf(1, 2) })
    await take(owner, 2, 3, 4)
    await owner.flushDue()
    expect(await positions().load('alerts.v1', 0)).toEqual({ position: positionOf(1, 4), pendingTo: null })
    held.resolve(undefined)
    await flushing
    expect(await positions().load('alerts.v1', 0)).toEqual({ position: positionOf(1, 4), pendingTo: null })
    expect(await analytics.query('select count() as n from ledger_v1')).toEqual([{ n: 5 }])
    expect(await analytics.query('select sum(alerts) as n from alerts_per_minute_v1')).toEqual([{ n: 5 }])
  })

  it('refuses a range where another one is intended or the position has moved', async () => {
    const former = await open()
    const owner = await open()
    await take(owner, 0, 1)
    await owner.flush()
    await take(former, 0)
    await expect(former.flush()).rejects.toMatchObject({ code: 'state_lost' })
    expect(await analytics.query('select count() as n from ledger_v1')).toEqual([{ n: 2 }])
  })
})
