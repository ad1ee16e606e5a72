/** Reads runs as a worker holds them. */
import type { Actor } from '../../schemas/records.ts'
import type { HeldApproval, HeldCommand, HeldRun, RunStop } from '../../schemas/run-work.ts'
import { whole, type Sql } from '../queries/sql.ts'
import { remediationLayers } from './settings-store.ts'

/** A timestamp column as milliseconds, null where it is null. */
export const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
/** Statuses of which the index of due runs holds the rows. */
export const OPEN_SQL = `('planned', 'awaiting_approval', 'queued', 'running', 'verifying', 'rolling_back')`

type HeldRow = Omit<HeldRun, 'commands' | 'approvals' | 'cancel' | 'stop'> & { readonly cancelBy: Actor | null; readonly cancelAtMs: number | null }

const COLUMNS = `r.id, r.company_id as "companyId", r.incident_id as "incidentId", r.problem_key as "problemKey", r.runbook, r.plan, r.plan_digest as "planDigest", r.risk, r.mode, r.simulated as "isSimulated", r.trigger,
  r.status, r.outcome, r.code, r.message, r.requested_by as "requestedBy", r.requested_role as "requestedRole", ${ms('r.created_at')} as "createdAtMs", ${ms('r.admitted_at')} as "admittedAtMs",
  ${ms('r.started_at')} as "startedAtMs", ${ms('r.ended_at')} as "endedAtMs", r.cancel_requested_by as "cancelBy", ${ms('r.cancel_requested_at')} as "cancelAtMs", r.work, i.assignee,
  ${whole('r.version')} as version, coalesce(r.claimed_by, '') as worker, coalesce(${ms('r.claimed_until')}, 0) as "untilMs"`

/** The runs of these ids, in no order. */
export async function readHeld(sql: Sql, ids: readonly string[]): Promise<HeldRun[]> {
  if (ids.length === 0) return []
  const rows = await sql.query<HeldRow>(`select ${COLUMNS} from runs r left join incidents i on i.id = r.incident_id and i.company_id = r.company_id where r.id = any($1::text[])`, [ids])
  const commands = await sql.query<HeldCommand & { runId: string }>(
    `select run_id as "runId", seq, planned_seq as "plannedSeq", step_id as "stepId", phase, asset, token, status, attempt, ref, outcome, exit_code as "exitCode", result, message,
       length(stdout) + length(stderr) as "outputLength", ${ms('intent_at')} as "intentAtMs", ${ms('sent_at')} as "sentAtMs", ${ms('ended_at')} as "endedAtMs", cleaned_at is not null as "isCleaned", clean_tries as "cleanTries"
     from run_commands where run_id = any($1::text[]) order by run_id, seq`, [ids])
  const approvals = await sql.query<HeldApproval & { runId: string }>(
    `select run_id as "runId", id, question, role, four_eyes as "fourEyes", status, plan_digest as "planDigest", ${ms('requested_at')} as "requestedAtMs", ${ms('expires_at')} as "expiresAtMs", ${ms('decided_at')} as "decidedAtMs",
       decided_by as "decidedBy", decided_role as "decidedRole", comment, target from run_approvals where run_id = any($1::text[]) order by requested_at, id`, [ids])
  const stops = new Map<string, RunStop | null>()
  for (const companyId of new Set(rows.map((row) => row.companyId))) stops.set(companyId, await readStop(sql, companyId))
  return rows.map(({ cancelBy, cancelAtMs, ...row }) => ({
    ...row, cancel: cancelBy === null || cancelAtMs === null ? null : { by: cancelBy, atMs: cancelAtMs }, stop: stops.get(row.companyId) ?? null,
    commands: commands.filter(({ runId }) => runId === row.id), approvals: approvals.filter(({ runId }) => runId === row.id),
  }))
}

async function readStop(sql: Sql, companyId: string): Promise<RunStop | null> {
  const { msp, company } = await remediationLayers(sql, companyId)
  if (msp.stopped === true) return { code: 'stopped_globally', reason: msp.stoppedReason ?? null }
  return company.stopped === true ? { code: 'stopped_company', reason: company.stoppedReason ?? null } : null
}

/** Locks the row of a run until the transaction ends; false where the caller does not hold it any more. */
export async function lockHeld(sql: Sql, held: Pick<HeldRun, 'id' | 'version' | 'worker'>): Promise<boolean> {
  return (await sql.query('select 1 from runs where id = $1 and version = $2 and claimed_by = $3 for update', [held.id, held.version, held.worker])).length === 1
}
