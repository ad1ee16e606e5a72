import { iso, type Sql } from '../queries/sql.ts'

/** The newest call of a connection and how it ended; null: none was made in the thirty days that are kept. */
export async function newestCall(sql: Sql, connectionId: string): Promise<{ readonly code: string | null; readonly error: string | null; readonly at: string } | null> {
  const [row] = await sql.query<{ code: string | null; error: string | null; at: string }>(
    `select error_code as code, error_text as error, ${iso('at')} as at from outside_calls where connection_id = $1 and direction = 'out' order by outside_calls.at desc limit 1`, [connectionId])
  return row ?? null
}
