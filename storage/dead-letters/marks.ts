/** Which records of dead letters were sent through anew, and by whom: one row a record, so that it happens once. */
import type { Caller } from '../../schemas/access.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { atMs, iso, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** A record on the log. */
export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  readonly position: number
}

/** A replay that was asked for. */
export interface Mark extends RecordPlace {
  readonly state: 'pending' | 'appended'
  readonly at: string
  readonly by: string
}

/** A replay that was cut off may be taken up again after this time. */
const PENDING_MS = 30_000

/** The facts tell of a replayed delivery this late at most; until then the newest marks stand in. */
const RECENT_MS = 15 * 60_000
const RECENT_MAX = 5_000

const COLUMNS = `topic, partition, ${whole('position')} as position, state, ${iso('asked_at')} as at, actor_name as by`

/** A place as one word. */
export const placeWord = ({ topic, partition, position }: RecordPlace): string => `${topic}:${partition}:${position}`

/** The marks of these records, by place. */
export async function marksOf(sql: Sql, places: readonly RecordPlace[]): Promise<ReadonlyMap<string, Mark>> {
  if (places.length === 0) return new Map()
  const rows = await sql.query<Mark>(
    `select ${COLUMNS} from dead_letter_replays where (topic, partition, position) in (select * from unnest($1::text[], $2::int[], $3::bigint[]))`,
    [places.map(({ topic }) => topic), places.map(({ partition }) => partition), places.map(({ position }) => position)],
  )
  return new Map(rows.map((row) => [placeWord(row), row]))
}

/** Places that the facts may not know to be replayed: the newest, and all of other topics than deliveries. */
export async function unrecordedMarks(sql: Sql, nowMs: number): Promise<readonly string[]> {
  const rows = await sql.query<RecordPlace>(
    `select topic, partition, ${whole('position')} as position from dead_letter_replays where topic <> $1 or asked_at > ${atMs('$2')} order by asked_at desc limit $3`,
    [TOPICS.raw.name, nowMs - RECENT_MS, RECENT_MAX],
  )
  return rows.map(placeWord)
}

/** Takes records for replaying. Those taken are ours to append; the others were replayed before, or are being replayed by somebody else. */
export async function claim(db: SqlDatabase, caller: Caller, records: readonly (RecordPlace & { readonly companyId: string | null })[], nowMs: number): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set()
  const rows = await db.query<RecordPlace>(
    `insert into dead_letter_replays as r (topic, partition, position, company_id, state, actor_id, actor_name, asked_at)
     select t.topic, t.partition, t.position, t.company_id, 'pending', $5, $6, ${atMs('$7')} from unnest($1::text[], $2::int[], $3::bigint[], $4::text[]) as t (topic, partition, position, company_id)
     on conflict (topic, partition, position) do update set actor_id = excluded.actor_id, actor_name = excluded.actor_name, asked_at = excluded.asked_at
       where r.state = 'pending' and r.asked_at < ${atMs('$8')}
     returning topic, partition, ${whole('position')} as position`,
    [records.map(({ topic }) => topic), records.map(({ partition }) => partition), records.map(({ position }) => position), records.map(({ companyId }) => companyId), caller.id, caller.name, nowMs, nowMs - PENDING_MS],
  )
  return new Set(rows.map(placeWord))
}

/** The log has these records again. */
export async function settle(db: SqlDatabase, places: readonly RecordPlace[], nowMs: number): Promise<void> {
  if (places.length === 0) return
  await db.transaction((sql) => sql.query(
    `update dead_letter_replays set state = 'appended', appended_at = ${atMs('$4')} where (topic, partition, position) in (select * from unnest($1::text[], $2::int[], $3::bigint[]))`,
    [places.map(({ topic }) => topic), places.map(({ partition }) => partition), places.map(({ position }) => position), nowMs],
  ), { durable: true })
}

/** These records were not appended after all, so that they may be asked for again at once. */
export async function release(db: SqlDatabase, places: readonly RecordPlace[]): Promise<void> {
  if (places.length === 0) return
  await db.query(
    `delete from dead_letter_replays where state = 'pending' and (topic, partition, position) in (select * from unnest($1::text[], $2::int[], $3::bigint[]))`,
    [places.map(({ topic }) => topic), places.map(({ partition }) => partition), places.map(({ position }) => position)],
  )
}
