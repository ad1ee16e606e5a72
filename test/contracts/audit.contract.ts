/** The chain of the audit log: written by the database itself, whatever writes a line, and broken by whatever changes one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller, Scope } from '../../schemas/access.ts'
import { ChainCheck, type ChainedLine } from '../../schemas/audit-chain.ts'
import { systemClock } from '../../schemas/clock.ts'
import { exportChain, verifyChain } from '../../storage/audit/chain.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { writeAudit } from '../../storage/queries/audit.ts'
import type { EmptyDatabase } from './database.contract.ts'

const MSP: Scope = { role: 'msp_admin', userId: 'ada', companyIds: 'all' }
const ADA: Caller = { kind: 'user', id: 'ada', name: 'Ada "the" Countess\n', ip: '192.0.2.1', scope: MSP }
const START_MS = Date.UTC(2026, 2, 1, 12)

/** Runs the suite over an engine. */
export function auditContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the audit log on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })

    const write = (companyId: string | null, action: string, after: unknown = null): Promise<void> =>
      database.transaction((sql) => writeAudit(sql, ADA, { companyId, action, subject: 's', before: { price: 1.5, text: 'ü\u2028"' }, after }, START_MS))
    const lines = async (scope: Scope, companyId: string | null = null): Promise<ChainedLine[]> => {
      const all = []
      for await (const line of exportChain(database, scope, { companyId, fromMs: null, toMs: null })) all.push(line)
      return all
    }
    /** Does what only the owner of the tables can do, and undoes it. */
    const tampered = async (change: string, undo: string): Promise<Awaited<ReturnType<typeof verifyChain>>> => {
      const hidden = (statement: string): Promise<unknown> => database.transaction(async (sql) => {
        for (const table of ['audit_log', 'audit_chain']) await sql.query(`alter table ${table} disable trigger user`)
        await sql.query(statement)
        for (const table of ['audit_log', 'audit_chain']) await sql.query(`alter table ${table} enable trigger user`)
      })
      await hidden(change)
      const report = await verifyChain(database, null)
      await hidden(undo)
      expect((await verifyChain(database, null)).ok).toBe(true)
      return report
    }

    it('chains what twenty writers add at once, some of whom give up', async () => {
      const done = await Promise.allSettled(Array.from({ length: 20 }, (_, turn) => database.transaction(async (sql) => {
        await writeAudit(sql, ADA, { companyId: turn % 2 === 0 ? 'c1' : 'c2', action: `turn.${turn}`, subject: 's', before: null, after: { turn } }, START_MS + turn)
        await writeAudit(sql, ADA, { companyId: null, action: `turn.${turn}.more`, subject: 's', before: null, after: null }, START_MS + turn)
        if (turn % 5 === 4) throw new Error('gives up')
      })))
      expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(16)
      expect(await verifyChain(database, null)).toMatchObject({ ok: true, lines: 32, gaps: 0, head: { seq: 32 } })
    })

    it('exports each caller their own lines, each of which proves itself', async () => {
      await write('c1', 'odd.text', { list: [1, 'a\n}', null] })
      const all = await lines(MSP)
      const check = new ChainCheck()
      for (const line of all) check.take(line)
      expect(check.report()).toMatchObject({ ok: true, gaps: 0, lines: all.length })
      const own = await lines({ role: 'company_admin', userId: 'bob', companyIds: ['c1'] })
      expect(new Set(own.map(({ entry }) => (JSON.parse(entry) as { companyId: string }).companyId))).toEqual(new Set(['c1']))
      expect(await lines({ role: 'company_admin', userId: 'bob', companyIds: ['c1'] }, 'c2')).toEqual([])
      expect(await lines({ role: 'viewer', userId: 'eve', companyIds: ['c1'] })).toEqual([])
      expect(JSON.parse(all.at(-1)?.entry ?? '')).toMatchObject({ action: 'odd.text', actor: { name: ADA.name }, ip: '192.0.2.1', before: { price: 1.5, text: 'ü\u2028"' }, after: { list: [1, 'a\n}', null] } })
    })

    it('takes no change and no removal, not even of all', async () => {
      for (const statement of [`update audit_log set actor_name = 'Eve'`, 'delete from audit_log', 'truncate audit_log', `update audit_chain set body = '{}'`, 'delete from audit_chain', 'truncate audit_chain']) {
        await expect(database.query(statement), statement).rejects.toThrow('is only appended to')
      }
    })

    it('shows what somebody did who took the locks off', async () => {
      await write('c1', 'plain')
      expect(await tampered(`update audit_log set actor_name = 'Eve' where id = 3`, `update audit_log set actor_name = '${ADA.name}' where id = 3`)).toMatchObject({ ok: false, broken: { reason: 'the line of the log was changed' } })
      expect(await tampered(`update audit_chain set body = '{}' where seq = 4`, `update audit_chain c set body = audit_body(a) from audit_log a where c.seq = 4 and a.id = c.audit_id`)).toMatchObject({ broken: { seq: 4 } })
      expect(await tampered('create table kept as select * from audit_chain where seq = 5; delete from audit_chain where seq = 5', 'insert into audit_chain select * from kept; drop table kept')).toMatchObject({ broken: { seq: 5 } })
      expect(await tampered(`create table kept as select * from audit_log where id = (select audit_id from audit_chain where seq = 6); delete from audit_log where id = (select id from kept)`,
        'insert into audit_log overriding system value select * from kept; drop table kept')).toMatchObject({ broken: { seq: 6, reason: 'the log has no such line any more' } })
      expect(await tampered(`insert into audit_log (at, actor_kind, actor_id, actor_name, action, subject) values (now(), 'user', 'eve', 'Eve', 'slipped', 'in')`, `delete from audit_log where action = 'slipped'`))
        .toMatchObject({ ok: false, broken: { seq: 0, reason: expect.stringContaining('slipped in') } })
      // With the head set back, or away, lines after it would be looked at by nobody.
      expect(await tampered('create table kept as select * from audit_head; update audit_head h set seq = c.seq, hash = c.hash from audit_chain c where c.seq = 7', 'update audit_head h set seq = k.seq, hash = k.hash from kept k; drop table kept'))
        .toMatchObject({ ok: false, broken: { seq: 8, reason: expect.stringContaining('set back') } })
      expect(await tampered('create table kept as select * from audit_head; delete from audit_head', 'insert into audit_head select * from kept; drop table kept')).toMatchObject({ ok: false, broken: { seq: 1 } })
    })

    it('knows that the end was cut off, by a line that was noted', async () => {
      await write('c2', 'noted')
      const { head } = await verifyChain(database, null)
      await write('c2', 'later')
      expect((await verifyChain(database, head)).ok).toBe(true)
      expect(await verifyChain(database, { seq: (head?.seq ?? 0) + 100, hash: head?.hash ?? '' })).toMatchObject({ ok: false, broken: { reason: expect.stringContaining('cut off') } })
      expect(await verifyChain(database, { seq: 1, hash: head?.hash ?? '' })).toMatchObject({ ok: false, broken: { seq: 1, reason: expect.stringContaining('made anew') } })
    })
  })
}
