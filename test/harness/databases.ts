/** Databases of a test's own on a PostgreSQL server, and what a backup of one is. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { run } from '../services/packages.ts'
import { install } from '../services/postgres.ts'

/** An empty database without tables on the server of this address. */
export async function emptyDatabase(address: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const url = new URL(address)
  const name = `aw_${randomUUID().replaceAll('-', '')}`
  await onServer(address, `create database ${name}`)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(address, `drop database ${name} with (force)`) }
}

/** Writes a backup of the database, as it is at this moment, to a file. */
export async function backUp(address: string, file: string): Promise<void> {
  await run(join(await install(), 'pg_dump'), ['--format=custom', `--file=${file}`, address])
}

/** Puts the backup in the database's place under whoever uses it: their connections end, and the next ones find the older rows. */
export async function restore(address: string, file: string): Promise<void> {
  const name = new URL(address).pathname.slice(1)
  const beside = new URL(address)
  beside.pathname = `/${name}_restored`
  const admin = new URL(address)
  admin.pathname = '/postgres'
  await onServer(admin.href, `create database ${name}_restored`)
  await run(join(await install(), 'pg_restore'), ['--exit-on-error', `--dbname=${beside.href}`, file])
  // A statement each, because none of them may stand in a transaction with others. Nobody can connect in between.
  await onServer(admin.href, `alter database ${name} with allow_connections false`)
  await onServer(admin.href, `drop database ${name} with (force)`)
  await onServer(admin.href, `alter database ${name}_restored rename to ${name}`)
}

async function onServer(address: string, sql: string): Promise<void> {
  const server = await openDatabase({ url: address, clock: systemClock, migrate: false })
  try {
    await server.query(sql)
  } finally {
    await server.close()
  }
}
