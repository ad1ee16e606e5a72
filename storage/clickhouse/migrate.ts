/**
 * Brings the analytics tables up to date. ClickHouse has no transactional DDL, so each statement may run twice: a migration that broke off
 * runs again from its start, and two processes that start together do no harm.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../schemas/errors.ts'
import type { Analytics } from './analytics.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations', 'clickhouse')
const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/

/** One migration file. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** The migrations of a folder by number. Throws `migration_invalid` where a number is missing or stands twice. */
export function readMigrations(folder: string = FOLDER): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => FILE.test(name)).sort()
  return names.map((name, index) => {
    const number = Number(FILE.exec(name)?.[1])
    if (number !== index + 1) throw new AppError('migration_invalid', `${name}: the migration after ${index} must have number ${index + 1}`)
    return { number, name, sql: readFileSync(join(folder, name), 'utf8') }
  })
}

/** Applies what is missing and answers the names. Throws `migration_invalid` where an applied file was edited since. */
export async function migrateAnalytics(analytics: Pick<Analytics, 'command' | 'query' | 'insert'>, migrations: readonly Migration[] = readMigrations()): Promise<readonly string[]> {
  await analytics.command(`create table if not exists schema_migrations_v1 (number UInt32, name String, checksum String, applied_at DateTime('UTC') default now())
    engine = ReplacingMergeTree order by number settings non_replicated_deduplication_window = 1000`)
  const rows = await analytics.query<{ number: number; checksum: string }>('select number, checksum from schema_migrations_v1 final order by number')
  const checksums = new Map(rows.map((row) => [row.number, row.checksum]))
  const applied: string[] = []
  for (const migration of migrations) {
    const checksum = createHash('sha256').update(migration.sql).digest('hex')
    const known = checksums.get(migration.number)
    if (known === checksum) continue
    if (known !== undefined) throw new AppError('migration_invalid', `${migration.name} was edited after it was applied; restore it and write the change as a new migration`)
    for (const statement of statementsOf(migration.sql)) await analytics.command(statement)
    const lines = Buffer.from(JSON.stringify([migration.number, migration.name, checksum]))
    await analytics.insert({ table: 'schema_migrations_v1', columns: ['number', 'name', 'checksum'], lines }, `migration-${migration.number}`)
    applied.push(migration.name)
  }
  return applied
}

/** Statements end with a semicolon at the end of a line; lines of comment are left out. */
export function statementsOf(sql: string): readonly string[] {
  const text = sql.split('\n').filter((line) => !line.startsWith('--')).join('\n')
  return text.split(/;\s*$/m).map((statement) => statement.trim()).filter((statement) => statement !== '')
}
