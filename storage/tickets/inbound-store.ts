/** What is known here when a ticket was read, and what follows from it written down: the ticket, the words to its incident, and that it is to be looked at, in one transaction. */
import { approvalStore, type ApprovalOptions } from '../remediation/approval-store.ts'
import type { Caller } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Actor, Command, CommandAction, IncidentStatus } from '../../schemas/records.ts'
import type { Role } from '../../schemas/settings.ts'
import type { SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { enqueue } from '../queries/outbox.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { pendingApprovals } from './facts.ts'
import { listAnew } from './queue.ts'
import { SELECT_SYNC_TICKET } from './sync-store.ts'
import { takeLinked, writeSnapshot } from './ticket-store.ts'

const MOVED = 'The ticket was moved to another client there: how it stands now is not shown. Move it back, or take the link away.'

/** A ticket of ours that was read, with what its incident is. */
export interface ReadTicket {
  readonly ticket: SyncTicket
  readonly incident: { readonly status: IncidentStatus; readonly assignee: string | null; readonly mergedInto: string | null }
  readonly users: ReadonlyMap<string, string>
  readonly mergedWith: string | null
  readonly approvals: readonly { readonly id: string; readonly question: 'run' | 'target' }[]
}

/** What is written. */
export interface InboundWrite {
  readonly words: readonly { readonly commandId: string; readonly action: CommandAction; readonly text: string | null; readonly assignee: string | null; readonly intoIncidentId: string | null }[]
  readonly told: Told
  readonly seen: TicketSnapshot | null
  readonly isTouched: boolean
  readonly follows: string | null
  readonly trouble: string | null
}

/** An answer to a request, as a technician gave it in a ticket. */
export interface PsaAnswer {
  readonly approvalId: string
  readonly yes: boolean
  readonly email: string
  readonly comment: string
}

interface UserRow { readonly id: string; readonly name: string; readonly role: Role; readonly companyIds: string[] }

/** The store of the listening half of the sync. */
export function inboundStore(db: SqlDatabase, options: ApprovalOptions) {
  const { clock } = options
  const approvals = approvalStore(db, options)
  return {
    /** Tickets of ours that stand for this one of the PSA; `mergedIntoId`: the ticket it was merged into there, of which is said whose it is. */
    async read(connectionId: string, externalId: string, mergedIntoId: string | null): Promise<readonly ReadTicket[]> {
      const tickets = await db.query<SyncTicket>(`${SELECT_SYNC_TICKET} where t.connection_id = $1 and t.external_id = $2 and t.origin = 'own' order by t.generation`, [connectionId, externalId])
      return Promise.all(tickets.map((ticket) => known(db, ticket, mergedIntoId, clock.now())))
    },

    /** Writes it down. False: the ticket is not as it was when it was judged; read it again. */
    async write(ticket: SyncTicket, found: InboundWrite): Promise<boolean> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const [row] = await sql.query<{ version: number }>('select version::float8 as version from tickets where id = $1 for no key update', [ticket.id])
        if (row?.version !== ticket.version) return false
        if (found.follows !== null) await takeLinked(sql, ticket.id, { externalId: found.follows })
        if (found.seen !== null) await writeSnapshot(sql, ticket.id, found.seen, nowMs)
        await sql.query(
          `update tickets set told = $2::jsonb, is_touched = is_touched or $3, touched_at = case when $3 then coalesce(touched_at, ${atMs('$4')}) else touched_at end, last_error = $5, last_synced_at = ${atMs('$4')}, external_id = coalesce($6, external_id),
             number = case when $6::text is null then number end, url = case when $6::text is null then url end, seen = case when $6::text is null then seen end, version = version + 1 where id = $1`,
          [ticket.id, JSON.stringify(found.told), found.isTouched, nowMs, found.trouble, found.follows])
        // Whose it is, and how it stands, is found out before anything is written to it.
        if (found.follows !== null && ticket.connectionId !== null) {
          await sql.query(`insert into ticket_hints (connection_id, event_id, external_id, via, received_at) values ($1, $2, $3, 'reconcile', ${atMs('$4')}) on conflict do nothing`, [ticket.connectionId, `follow ${ticket.id} ${found.follows}`, found.follows, nowMs])
        }
        const actor: Actor = { kind: 'connector', id: ticket.connectionId ?? ticket.connector, name: `${ticket.connector} ${ticket.ref?.number ?? ''}`.trim() }
        for (const word of found.words) await say(sql, ticket, actor, word, nowMs)
        if (found.follows === null) await listAnew(sql, [ticket], nowMs)
        return true
      }, { durable: found.words.length > 0 })
    },

    /** What a linked ticket looks like now; nothing else follows from it. What stands in one that was moved to another client there is that client's, and is not shown. */
    async refresh(connectionId: string, externalId: string, snapshot: TicketSnapshot): Promise<void> {
      await db.transaction(async (sql) => {
        const rows = await sql.query<{ id: string; companyId: string | null }>(`select id, seen ->> 'companyId' as "companyId" from tickets where connection_id = $1 and external_id = $2 and origin = 'linked' for no key update`, [connectionId, externalId])
        for (const { id, companyId } of rows) {
          const isMoved = companyId !== null && snapshot.companyId !== null && snapshot.companyId !== companyId
          if (!isMoved) await writeSnapshot(sql, id, snapshot, clock.now())
          else await sql.query(`update tickets set last_error = $2, last_synced_at = ${atMs('$3')}, version = version + 1 where id = $1`, [id, MOVED, clock.now()])
        }
      }, { durable: false })
    },

    /**
     * Answers a request as the person with that address, if they are one of ours and may: the same rules as for every other answer, four eyes included. Null: it was taken, or this person's
     * very answer stands already; else the sentence why not. Who runs a ticket system can write in it in anybody's name, so one that is no MSP's (`isShared`) speaks for no MSP Admin and is
     * no second pair of eyes.
     */
    async answer(companyId: string, { approvalId, yes, email, comment }: PsaAnswer, isShared: boolean): Promise<string | null> {
      const [user] = await db.query<UserRow & { readonly fourEyes: boolean }>(
        `select u.id, u.name, u.role, a.four_eyes as "fourEyes", array(select company_id from user_companies c where c.user_id = u.id) as "companyIds" from users u join run_approvals a on a.id = $2 and a.company_id = $3 where u.email = $1 and u.disabled_at is null`, [email, approvalId, companyId])
      if (user === undefined) return `nobody here has the address ${email}`
      if (!isShared && (user.role === 'msp_admin' || user.fourEyes)) return 'the ticket system is the company’s own, which proves too little for this request: decide it in Alert Whisperer, or by the link of its notice'
      const caller: Caller = { kind: 'user', id: user.id, name: user.name, ip: null, scope: { role: user.role, userId: user.id, companyIds: user.role === 'msp_admin' ? 'all' : user.companyIds } }
      try {
        await approvals.decide(caller, approvalId, { yes, comment, instanceId: null }, 'psa')
        return null
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.retry !== 'never') throw thrown
        const [stands] = await db.query(`select 1 from run_approvals where id = $1 and via = 'psa' and decided_by ->> 'id' = $2 and status = $3`, [approvalId, user.id, yes ? 'approved' : 'refused'])
        return stands === undefined ? thrown.message : null
      }
    },
  }
}

