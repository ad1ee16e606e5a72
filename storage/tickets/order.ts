/** Puts an order down in the transaction of whoever orders. */
import { AppError } from '../../schemas/errors.ts'
import { coalesce } from '../../schemas/ticket-changes.ts'
import type { TicketOrder } from '../../schemas/ticket-work.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import { atMs, type Sql } from '../queries/sql.ts'

/** A waiting change grows to this length of JSON; what comes after begins the next one. */
export const BODY_CHARS = 64_000

/** Where an order stands after it was put down. */
export interface Ordered {
  readonly id: number
  readonly seq: number
  readonly status: 'waiting' | 'shown'
  /** It was put together with one that waited. */
  readonly isCoalesced: boolean
}

interface Newest { readonly id: number; readonly seq: number; readonly kind: string; readonly body: TicketChange; readonly isOpen: boolean }

/**
 * Puts an order down. An update is put together with the newest order of its ticket where that is an update that waits and was never called; a second `read` that
 * waits is the first. What comes before in the ticket's row becomes as urgent as what follows. Throws `not_found` for a ticket that is not there.
 */
export async function putOrder(sql: Sql, order: TicketOrder, nowMs: number): Promise<Ordered> {
  // Whoever orders for a ticket has it alone, so that numbers and what is put together are sure.
  const [ticket] = await sql.query<{ companyId: string; account: string; connector: string; isSent: boolean }>(
    `select company_id as "companyId", account, connector, (mode in ('sandbox', 'production') and not is_simulated) as "isSent" from tickets where id = $1 for no key update`, [order.ticketId])
  if (ticket === undefined) throw new AppError('not_found', 'there is no such ticket to order for')
  const [newest] = await sql.query<Newest>(
    `select id::float8 as id, seq, kind, body, (status = 'waiting' and first_called_at is null and not is_repeat) as "isOpen" from ticket_outbox where ticket_id = $1 order by seq desc limit 1 for update`, [order.ticketId])
  const urgency = Math.min(3, Math.max(0, Math.trunc(order.urgency)))
  if (ticket.isSent) await sql.query(`update ticket_outbox set urgency = $2 where ticket_id = $1 and status in ('waiting', 'calling') and urgency > $2`, [order.ticketId, urgency])

  if (newest?.isOpen === true && ticket.isSent && order.isRepeat !== true && newest.kind === order.kind && (order.kind === 'update' || order.kind === 'read')) {
    const body = order.kind === 'read' ? '{}' : JSON.stringify(coalesce(newest.body, order.body))
    if (body.length <= BODY_CHARS) {
      await sql.query(`update ticket_outbox set body = $2::jsonb, due_at = least(due_at, ${atMs('$3')}) where id = $1`, [newest.id, body, order.dueAtMs])
      return { id: newest.id, seq: newest.seq, status: 'waiting', isCoalesced: true }
    }
  }
  const status = ticket.isSent ? 'waiting' : 'shown'
  const [made] = await sql.query<{ id: number; seq: number }>(
    `insert into ticket_outbox (ticket_id, company_id, account, seq, kind, body, urgency, status, is_repeat, due_at, created_at, ended_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, ${atMs('$10')}, ${atMs('$11')}, case when $8 = 'shown' then ${atMs('$11')} end) returning id::float8 as id, seq`,
    [order.ticketId, ticket.companyId, ticket.account, (newest?.seq ?? 0) + 1, order.kind, JSON.stringify(order.body), urgency, status, order.isRepeat ?? false, order.dueAtMs, nowMs])
  if (made === undefined) throw new AppError('internal', 'an order was not written')
  return { ...made, status, isCoalesced: false }
}
