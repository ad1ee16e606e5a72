/** Small helpers that keep the queries of this folder alike. */
import { AppError } from '../../schemas/errors.ts'

/** Runs one statement and answers its rows. */
export interface Sql {
  query<R>(text: string, params?: readonly unknown[]): Promise<readonly R[]>
}

/** The database: single statements, and transactions. A durable one is on disk when it resolves. */
export interface SqlDatabase extends Sql {
  transaction<T>(work: (sql: Sql) => Promise<T>, options?: { readonly durable?: boolean }): Promise<T>
}

/** Collects the parameters of a statement that is put together from parts. */
export class Params {
  readonly values: unknown[] = []

  /** Adds a value and answers its placeholder. */
  add(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

/** A timestamp column as ISO 8601 text in UTC with milliseconds, null where it is null. */
export function iso(column: string): string {
  return `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** A placeholder holding milliseconds since the epoch, as a timestamp. */
export function atMs(placeholder: string): string {
  return `to_timestamp(${placeholder}::float8 / 1000)`
}

/** A bigint column as a number; exact to 2^53, which versions and counts stay under. */
export function whole(column: string): string {
  return `${column}::float8`
}

/** Escapes what `like` reads as a wildcard. */
export function likeText(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** An opaque cursor holding the last key of a page. */
export function encodeCursor(key: string | number): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key in a cursor. Throws `bad_request` for a cursor we did not give. */
export function decodeCursor<K extends 'string' | 'number'>(cursor: string, kind: K): K extends 'string' ? string : number
export function decodeCursor(cursor: string, kind: 'string' | 'number'): string | number {
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (cause) {
    throw foreignCursor(cause)
  }
  const fits = kind === 'number' ? Number.isSafeInteger(key) : typeof key === 'string' && !key.includes('\0')
  if (!fits) throw foreignCursor()
  return key as string | number
}

/** Largest partition a column of the fact tables can hold. */
export const PARTITION_MAX = 2 ** 32 - 1

/** A whole number from 0 that stands in a cursor as text. Throws `bad_request` for anything else, which no engine shall be asked with. */
export function cursorNumber(text: string | undefined, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value) || value > most) throw foreignCursor()
  return value
}

function foreignCursor(cause?: unknown): AppError {
  return new AppError('bad_request', 'cursor is none of ours; take it from "next" of the page before', cause === undefined ? {} : { cause })
}

/** Cuts a result read with `limit + 1` into a page. */
export function toPage<R>(rows: readonly R[], limit: number, keyOf: (row: R) => string | number): { items: readonly R[]; next: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null }
}
