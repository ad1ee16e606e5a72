/**
 * What the guard judges by, read from the database in one transaction. For an admission the company's row of remediation_settings is locked first, so
 * admissions of one company come one after the other and two at once never exceed a limit that each of them alone keeps.
 */
import { machineKey, type GuardAccount, type GuardFacts, type GuardIncident, type PastRun, type StoredFacts } from '../../schemas/guard-facts.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import { effectiveRisk, runMode } from '../../schemas/remediation-settings.ts'
import { ACTIVE_STATUSES, type RunPlan, type RunTarget, type RunTrigger } from '../../schemas/runs.ts'
import { ROLES, type Mode, type Role } from '../../schemas/settings.ts'
import { atMs, type Sql } from '../queries/sql.ts'
import { handsOf, handsSql } from '../queries/user-hands.ts'
import { lockRemediation, remediationLayers } from './settings-store.ts'

/** How far back runs count, besides those that are active. */
const PAST_MS = 7 * 86_400_000
/** Runs handed to the guard at most, the newest first; limits are far below it. */
const PAST_MAX = 20_000
/** `machineKey` of a target in a stored plan. */
const MACHINE = `lower((t ->> 'cloudAccountId') || '/' || (t ->> 'region') || '/' || coalesce(t ->> 'group', '') || '/' || (t ->> 'instanceId'))`
const ms = (column: string): string => `round(extract(epoch from ${column}) * 1000)::float8`

/** A run that is not written down yet: a plan that is shown, or about to be made a run. */
export interface FactsAsked {
  readonly companyId: string
  readonly incidentId: string | null
  readonly problemKey: string | null
  readonly runbook: Runbook
  readonly targets: readonly RunTarget[]
  /** Machines it could be, where no target is known. */
  readonly candidates: number
  readonly trigger: RunTrigger
  readonly requester: Pick<GuardFacts['requester'], 'id' | 'role'>
  /** What was asked for; null: the company's own. */
  readonly mode: Mode | null
}

/** What holds for the whole installation, and the time. */
export interface FactsAround {
  readonly nowMs: number
  /** AW_MODE. */
  readonly ceiling: Mode
  /** AW_TOKEN_FOUR_EYES is `never`; it counts unless told. */
  readonly isTokenBarred?: boolean
}

/** The facts for a run that is not written down; nothing is locked, so they tell how it stands and no more. */
export async function factsAsked(sql: Sql, asked: FactsAsked, { nowMs, ceiling, isTokenBarred = false }: FactsAround): Promise<StoredFacts> {
  const { companyId, runbook, targets, candidates, trigger, requester } = asked
  return { nowMs, companyId, trigger, requester: { ...requester, hands: await handsOf(sql, requester.id, nowMs, isTokenBarred) }, requestedAtMs: nowMs, question: null, approvals: [], runbook, targets, candidates, ...await companyFacts(sql, asked, { runId: null, nowMs, ceiling }) }
}

interface RunRow {
  companyId: string
  incidentId: string | null
  problemKey: string | null
  runbook: Runbook
  plan: Pick<RunPlan, 'targets' | 'candidates'>
  mode: Mode
  trigger: RunTrigger
  requesterKind: string
  requesterId: string
  requestedRole: Role | null
  roleNow: Role | null
  hands: readonly string[]
  createdAtMs: number
}

