import { AppError } from '../../schemas/errors.ts'

/** SQLSTATEs that say the state of the data contradicts the statement. */
const CONFLICTS: Readonly<Record<string, string>> = {
  23505: 'it exists already',
  23503: 'it refers to something that does not exist, or something still refers to it',
  23514: 'a value is outside what the table allows',
  23502: 'a value is missing',
}

/** SQLSTATE classes and codes after which the same call may work: connection lost, resources, shutdown, deadlock and serialisation. */
const PASSING = /^(08|53|57P|40001|40P01|55P03)/

/** Texts pg throws without a SQLSTATE when the connection is gone or cannot be had. */
const GONE = /ECONN|ENOENT|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|Connection terminated|timeout exceeded when trying to connect|not queryable|connection error/i

/**
 * Gives what pg throws as an AppError: `conflict` (with `sqlstate`, `constraint`, `table`), `engine_unavailable` where trying again helps,
 * `bad_request` for text PostgreSQL cannot hold (a NUL character), else `internal`. Rows and parameters never enter it.
 */
export function toDatabaseError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const { code, constraint, table, message, position } = thrown as { code?: string; constraint?: string; table?: string; message?: string; position?: string }
  const text = message ?? String(thrown)
  const details = { sqlstate: code ?? null, constraint: constraint ?? null, table: table ?? null, position: position ?? null }
  const conflict = code === undefined ? undefined : CONFLICTS[code]
  if (conflict !== undefined) return new AppError('conflict', `${table ?? 'the database'} refuses it (${constraint ?? code}): ${conflict}`, { cause: thrown, details })
  if (code === '22P05' || code === '22021') return new AppError('bad_request', 'a text holds a NUL character, which the database cannot keep; remove it', { cause: thrown, details })
  if ((code !== undefined && PASSING.test(code)) || GONE.test(`${code ?? ''} ${text}`)) {
    return new AppError('engine_unavailable', `the database does not answer: ${text}`, { cause: thrown, details })
  }
  return new AppError('internal', `the database refused a statement: ${text}`, { cause: thrown, details })
}
