/** Deletes outside calls that have been kept long enough; figures of them stay in ClickHouse. */
import type { Clock } from '../../schemas/clock.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import { atMs, type Sql } from '../queries/sql.ts'

/** How long a call can be looked at with what was sent and answered. */
export const CALLS_KEPT_MS = 30 * 86_400_000

/** Rows of one statement, so that none holds locks for long. */
const BATCH_ROWS = 2_000
/** Statements of one turn: a million rows an hour, more than any budget of calls allows. */
const BATCHES_MAX = 500
const EVERY_MS = 3_600_000

/** Deletes calls older than thirty days, some thousands at a time, and answers how many. */
export async function deleteOldCalls(sql: Sql, nowMs: number, batchRows: number = BATCH_ROWS): Promise<number> {
  let deleted = 0
  for (let turn = 0; turn < BATCHES_MAX; turn++) {
    const rows = await sql.query<{ id: string }>(
      `delete from outside_calls where id in (select id from outside_calls where at < ${atMs('$1')} order by at limit $2) returning id`, [nowMs - CALLS_KEPT_MS, batchRows],
    )
    deleted += rows.length
    if (rows.length < batchRows) break
  }
  return deleted
}

/** Deletes old calls at once and then every hour. Two processes that do so at once do no harm. */
export function startCallRetention(sql: Sql, { clock, logger }: { readonly clock: Clock; readonly logger: { warn(fields: object, message: string): void } }): Pick<Looking, 'stop'> {
  return startLooking({ clock, logger, everyMs: EVERY_MS, what: 'deleting old outside calls' }, async () => {
    await deleteOldCalls(sql, clock.now())
    return false
  })
}
