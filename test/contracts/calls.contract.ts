/** The record of outside calls, on either engine: a row and a record of the log together, never in the way of the call, in bounded memory, for thirty days. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Scope } from '../../schemas/access.ts'
import type { CallFilter, CallView } from '../../schemas/call-views.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openCodec } from '../../schemas/codec.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CallEvent } from '../../schemas/records.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { getCall, listCalls } from '../../storage/tickets/call-queries.ts'
import { CALL_CHARS } from '../../storage/tickets/call-rows.ts'
import { CALLS_KEPT_MS, deleteOldCalls, startCallRetention } from '../../storage/tickets/call-retention.ts'
import { callRecorder, type CallRecorder, type CallRecorderOptions, type Unrecorded } from '../../storage/tickets/calls.ts'
import { incident } from '../harness/incident-records.ts'
import { memorySchemaIds } from '../harness/memory-log.ts'
import { callOf, CALL_MS } from '../samples/calls.ts'
import type { EmptyDatabase } from './database.contract.ts'

/** Runs the suite over an engine. */
export function callsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`outside calls on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database
    let clock: TestClock
    let counts: { called: number; failed: number; unrecorded: Partial<Record<Unrecorded, number>>; waiting: number; mostWaiting: number; woken: number }
    let lines: string[]

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('truncate outside_calls, outbox')
      clock = new TestClock(CALL_MS)
      counts = { called: 0, failed: 0, unrecorded: {}, waiting: 0, mostWaiting: 0, woken: 0 }
      lines = []
    })

    const open = (db: SqlDatabase = database, change: Partial<CallRecorderOptions> = {}): CallRecorder => callRecorder(db, {
      clock, logger: { warn: (_fields, line) => void lines.push(line), error: (_fields, line) => void lines.push(line) }, changed: () => { counts.woken += 1 },
      metrics: {
        called: () => { counts.called += 1 }, failed: () => { counts.failed += 1 }, unrecorded: (why, calls) => { counts.unrecorded[why] = (counts.unrecorded[why] ?? 0) + calls },
        waiting: (calls) => { [counts.waiting, counts.mostWaiting] = [calls, Math.max(calls, counts.mostWaiting)] },
      }, ...change,
    })
    const rows = () => database.query<Record<string, unknown>>('select * from outside_calls order by at, id')
    const told = async () => (await database.query<{ key: string; record: CallEvent }>(`select key, record from outbox where topic = 'calls.v1' order by id`))
    /** A database whose transactions fail as told, and counts them. */
    const failing = (fail: (turn: number, text: string) => AppError | null) => {
      const seen = { turns: 0 }
      const db: SqlDatabase = {
        query: (text, params) => database.query(text, params),
        transaction: (work) => database.transaction((sql) => {
          seen.turns += 1
          const turn = seen.turns
          return work({ query: async (text, params) => {
            const error = fail(turn, JSON.stringify(params))
            if (error !== null) throw error
            return sql.query(text, params)
          } })
        }),
      }
      return { db, seen }
    }
    const away = () => new AppError('engine_unavailable', 'the database is away')
    const eventually = (look: () => unknown) => expect.poll(() => {
      clock.tick(1_000)
      return look()
    })

    it('writes a row and a record for the log together, with everything that is to be known of a call', async () => {
      const call = callOf({ status: 'error', httpStatus: 422, errorCode: 'invalid', errorText: 'subject: is too long', retries: 2, externalId: '35436', url: 'https://acme.zendesk.com/api/v2/tickets?query=disk' })
      await open().record(call)
      expect(await rows()).toEqual([expect.objectContaining({
        id: call.id, integration_type: 'ticketing', connector: 'zendesk', connection_id: 'conn-1', company_id: 'c1', incident_id: 'i1', ticket_id: 't1', action: 'created', direction: 'out', external_id: '35436', method: 'POST',
        url: 'https://acme.zendesk.com/api/v2/tickets?query=disk', reference: 'create ticket', status: 'error', http_status: 422, error_code: 'invalid', error_text: 'subject: is too long', duration_ms: 120.5, retries: 2, who: call.who, request: '{"subject":"x"}', response: '{"id":1}',
      })])
      const [line] = await told()
      expect(line).toMatchObject({ key: 'c1', record: { callId: call.id, url: 'https://acme.zendesk.com/api/v2/tickets', actor: call.who, errorText: 'subject: is too long' } })
      const codec = await openCodec('calls.v1', memorySchemaIds())
      expect({ ...codec.decode(codec.encode(line!.record)) }).toEqual(line!.record)
      expect(JSON.stringify(line)).not.toMatch(/subject":"x"|query=disk/)
      expect(counts).toMatchObject({ called: 1, failed: 0, unrecorded: {}, waiting: 0, woken: 1 })
    })

    it('keeps calls of a company by its id, those for the MSP by their connection, and those of neither by their connector', async () => {
      const recorder = open()
      for (const change of [{}, { companyId: null }, { companyId: null, connectionId: null }]) await recorder.record(callOf(change))
      expect((await told()).map(({ key }) => key)).toEqual(['c1', 'conn-1', 'zendesk'])
    })

    it('tells a call once, however often it is recorded, alone or among others', async () => {
      const call = callOf()
      const recorder = open()
      await recorder.record(call)
      await recorder.record(call)
      await Promise.all([recorder.record(call), recorder.record(callOf({ id: 'other' })), recorder.record(callOf({ id: 'other' }))])
      expect((await rows()).map(({ id }) => id).sort()).toEqual([call.id, 'other'].sort())
      expect(await told()).toHaveLength(2)
    })

    it('writes many that come at once in few transactions', async () => {
      const { db, seen } = failing(() => null)
      const recorder = open(db)
      await Promise.all(Array.from({ length: 500 }, () => recorder.record(callOf())))
      expect(await rows()).toHaveLength(500)
      expect(await told()).toHaveLength(500)
      expect(seen.turns).toBeLessThanOrEqual(4)
    })

    it('leaves neither row nor record where one of the two cannot be written', async () => {
      const { db } = failing((turn, params) => (turn === 1 && params.includes('calls.v1') ? away() : null))
      const recorder = open(db)
      await recorder.record(callOf())
      expect([await rows(), await told()]).toEqual([[], []])
      await eventually(() => counts.waiting).toBe(0)
      expect([(await rows()).length, (await told()).length, counts.failed]).toEqual([1, 1, 1])
    })

    it('holds no call up while the database is away, and writes all of them when it is back', async () => {
      let isAway = true
      const { db } = failing(() => (isAway ? away() : null))
      const recorder = open(db)
      for (let n = 0; n < 20; n++) await recorder.record(callOf())
      expect(counts).toMatchObject({ called: 20, waiting: 20 })
      isAway = false
      await eventually(() => counts.waiting).toBe(0)
      expect(await rows()).toHaveLength(20)
      expect(counts.unrecorded).toEqual({})
      expect(lines[0]).toContain('recording outside calls goes on later')
    })

    it('gives up the oldest when too many wait, says how many, and keeps the newest', async () => {
      let isAway = true
      const { db } = failing(() => (isAway ? away() : null))
      const recorder = open(db, { maxWaiting: 10 })
      for (let n = 0; n < 25; n++) await recorder.record(callOf({ id: `call-${String(n).padStart(2, '0')}` }))
      expect(counts).toMatchObject({ unrecorded: { full: 15 }, mostWaiting: 10 })
      isAway = false
      await eventually(() => counts.waiting).toBe(0)
      expect((await rows()).map(({ id }) => id).at(-1)).toBe('call-24')
      expect(await rows()).toHaveLength(10)
    })

    it('lets one that is refused stop no other, gives it up after some tries, and says so', async () => {
      const { db } = failing((_turn, params) => (params.includes('poison') ? new AppError('internal', 'the database refused a statement') : null))
      const recorder = open(db)
      await Promise.all([recorder.record(callOf({ id: 'before' })), ...Array.from({ length: 30 }, (_, n) => recorder.record(callOf({ id: n === 10 ? 'poison' : `call-${n}` })))])
      await eventually(() => counts.waiting).toBe(0)
      expect(await rows()).toHaveLength(30)
      expect(counts.unrecorded).toEqual({ refused: 1 })
      await recorder.record(callOf({ id: 'after' }))
      expect(await rows()).toHaveLength(31)
    })

    it('takes hostile text: what the database cannot hold, what is too long, what is no call', async () => {
      const recorder = open()
      const hostile = `\0'); drop table outside_calls; -- \ud83d " \\ `
      await recorder.record(callOf({ id: 'hostile', errorText: hostile, request: hostile, response: 'x'.repeat(100_000), externalId: 'y'.repeat(10_000), url: `https://a.example/${'z'.repeat(10_000)}`, durationMs: Number.NaN, retries: -1, who: { kind: 'user', id: hostile, name: hostile } }))
      const [row] = await rows()
      expect(row).toMatchObject({ error_text: `\u{fffd}'); drop table outside_calls; -- \u{fffd} " \\ `, duration_ms: 0, retries: 0 })
      expect([String(row!['response']).length, String(row!['url']).length, String(row!['external_id']).length]).toEqual([CALL_CHARS.body, CALL_CHARS.url, CALL_CHARS.word])
      expect(String(row!['response'])).toMatch(/x…$/)
      await expect(recorder.record({ id: 'nothing else' } as OutsideCall)).resolves.toBeUndefined()
      expect(counts).toMatchObject({ called: 1, unrecorded: { unreadable: 1 } })
    })

    it('hides once more what stands behind names of secrets', async () => {
      const secret = 'A1b2C3d4E5f6G7h8'
      await open().record(callOf({ url: `https://user:${secret}@a.example/x?api_key=${secret}`, request: `{"password": "${secret}", "subject": "x"}`, response: `{"access_token":"${secret}"}`, errorText: `Authorization: Bearer ${secret}`, status: 'error' }))
      expect(JSON.stringify([await rows(), await told()])).not.toContain(secret)
      expect(String((await rows())[0]!['request'])).toContain('"subject": "x"')
    })

    it('writes what waits when it stops, and does not wait for a database that is away', async () => {
      const held = Promise.withResolvers<undefined>()
      const recorder = open({ query: database.query.bind(database), transaction: async (work) => { await held.promise; return database.transaction(work) } })
      const recorded = Promise.all([recorder.record(callOf()), recorder.record(callOf())])
      const stopped = recorder.stop()
      held.resolve(undefined)
      await Promise.all([stopped, recorded])
      expect(await rows()).toHaveLength(2)
      const gone = open(failing(away).db)
      await gone.record(callOf())
      await gone.stop()
      expect(counts.unrecorded).toEqual({ stopped: 1 })
    })

    it('keeps calls thirty days, and deletes older ones some at a time', async () => {
      const recorder = open()
      const nowMs = CALL_MS + CALLS_KEPT_MS
      await Promise.all(Array.from({ length: 25 }, (_, n) => recorder.record(callOf({ id: `call-${n}`, atMs: CALL_MS + n - 20 }))))
      const statements: string[] = []
      expect(await deleteOldCalls({ query: (text, params) => { statements.push(text); return database.query(text, params) } }, nowMs, 8)).toBe(20)
      expect(statements).toHaveLength(3)
      expect((await rows()).map(({ id }) => id).sort()).toEqual(['call-20', 'call-21', 'call-22', 'call-23', 'call-24'])
      expect(await deleteOldCalls(database, nowMs)).toBe(0)
    })

    it('deletes every hour, and goes on after a failure', async () => {
      let fails = 1
      await open().record(callOf({ atMs: CALL_MS - CALLS_KEPT_MS + 1_800_000 }))
      const retention = startCallRetention({ query: async (text, params) => { if (fails-- > 0) throw away(); return database.query(text, params) } }, { clock, logger: { warn: (_fields, line) => void lines.push(line) } })
      await expect.poll(() => lines.length).toBe(1)
      expect(await rows()).toHaveLength(1)
      await expect.poll(async () => {
        clock.tick(3_600_000)
        return (await rows()).length
      }).toBe(0)
      await retention.stop()
    })

    describe('looked at', () => {
      const scope = (role: Scope['role'], companyIds: Scope['companyIds'], userId: string = role): Scope => ({ role, companyIds, userId })
      const ADMIN = scope('msp_admin', 'all')
      const ANY = { companyId: null, connectionId: null, connector: null, incidentId: null, ticketId: null, actions: [], direction: null, statuses: [], fromMs: null, toMs: null, q: null, limit: 200, cursor: null } as const
      const found = async (who: Scope, filter: Partial<CallFilter & PageQuery> = {}) => (await listCalls(database, who, { ...ANY, ...filter })).items.map(({ id }) => id)

      beforeEach(async () => {
        await database.query('truncate incidents, incident_joins; delete from companies')
        await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme', now(), now()), ('c2', 'Bolt', now(), now())`)
        await database.query(`insert into connections (id, company_id, connector, name, environment, base_url, auth, hook_key, created_at, updated_at) select id, company, 'zendesk', id, 'production', 'https://psa.test', 'api_key', 'x', now(), now() from (values ('conn-1', null), ('conn-2', 'c1')) as c (id, company) on conflict do nothing`)
        await database.transaction((sql) => projectBatch(sql, [incident('i1', 1, { assignee: 'te' }), incident('i2', 2), incident('i3', 3, { companyId: 'c2' })]))
        const recorder = open()
        const all: readonly Partial<OutsideCall>[] = [
          { id: 'a', incidentId: 'i1' }, { id: 'b', incidentId: 'i2', ticketId: 't2', status: 'error', errorCode: 'rate_limited', errorText: 'slow down: 100 % used', httpStatus: 429, action: 'updated', reference: 'update ticket' },
          { id: 'c', incidentId: null, ticketId: null, connector: 'autotask', connectionId: 'conn-2', action: 'searched', reference: 'find company' }, { id: 'd', companyId: 'c2', incidentId: 'i3', externalId: '35436' },
          { id: 'e', companyId: null, incidentId: null, ticketId: null, action: 'triggered', direction: 'in', status: 'timeout' },
        ]
        await Promise.all(all.map((change, n) => recorder.record(callOf({ atMs: CALL_MS + n, ...change }))))
      })

      it.each<[who: string, scope: Scope, ids: string]>([
        ['an MSP Admin sees all', ADMIN, 'edcba'], ['a company admin those of the company, and none of the MSP', scope('company_admin', ['c1']), 'cba'], ['a viewer likewise', scope('viewer', ['c2']), 'd'],
        ['a technician none about an incident of somebody else', scope('technician', ['c1'], 'other'), 'cb'], ['a technician those about their own', scope('technician', ['c1'], 'te'), 'cba'], ['somebody of no company none', scope('viewer', []), ''],
        ['a role that claims everything without being the MSP none', scope('company_admin', 'all'), ''],
      ])('%s', async (_who, of, ids) => {
        expect(await found(of)).toEqual(ids.split(''))
        for (const id of 'abcde') {
          const read = getCall(database, of, id)
          // What a system shared by all clients answers may hold tickets of another one.
          if (ids.includes(id)) expect(await read).toMatchObject({ id, request: '{"subject":"x"}', response: of === ADMIN || id === 'c' ? '{"id":1}' : null })
          else await expect(read).rejects.toMatchObject({ code: 'not_found' })
        }
      })

      it.each<[filter: Partial<CallFilter>, ids: string]>([
        [{ companyId: 'c1' }, 'cba'], [{ connector: 'autotask' }, 'c'], [{ connectionId: 'conn-2' }, 'c'], [{ incidentId: 'i1' }, 'a'], [{ ticketId: 't2' }, 'b'], [{ actions: ['updated', 'searched'] }, 'cb'], [{ direction: 'in' }, 'e'],
        [{ statuses: ['error', 'timeout'] }, 'eb'], [{ fromMs: CALL_MS + 1, toMs: CALL_MS + 3 }, 'cb'], [{ q: '35436' }, 'd'], [{ q: 'FIND comp' }, 'c'], [{ q: 'rate_limited' }, 'b'], [{ q: '100 %' }, 'b'], [{ q: '%' }, 'b'], [{ q: 'zendesk.com' }, 'edcba'], [{ q: 'nothing like it' }, ''],
        [{ connector: 'zendesk', statuses: ['success'], companyId: 'c1' }, 'a'],
      ])('by %j', async (filter, ids) => {
        expect(await found(ADMIN, filter)).toEqual(ids.split(''))
      })

      it('follows an incident that was merged away', async () => {
        await database.transaction((sql) => projectBatch(sql, [incident('i1', 9, { mergedInto: 'i2' })]))
        expect(await found(ADMIN, { incidentId: 'i2' })).toEqual(['b', 'a'])
      })

      it('page by page, those of one moment too, and refuses a cursor that is none', async () => {
        const recorder = open()
        await Promise.all(Array.from({ length: 7 }, (_, n) => recorder.record(callOf({ id: `same-${n}`, atMs: CALL_MS + 9 }))))
        const seen: string[] = []
        for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
          const page: Page<CallView> = await listCalls(database, ADMIN, { ...ANY, limit: 3, cursor })
          seen.push(...page.items.map(({ id }) => id))
          cursor = page.next
        }
        expect(seen).toEqual(['same-6', 'same-5', 'same-4', 'same-3', 'same-2', 'same-1', 'same-0', 'e', 'd', 'c', 'b', 'a'])
        await expect(found(ADMIN, { cursor: 'none' })).rejects.toMatchObject({ code: 'bad_request' })
        await expect(found(scope('viewer', ['c1']), { companyId: 'c2' })).rejects.toMatchObject({ code: 'not_found' })
      })

      it('without what was sent and answered in lists', async () => {
        const { items: [shown] } = await listCalls(database, ADMIN, { ...ANY, limit: 1 })
        expect(Object.keys(shown!).sort()).toEqual(['action', 'at', 'companyId', 'connectionId', 'connector', 'direction', 'durationMs', 'errorCode', 'errorText', 'externalId', 'httpStatus', 'id', 'incidentId', 'integrationType', 'method', 'reference', 'retries', 'status', 'ticketId', 'url', 'who'])
        expect(shown!.at).toBe('2026-06-01T12:00:00.004Z')
      })
    })

    it('gives ids of its own to nobody: two recorders may write side by side', async () => {
      const [one, other] = [open(), open()]
      const calls = Array.from({ length: 40 }, () => callOf({ id: randomUUID() }))
      await Promise.all(calls.flatMap((call) => [one.record(call), other.record(call)]))
      expect(await rows()).toHaveLength(40)
      expect(await told()).toHaveLength(40)
    })
  })
}
