/** What PSAs told us, and when we asked them: hints that a ticket is to be read, each known once, and where polling and reconciling stand. */
import type { Clock } from '../../schemas/clock.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { listAnew } from './queue.ts'

/** Longer than reading a ticket takes. */
const CLAIM_MS = 120_000
/** A hint for a ticket we do not know is kept so long while one of ours is being made there: it may be that one. */
const UNKNOWN_MS = 120_000
/** Old hints are kept so long, so that doubles are known. */
const KEPT_MS = 86_400_000
/** Each open ticket is read back at least so often. */
export const RECONCILE_MS = 3_600_000
/** A ticket that ended, and that its PSA never closes for good, is read back for so long. */
const ENDED_MS = 7 * 86_400_000
/** An open incident without a ticket is looked at again once it is this old. */
const FORGOTTEN_MS = 600_000

/** A hint as it came in. */
export interface NewHint {
  readonly eventId: string
  readonly externalId: string
}

/** How it came. */
export type HintVia = 'hook' | 'poll' | 'reconcile'

/** A ticket of a PSA that is to be read, for all its hints together. */
export interface DueHint {
  readonly connectionId: string
  readonly externalId: string
  /** The newest of its hints. */
  readonly lastId: number
  readonly via: HintVia
  readonly attempts: number
  readonly receivedAtMs: number
}

