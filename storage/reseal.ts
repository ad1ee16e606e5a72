/**
 * Seals everything anew that is sealed anywhere in the database, after the master key was changed.
 *
 * Nothing is written down of how far it got: what opens under the new key is done, so it may be ended at any point, by a kill too, and begun again by anybody. A row is
 * written only if it still holds what was read, so nothing that changes meanwhile is lost; a pass that met such a row is followed by another.
 */
import { AppError } from '../schemas/errors.ts'
import type { SqlDatabase } from './queries/sql.ts'
import { resealed, type KeyRing } from './secret-box.ts'

/** A column that holds sealed bytes. `bound` names what its ciphertexts are bound to, by the row's key. */
export interface SealedColumn {
  readonly table: string
  /** SQL that gives the row's key as text. */
  readonly key: string
  readonly column: string
  readonly bound: (key: string) => string
}

const byId = (table: string, column: string): SealedColumn => ({ table, key: 'id', column, bound: (id) => id })
const byColumn = (column: string): SealedColumn => ({ table: 'connections', key: 'id', column, bound: (id) => `${id} ${column}` })

/** Every sealed column there is; a test compares it with the columns of the database. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'installation', key: 'key', column: 'value', bound: (key) => key },
  byId('integration_keys', 'hmac_secret'), byId('integration_vendor_secrets', 'secret'), byId('cloud_accounts', 'secret'), byId('notice_channels', 'address'),
  byColumn('secrets'), byColumn('tokens'), byColumn('webhook_secret'), byColumn('hook_key'),
  { table: 'oauth_states', key: `encode(state_hash, 'hex')`, column: 'verifier', bound: (hash) => `${hash} verifier` },
]

const BATCH_ROWS = 200

/** How a pass went. */
export interface ResealPass {
  /** Secrets there are. */
  readonly sealed: number
  /** Of these, sealed anew by this pass. */
  readonly done: number
  /** Changed by somebody while they were sealed anew: another pass will see to them. */
  readonly missed: number
  /** Open under no key we have; `table.column key`, at most 20 named. */
  readonly unreadable: readonly string[]
  readonly unreadableCount: number
}

const NAMED_MAX = 20

/** One pass over everything. With `dry` nothing is written, and `done` tells how many are still under another key. `after` is awaited after each batch. */
export async function reseal(db: SqlDatabase, ring: KeyRing, options: { readonly dry?: boolean; readonly batchRows?: number; readonly signal?: AbortSignal; readonly after?: (done: number) => Promise<void> } = {}): Promise<ResealPass> {
  const { dry = false, batchRows = BATCH_ROWS, signal, after } = options
  const unreadable: string[] = []
  let [sealed, done, missed, unreadableCount] = [0, 0, 0, 0]
  for (const { table, key, column, bound } of SEALED_COLUMNS) {
    for (let last = ''; ;) {
      if (signal?.aborted === true) throw new AppError('engine_unavailable', 'the program is stopping; the rest is sealed anew at the next start')
      const rows = await db.query<{ key: string; sealed: Uint8Array }>(`select ${key} as key, ${column} as sealed from ${table} where ${column} is not null and ${key} > $1 order by ${key} limit $2`, [last, batchRows])
      const changed: { key: string; from: Buffer; to: Buffer }[] = []
      for (const row of rows) {
        sealed += 1
        const from = Buffer.from(row.sealed)
        const to = attempt(ring, from, bound(row.key))
        if (to === 'unreadable') {
          unreadableCount += 1
          if (unreadable.length < NAMED_MAX) unreadable.push(`${table}.${column} ${row.key}`)
        } else if (to !== null) changed.push({ key: row.key, from, to })
      }
      if (dry) done += changed.length
      else if (changed.length > 0) {
        const written = await db.transaction(async (sql) => {
          let count = 0
          for (const { key: name, from, to } of changed) count += (await sql.query(`update ${table} set ${column} = $3 where ${key} = $1 and ${column} = $2 returning 1`, [name, from, to])).length
          return count
        }, { durable: true })
        done += written
        missed += changed.length - written
        await after?.(done)
      }
      const end = rows.at(-1)
      if (end === undefined || rows.length < batchRows) break
      last = end.key
    }
  }
  return { sealed, done, missed, unreadable, unreadableCount }
}

function attempt(ring: KeyRing, sealed: Buffer, bound: string): Buffer | null | 'unreadable' {
  try {
    return resealed(ring, sealed, bound)
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown
    return 'unreadable'
  }
}
