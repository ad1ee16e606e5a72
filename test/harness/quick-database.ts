/** A database of its own for a test file that cuts no power, so that nothing waits for the disk. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { Database } from '../../storage/postgres/database.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { openCopiedDatabase } from './database-template.ts'

/** Opens one before the tests of the file that calls this, and removes it after them. */
export function quickDatabase(): SqlDatabase {
  let dataDir: string
  let database: Database
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'quick-database-'))
    database = await openCopiedDatabase({ dataDir, clock: systemClock })
  })
  afterAll(async () => {
    await database.close()
    rmSync(dataDir, { recursive: true })
  })
  return {
    query: (text, params) => database.transaction((sql) => sql.query(text, params), { durable: false }),
    transaction: (work) => database.transaction(work, { durable: false }),
  }
}
