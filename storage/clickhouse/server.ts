/** Analytics on a ClickHouse server. */
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { AppError } from '../../schemas/errors.ts'
import type { Analytics } from './analytics.ts'
import { insertSql } from './insert-sql.ts'

const REQUEST_TIMEOUT_MS = 60_000

/** Sums come as numbers: positions stay below 2^53 by construction (schemas/position.ts). */
export const QUERY_SETTINGS = { output_format_json_quote_64bit_integers: 0 } as const

/** Connects to a server and asks it for a sign of life. Throws `engine_unavailable`. */
export async function openServer(url: string): Promise<Analytics> {
  const client = createClient({ url, request_timeout: REQUEST_TIMEOUT_MS, application: 'alert-whisperer', log: { level: ClickHouseLogLevel.OFF }, clickhouse_settings: QUERY_SETTINGS })
  const ping = await client.ping({ select: true })
  if (!ping.success) {
    await client.close()
    throw new AppError('engine_unavailable', `ClickHouse at ${new URL(url).host} does not answer: ${ping.error.message}; check CLICKHOUSE_URL`, { cause: ping.error })
  }
  return {
    isEmbedded: false,
    insert: (rows, token) =>
      explained(`inserting into ${rows.table}`, async () => {
        const { stream } = await client.exec({ query: insertSql(rows.table, rows.columns, token), values: Readable.from([rows.lines], { objectMode: false }) })
        // The answer is empty, but the connection is free only when it has been read.
        stream.resume()
        await finished(stream)
      }),
    query: (sql, params = {}) => explained('querying analytics', () => rowsOf(client, sql, params)),
    command: (sql) => explained('changing analytics', async () => {
      await client.command({ query: sql })
    }),
    close: () => client.close(),
  }
}

/** Runs a query through the client, on either engine. */
export async function rowsOf<T>(client: ClickHouseClient, sql: string, params: Readonly<Record<string, unknown>>): Promise<T[]> {
  const result = await client.query({ query: sql, query_params: params, format: 'JSONEachRow' })
  return result.json<T>()
}

/** Says which of our acts failed; what the engine itself refuses is `internal`, everything else means it did not answer. */
export async function explained<T>(act: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    const isRefused = thrown instanceof Error && (thrown.constructor.name === 'ClickHouseError' || text.includes('DB::Exception'))
    throw new AppError(isRefused ? 'internal' : 'engine_unavailable', `${act}: ${text.slice(0, 2_000)}`, { cause: thrown })
  }
}
