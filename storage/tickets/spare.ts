/** Keeps a ticket open that somebody touched while the order that ends it, or merges it away, waited. */
import { spared, sparedJoin, type EndStanding } from '../../schemas/ticket-changes.ts'
import type { OrderBody } from '../../schemas/ticket-work.ts'
import type { Sql } from '../queries/sql.ts'

/** Judges an order that is about to be called, in the transaction that marks it as called, and writes down what is called in its place and what is told of the ticket. The caller holds the ticket's row. */
export async function spareTouched(sql: Sql, orderId: number): Promise<void> {
  const [row] = await sql.query<EndStanding & Extract<OrderBody, { readonly kind: 'update' | 'join' }> & { readonly ticketId: string }>(
    `select o.ticket_id as "ticketId", o.kind, o.body, t.is_touched as "isTouched", t.told, t.seen,
       exists (select 1 from ticket_outbox l where l.ticket_id = o.ticket_id and l.seq > o.seq and l.kind = 'update' and l.status in ('waiting', 'calling') and l.body ? 'state') as "isOvertaken"
     from ticket_outbox o join tickets t on t.id = o.ticket_id where o.id = $1 and o.kind in ('update', 'join') and o.body ? 'unlessTouched' and t.is_touched`, [orderId])
  const spare = row === undefined ? null : row.kind === 'join' ? sparedJoin(row.body, row) : spared(row.body, row)
  if (row === undefined || spare === null) return
  await sql.query(`update ticket_outbox set kind = 'update', body = $2::jsonb where id = $1`, [orderId, JSON.stringify(spare.change)])
  // A plan that was made with what was told before is made anew.
  if (spare.told !== null) await sql.query('update tickets set told = told || $2::jsonb, version = version + 1 where id = $1', [row.ticketId, JSON.stringify(spare.told)])
}
