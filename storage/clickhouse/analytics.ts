/** The analytics port and who serves it: a ClickHouse server by address, else the ClickHouse engine in this process. */
import { join } from 'node:path'
import { AppError } from '../../schemas/errors.ts'
import { openChdb } from './chdb.ts'
import { migrateAnalytics } from './migrate.ts'
import { openServer } from './server.ts'

/** Values bound to the `{name:Type}` places of a statement; never glued into its text. Times go as milliseconds in Int64. */
export type QueryParams = Readonly<Record<string, string | number | readonly string[]>>

/** Rows for one table in JSONCompactEachRow: each line is a JSON array in the order of `columns`. */
export interface TableRows {
  readonly table: string
  readonly columns: readonly string[]
  readonly lines: Buffer
}

/** The analytics port. Both engines take the same SQL. */
export interface Analytics {
  /** True for the engine in this process; for `aw doctor` only. */
  readonly isEmbedded: boolean
  /** Inserts the rows as one block; a block with a token the table has seen changes nothing, in views neither. Throws `engine_unavailable`, or `internal` naming the table. */
  insert(rows: TableRows, token: string): Promise<void>
  /** The rows of a query. */
  query<T>(sql: string, params?: QueryParams): Promise<T[]>
  /** Runs one statement that answers nothing. */
  command(sql: string): Promise<void>
  close(): Promise<void>
}

/** Where a person should read what the engine has to say. */
export interface AnalyticsLog {
  info(fields: object, message: string): void
}

/** A server's address (with credentials and database), or the directory of the embedded engine. */
export interface AnalyticsOptions {
  readonly url?: string
  /** The program's data directory; the engine lives in `clickhouse` below it. The caller holds its lock: two processes on one directory destroy data. */
  readonly dataDir?: string
  readonly log?: AnalyticsLog
}

/** Opens the engine and brings its tables up to date. Throws `engine_missing`, `engine_unavailable`, `migration_invalid`. */
export async function openAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const analytics = await openEngine(options)
  try {
    const applied = await migrateAnalytics(analytics)
    if (applied.length > 0) options.log?.info({ applied }, 'analytics tables are up to date')
  } catch (thrown) {
    await analytics.close()
    throw thrown
  }
  return analytics
}

function openEngine({ url, dataDir }: AnalyticsOptions): Promise<Analytics> {
  if (url !== undefined) return openServer(url)
  if (dataDir === undefined) throw new AppError('config_invalid', 'analytics need CLICKHOUSE_URL or a data directory')
  return openChdb(join(dataDir, 'clickhouse'))
}
