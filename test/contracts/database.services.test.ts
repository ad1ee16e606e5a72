import { randomUUID } from 'node:crypto'
import { expect, inject, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { auditContract } from './audit.contract.ts'
import { callGateContract } from './call-gate.contract.ts'
import { callsContract } from './calls.contract.ts'
import { cloudAccountsContract } from './cloud-accounts.contract.ts'
import { connectionsContract } from './connections.contract.ts'
import { databaseContract, type EmptyDatabase } from './database.contract.ts'
import { guardFactsContract } from './guard-facts.contract.ts'
import { projectorContract } from './projector.contract.ts'
import { analysesContract } from './analyses.contract.ts'
import { runbooksContract } from './runbooks.contract.ts'
import { runsContract } from './runs.contract.ts'
import { remediationQueueContract } from './remediation-queue.contract.ts'
import { announcementsContract } from './announcements.contract.ts'
import { relayContract } from './relay.contract.ts'
import { ticketSyncContract } from './ticket-sync.contract.ts'
import { outboxDeskContract } from './outbox-desk.contract.ts'
import { vaultContract } from './vault.contract.ts'
import { ticketOutboxContract } from './ticket-outbox.contract.ts'

/** A database of its own on the server, so that suites do not meet. */
async function emptyOnServer(): Promise<EmptyDatabase> {
  const url = new URL(inject('addresses').DATABASE_URL)
  const name = `aw_${randomUUID().replaceAll('-', '')}`
  const admin = await openDatabase({ url: url.href, clock: systemClock, migrate: false })
  await admin.query(`create database ${name}`)
  url.pathname = `/${name}`
  return {
    options: { url: url.href },
    shared: true,
    async drop() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.close()
    },
  }
}

databaseContract('PostgreSQL', emptyOnServer)
projectorContract('PostgreSQL', emptyOnServer)
relayContract('PostgreSQL', emptyOnServer)
announcementsContract('PostgreSQL', emptyOnServer)
analysesContract('PostgreSQL', emptyOnServer)
runbooksContract('PostgreSQL', emptyOnServer)
runsContract('PostgreSQL', emptyOnServer)
remediationQueueContract('PostgreSQL', emptyOnServer)
auditContract('PostgreSQL', emptyOnServer)
guardFactsContract('PostgreSQL', emptyOnServer)
cloudAccountsContract('PostgreSQL', emptyOnServer)
connectionsContract('PostgreSQL', emptyOnServer)
vaultContract('PostgreSQL', emptyOnServer)
callsContract('PostgreSQL', emptyOnServer)
callGateContract('PostgreSQL', emptyOnServer)
ticketOutboxContract('PostgreSQL', emptyOnServer)
outboxDeskContract('PostgreSQL', emptyOnServer)
ticketSyncContract('PostgreSQL', emptyOnServer)

it('outlives a server that closes a connection between two statements of a transaction', async () => {
  const empty = await emptyOnServer()
  const database = await openDatabase({ ...empty.options, clock: systemClock, connectionsMax: 2 })
  try {
    const broken = database.transaction(async (sql) => {
      const [own] = await sql.query<{ pid: number }>('select pg_backend_pid() as pid')
      const other = await openDatabase({ ...empty.options, clock: systemClock, migrate: false })
      await other.query('select pg_terminate_backend($1)', [own?.pid])
      await expect.poll(async () => (await other.query('select 1 from pg_stat_activity where pid = $1', [own?.pid])).length).toBe(0)
      await other.close()
      // The news must have come in before the next statement asks.
      await new Promise((resolve) => setTimeout(resolve, 200))
      return sql.query('select 1')
    })
    await expect(broken).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    await database.close()
    await empty.drop()
  }
})
