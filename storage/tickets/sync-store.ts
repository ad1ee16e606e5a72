/** Tickets as the sync plans with them, and its orders written down: rows and outbox in one transaction, or nothing where somebody else was quicker. */
import type { Clock } from '../../schemas/clock.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { SyncOrder, SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { Environment, TicketRef } from '../../schemas/tickets.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { putOrder } from './order.ts'
import { listAnew } from './queue.ts'
import { insertTicket, takeLinked } from './ticket-store.ts'

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
/** The newest two values of a field that were written to the PSA. */
const writtenLast = (field: string): string =>
  `(select coalesce(json_agg(w.value), '[]') from (select o.body -> '${field}' as value from ticket_outbox o where o.ticket_id = t.id and o.status = 'done' and o.kind in ('create', 'update') and o.body ? '${field}' order by o.seq desc limit 2) w)`
/** The ticket was never made, and is not going to be unless a person says so. */
const IS_DEAD = `(t.external_id is null and exists (select 1 from ticket_outbox o where o.ticket_id = t.id and o.kind = 'create' and o.status in ('dead', 'void')))`
/** Tickets as the sync works with them. */
export const SELECT_SYNC_TICKET = `select t.id, t.company_id as "companyId", t.incident_id as "incidentId", t.connection_id as "connectionId", t.connector, t.generation, t.external_ref as "externalRef",
  case when t.external_id is null then null else json_build_object('externalId', t.external_id, 'number', coalesce(t.number, t.external_id), 'url', t.url) end as ref, t.mode, t.is_simulated as "isSimulated", t.is_touched as "isTouched", t.told, t.seen,
  ${ms('t.last_note_at')} as "lastNoteAtMs", ${ms('t.last_call_at')} as "lastCallAtMs", ${ms('t.closed_at')} as "closedAtMs", ${ms('t.created_at')} as "createdAtMs", t.version::float8 as version,
  (select count(*)::float8 from ticket_outbox o where o.ticket_id = t.id and o.status in ('waiting', 'calling')) as waiting,
  ${IS_DEAD} as "isDead",
  json_build_object('states', ${writtenLast('state')}, 'assigneeIds', ${writtenLast('assigneeId')}) as written from tickets t`

/** Where orders of a look belong. */
export interface OrderPlace {
  readonly companyId: string
  readonly incidentId: string
  /** Of the incident that was looked at. */
  readonly incidentVersion: number
  readonly connectionId: string | null
  readonly connector: string
  readonly environment: Environment
  /** What shares one call budget. */
  readonly account: string
  readonly mode: Mode
}

/** The store of the planning half of the sync. */
export function syncStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /** Tickets of ours for an incident in one environment, by generation. Those that were only shown count as long as nothing may be sent. */
    tickets: (incidentId: string, environment: Environment, isSent: boolean): Promise<readonly SyncTicket[]> => db.query<SyncTicket>(
      `${SELECT_SYNC_TICKET} where t.incident_id = $1 and t.origin = 'own' and t.environment = $2 and ($3::boolean is false or (t.mode in ('sandbox', 'production') and not t.is_simulated)) order by t.generation, t.created_at, t.id`, [incidentId, environment, isSent]),

    /** The oldest open ticket of the storm that began then, of another incident of the company; none that could not be made, and none that somebody gave to another client. */
    async storm({ companyId, incidentId, connectionId, isSent }: { readonly companyId: string; readonly incidentId: string; readonly connectionId: string | null; readonly isSent: boolean }, sinceMs: number, before: SyncTicket | null): Promise<SyncTicket | null> {
      const [row] = await db.query<SyncTicket>(
        `${SELECT_SYNC_TICKET} where t.company_id = $1 and t.incident_id <> $2 and t.connection_id is not distinct from $3 and t.origin = 'own' and t.closed_at is null and (t.told ->> 'stormSinceMs')::float8 = $4 and t.told ->> 'ended' = 'no'
           and ($5::boolean is false or (t.mode in ('sandbox', 'production') and not t.is_simulated)) and t.told ->> 'parentId' is null and coalesce(t.told ->> 'isMoved', 'false') <> 'true' and not ${IS_DEAD}
           and ($6::float8 is null or (${ms('t.created_at')}, t.id) < ($6::float8, $7::text)) order by t.created_at, t.id limit 1`,
        [companyId, incidentId, connectionId, sinceMs, isSent, before?.createdAtMs ?? null, before?.id ?? ''])
      return row ?? null
    },

    /** The mode the company asks for; null: it says nothing. */
    async companyMode(companyId: string): Promise<Mode | null> {
      const [row] = await db.query<{ mode: Mode | null }>(`select settings ->> 'mode' as mode from companies where id = $1`, [companyId])
      return row?.mode ?? null
    },

    /** Writes down what was planned. False: a ticket is not as it was when the plan was made, and nothing was written; look again. */
    async carryOut(place: OrderPlace, orders: readonly SyncOrder[]): Promise<boolean> {
      try {
        await db.transaction(async (sql) => {
          const isSent = place.mode === 'sandbox' || place.mode === 'production'
          // A plan that was never sent gives way to the ticket itself.
          if (isSent && orders.some(({ kind }) => kind === 'create')) await sql.query(`delete from tickets where incident_id = $1 and origin = 'own' and (mode not in ('sandbox', 'production') or is_simulated)`, [place.incidentId])
          for (const order of orders) await carryOut(sql, place, order, clock.now())
        }, { durable: true })
        return true
      } catch (thrown) {
        if (thrown instanceof Overtaken) return false
        throw thrown
      }
    },
  }
}

