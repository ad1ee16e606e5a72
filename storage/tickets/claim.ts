/** Takes orders into a worker's hands: in order within a ticket, the urgent first, and in turn between companies of an account and between accounts. */
import { ORDER_LEASE_MS, type HeldOrder } from '../../schemas/ticket-work.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { IS_READ_BACK } from './hints.ts'

/** How long the one order that finds out whether an account is still to be held is alone. */
const PROBE_MS = 120_000

/** Why an order may not go yet: one before it is not done, or could not be made at all. */
const IS_HEAD = `not exists (select 1 from ticket_outbox e where e.ticket_id = o.ticket_id and e.seq < o.seq and e.status in ('waiting', 'calling', 'dead') and (e.status <> 'dead' or e.kind = 'create'))`

const CHOOSE = `with recursive groups as (
    (select account, company_id from ticket_outbox where status in ('waiting', 'calling') order by account, company_id limit 1)
    union all
    select n.account, n.company_id from groups g, lateral (
      select o.account, o.company_id from ticket_outbox o where o.status in ('waiting', 'calling') and (o.account, o.company_id) > (g.account, g.company_id) order by o.account, o.company_id limit 1) n
  ), under_way as (select account, count(*) as count from ticket_outbox where claimed_until is not null and claimed_until > ${atMs('$1')} group by account),
  ready as (
    select g.account, g.company_id, coalesce(a.held_code is not null, false) as is_probe, a.ready_at is null or a.ready_at <= ${atMs('$1')} as is_ready,
      w.most - coalesce(u.count, 0) as room, greatest(1, w.most - ceil(w.most * 0.3)) - coalesce(u.count, 0) as room_usual
    from groups g left join call_accounts a on a.account = g.account left join under_way u on u.account = g.account, lateral (
      select case when a.held_code is not null or coalesce((a.breaker ->> 'openUntilMs')::float8, 0) > 0 then 1 else least($3, coalesce((a.learned ->> 'atOnce')::int, $3)) end as most) w
    where (a.account is null or ((a.blocked_until is null or a.blocked_until <= ${atMs('$1')}) and (a.held_code is null or a.held_until <= ${atMs('$1')})
      and coalesce((a.breaker ->> 'openUntilMs')::float8, 0) <= $1::float8 and (a.ready_critical_at is null or a.ready_critical_at <= ${atMs('$1')})))
  ), heads as (
    select r.account, r.company_id, r.room, r.room_usual, r.is_probe, h.id, h.urgency, h.due_at, row_number() over (partition by r.account, r.company_id, h.urgency order by h.due_at, h.id) as turn
    from ready r, lateral (
      select o.id, o.urgency, o.due_at from ticket_outbox o
      where o.account = r.account and o.company_id = r.company_id and o.status in ('waiting', 'calling') and o.due_at <= ${atMs('$1')} and (o.claimed_until is null or o.claimed_until <= ${atMs('$1')})
        and (o.urgency <= 1 or r.is_ready) and o.urgency <= $6 and ${IS_HEAD}
      order by o.urgency, o.due_at, o.id limit $2) h
    where r.room > 0
  ), turns as (
    select h.*, row_number() over (partition by h.account order by h.urgency, h.turn, h.due_at, h.id) as account_turn from heads h
  ), chosen as (
    select o.id, t.account, t.is_probe, t.urgency, t.account_turn, t.due_at from ticket_outbox o join turns t on t.id = o.id where t.account_turn <= case when t.urgency = 0 then t.room else t.room_usual end order by t.urgency, t.account_turn, t.due_at, o.id limit $2 for update of o skip locked
  )
  update ticket_outbox o set claimed_by = $4, claimed_until = ${atMs('$5')}, version = o.version + 1 from chosen
  where o.id = chosen.id and o.status in ('waiting', 'calling') and (o.claimed_until is null or o.claimed_until <= ${atMs('$1')})
  returning o.id::float8 as id, chosen.account, chosen.is_probe as "isProbe", o.urgency, chosen.account_turn::float8 as turn, (extract(epoch from chosen.due_at) * 1000)::float8 as "dueAtMs"`

