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
/** Hints of reading back are known by their turn, so they are kept only for longer than one takes. */
const READ_BACK_KEPT_MS = 3_600_000
/** An open ticket is to be read back once it was not read for so long, so that each is within the hour. */
export const READ_BACK_AFTER_MS = 2_700_000
/** Whether a hint is only to read a ticket back: nobody told of it. Others that we put down ourselves are looked for, and wait for nobody. */
export const IS_READ_BACK = `(via = 'reconcile' and event_id like 'back %')`
/** A ticket that ended, and that its PSA never closes for good, is read back for so long. */
const ENDED_MS = 7 * 86_400_000
/** An open incident without a ticket is looked at again once it is this old. */
const FORGOTTEN_MS = 600_000

/** An incident `i` that goes on, and which of several comes first. */
const IS_OPEN = `i.status in ('open', 'assigned', 'in_progress') and i.merged_into is null`
const WORST_FIRST = `array_position(array['critical', 'high', 'medium', 'low', 'info'], i.severity), i.opened_at desc, i.id`
/** A ticket of ours that is more than shown. */
const isSent = (ticket: string): string => `${ticket}.origin = 'own' and ${ticket}.mode in ('sandbox', 'production') and not ${ticket}.is_simulated`

/** A hint as it came in. */
export interface NewHint {
  readonly eventId: string
  readonly externalId: string
}

/** What of it is claimed. */
export interface HintClaim {
  /** Tickets that are only read back; else those that somebody told of, or that are looked for. */
  readonly isReadBack: boolean
  /** Most of one connection under way at once. */
  readonly perConnection: number
  /** How many are, by connection, in this process. */
  readonly busy: Readonly<Record<string, number>>
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
  /** Nobody told of it: it is read to see whether all is as we know it. */
  readonly isReadBack: boolean
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

