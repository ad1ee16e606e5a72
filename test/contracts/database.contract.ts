/** What the database port must do. `database.test.ts` runs it over PGlite, `database.services.test.ts` over a PostgreSQL server. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { migrate, MIGRATIONS_DIR, readMigrations } from '../../storage/postgres/migrate.ts'

/** One empty database without tables. */
export interface EmptyDatabase {
  /** What `openDatabase` is told to reach it. */
  readonly options: { readonly url?: string; readonly dataDir?: string }
  /** Whether several processes may have it open at once. */
  readonly shared: boolean
  drop(): Promise<void>
}

const open = (empty: EmptyDatabase, migrated = true): Promise<Database> => openDatabase({ ...empty.options, clock: systemClock, migrate: migrated })

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(() => new Error('nothing was thrown'), (thrown: unknown) => thrown)
  return error instanceof AppError ? error.code : String(error)
}

/** Runs the suite over an engine. */
export function databaseContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`database on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database

    beforeAll(async () => {
      empty = await make()
      database = await open(empty, false)
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })

    describe('migrations', () => {
      it('are each applied once when five openers race for an empty database', async () => {
        const others = empty.shared ? await Promise.all([1, 2, 3, 4].map(() => open(empty, false))) : []
        const openers = empty.shared ? [database, ...others] : Array.from({ length: 5 }, () => database)
        await Promise.all(openers.map((opener) => migrate(opener, { clock: systemClock })))
        await Promise.all(others.map((other) => other.close()))
        const applied = await database.query<{ name: string }>('select name from schema_migrations order by number')
        expect(applied.map((row) => row.name)).toEqual(readMigrations().map((migration) => migration.name))
        expect(await database.query('select count(*) as n from incidents')).toEqual([{ n: 0 }])
      })

      it('are refused when an applied one was edited, is missing, or a number is left out', async () => {
        const dir = mkdtempSync(join(tmpdir(), 'migrations-'))
        try {
          cpSync(MIGRATIONS_DIR, dir, { recursive: true })
          const count = readMigrations().length
          const next = (number: number): string => join(dir, `${String(number).padStart(4, '0')}-more.sql`)
          writeFileSync(next(count + 2), 'select 1')
          expect(await codeOf(migrate(database, { clock: systemClock, dir }))).toBe('migration_invalid')
          rmSync(next(count + 2))

          writeFileSync(next(count + 1), 'create table more_1 (id int); create table more_2 (id int);')
          await migrate(database, { clock: systemClock, dir })
          expect(await database.query(`select to_regclass('more_2') is not null as made`)).toEqual([{ made: true }])
          writeFileSync(next(count + 1), 'create table more_1 (id bigint)')
          expect(await codeOf(migrate(database, { clock: systemClock, dir }))).toBe('migration_invalid')
          expect(await codeOf(migrate(database, { clock: systemClock }))).toBe('migration_invalid')
        } finally {
          rmSync(dir, { recursive: true })
          await database.query('drop table if exists more_1, more_2')
          await database.query(`delete from schema_migrations where name like '%-more.sql'`)
        }
      })

      it('leave nothing of one that fails half-way', async () => {
        const dir = mkdtempSync(join(tmpdir(), 'migrations-'))
        try {
          cpSync(MIGRATIONS_DIR, dir, { recursive: true })
          const count = readMigrations().length
          writeFileSync(join(dir, `${String(count + 1).padStart(4, '0')}-broken.sql`), 'create table half (id int); select no_such_function();')
          expect(await codeOf(migrate(database, { clock: systemClock, dir }))).toBe('internal')
          expect(await database.query(`select to_regclass('half') is not null as made`)).toEqual([{ made: false }])
          await migrate(database, { clock: systemClock })
        } finally {
          rmSync(dir, { recursive: true })
        }
      })
    })

    describe('values', () => {
      it('come back as numbers, Dates, Buffers, arrays and parsed JSON', async () => {
        const at = new Date(Date.UTC(2026, 1, 28, 23, 59, 59, 123))
        const [row] = await database.query(
          `select $1::bigint as big, $2::timestamptz as at, $3::jsonb as doc, $4::bytea as bytes, $5::text[] as words, count(*) as n, null::bigint as none, 1.5::float8 as half, true as yes`,
          [2 ** 53 - 1, at, JSON.stringify({ deep: [1, { ä: 'ü' }] }), Buffer.from([0, 255, 10]), ['a', 'b,"c"']],
        )
        expect(row).toEqual({ big: 2 ** 53 - 1, at, doc: { deep: [1, { ä: 'ü' }] }, bytes: Buffer.from([0, 255, 10]), words: ['a', 'b,"c"'], n: 1, none: null, half: 1.5, yes: true })
      })

      it('that a number cannot hold exactly are refused, not rounded', async () => {
        expect(await codeOf(database.query('select 9007199254740993::bigint as big'))).toBe('internal')
        expect(await database.query('select 9007199254740993::bigint::text as big')).toEqual([{ big: '9007199254740993' }])
      })

      it('of a megabyte pass in both directions', async () => {
        const text = 'ü'.repeat(600_000)
        expect(await database.query('select $1::text as text', [text])).toEqual([{ text }])
      })
    })

    describe('errors', () => {
      it('name a duplicate as a conflict with its constraint', async () => {
        const key = randomUUID()
        await database.query('insert into installation (key, value) values ($1, $2)', [key, Buffer.from('v')])
        const error: unknown = await database.query('insert into installation (key, value) values ($1, $2)', [key, Buffer.from('secret')]).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'conflict', details: { sqlstate: '23505', constraint: 'installation_pkey', table: 'installation' } })
        expect(String(error)).not.toContain('secret')
      })

      it('name a missing parent as a conflict, a NUL character as a bad request and a wrong statement as internal', async () => {
        expect(await codeOf(database.query(`insert into integrations (id, company_id, name, created_at) values ('x', 'nobody', 'x', now())`))).toBe('conflict')
        expect(await codeOf(database.query('select $1::text', ['a\0b']))).toBe('bad_request')
        expect(await codeOf(database.query('selec 1'))).toBe('internal')
        expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
      })
    })

    describe('transactions', () => {
      const write = (key: string): [string, unknown[]] => ['insert into installation (key, value) values ($1, $2)', [key, Buffer.from('v')]]
      const has = async (key: string): Promise<boolean> => (await database.query('select 1 from installation where key = $1', [key])).length > 0

      it('keep everything or nothing', async () => {
        const [kept, dropped] = [randomUUID(), randomUUID()]
        expect(await database.transaction(async (sql) => { await sql.query(...write(kept)); return 7 })).toBe(7)
        await expect(database.transaction(async (sql) => { await sql.query(...write(dropped)); throw new Error('changed my mind') })).rejects.toThrow('changed my mind')
        expect([await has(kept), await has(dropped)]).toEqual([true, false])
      })

      it('refuse to commit after a failed statement that was passed over', async () => {
        const key = randomUUID()
        expect(await codeOf(database.transaction(async (sql) => {
          await sql.query(...write(key))
          await sql.query(...write(key)).catch(() => 'passed over')
        }))).toBe('internal')
        expect(await has(key)).toBe(false)
      })

      it('that run side by side never mix: an odd one rolls back alone, and each sees its own rows only', async () => {
        const group = randomUUID()
        await Promise.allSettled(Array.from({ length: 30 }, (_, index) => database.transaction(async (sql) => {
          await sql.query(...write(`${group}-${index}-a`))
          await new Promise(setImmediate)
          const mine = await sql.query<{ key: string }>(`select key from installation where key like $1 and key like '%-a' and xmin::text = pg_current_xact_id()::xid::text`, [`${group}%`])
          expect(mine.map((row) => row.key)).toEqual([`${group}-${index}-a`])
          await sql.query(...write(`${group}-${index}-b`))
          if (index % 2 === 1) throw new Error('odd')
        })))
        const rows = await database.query<{ key: string }>('select key from installation where key like $1', [`${group}%`])
        expect(rows.map((row) => row.key).sort()).toEqual(Array.from({ length: 15 }, (_, half) => [`${group}-${2 * half}-a`, `${group}-${2 * half}-b`]).flat().sort())
      })

      it('let no statement from outside in: single statements beside them see only what is committed', async () => {
        const key = randomUUID()
        const seen: boolean[] = []
        const started = Promise.withResolvers<true>()
        const inside = database.transaction(async (sql) => {
          await sql.query(...write(key))
          started.resolve(true)
          for (let turn = 0; turn < 5; turn++) await sql.query('select 1')
          throw new Error('rolled back')
        })
        await started.promise
        const outside = (async () => { for (let turn = 0; turn < 5; turn++) seen.push(await has(key)) })()
        await expect(inside).rejects.toThrow('rolled back')
        await outside
        expect(seen).toEqual([false, false, false, false, false])
      })

      it('refuse statements on the database itself, which would wait for ever on one connection', async () => {
        expect(await codeOf(database.transaction(() => database.query('select 1')))).toBe('internal')
        expect(await codeOf(database.transaction(() => database.transaction(() => Promise.resolve())))).toBe('internal')
        let late: (() => Promise<unknown>) | undefined
        await database.transaction(async (sql) => { late = () => sql.query('select 1') })
        expect(await codeOf(late?.() ?? Promise.resolve())).toBe('internal')
      })

      it('leave no setting behind for others', async () => {
        const before = await database.query('select current_setting($1) as v', ['work_mem'])
        await database.transaction((sql) => sql.query(`set local work_mem = '9MB'`))
        await database.transaction(async (sql) => { await sql.query(`set local work_mem = '9MB'`); throw new Error('no') }).catch((error: unknown) => expect(String(error)).toContain('no'))
        await database.transaction((sql) => sql.query('select 1'), { durable: false })
        for (let turn = 0; turn < 12; turn++) {
          expect(await database.query('select current_setting($1) as v', ['work_mem'])).toEqual(before)
          expect(await database.query(`select current_setting('synchronous_commit') as v`)).toEqual([{ v: 'on' }])
        }
      })

      it('are answered when they are on disk, unless they said that they need not be', async () => {
        const flushed = (sql = database): Promise<readonly { behind: boolean }[]> => sql.query('select pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() as behind')
        await database.transaction((sql) => sql.query(...write(randomUUID())), { durable: true })
        expect(await flushed()).toEqual([{ behind: false }])
      })
    })

    it('keeps every durable transaction it answered when the process is killed', async () => {
      const victim = empty.shared ? empty : await make()
      try {
        await (await open(victim)).close()
        const answered = await killWriter(victim, 40)
        const after = empty.shared ? database : await open(victim)
        const rows = await after.query<{ key: string }>(`select key from installation where key like 'durable-%'`)
        const kept = new Set(rows.map((row) => row.key))
        if (!empty.shared) await after.close()
        expect(answered).toBeGreaterThanOrEqual(40)
        for (let turn = 1; turn <= answered; turn++) expect(kept).toContain(`durable-${turn}`)
      } finally {
        if (!empty.shared) await victim.drop()
      }
    })

    it('is unavailable once it is closed, and closing twice is no harm', async () => {
      await database.close()
      await database.close()
      expect(await codeOf(database.query('select 1'))).toBe('engine_unavailable')
      expect(await codeOf(database.transaction(() => Promise.resolve()))).toBe('engine_unavailable')
    })
  })
}

/** Starts a writer, kills it in the middle of its work once it has said `atLeast` rows, and answers the last number it said. */
async function killWriter(victim: EmptyDatabase, atLeast: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../harness/durable-writer.ts'), JSON.stringify(victim.options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let answered = 0
  for await (const line of createInterface({ input: child.stdout })) {
    answered = Number(line)
    if (answered === atLeast) child.kill('SIGKILL')
  }
  await ended
  return answered
}
