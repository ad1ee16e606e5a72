/** What every analytics engine must do. `analytics.test.ts` runs it over chDB, `analytics.services.test.ts` over a server where one is named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Analytics, TableRows } from '../../storage/clickhouse/analytics.ts'
import { migrateAnalytics, readMigrations } from '../../storage/clickhouse/migrate.ts'
import { Range } from '../../storage/recorder/range.ts'
import { FACT_TABLES, ROWS, timeText } from '../../storage/recorder/rows.ts'
import { callAt, deadLetterAt, deliveryAt, incidentAt, ledgerAt, outcomeAt, placedAt, runAt, recordFacts, SAMPLE_MS, tickAt } from '../samples/facts.ts'

/** One engine under test, with fresh tables. */
export interface AnalyticsEngine {
  readonly analytics: Analytics
  close(): Promise<void>
}

const VIEW_TARGETS = ['alerts_per_minute_v1', 'signatures_per_hour_v1'] as const

/** Runs the suite over an engine. */
export function analyticsContract(engineName: string, open: () => Promise<AnalyticsEngine>): void {
  describe(`analytics on ${engineName}`, () => {
    let engine: AnalyticsEngine
    let analytics: Analytics

    beforeAll(async () => {
      engine = await open()
      analytics = engine.analytics
    })
    afterAll(() => engine.close())

    /** Rows of every table, and the sum of every view target. */
    const census = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {}
      for (const table of Object.keys(FACT_TABLES)) counts[table] = (await analytics.query<{ n: number }>(`select count() as n from ${table}`))[0]!.n
      for (const table of VIEW_TARGETS) counts[table] = (await analytics.query<{ n: number }>(`select sum(alerts) as n from ${table}`))[0]!.n
      counts['calls_per_day_v1'] = (await analytics.query<{ n: number }>('select sum(calls) as n from calls_per_day_v1'))[0]!.n
      return counts
    }

    /** One range with rows for every table, of a company of its own. */
    const rangeOf = (companyId: string, offset: number): TableRows[] => {
      const range = new Range(-1, 0)
      const at = (n: number) => ({ partition: 0, position: 2 ** 40 + n, atMs: SAMPLE_MS + n })
      ROWS['alerts.raw.v1'](deliveryAt(offset, { companyId }).record, at(offset), range.put)
      ROWS['alerts.raw.v1'](tickAt(offset + 1, [{ companyId, status: 429, code: 'rate_limited', count: 3 }]).record, at(offset + 1), range.put)
      ROWS['alerts.v1'](ledgerAt(offset, { companyId }).record, at(offset), range.put)
      // A second month, so that one insert makes two parts.
      ROWS['alerts.v1'](ledgerAt(offset + 2, { companyId, atMs: SAMPLE_MS - 40 * 86_400_000 }).record, at(offset + 2), range.put)
      ROWS['incidents.v1'](incidentAt(offset, { companyId, incidentId: `i-${offset}` }).record, at(offset), range.put)
      ROWS['incidents.v1'](placedAt(offset, `i-${offset}`, { companyId }).record, at(offset), range.put)
      ROWS['incidents.v1'](outcomeAt(offset).record, at(offset), range.put)
      ROWS['runs.v1'](runAt(offset, { companyId }).record, at(offset), range.put)
      ROWS['calls.v1'](callAt(offset, { companyId }).record, at(offset), range.put)
      ROWS['dead-letter.v1'](deadLetterAt(offset, { companyId }).record, at(offset), range.put)
      range.put('recorded_ranges_v1', ['alerts.v1', 0, offset + 2, offset, 3, 4, timeText(SAMPLE_MS), timeText(SAMPLE_MS)])
      return [...range.tables()]
    }
    const insertAll = async (tables: readonly TableRows[], token: string): Promise<void> => {
      for (const rows of tables) await analytics.insert(rows, token)
    }

    it('leaves every table and every view target as they are when a range is inserted again', async () => {
      await insertAll(rangeOf('again', 100), 'alerts.v1:0:100-102')
      const once = await census()
      for (const table of Object.keys(FACT_TABLES)) expect(once[table], table).toBeGreaterThan(0)
      for (const table of [...VIEW_TARGETS, 'calls_per_day_v1']) expect(once[table], table).toBeGreaterThan(0)
      for (let repeat = 0; repeat < 3; repeat++) await insertAll(rangeOf('again', 100), 'alerts.v1:0:100-102')
      expect(await census()).toEqual(once)
    })

    it('completes a range of which only some tables were inserted before a crash', async () => {
      const before = await census()
      const tables = rangeOf('torn', 200)
      await insertAll(tables.slice(0, 3), 'alerts.v1:0:200-202')
      await insertAll(tables, 'alerts.v1:0:200-202')
      const after = await census()
      for (const table of Object.keys(FACT_TABLES)) expect(after[table]! - before[table]!, table).toBe(table === 'ledger_v1' ? 2 : 1)
      expect(after['alerts_per_minute_v1']! - before['alerts_per_minute_v1']!).toBe(2)
    })

    it('fills a view target that a crash left behind its table', async () => {
      await insertAll(rangeOf('behind', 250), 'alerts.v1:0:250-252')
      const whole = await census()
      await analytics.command('truncate table signatures_per_hour_v1')
      await insertAll(rangeOf('behind', 250), 'alerts.v1:0:250-252')
      expect(await analytics.query(`select sum(alerts) as n from signatures_per_hour_v1 where company_id = 'behind'`)).toEqual([{ n: 2 }])
      expect(await census()).toMatchObject({ ledger_v1: whole['ledger_v1'], alerts_per_minute_v1: whole['alerts_per_minute_v1'] })
    })

    it('takes equal rows under another token, and shows them once by FINAL', async () => {
      const count = (final: string) => analytics.query<{ n: number }>(`select count() as n from ledger_v1 ${final} where company_id = 'twice'`)
      await recordFacts(analytics, 'alerts.v1', [ledgerAt(300, { companyId: 'twice' })], 'first')
      await recordFacts(analytics, 'alerts.v1', [ledgerAt(300, { companyId: 'twice' })], 'second')
      expect(await count('final')).toEqual([{ n: 1 }])
      const sum = await analytics.query<{ n: number }>(`select sum(alerts) as n from alerts_per_minute_v1 where company_id = 'twice'`)
      expect(sum).toEqual([{ n: 2 }])
    })

    it('counts calls by day, connector, action, direction and status, with how long they took, and one that was told twice once', async () => {
      const of = (offset: number, change: Parameters<typeof callAt>[1] = {}) => callAt(offset, { companyId: 'calls', ...change })
      const day = timeText(SAMPLE_MS).slice(0, 10)
      const told = [of(1, { durationMs: 100 }), of(2, { durationMs: 300, retries: 1 }), of(3, { status: 'timeout', durationMs: 30_000 }), of(4, { action: 'triggered', direction: 'in', durationMs: 2 }), of(5, { connector: 'rt', durationMs: 7 })]
      await recordFacts(analytics, 'calls.v1', told, 'told')
      await recordFacts(analytics, 'calls.v1', told.slice(0, 2), 'told-again')
      expect(await analytics.query(`select count() as n from raw_calls_v1 where company_id = 'calls'`)).toEqual([{ n: 7 }])
      expect(await analytics.query(`select toString(day) as day, connector, action, direction, status, calls, repeated, total_ms, longest_ms from calls_per_day_v1 where company_id = 'calls' order by connector desc, action, status`)).toEqual([
        { day, connector: 'zendesk', action: 'created', direction: 'out', status: 'success', calls: 2, repeated: 1, total_ms: 400, longest_ms: 300 },
        { day, connector: 'zendesk', action: 'created', direction: 'out', status: 'timeout', calls: 1, repeated: 0, total_ms: 30_000, longest_ms: 30_000 },
        { day, connector: 'zendesk', action: 'triggered', direction: 'in', status: 'success', calls: 1, repeated: 0, total_ms: 2, longest_ms: 2 },
        { day, connector: 'rt', action: 'created', direction: 'out', status: 'success', calls: 1, repeated: 0, total_ms: 7, longest_ms: 7 },
      ])
    })

    it('shows rows that contradict each other about one element twice', async () => {
      await recordFacts(analytics, 'alerts.v1', [ledgerAt(310, { companyId: 'torn-fate' }), ledgerAt(310, { companyId: 'torn-fate', fate: 'dropped', reason: 'duplicate_delivery', problemKey: null })])
      expect(await analytics.query(`select count() as n from ledger_v1 final where company_id = 'torn-fate'`)).toEqual([{ n: 2 }])
    })

    it('keeps the snapshot with the highest version, in whatever order snapshots come', async () => {
      await recordFacts(analytics, 'incidents.v1', [incidentAt(20, { companyId: 'order', status: 'resolved' })])
      await recordFacts(analytics, 'incidents.v1', [incidentAt(10, { companyId: 'order', status: 'open' })])
      expect(await analytics.query(`select status from incidents_v1 final where company_id = 'order'`)).toEqual([{ status: 'resolved' }])
    })

    it('knows a block of 50,000 rows again by its token', async () => {
      const range = new Range(-1, 0)
      for (let n = 0; n < 50_000; n++) ROWS['alerts.v1'](ledgerAt(n, { companyId: 'big' }).record, { partition: 0, position: n, atMs: 0 }, range.put)
      const [rows] = range.tables()
      for (let repeat = 0; repeat < 2; repeat++) await analytics.insert(rows!, 'big:0:0-50000')
      expect(await analytics.query(`select count() as n from ledger_v1 where company_id = 'big'`)).toEqual([{ n: 50_000 }])
      expect(await analytics.query(`select sum(alerts) as n from alerts_per_minute_v1 where company_id = 'big'`)).toEqual([{ n: 50_000 }])
    })

    it('keeps the tokens of inserts that run side by side apart', async () => {
      const one = (token: string) => recordFacts(analytics, 'alerts.v1', [ledgerAt(Number(token), { companyId: 'side' })], `side-${token}`)
      await Promise.all(Array.from({ length: 20 }, (_, n) => one(String(n))))
      await Promise.all(Array.from({ length: 20 }, (_, n) => one(String(n))))
      expect(await analytics.query(`select count() as n from ledger_v1 where company_id = 'side'`)).toEqual([{ n: 20 }])
    })

    it('gives back hostile text byte for byte', async () => {
      const hostile = `'; drop table ledger_v1; -- "\\ \t\n\r\0 {x:String} 日本 \u{1f600} \u2028 ]`
      await recordFacts(analytics, 'alerts.v1', [ledgerAt(1, { companyId: 'hostile', alert: { title: hostile, message: hostile, labels: { [hostile]: hostile } } })])
      expect(await analytics.query(`select title, message, labels from ledger_v1 where company_id = 'hostile'`)).toEqual([{ title: hostile, message: hostile, labels: { [hostile]: hostile } }])
    })

    it('binds parameters, and reads none of them as SQL', async () => {
      const hostile = `a', 'b\\'] or 1 = 1 --\t\n`
      const sql = 'select {text:String} as text, {list:Array(String)} as list, {n:Int64} as n'
      expect(await analytics.query(sql, { text: hostile, list: [hostile, '', 'NULL'], n: 2 ** 52 + 1 })).toEqual([{ text: hostile, list: [hostile, '', 'NULL'], n: 2 ** 52 + 1 }])
      expect(await analytics.query('select 1 as found where 1 in {list:Array(UInt8)}', { list: [] })).toEqual([])
    })

    it('keeps the parameters of queries that run side by side apart', async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => analytics.query<{ n: number }>('select {n:UInt32} as n', { n })))
      expect(answers.map(([row]) => row!.n)).toEqual(Array.from({ length: 30 }, (_, n) => n))
    })

    it('keeps milliseconds', async () => {
      await recordFacts(analytics, 'alerts.v1', [ledgerAt(123, { companyId: 'time', atMs: SAMPLE_MS + 123 })])
      expect(await analytics.query(`select toUnixTimestamp64Milli(at) as ms from ledger_v1 where company_id = 'time'`)).toEqual([{ ms: SAMPLE_MS + 123 }])
    })

    it('says what it refuses, and refuses names and tokens that are none', async () => {
      const lines = Buffer.from('["x"]')
      await expect(analytics.query('select nothing_of_the_kind')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('nothing_of_the_kind') })
      await expect(analytics.insert({ table: 'ledger_v1', columns: ['at'], lines }, 't')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('ledger_v1') })
      await expect(analytics.insert({ table: 'ledger_v1; drop table x', columns: ['at'], lines }, 't')).rejects.toMatchObject({ code: 'internal' })
      await expect(analytics.insert({ table: 'ledger_v1', columns: ['title'], lines }, `t'`)).rejects.toMatchObject({ code: 'internal' })
    })

    it('applies migrations once, and a broken one again from its start', async () => {
      expect(await migrateAnalytics(analytics)).toEqual([])
      const before = await census()
      const [first] = readMigrations()
      const next = readMigrations().length + 1
      const added = { number: next, name: `000${next}-more.sql`, sql: `create table if not exists more_v1 (n UInt8) engine = MergeTree order by n;\nselect nothing_of_the_kind;\n` }
      await expect(migrateAnalytics(analytics, [...readMigrations(), added])).rejects.toMatchObject({ code: 'internal' })
      const mended = { ...added, sql: `create table if not exists more_v1 (n UInt8) engine = MergeTree order by n;\n-- that was all\n` }
      expect(await migrateAnalytics(analytics, [...readMigrations(), mended])).toEqual([added.name])
      await expect(migrateAnalytics(analytics, [{ ...first!, sql: `${first!.sql} ` }])).rejects.toMatchObject({ code: 'migration_invalid' })
      expect(await census()).toEqual(before)
    })
  })
}
