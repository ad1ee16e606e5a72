/** How the outbox must reach the log, on either database. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CorrelationRecord, Settings } from '../../schemas/records.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { enqueue } from '../../storage/queries/outbox.ts'
import { startRelay, type Relay } from '../../storage/relay.ts'
import { MemoryLog, memorySchemaIds } from '../harness/memory-log.ts'
import type { EmptyDatabase } from './database.contract.ts'

const TOPIC = 'correlation.v1'

const settings = (companyId: string, revision: number): Settings => ({ type: 'settings', companyId, revision, windowMs: 600_000, maxLifeMs: 3_600_000, joinThreshold: 0.5, weights: { asset: 0.4 }, criticalAssets: ['db-1'], aliases: {}, rules: '', rulesRevision: 0 })

/** Runs the suite over an engine. */
export function relayContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`relay on ${engineName}`, () => {
    const schemaIds = memorySchemaIds()
    let empty: EmptyDatabase
    let database: Database
    let codec: Codec<CorrelationRecord>
    let log: MemoryLog
    const relays: Relay[] = []
    let complaints: string[]

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
      codec = await openCodec(TOPIC, schemaIds)
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('truncate outbox, leases')
      log = new MemoryLog()
      complaints = []
    })
    afterEach(async () => {
      await Promise.all(relays.splice(0).map((relay) => relay.stop()))
    })

    const start = (leaseMs?: number): Relay => {
      const note = (_fields: object, message: string): void => void complaints.push(message)
      const relay = startRelay({ database, log, schemaIds, clock: systemClock, logger: { warn: note, error: note }, ...(leaseMs === undefined ? {} : { leaseMs }) })
      relays.push(relay)
      return relay
    }
    const put = (companyId: string, revision: number): Promise<void> => database.transaction((sql) => enqueue(sql, companyId, { event: settings(companyId, revision) }, systemClock.now()))
    const revisions = (companyId: string): number[] => log.records(TOPIC).filter((record) => record.key === companyId).flatMap((record) => {
      const { event } = codec.decode(record.value)
      return event.type === 'settings' ? [event.revision] : []
    })
    const drained = async (): Promise<void> => {
      await expect.poll(() => database.query('select 1 from outbox where set_aside_at is null limit 1'), { interval: 10 }).toEqual([])
    }

    it('appends rows in the order of their ids, as their topic encodes them, and deletes them', async () => {
      for (let revision = 1; revision <= 3; revision++) for (const company of ['c1', 'c2']) await put(company, revision)
      start()
      await drained()
      expect([revisions('c1'), revisions('c2')]).toEqual([[1, 2, 3], [1, 2, 3]])
      const [first] = log.records(TOPIC)
      expect(first === undefined ? null : codec.decode(first.value)).toEqual({ event: settings('c1', 1) })
    })

    it('is woken by whoever wrote a row', async () => {
      const relay = start()
      await put('c1', 1)
      relay.wake()
      await drained()
      expect(revisions('c1')).toEqual([1])
    })

    it('sends nothing of a transaction that rolls back', async () => {
      await database.transaction(async (sql) => { await enqueue(sql, 'c1', { event: settings('c1', 1) }, 0); throw new Error('no') }).catch((error: unknown) => expect(String(error)).toContain('no'))
      await put('c1', 2)
      start()
      await drained()
      expect(revisions('c1')).toEqual([2])
    })

    it('keeps the rows while the log is away, then sends them in order', async () => {
      let away = 2
      log.beforeAppend = () => (away-- > 0 ? Promise.reject(new AppError('log_unavailable', 'the log is away')) : Promise.resolve())
      for (let revision = 1; revision <= 3; revision++) await put('c1', revision)
      const relay = start()
      await expect.poll(() => { relay.wake(); return revisions('c1') }, { interval: 10 }).toEqual([1, 2, 3])
      expect(complaints.length).toBeGreaterThanOrEqual(2)
    })

    it('sends again what a crash kept from being deleted', async () => {
      for (let revision = 1; revision <= 3; revision++) await put('c1', revision)
      await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode({ event: settings('c1', 1) }) }])
      start()
      await drained()
      expect(revisions('c1')).toEqual([1, 1, 2, 3])
    })

    it('keeps the order of each key with three relays at once', async () => {
      // An append that takes turns of its own would overtake another, were there two at a time.
      let slow = 0
      log.beforeAppend = async () => { for (let turn = 0; turn < (slow++ % 3) * 5; turn++) await new Promise(setImmediate) }
      const three = [start(), start(), start()]
      for (let revision = 1; revision <= 60; revision++) {
        await put('c1', revision)
        three[revision % 3]?.wake()
      }
      await drained()
      expect(revisions('c1')).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    })

    it('takes over from a relay that died with the lease', async () => {
      await database.query(`insert into leases (name, holder, expires_at) values ('relay', 'dead', clock_timestamp() + interval '300 milliseconds')`)
      await put('c1', 1)
      start().wake()
      await drained()
      expect(revisions('c1')).toEqual([1])
    })

    it('leaves the log to a relay that holds the lease', async () => {
      await database.query(`insert into leases (name, holder, expires_at) values ('relay', 'alive', clock_timestamp() + interval '1 hour')`)
      await put('c1', 1)
      const relay = start()
      for (let turn = 0; turn < 300; turn++) {
        relay.wake()
        await database.query('select 1')
      }
      await relay.stop()
      expect(revisions('c1')).toEqual([])
      expect(await database.query('select holder from leases')).toEqual([{ holder: 'alive' }])
    })

    it('sets a row that fits no schema aside with the reason, and goes on', async () => {
      await put('c1', 1)
      await database.query(`insert into outbox (topic, key, record, created_at) values ('correlation.v1', 'c1', '{"event":{"type":"settings"}}', now()), ('no.such.topic', 'c1', '{}', now())`)
      await put('c1', 2)
      start()
      await drained()
      expect(revisions('c1')).toEqual([1, 2])
      expect(await database.query('select topic, set_aside_reason is not null as explained from outbox order by id')).toEqual([{ topic: 'correlation.v1', explained: true }, { topic: 'no.such.topic', explained: true }])
      expect(complaints).toHaveLength(2)
    })
  })
}
