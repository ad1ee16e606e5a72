import type { Clock } from '../../schemas/clock.ts'
import type { SqlDatabase } from '../queries/sql.ts'
import type { DatabaseLog } from './database.ts'

/** Log of transactions that did not wait for the disk reaches it within this time. */
const FLUSH_INTERVAL_MS = 1_000

/** How many flushes pass between two looks at log size and dead rows. */
const FLUSHES_PER_LOOK = 30

/** Write-ahead log that may gather before a checkpoint; the log on disk stays near twice this, and so does what a start after a crash reads. */
const CHECKPOINT_BYTES = 64 * 2 ** 20

/** A table is vacuumed once its dead rows pass this and a fifth of its live ones, as autovacuum would. */
const DEAD_ROWS_MIN = 5_000

/**
 * Does for PGlite what PostgreSQL's background processes do for a server: flush the log of asynchronous commits, checkpoint, vacuum and
 * analyse. It has none of them, so without this log and dead rows would grow for ever.
 */
export function startMaintenance(database: SqlDatabase, clock: Clock, log: DatabaseLog): { stop(): Promise<void> } {
  const ending = new AbortController()
  const isEnding = (): boolean => ending.signal.aborted

  async function round(look: boolean): Promise<void> {
    // A message of no content that asks to be flushed: the cheapest statement that puts everything before it on disk.
    await database.query(`select pg_logical_emit_message(false, 'aw', '', true) where pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()`)
    if (!look) return
    const [wal] = await database.query<{ bytes: number }>('select (pg_current_wal_insert_lsn() - redo_lsn)::float8 as bytes from pg_control_checkpoint()')
    if ((wal?.bytes ?? 0) > CHECKPOINT_BYTES) await database.query('checkpoint')
    const tables = await database.query<{ name: string }>(
      `select quote_ident(relname) as name from pg_stat_user_tables where n_dead_tup > ${DEAD_ROWS_MIN} and n_dead_tup > n_live_tup / 5 order by n_dead_tup desc limit 1`,
    )
    for (const { name } of tables) await database.query(`vacuum analyze ${name}`)
  }

  async function loop(): Promise<void> {
    for (let turn = 1; !isEnding(); turn++) {
      try {
        await clock.sleep(FLUSH_INTERVAL_MS, ending.signal)
        await round(turn % FLUSHES_PER_LOOK === 0)
      } catch (error) {
        if (!isEnding()) log.warn({ err: error }, 'maintenance of the embedded database failed; it is tried again')
      }
    }
  }

  const running = loop()
  return {
    async stop() {
      ending.abort(new Error('the database closes'))
      await running
    },
  }
}