/** The facts for a run, in a transaction that admits it or not: its company is locked until that ends. Null where there is no such run. */
export async function lockFacts(sql: Sql, runId: string, { nowMs, ceiling, isTokenBarred = false }: FactsAround): Promise<StoredFacts | null> {
  const [run] = await sql.query<RunRow>(
    `select company_id as "companyId", incident_id as "incidentId", problem_key as "problemKey", runbook, plan, mode, trigger, requested_by ->> 'kind' as "requesterKind", requested_by ->> 'id' as "requesterId",
       requested_role as "requestedRole", (${roleNow("requested_by ->> 'id'", 'r.company_id')}) as "roleNow", ${handsSql("requested_by ->> 'id'", '$2', isTokenBarred)} as hands, ${ms('created_at')} as "createdAtMs" from runs r where id = $1`, [runId, nowMs],
  )
  if (run === undefined) return null
  await lockRemediation(sql, run.companyId, nowMs)
  const { companyId, runbook, trigger, plan: { targets, candidates } } = run
  const facts = await companyFacts(sql, { ...run, targets }, { runId, nowMs, ceiling })
  return {
    nowMs, companyId, trigger, requester: { id: run.requesterId, role: roleOf(run.requesterKind, run.requestedRole, run.roleNow), hands: run.hands }, requestedAtMs: run.createdAtMs, question: await lastQuestion(sql, runId), approvals: await yesses(sql, runId, companyId, nowMs, isTokenBarred),
    runbook, targets, candidates: candidates.length, ...facts,
  }
}

type Known = Pick<StoredFacts, 'mode' | 'risk' | 'accounts' | 'incident' | 'msp' | 'company' | 'past' | 'knownAssets'>

async function companyFacts(sql: Sql, asked: Pick<FactsAsked, 'companyId' | 'incidentId' | 'problemKey' | 'runbook' | 'targets' | 'mode'>, { runId, nowMs, ceiling }: { readonly runId: string | null; readonly nowMs: number; readonly ceiling: Mode }): Promise<Known> {
  const { companyId, incidentId, problemKey, runbook, targets } = asked
  const { msp, company } = await remediationLayers(sql, companyId)
  const [row] = await sql.query<{ mode: Mode | null; assets: number }>(
    `select c.settings ->> 'mode' as mode, (select count(*) from assets a where a.company_id = c.id)::float8 as assets from companies c where c.id = $1`, [companyId],
  )
  return {
    mode: runMode(ceiling, row?.mode ?? null, asked.mode), risk: effectiveRisk(runbook, msp, company), msp, company, knownAssets: row?.assets ?? 0,
    accounts: await accountsOf(sql, targets), incident: incidentId === null ? null : await incidentFacts(sql, companyId, incidentId, problemKey),
    past: await pastRuns(sql, { companyId, runId, runbook, targets, sinceMs: nowMs - PAST_MS }),
  }
}

/** Of whichever company: the guard says whose they may be. */
async function accountsOf(sql: Sql, targets: readonly RunTarget[]): Promise<readonly GuardAccount[]> {
  return sql.query<GuardAccount>('select id, company_id as "companyId", environment, enabled from cloud_accounts where id = any($1::text[]) order by id', [[...new Set(targets.map(({ cloudAccountId }) => cloudAccountId))]])
}

/** How the incident stands. One that is not projected yet, or gone, is over for the guard: nobody can tell that it is open. */
async function incidentFacts(sql: Sql, companyId: string, incidentId: string, problemKey: string | null): Promise<GuardIncident> {
  const [incident] = await sql.query<Omit<GuardIncident, 'problem' | 'findings'> & { findings: readonly { readonly kind: string }[] }>(
    'select status, merged_into as "mergedInto", assignee, findings from incidents where id = $1 and company_id = $2', [incidentId, companyId],
  )
  if (incident === undefined) return { status: 'closed', mergedInto: null, assignee: null, findings: [], problem: null }
  const [problem] = problemKey === null ? [] : await sql.query<NonNullable<GuardIncident['problem']>>(
    `select status, suppression is not null as "isSuppressed", suppression ->> 'reason' as suppression, flapping from problems where company_id = $1 and problem_key = $2`, [companyId, problemKey],
  )
  return { ...incident, findings: incident.findings.map(({ kind }) => kind), problem: problem ?? null }
}

