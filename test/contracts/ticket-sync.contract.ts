/** What the sync of tickets keeps, on either engine: the list of incidents, facts, orders with their rows, hints, what was seen, matches and settings. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lookAt, type LookTools } from '../../connectors/sync/desk.ts'
import { readTicket, type ListenTools } from '../../connectors/sync/listen.ts'
import { plan } from '../../connectors/sync/plan.ts'
import type { ReadyConnection } from '../../connectors/sync/ports.ts'
import { target } from '../../connectors/sync/test-world.ts'
import { zendesk } from '../../connectors/zendesk/index.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import type { IncidentRecord } from '../../schemas/records.ts'
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import { DEFAULT_TICKET_SETTINGS, type TicketSnapshot } from '../../schemas/tickets.ts'
import type { IncidentReader } from '../../storage/incident-reader.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { openRunStore } from '../../storage/remediation/run-store.ts'
import { openSecretBox } from '../../storage/secret-box.ts'
import { sealColumn } from '../../storage/tickets/connection-rows.ts'
import { connectionStore } from '../../storage/tickets/connection-store.ts'
import { ticketFacts } from '../../storage/tickets/facts.ts'
import { hintStore, READ_BACK_AFTER_MS, type HintStore } from '../../storage/tickets/hints.ts'
import { inboundStore, type InboundStore } from '../../storage/tickets/inbound-store.ts'
import { matchStore, type MatchStore } from '../../storage/tickets/matches.ts'
import { listAnew, startSyncReader, ticketQueue, type TicketQueue } from '../../storage/tickets/queue.ts'
import { ticketSettingsOf, ticketSettingsStore } from '../../storage/tickets/settings.ts'
import { syncStore, type OrderPlace, type SyncStore } from '../../storage/tickets/sync-store.ts'
import { ticketOutbox } from '../../storage/tickets/outbox.ts'
import { incident, note, outcome, placed } from '../harness/incident-records.ts'
import { MemoryLog, memorySchemaIds } from '../harness/memory-log.ts'
import { newRun } from '../harness/runs-world.ts'
import type { EmptyDatabase } from './database.contract.ts'

const TOPIC = 'incidents.v1'
const START_MS = Date.UTC(2026, 2, 1, 12)
const FAR = 2 ** 50
const ADMIN: Caller = { kind: 'user', id: 'root', name: 'Root', ip: null, scope: { role: 'msp_admin', userId: 'root', companyIds: 'all' } }
const OWN: Caller = { kind: 'user', id: 'u2', name: 'Carla', ip: null, scope: { role: 'company_admin', userId: 'u2', companyIds: ['c1'] } }
const TOLD = { isReadBack: false, perConnection: 10, busy: {} }
const BACK = { ...TOLD, isReadBack: true }
const PLACE: OrderPlace = { companyId: 'c1', incidentId: 'x', incidentVersion: 10, connectionId: 'con', connector: 'zendesk', environment: 'production', account: 'acc', mode: 'production' }

/** Runs the suite over an engine. */
export function ticketSyncContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the sync of tickets on ${engineName}`, () => {
    const schemaIds = memorySchemaIds()
    let empty: EmptyDatabase
    let database: Database
    let codec: Codec<IncidentRecord>
    let log: MemoryLog
    let reader: IncidentReader | null = null
    let clock: TestClock
    let queue: TicketQueue
    let store: SyncStore
    let hints: HintStore
    let rows: InboundStore
    let matches: MatchStore

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
      codec = await openCodec(TOPIC, schemaIds)
    })
    afterAll(async () => {
      await reader?.stop()
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await reader?.stop()
      await database.query('truncate incidents, problems, incident_timeline, incident_joins, commands, reader_positions, outbox, analysis_queue, analyses, ticket_queue, ticket_settings; delete from tickets; delete from connections; delete from runs; delete from assets; delete from user_companies; delete from users; delete from companies')
      await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme Ltd', now(), now()), ('c2', 'Bolt', now(), now())`)
      await database.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) values ('u1', 'ann@msp.test', 'Ann', 'technician', 'x', now(), now()), ('u2', 'carla@acme.test', 'Carla', 'company_admin', 'x', now(), now()), ('u3', 'bob@msp.test', 'Bob', 'technician', 'x', now(), now())`)
      await database.query(`insert into user_companies values ('u1', 'c1'), ('u2', 'c1'), ('u3', 'c2')`)
      log = new MemoryLog()
      clock = new TestClock(START_MS)
      queue = ticketQueue(database, { nowMs: () => clock.now() })
      store = syncStore(database, { clock })
      hints = hintStore(database, { clock })
      rows = inboundStore(database, { clock, decided: () => undefined })
      matches = matchStore(database, { clock })
      reader = await startSyncReader({ log, schemaIds, database, logger: { warn() {} }, failed: (error) => { throw error }, nowMs: () => clock.now(), needsNoConnection: false })
    })

    const connect = (id = 'con', companyId: string | null = null): Promise<unknown> => database.query(
      `insert into connections (id, company_id, connector, name, environment, enabled, base_url, auth, hook_key, created_at, updated_at) values ($1, $2, 'zendesk', $1, 'production', true, 'https://psa.test', 'api_key', 'x', now(), now())`, [id, companyId])
    const tell = async (...records: IncidentRecord[]): Promise<void> => {
      await log.append(records.map((record) => ({ topic: TOPIC, key: 'c1', value: codec.encode(record) })))
      await database.transaction((sql) => projectBatch(sql, records))
      await log.deliver()
    }
    const listed = async (): Promise<string[]> => (await database.query<{ id: string }>('select incident_id as id from ticket_queue order by 1')).map(({ id }) => id)
    const at = (ms: number): ReadonlyMap<number, number> => new Map([[0, ms]])
    const factsOf = async (incidentId = 'x', version = 0): Promise<TicketFacts> => (await ticketFacts(database, { incidentId, companyId: 'c1', version }, clock.now()))!
    const look = async (incidentId = 'x') => {
      const facts = await factsOf(incidentId)
      const made = plan({ nowMs: START_MS + 600_000, mode: 'production', settings: DEFAULT_TICKET_SETTINGS, facts, target: target(), tickets: await store.tickets(incidentId, 'production', true), survivor: null, storm: null, publicUrl: 'https://aw.test' })
      return { made, isWritten: await store.carryOut({ ...PLACE, incidentId, incidentVersion: facts.version }, made.orders) }
    }
    const outbox = () => database.query<{ kind: string; status: string; body: Record<string, unknown> }>('select kind, status, body from ticket_outbox order by ticket_id, seq')
    const shown = (change: Partial<TicketSnapshot> = {}): TicketSnapshot => ({
      ref: { externalId: 'x1', number: '1001', url: null }, externalRef: null, title: 't', state: 'open', statusText: 'New', priorityId: null, assignee: null, companyId: null, parentId: null, mergedIntoId: null, isDeleted: false, notes: [], createdAtMs: null, updatedAtMs: null, isLastChangeOurs: null, ...change })
    const ticketThere = async (): Promise<void> => {
      await connect()
      await tell(incident('x', 10), placed('x', 'k1', 10))
      await look()
      await database.query(`update tickets set external_id = 'x1', number = '1001'`)
      await database.query(`update ticket_outbox set status = 'done'`)
    }

    describe('the list', () => {
      it('costs nothing without a connection, and with one has every incident that changed once', async () => {
        await tell(incident('x', 10))
        expect(await listed()).toEqual([])
        await connect()
        await tell(incident('x', 11), incident('y', 12), incident('y', 13, { status: 'resolved', openProblemCount: 0 }), incident('z', 14, { mergedInto: 'x' }))
        expect(await listed()).toEqual(['x', 'y', 'z'])
      })

      it('gives an incident to one pair of hands, one of each company, and keeps what changed or was wished for meanwhile', async () => {
        await connect()
        await tell(incident('x', 10), incident('y', 11), incident('z', 12, { companyId: 'c2' }))
        expect(await queue.claim(at(0), 5)).toEqual([])
        const both = await Promise.all([queue.claim(at(FAR), 5), queue.claim(at(FAR), 5)])
        expect(both.flat().map(({ companyId }) => companyId).sort()).toEqual(['c1', 'c2'])
        expect(await queue.claim(at(FAR), 5)).toEqual([])
        const mine = both.flat().find(({ companyId }) => companyId === 'c1')!
        await tell(incident(mine.incidentId, 20))
        await queue.done(mine, { againAtMs: null, reason: 'ordered' })
        const other = both.flat().find(({ companyId }) => companyId === 'c2')!
        await listAnew(database, [other], clock.now())
        await queue.done(other, { againAtMs: FAR, reason: 'rate' })
        expect(await listed()).toEqual(['x', 'y', 'z'])
        expect((await queue.claim(at(FAR), 5)).map(({ companyId }) => companyId).sort()).toEqual(['c1', 'c2'])
      })

      it('gives what is critical first, before all that a company and others listed earlier, and alone where only that is asked for', async () => {
        await connect()
        await tell(incident('x', 10), incident('y', 11), incident('z', 12, { severity: 'critical' }), incident('o', 13, { companyId: 'c2' }), incident('p', 14, { companyId: 'c2', severity: 'critical' }))
        expect((await queue.claim(at(FAR), 1)).map(({ incidentId }) => incidentId)).toEqual(['z'])
        await database.query('update ticket_queue set claimed_until = null')
        const both = await queue.claim(at(FAR), 5)
        expect(both.map(({ incidentId }) => incidentId).sort()).toEqual(['p', 'z'])
        for (const one of both) await queue.done(one, { againAtMs: null, reason: 'ordered' })
        expect(await queue.claim(at(FAR), 5, { isCritical: true })).toEqual([])
        expect((await queue.claim(at(FAR), 5)).map(({ incidentId }) => incidentId).sort()).toEqual(['o', 'x'])
      })

      it('keeps one that is to be looked at again until then by the log’s time, and an earlier change goes before', async () => {
        await connect()
        await tell(incident('x', 10))
        const [taken] = await queue.claim(at(START_MS + 60_000), 1)
        expect(taken).toMatchObject({ incidentId: 'x', version: 10, nowMs: START_MS + 60_000 })
        await queue.done(taken!, { againAtMs: START_MS + 300_000, reason: 'delay' })
        expect(await queue.claim(at(START_MS + 299_999), 1)).toEqual([])
        await tell(incident('x', 11))
        expect(await queue.claim(at(START_MS + 100_000), 1)).toMatchObject([{ version: 11 }])
        await queue.freeAll()
        expect(await queue.claim(at(START_MS + 100_000), 1)).toHaveLength(1)
      })
    })

    describe('facts', () => {
      it('are what the projection shows, or nothing while it is behind or of another company', async () => {
        await database.query(`insert into assets (id, company_id, name, aliases, created_at, updated_at) values ('a', 'c1', 'web-1', '{10.0.0.1}', now(), now())`)
        await tell(incident('x', 10, { assignee: 'u1', status: 'assigned' }), placed('x', 'k1', 10), placed('x', 'k2', 11, { status: 'resolved' }))
        expect(await ticketFacts(database, { incidentId: 'x', companyId: 'c1', version: 11 }, clock.now())).toBeNull()
        expect(await ticketFacts(database, { incidentId: 'x', companyId: 'c2', version: 0 }, clock.now())).toBeNull()
        expect(await factsOf()).toMatchObject({ companyName: 'Acme Ltd', number: expect.any(Number), version: 10, status: 'assigned', assignee: { id: 'u1', email: 'ann@msp.test' }, openedAtMs: START_MS, endedBy: null, problems: [{ status: 'firing' }, { status: 'resolved' }] })
      })

      it('tell who ended it', async () => {
        await tell(incident('x', 10), incident('y', 11), incident('z', 12))
        await tell(incident('x', 13, { status: 'resolved', cause: 'command', causeId: 'k' }), outcome('k', 'x', 13, { action: 'resolve' }), incident('y', 14, { status: 'closed', cause: 'command', causeId: 'l' }), outcome('l', 'y', 14, { action: 'close', actor: { kind: 'connector', id: 'con', name: 'zendesk' } }), incident('z', 15, { status: 'resolved', cause: 'problem' }))
        expect([await factsOf('x'), await factsOf('y'), await factsOf('z')].map(({ endedBy }) => endedBy)).toEqual(['person', 'psa', 'program'])
      })

      it('hold what people wrote here, the newest in their order, and nothing that a ticket or the program said', async () => {
        const by = (kind: 'connector' | 'analyst' | 'system' | 'token', name: string) => ({ actor: { kind, id: name, name } })
        await tell(incident('x', 10), incident('y', 10), note('k1', 'x', 11), note('k2', 'x', 12, by('connector', 'zendesk')), note('k3', 'x', 13, by('analyst', 'model')), note('k4', 'x', 14, by('system', 'remediator')), note('k5', 'x', 15, { ...by('token', 'script'), text: 'restarted' }), note('k6', 'y', 16))
        expect((await factsOf()).notes).toEqual([{ id: 'note:k1', author: 'Anna', text: 'looking at it' }, { id: 'note:k5', author: 'script', text: 'restarted' }])
        await tell(...Array.from({ length: 40 }, (_one, index) => note(`m${index}`, 'x', 20 + index)))
        expect((await factsOf()).notes.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_one, index) => `note:m${index + 10}`))
      })

      it('hold what tickets said without an answer, and what was refused that a person has to know', async () => {
        await tell(incident('x', 10))
        const say = (id: string, action: string, status: string, code: string | null, kind = 'connector'): Promise<unknown> => database.query(
          `insert into commands (id, company_id, incident_id, action, actor, status, code, message, created_at) values ($1, 'c1', 'x', $2, $3::jsonb, $4, $5, 'why', to_timestamp($6::float8 / 1000))`, [id, action, JSON.stringify({ kind, id: 'con', name: 'z' }), status, code, clock.now()])
        await say('1', 'close', 'pending', null)
        await say('2', 'note', 'pending', null)
        await say('3', 'merge', 'refused', 'merge_refused')
        await say('4', 'start', 'refused', 'transition_refused')
        await say('5', 'merge', 'refused', 'merge_refused', 'user')
        expect(await factsOf()).toMatchObject({ pendingWords: 1, refused: [{ commandId: '3', code: 'merge_refused' }] })
        clock.tick(600_000)
        expect(await factsOf()).toMatchObject({ pendingWords: 0 })
      })
    })

    describe('orders', () => {
      it('are written with their rows in one go, once, and a second look orders nothing', async () => {
        await connect()
        await tell(incident('x', 10), placed('x', 'k1', 10))
        expect(await look()).toMatchObject({ made: { reason: 'ordered' }, isWritten: true })
        expect((await look()).made).toMatchObject({ orders: [], reason: 'nothing_new' })
        expect(await outbox()).toMatchObject([{ kind: 'create', status: 'waiting', body: { party: { companyId: 'x-acme' } } }])
        expect(await store.tickets('x', 'production', true)).toMatchObject([{ ref: null, waiting: 1, isDead: false, told: { seq: 1 }, isTouched: false }])
        await database.query(`update ticket_outbox set status = 'dead'`)
        expect(await store.tickets('x', 'production', true)).toMatchObject([{ isDead: true }])
      })

      it('of a look that somebody else was quicker than are not written at all', async () => {
        await ticketThere()
        const facts = await factsOf()
        const tickets = await store.tickets('x', 'production', true)
        const made = plan({ nowMs: FAR, mode: 'production', settings: DEFAULT_TICKET_SETTINGS, facts: { ...facts, alertCount: 5_000, severity: 'critical' }, target: target(), tickets, survivor: null, storm: null, publicUrl: '' })
        await database.query('update tickets set version = version + 1')
        expect(await store.carryOut(PLACE, made.orders)).toBe(false)
        expect(await outbox()).toHaveLength(1)
        const twice = plan({ nowMs: FAR, mode: 'production', settings: DEFAULT_TICKET_SETTINGS, facts, target: target(), tickets: [], survivor: null, storm: null, publicUrl: '' })
        expect(await store.carryOut(PLACE, twice.orders)).toBe(false)
      })

      it('are only shown in dry-run, played in demo, and give way to the ticket itself', async () => {
        await connect()
        await tell(incident('x', 10), placed('x', 'k1', 10))
        for (const [mode, wanted] of [['dry-run', { isSimulated: false, ref: null }], ['demo', { isSimulated: true, ref: { number: expect.stringMatching(/^DEMO-/) } }]] as const) {
          await database.query('delete from tickets')
          const made = plan({ nowMs: FAR, mode, settings: DEFAULT_TICKET_SETTINGS, facts: await factsOf(), target: target(), tickets: [], survivor: null, storm: null, publicUrl: '' })
          expect(await store.carryOut({ ...PLACE, mode }, made.orders)).toBe(true)
          expect(await store.tickets('x', 'production', false)).toMatchObject([wanted])
          expect(await store.tickets('x', 'production', true)).toEqual([])
          expect(await outbox()).toMatchObject([{ kind: 'create', status: 'shown' }])
        }
        expect((await look()).isWritten).toBe(true)
        expect(await outbox()).toMatchObject([{ kind: 'create', status: 'waiting' }])
      })

      it('let the survivor of a merge take the ticket over, unless it has one', async () => {
        await ticketThere()
        await tell(incident('y', 11))
        const [ticket] = await store.tickets('x', 'production', true)
        expect(await store.carryOut(PLACE, [{ kind: 'adopt', ticketId: ticket!.id, version: ticket!.version, incidentId: 'y', told: ticket!.told }])).toBe(true)
        expect(await store.tickets('y', 'production', true)).toMatchObject([{ id: ticket!.id }])
        expect(await store.carryOut(PLACE, [{ kind: 'adopt', ticketId: ticket!.id, version: ticket!.version + 1, incidentId: 'y', told: ticket!.told }])).toBe(false)
      })

      it('leave the ticket of a connection that is in use again for that of the one in use now, once, and that is listed as soon as it is switched on', async () => {
        await ticketThere()
        await connect('own', 'c1')
        const [old] = await store.tickets('x', 'production', true)
        await database.query(`update connections set enabled = false, check_report = '{"ok":true,"findings":[]}' where id = 'con'`)
        const facts = await factsOf()
        const input = { nowMs: FAR, mode: 'production' as const, settings: DEFAULT_TICKET_SETTINGS, facts, target: target({}, { connectionId: 'own' }), survivor: null, storm: null, publicUrl: '' }
        const first = plan({ ...input, tickets: [], elsewhere: [{ ticket: old!, there: null }] })
        expect(await store.carryOut({ ...PLACE, connectionId: 'own' }, first.orders)).toBe(true)
        await database.query(`update tickets set external_id = 'y1', number = '77' where connection_id = 'own'`)
        await database.query('delete from ticket_queue')
        const connections = connectionStore(database, { clock, box: openSecretBox(Buffer.alloc(32, 7)), rules: { mistakes: () => [], adminOnly: () => [], rebinds: () => [], secretsFor: () => [], completed: ({ fields }) => ({ fields, mapping: target().mapping }) } })
        await database.query(`update connections set hook_key = $1 where id = 'con'`, [sealColumn(openSecretBox(Buffer.alloc(32, 7)), 'con', 'hook_key', 'k')])
        await connections.update(ADMIN, 'con', { enabled: true })
        expect(await listed()).toEqual(['x'])
        expect((await connections.effective('c1', 'production'))?.id).toBe('own')
        const look2 = async () => {
          const tickets = await store.tickets('x', 'production', true)
          const [there, here] = [tickets.find(({ connectionId }) => connectionId === 'con')!, tickets.filter(({ connectionId }) => connectionId === 'own')]
          const made = plan({ ...input, tickets: here, elsewhere: [{ ticket: there, there: { connector: 'zendesk', capabilities: target().capabilities, mapping: target().mapping } }] })
          expect(await store.carryOut({ ...PLACE, connectionId: 'own' }, made.orders)).toBe(true)
          return made.orders.map((order) => ('ticketId' in order ? order.ticketId : null))
        }
        expect([await look2(), await look2()]).toEqual([[old!.id], []])
        expect((await store.tickets('x', 'production', true)).find(({ id }) => id === old!.id)?.told).toMatchObject({ ended: 'state', elsewhere: expect.any(String) })
        expect((await outbox()).filter(({ kind }) => kind === 'update')).toMatchObject([{ status: 'waiting', body: { state: 'closed', resolution: expect.stringContaining('ticket 77') } }])
      })

      it('find the ticket of a storm: the oldest that is open, of this company and connection', async () => {
        const storm = [{ kind: 'storm', confidence: 1, reason: 'r', sinceMs: 77, problemKeys: [], figures: {} }]
        await connect()
        await tell(incident('x', 10, { findings: storm }), incident('y', 11, { findings: storm }))
        await look('x')
        const of = (incidentId: string, companyId = 'c1', since = 77) => store.storm({ companyId, incidentId, connectionId: 'con', isSent: true }, since, null)
        expect(await of('y')).toMatchObject({ incidentId: 'x' })
        expect([await of('x'), await of('y', 'c2'), await of('y', 'c1', 78)]).toEqual([null, null, null])
      })

      it('take no ticket for that of a storm which was never made, or is another client’s by now: the next one is', async () => {
        const storm = [{ kind: 'storm', confidence: 1, reason: 'r', sinceMs: 77, problemKeys: [], figures: {} }]
        await connect()
        await tell(incident('x', 10, { findings: storm }), incident('y', 11, { findings: storm }), incident('z', 12, { findings: storm }))
        await look('x')
        clock.tick(1_000)
        await look('y')
        const parent = () => store.storm({ companyId: 'c1', incidentId: 'z', connectionId: 'con', isSent: true }, 77, null)
        expect(await parent()).toMatchObject({ incidentId: 'x', isDead: false })
        await database.query(`update ticket_outbox set status = 'dead' where ticket_id in (select id from tickets where incident_id = 'x')`)
        expect(await parent()).toMatchObject({ incidentId: 'y' })
        await database.query(`update ticket_outbox set status = 'done'`)
        await database.query(`update tickets set external_id = id, told = case incident_id when 'x' then told || '{"isMoved": true}' else told end`)
        expect(await parent()).toMatchObject({ incidentId: 'y' })
      })
    })

    describe('orders that are over', () => {
      const outbox = () => ticketOutbox(database, { clock })
      const kept = (): Promise<readonly object[]> => database.query('select seq::float8 as seq, kind, status from ticket_outbox order by seq')
      const settled = async (status: string): Promise<void> => {
        await database.query(`update ticket_outbox set status = $1, ended_at = to_timestamp($2::float8 / 1000)`, [status, START_MS])
      }

      it('are forgotten, the last one of a ticket too; what is ordered after is done like any other', async () => {
        await ticketThere()
        await settled('done')
        expect([await outbox().forget(START_MS), await outbox().forget(START_MS + 1), await kept()]).toEqual([0, 1, []])
        const [ticket] = await store.tickets('x', 'production', true)
        expect(ticket).toMatchObject({ isDead: false, waiting: 0, ref: { externalId: 'x1' } })
        await database.transaction((sql) => outbox().order(sql, { ticketId: ticket!.id, kind: 'read', body: {}, urgency: 2, dueAtMs: START_MS }))
        expect(await outbox().claim('w', 5)).toMatchObject([{ ticketId: ticket!.id, seq: 1, kind: 'read' }])
      })

      it('stay where a person has to decide, or has decided that there is no ticket', async () => {
        await connect()
        await tell(incident('x', 10))
        await look()
        await settled('dead')
        expect(await outbox().forget(START_MS + 1)).toBe(0)
        await settled('void')
        expect([await outbox().forget(START_MS + 1), await kept()]).toEqual([0, [{ seq: 1, kind: 'create', status: 'void' }]])
        expect((await look()).made.orders).toEqual([])
      })
    })

    describe('hints', () => {
      it('are known once, cost no row where the ticket is none of ours, and are taken together by ticket', async () => {
        await ticketThere()
        expect(await hints.add('con', 'hook', [{ eventId: 'e1', externalId: 'x1' }, { eventId: 'e1', externalId: 'x1' }, { eventId: 'e2', externalId: 'x1' }, { eventId: 'e3', externalId: 'theirs' }])).toBe(2)
        expect(await hints.add('con', 'hook', [{ eventId: 'e2', externalId: 'x1' }])).toBe(0)
        const both = await Promise.all([hints.claim(5, TOLD), hints.claim(5, TOLD)])
        expect(both.flat()).toMatchObject([{ connectionId: 'con', externalId: 'x1', via: 'hook' }])
        const [taken] = both.flat()
        await hints.add('con', 'hook', [{ eventId: 'e4', externalId: 'x1' }])
        expect(await hints.claim(5, TOLD)).toEqual([])
        await hints.done(taken!)
        const [next] = await hints.claim(5, TOLD)
        await hints.release(next!, 2_000, 'away')
        expect(await hints.claim(5, TOLD)).toEqual([])
        clock.tick(2_000)
        expect(await hints.claim(5, TOLD)).toMatchObject([{ attempts: 1 }])
      })

      it('that are for later are left for later when others of their ticket are taken', async () => {
        await ticketThere()
        await hints.add('con', 'poll', [{ eventId: 'e1', externalId: 'x1' }])
        await hints.add('con', 'poll', [{ eventId: 'e2', externalId: 'x1' }], 2_000)
        const [taken] = await hints.claim(5, TOLD)
        await hints.done(taken!)
        expect(await hints.claim(5, TOLD)).toEqual([])
        clock.tick(2_000)
        expect(await hints.claim(5, TOLD)).toMatchObject([{ externalId: 'x1', via: 'poll' }])
      })

      it('of a ticket nobody knows wait while one of ours is being made, and then are let go', async () => {
        await connect()
        await tell(incident('x', 10))
        await look()
        expect(await hints.add('con', 'hook', [{ eventId: 'e1', externalId: 'x1' }, { eventId: 'e2', externalId: 'x2' }])).toBe(2)
        expect(await hints.claim(5, TOLD)).toEqual([])
        await database.query(`update tickets set external_id = 'x1'`)
        clock.tick(1_000)
        expect(await hints.claim(5, TOLD)).toMatchObject([{ externalId: 'x1' }])
        clock.tick(130_000)
        await hints.claim(5, TOLD)
        expect((await database.query(`select 1 from ticket_hints where external_id = 'x2' and done_at is null`)).length).toBe(0)
      })

      it('are made for open tickets that were not read for a while, once in a turn', async () => {
        await ticketThere()
        await database.query(`update tickets set created_at = to_timestamp($1::float8 / 1000)`, [START_MS])
        expect(await hints.readBack({ limit: 10, ahead: 100 })).toBe(0)
        clock.tick(READ_BACK_AFTER_MS)
        expect([await hints.readBack({ limit: 10, ahead: 100 }), await hints.readBack({ limit: 10, ahead: 100 })]).toEqual([1, 0])
        await database.query('update connections set enabled = false')
        clock.tick(READ_BACK_AFTER_MS)
        expect(await hints.readBack({ limit: 10, ahead: 100 })).toBe(0)
      })

      it('of tickets that cannot be read now keep no others from their turn, and cost one row', async () => {
        await ticketThere()
        await connect('own', 'c2')
        await database.query(`update tickets set created_at = to_timestamp($1::float8 / 1000)`, [START_MS])
        const copy = (id: string, connectionId: string, companyId: string, minutes: number, told = '{}'): Promise<unknown> => database.query(
          `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, external_id, title, origin, mode, told, created_at) values ($1, $3, $1, $2, 'zendesk', 'production', 'AW-' || $1, $1, 't', 'own', 'production', $5::jsonb, to_timestamp($4::float8 / 1000))`,
          [id, connectionId, companyId, START_MS + minutes * 60_000, told])
        for (const id of ['a', 'b', 'c']) await copy(id, 'con', 'c1', 0)
        await copy('late', 'own', 'c2', 5)
        await copy('over', 'own', 'c2', 0, JSON.stringify({ ended: 'state', endedAtMs: START_MS - 30 * 86_400_000 }))
        clock.tick(2 * READ_BACK_AFTER_MS)
        expect(await hints.readBack({ limit: 2, ahead: 100 })).toBe(2)
        expect(await database.query(`select connection_id as con, external_id as id from ticket_hints order by 1`)).toMatchObject([{ con: 'con' }, { con: 'own', id: 'late' }])
        expect([await hints.readBack({ limit: 2, ahead: 100 }), await hints.readBack({ limit: 2, ahead: 100 }), await hints.readBack({ limit: 2, ahead: 100 })]).toEqual([2, 1, 0])
        clock.tick(READ_BACK_AFTER_MS)
        expect(await hints.readBack({ limit: 10, ahead: 100 })).toBe(0)
      })

      it('of reading back are few of a connection at once, are taken for themselves, and give way to what somebody tells', async () => {
        await ticketThere()
        await database.query(`update tickets set created_at = to_timestamp($1::float8 / 1000)`, [START_MS])
        for (const id of ['a', 'b', 'c']) {
          await database.query(`insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, external_id, title, origin, mode, created_at) values ($1, 'c1', $1, 'con', 'zendesk', 'production', 'AW-' || $1, $1, 't', 'own', 'production', to_timestamp($2::float8 / 1000))`, [id, START_MS])
        }
        clock.tick(READ_BACK_AFTER_MS)
        expect([await hints.readBack({ limit: 10, ahead: 2 }), await hints.readBack({ limit: 10, ahead: 2 })]).toEqual([2, 0])
        expect(await hints.claim(5, TOLD)).toEqual([])
        expect(await hints.claim(5, { ...BACK, busy: { con: 10 } })).toEqual([])
        const [first] = await hints.claim(5, { ...BACK, busy: { con: 9 } })
        expect(first).toMatchObject({ isReadBack: true, via: 'reconcile' })
        await hints.release(first!, 0, 'the budget is for others')
        // One that had to be given back keeps no other from the list, and goes with whoever tells of it.
        expect(await hints.readBack({ limit: 10, ahead: 2 })).toBe(1)
        await hints.add('con', 'hook', [{ eventId: 'back to you', externalId: first!.externalId }])
        expect(await hints.claim(5, TOLD)).toMatchObject([{ externalId: first!.externalId, isReadBack: false }])
        const others = await hints.claim(5, BACK)
        expect(others).toHaveLength(2)
        await Promise.all(others.map((one) => hints.done(one)))
        clock.tick(3_600_001)
        await hints.forget()
        expect(await database.query(`select 1 from ticket_hints where external_id = $1`, [others[0]!.externalId])).toEqual([])
      })

      it('of strangers cost no row because of a ticket that is only shown, or was given up', async () => {
        await connect()
        await tell(incident('x', 10))
        await look()
        await database.query(`update ticket_outbox set status = 'dead'`)
        expect(await hints.add('con', 'hook', [{ eventId: 'e1', externalId: 'theirs' }])).toBe(0)
      })

      it('that are done with are forgotten, all of them', async () => {
        await ticketThere()
        await hints.add('con', 'hook', ['1', '2', '3'].map((eventId) => ({ eventId, externalId: 'x1' })))
        await database.query(`update ticket_hints set done_at = to_timestamp($1::float8 / 1000)`, [START_MS - 2 * 86_400_000])
        await hints.forget(1)
        expect(await database.query('select 1 from ticket_hints')).toEqual([])
      })

      it('poll a connection in one pair of hands, and keep cursor and what was found together', async () => {
        await ticketThere()
        expect(await hints.pollsDue(['con'])).toEqual(['con'])
        expect(await hints.takePoll('con', 60_000)).toEqual({ cursor: null })
        expect([await hints.takePoll('con', 60_000), await hints.pollsDue(['con'])]).toEqual([null, []])
        expect(await hints.polled('con', 'cursor-1', [{ eventId: 'p1', externalId: 'x1' }], clock.now() + 60_000)).toBe(1)
        expect(await hints.takePoll('con', 60_000)).toBeNull()
        clock.tick(60_000)
        expect([await hints.pollsDue(['con']), await hints.pollsDue([])]).toEqual([['con'], []])
        expect(await hints.takePoll('con', 60_000)).toEqual({ cursor: 'cursor-1' })
      })

      it('find open incidents whose ticket was only shown once it may be sent, and every company in its turn', async () => {
        await connect()
        await tell(incident('x', 10), incident('y', 11), incident('z', 12, { companyId: 'c2', openedAtMs: START_MS - 1_000 }))
        await look('x')
        await database.query(`update tickets set mode = 'dry-run'; update ticket_outbox set status = 'shown'; delete from ticket_queue`)
        clock.tick(700_000)
        expect(await hints.relist(10)).toBe(2)
        await database.query(`update companies set settings = '{"mode":"production"}'; delete from ticket_queue`)
        expect(await hints.relist(10)).toBe(3)
        await database.query(`delete from ticket_queue`)
        expect(await hints.relist(2)).toBe(2)
        expect(await listed()).toContain('z')
      })

      it('find open incidents that were left without a ticket, and requests no ticket tells of', async () => {
        await tell(incident('x', 10), incident('y', 11, { status: 'closed' }))
        await connect()
        expect(await hints.relist(10)).toBe(0)
        clock.tick(700_000)
        expect(await hints.relist(10)).toBe(1)
        expect(await listed()).toEqual(['x'])
        await look()
        await database.query('delete from ticket_queue')
        const runs = openRunStore(database, { clock, changed: () => undefined, ceiling: 'production' })
        await runs.create(null, newRun('r1', { incidentId: 'x', problemKey: null }), { key: 'k', request: null })
        await database.query(`insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at) values ('a1', 'r1', 'c1', 'run', 'technician', false, 'pending', 'why', 'd', now(), to_timestamp($1::float8 / 1000))`, [clock.now() + 3_600_000])
        await database.query(`update tickets set told = told || '{"elsewhere":"another"}'`)
        expect(await hints.askedAnew()).toBe(0)
        await database.query(`update tickets set told = told - 'elsewhere'`)
        expect([await hints.askedAnew(), await hints.askedAnew()]).toEqual([1, 0])
        expect(await factsOf()).toMatchObject({ approvals: [{ id: 'a1', runId: 'r1', question: 'run' }] })
      })
    })

    describe('an incident whose connection was replaced', () => {
      const inUse = (...ids: readonly string[]): Promise<unknown> => database.query('update connections set enabled = id = any($1::text[])', [ids])
      const empty = (): Promise<unknown> => database.query('delete from ticket_queue')
      /** What is listed, and then looked at and done with. */
      const found = async (limit = 10): Promise<readonly string[]> => {
        const count = await hints.replaced(limit)
        const ids = await listed()
        expect(ids).toHaveLength(count)
        await empty()
        return ids
      }
      const copy = (incidentId: string, change: object): Promise<unknown> => database.query(
        'insert into tickets select (jsonb_populate_record(t, $1::jsonb)).* from tickets t where id = (select min(id) from tickets)', [JSON.stringify({ id: `${incidentId} ${JSON.stringify(change)}`, incident_id: incidentId, external_ref: `AW-${incidentId}-${JSON.stringify(change)}`, external_id: null, ...change })])
      const begun = async (): Promise<void> => {
        await ticketThere()
        await database.query(`update companies set settings = '{"mode":"production"}'`)
        await tell(incident('worst', 11, { severity: 'critical' }), incident('over', 12, { status: 'closed' }), incident('theirs', 13, { companyId: 'c2' }), incident('part', 14, { mergedInto: 'x' }))
        for (const id of ['worst', 'over', 'part']) await copy(id, {})
        await copy('theirs', { company_id: 'c2' })
        await empty()
      }

      it('is listed once another is in use for its company and environment, the worst first and only so many; those that are over or part of another are not', async () => {
        await begun()
        expect(await found()).toEqual([])
        await inUse()
        expect(await found()).toEqual([])
        await connect('own', 'c1')
        expect(await found()).toEqual(['worst', 'x'])
        expect(await found(1)).toEqual(['worst'])
        await hints.replaced(10)
        expect(await hints.replaced(10)).toBe(0)
        await empty()
        await database.query(`update connections set environment = 'sandbox' where id = 'own'`)
        expect(await found()).toEqual([])
        await connect('shared')
        expect(await found()).toEqual(['theirs', 'worst', 'x'])
        await database.query(`delete from connections where id = 'con'`)
        expect(await found()).toEqual(['theirs', 'worst', 'x'])
        await database.query(`update companies set settings = '{"mode":"dry-run"}' where id = 'c1'`)
        expect(await found()).toEqual(['theirs'])
      })

      it('is not listed while its own is in use, once it has its next ticket, or when its own is switched on again', async () => {
        await begun()
        await connect('own', 'c1')
        expect(await found()).toEqual([])
        await inUse('own')
        await copy('worst', { connection_id: 'own' })
        expect(await found()).toEqual(['x'])
        // One that was only shown is none.
        await copy('x', { connection_id: 'own', mode: 'dry-run' })
        expect(await found()).toEqual(['x'])
        await inUse('con')
        expect(await found()).toEqual([])
        await inUse()
        await connect('third', 'c1')
        expect(await found()).toEqual(['worst', 'x'])
      })

      it('gets one ticket there with nothing else changed, wherever the process dies, and none when it is switched back and forth', async () => {
        await begun()
        await connect('own', 'c1')
        await database.query(`delete from tickets where incident_id <> 'x'`)
        const connector = { ...zendesk, capabilities: { ...target().capabilities, companies: false, assets: false, assign: false } }
        const open = async (id: string): Promise<ReadyConnection | null> => {
          const [row] = await database.query<{ companyId: string | null }>('select company_id as "companyId" from connections where id = $1 and enabled', [id])
          if (row === undefined) return null
          const connection: ReadyConnection['connection'] = { id, companyId: row.companyId, connector: 'zendesk', environment: 'production', baseUrl: 'https://psa.test', auth: 'api_key', fields: {}, mapping: target().mapping }
          return { connector, connection, account: id, context: () => ({ connection, signal: new AbortController().signal, nowMs: clock.now(), isRepeat: false, cached: (_key, _ttl, load) => load(), http: { call: () => Promise.reject(new Error('nothing is called')) } }) }
        }
        const tools: LookTools = {
          store: { ...store, facts: (due) => ticketFacts(database, due, clock.now()), settings: (companyId) => ticketSettingsOf(database, companyId) }, matches, connections: { open, effective: async () => (await open('own')) ?? open('con') }, modeOf: () => Promise.resolve('production'),
          publicUrl: 'https://aw.test', logger: { warn() {} }, ordered() {}, metrics: { looked() {}, ordered() {}, waiting() {} },
        }
        /** A process that lists what was replaced and looks at it, and dies at that boundary; what it held is free then. */
        const process = async (diesAt = 5): Promise<void> => {
          await queue.freeAll()
          if (diesAt === 0) return
          await hints.replaced(10)
          if (diesAt === 1) return
          for (const due of await queue.claim(at(FAR), 5)) {
            if (diesAt === 2) return
            const looked = await lookAt(tools, due)
            if (diesAt === 3) return
            await queue.done(due, looked!)
          }
        }
        const made = async (): Promise<readonly string[]> => (await database.query<{ id: string }>(`select t.connection_id as id from ticket_outbox o join tickets t on t.id = o.ticket_id where o.kind = 'create' order by o.created_at, o.id`)).map(({ id }) => id)
        clock.tick(600_000)
        await inUse('own')
        for (const diesAt of [0, 1, 2]) await process(diesAt)
        expect(await made()).toEqual(['con'])
        await process(3)
        expect(await made()).toEqual(['con', 'own'])
        for (let round = 0; round < 3; round += 1) await process()
        for (const ids of [['con'], ['own'], ['con', 'own'], ['own'], ['con']]) {
          await inUse(...ids)
          await process()
          // Something changes too.
          await listAnew(database, [{ incidentId: 'x', companyId: 'c1' }], clock.now())
          await process()
          await database.query(`update tickets set external_id = 'y1', number = '77' where connection_id = 'own'`)
        }
        expect(await made()).toEqual(['con', 'own'])
        expect(await database.query('select count(*)::int as count from tickets')).toEqual([{ count: 2 }])
      })
    })

    describe('a ticket somebody linked already', () => {
      const linkedTo = (incidentId: string, externalId: string): Promise<unknown> => database.query(
        `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, external_id, title, origin, mode, created_at) values ('linked', 'c1', $1, 'con', 'zendesk', 'production', '', $2, 't', 'linked', 'production', now())`, [incidentId, externalId])

      it('is the one that was made and not answered for: it is taken as that', async () => {
        await connect()
        await tell(incident('x', 10), placed('x', 'k1', 10))
        await look()
        await linkedTo('x', 'x1')
        const outbox = ticketOutbox(database, { clock })
        clock.tick(1_200_000)
        const [held] = await outbox.claim('w', 5)
        const begun = await outbox.begin(held!)
        expect(await outbox.settle({ ...begun!, unknownAtMs: clock.now() }, { status: 'done', snapshot: shown(), unknownAtMs: null })).toBe(true)
        expect(await database.query('select origin, external_id as id from tickets')).toEqual([{ origin: 'own', id: 'x1' }])
      })

      it('is the one that ours was merged into: ours goes on as that, and it is read at once', async () => {
        await ticketThere()
        await linkedTo('x', 'x2')
        const [known] = await rows.read('con', 'x1', null)
        expect(await rows.write(known!.ticket, { words: [], told: known!.ticket.told, seen: shown({ mergedIntoId: 'x2' }), isTouched: true, follows: 'x2', trouble: null })).toBe(true)
        expect(await database.query('select origin, external_id as id from tickets')).toEqual([{ origin: 'own', id: 'x2' }])
        expect(await hints.claim(5, TOLD)).toMatchObject([{ externalId: 'x2' }])
      })

      it('is an earlier one of the same incident: it is known as one of ours', async () => {
        await ticketThere()
        await database.query(`insert into tickets select (jsonb_populate_record(t, '{"id":"g2","generation":2,"external_ref":"AW-2","external_id":"x2"}')).* from tickets t`)
        expect((await rows.read('con', 'x1', 'x2'))[0]!.mergedWith).toBe('x')
      })

      it('is shown as it stands, until somebody moves it to another client there: from then on nothing of it is', async () => {
        await connect()
        await tell(incident('x', 10))
        await linkedTo('x', 'x9')
        const is = (change: Partial<TicketSnapshot>): Promise<void> => rows.refresh('con', 'x9', shown({ ref: { externalId: 'x9', number: '9', url: null }, ...change }))
        const seen = () => database.query<{ status: string; title: string; error: string | null; at: number }>(`select status_text as status, seen ->> 'title' as title, last_error as error, (extract(epoch from last_synced_at) * 1000)::float8 as at from tickets`)
        await is({ companyId: 'x-acme' })
        await is({ companyId: 'x-acme', statusText: 'Working', title: 'one' })
        clock.tick(1_000)
        await is({ companyId: 'x-bolt', statusText: 'Bolt is bankrupt', title: 'two', assignee: { externalId: 'b', name: 'Bob', email: null } })
        expect(await seen()).toEqual([{ status: 'Working', title: 'one', error: expect.stringContaining('moved to another client'), at: clock.now() }])
        await is({ companyId: 'x-acme', statusText: 'Done', title: 'three' })
        expect(await seen()).toMatchObject([{ status: 'Done', title: 'three', error: null }])
      })

      it('is that of the incident which another one was merged into: the ticket goes on there, and is looked at', async () => {
        await ticketThere()
        await tell(incident('y', 11))
        await linkedTo('y', 'x1')
        await database.query('delete from ticket_queue')
        const [ticket] = await store.tickets('x', 'production', true)
        expect(await store.carryOut(PLACE, [{ kind: 'adopt', ticketId: ticket!.id, version: ticket!.version, incidentId: 'y', told: ticket!.told }])).toBe(true)
        expect(await database.query('select incident_id as id, origin from tickets')).toEqual([{ id: 'y', origin: 'own' }])
        expect(await listed()).toEqual(['y'])
      })
    })

    it('a ticket remembers what was written to it last, so that its echo is known', async () => {
      await ticketThere()
      const { id } = (await store.tickets('x', 'production', true))[0]!
      const outbox = ticketOutbox(database, { clock })
      for (const state of ['assigned', 'in_progress', 'resolved'] as const) {
        await database.transaction((sql) => outbox.order(sql, { ticketId: id, kind: 'update', body: { mapping: { status: {}, priority: {}, place: {} }, state, ...(state === 'assigned' ? { assigneeId: 'a1' } : {}) }, urgency: 2, dueAtMs: clock.now() }))
        if (state !== 'resolved') await database.query(`update ticket_outbox set status = 'done'`)
      }
      expect(await store.tickets('x', 'production', true)).toMatchObject([{ waiting: 1, written: { states: ['in_progress', 'assigned'], assigneeIds: ['a1', null] } }])
    })

    it('connections are removed one after the other, and their tickets stay', async () => {
      await ticketThere()
      await connect('own', 'c1')
      await database.query(`insert into tickets select (jsonb_populate_record(t, '{"id":"t2","connection_id":"own","external_ref":"AW-2"}')).* from tickets t`)
      await database.query(`delete from connections where id = 'con'`)
      await database.query(`delete from connections where id = 'own'`)
      expect(await database.query('select connection_id as id from tickets')).toEqual([{ id: null }, { id: null }])
    })

    describe('what was seen', () => {
      it('is written with the words to the incident, each once, and the incident is looked at', async () => {
        await ticketThere()
        await database.query('delete from ticket_queue')
        const [known] = await rows.read('con', 'x1', null)
        expect(known).toMatchObject({ incident: { status: 'open' }, users: new Map([['ann@msp.test', 'u1'], ['carla@acme.test', 'u2']]), mergedWith: null, approvals: [] })
        const word = { commandId: 'w1', action: 'close' as const, text: 'Closed there.', assignee: null, intoIncidentId: null }
        const found = { words: [word], told: { ...known!.ticket.told, state: 'closed' as const }, seen: shown({ state: 'closed', assignee: { externalId: 'x-ann', name: 'Ann', email: null } }), isTouched: true, follows: null, trouble: null }
        expect(await rows.write(known!.ticket, found)).toBe(true)
        expect(await rows.write(known!.ticket, found)).toBe(false)
        const [again] = await rows.read('con', 'x1', null)
        expect(again!.ticket).toMatchObject({ isTouched: true, told: { state: 'closed' }, seen: { state: 'closed' }, closedAtMs: clock.now() })
        expect(await rows.write(again!.ticket, found)).toBe(true)
        expect(await database.query(`select incident_id as "incidentId", action, actor ->> 'kind' as kind, actor ->> 'id' as id from commands`)).toEqual([{ incidentId: 'x', action: 'close', kind: 'connector', id: 'con' }])
        expect(await database.query(`select record -> 'event' ->> 'commandId' as id from outbox where record -> 'event' ->> 'type' = 'command'`)).toEqual([{ id: 'w1' }])
        expect(await listed()).toEqual(['x'])
      })

      it('asks whose the one ticket is that it was merged into, however many are open: of this company and connection, and not over', async () => {
        await ticketThere()
        const other = (id: string, change: object = {}): Promise<unknown> => database.query('insert into tickets select (jsonb_populate_record(t, $1::jsonb)).* from tickets t where t.external_id = $2', [JSON.stringify({ id, incident_id: id, external_ref: `AW-${id}`, external_id: id, ...change }), 'x1'])
        let loaded = 0
        const counted: SqlDatabase = {
          async query<R>(text: string, params?: readonly unknown[]): Promise<readonly R[]> {
            const found = await database.query<R>(text, params)
            loaded += found.length
            return found
          },
          transaction: (work, options) => database.transaction(work, options),
        }
        const one = async (mergedIntoId: string | null): Promise<{ readonly whose: string | null; readonly loaded: number }> => {
          loaded = 0
          const [known] = await inboundStore(counted, { clock, decided: () => undefined }).read('con', 'x1', mergedIntoId)
          return { whose: known!.mergedWith, loaded }
        }
        const alone = await one(null)
        await connect('own', 'c1')
        for (let index = 0; index < 40; index += 1) await other(`y${index}`)
        await other('bolt', { company_id: 'c2' })
        await other('elsewhere', { connection_id: 'own' })
        await other('over', { closed_at: new Date(clock.now()).toISOString() })
        await other('linked', { origin: 'linked' })
        expect([alone.whose, await one(null)]).toEqual([null, alone])
        expect(await one('y7')).toEqual({ whose: 'y7', loaded: alone.loaded + 1 })
        for (const mergedIntoId of ['bolt', 'elsewhere', 'over', 'linked', 'nobody', 'x1']) expect(await one(mergedIntoId)).toEqual(alone)
        // Two of ours may stand for the same one there: what is one incident already is not merged with another.
        await other('mine', { incident_id: 'x', generation: 2, external_id: 'y7', closed_at: new Date(clock.now()).toISOString() })
        expect(await one('y7')).toMatchObject({ whose: 'x' })
      })

      it('takes answers only of people who may give them', async () => {
        await ticketThere()
        const runs = openRunStore(database, { clock, changed: () => undefined, ceiling: 'production' })
        await runs.create(null, newRun('r1', { incidentId: 'x', problemKey: null }), { key: 'k', request: null })
        await database.query(`update runs set status = 'awaiting_approval'`)
        await database.query(`insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at) select 'a1', id, 'c1', 'run', 'company_admin', true, 'pending', 'why', plan_digest, now(), to_timestamp($1::float8 / 1000) from runs`, [clock.now() + 3_600_000])
        await database.query(`update runs set requested_by = '{"kind":"user","id":"u2","name":"Carla"}'`)
        const answer = (email: string, companyId = 'c1', isShared = true) => rows.answer(companyId, { approvalId: 'a1', yes: true, email, comment: 'c' }, isShared)
        expect(await answer('nobody@msp.test')).toContain('nobody here')
        expect(await answer('ann@msp.test')).toContain('takes the role company_admin')
        expect(await answer('bob@msp.test')).toMatch(/not yours|no such request/)
        expect(await answer('carla@acme.test')).toContain('somebody other')
        expect(await answer('carla@acme.test', 'c2')).toContain('nobody here')
        // Who runs a ticket system can write there in anybody's name, so a company's own speaks for no MSP Admin, and is no second pair of eyes.
        await database.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) values ('u4', 'mia@msp.test', 'Mia', 'msp_admin', 'x', now(), now())`)
        expect(await answer('mia@msp.test', 'c1', false)).toContain('the company’s own')
        await database.query(`update runs set requested_by = '{"kind":"user","id":"u1","name":"Ann"}'`)
        expect(await answer('carla@acme.test', 'c1', false)).toContain('the company’s own')
        expect(await database.query('select status from run_approvals')).toEqual([{ status: 'pending' }])
        await database.query(`update runs set requested_by = '{"kind":"user","id":"u2","name":"Carla"}'`)
        await database.query(`update run_approvals set four_eyes = false`)
        expect(await answer('carla@acme.test', 'c1', false)).toBeNull()
        expect(await answer('carla@acme.test')).toBeNull()
        expect(await answer('carla@acme.test')).toBeNull()
        expect(await database.query('select status, via from run_approvals')).toEqual([{ status: 'approved', via: 'psa' }])
        await database.query(`update users set disabled_at = now() where id = 'u2'`)
        expect(await answer('carla@acme.test')).toContain('nobody here')
      })
    })

    it('the end of a ticket does not wait until it is read back, for nobody told of anything', async () => {
      await ticketThere()
      await tell(incident('x', 11, { status: 'resolved', openProblemCount: 0, resolvedAtMs: START_MS }))
      await look()
      clock.tick(READ_BACK_AFTER_MS)
      expect(await hints.readBack({ limit: 10, ahead: 10 })).toBe(1)
      expect(await ticketOutbox(database, { clock }).claim('w', 5)).toMatchObject([{ kind: 'update', body: { state: 'resolved' }, isHinted: false }])
    })

    const THEIRS = { externalId: 'n1', text: 'I am on it', isPublic: false, isOurs: false, author: { externalId: 'x-ann', name: 'Ann', email: null, isAgent: true }, channel: 'web' as const, atMs: START_MS }
    /** Reads the ticket that is hinted at, as the program does. */
    const listen = async (there: TicketSnapshot): Promise<void> => {
      const connection: ReadyConnection['connection'] = { id: 'con', companyId: null, connector: 'zendesk', environment: 'production', baseUrl: 'https://psa.test', auth: 'api_key', fields: {}, mapping: target().mapping }
      const context: ReadyConnection['context'] = () => ({ connection, signal: new AbortController().signal, nowMs: clock.now(), isRepeat: false, cached: (_key, _ttl, load) => load(), http: { call: () => Promise.reject(new Error('nothing is called')) } })
      const ready: ReadyConnection = { connector: { ...zendesk, read: () => Promise.resolve(there) }, connection, account: 'acc', context }
      const tools: ListenTools = { hints, rows, connections: { open: () => Promise.resolve(ready), effective: () => Promise.resolve(ready) }, mayCall: () => Promise.resolve(true), clock, logger: { warn() {} }, said() {}, metrics: { read() {}, word() {} } }
      const [due] = await hints.claim(5, TOLD)
      expect(await readTicket(tools, due!)).toBe(true)
      await hints.done(due!)
    }

    it('a technician who comes to a ticket while its merge waits is heard, the ticket stays open with a note where the problem goes on, and to close it closes nothing', async () => {
      await ticketThere()
      await database.query(`insert into tickets select (jsonb_populate_record(t, '{"id":"t2","incident_id":"y","external_ref":"AW-2","external_id":"x2","number":"1002"}')).* from tickets t`)
      await database.query('update tickets set seen = $1::jsonb', [JSON.stringify(shown())])
      await tell(incident('y', 11), incident('x', 12, { mergedInto: 'y' }))
      const merge = async () => {
        const [own, survivor] = [await store.tickets('x', 'production', true), (await store.tickets('y', 'production', true)).at(-1) ?? null]
        const made = plan({ nowMs: clock.now(), mode: 'production', settings: DEFAULT_TICKET_SETTINGS, facts: await factsOf(), target: target(), tickets: own, survivor, storm: null, publicUrl: '' })
        expect(await store.carryOut(PLACE, made.orders)).toBe(true)
        return made.orders.map(({ kind }) => kind)
      }
      expect([await merge(), await merge()]).toEqual([['note_down', 'join'], []])
      await hints.add('con', 'hook', [{ eventId: 'e1', externalId: 'x1' }])
      const outbox = ticketOutbox(database, { clock })
      const [held] = await outbox.claim('w', 5)
      expect(held).toMatchObject({ kind: 'join', isHinted: true, seen: { notes: [] }, other: { id: 't2' } })
      await listen(shown({ notes: [THEIRS] }))
      const begun = await outbox.begin(held!)
      expect(begun).toMatchObject({ kind: 'update', isHinted: false, body: { unlessTouched: [{ isPublic: false, text: expect.stringContaining('it goes on in ticket 1002') }] } })
      expect(begun).not.toHaveProperty('body.intoTicketId')
      expect(await store.tickets('x', 'production', true)).toMatchObject([{ isTouched: true, told: { ended: 'note', state: 'open', mergedInto: 'y' } }])
      await outbox.settle(begun!, { status: 'done', unknownAtMs: null, isCalled: true })
      expect([await merge(), await outbox.claim('w', 5)]).toEqual([[], []])
      clock.tick(60_000)
      await hints.add('con', 'hook', [{ eventId: 'e2', externalId: 'x1' }])
      await listen(shown({ notes: [THEIRS], state: 'closed', statusText: 'Closed', updatedAtMs: clock.now() }))
      expect(await database.query('select action from commands')).toEqual([{ action: 'note' }])
      expect(await store.tickets('x', 'production', true)).toMatchObject([{ told: { ended: 'state', state: 'closed' }, closedAtMs: clock.now() }])
    })

    it('a technician who comes to a ticket while its end waits is heard, the ticket stays open with a note, and looking again writes nothing more', async () => {
      await ticketThere()
      await database.query('update tickets set seen = $1::jsonb', [JSON.stringify(shown())])
      await tell(incident('x', 11, { status: 'resolved', openProblemCount: 0, resolvedAtMs: START_MS }))
      expect((await look()).made.orders).toMatchObject([{ kind: 'update', change: { state: 'resolved' }, told: { ended: 'state' } }])
      clock.tick(600_000)
      const outbox = ticketOutbox(database, { clock })
      await hints.add('con', 'hook', [{ eventId: 'e1', externalId: 'x1' }])
      const [held] = await outbox.claim('w', 5)
      expect(held).toMatchObject({ kind: 'update', isHinted: true, seen: { notes: [] } })
      await listen(shown({ notes: [THEIRS] }))
      const begun = await outbox.begin(held!)
      expect(begun).toMatchObject({ isHinted: false, body: { unlessTouched: [{ isPublic: false, text: expect.stringContaining('no open problem any more') }] } })
      expect(begun).not.toHaveProperty('body.state')
      expect(await store.tickets('x', 'production', true)).toMatchObject([{ isTouched: true, told: { ended: 'note', state: 'open' }, written: { states: ['open'] } }])
      await outbox.settle(begun!, { status: 'done', unknownAtMs: null, isCalled: true })
      expect((await look()).made).toMatchObject({ orders: [], reason: 'nothing_new' })
      await tell(incident('x', 12, { status: 'closed', openProblemCount: 0, resolvedAtMs: START_MS }))
      expect((await look()).made.orders).toEqual([])
      expect(await outbox.claim('w', 5)).toEqual([])
    })

    describe('matches', () => {
      const asked = { status: 'asked' as const, externalId: null, externalName: null, by: 'two fit', candidates: [{ externalId: '7', name: 'Acme' }, { externalId: '8', name: 'Acme Two' }] }

      it('are kept as rules found them until they are old, and a person’s word for good; what waited is looked at', async () => {
        await connect()
        await tell(incident('x', 10))
        await database.query(`update ticket_queue set reason = 'company_unmatched', due_at_ms = $1`, [FAR])
        await matches.keep('con', 'c1', 'company', 'c1', asked)
        const known = async () => (await matches.known('con', 'c1', 'company', ['c1'])).get('c1')
        expect(await known()).toMatchObject({ status: 'asked', isStale: false })
        clock.tick(601_000)
        expect(await known()).toMatchObject({ isStale: true })
        expect(await matches.list(ADMIN.scope, { status: 'asked', companyId: null, connectionId: null })).toMatchObject([{ companyId: 'c1', companyName: 'Acme Ltd', connectionName: 'con', title: 'Acme Ltd', waiting: 1, candidates: [{ externalId: '7' }, { externalId: '8' }] }])
        expect(await matches.list(OWN.scope, { status: 'asked', companyId: null, connectionId: null })).toMatchObject([{ companyId: 'c1', candidates: [] }])
        expect(await matches.list({ ...OWN.scope, companyIds: ['c2'] }, { status: null, companyId: null, connectionId: null })).toEqual([])
        expect(await matches.decide(ADMIN, 'con', { companyId: 'c1', kind: 'company', name: 'c1', externalId: '7', externalName: 'Acme' })).toMatchObject({ status: 'matched', externalId: '7', by: 'person root' })
        await matches.keep('con', 'c1', 'company', 'c1', asked)
        clock.tick(400 * 86_400_000)
        expect(await known()).toMatchObject({ status: 'matched', externalId: '7', isStale: false })
        expect(await queue.claim(at(0), 5)).toMatchObject([{ incidentId: 'x' }])
        expect((await matches.company('con', 'c2')).taken).toEqual(new Set(['7']))
        expect(await matches.company('con', 'c1')).toMatchObject({ name: 'Acme Ltd', aliases: ['Acme'], domains: ['acme.test'] })
      })

      it('of a shared connection are an MSP Admin’s to say, of a company’s own its admin’s, and of others’ nobody’s', async () => {
        await connect()
        await connect('own', 'c1')
        await connect('other', 'c2')
        const word = { companyId: 'c1', kind: 'company' as const, name: 'c1', externalId: '7', externalName: null }
        await expect(matches.decide(OWN, 'con', word)).rejects.toMatchObject({ code: 'forbidden' })
        await expect(matches.decide(OWN, 'other', { ...word, companyId: 'c2', name: 'c2' })).rejects.toMatchObject({ code: 'not_found' })
        await expect(matches.decide(ADMIN, 'other', word)).rejects.toMatchObject({ code: 'not_found' })
        expect(await matches.decide(OWN, 'own', word)).toMatchObject({ status: 'matched' })
        expect(await matches.decide(OWN, 'con', { ...word, kind: 'asset', name: 'web-1', externalId: null })).toMatchObject({ status: 'none' })
        // Ids of a shared system can be guessed, and the machine be another client's: one that was shown may be chosen, no other.
        await matches.keep('con', 'c1', 'asset', 'web-2', { status: 'asked', externalId: null, externalName: null, by: 'two fit', candidates: [{ externalId: '41', name: 'web-2' }, { externalId: '42', name: 'web-2' }] })
        await expect(matches.decide(OWN, 'con', { ...word, kind: 'asset', name: 'web-2', externalId: '77' })).rejects.toMatchObject({ code: 'forbidden' })
        expect(await matches.decide(OWN, 'con', { ...word, kind: 'asset', name: 'web-2', externalId: '42' })).toMatchObject({ status: 'matched', externalId: '42' })
        expect(await matches.decide(ADMIN, 'con', { ...word, kind: 'asset', name: 'web-2', externalId: '77' })).toMatchObject({ status: 'matched', externalId: '77' })
      })
    })

    describe('settings', () => {
      it('cascade from the MSP to a company, are told with what is wrong with them, and are its admins’ to change', async () => {
        const settings = ticketSettingsStore(database, { clock })
        await settings.put(ADMIN, null, { delaySeconds: 60, mapping: { status: { closed: '5' }, priority: {}, place: { board: '1' } } })
        await settings.put(OWN, 'c1', { autoClose: false, mapping: { place: { board: '2' } } })
        expect(await ticketSettingsOf(database, 'c1')).toMatchObject({ delaySeconds: 60, autoClose: false, noteEverySeconds: 300, mapping: { status: { closed: '5' }, place: { board: '2' } } })
        expect(await ticketSettingsOf(database, 'c2')).toMatchObject({ delaySeconds: 60, autoClose: true, mapping: { place: { board: '1' } } })
        await expect(settings.put(OWN, null, {})).rejects.toMatchObject({ code: 'forbidden' })
        await expect(settings.put(OWN, 'c2', {})).rejects.toMatchObject({ code: 'not_found' })
        await expect(settings.get(OWN.scope, null)).rejects.toMatchObject({ code: 'forbidden' })
        await expect(settings.put(ADMIN, 'c1', { delaySeconds: -1, minSeverity: 'fatal' as never, bogus: 1, mapping: { status: { gone: 'x' } } } as never)).rejects.toMatchObject({ details: { mistakes: [expect.stringContaining('bogus'), expect.stringContaining('delaySeconds'), expect.stringContaining('minSeverity'), expect.stringContaining('mapping.status.gone')] } })
        expect(await database.query(`select action from audit_log where action = 'ticket_settings.updated'`)).toHaveLength(2)
      })
    })
  })
}
