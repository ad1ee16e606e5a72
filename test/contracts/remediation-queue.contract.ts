/** The list of incidents the remediator looks at, on either engine: what is listed, when it is due, and in whose hands it is. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import type { IncidentRecord } from '../../schemas/records.ts'
import type { IncidentReader } from '../../storage/incident-reader.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { QUEUE_MAX, remediationQueue, startRemediationReader, type RemediationQueue } from '../../storage/remediation/queue.ts'
import { openRunStore } from '../../storage/remediation/run-store.ts'
import { incident, placed } from '../harness/incident-records.ts'
import { MemoryLog, memorySchemaIds } from '../harness/memory-log.ts'
import { newRun } from '../harness/runs-world.ts'
import type { EmptyDatabase } from './database.contract.ts'

const TOPIC = 'incidents.v1'
const START_MS = Date.UTC(2026, 2, 1, 12)

/** Runs the suite over an engine. */
export function remediationQueueContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the remediator's list on ${engineName}`, () => {
    const schemaIds = memorySchemaIds()
    let empty: EmptyDatabase
    let database: Database
    let codec: Codec<IncidentRecord>
    let log: MemoryLog
    let reader: IncidentReader
    let clock: TestClock
    let queue: RemediationQueue
    let skipped: number

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
      await database.query('truncate incidents, problems, incident_timeline, incident_joins, commands, reader_positions, outbox, analysis_queue, analyses, remediation_queue; delete from runs; delete from cloud_accounts; delete from assets; delete from companies')
      await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme', now(), now()), ('c2', 'Bolt', now(), now())`)
      log = new MemoryLog()
      clock = new TestClock(START_MS)
      skipped = 0
      queue = remediationQueue(database, { nowMs: () => clock.now() })
      reader = await read()
    })

    const read = (): Promise<IncidentReader> => startRemediationReader({ log, schemaIds, database, logger: { warn() {} }, failed: (error) => { throw error }, nowMs: () => clock.now(), skipped: (count) => void (skipped += count) })
    const tell = async (...records: IncidentRecord[]): Promise<void> => {
      await log.append(records.map((record) => ({ topic: TOPIC, key: 'c1', value: codec.encode(record) })))
      await database.transaction((sql) => projectBatch(sql, records))
      await log.deliver()
    }
    const listed = async (): Promise<string[]> => (await database.query<{ id: string }>('select incident_id as id from remediation_queue order by 1')).map(({ id }) => id)
    const firstAt = async (): Promise<number> => (await database.query<{ at: number }>('select first_at_ms::float8 as at from remediation_queue'))[0]!.at
    const dueAt = async (): Promise<number> => (await database.query<{ at: number }>('select due_at_ms::float8 as at from remediation_queue'))[0]!.at
    const at = (ms: number): ReadonlyMap<number, number> => new Map([[0, ms]])
    const far = Number.MAX_SAFE_INTEGER / 4

    it('lists open incidents with open problems in the transaction of the position, and takes off what is over or merged', async () => {
      await tell(incident('x', 10), incident('y', 11), incident('z', 12), incident('quiet', 13, { openProblemCount: 0 }))
      expect(await listed()).toEqual(['x', 'y', 'z'])
      expect(await database.query(`select 1 from reader_positions where reader = 'aw-remediate'`)).toHaveLength(1)
      await tell(incident('x', 14, { status: 'resolved', openProblemCount: 0 }), incident('y', 15, { mergedInto: 'z', status: 'closed' }))
      expect(await listed()).toEqual(['z'])
      await reader.stop()
      reader = await read()
      await tell(incident('w', 16))
      await log.deliverRaw(log.records(TOPIC).slice(0, 2))
      expect(await listed()).toEqual(['w', 'z'])
    })

    it('takes an incident when it has been quiet for a while by the log’s time, or has changed for too long', async () => {
      await tell(incident('x', 10))
      const first = await dueAt()
      expect(await queue.claim(at(first - 1), 5)).toEqual([])
      expect(await queue.claim(new Map([[1, far]]), 5)).toEqual([])
      for (let version = 11; version < 200; version += 1) await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode(incident('x', version)) }])
      await log.deliver()
      expect((await dueAt()) - first).toBeGreaterThan(0)
      expect((await dueAt()) - first).toBeLessThanOrEqual(100_000)
      expect(await queue.claim(at(await dueAt()), 5)).toMatchObject([{ incidentId: 'x', version: 199 }])
      expect(await queue.claim(at(far), 5)).toEqual([])
    })

    it('waits for an analysis under way, and not for ever', async () => {
      await tell(incident('x', 10))
      const due = await dueAt()
      await database.query(`insert into analysis_queue (incident_id, company_id, version, why, first_at_ms, due_at_ms) values ('x', 'c1', 10, 'critical', 0, 0)`)
      expect(await queue.claim(at(due), 5)).toEqual([])
      await database.query('delete from analysis_queue')
      await database.query(`insert into analyses (id, incident_id, company_id, version, prompt_version, why, status, severity, alert_count, problem_count, usage_month, created_at) values ('a', 'x', 'c1', 10, 'p', 'critical', 'asking', 'high', 1, 1, '2026-03', now())`)
      expect(await queue.claim(at(due + 119_999), 5)).toEqual([])
      expect(await queue.claim(at(due + 120_000), 5)).toHaveLength(1)
    })

    it('gives an incident to one pair of hands, takes it off when it was looked at, and keeps it where it has changed meanwhile', async () => {
      await tell(incident('x', 10), incident('y', 11, { companyId: 'c2' }), incident('z', 12))
      const both = await Promise.all([queue.claim(at(far), 2), queue.claim(at(far), 2)])
      const taken = both.flat()
      expect(taken.map(({ incidentId }) => incidentId).sort()).toEqual(['x', 'y', 'z'])
      expect(new Set(both[0].map(({ companyId }) => companyId)).size).toBe(both[0].length)
      await tell(incident('x', 13))
      for (const one of taken) await queue.done(one)
      expect(await listed()).toEqual(['x'])
      const [again] = await queue.claim(at(far), 5)
      expect(again).toMatchObject({ incidentId: 'x', version: 13, firstAtMs: await firstAt() })
      await queue.release(again!, 2_000)
      expect(await queue.claim(at(far), 5)).toEqual([])
      clock.tick(2_000)
      expect(await queue.claim(at(far), 5)).toHaveLength(1)
      await queue.freeAll()
      expect(await queue.claim(at(far), 5)).toHaveLength(1)
    })

    it('says what the projection shows: behind, open, or over', async () => {
      await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode(incident('x', 10)) }])
      await log.deliver()
      const of = (version: number, companyId = 'c1') => queue.shown({ incidentId: 'x', companyId, version })
      expect(await of(10)).toBe('behind')
      await database.transaction((sql) => projectBatch(sql, [incident('x', 10)]))
      expect([await of(10), await of(11), await of(10, 'c2')]).toEqual(['open', 'behind', 'behind'])
      await database.transaction((sql) => projectBatch(sql, [incident('x', 12, { status: 'resolved', openProblemCount: 0 })]))
      expect(await of(10)).toBeNull()
    })

    it('knows what the rules asked for in the present episode and mode, and nothing of before', async () => {
      await tell(incident('x', 10), placed('x', 'k1', 10, { episode: 2 }), placed('x', 'k2', 11), placed('x', 'over', 12, { status: 'resolved' }))
      const store = openRunStore(database, { clock, changed: () => undefined, ceiling: 'production' })
      await store.create(null, newRun('old', { incidentId: 'x', problemKey: 'k1' }), { key: 'auto:1:production:disk-clean:k1', request: null })
      await store.create(null, newRun('shown', { incidentId: 'x', problemKey: 'k1', mode: 'dry-run' }), { key: 'auto:2:dry-run:disk-clean:k1', request: null })
      await store.create(null, newRun('now', { incidentId: 'x', problemKey: 'k1' }), { key: 'auto:2:production:disk-clean:k1', request: null })
      const asked = await queue.asked({ incidentId: 'x', companyId: 'c1' }, 'production')
      expect(asked).toEqual(new Map([['k1', { episode: 2, tries: [{ runbookId: 'disk-clean', status: 'planned', code: null }] }], ['k2', { episode: 1, tries: [] }]]))
      expect(await store.create(null, newRun('twin', { incidentId: 'x', problemKey: 'k1' }), { key: 'auto:2:production:disk-clean:k1', request: null })).toEqual({ id: 'now', isNew: false })
    })

    it('is bounded for a company and in all, and counts what it leaves out', async () => {
      await tell(...Array.from({ length: QUEUE_MAX.company + 7 }, (_, n) => incident(`i${n}`, 10 + n)))
      expect(await queue.waiting()).toBe(QUEUE_MAX.company)
      expect(skipped).toBe(7)
      await tell(incident('other', 1_000, { companyId: 'c2' }))
      expect(await listed()).toContain('other')
    })
  })
}
