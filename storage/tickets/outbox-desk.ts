/** What people see of the outbox and may do with it: look, replay what is dead, drop what shall not be done. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { withoutOvertaken } from '../../schemas/ticket-changes.ts'
import type { OrderStatus, OutboxOrderView } from '../../schemas/ticket-work.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { managedCompanies } from '../queries/scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** Which orders. */
export interface OutboxQuery extends PageQuery {
  readonly companyId: string | null
  /** Empty: all. */
  readonly statuses: readonly OrderStatus[]
  readonly ticketId: string | null
  readonly incidentId: string | null
}

const COLUMNS = `o.id::text as id, o.ticket_id as "ticketId", o.company_id as "companyId", t.incident_id as "incidentId", t.connector, o.account, t.number, t.title, o.seq, o.kind, o.urgency, o.status, o.attempts,
  ${iso('o.due_at')} as "dueAt", o.code, o.error, ${iso('o.created_at')} as "createdAt", ${iso('o.ended_at')} as "endedAt"`

/** Over the database; a company admin reaches the orders of their companies, an MSP Admin all. */
export function outboxDesk(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  /** Locks the ticket, as whoever orders for it does, and answers the order. Throws `not_found`. */
  const locked = async (sql: Sql, scope: Scope, id: string): Promise<OutboxOrderView & { readonly body: TicketChange }> => {
    const params = new Params()
    const number = /^\d{1,15}$/.test(id) ? params.add(Number(id)) : null
    const mine = managedCompanies(scope, params, 'o.company_id')
    const find = `from ticket_outbox o join tickets t on t.id = o.ticket_id where o.id = ${number ?? 'null'}::bigint and ${mine}`
    await sql.query(`select 1 from tickets where id = (select o.ticket_id ${find}) for no key update`, params.values)
    const [row] = await sql.query<OutboxOrderView & { readonly body: TicketChange }>(`select ${COLUMNS}, o.body ${find} for update of o`, params.values)
    if (row === undefined) throw new AppError('not_found', 'there is no such order, or it is none of yours; those that are done are kept thirty days')
    return row
  }
  const shown = async (sql: Sql, id: string): Promise<OutboxOrderView> => {
    const [row] = await sql.query<OutboxOrderView>(`select ${COLUMNS} from ticket_outbox o join tickets t on t.id = o.ticket_id where o.id = $1`, [Number(id)])
    if (row === undefined) throw new AppError('not_found', 'there is no such order')
    return row
  }

  return {
    /** Newest first. Throws `not_found` for a company the caller does not manage. */
    async list(scope: Scope, { companyId, statuses, ticketId, incidentId, limit, cursor }: OutboxQuery): Promise<Page<OutboxOrderView>> {
      if (companyId !== null) await requireManaged(db, scope, companyId)
      const params = new Params()
      const where = [managedCompanies(scope, params, 'o.company_id')]
      if (companyId !== null) where.push(`o.company_id = ${params.add(companyId)}`)
      if (statuses.length > 0) where.push(`o.status = any(${params.add([...statuses])}::text[])`)
      if (ticketId !== null) where.push(`o.ticket_id = ${params.add(ticketId)}`)
      if (incidentId !== null) where.push(`t.incident_id = ${params.add(incidentId)}`)
      if (cursor !== null) where.push(`o.id < ${params.add(decodeCursor(cursor, 'number'))}`)
      const rows = await db.query<OutboxOrderView>(
        `select ${COLUMNS} from ticket_outbox o join tickets t on t.id = o.ticket_id where ${where.join(' and ')} order by o.id desc limit ${params.add(limit + 1)}`, params.values)
      return toPage(rows, limit, ({ id }) => Number(id))
    },

    /**
     * Tries a dead order again, in its place in the ticket's row. Values that later orders have set since are left out of it, so that the ticket does not go back; notes,
     * files and times are written. Throws `not_found`, `conflict` for one that is not dead.
     */
    async replay(caller: Caller, id: string): Promise<OutboxOrderView> {
      return db.transaction(async (sql) => {
        const order = await locked(sql, caller.scope, id)
        if (order.status !== 'dead') throw new AppError('conflict', `only a dead order is replayed; this one is ${order.status}`)
        const nowMs = clock.now()
        const later = order.kind !== 'update' ? [] : await sql.query<{ body: TicketChange }>(
          `select body from ticket_outbox where ticket_id = $1 and seq > $2 and kind = 'update' and status in ('waiting', 'calling', 'done') order by seq`, [order.ticketId, order.seq])
        const body = order.kind === 'update' ? withoutOvertaken(order.body, later.map((one) => one.body)) : order.body
        await sql.query(
          `update ticket_outbox set status = 'waiting', body = $2::jsonb, attempts = 0, looks = 0, is_repeat = true, first_called_at = null, due_at = ${atMs('$3')}, code = null, error = null, ended_at = null, claimed_by = null, claimed_until = null,
             version = version + 1 where id = $1`, [Number(id), JSON.stringify(body), nowMs])
        await writeAudit(sql, caller, { companyId: order.companyId, action: 'ticket_order.replayed', subject: id, before: { status: order.status, code: order.code }, after: { ticketId: order.ticketId, kind: order.kind, seq: order.seq } }, nowMs)
        return shown(sql, id)
      }, { durable: true })
    },

    /**
     * Drops an order that is dead or waits: it is never called. With a create go the orders behind it, for there is no ticket to write to. Throws `not_found`, `conflict`
     * for one that is being called or has ended.
     */
    async drop(caller: Caller, id: string): Promise<OutboxOrderView> {
      return db.transaction(async (sql) => {
        const order = await locked(sql, caller.scope, id)
        if (order.status !== 'dead' && order.status !== 'waiting') throw new AppError('conflict', order.status === 'calling' ? 'it is being called just now, or nobody can tell whether it was taken: wait until that is known' : `it has ended: ${order.status}`)
        const nowMs = clock.now()
        const dropped = await sql.query<{ id: string }>(
          `update ticket_outbox set status = 'void', ended_at = ${atMs('$3')}, claimed_by = null, claimed_until = null, version = version + 1
           where ticket_id = $1 and status in ('dead', 'waiting') and (id = $2 or ($4::boolean and seq > $5)) returning id::text as id`, [order.ticketId, Number(id), nowMs, order.kind === 'create', order.seq])
        await writeAudit(sql, caller, { companyId: order.companyId, action: 'ticket_order.dropped', subject: id, before: { status: order.status, code: order.code }, after: { ticketId: order.ticketId, kind: order.kind, seq: order.seq, orders: dropped.length } }, nowMs)
        return shown(sql, id)
      }, { durable: true })
    },
  }
}

/** The desk as the API uses it. */
export type OutboxDesk = ReturnType<typeof outboxDesk>