/** The store as it is opened. */
export type InboundStore = ReturnType<typeof inboundStore>

async function known(sql: Sql, ticket: SyncTicket, mergedIntoId: string | null, nowMs: number): Promise<ReadTicket> {
  const { incidentId, companyId } = ticket
  const [incident] = await sql.query<ReadTicket['incident']>('select status, assignee, merged_into as "mergedInto" from incidents where id = $1 and company_id = $2', [incidentId, companyId])
  const users = await sql.query<{ email: string; id: string }>(
    `select u.email, u.id from users u where u.disabled_at is null and (u.role = 'msp_admin' or (u.role in ('company_admin', 'technician') and exists (select 1 from user_companies uc where uc.user_id = u.id and uc.company_id = $1)))`, [companyId])
  return {
    ticket, incident: incident ?? { status: 'closed', assignee: null, mergedInto: null }, users: new Map(users.map(({ email, id }) => [email, id])),
    mergedWith: mergedIntoId === null ? null : await incidentOf(sql, ticket, mergedIntoId), approvals: await pendingApprovals(sql, incidentId, companyId, nowMs),
  }
}

/** The incident of another ticket of ours, known by the PSA's id; one of the ticket's own incident first, for those are one already. Closed ones count only there. */
async function incidentOf(sql: Sql, { id, incidentId, companyId, connectionId }: SyncTicket, externalId: string): Promise<string | null> {
  const [other] = await sql.query<{ incidentId: string }>(
    `select incident_id as "incidentId" from tickets where connection_id = $1 and external_id = $2 and company_id = $3 and origin = 'own' and id <> $4 and (closed_at is null or incident_id = $5) order by incident_id <> $5, generation desc, id limit 1`,
    [connectionId, externalId, companyId, id, incidentId])
  return other?.incidentId ?? null
}

/** A word to the incident, once: its id is made of what was seen. */
async function say(sql: Sql, { companyId, incidentId }: SyncTicket, actor: Actor, word: InboundWrite['words'][number], nowMs: number): Promise<void> {
  const made = await sql.query(
    `insert into commands (id, company_id, incident_id, action, actor, created_at) values ($1, $2, $3, $4, $5::jsonb, ${atMs('$6')}) on conflict (id) do nothing returning 1`,
    [word.commandId, companyId, incidentId, word.action, JSON.stringify(actor), nowMs])
  if (made.length === 0) return
  const command: Command = {
    type: 'command', commandId: word.commandId, companyId, incidentId, action: word.action, actor, judgedVersion: null, assignee: word.assignee, text: word.text, intoIncidentId: word.intoIncidentId, problemKeys: [], issuedAtMs: nowMs,
    severity: null, confidence: null, category: null,
  }
  await enqueue(sql, companyId, { event: command }, nowMs)
}
