import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { describe, expect, it } from 'vitest'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { DURABLE_START_PARAMS, OrderedFiles } from '../../storage/postgres/ordered-files.ts'
import { copiedDirectory, openCopiedDatabase } from '../harness/database-template.ts'
import { analysesContract } from './analyses.contract.ts'
import { runbooksContract } from './runbooks.contract.ts'
import { runsContract } from './runs.contract.ts'
import { remediationQueueContract } from './remediation-queue.contract.ts'
import { announcementsContract } from './announcements.contract.ts'
import { auditContract } from './audit.contract.ts'
import { callGateContract } from './call-gate.contract.ts'
import { callsContract } from './calls.contract.ts'
import { cloudAccountsContract } from './cloud-accounts.contract.ts'
import { databaseContract, type EmptyDatabase } from './database.contract.ts'
import { guardFactsContract } from './guard-facts.contract.ts'
import { projectorContract } from './projector.contract.ts'
import { relayContract } from './relay.contract.ts'
import { ticketSyncContract } from './ticket-sync.contract.ts'

function emptyDirectory(): Promise<EmptyDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'database-'))
  return Promise.resolve({ options: { dataDir }, shared: false, drop: () => Promise.resolve(rmSync(dataDir, { recursive: true })) })
}

databaseContract('PGlite', emptyDirectory)
projectorContract('PGlite', copiedDirectory)
relayContract('PGlite', copiedDirectory)
announcementsContract('PGlite', copiedDirectory)
analysesContract('PGlite', copiedDirectory)
runbooksContract('PGlite', copiedDirectory)
runsContract('PGlite', copiedDirectory)
remediationQueueContract('PGlite', copiedDirectory)
ticketSyncContract('PGlite', copiedDirectory)
auditContract('PGlite', copiedDirectory)
guardFactsContract('PGlite', copiedDirectory)
cloudAccountsContract('PGlite', copiedDirectory)
callsContract('PGlite', copiedDirectory)
callGateContract('PGlite', copiedDirectory)

describe('a directory of PGlite', () => {
  it('is synced by PostgreSQL itself: at each durable commit, and not at the others', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'database-'))
    const files = new OrderedFiles(dir)
    const engine = await PGlite.create({ fs: files, startParams: [...DURABLE_START_PARAMS] })
    await engine.exec('create table t (id int)')
    const before = files.syncs
    for (let turn = 0; turn < 5; turn++) await engine.query('insert into t values (1)')
    expect(files.syncs - before).toBe(5)
    for (let turn = 0; turn < 5; turn++) await engine.transaction(async (tx) => { await tx.exec('set local synchronous_commit = off'); await tx.query('insert into t values (1)') })
    expect(files.syncs - before).toBe(5)
    await engine.exec('checkpoint')
    expect(files.syncs - before).toBeGreaterThan(6)
    await engine.close()
    rmSync(dir, { recursive: true })
  })

  it('is kept in order without background processes: what need not wait for the disk reaches it in a second, dead rows go, the log stays short', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'database-'))
    const clock = new TestClock()
    const database = await openCopiedDatabase({ dataDir, clock })
    const one = async <R>(sql: string): Promise<R | undefined> => (await database.query<R>(sql))[0]
    const isBehind = async (): Promise<boolean | undefined> => (await one<{ behind: boolean }>('select pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() as behind'))?.behind
    await database.transaction((sql) => sql.query(`insert into installation (key, value) values ('later', 'v')`), { durable: false })
    expect(await isBehind()).toBe(true)
    await expect.poll(() => { clock.tick(1_000); return isBehind() }, { interval: 20 }).toBe(false)

    await database.query('create table churn as select i as id, repeat(md5(i::text), 40) as text from generate_series(1, 30000) i; update churn set id = -id')
    const state = (): Promise<{ dead: number; short: boolean } | undefined> => one(
      `select n_dead_tup as dead, (select pg_current_wal_insert_lsn() - redo_lsn < 16000000 from pg_control_checkpoint()) as short from pg_stat_user_tables where relname = 'churn'`,
    )
    // Counts of dead rows are told by the backend a little later.
    await expect.poll(async () => (await state())?.dead, { interval: 50 }).toBe(30_000)
    expect((await state())?.short).toBe(false)
    await expect.poll(() => { clock.tick(1_000); return state() }, { interval: 5 }).toEqual({ dead: 0, short: true })
    await database.close()
    rmSync(dataDir, { recursive: true })
  })

  it('has one owner, is made anew when its first start was killed half-way, and keeps its rows over a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), `database-${'long-name-'.repeat(9)}`))
    const half = join(dataDir, 'postgres')
    mkdirSync(half)
    writeFileSync(join(half, 'PG_VERSION'), '18\n')
    const first = await openDatabase({ dataDir, clock: systemClock })
    expect(existsSync(join(dataDir, 'postgres.unfinished', 'PG_VERSION'))).toBe(true)
    await expect(openDatabase({ dataDir, clock: systemClock })).rejects.toMatchObject({ code: 'data_dir_locked' })
    await first.query(`insert into installation (key, value) values ('kept', 'v')`)
    await first.close()
    const second = await openDatabase({ dataDir, clock: systemClock })
    expect(await second.query('select key from installation')).toEqual([{ key: 'kept' }])
    await second.close()
    expect(readdirSync(dataDir).filter((name) => name.includes('socket') || name.endsWith('.pid'))).toEqual([])
    rmSync(dataDir, { recursive: true })
  })
})