/** Hints over the database. */
export function hintStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  const add = async (sql: Sql, connectionId: string, via: HintVia, hints: readonly NewHint[], dueAtMs: number): Promise<number> => {
    if (hints.length === 0) return 0
    // Tickets that are none of ours cost no row, unless one of ours is being made at this moment.
    const rows = await sql.query(
      `insert into ticket_hints (connection_id, event_id, external_id, via, received_at)
       select distinct on (r."eventId") $1, r."eventId", r."externalId", $2, ${atMs('$4')} from json_to_recordset($3::json) as r ("eventId" text, "externalId" text)
       where exists (select 1 from tickets t where t.connection_id = $1 and t.external_id = r."externalId") or exists (select 1 from tickets t join ticket_outbox o on o.ticket_id = t.id and o.kind = 'create' and o.status in ('waiting', 'calling') where t.connection_id = $1 and t.external_id is null)
       on conflict (connection_id, event_id) do nothing returning 1`, [connectionId, via, JSON.stringify(hints), dueAtMs])
    return rows.length
  }
  return {
    /** Writes hints down in one statement, to be looked at in so long; answers how many were new and may concern us. */
    add: (connectionId: string, via: HintVia, hints: readonly NewHint[], inMs = 0): Promise<number> => add(db, connectionId, via, hints, clock.now() + inMs),

    /** Takes tickets that are to be read; those of no ticket of ours are done with once nothing is being made any more. */
    async claim(limit: number): Promise<readonly DueHint[]> {
      const nowMs = clock.now()
      if ((await db.query(`select 1 from ticket_hints where done_at is null and received_at <= ${atMs('$1')} and (claimed_until is null or claimed_until <= ${atMs('$1')}) limit 1`, [nowMs])).length === 0) return []
      return db.transaction(async (sql) => {
        const rows = await sql.query<DueHint & { isKnown: boolean }>(
          `with due as (select h.connection_id, h.external_id, min(h.received_at) as first from ticket_hints h
             where h.done_at is null and h.received_at <= ${atMs('$1')} and not exists (select 1 from ticket_hints b where b.connection_id = h.connection_id and b.external_id = h.external_id and b.done_at is null and b.claimed_until > ${atMs('$1')})
             group by 1, 2 order by 3 limit $2),
           taken as (update ticket_hints h set claimed_until = ${atMs('$3')} from due where h.connection_id = due.connection_id and h.external_id = due.external_id and h.done_at is null and h.received_at <= ${atMs('$1')}
             and (h.claimed_until is null or h.claimed_until <= ${atMs('$1')}) returning h.*)
           select connection_id as "connectionId", external_id as "externalId", max(id)::float8 as "lastId", (array_agg(via order by id desc))[1] as via, max(attempts) as attempts, (extract(epoch from min(received_at)) * 1000)::float8 as "receivedAtMs",
             exists (select 1 from tickets t where t.connection_id = taken.connection_id and t.external_id = taken.external_id) as "isKnown"
           from taken group by 1, 2`, [nowMs, limit, nowMs + CLAIM_MS])
        for (const { connectionId, externalId, lastId, receivedAtMs } of rows.filter(({ isKnown }) => !isKnown)) {
          if (nowMs - receivedAtMs > UNKNOWN_MS) await finish(sql, { connectionId, externalId, lastId }, nowMs)
          else await sql.query(`update ticket_hints set claimed_until = ${atMs('$3')} where connection_id = $1 and external_id = $2 and done_at is null`, [connectionId, externalId, nowMs + 1_000])
        }
        return rows.filter(({ isKnown }) => isKnown)
      }, { durable: false })
    },

    /** Those up to the one that was taken are done with; newer ones stay. */
    done: (hint: Pick<DueHint, 'connectionId' | 'externalId' | 'lastId'>): Promise<void> => finish(db, hint, clock.now()),

    /** Gives them back, to be taken again after so long, with the reason. */
    async release({ connectionId, externalId, lastId }: DueHint, waitMs: number, error: string): Promise<void> {
      await db.query(`update ticket_hints set claimed_until = ${atMs('$4')}, attempts = attempts + 1, error = $5 where connection_id = $1 and external_id = $2 and id <= $3 and done_at is null`, [connectionId, externalId, lastId, clock.now() + waitMs, error.slice(0, 500)])
    },

    /** On an embedded database no other process can have taken one. */
    async freeAll(): Promise<void> {
      await db.query('update ticket_hints set claimed_until = null where claimed_until is not null and done_at is null')
      await db.query('update connection_cursors set claimed_until = null where claimed_until is not null')
    },

    /** How many wait, and for how long the oldest, in ms. */
    async waiting(): Promise<{ readonly waiting: number; readonly oldestMs: number }> {
      const [row] = await db.query<{ waiting: number; oldest: number | null }>(`select count(*)::float8 as waiting, (extract(epoch from min(received_at)) * 1000)::float8 as oldest from ticket_hints where done_at is null and received_at <= ${atMs('$1')}`, [clock.now()])
      return { waiting: row?.waiting ?? 0, oldestMs: row?.oldest == null ? 0 : Math.max(0, clock.now() - row.oldest) }
    },

    /** Takes the polling of a connection that is due, in one pair of hands; null: it is not. */
    async takePoll(connectionId: string, claimMs: number): Promise<{ readonly cursor: string | null } | null> {
      const nowMs = clock.now()
      await db.query(`insert into connection_cursors (connection_id, due_at) values ($1, ${atMs('$2')}) on conflict do nothing`, [connectionId, nowMs])
      const [row] = await db.query<{ cursor: string | null }>(
        `update connection_cursors set claimed_until = ${atMs('$3')} where connection_id = $1 and due_at <= ${atMs('$2')} and (claimed_until is null or claimed_until <= ${atMs('$2')}) returning cursor`, [connectionId, nowMs, nowMs + claimMs])
      return row ?? null
    },

    /** Keeps what polling found, hints and cursor together. */
    async polled(connectionId: string, cursor: string, hints: readonly NewHint[], dueAtMs: number): Promise<number> {
      return db.transaction(async (sql) => {
        const count = await add(sql, connectionId, 'poll', hints, clock.now())
        await sql.query(`update connection_cursors set cursor = $2, polled_at = ${atMs('$3')}, due_at = ${atMs('$4')}, claimed_until = null where connection_id = $1`, [connectionId, cursor, clock.now(), dueAtMs])
        return count
      }, { durable: false })
    },

    /** Polling failed; it is tried again then. */
    async pollFailed(connectionId: string, dueAtMs: number): Promise<void> {
      await db.query(`update connection_cursors set due_at = ${atMs('$2')}, claimed_until = null where connection_id = $1`, [connectionId, dueAtMs])
    },

    /** Hints for open tickets that were not read for an hour, a few at a time, so that the hour is spread; companies and connections in turn, and none that is to be read already. Answers how many. */
    async reconcile(limit: number): Promise<number> {
      const nowMs = clock.now()
      const rows = await db.query(
        `insert into ticket_hints (connection_id, event_id, external_id, via, received_at)
         select d.connection_id, 'reconcile ' || d.external_id || ' ' || floor($1::float8 / ${RECONCILE_MS}), d.external_id, 'reconcile', ${atMs('$1')} from (
           select t.connection_id, t.external_id, coalesce(t.last_synced_at, t.created_at) as since, row_number() over (partition by t.connection_id, t.company_id order by coalesce(t.last_synced_at, t.created_at), t.id) as turn
           from tickets t join connections c on c.id = t.connection_id and c.enabled
           where t.closed_at is null and t.external_id is not null and not t.is_simulated and coalesce(t.last_synced_at, t.created_at) <= ${atMs('$2')}
             and not (coalesce(t.told ->> 'ended', 'no') = 'state' and coalesce((t.told ->> 'endedAtMs')::float8, $1::float8) < $1::float8 - ${ENDED_MS})
             and not exists (select 1 from ticket_hints h where h.connection_id = t.connection_id and h.external_id = t.external_id and (h.done_at is null or h.event_id = 'reconcile ' || t.external_id || ' ' || floor($1::float8 / ${RECONCILE_MS})))) d
         order by d.turn, d.since, d.external_id limit $3
         on conflict (connection_id, event_id) do nothing returning 1`, [nowMs, nowMs - RECONCILE_MS, limit])
      return rows.length
    },

    /** Puts open incidents that have no ticket though their company has a connection on the list, such as those that opened before it was made, or whose ticket was only shown until the mode let it be sent. Bounded; companies in turn, the worst first. */
    async relist(limit: number): Promise<number> {
      const nowMs = clock.now()
      const incidents = await db.query<{ incidentId: string; companyId: string }>(
        `select d.id as "incidentId", d.company_id as "companyId" from (
           select i.id, i.company_id, i.opened_at, row_number() over (partition by i.company_id order by array_position(array['critical', 'high', 'medium', 'low', 'info'], i.severity), i.opened_at desc, i.id) as turn
           from incidents i join companies k on k.id = i.company_id where i.status in ('open', 'assigned', 'in_progress') and i.merged_into is null and i.opened_at <= ${atMs('$1')}
             and exists (select 1 from connections c where c.enabled and (c.company_id is null or c.company_id = i.company_id))
             and not exists (select 1 from tickets t where t.incident_id = i.id and t.origin = 'own' and ((t.mode in ('sandbox', 'production') and not t.is_simulated) or coalesce(k.settings ->> 'mode', 'dry-run') not in ('sandbox', 'production')))
             and not exists (select 1 from ticket_queue q where q.incident_id = i.id)) d order by d.turn, d.opened_at desc limit $2`, [nowMs - FORGOTTEN_MS, limit])
      await listAnew(db, incidents, nowMs)
      return incidents.length
    },

    /** Puts incidents on the list whose tickets were not told of a request that waits for a person. */
    async askedAnew(): Promise<number> {
      const nowMs = clock.now()
      const incidents = await db.query<{ incidentId: string; companyId: string }>(
        `select distinct t.incident_id as "incidentId", t.company_id as "companyId" from run_approvals a join runs r on r.id = a.run_id join incidents i on i.id = r.incident_id
         join tickets t on t.incident_id = coalesce(i.merged_into, i.id) and t.company_id = a.company_id and t.origin = 'own' and t.closed_at is null and t.told ->> 'elsewhere' is null
         where a.status = 'pending' and a.expires_at > ${atMs('$1')} and i.status in ('open', 'assigned', 'in_progress') and not coalesce(t.told -> 'approvals' ? a.id, false) and not exists (select 1 from ticket_queue q where q.incident_id = t.incident_id) limit 100`, [nowMs])
      await listAnew(db, incidents, nowMs)
      return incidents.length
    },

    /** Forgets old hints, a few at a time until none is left. */
    async forget(batchRows = 5_000): Promise<void> {
      const beforeMs = clock.now() - KEPT_MS
      const some = (): Promise<readonly object[]> => db.query(`delete from ticket_hints where id in (select id from ticket_hints where done_at < ${atMs('$1')} limit $2) returning 1`, [beforeMs, batchRows])
      while ((await some()).length === batchRows);
    },
  }
}

/** The store as it is opened. */
export type HintStore = ReturnType<typeof hintStore>

async function finish(sql: Sql, { connectionId, externalId, lastId }: Pick<DueHint, 'connectionId' | 'externalId' | 'lastId'>, nowMs: number): Promise<void> {
  await sql.query(`update ticket_hints set done_at = ${atMs('$4')}, claimed_until = null, error = null where connection_id = $1 and external_id = $2 and id <= $3 and done_at is null`, [connectionId, externalId, lastId, nowMs])
  await sql.query('update ticket_hints set claimed_until = null where connection_id = $1 and external_id = $2 and done_at is null', [connectionId, externalId])
}
