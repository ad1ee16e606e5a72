/** Requests for approval as people read and decide them. What becomes of the run is the remediator's business: it looks at once. */
import { covers, type Caller, type Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Actor } from '../../schemas/records.ts'
import type { ApprovalView, RunStatus, RunTarget } from '../../schemas/runs.ts'
import { ROLES, type Role } from '../../schemas/settings.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { writeAudit } from '../queries/audit.ts'
import { visibleRuns } from '../queries/scope.ts'
import { atMs, Params, toPage, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { APPROVAL_COLUMNS, before } from './run-views.ts'

/** Which requests; nulls mean any. */
export interface ApprovalQuery extends PageQuery {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly status: ApprovalView['status'] | null
}

/** What is decided. */
export interface DecisionDraft {
  readonly yes: boolean
  readonly comment: string | null
  /** For a question `target`: the instance id of the candidate that is meant. */
  readonly instanceId: string | null
}

/** How a decision came. */
export type Via = 'api' | 'link' | 'chat' | 'psa'

interface Asked extends ApprovalView {
  readonly requesterId: string
  readonly runStatus: RunStatus
}

/** Requests over the database. */
export function approvalStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /** Requests the caller may see, newest first. */
    async list(scope: Scope, query: ApprovalQuery): Promise<Page<ApprovalView>> {
      const params = new Params()
      const where = [visibleRuns(scope, params, 'r')]
      if (query.companyId !== null) where.push(`a.company_id = ${params.add(query.companyId)}`)
      if (query.incidentId !== null) where.push(`r.incident_id in (select * from incident_ids(${params.add(query.incidentId)}))`)
      if (query.status !== null) where.push(`a.status = ${params.add(query.status)}`)
      if (query.cursor !== null) where.push(before(params, 'a.requested_at', 'a.id', query.cursor))
      const rows = await db.query<ApprovalView>(
        `select ${APPROVAL_COLUMNS} from run_approvals a join runs r on r.id = a.run_id where ${where.join(' and ')} order by a.requested_at desc, a.id desc limit ${params.add(query.limit + 1)}`, params.values,
      )
      return toPage(rows, query.limit, (row) => `${row.requestedAt} ${row.id}`)
    },

    /** A request the caller may see. Throws `not_found`. */
    get: (scope: Scope, id: string): Promise<ApprovalView> => seen(db, scope, id),

    /** Says yes or no. Throws `not_found`, `forbidden` saying who may, `conflict` where it is no longer asked. */
    decide: (caller: Caller, id: string, draft: DecisionDraft, via: Via): Promise<ApprovalView> => db.transaction((sql) => decideIn(sql, caller, id, draft, via, clock.now()), { durable: true }),
  }
}

/** Decides in a transaction that is under way. */
export async function decideIn(sql: Sql, caller: Caller, id: string, draft: DecisionDraft, via: Via, nowMs: number): Promise<ApprovalView> {
  // The run first and then its requests, in the order in which the remediator takes them.
  const [run] = await sql.query<{ id: string; candidates: readonly RunTarget[] }>(`select r.id, coalesce(r.plan -> 'candidates', '[]') as candidates from runs r where r.id = (select run_id from run_approvals where id = $1) for update`, [id])
  const asked = await seen(sql, caller.scope, id)
  const refusal = refusalOf(caller, asked, draft.yes, nowMs)
  if (refusal !== null) throw refusal
  const target = draft.yes && asked.question === 'target' ? chosen(run?.candidates ?? [], draft.instanceId) : null
  const actor: Actor = { kind: caller.kind, id: caller.id, name: caller.name }
  const status = draft.yes ? 'approved' : 'refused'
  await sql.query(
    `update run_approvals set status = $2, decided_at = ${atMs('$3')}, decided_by = $4::jsonb, decided_role = $5, via = $6, comment = $7, target = $8::jsonb where id = $1`,
    [id, status, nowMs, JSON.stringify(actor), caller.scope.role, via, draft.comment, target === null ? null : JSON.stringify(target)],
  )
  // A new version takes the run out of the hands of a worker that judged it without this answer; the next look is at once.
  await sql.query(`update runs set due_at = least(due_at, ${atMs('$2')}), updated_at = ${atMs('$2')}, claimed_by = null, claimed_until = null, version = version + 1 where id = $1`, [asked.runId, nowMs])
  await sql.query(`update approval_links set used_at = ${atMs('$2')} where approval_id = $1 and used_at is null`, [id, nowMs])
  const after = { decision: status, via, runId: asked.runId, question: asked.question, comment: draft.comment, ...(target === null ? {} : { asset: target.asset, instanceId: target.instanceId }) }
  await writeAudit(sql, caller, { companyId: asked.companyId, action: `approval.${status}`, subject: id, before: { status: 'pending', role: asked.role, fourEyes: asked.fourEyes, reason: asked.reason }, after }, nowMs)
  return seen(sql, caller.scope, id)
}

/** The candidate that is meant. Throws `bad_request` where none is named, or one that was not offered. */
function chosen(candidates: readonly RunTarget[], instanceId: string | null): RunTarget {
  const fitting = candidates.filter((candidate) => candidate.instanceId === instanceId)
  const [only] = fitting
  if (only === undefined || fitting.length > 1) throw new AppError('bad_request', `say which machine is meant: "instanceId" must be one of ${candidates.map((candidate) => candidate.instanceId).join(', ')}`)
  return { ...only, foundBy: 'person' }
}

/** Why this person may not decide this request now; null where they may. */
export function refusalOf({ scope, id }: Pick<Caller, 'scope' | 'id'>, asked: Asked, yes: boolean, nowMs: number): AppError | null {
  if (!covers(scope, asked.companyId)) return new AppError('not_found', 'there is no such request')
  if (!reaches(scope.role, asked.role)) return new AppError('forbidden', `this needs the word of ${asked.role === 'technician' ? 'a technician' : asked.role === 'company_admin' ? 'a company admin' : 'an MSP admin'}`, { details: { reason: 'role_insufficient' } })
  if (yes && asked.fourEyes && asked.requesterId === id) return new AppError('forbidden', 'four eyes: somebody other than who asked for the run has to approve it', { details: { reason: 'four_eyes' } })
  if (asked.status !== 'pending') return new AppError('conflict', `the request is ${asked.status}${asked.decidedBy === null ? '' : `, by ${asked.decidedBy.name}`}; nothing more is asked`)
  if (Date.parse(asked.expiresAt) <= nowMs) return new AppError('conflict', `the request was void after ${asked.expiresAt}; ask for the run again`, { details: { reason: 'approval_expired' } })
  if (asked.runStatus !== 'awaiting_approval') return new AppError('conflict', `the run is ${asked.runStatus.replaceAll('_', ' ')}; nothing more is asked`)
  return null
}

/** Whether a role is at least as high as the one that is asked for. */
export const reaches = (role: Role, asked: Role): boolean => ROLES.indexOf(role) <= ROLES.indexOf(asked)

/** A request with what a decision needs. Throws `not_found`. */
export async function seen(sql: Sql, scope: Scope, id: string): Promise<ApprovalView & Asked> {
  const params = new Params()
  const rows = await sql.query<Asked>(
    `select ${APPROVAL_COLUMNS}, r.requested_by ->> 'id' as "requesterId", r.status as "runStatus" from run_approvals a join runs r on r.id = a.run_id where a.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')}`, params.values,
  )
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such request')
  return rows[0]
}

