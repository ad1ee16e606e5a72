/** Rows of `tickets`. Every writer here works inside its caller's transaction, so that a ticket and what is ordered for it stand together or not at all. */
import type { NewTicket, TicketRow } from '../../schemas/ticket-work.ts'
import type { TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { atMs, type Sql } from '../queries/sql.ts'

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const SELECT = `select id, company_id as "companyId", incident_id as "incidentId", connection_id as "connectionId", connector, environment, account, external_ref as "externalRef", external_id as "externalId", number, url, title,
  origin, link_kind as "linkKind", is_automatic as "isAutomatic", generation, parent_ticket_id as "parentTicketId", mode, is_simulated as "isSimulated", is_touched as "isTouched", ${ms('touched_at')} as "touchedAtMs",
  told, told_version::float8 as "toldVersion", seen, state, status_text as "statusText", ${ms('last_note_at')} as "lastNoteAtMs", ${ms('last_call_at')} as "lastCallAtMs", ${ms('last_synced_at')} as "lastSyncedAtMs",
  last_error as "lastError", ${ms('closed_at')} as "closedAtMs", ${ms('created_at')} as "createdAtMs", version::float8 as version from tickets`

/** Writes a ticket down. False: the incident has its ticket of this connection and generation already, and nothing was written. */
export async function insertTicket(sql: Sql, ticket: NewTicket, nowMs: number): Promise<boolean> {
  const { ref } = ticket
  const rows = await sql.query(
    `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, account, external_ref, external_id, number, url, title, origin, link_kind, is_automatic, generation, parent_ticket_id, mode, is_simulated, told, told_version, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20::jsonb, $21, ${atMs('$22')}) on conflict do nothing returning 1`,
    [ticket.id, ticket.companyId, ticket.incidentId, ticket.connectionId, ticket.connector, ticket.environment, ticket.account, ticket.externalRef, ref?.externalId ?? null, ref?.number ?? null, ref?.url ?? null, ticket.title,
      ticket.origin, ticket.linkKind, ticket.isAutomatic, ticket.generation, ticket.parentTicketId, ticket.mode, ticket.isSimulated, JSON.stringify(ticket.told), ticket.toldVersion, nowMs])
  return rows.length > 0
}

/** One ticket; `lock` keeps it from others to the end of the transaction. Null: there is none. */
export async function ticketById(sql: Sql, id: string, lock = false): Promise<TicketRow | null> {
  const [row] = await sql.query<TicketRow>(`${SELECT} where id = $1${lock ? ' for no key update' : ''}`, [id])
  return row ?? null
}

/** Tickets of an incident, own ones before linked ones, the newest generation first. */
export async function ticketsOfIncident(sql: Sql, incidentId: string, lock = false): Promise<readonly TicketRow[]> {
  return sql.query<TicketRow>(`${SELECT} where incident_id = $1 order by origin desc, generation desc, created_at desc, id${lock ? ' for no key update' : ''}`, [incidentId])
}

/** Tickets that stand for one of the PSA; several where several incidents name it. */
export async function ticketsByExternalId(sql: Sql, connectionId: string, externalId: string, lock = false): Promise<readonly TicketRow[]> {
  return sql.query<TicketRow>(`${SELECT} where connection_id = $1 and external_id = $2 order by origin desc, created_at, id${lock ? ' for no key update' : ''}`, [connectionId, externalId])
}

/** The ticket of our own reference; null: there is none. */
export async function ticketByExternalRef(sql: Sql, externalRef: string): Promise<TicketRow | null> {
  const [row] = await sql.query<TicketRow>(`${SELECT} where external_ref = $1 and origin = 'own'`, [externalRef])
  return row ?? null
}

/** What was ordered to stand in the ticket by now, and when a note was ordered last. */
export async function writeTold(sql: Sql, id: string, told: { readonly told: Readonly<Record<string, unknown>>; readonly toldVersion: number; readonly title?: string; readonly lastNoteAtMs?: number }): Promise<void> {
  await sql.query(`update tickets set told = $2::jsonb, told_version = $3, title = coalesce($4, title), last_note_at = coalesce(${atMs('$5')}, last_note_at), version = version + 1 where id = $1`,
    [id, JSON.stringify(told.told), told.toldVersion, told.title ?? null, told.lastNoteAtMs ?? null])
}

/** What the PSA tells of the ticket. A ticket that is deleted or closed there is closed here. */
export async function writeSnapshot(sql: Sql, id: string, snapshot: TicketSnapshot, nowMs: number): Promise<void> {
  const isClosed = snapshot.isDeleted || snapshot.state === 'closed'
  await sql.query(
    `update tickets set external_id = $2, number = $3, url = $4, seen = $5::jsonb, state = $6, status_text = $7, external_assignee = $8::jsonb, last_synced_at = ${atMs('$9')}, last_error = null,
       closed_at = case when $10::boolean then coalesce(closed_at, ${atMs('$9')}) else null end, version = version + 1 where id = $1`,
    [id, snapshot.ref.externalId, snapshot.ref.number, snapshot.ref.url, JSON.stringify(snapshot), snapshot.state, snapshot.statusText, snapshot.assignee === null ? null : JSON.stringify(snapshot.assignee), nowMs, isClosed])
}

/** Takes away what a person linked where it is the very ticket that our own one is about to stand for, so that an incident has it once. */
export async function takeLinked(sql: Sql, id: string, { externalId = null, incidentId = null }: { readonly externalId?: string | null; readonly incidentId?: string | null }): Promise<void> {
  await sql.query(
    `delete from tickets l using tickets t where t.id = $1 and l.origin = 'linked' and l.company_id = t.company_id and l.connection_id = t.connection_id and l.incident_id = coalesce($2, t.incident_id) and l.external_id = coalesce($3, t.external_id)`,
    [id, incidentId, externalId])
}

/** Which ticket of the PSA it is, where nothing else is known of it yet. */
export async function writeRef(sql: Sql, id: string, ref: TicketRef): Promise<void> {
  await sql.query('update tickets set external_id = $2, number = $3, url = $4, version = version + 1 where id = $1', [id, ref.externalId, ref.number, ref.url])
}

/** A person has worked on it: from now on it is not closed by itself. */
export async function markTouched(sql: Sql, id: string, nowMs: number): Promise<void> {
  await sql.query(`update tickets set is_touched = true, touched_at = coalesce(touched_at, ${atMs('$2')}), version = version + 1 where id = $1`, [id, nowMs])
}

/** Puts a ticket below another one, or takes it away. */
export async function writeParent(sql: Sql, id: string, parentTicketId: string | null): Promise<void> {
  await sql.query('update tickets set parent_ticket_id = $2, version = version + 1 where id = $1', [id, parentTicketId])
}

/** Why its newest call failed; null: all is well. */
export async function writeTicketError(sql: Sql, id: string, error: string | null): Promise<void> {
  await sql.query('update tickets set last_error = $2, version = version + 1 where id = $1', [id, error])
}

/** Nothing is expected of it any more: it is not asked for again. */
export async function closeTicket(sql: Sql, id: string, nowMs: number): Promise<void> {
  await sql.query(`update tickets set closed_at = coalesce(closed_at, ${atMs('$2')}), version = version + 1 where id = $1`, [id, nowMs])
}
