/** The outbox of tickets over the database: what is to be done in PSAs, in order per ticket, in one pair of hands at a time. */
import type { Clock } from '../../schemas/clock.ts'
import type { HeldOrder, OrderChange, TicketOrder } from '../../schemas/ticket-work.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { claimOrders } from './claim.ts'
import { putOrder, type Ordered } from './order.ts'
import { beginOrder, settleOrder } from './settle.ts'

/** Orders of one account under way at once unless a caller says otherwise. */
const PER_ACCOUNT = 8

/** What of it is claimed. */
export interface ClaimOptions {
  readonly perAccount?: number
  readonly urgency?: number
}

/** Opens it. */
export function ticketOutbox(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /** Puts an order down in the caller's transaction; wake the worker after it is committed. */
    order: (sql: Sql, order: TicketOrder): Promise<Ordered> => putOrder(sql, order, clock.now()),

    /** Takes orders that are due, with a lease; those less urgent than `urgency` are left. */
    claim: (worker: string, limit: number, { perAccount = PER_ACCOUNT, urgency = 3 }: ClaimOptions = {}): Promise<readonly HeldOrder[]> => claimOrders(db, { worker, limit, perAccount, urgency, nowMs: clock.now() }),

    /** Marks an order as called, on disk before it answers; null where it is in other hands. */
    begin: (held: HeldOrder): Promise<HeldOrder | null> => db.transaction((sql) => beginOrder(sql, held, clock.now()), { durable: true }),

    /** Writes what became of it; false where it is in other hands by now, and nothing was written. */
    settle: (held: HeldOrder, change: OrderChange): Promise<boolean> => db.transaction((sql) => settleOrder(sql, held, change, clock.now()), { durable: true }),

    /** An account goes again: orders it refused are due now. */
    async hurry(account: string): Promise<void> {
      await db.query(`update ticket_outbox set due_at = ${atMs('$2')} where account = $1 and status = 'waiting' and code is not null and unknown_at is null and due_at > ${atMs('$2')}`, [account, clock.now()])
    },

    /** On an embedded database no other process can hold an order: whoever held one before this start is gone. */
    async freeAll(): Promise<void> {
      await db.query('update ticket_outbox set claimed_until = null, version = version + 1 where claimed_until is not null')
    },

    /** When the next order is due, for whoever moves time; null: none waits. */
    async nextDueAtMs(): Promise<number | null> {
      const [row] = await db.query<{ atMs: number | null }>(`select (extract(epoch from min(greatest(due_at, coalesce(claimed_until, due_at)))) * 1000)::float8 as "atMs" from ticket_outbox where status in ('waiting', 'calling')`)
      return row?.atMs ?? null
    },

    /** Orders by status that a person may want to know of, and how long the oldest that is due has waited, in ms. */
    async counts(): Promise<{ readonly waiting: number; readonly calling: number; readonly dead: number; readonly oldestDueMs: number }> {
      const [row] = await db.query<{ waiting: number; calling: number; dead: number; oldest: number | null }>(
        `select count(*) filter (where status = 'waiting')::float8 as waiting, count(*) filter (where status = 'calling')::float8 as calling, count(*) filter (where status = 'dead')::float8 as dead,
           (extract(epoch from min(due_at) filter (where status = 'waiting')) * 1000)::float8 as oldest from ticket_outbox where status in ('waiting', 'calling', 'dead')`)
      return { waiting: row?.waiting ?? 0, calling: row?.calling ?? 0, dead: row?.dead ?? 0, oldestDueMs: row?.oldest == null ? 0 : Math.max(0, clock.now() - row.oldest) }
    },

    /** What waits for a connection, for the status page. */
    async queueOf(account: string): Promise<{ readonly waiting: number; readonly dead: number; readonly oldestAtMs: number | null }> {
      const [row] = await db.query<{ waiting: number; dead: number; oldest: number | null }>(
        `select count(*) filter (where status <> 'dead')::float8 as waiting, count(*) filter (where status = 'dead')::float8 as dead, (extract(epoch from min(created_at) filter (where status <> 'dead')) * 1000)::float8 as oldest
         from ticket_outbox where account = $1 and status in ('waiting', 'calling', 'dead')`, [account])
      return { waiting: row?.waiting ?? 0, dead: row?.dead ?? 0, oldestAtMs: row?.oldest ?? null }
    },

    /** Forgets orders that ended before a moment, a few at a time until none is left; answers how many. A create that a person dropped stays as long as its ticket: it is why there is none. */
    async forget(beforeMs: number, batchRows = 1_000): Promise<number> {
      const some = async (): Promise<number> => (await db.query(`delete from ticket_outbox where id in (select id from ticket_outbox where status in ('done', 'shown', 'void') and ended_at < ${atMs('$1')} and (kind <> 'create' or status <> 'void') limit $2) returning 1`, [beforeMs, batchRows])).length
      let [all, last] = [0, batchRows]
      for (; last === batchRows; all += last) last = await some()
      return all
    },
  }
}

/** The outbox as it is opened. */
export type TicketOutbox = ReturnType<typeof ticketOutbox>