/** Runs that count: those of the last days, all that are active, and the newest of this runbook on each target however old. Plans, replays and simulations do not. */
async function pastRuns(sql: Sql, { companyId, runId, runbook, targets, sinceMs }: { readonly companyId: string; readonly runId: string | null; readonly runbook: Runbook; readonly targets: readonly RunTarget[]; readonly sinceMs: number }): Promise<readonly PastRun[]> {
  return sql.query<PastRun>(
    `with counted as (
       select r.* from runs r where r.company_id = $1 and r.id is distinct from $2 and r.admitted_at is not null and not r.simulated and r.mode in ('sandbox', 'production')
     ), chosen as (
       (select id from counted where admitted_at > ${atMs('$3')} order by admitted_at desc limit ${PAST_MAX})
       union select id from counted where status = any($4::text[])
       union select late.id from unnest($5::text[], $8::text[]) as wanted (asset, machine) cross join lateral (
         select c.id from counted c where c.runbook_id = $6 and c.status in ('succeeded', 'failed', 'rolled_back')
           and exists (select 1 from jsonb_array_elements(c.plan -> 'targets') t where lower(trim(t ->> 'asset')) = wanted.asset or ${MACHINE} = wanted.machine)
         order by c.ended_at desc limit $7::int) late
     )
     select c.id as "runId", c.runbook_id as "runbookId", c.status, c.trigger, ${ms('c.admitted_at')} as "startedAtMs", ${ms('c.ended_at')} as "endedAtMs",
       (select coalesce(json_agg(t ->> 'asset'), '[]') from jsonb_array_elements(c.plan -> 'targets') t) as assets, (select coalesce(json_agg(${MACHINE}), '[]') from jsonb_array_elements(c.plan -> 'targets') t) as machines
     from counted c join chosen using (id) order by c.admitted_at, c.id`,
    [companyId, runId, sinceMs, [...ACTIVE_STATUSES], targets.map(({ asset }) => asset.trim().toLowerCase()), runbook.id, runbook.limits.maxFailures, targets.map(machineKey)],
  )
}

/** The newest question that still counts. Only those about this very plan do. */
async function lastQuestion(sql: Sql, runId: string): Promise<GuardFacts['question']> {
  const [row] = await sql.query<NonNullable<GuardFacts['question']>>(
    `select a.status, ${ms('a.expires_at')} as "expiresAtMs" from run_approvals a join runs r on r.id = a.run_id
     where a.run_id = $1 and a.plan_digest = r.plan_digest and a.status <> 'void' order by a.requested_at desc, a.id desc limit 1`, [runId],
  )
  return row ?? null
}

/** Who said yes to this very plan, with the role they have now and who could act in their name. */
async function yesses(sql: Sql, runId: string, companyId: string, nowMs: number, isTokenBarred: boolean): Promise<GuardFacts['approvals']> {
  const rows = await sql.query<{ kind: string; id: string; role: Role | null; roleNow: Role | null; atMs: number; hands: readonly string[] }>(
    `select a.decided_by ->> 'kind' as kind, a.decided_by ->> 'id' as id, a.decided_role as role, ${ms('a.decided_at')} as "atMs", (${roleNow("a.decided_by ->> 'id'", '$2')}) as "roleNow", ${handsSql("a.decided_by ->> 'id'", '$3', isTokenBarred)} as hands
     from run_approvals a join runs r on r.id = a.run_id
     where a.run_id = $1 and a.plan_digest = r.plan_digest and a.status = 'approved' and a.decided_at is not null order by a.decided_at, a.id`, [runId, companyId, nowMs],
  )
  return rows.flatMap(({ kind, id, role, roleNow: now, atMs: saidAtMs, hands }) => {
    const counts = roleOf(kind, role, now)
    return counts === null ? [] : [{ id, role: counts, atMs: saidAtMs, hands }]
  })
}

/** A user's role in a company at this moment: none for somebody who was disabled or has left it. */
function roleNow(userId: string, companyId: string): string {
  return `select u.role from users u where u.id = ${userId} and u.disabled_at is null and (u.role = 'msp_admin' or exists (select 1 from user_companies uc where uc.user_id = u.id and uc.company_id = ${companyId}))`
}

/** The role somebody's word counts with: of a person the lower of the one they had when they said it and the one they have now. */
function roleOf(kind: string, then: Role | null, now: Role | null): Role | null {
  if (kind !== 'user' || then === null) return then
  if (now === null) return null
  return ROLES.indexOf(then) >= ROLES.indexOf(now) ? then : now
}