    /** Takes tickets that are to be read, connections in turn; those of no ticket of ours are done with once nothing is being made any more. */
    async claim(limit: number, { isReadBack, perConnection, busy }: HintClaim): Promise<readonly DueHint[]> {
      const nowMs = clock.now()
      if ((await db.query(`select 1 from ticket_hints where done_at is null and received_at <= ${atMs('$1')} and (claimed_until is null or claimed_until <= ${atMs('$1')}) and ${IS_READ_BACK} = $2 limit 1`, [nowMs, isReadBack])).length === 0) return []
      return db.transaction(async (sql) => {
        const rows = await sql.query<DueHint & { isKnown: boolean }>(
          `with open as (select h.connection_id, h.external_id, min(h.received_at) as first, bool_and(${IS_READ_BACK}) as is_read_back from ticket_hints h
             where h.done_at is null and h.received_at <= ${atMs('$1')} and (h.connection_id, h.external_id) not in (select b.connection_id, b.external_id from ticket_hints b where b.done_at is null and b.claimed_until > ${atMs('$1')})
             group by 1, 2),
           turns as (select *, row_number() over (partition by connection_id order by first, external_id) as turn from open where is_read_back = $4),
           due as (select * from turns where turn <= $5 - coalesce(($6::json ->> connection_id)::int, 0) order by turn, first, connection_id limit $2),
           taken as (update ticket_hints h set claimed_until = ${atMs('$3')} from due where h.connection_id = due.connection_id and h.external_id = due.external_id and h.done_at is null and h.received_at <= ${atMs('$1')}
             and (h.claimed_until is null or h.claimed_until <= ${atMs('$1')}) returning h.*)
           select connection_id as "connectionId", external_id as "externalId", max(id)::float8 as "lastId", (array_agg(via order by id desc))[1] as via, $4::boolean as "isReadBack", max(attempts) as attempts, (extract(epoch from min(received_at)) * 1000)::float8 as "receivedAtMs",
             exists (select 1 from tickets t where t.connection_id = taken.connection_id and t.external_id = taken.external_id) as "isKnown"
           from taken group by 1, 2`, [nowMs, limit, nowMs + CLAIM_MS, isReadBack, perConnection, JSON.stringify(busy)])
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

    /** Those of the connections that are to be asked what has changed and are in nobody's hands, the longest due first. */
    async pollsDue(connectionIds: readonly string[]): Promise<readonly string[]> {
      const rows = await db.query<{ id: string }>(
        `select w.id from unnest($1::text[]) w (id) left join connection_cursors c on c.connection_id = w.id where c.connection_id is null or (c.due_at <= ${atMs('$2')} and (c.claimed_until is null or c.claimed_until <= ${atMs('$2')})) order by c.due_at nulls first, w.id`, [connectionIds, clock.now()])
      return rows.map(({ id }) => id)
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

    /**
     * Hints for open tickets that were not read for 45 minutes, up to `limit`; companies and connections in turn, the longest unread of each first, and none that is to be read already. Of a
     * connection no more wait than `ahead`: what an account may be called for this is the budget's to say. Answers how many.
     */
    async readBack({ limit, ahead }: { readonly limit: number; readonly ahead: number }): Promise<number> {
      const nowMs = clock.now()
      const rows = await db.query(
        `insert into ticket_hints (connection_id, event_id, external_id, via, received_at)
         select p.connection_id, p.event_id, p.external_id, 'reconcile', ${atMs('$1')} from (
           select d.*, row_number() over (partition by d.connection_id order by d.turn, d.since, d.external_id) as place from (
             select t.connection_id, t.external_id, s.since, 'back ' || t.external_id || ' ' || round(extract(epoch from s.since) * 1000) || ' ' || floor(($1::float8 - extract(epoch from s.since) * 1000) / ${READ_BACK_AFTER_MS}) as event_id,
               row_number() over (partition by t.connection_id, t.company_id order by s.since, t.id) as turn
             from tickets t join connections c on c.id = t.connection_id and c.enabled, lateral (select coalesce(t.last_synced_at, t.created_at) as since) s
             where t.closed_at is null and t.external_id is not null and not t.is_simulated and s.since <= ${atMs('$2')}
               and not (coalesce(t.told ->> 'ended', 'no') = 'state' and coalesce((t.told ->> 'endedAtMs')::float8, $1::float8) < $1::float8 - ${ENDED_MS})
               and (t.connection_id, t.external_id) not in (select h.connection_id, h.external_id from ticket_hints h where h.done_at is null)) d
           where not exists (select 1 from ticket_hints h where h.connection_id = d.connection_id and h.event_id = d.event_id)) p
         left join (select connection_id, count(*) as count from ticket_hints where done_at is null and attempts = 0 and ${IS_READ_BACK} group by 1) w on w.connection_id = p.connection_id
         where p.place <= $4 - coalesce(w.count, 0) order by p.place, p.since, p.external_id limit $3
         on conflict (connection_id, event_id) do nothing returning 1`, [nowMs, nowMs - READ_BACK_AFTER_MS, limit, ahead])
      return rows.length
    },

    /** Puts open incidents that have no ticket though their company has a connection on the list, such as those that opened before it was made, or whose ticket was only shown until the mode let it be sent. Bounded; companies in turn, the worst first. */
    async relist(limit: number): Promise<number> {
      const nowMs = clock.now()
      const incidents = await db.query<{ incidentId: string; companyId: string }>(
        `select d.id as "incidentId", d.company_id as "companyId" from (
           select i.id, i.company_id, i.opened_at, row_number() over (partition by i.company_id order by ${WORST_FIRST}) as turn
           from incidents i join companies k on k.id = i.company_id where ${IS_OPEN} and i.opened_at <= ${atMs('$1')}
             and exists (select 1 from connections c where c.enabled and (c.company_id is null or c.company_id = i.company_id))
             and not exists (select 1 from tickets t where t.incident_id = i.id and t.origin = 'own' and ((${isSent('t')}) or coalesce(k.settings ->> 'mode', 'dry-run') not in ('sandbox', 'production')))
             and not exists (select 1 from ticket_queue q where q.incident_id = i.id)) d order by d.turn, d.opened_at desc limit $2`, [nowMs - FORGOTTEN_MS, limit])
      await listAnew(db, incidents, nowMs)
      return incidents.length
    },

    /**
     * Puts open incidents on the list whose tickets are all of connections that are not in use any more though another one is: they go on there. Bounded; companies in turn, the worst first. One that has
     * its next ticket is not found again, nor one whose own connection is switched on again.
     */
    async replaced(limit: number): Promise<number> {
      const incidents = await db.query<{ incidentId: string; companyId: string }>(
        `select d.id as "incidentId", d.company_id as "companyId" from (
           select i.id, i.company_id, i.opened_at, row_number() over (partition by i.company_id order by ${WORST_FIRST}) as turn
           from incidents i join companies k on k.id = i.company_id where ${IS_OPEN} and k.settings ->> 'mode' in ('sandbox', 'production')
             and exists (select 1 from tickets t where t.incident_id = i.id and ${isSent('t')}
               and exists (select 1 from connections c where c.enabled and c.environment = t.environment and (c.company_id is null or c.company_id = i.company_id))
               and not exists (select 1 from tickets u join connections c on c.id = u.connection_id and c.enabled where u.incident_id = i.id and u.environment = t.environment and ${isSent('u')}))
             and not exists (select 1 from ticket_queue q where q.incident_id = i.id)) d order by d.turn, d.opened_at desc limit $1`, [limit])
      await listAnew(db, incidents, clock.now())
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
      const nowMs = clock.now()
      const some = (): Promise<readonly object[]> => db.query(`delete from ticket_hints where id in (select id from ticket_hints where done_at < ${atMs('$1')} or (done_at < ${atMs('$3')} and ${IS_READ_BACK}) limit $2) returning 1`, [nowMs - KEPT_MS, batchRows, nowMs - READ_BACK_KEPT_MS])
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