/** Takes up to `limit` orders that are due and no less urgent than `urgency`; of one account at most `perAccount` at once over all processes, or as many as its PSA bears, a part of it kept for critical ones. */
export async function claimOrders(db: SqlDatabase, { worker, limit, perAccount, urgency, nowMs }: { readonly worker: string; readonly limit: number; readonly perAccount: number; readonly urgency: number; readonly nowMs: number }): Promise<readonly HeldOrder[]> {
  // Most looks find nothing, and cost one read.
  const [any] = await db.query(`select 1 from ticket_outbox where status in ('waiting', 'calling') and due_at <= ${atMs('$1')} and (claimed_until is null or claimed_until <= ${atMs('$1')}) limit 1`, [nowMs])
  if (any === undefined) return []
  return db.transaction(async (sql) => {
    const rows = await sql.query<{ id: number; account: string; isProbe: boolean; urgency: number; turn: number; dueAtMs: number }>(CHOOSE, [nowMs, limit, perAccount, worker, nowMs + ORDER_LEASE_MS, urgency])
    const ids = [...rows].sort((a, b) => a.urgency - b.urgency || a.turn - b.turn || a.dueAtMs - b.dueAtMs || a.id - b.id).map(({ id }) => id)
    const probes = rows.filter(({ isProbe }) => isProbe)
    if (probes.length > 0) await sql.query(`update call_accounts set held_until = ${atMs('$2')} where account = any($1::text[])`, [probes.map(({ account }) => account), nowMs + PROBE_MS])
    const held = await readOrders(sql, ids, worker, nowMs)
    return held.map((one) => ({ ...one, isProbe: probes.some(({ id }) => id === one.id) })).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
  }, { durable: false })
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const REF = (alias: string): string => `case when ${alias}.external_id is not null then json_build_object('externalId', ${alias}.external_id, 'number', coalesce(${alias}.number, ${alias}.external_id), 'url', ${alias}.url) end`

/** Orders with all that working on them needs. */
export async function readOrders(sql: Sql, ids: readonly number[], worker: string, nowMs: number): Promise<readonly HeldOrder[]> {
  if (ids.length === 0) return []
  return sql.query<HeldOrder>(
    `select o.id::float8 as id, o.version::float8 as version, $2::text as worker, o.ticket_id as "ticketId", o.company_id as "companyId", t.incident_id as "incidentId", t.connection_id as "connectionId", t.connector, t.environment, t.mode,
       o.account, t.external_ref as "externalRef", ${REF('t')} as ref, case when p.id is not null then json_build_object('id', p.id, 'ref', ${REF('p')}) end as other,
       o.seq, o.kind, o.body, o.urgency, o.status, o.attempts, o.is_repeat as "isRepeat", ${ms('o.unknown_at')} as "unknownAtMs", o.looks, ${ms('o.first_called_at')} as "firstCalledAtMs", ${ms('o.created_at')} as "createdAtMs",
       ${ms('t.last_call_at')} as "lastCallAtMs", ${ms('i.opened_at')} as "incidentOpenedAtMs", ${ms('a.last_ok_at')} as "accountOkAtMs", false as "isProbe",
       case when o.body ? 'unlessTouched' then exists (select 1 from ticket_hints h where h.connection_id = t.connection_id and h.external_id = t.external_id and h.done_at is null and h.received_at <= ${atMs('$3')} and not ${IS_READ_BACK}) else false end as "isHinted",
       case when o.body ? 'unlessTouched' then t.seen end as seen
     from ticket_outbox o join tickets t on t.id = o.ticket_id left join incidents i on i.id = t.incident_id left join call_accounts a on a.account = o.account
       left join tickets p on p.id = case o.kind when 'join' then o.body ->> 'intoTicketId' when 'create' then t.parent_ticket_id end
     where o.id = any($1::bigint[])`, [ids, worker, nowMs])
}
