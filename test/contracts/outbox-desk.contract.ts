/** What people may do with the outbox, on either engine: look at theirs, replay what is dead without undoing what came later, drop what shall not be done. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { Role } from '../../schemas/settings.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { outboxDesk, type OutboxDesk, type OutboxQuery } from '../../storage/tickets/outbox-desk.ts'
import { aDraft, aNote, aTicket, databaseBench, emptyTickets, type TicketBench } from '../harness/ticket-bench.ts'
import type { EmptyDatabase } from './database.contract.ts'

const person = (role: Role, companyIds: readonly string[] = ['c1']): Caller => ({ kind: 'user', id: role, name: role, ip: null, scope: { role, userId: role, companyIds: role === 'msp_admin' ? 'all' : companyIds } })
const ALL: OutboxQuery = { companyId: null, statuses: [], ticketId: null, incidentId: null, limit: 50, cursor: null }

/** Runs the suite over an engine. */
export function outboxDeskContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the desk of the outbox on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database
    let bench: TicketBench
    let desk: OutboxDesk
    const admin = person('company_admin')

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await emptyTickets(database)
      const clock = new TestClock()
      bench = databaseBench(database, clock)
      desk = outboxDesk(database, { clock })
    })
    const known = (id: string, companyId = 'c1') => bench.ticket(aTicket(id, { companyId, ref: { externalId: id, number: id, url: null } }))
    const put = (ticketId: string, token: string, change: Partial<TicketChange> = {}) => bench.order({ ticketId, kind: 'update', body: aNote(token, `said ${token}`, change), urgency: 2, dueAtMs: bench.clock.now() })
    const end = async (status: 'dead' | 'done', code: string | null = null): Promise<string> => {
      const [held] = await bench.store.claim('w', 1)
      await bench.store.settle((await bench.store.begin(held!))!, { status, code, error: code, attempts: 1, unknownAtMs: null })
      return String(held!.id)
    }

    it('shows an MSP Admin all orders, a company admin theirs, nobody else any', async () => {
      await known('t1')
      await known('t2', 'c2')
      await put('t1', 'a')
      await put('t2', 'b')
      await put('t1', 'c')
      const seen = async (caller: Caller, query: Partial<OutboxQuery> = {}) => (await desk.list(caller.scope, { ...ALL, ...query })).items.map(({ ticketId }) => ticketId)
      expect(await seen(person('msp_admin'))).toEqual(['t2', 't1'])
      expect(await seen(admin)).toEqual(['t1'])
      expect(await seen(person('technician'))).toEqual([])
      expect(await seen(person('viewer'))).toEqual([])
      await expect(desk.list(admin.scope, { ...ALL, companyId: 'c2' })).rejects.toMatchObject({ code: 'not_found' })
      expect(await seen(person('msp_admin'), { ticketId: 't1' })).toEqual(['t1'])
      expect(await seen(person('msp_admin'), { incidentId: 'inc-t2' })).toEqual(['t2'])
    })

    it('lists by status, page by page, newest first', async () => {
      for (const id of ['t1', 't2', 't3']) {
        await known(id)
        await put(id, 'a')
      }
      await end('dead', 'invalid')
      const first = await desk.list(admin.scope, { ...ALL, limit: 2 })
      expect(first.items.map(({ ticketId }) => ticketId)).toEqual(['t3', 't2'])
      const second = await desk.list(admin.scope, { ...ALL, limit: 2, cursor: first.next })
      expect([second.items.map(({ ticketId, status, code, error, attempts }) => ({ ticketId, status, code, error, attempts })), second.next]).toEqual([[{ ticketId: 't1', status: 'dead', code: 'invalid', error: 'invalid', attempts: 1 }], null])
      expect((await desk.list(admin.scope, { ...ALL, statuses: ['dead'] })).items).toHaveLength(1)
    })

    it('replays a dead update in its place, looked up first, without what later ones have set since', async () => {
      await known('t1')
      await put('t1', 'a', { state: 'open', severity: 'low' })
      const dead = await end('dead', 'invalid')
      await put('t1', 'b', { state: 'resolved' })
      await end('done')
      expect(await desk.replay(admin, dead)).toMatchObject({ status: 'waiting', attempts: 0, code: null, error: null, endedAt: null })
      const [held] = await bench.store.claim('w', 1)
      expect(held).toMatchObject({ seq: 1, isRepeat: true, body: { severity: 'low', notes: [{ token: 'a' }] } })
      expect(held!.body).not.toHaveProperty('state')
      const audit = await database.query<{ action: string; subject: string }>(`select action, subject from audit_log where action like 'ticket_order.%' order by id desc limit 1`)
      expect(audit).toEqual([{ action: 'ticket_order.replayed', subject: dead }])
    })

    it('replays a dead create, and what stands behind it goes on', async () => {
      await bench.ticket(aTicket('t1'))
      await bench.order({ ticketId: 't1', kind: 'create', body: aDraft('t1'), urgency: 2, dueAtMs: bench.clock.now() })
      const dead = await end('dead', 'invalid')
      await put('t1', 'a')
      expect(await bench.store.claim('w', 1)).toEqual([])
      await desk.replay(admin, dead)
      expect((await bench.store.claim('w', 5)).map(({ kind, isRepeat }) => [kind, isRepeat])).toEqual([['create', true]])
    })

    it('drops what is dead or waits, and with a create what stands behind it; nothing that is being called', async () => {
      await bench.ticket(aTicket('t1'))
      await bench.order({ ticketId: 't1', kind: 'create', body: aDraft('t1'), urgency: 2, dueAtMs: bench.clock.now() })
      await put('t1', 'a')
      const [held] = await bench.store.claim('w', 1)
      await bench.store.begin(held!)
      await expect(desk.drop(admin, String(held!.id))).rejects.toMatchObject({ code: 'conflict' })
      await expect(desk.replay(admin, String(held!.id))).rejects.toMatchObject({ code: 'conflict' })
      await database.query(`update ticket_outbox set status = 'dead', claimed_until = null where id = $1`, [held!.id])
      expect(await desk.drop(admin, String(held!.id))).toMatchObject({ status: 'void' })
      expect((await bench.orders('t1')).map(({ status }) => status)).toEqual(['void', 'void'])

      await known('t2')
      await put('t2', 'a')
      const [waiting] = await bench.store.claim('w', 1)
      expect(await desk.drop(admin, String(waiting!.id))).toMatchObject({ status: 'void' })
      // The worker that had taken it calls nothing.
      expect(await bench.store.begin(waiting!)).toBeNull()
    })

    it('is closed to who does not manage the company', async () => {
      await known('t2', 'c2')
      await put('t2', 'b')
      const dead = await end('dead', 'invalid')
      for (const caller of [admin, person('technician', ['c2']), person('viewer', ['c2'])]) {
        await expect(desk.replay(caller, dead)).rejects.toMatchObject({ code: 'not_found' })
        await expect(desk.drop(caller, dead)).rejects.toMatchObject({ code: 'not_found' })
      }
      await expect(desk.drop(admin, 'none')).rejects.toMatchObject({ code: 'not_found' })
      expect(await desk.replay(person('company_admin', ['c2']), dead)).toMatchObject({ status: 'waiting' })
    })
  })
}
