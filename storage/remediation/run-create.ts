/** Writes a run down with its plan: one transaction, once for one key. */
import { createHash } from 'node:crypto'
import { covers, type Caller } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Actor } from '../../schemas/records.ts'
import type { Risk, Runbook } from '../../schemas/runbooks.ts'
import type { RunPlan, RunTrigger } from '../../schemas/runs.ts'
import type { Mode, Role } from '../../schemas/settings.ts'
import { Params, atMs, type Sql } from '../queries/sql.ts'
import { visibleIncidents } from '../queries/scope.ts'
import { planDigest } from './plan-digest.ts'
import { auditRun, REMEDIATOR, REMEDIATOR_CALLER, tellRun } from './run-events.ts'

/** A run as it is asked for. The tokens of its plan name it, so its id comes with it. */
export interface NewRun {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string | null
  readonly problemKey: string | null
  readonly runbook: Runbook
  /** After what the MSP and the company say. */
  readonly risk: Risk
  readonly mode: Mode
  readonly trigger: RunTrigger
  readonly plan: RunPlan
}

/** Who asks: a person by a Caller, the program without. */
export type Asker = Caller | null

/**
 * Writes run, commands, events and audit line. The same key of the same asker with the same `request` answers the first run's id again; with another
 * request it throws `conflict`. Throws `not_found` for a company or incident the asker may not see.
 */
export async function createRun(sql: Sql, asker: Asker, run: NewRun, key: { readonly key: string; readonly request: unknown } | null, nowMs: number): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const by: Actor = asker === null ? REMEDIATOR : { kind: asker.kind, id: asker.id, name: asker.name }
  const role: Role | null = asker?.scope.role ?? null
  if (asker !== null && !covers(asker.scope, run.companyId)) throw new AppError('not_found', 'there is no such company')
  const requestHash = key === null ? null : hashOf(run.companyId, key.request)
  if (key !== null) {
    const known = await repeated(sql, run.companyId, by.id, key.key, requestHash)
    if (known !== null) return { id: known, isNew: false }
  }
  if (run.incidentId !== null) await requireIncident(sql, asker, run.companyId, run.incidentId)
  const isSimulated = run.mode === 'demo'
  const digest = planDigest(run.plan, run.runbook.digest, run.risk)
  const made = await sql.query(
    `insert into runs (id, company_id, incident_id, problem_key, runbook_id, runbook_version, runbook, risk, mode, simulated, trigger, status, requested_by, requested_role, plan, plan_digest,
       idempotency_key, request_hash, due_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, 'planned', $12::jsonb, $13, $14::jsonb, $15, $16, $17, ${atMs('$18')}, ${atMs('$18')}, ${atMs('$18')})
     on conflict (company_id, (requested_by ->> 'id'), idempotency_key) where idempotency_key is not null do nothing returning id`,
    [run.id, run.companyId, run.incidentId, run.problemKey, run.runbook.id, run.runbook.version, JSON.stringify(run.runbook), run.risk, run.mode, isSimulated, run.trigger, JSON.stringify(by), role,
      JSON.stringify(run.plan), digest, key?.key ?? null, requestHash, nowMs],
  )
  if (made.length === 0) {
    const twin = key === null ? null : await repeated(sql, run.companyId, by.id, key.key, requestHash)
    if (twin === null) throw new AppError('internal', `run ${run.id} was neither stored nor known`)
    return { id: twin, isNew: false }
  }
  await writeCommands(sql, run.id, run.plan)
  await tellRun(sql, { ...run, isSimulated, status: 'planned', outcome: null, code: null, version: 1 }, { kind: 'planned', detail: run.runbook.summary }, by, nowMs)
  await auditRun(sql, run, 'run.planned', null, {
    runbookId: run.runbook.id, runbookVersion: run.runbook.version, incidentId: run.incidentId, mode: run.mode, risk: run.risk, trigger: run.trigger, planDigest: digest,
    targets: run.plan.targets.map(({ asset, instanceId }) => ({ asset, instanceId })), commands: run.plan.commands.map(({ stepId, phase, asset, digest: sha256 }) => ({ stepId, phase, asset, sha256 })),
  }, nowMs, asker ?? REMEDIATOR_CALLER)
  return { id: run.id, isNew: true }
}

/** The run that the same request of the same asker made before; null where there is none. Throws `conflict` where the key came with another request. */
export async function knownRun(sql: Sql, asker: Caller, companyId: string, key: { readonly key: string; readonly request: unknown }): Promise<string | null> {
  return repeated(sql, companyId, asker.id, key.key, hashOf(companyId, key.request))
}

/** A row for each command of the plan, in its order. */
export async function writeCommands(sql: Sql, runId: string, plan: RunPlan): Promise<void> {
  if (plan.commands.length === 0) return
  await sql.query(
    `insert into run_commands (run_id, seq, planned_seq, step_id, phase, asset, token, status, attempt, digest)
     select $1, seq, seq, "stepId", phase, asset, token, 'pending', 1, digest from json_to_recordset($2::json) as c (seq int, "stepId" text, phase text, asset text, token text, digest text)`,
    [runId, JSON.stringify(plan.commands.map(({ stepId, phase, asset, token, digest }, seq) => ({ seq, stepId, phase, asset, token, digest })))],
  )
}

function hashOf(companyId: string, request: unknown): string {
  return createHash('sha256').update(JSON.stringify([companyId, request])).digest('hex')
}

async function requireIncident(sql: Sql, asker: Asker, companyId: string, incidentId: string): Promise<void> {
  const params = new Params()
  const seen = asker === null ? 'true' : visibleIncidents(asker.scope, params, 'i')
  const rows = await sql.query(`select 1 from incidents i where i.id = ${params.add(incidentId)} and i.company_id = ${params.add(companyId)} and ${seen}`, params.values)
  if (rows.length === 0) throw new AppError('not_found', 'there is no such incident')
}

async function repeated(sql: Sql, companyId: string, askerId: string, key: string, requestHash: string | null): Promise<string | null> {
  const [known] = await sql.query<{ id: string; requestHash: string | null }>(
    `select id, request_hash as "requestHash" from runs where company_id = $1 and requested_by ->> 'id' = $2 and idempotency_key = $3`, [companyId, askerId, key])
  if (known === undefined) return null
  if (known.requestHash !== requestHash) throw new AppError('conflict', 'this Idempotency-Key was used for another request; take a new one')
  return known.id
}
