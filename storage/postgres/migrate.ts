import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Sql, SqlDatabase } from '../queries/sql.ts'
import type { DatabaseLog } from './database.ts'

/** A migration as it lies in the folder: its number, file name, SHA-256 and text. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly text: string
}

/** Where the migrations of the release lie. */
export const MIGRATIONS_DIR = join(import.meta.dirname, '..', 'migrations', 'postgres')

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/

/** Reads a folder of `0001-words.sql` files. Throws `migration_invalid` for another name, a missing number or one given twice. */
export function readMigrations(dir: string = MIGRATIONS_DIR): readonly Migration[] {
  return readdirSync(dir).sort().map((name, index) => {
    const number = Number(FILE_NAME.exec(name)?.[1])
    if (number !== index + 1) throw new AppError('migration_invalid', `${name} stands where migration ${String(index + 1).padStart(4, '0')}-….sql is expected; numbers have no gaps`)
    const text = readFileSync(join(dir, name), 'utf8')
    return { number, name, checksum: createHash('sha256').update(text).digest('hex'), text }
  })
}

/**
 * Applies the migrations the database does not have, each in a transaction of its own together with its row in `schema_migrations`. Any number of
 * processes may call it at once. Throws `migration_invalid` when an applied file was edited, or is missing because the database is newer than this release.
 */
export async function migrate(database: SqlDatabase, options: { readonly clock: Clock; readonly log?: DatabaseLog | undefined; readonly dir?: string | undefined }): Promise<void> {
  const migrations = readMigrations(options.dir)
  await makeTable(database)
  for (;;) {
    const next = await database.transaction(async (sql) => {
      // The lock ends with the transaction, so a killed process holds nobody up; whoever waits here then sees what the other has applied.
      await sql.query('lock table schema_migrations in access exclusive mode')
      const due = migrations[await countApplied(sql, migrations)]
      if (due === undefined) return undefined
      await sql.query(due.text)
      await sql.query('insert into schema_migrations (number, name, checksum, applied_at) values ($1, $2, $3, to_timestamp($4::float8 / 1000))', [due.number, due.name, due.checksum, options.clock.now()])
      return due
    })
    if (next === undefined) return
    options.log?.info({ migration: next.name }, 'applied a migration')
  }
}

/** `if not exists` still lets two creators collide in the catalogue; the loser finds the table made. */
async function makeTable(database: SqlDatabase): Promise<void> {
  try {
    await database.query('create table if not exists schema_migrations (number int primary key, name text not null, checksum text not null, applied_at timestamptz not null)')
  } catch (error) {
    const [found] = await database.query<{ made: boolean }>(`select to_regclass('schema_migrations') is not null as made`)
    if (found?.made !== true) throw error
  }
}

async function countApplied(sql: Sql, migrations: readonly Migration[]): Promise<number> {
  const applied = await sql.query<{ number: number; name: string; checksum: string }>('select number, name, checksum from schema_migrations order by number')
  applied.forEach((row, index) => {
    const file = migrations[index]
    if (file === undefined || row.number !== file.number || row.name !== file.name) {
      throw new AppError('migration_invalid', `the database has migration ${row.name}, which this release does not; run the newer release, or restore the database from before it`)
    }
    if (row.checksum !== file.checksum) {
      throw new AppError('migration_invalid', `migration ${row.name} was edited after it was applied; put the released text back and write the change as a new migration`)
    }
  })
  return applied.length
}