/** The store as it is opened. */
export type SyncStore = ReturnType<typeof syncStore>

/** Somebody else changed the ticket meanwhile. */
class Overtaken extends Error {}

async function carryOut(sql: Sql, place: OrderPlace, order: SyncOrder, nowMs: number): Promise<void> {
  const isSimulated = place.mode === 'demo'
  switch (order.kind) {
    case 'create': {
      const { ticketId: id, generation, draft, told, parentTicketId } = order
      const ref: TicketRef | null = isSimulated ? { externalId: `demo-${draft.externalRef}`, number: `DEMO-${draft.externalRef.slice(3, 9)}`, url: null } : null
      const isNew = await insertTicket(sql, {
        id, companyId: place.companyId, incidentId: place.incidentId, connectionId: place.connectionId, connector: place.connector, environment: place.environment, account: place.account, externalRef: draft.externalRef,
        title: draft.title, origin: 'own', linkKind: 'resolves', isAutomatic: true, generation, parentTicketId, mode: place.mode, isSimulated, ref, told: { ...told }, toldVersion: place.incidentVersion,
      }, nowMs)
      if (!isNew) throw new Overtaken()
      await sql.query(`update tickets set last_note_at = ${atMs('$2')}, state = $3 where id = $1`, [id, nowMs, isSimulated ? draft.state : 'unknown'])
      await putOrder(sql, { kind: 'create', ticketId: id, body: draft, urgency: order.urgency, dueAtMs: order.dueAtMs }, nowMs)
      return
    }
    case 'update': {
      const hasNotes = (order.change.notes?.length ?? 0) > 0 || order.change.title !== undefined || order.change.assetIds !== undefined
      await tell(sql, order, place, { hasNotes, title: order.change.title ?? null, parentTicketId: order.parentTicketId ?? null }, nowMs)
      await putOrder(sql, { kind: 'update', ticketId: order.ticketId, body: order.change, urgency: order.urgency, dueAtMs: order.dueAtMs }, nowMs)
      return
    }
    case 'note_down': return tell(sql, order, place, { hasNotes: false, title: null, parentTicketId: null }, nowMs)
    case 'join': {
      await putOrder(sql, { kind: 'join', ticketId: order.ticketId, body: order.body, urgency: order.urgency, dueAtMs: order.dueAtMs }, nowMs)
      return
    }
    case 'adopt': {
      await takeLinked(sql, order.ticketId, { incidentId: order.incidentId })
      const rows = await sql.query(
        `update tickets t set incident_id = $3, told = $4::jsonb, version = version + 1 where id = $1 and version = $2 and not exists (select 1 from tickets o where o.incident_id = $3 and o.origin = 'own' and o.connection_id is not distinct from t.connection_id) returning 1`,
        [order.ticketId, order.version, order.incidentId, JSON.stringify(order.told)])
      if (rows.length === 0) throw new Overtaken()
      // The survivor may have been looked at before it had this ticket.
      await listAnew(sql, [{ incidentId: order.incidentId, companyId: place.companyId }], nowMs)
    }
  }
}

/** Remembers what stands in the ticket from now on; a ticket that is only shown or simulated is in that state at once. */
async function tell(sql: Sql, { ticketId, version, told }: { readonly ticketId: string; readonly version: number; readonly told: Told }, place: OrderPlace, word: { readonly hasNotes: boolean; readonly title: string | null; readonly parentTicketId: string | null }, nowMs: number): Promise<void> {
  const rows = await sql.query(
    `update tickets set told = $3::jsonb, told_version = greatest(told_version, $4), title = coalesce($5, title), parent_ticket_id = coalesce($6, parent_ticket_id), last_note_at = case when $7::boolean then ${atMs('$8')} else last_note_at end,
       state = case when is_simulated then $9 else state end, closed_at = case when not is_simulated and mode in ('sandbox', 'production') then closed_at when $9 in ('resolved', 'closed') then coalesce(closed_at, ${atMs('$8')}) end, version = version + 1
     where id = $1 and version = $2 returning 1`,
    [ticketId, version, JSON.stringify(told), place.incidentVersion, word.title, word.parentTicketId, word.hasNotes, nowMs, told.state])
  if (rows.length === 0) throw new Overtaken()
}
