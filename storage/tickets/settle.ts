/** Writes what becomes of an order, or nothing where somebody else has it by now. */
import type { TicketDraft, TicketSnapshot } from '../../schemas/tickets.ts'
import { ORDER_LEASE_MS, type HeldOrder, type OrderChange } from '../../schemas/ticket-work.ts'
import { atMs, type Sql } from '../queries/sql.ts'
import { readOrders } from './claim.ts'
import { spareTouched } from './spare.ts'
import { takeLinked, writeSnapshot } from './ticket-store.ts'

/** The ticket goes first, as with whoever orders, so that two never wait for each other. Null: the order is in other hands. */
async function lockHeld(sql: Sql, held: HeldOrder): Promise<boolean> {
  await sql.query('select 1 from tickets where id = $1 for no key update', [held.ticketId])
  const [mine] = await sql.query(`select 1 from ticket_outbox where id = $1 and version = $2 and claimed_by = $3 and status in ('waiting', 'calling') for update`, [held.id, held.version, held.worker])
  return mine !== undefined
}

/** Marks it as called before the call: from here on it may have been taken. Answers the order as it is to be called, with what was put together since, and without an end or a merge that a touched ticket is spared; null where it is in other hands. */
export async function beginOrder(sql: Sql, held: HeldOrder, nowMs: number): Promise<HeldOrder | null> {
  if (!(await lockHeld(sql, held))) return null
  await sql.query(
    `update ticket_outbox set status = 'calling', is_repeat = true, unknown_at = ${atMs('$2')}, looks = 0, first_called_at = coalesce(first_called_at, ${atMs('$2')}), claimed_until = ${atMs('$3')}, version = version + 1 where id = $1`,
    [held.id, nowMs, nowMs + ORDER_LEASE_MS])
  await spareTouched(sql, held.id)
  const [now] = await readOrders(sql, [held.id], held.worker, nowMs)
  // What is written is for whoever comes after a crash; what is called is the order as it was before.
  return now === undefined ? null : { ...now, isRepeat: held.isRepeat, unknownAtMs: held.unknownAtMs, looks: held.looks, isProbe: held.isProbe }
}

/** Writes the change with what it says of the ticket. False: it is in other hands, and nothing was written. */
export async function settleOrder(sql: Sql, held: HeldOrder, change: OrderChange, nowMs: number): Promise<boolean> {
  if (!(await lockHeld(sql, held))) return false
  const isEnd = change.status !== 'waiting'
  await sql.query(
    `update ticket_outbox set status = $2, due_at = coalesce(${atMs('$3')}, due_at), attempts = $4, is_repeat = $5, unknown_at = ${atMs('$6')}, looks = $7,
       first_called_at = case when $13::boolean then null else first_called_at end, code = case when $12::boolean then $8 else code end, error = case when $12::boolean then $9 else error end, claimed_by = null, claimed_until = null, ended_at = case when $10::boolean then ${atMs('$11')} end, version = version + 1 where id = $1`,
    [held.id, change.status, change.dueAtMs ?? null, change.attempts ?? held.attempts, change.isRepeat ?? held.isRepeat, change.unknownAtMs === undefined ? held.unknownAtMs : change.unknownAtMs, change.looks ?? held.looks,
      change.code ?? null, change.error ?? null, isEnd, nowMs,
      // A pause leaves what was said last.
      change.code !== undefined || isEnd, change.isForgiven === true])
  // What a person linked meanwhile may be the very ticket that was made.
  if (change.snapshot !== undefined && held.kind === 'create') await takeLinked(sql, held.ticketId, { externalId: change.snapshot.ref.externalId })
  if (change.snapshot !== undefined) await writeSnapshot(sql, held.ticketId, change.snapshot, nowMs)
  if (change.isFound === true && change.snapshot !== undefined && held.kind === 'create') await leaveUnheard(sql, held, held.body, change.snapshot, nowMs)
  if (change.isCalled === true) await sql.query(`update tickets set last_call_at = ${atMs('$2')} where id = $1`, [held.ticketId, nowMs])
  if (change.status === 'done') await sql.query('update tickets set last_error = null where id = $1 and last_error is not null', [held.ticketId])
  else if (change.error !== undefined && change.error !== null) await sql.query('update tickets set last_error = $2 where id = $1', [held.ticketId, change.error])
  if (change.isGone === true && held.ref !== null) await hint(sql, held, `gone-${held.id}`, held.ref.externalId, nowMs)
  if (change.isUnheard === true && held.ref !== null) await hint(sql, held, `unheard-${held.id}-${held.version}`, held.ref.externalId, nowMs)
  return true
}

/** Of a ticket that was found, the sync compares what it reads with what was ordered, so that a person's close or hand-over meanwhile is heard; it reads at once. */
async function leaveUnheard(sql: Sql, held: HeldOrder, { state, assigneeId }: TicketDraft, { ref }: TicketSnapshot, nowMs: number): Promise<void> {
  await sql.query(`update tickets set told = told || jsonb_build_object('stood', $2::jsonb) where id = $1 and told -> 'stood' is null`, [held.ticketId, JSON.stringify({ state, assigneeId })])
  await hint(sql, held, `found-${held.id}`, ref.externalId, nowMs)
}

/** The sync looks for itself how the ticket stands: whether it was deleted, merged or moved, and what was done to it. */
async function hint(sql: Sql, held: HeldOrder, eventId: string, externalId: string, nowMs: number): Promise<void> {
  if (held.connectionId === null) return
  await sql.query(
    `insert into ticket_hints (connection_id, event_id, external_id, via, received_at) values ($1, $2, $3, 'reconcile', ${atMs('$4')}) on conflict do nothing`,
    [held.connectionId, eventId, externalId, nowMs])
}
