import { AppError } from '../../schemas/errors.ts'

const NAME = /^[a-z][a-z0-9_]*$/
const TOKEN = /^[\w.:-]{1,200}$/

/**
 * Settings of every insert. One block per statement whatever its size, so that the token names all of it; views see the token too; no
 * buffering in the server, whose answer would then come before the rows are there.
 */
export function insertSettings(token: string): Record<string, string | number> {
  if (!TOKEN.test(token)) throw new AppError('internal', `a deduplication token has letters, digits and .:_- only, not ${JSON.stringify(token)}`)
  return { insert_deduplication_token: token, deduplicate_blocks_in_dependent_materialized_views: 1, async_insert: 0, min_insert_block_size_rows: 1_048_576, min_insert_block_size_bytes: 1_073_741_824 }
}

/** Refuses what is no plain lower-case name, because names stand in the text of a statement. */
export function checkNames(...names: readonly string[]): void {
  for (const name of names) if (!NAME.test(name)) throw new AppError('internal', `${JSON.stringify(name)} is no name of a table or column`)
}

/** The statement in front of JSONCompactEachRow lines. */
export function insertSql(table: string, columns: readonly string[], token: string): string {
  checkNames(table, ...columns)
  const settings = Object.entries(insertSettings(token)).map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`)
  return `insert into ${table} (${columns.join(', ')}) settings ${settings.join(', ')} format JSONCompactEachRow`
}
