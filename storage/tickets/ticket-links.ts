/** Links that people make between incidents and tickets, and what is needed to suggest some. */
import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { Environment, LinkKind, TicketChange, TicketSnapshot, TicketView } from '../../schemas/tickets.ts'
import { writeAudit } from '../queries/audit.ts'
import { commandedIncidents, visibleIncidents } from '../queries/scope.ts'
import { atMs, iso, Params, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { putOrder } from './order.ts'
import { insertTicket, writeSnapshot } from './ticket-store.ts'
import { ticketView, ticketViews } from './ticket-views.ts'

/** An incident as far as links need it. */
export interface LinkTarget {
  /** The one that stands, where the named one was merged away. */
  readonly id: string
  readonly companyId: string
  readonly mode: Mode | null
  readonly title: string
  readonly assets: readonly string[]
  readonly signatures: readonly string[]
  readonly openedAt: string
  readonly mayChange: boolean
}

/** A ticket of ours that stands for an incident with the same machines. */
export interface NearTicket {
  readonly connectionId: string
  readonly connector: string
  readonly externalId: string
  readonly number: string | null
  readonly url: string | null
  readonly title: string
  readonly state: TicketView['state']
  readonly statusText: string | null
  readonly updatedAt: string | null
  readonly assets: readonly string[]
}

/** What is linked. */
export interface NewLink {
  readonly connectionId: string
  readonly connector: string
  readonly environment: Environment
  readonly account: string
  readonly kind: LinkKind
  readonly mode: Mode
  readonly snapshot: TicketSnapshot
}

const NEAR_MAX = 20
const NEAR_DAYS = 30
/** Links of one incident; more are a list nobody reads. */
const LINKS_MAX = 40

/** Links over the database. */
export function ticketLinkStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  /** The incident, or what it was merged into. Throws `not_found`, and `forbidden` where it may be seen and not changed. */
  async function target(sql: Sql, scope: Scope, incidentId: string, change: boolean): Promise<LinkTarget> {
    const params = new Params()
    const [row] = await sql.query<LinkTarget>(
      `select s.id, s.company_id as "companyId", c.settings ->> 'mode' as mode, s.title, s.assets, ${iso('s.opened_at')} as "openedAt", ${commandedIncidents(scope, params, 's')} as "mayChange",
         array(select distinct p.signature from problems p where p.incident_id in (select * from incident_ids(s.id)) and p.company_id = s.company_id and p.signature is not null limit 5) as signatures
       from incidents i join incidents s on s.id = coalesce(i.merged_into, i.id) and s.company_id = i.company_id join companies c on c.id = s.company_id
       where i.id = ${params.add(incidentId)} and ${visibleIncidents(scope, params, 'i')} and ${visibleIncidents(scope, params, 's')}`, params.values)
    if (row === undefined) throw new AppError('not_found', 'there is no such incident')
    if (change && !row.mayChange) throw new AppError('forbidden', 'your role may read incidents, not change them')
    return row
  }

  /** One ticket of an incident the caller may change, held to the end of the transaction. */
  async function held(sql: Sql, caller: Caller, incidentId: string, ticketId: string): Promise<{ readonly companyId: string; readonly origin: 'own' | 'linked'; readonly linkKind: LinkKind; readonly number: string | null }> {
    const { id, companyId } = await target(sql, caller.scope, incidentId, true)
    const [row] = await sql.query<{ origin: 'own' | 'linked'; linkKind: LinkKind; number: string | null }>(
      'select origin, link_kind as "linkKind", number from tickets where id = $1 and company_id = $2 and incident_id in (select * from incident_ids($3)) for no key update', [ticketId, companyId, id])
    if (row === undefined) throw new AppError('not_found', 'the incident has no such ticket')
    return { companyId, ...row }
  }

  return {
    target: (scope: Scope, incidentId: string, change = false): Promise<LinkTarget> => target(db, scope, incidentId, change),

    async list(scope: Scope, incidentId: string): Promise<readonly TicketView[]> {
      const { id, companyId } = await target(db, scope, incidentId, false)
      return ticketViews(db, id, companyId)
    },

    get: (scope: Scope, ticketId: string): Promise<TicketView> => ticketView(db, scope, ticketId),

    /** Writes the link down with the ticket as it was read. Throws `conflict` where it is linked already. */
    async link(caller: Caller, incidentId: string, { snapshot, kind, ...where }: NewLink): Promise<TicketView> {
      const nowMs = clock.now()
      const id = randomUUID()
      await db.transaction(async (sql) => {
        const incident = await target(sql, caller.scope, incidentId, true)
        const [count] = await sql.query<{ n: number }>(`select count(*)::float8 as n from tickets where incident_id = $1 and origin = 'linked'`, [incident.id])
        if ((count?.n ?? 0) >= LINKS_MAX) throw new AppError('conflict', `an incident takes ${LINKS_MAX} linked tickets: take one away first`)
        const isNew = await insertTicket(sql, {
          id, companyId: incident.companyId, incidentId: incident.id, connectionId: where.connectionId, connector: where.connector, environment: where.environment, account: where.account, externalRef: snapshot.externalRef ?? '', title: snapshot.title,
          origin: 'linked', linkKind: kind, isAutomatic: false, generation: 1, parentTicketId: null, mode: where.mode, isSimulated: false, ref: snapshot.ref, told: {}, toldVersion: 0,
        }, nowMs)
        if (!isNew) throw new AppError('conflict', `ticket ${snapshot.ref.number} belongs to this incident already`)
        await writeSnapshot(sql, id, snapshot, nowMs)
        await writeAudit(sql, caller, { companyId: incident.companyId, action: 'ticket.linked', subject: incident.id, before: null, after: { ticketId: id, connector: where.connector, number: snapshot.ref.number, kind } }, nowMs)
      }, { durable: true })
      return ticketView(db, caller.scope, id)
    },

    /** Says otherwise how the two belong together. */
    async change(caller: Caller, incidentId: string, ticketId: string, kind: LinkKind): Promise<TicketView> {
      await db.transaction(async (sql) => {
        const { companyId, linkKind, number } = await held(sql, caller, incidentId, ticketId)
        await sql.query('update tickets set link_kind = $2, version = version + 1 where id = $1', [ticketId, kind])
        if (linkKind !== kind) await writeAudit(sql, caller, { companyId, action: 'ticket.link_changed', subject: incidentId, before: { ticketId, number, kind: linkKind }, after: { ticketId, number, kind } }, clock.now())
      }, { durable: true })
      return ticketView(db, caller.scope, ticketId)
    },

    /** Takes a link away; the ticket itself is left as it is. Throws `conflict` for one the program made. */
    async unlink(caller: Caller, incidentId: string, ticketId: string): Promise<void> {
      await db.transaction(async (sql) => {
        const { companyId, origin, linkKind, number } = await held(sql, caller, incidentId, ticketId)
        if (origin === 'own') throw new AppError('conflict', 'this is the incident\'s own ticket, which is kept true as long as both stand: close it instead')
        await sql.query('delete from tickets where id = $1', [ticketId])
        await writeAudit(sql, caller, { companyId, action: 'ticket.unlinked', subject: incidentId, before: { ticketId, number, kind: linkKind }, after: null }, clock.now())
      }, { durable: true })
    },

    /** Puts what a person asks for in the incident's own ticket down for the outbox; what was put down before is left as it stands. Throws `conflict` for a ticket that is only linked. */
    async orderChange(caller: Caller, incidentId: string, ticketId: string, change: TicketChange, action: string): Promise<'waiting' | 'shown' | 'done'> {
      return db.transaction(async (sql) => {
        const { companyId, origin } = await held(sql, caller, incidentId, ticketId)
        if (origin !== 'own') throw new AppError('conflict', 'the ticket is only linked and never written to: do it there')
        const nowMs = clock.now()
        const before = await orderedBefore(sql, ticketId, change)
        if (before !== null) return before
        const { status } = await putOrder(sql, { kind: 'update', ticketId, body: change, urgency: 1, dueAtMs: nowMs }, nowMs)
        await writeAudit(sql, caller, { companyId, action, subject: incidentId, before: null, after: { ticketId, references: tokensOf(change) } }, nowMs)
        return status
      }, { durable: true })
    },

    /** Recent tickets of the company's other incidents with one of the same machines. */
    near: ({ id, companyId, assets }: LinkTarget, connectionId: string | null): Promise<readonly NearTicket[]> => db.query<NearTicket>(
      `select distinct on (t.connection_id, t.external_id) t.connection_id as "connectionId", t.connector, t.external_id as "externalId", t.number, t.url, t.title, t.state, t.status_text as "statusText", ${iso('coalesce(t.last_synced_at, t.created_at)')} as "updatedAt",
         array(select a from unnest(i.assets) a where a = any($3::text[])) as assets
       from tickets t join incidents i on i.id = t.incident_id and i.company_id = t.company_id
       where t.company_id = $2 and i.assets && $3::text[] and t.connection_id is not null and t.external_id is not null and not t.is_simulated and t.created_at > ${atMs('$4')} and ($5::text is null or t.connection_id = $5)
         and not exists (select 1 from tickets o where o.connection_id = t.connection_id and o.external_id = t.external_id and o.incident_id in (select * from incident_ids($1)))
       order by t.connection_id, t.external_id, t.created_at desc limit ${NEAR_MAX}`, [id, companyId, [...assets], clock.now() - NEAR_DAYS * 86_400_000, connectionId]),

    /** External ids of tickets the incident has, of one connection. */
    async linked({ id }: LinkTarget, connectionId: string): Promise<ReadonlySet<string>> {
      const rows = await db.query<{ externalId: string }>('select external_id as "externalId" from tickets where incident_id in (select * from incident_ids($1)) and connection_id = $2 and external_id is not null', [id, connectionId])
      return new Set(rows.map(({ externalId }) => externalId))
    },

    /** Which company of a ticket system is this one; null: nobody has said. */
    async externalCompany(connectionId: string, companyId: string): Promise<string | null> {
      const [row] = await db.query<{ externalId: string | null }>(`select external_id as "externalId" from external_matches where connection_id = $1 and company_id = $2 and kind = 'company' and name = $2 and status = 'matched'`, [connectionId, companyId])
      return row?.externalId ?? null
    },
  }
}

/** The store as it is opened. */
export type TicketLinkStore = ReturnType<typeof ticketLinkStore>

/** Where the note, file or time stands that was ordered under the same token; null: nowhere, or it was dropped. A change request is known again by its own reference over there. */
async function orderedBefore(sql: Sql, ticketId: string, { notes = [], attachments = [], times = [] }: TicketChange): Promise<'waiting' | 'shown' | 'done' | null> {
  const [token] = [...notes, ...attachments, ...times].map((one) => one.token)
  if (token === undefined) return null
  const [row] = await sql.query<{ status: string }>(
    `select status from ticket_outbox where ticket_id = $1 and kind = 'update' and status <> 'void' and (body -> 'notes' @> $2::jsonb or body -> 'attachments' @> $2::jsonb or body -> 'times' @> $2::jsonb) order by seq desc limit 1`, [ticketId, JSON.stringify([{ token }])])
  return row === undefined ? null : row.status === 'shown' || row.status === 'done' ? row.status : 'waiting'
}

function tokensOf({ notes = [], attachments = [], times = [], changeRequests = [] }: TicketChange): readonly string[] {
  return [...notes, ...attachments, ...times, ...changeRequests].map(({ token }) => token)
}
