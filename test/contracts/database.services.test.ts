import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { databaseContract, type EmptyDatabase } from './database.contract.ts'
import { projectorContract } from './projector.contract.ts'
import { announcementsContract } from './announcements.contract.ts'
import { relayContract } from './relay.contract.ts'

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
