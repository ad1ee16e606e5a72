/**
 * A data directory of the embedded PostgreSQL as its first start leaves it, made once and copied: initdb and the migrations cost seconds of a core, the copy
 * a tenth of one. What only a first start does is seen by `test/contracts/database.test.ts`, `test/acceptance/onboarding.test.ts`, the services tier and the smoke test.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock, type Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { lockDataDir, type DataDirLock } from '../../storage/data-dir.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { readMigrations } from '../../storage/postgres/migrate.ts'
import { DURABLE_START_PARAMS } from '../../storage/postgres/ordered-files.ts'

const modules = join(import.meta.dirname, '../../node_modules')

/** Beside what other tools keep, so that `npm ci` starts anew. */
const CACHE = join(modules, '.cache', 'alert-whisperer')

/** Every file that decides what a first start leaves; another release of one of them gets a template of its own. */
const key = (): string => createHash('sha256')
  .update(readFileSync(join(modules, '@electric-sql/pglite/package.json')))
  .update(JSON.stringify([DURABLE_START_PARAMS, readMigrations().map(({ checksum }) => checksum)]))
  .digest('hex').slice(0, 16)

/** Puts an embedded database, migrated and without rows, into a data directory that has none yet. */
export async function putDatabase(dataDir: string): Promise<void> {
  const template = join(CACHE, `postgres-${key()}`)
  if (!existsSync(template)) await makeTemplate(template)
  // The write-ahead log and all: it is what an ordered stop leaves.
  cpSync(template, join(dataDir, 'postgres'), { recursive: true })
}

/** Opens the database of a data directory that has none yet: as `openDatabase` does, without the work of a first start. */
export async function openCopiedDatabase(options: { readonly dataDir: string; readonly clock: Clock }): Promise<Database> {
  await putDatabase(options.dataDir)
  return openDatabase(options)
}

/** A data directory with such a database, as contracts that run over several engines take it. */
export async function copiedDirectory(): Promise<{ options: { dataDir: string }; shared: false; drop: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'database-'))
  await putDatabase(dataDir)
  return { options: { dataDir }, shared: false, drop: async () => rmSync(dataDir, { recursive: true }) }
}

/** Test files run side by side: the first to come makes it, the others wait for its lock, which the kernel drops should it die. */
async function makeTemplate(template: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true })
  const lock = await whenFree()
  try {
    if (existsSync(template)) return
    const making = `${template}.making`
    rmSync(making, { recursive: true, force: true })
    await (await openDatabase({ dataDir: making, clock: systemClock })).close()
    renameSync(join(making, 'postgres'), template)
    rmSync(making, { recursive: true })
  } finally {
    lock.release()
  }
}

async function whenFree(): Promise<DataDirLock> {
  for (;;) {
    try {
      return lockDataDir(CACHE, 'postgres.lock')
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'data_dir_locked') throw error
      await delay(50)
    }
  }
}
