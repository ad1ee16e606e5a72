/**
 * Analytics on chDB: the ClickHouse engine in this process, through the same client.
 *
 * Measured on two cores with ledger rows of 520 bytes (chDB 26.7): statements run on libuv's threads and do not hold the event loop
 * (1.8 ms of delay beside a query of 3 s), so no worker thread is needed. One connection runs one statement at a time, two run side by
 * side, so writing and reading have one each. The client's own insert turns the bytes into one more string and its SQL text into another
 * (90,000 rows a second in batches of 20,000, 45 ms of held loop); chDB's raw insert takes the bytes as they are: JSONEachRow 135,000,
 * JSONCompactEachRow 150,000. Binary formats (RowBinary, Avro) can be had by neither path.
 */
import { mkdirSync } from 'node:fs'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import type * as ChdbModule from 'chdb/connection'
import { AppError } from '../../schemas/errors.ts'
import type { Analytics } from './analytics.ts'
import { checkNames, insertSettings } from './insert-sql.ts'
import { explained, QUERY_SETTINGS, rowsOf } from './server.ts'

/** Opens the engine on a directory, making it where missing. Throws `engine_missing` where chDB is not installed. */
export async function openChdb(path: string): Promise<Analytics> {
  const { createChdbConnection } = await loadChdb()
  mkdirSync(path, { recursive: true })
  return explained('opening the embedded ClickHouse engine', async () => {
    const writing = createChdbConnection({ path })
    const reading = createChdbConnection({ path })
    const writer = clientOver(writing)
    const reader = clientOver(reading)
    return {
      isEmbedded: true,
      insert: ({ table, columns, lines }, token) =>
        explained(`inserting into ${table}`, async () => {
          checkNames(table, ...columns)
          await writing.chdb.rawInsert({ table, columns, values: lines, format: 'JSONCompactEachRow', settings: insertSettings(token) })
        }),
      query: (sql, params = {}) => explained('querying analytics', () => rowsOf(reader, sql, params)),
      command: (sql) => explained('changing analytics', async () => {
        await writer.command({ query: sql })
      }),
      close: async () => {
        await reader.close()
        await writer.close()
      },
    }
  })
}

type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

/** The client carries its own copy of the types that chDB takes from client-common, so the shape is checked here and not by the compiler. */
function isClientConnection(connection: object): connection is ClientConnection {
  return ['ping', 'query', 'insert', 'command', 'exec', 'close'].every((method) => method in connection)
}

function clientOver(connection: object): ClickHouseClient {
  if (!isClientConnection(connection)) throw new AppError('engine_missing', 'the installed chdb does not fit @clickhouse/client; install the pinned versions with npm ci')
  return createClient({ connection, clickhouse_settings: QUERY_SETTINGS })
}

async function loadChdb(): Promise<Pick<typeof ChdbModule, 'createChdbConnection'>> {
  try {
    return await import('chdb/connection')
  } catch (cause) {
    throw new AppError('engine_missing', 'the embedded ClickHouse engine (chdb) is not installed for this platform; run npm ci with optional dependencies, or set CLICKHOUSE_URL', { cause })
  }
}
