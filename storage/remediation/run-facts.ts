/** What a run is judged by, read in the transaction that admits it. */
import type { AdmissionFacts, CountedRun, HeldRun, IncidentOutlook } from '../../schemas/run-work.ts'
import { ACTIVE_STATUSES, type RunTarget } from '../../schemas/runs.ts'
import { atMs, whole, type Sql } from '../queries/sql.ts'
import { ms, readSettings } from './run-rows.ts'

/** Runs of this long ago still count. */
const COUNTED_MS = 7 * 86_400_000
/** More than any company's limits let it have. */
const COUNTED_MAX = 20_000

/** The facts of a run that somebody holds. */
export async function readFacts(sql: Sql, held: HeldRun, nowMs: number): Promise<AdmissionFacts> {
  const { id, companyId, runbook, plan } = held
  const { msp, company } = await readSettings(sql, companyId)
  const asked = held.approvals.filter((approval) => approval.question === 'run' && approval.status !== 'void' && approval.planDigest === held.planDigest)
  const question = asked.at(-1)
  const accounts = await sql.query<AdmissionFacts['accounts'][number]>(
    `select id, company_id as "companyId", environment, enabled from cloud_accounts where id = any($1::text[])`, [[...new Set(plan.targets.map(({ cloudAccountId }) => cloudAccountId))]])
  const [assets] = await sql.query<{ count: number }>('select count(*)::float8 as count from assets where company_id = $1', [companyId])
  return {
    nowMs, companyId, mode: held.mode, trigger: held.trigger, requester: { id: held.requestedBy.id, role: held.requestedRole }, requestedAtMs: held.createdAtMs,
    question: question === undefined || question.status === 'void' ? null : { status: question.status, expiresAtMs: question.expiresAtMs },
    approvals: asked.flatMap(({ status, decidedBy, decidedRole, decidedAtMs }) => (status === 'approved' && decidedBy !== null && decidedRole !== null ? [{ id: decidedBy.id, role: decidedRole, atMs: decidedAtMs ?? nowMs }] : [])),
    runbook, risk: held.risk, targets: plan.targets, accounts, incident: await readIncident(sql, held), msp, company,
    past: await readPast(sql, companyId, id, runbook.id, runbook.limits.maxFailures, plan.targets, nowMs), knownAssets: assets?.count ?? 0,
  }
}

/** Runs but this one: those admitted in the last seven days, all active ones, and, however old, the latest of this runbook on each target. Simulated ones are none. */
async function readPast(sql: Sql, companyId: string, runId: string, runbookId: string, latest: number, targets: readonly RunTarget[], nowMs: number): Promise<CountedRun[]> {
  const columns = `r.id as "runId", r.runbook_id as "runbookId", r.status, array(select t ->> 'asset' from jsonb_array_elements(r.plan -> 'targets') t) as assets,
    ${ms('r.admitted_at')} as "startedAtMs", ${ms('r.ended_at')} as "endedAtMs", r.trigger`
  const recent = await sql.query<CountedRun>(
    `select ${columns} from runs r where r.company_id = $1 and r.id <> $2 and not r.simulated and r.admitted_at is not null and (r.admitted_at > ${atMs('$3')} or r.status = any($4::text[]))
     order by r.admitted_at desc, r.id limit ${COUNTED_MAX}`, [companyId, runId, nowMs - COUNTED_MS, [...ACTIVE_STATUSES]])
  const older = await sql.query<CountedRun>(
    `select ${columns} from unnest($3::text[]) as wanted (asset), lateral (
       select * from runs o where o.company_id = $1 and o.id <> $2 and o.runbook_id = $4 and not o.simulated and o.admitted_at is not null and o.ended_at is not null
         and exists (select 1 from jsonb_array_elements(o.plan -> 'targets') t where lower(t ->> 'asset') = lower(wanted.asset))
       order by o.ended_at desc, o.id limit $5) r`, [companyId, runId, targets.map(({ asset }) => asset), runbookId, Math.max(1, latest)])
  return [...new Map([...recent, ...older].map((run) => [run.runId, run])).values()]
}

async function readIncident(sql: Sql, { incidentId, companyId, problemKey }: HeldRun): Promise<AdmissionFacts['incident']> {
  if (incidentId === null) return null
  const [row] = await sql.query<Pick<NonNullable<AdmissionFacts['incident']>, 'status' | 'mergedInto' | 'assignee'> & { readonly findings: readonly { readonly kind: string }[] | null }>(
    `select i.status, i.merged_into as "mergedInto", i.assignee, i.findings from incidents i where i.id = $1 and i.company_id = $2`, [incidentId, companyId])
  if (row === undefined) return null
  const [problem] = problemKey === null ? [] : await sql.query<{ status: 'firing' | 'resolved'; suppression: { kind: string } | null; flapping: boolean }>(
    'select status, suppression, flapping from problems where company_id = $1 and problem_key = $2', [companyId, problemKey])
  return {
    status: row.status, mergedInto: row.mergedInto, assignee: row.assignee, findings: (row.findings ?? []).map(({ kind }) => kind),
    problem: problem === undefined ? null : { status: problem.status, isSuppressed: problem.suppression !== null, suppression: problem.suppression?.kind ?? null, flapping: problem.flapping },
  }
}

/** How the incident stands now, after merges. A technician's own note or command is a touch; what the program and its analyst say is none. */
export async function readOutlook(sql: Sql, { incidentId, companyId, problemKey }: Pick<HeldRun, 'incidentId' | 'companyId' | 'problemKey'>): Promise<IncidentOutlook | null> {
  if (incidentId === null) return null
  const [row] = await sql.query<Omit<IncidentOutlook, 'problem'>>(
    `select i.id as "incidentId", ${whole('i.version')} as version, i.status, ${whole('i.open_problem_count')} as "openProblems",
       i.assignee is not null or i.acknowledged_at is not null
         or exists (select 1 from incident_timeline t where t.incident_id in (select * from incident_ids(i.id)) and t.actor ->> 'kind' in ('user', 'token', 'connector'))
         or exists (select 1 from commands c where c.incident_id in (select * from incident_ids(i.id)) and c.status = 'pending' and c.actor ->> 'kind' in ('user', 'token', 'connector')) as "isTouched"
     from incidents n join incidents i on i.id = coalesce(n.merged_into, n.id) where n.id = $1 and n.company_id = $2 and i.company_id = $2`, [incidentId, companyId])
  if (row === undefined) return null
  const [problem] = problemKey === null ? [] : await sql.query<{ status: 'firing' | 'resolved' }>('select status from problems where company_id = $1 and problem_key = $2', [companyId, problemKey])
  return { ...row, problem: problem?.status ?? null }
}
