import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { AppError } from '../../schemas/errors.ts'
import type { Sql } from '../queries/sql.ts'
import { toDatabaseError } from './database-errors.ts'
import type { Database, DatabaseLog } from './database.ts'
import { typeParsers } from './type-parsers.ts'

/** Whether the code that is running stands inside a transaction's function. */
interface Scope {
  open: boolean
}

/** The database port over a pg pool; both engines go through here. */
export function poolDatabase(kind: Database['kind'], config: pg.PoolConfig, log: DatabaseLog): Database {
  const pool = new pg.Pool({ ...config, types: typeParsers })
  // An idle connection that the server closes: the pool drops it and the next statement opens another.
  pool.on('error', (error) => log.warn({ err: error }, 'the database closed an idle connection'))
  // One that is in use, between two statements: the pool does not listen then, and an error nobody hears ends the process. The next statement fails instead.
  pool.on('connect', (client) => client.on('error', (error) => log.warn({ err: error }, 'the database closed a connection')))
  const scopes = new AsyncLocalStorage<Scope>()
  let closing: Promise<void> | undefined

  /** With PGlite's one connection this would wait for itself for ever; refusing it on both engines shows the mistake in the first test. */
  function refuseInside(what: string): void {
    if (scopes.getStore()?.open === true) throw new AppError('internal', `${what} inside a transaction: use the handle the transaction was given`)
  }

  async function connect(): Promise<pg.PoolClient> {
    if (closing !== undefined) throw new AppError('engine_unavailable', 'the database is closed; the program is stopping')
    try {
      return await pool.connect()
    } catch (error) {
      throw toDatabaseError(error)
    }
  }

  return {
    kind,

    async query<R>(text: string, params: readonly unknown[] = []): Promise<readonly R[]> {
      refuseInside('a statement of its own')
      const client = await connect()
      return release(client, () => run<R>(client, text, params))
    },

    async transaction<T>(work: (sql: Sql) => Promise<T>, options: { readonly durable?: boolean } = {}): Promise<T> {
      refuseInside('a second transaction')
      const scope: Scope = { open: true }
      const client = await connect()
      return release(client, async () => {
        await run(client, options.durable === false ? 'begin; set local synchronous_commit = off' : 'begin', [])
        const answer = await attempt(client, scopes, scope, work)
        const end = await client.query('commit').catch((error: unknown) => { throw toDatabaseError(error) })
        // PostgreSQL answers COMMIT with ROLLBACK when a statement failed and the function went on regardless.
        if (end.command !== 'COMMIT') throw new AppError('internal', 'a transaction went on after a failed statement; nothing of it was kept')
        return answer
      })
    },

    close: () => (closing ??= pool.end()),
  }
}

async function attempt<T>(client: pg.PoolClient, scopes: AsyncLocalStorage<Scope>, scope: Scope, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql: Sql = {
    async query<R>(text: string, params: readonly unknown[] = []): Promise<readonly R[]> {
      if (!scope.open) throw new AppError('internal', 'a statement on a transaction that has ended; await every statement inside it')
      return run<R>(client, text, params)
    },
  }
  try {
    return await scopes.run(scope, () => work(sql))
  } catch (error) {
    scope.open = false
    await run(client, 'rollback', [])
    throw error
  } finally {
    scope.open = false
  }
}

/** Gives the connection back; after `engine_unavailable` it is closed instead, since nobody knows what state it is in. */
async function release<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  try {
    const answer = await work()
    client.release()
    return answer
  } catch (error) {
    client.release(error instanceof AppError && error.code === 'engine_unavailable')
    throw error
  }
}

async function run<R>(client: pg.PoolClient, text: string, params: readonly unknown[]): Promise<readonly R[]> {
  try {
    // Without parameters pg takes the simple protocol, which is also what lets a migration hold several statements.
    const result = await (params.length === 0 ? client.query(text) : client.query(text, [...params]))
    return result.rows as R[]
  } catch (error) {
    throw toDatabaseError(error)
  }
}
