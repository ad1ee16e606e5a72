/** Commands: asked here, carried to the company's log by the outbox, answered by the projection of their one outcome. */
import { createHash, randomUUID } from 'node:crypto'
import { covers, type Caller, type Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Actor, Command, CommandAction, IncidentSeverity } from '../../schemas/records.ts'
import type { CommandView } from '../../schemas/views.ts'
import { writeAudit } from './audit.ts'
import { draftLabel } from './labels.ts'
import { enqueue } from './outbox.ts'
import { commandedIncidents, visibleCommands, visibleIncidents } from './scope.ts'
import { atMs, iso, Params, whole, type Sql, type SqlDatabase } from './sql.ts'

/** What a person asks of an incident. */
export interface CommandRequest {
  readonly action: CommandAction
  /** The version the caller judged; null: applies to any. */
  readonly version: number | null
  /** assign: a user id, null unassigns. */
  readonly assignee: string | null
  readonly text: string | null
  /** merge: the other incident. */
  readonly intoIncidentId: string | null
  /** split: the problems that leave. */
  readonly problemKeys: readonly string[]
  /** note: what a person says the incident is. */
  readonly severity: IncidentSeverity | null
  readonly category: string | null
}

const COLUMNS = `c.id, c.company_id as "companyId", c.incident_id as "incidentId", c.action, c.status, c.code, c.message, ${whole('c.version')} as version,
  c.applied_incident_id as "appliedIncidentId", ${iso('c.created_at')} as "createdAt", ${iso('c.settled_at')} as "settledAt"`

interface Target {
  id: string
  companyId: string
  status: string
  assignee: string | null
  version: number
  commanded: boolean
}

/** Commands over the database. */
export function commandStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /**
     * Writes command, outbox record and audit line in one durable transaction. The same idempotency key with the same request answers the first
     * command again; with another request it throws `conflict`. Throws `not_found` for an incident the caller may not see and `forbidden` for a reader.
     */
    async submit(caller: Caller, incidentId: string, request: CommandRequest, idempotencyKey: string | null): Promise<CommandView> {
      const requestHash = createHash('sha256').update(JSON.stringify([incidentId, request])).digest('hex')
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const company = await sql.query<{ companyId: string }>('select company_id as "companyId" from incidents where id = $1', [incidentId])
        const companyId = company[0]?.companyId
        if (companyId === undefined || !covers(caller.scope, companyId)) throw new AppError('not_found', 'there is no such incident')
        // Asked before the scope: a technician who assigned the incident away may still repeat that very request.
        const known = await repeated(sql, companyId, caller, idempotencyKey, requestHash)
        if (known !== null) return known

        const target = await survivor(sql, caller.scope, incidentId)
        const into = request.intoIncidentId === null ? null : await survivor(sql, caller.scope, request.intoIncidentId)
        if (into !== null && into.companyId !== target.companyId) throw new AppError('not_found', 'there is no such incident to merge with')
        if (request.assignee !== null) await requireAssignable(sql, request.assignee, target.companyId)

        const actor: Actor = { kind: caller.kind, id: caller.id, name: caller.name }
        const command: Command = {
          type: 'command', commandId: randomUUID(), companyId: target.companyId, incidentId: target.id, action: request.action, actor,
          judgedVersion: request.version, assignee: request.assignee, text: request.text, intoIncidentId: into?.id ?? null, problemKeys: [...request.problemKeys], issuedAtMs: nowMs,
          severity: request.severity, confidence: null, category: request.category,
        }
        const made = await sql.query(
          `insert into commands (id, company_id, incident_id, action, actor, idempotency_key, request_hash, created_at) values ($1, $2, $3, $4, $5::jsonb, $6, $7, ${atMs('$8')})
           on conflict (company_id, (actor ->> 'id'), idempotency_key) where idempotency_key is not null do nothing returning id`,
          [command.commandId, target.companyId, target.id, request.action, JSON.stringify(actor), idempotencyKey, requestHash, nowMs],
        )
        if (made.length === 0) {
          const twin = await repeated(sql, companyId, caller, idempotencyKey, requestHash)
          if (twin === null) throw new AppError('internal', `command ${command.commandId} was neither stored nor known`)
          return twin
        }
        await enqueue(sql, target.companyId, { event: command }, nowMs)
        await draftLabel(sql, command, nowMs)
        const before = { status: target.status, assignee: target.assignee, version: target.version }
        await writeAudit(sql, caller, { companyId: target.companyId, action: `incident.${request.action}`, subject: target.id, before, after: { commandId: command.commandId, ...request } }, nowMs)
        return read(sql, command.commandId)
      }, { durable: true })
    },

    /** A command the caller may ask for. Throws `not_found`. */
    async get(scope: Scope, id: string): Promise<CommandView> {
      const params = new Params()
      const rows = await db.query<CommandView>(`select ${COLUMNS} from commands c where c.id = ${params.add(id)} and ${visibleCommands(scope, params, 'c')}`, params.values)
      if (rows[0] === undefined) throw new AppError('not_found', 'there is no such command')
      return rows[0]
    },

    /** A command as it stands, for whoever just submitted it. */
    current: (id: string): Promise<CommandView> => read(db, id),
  }
}

async function read(sql: Sql, id: string): Promise<CommandView> {
  const rows = await sql.query<CommandView>(`select ${COLUMNS} from commands c where c.id = $1`, [id])
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such command')
  return rows[0]
}

async function repeated(sql: Sql, companyId: string, caller: Caller, idempotencyKey: string | null, requestHash: string): Promise<CommandView | null> {
  if (idempotencyKey === null) return null
  const rows = await sql.query<{ id: string; requestHash: string }>(
    `select id, request_hash as "requestHash" from commands where company_id = $1 and actor ->> 'id' = $2 and idempotency_key = $3`,
    [companyId, caller.id, idempotencyKey],
  )
  const known = rows[0]
  if (known === undefined) return null
  if (known.requestHash !== requestHash) throw new AppError('conflict', 'this Idempotency-Key was used for another request; take a new one')
  return read(sql, known.id)
}

/** The incident a command is meant for: what the named one was merged into, if it was. Both must be within the caller's reach. */
async function survivor(sql: Sql, scope: Scope, incidentId: string): Promise<Target> {
  const params = new Params()
  const rows = await sql.query<Target>(
    `select s.id, s.company_id as "companyId", s.status, s.assignee, ${whole('s.version')} as version, ${commandedIncidents(scope, params, 's')} as commanded
     from incidents i join incidents s on s.id = coalesce(i.merged_into, i.id) and s.company_id = i.company_id
     where i.id = ${params.add(incidentId)} and ${visibleIncidents(scope, params, 'i')} and ${visibleIncidents(scope, params, 's')}`,
    params.values,
  )
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such incident')
  if (!rows[0].commanded) throw new AppError('forbidden', 'your role may read incidents, not change them')
  return rows[0]
}

/** Only somebody who may work on the company's incidents can be assigned; the message does not tell whether the user exists. */
async function requireAssignable(sql: Sql, userId: string, companyId: string): Promise<void> {
  const rows = await sql.query(
    `select 1 from users u where u.id = $1 and u.disabled_at is null and (u.role = 'msp_admin' or (u.role in ('company_admin', 'technician')
       and exists (select 1 from user_companies uc where uc.user_id = u.id and uc.company_id = $2)))`,
    [userId, companyId],
  )
  if (rows.length === 0) throw new AppError('bad_request', 'assignee must be the id of an active user who may work on incidents of this company, or null')
}
