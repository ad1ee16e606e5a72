/** Keeps a ticket open that somebody touched while the order that ends it waited. */
import { spared, type EndStanding } from '../../schemas/ticket-changes.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import type { Sql } from '../queries/sql.ts'

/** Judges an order that is about to be called, in the transaction that marks it as called, and writes down what is called in place of the end and what is told of the ticket. The caller holds the ticket's row. */
export async function spareTouched(sql: Sql, orderId: number): Promise<void> {
  const [row] = await sql.query<EndStanding & { readonly ticketId: string; readonly body: TicketChange }>(
    `select o.ticket_id as "ticketId", o.body, t.is_touched as "isTouched", t.told, t.seen,
       exists (select 1 from ticket_outbox l where l.ticket_id = o.ticket_id and l.seq > o.seq and l.kind = 'update' and l.status in ('waiting', 'calling') and l.body ? 'state') as "isOvertaken"
     from ticket_outbox o join tickets t on t.id = o.ticket_id where o.id = $1 and o.body ? 'unlessTouched' and t.is_touched`, [orderId])
  const spare = row === undefined ? null : spared(row.body, row)
  if (row === undefined || spare === null) return
  await sql.query('update ticket_outbox set body = $2::jsonb where id = $1', [orderId, JSON.stringify(spare.change)])
  // A plan that was made with what was told before is made anew.
  if (spare.told !== null) await sql.query('update tickets set told = told || $2::jsonb, version = version + 1 where id = $1', [row.ticketId, JSON.stringify(spare.told)])
}
