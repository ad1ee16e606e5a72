/**
 * The list of incidents the sync has to look at: one row an incident, in one pair of hands at a time. It is as long as there are incidents that changed since they were looked at,
 * and nothing is left out of it, for an incident that is forgotten is a ticket that tells an untruth.
 */
import { startIncidentReader, type IncidentReader, type IncidentReaderOptions, type IncidentTold } from '../incident-reader.ts'
import { atMs, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** Name of the consumer group, and of the reader in `reader_positions`. */
export const SYNC_READER = 'aw-sync'

/** Changes that come one after the other are looked at together. */
const TOGETHER_MS = 500
/** Longer than looking at one takes. */
const CLAIM_MS = 120_000
/** What was given back is taken again after this long. */
const RELEASED_MS = 1_000

/** What the reader is built from. */
export interface SyncReaderOptions extends Omit<IncidentReaderOptions, 'reader' | 'purpose' | 'list'> {
  /** Tickets are made without any connection: mode demo, where they are simulated. */
  readonly needsNoConnection: boolean
}

/** Starts reading: every incident that changed is listed, while there is any connection or ticket at all. */
export function startSyncReader({ needsNoConnection, ...options }: SyncReaderOptions): Promise<IncidentReader> {
  return startIncidentReader({ ...options, reader: SYNC_READER, purpose: 'tickets', list: (sql, partition, told) => listIncidents(sql, partition, told, needsNoConnection) })
}

async function listIncidents(sql: Sql, partition: number, told: readonly IncidentTold[], needsNoConnection: boolean): Promise<void> {
  if (told.length === 0) return
  if (!needsNoConnection && (await sql.query('select 1 where exists (select 1 from connections where enabled) or exists (select 1 from tickets)')).length === 0) return
  await sql.query(
    `insert into ticket_queue as q (incident_id, company_id, partition, version, first_at_ms, due_at_ms)
     select "incidentId", "companyId", $2, version, "atMs", "atMs" + ${TOGETHER_MS} from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text, version bigint, "atMs" bigint)
     on conflict (incident_id) do update set version = excluded.version, partition = excluded.partition, due_at_ms = least(excluded.due_at_ms, q.due_at_ms) where q.version < excluded.version`,
    [JSON.stringify(told.map(({ incident: { incidentId, companyId, version }, atMs: at }) => ({ incidentId, companyId, version, atMs: Math.floor(at) }))), partition],
  )
}

/** Puts incidents on the list though nothing of them changed; they are looked at from `dueAtMs` on, by the machine's time. */
export async function listAnew(sql: Sql, incidents: readonly { readonly incidentId: string; readonly companyId: string }[], dueAtMs: number): Promise<void> {
  if (incidents.length === 0) return
  await sql.query(
    `insert into ticket_queue as q (incident_id, company_id, partition, version, first_at_ms, due_at_ms)
     select distinct on (r."incidentId") r."incidentId", r."companyId", null::int, coalesce(i.version, 0), $2::bigint, $2::bigint
     from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text) left join incidents i on i.id = r."incidentId" and i.company_id = r."companyId"
     on conflict (incident_id) do update set partition = case when q.due_at_ms > excluded.due_at_ms then null else q.partition end, due_at_ms = least(q.due_at_ms, excluded.due_at_ms), looks = q.looks + 1`,
    [JSON.stringify(incidents), Math.floor(dueAtMs)])
}

/** An incident in the hands of this process. */
export interface DueTicket {
  readonly incidentId: string
  readonly companyId: string
  /** The version that was listed. */
  readonly version: number
  /** How often it was listed anew, so that a wish that comes while it is looked at is not lost. */
  readonly looks: number
  /** The log's time for it: a backlog delays tickets and never makes one for what was over in time. */
  readonly nowMs: number
}

/** The list as the role works through it. */
export function ticketQueue(db: SqlDatabase, { nowMs }: { readonly nowMs: () => number }) {
  return {
    /** Takes what is due, at most so many and one of each company, so that tickets of a company know of each other; critical incidents before all that was listed earlier, or alone. */
    async claim(logNowMs: ReadonlyMap<number, number>, limit: number, { isCritical }: { readonly isCritical: boolean } = { isCritical: false }): Promise<readonly DueTicket[]> {
      const now = nowMs()
      const times = [[...logNowMs.keys()], [...logNowMs.values()].map(Math.floor)]
      const free = `(q.claimed_until is null or q.claimed_until <= ${atMs('$3')})`
      // A row without a partition goes by the machine's time.
      const due = `from ticket_queue q left join unnest($1::int[], $2::bigint[]) as t (partition, now_ms) on t.partition = q.partition where ${free} and q.due_at_ms <= case when q.partition is null then $3::float8 else t.now_ms end`
      if ((await db.query(`select 1 ${due} limit 1`, [...times, now])).length === 0) return []
      return db.transaction(async (sql) => {
        const wanted = await sql.query<{ id: string; nowMs: number | null }>(
          `select d.id, d."nowMs" from (select l.*, row_number() over (partition by l.company_id order by l.is_critical desc, l.due_at_ms, l.id) as turn from (
               select q.incident_id as id, q.company_id, t.now_ms::float8 as "nowMs", q.due_at_ms, coalesce((select i.severity = 'critical' from incidents i where i.id = q.incident_id), false) as is_critical ${due}
                 and not exists (select 1 from ticket_queue b where b.company_id = q.company_id and b.claimed_until > ${atMs('$3')})) l) d
           where d.turn = 1 and (d.is_critical or not $5::boolean) order by d.is_critical desc, d.due_at_ms, d.id limit $4`, [...times, now, limit, isCritical])
        if (wanted.length === 0) return []
        const taken = await sql.query<Omit<DueTicket, 'nowMs'>>(
          `update ticket_queue q set claimed_until = ${atMs('$2')} where q.incident_id in (select incident_id from ticket_queue where incident_id = any($1::text[]) for update skip locked) and ${free}
           returning q.incident_id as "incidentId", q.company_id as "companyId", ${whole('q.version')} as version, q.looks`, [wanted.map(({ id }) => id), now + CLAIM_MS, now])
        const clocks = new Map(wanted.map(({ id, nowMs: at }) => [id, at]))
        return taken.map((row) => ({ ...row, nowMs: clocks.get(row.incidentId) ?? now }))
      }, { durable: false })
    },

    /** Gives it back, to be taken again after a moment. */
    async release({ incidentId }: Pick<DueTicket, 'incidentId'>): Promise<void> {
      const due = Math.ceil(nowMs() + RELEASED_MS)
      await db.query('update ticket_queue set claimed_until = null, partition = null, due_at_ms = $2 where incident_id = $1', [incidentId, due])
    },

    /** Takes it off the list, or keeps it until `againAtMs` with the reason; unless it has changed since it was taken, then it is looked at again at once. */
    async done({ incidentId, version, looks }: DueTicket, { againAtMs, reason }: { readonly againAtMs: number | null; readonly reason: string }): Promise<void> {
      await db.transaction(async (sql) => {
        if (againAtMs === null) await sql.query('delete from ticket_queue where incident_id = $1 and version <= $2 and looks = $3', [incidentId, version, looks])
        else await sql.query('update ticket_queue set due_at_ms = $4, reason = $5 where incident_id = $1 and version <= $2 and looks = $3', [incidentId, version, looks, Math.ceil(againAtMs), reason])
        await sql.query('update ticket_queue set claimed_until = null where incident_id = $1', [incidentId])
      }, { durable: false })
    },

    /** On an embedded database no other process can have taken one. */
    async freeAll(): Promise<void> {
      await db.query('update ticket_queue set claimed_until = null where claimed_until is not null')
    },

    async waiting(): Promise<number> {
      return (await db.query<{ count: number }>('select count(*)::float8 as count from ticket_queue'))[0]?.count ?? 0
    },
  }
}

/** The list as it is opened. */
export type TicketQueue = ReturnType<typeof ticketQueue>
