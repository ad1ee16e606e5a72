import type pg from 'pg'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { SqlDatabase } from '../queries/sql.ts'
import { startMaintenance } from './maintenance.ts'
import { migrate } from './migrate.ts'
import { startPglite } from './pglite.ts'
import { poolDatabase } from './pool.ts'

/** Where the database says what people should read; fits a pino logger. */
export interface DatabaseLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/**
 * The database. `query` and `transaction` throw AppErrors: `conflict`, `engine_unavailable`, `bad_request`, `internal`. A statement outside a transaction is
 * one of its own and durable.
 */
export interface Database extends SqlDatabase {
  readonly kind: 'postgres' | 'pglite'
  /** Waits for statements under way, then lets go of server or directory. Statements after it throw `engine_unavailable`. */
  close(): Promise<void>
}

/** Which database to open: `url` names a PostgreSQL server, else PGlite keeps its files in `dataDir`. */
export interface DatabaseOptions {
  readonly url?: string | undefined
  readonly dataDir?: string | undefined
  readonly clock: Clock
  readonly log?: DatabaseLog | undefined
  /** Connections to a server at most, 10 by default. */
  readonly connectionsMax?: number | undefined
  /** False opens without applying migrations, for `aw doctor`; true by default. */
  readonly migrate?: boolean | undefined
}

const SILENT: DatabaseLog = { info() {}, warn() {}, error() {} }

/** How long a statement may wait for a connection before it fails with `engine_unavailable`. */
const CONNECTION_WAIT_MS = 30_000

/**
 * Opens the database and brings its tables up to date. Throws `engine_unavailable`, `engine_missing` (PGlite is not installed), `data_dir_locked`,
 * `migration_invalid`, `config_invalid` (neither url nor data directory).
 *
 * What a power loss can cost: nothing that a durable transaction (the default) answered. A transaction with `durable: false` returns
 * before its log is on disk; only rows that are derived from the log may be written so, and the reader position that is lost with
 * them makes them come again. On PGlite that is at most the last second, also when only the process is killed.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const log = options.log ?? SILENT
  const database = options.url !== undefined ? openServer(options.url, options.connectionsMax ?? 10, log) : await openEmbedded(options, log)
  try {
    await database.query('select 1')
    if (options.migrate !== false) {
      await migrate(database, { clock: options.clock, log })
      // A directory has one owner: whoever held a lease in it is dead, and waiting for its expiry would only make a restart slow.
      if (database.kind === 'pglite') await database.query('delete from leases')
    }
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

function openServer(url: string, connectionsMax: number, log: DatabaseLog): Database {
  return poolDatabase('postgres', { connectionString: url, max: connectionsMax, connectionTimeoutMillis: CONNECTION_WAIT_MS, keepAlive: true, application_name: 'alert-whisperer' }, log)
}

/**
 * One connection, not several: all connections of PGlite share one PostgreSQL session, so they could never do anything at the same time.
 * pglite-socket 0.2.17 was seen to keep four connections' statements and transactions apart (it holds everybody else back while one is
 * in a transaction, and a pipeline of Parse to Sync counts as one), but a setting made on one shows on all; with one connection the pool's own
 * queue gives the same isolation without leaning on that, and a statement inside somebody else's transaction is impossible by construction.
 */
async function openEmbedded(options: DatabaseOptions, log: DatabaseLog): Promise<Database> {
  if (options.dataDir === undefined) throw new AppError('config_invalid', 'the database has neither an address nor a data directory; set DATABASE_URL or AW_DATA_DIR')
  const server = await startPglite(options.dataDir)
  void server.lost.then((error) => log.error({ err: error }, 'the embedded database has ended'))
  const config: pg.PoolConfig = { host: server.socketDir, port: server.port, user: 'postgres', database: 'postgres', max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: CONNECTION_WAIT_MS }
  const database = poolDatabase('pglite', config, log)
  const maintenance = startMaintenance(database, options.clock, log)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await maintenance.stop()
    await database.close()
    await server.close()
  }
  return { ...database, close: () => (closing ??= close()) }
}
