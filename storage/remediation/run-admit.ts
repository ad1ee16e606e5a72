/**
 * The door of a run: facts are read, judged and acted upon in one transaction that locks the company, so that two runs of one company are never judged by
 * the same free place. Locks on assets are rows besides: they hold even where the judgement was wrong.
 */
import { randomUUID } from 'node:crypto'
import type { StoredFacts, Verdict } from '../../schemas/guard-facts.ts'
import type { HeldRun, RunChange } from '../../schemas/run-work.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import { atMs, type Sql } from '../queries/sql.ts'
import { lockFacts, type FactsAround } from './guard-facts.ts'
import { auditRun } from './run-events.ts'
import { lockHeld } from './run-rows.ts'
import { applyChange } from './run-save.ts'

/** A refusal that passes by itself is waited out for this long after the run was asked for. */
const PATIENCE_MS = 15 * 60_000
/** Looked at again no sooner. */
const AGAIN_MS = 5_000

/** What came of a judgement. */
export interface Judged {
  readonly verdict: Verdict
  /** Null: the run is in other hands by now, and nothing was done. */
  readonly run: HeldRun | null
}

/** Judges a run that is planned, waits for an answer, or is about to start, and does what the verdict says. Runs in the caller's transaction. */
export async function admit(sql: Sql, held: HeldRun, decide: (facts: StoredFacts) => Verdict, intent: RunChange | null, around: FactsAround): Promise<Judged> {
  const { nowMs } = around
  const facts = await lockFacts(sql, held.id, around)
  // The run's row after the company's: everybody who takes both takes them in this order.
  if (facts === null || !(await lockHeld(sql, held))) return { verdict: { kind: 'refuse', code: 'cancelled', why: 'the run is in other hands', untilMs: null }, run: null }
  let verdict = decide(facts)
  if (verdict.kind === 'run' && intent === null && !(await lockAssets(sql, held))) {
    verdict = { kind: 'refuse', code: 'asset_busy', why: 'another run works on the same machine', untilMs: nowMs + AGAIN_MS }
  }
  return { verdict, run: await follow(sql, held, verdict, intent, nowMs) }
}

async function follow(sql: Sql, held: HeldRun, verdict: Verdict, intent: RunChange | null, nowMs: number): Promise<HeldRun | null> {
  switch (verdict.kind) {
    case 'run':
      if (intent !== null) return applyChange(sql, held, intent, nowMs)
      await auditRun(sql, held, 'run.admitted', { status: held.status }, { why: verdict.why, planDigest: held.planDigest, approvedBy: held.approvals.filter(({ status }) => status === 'approved').map(({ decidedBy }) => decidedBy) }, nowMs)
      return applyChange(sql, held, { status: 'queued', code: null, message: verdict.why, event: { kind: 'approved', detail: verdict.why }, work: {}, dueAtMs: null }, nowMs)
    case 'ask': {
      // Once it holds its machines nobody is asked any more: what it was allowed has changed.
      if (intent !== null) return applyChange(sql, held, { status: 'refused', code: verdict.code, message: verdict.why, event: { kind: 'refused', detail: verdict.why }, dueAtMs: null }, nowMs)
      const asked = await ask(sql, held, verdict, nowMs)
      return applyChange(sql, held, {
        status: 'awaiting_approval', code: verdict.code, message: verdict.why, dueAtMs: asked.expiresAtMs,
        ...(asked.isNew ? { event: { kind: 'awaiting_approval', detail: verdict.why } } : {}),
      }, nowMs)
    }
    case 'show':
      return applyChange(sql, held, { status: 'shown', outcome: 'none', code: verdict.code, message: verdict.why, event: { kind: 'planned', detail: verdict.why }, dueAtMs: null }, nowMs)
    case 'refuse': {
      const againMs = verdict.untilMs === null || held.status === 'queued' ? Number.POSITIVE_INFINITY : Math.max(verdict.untilMs, nowMs + AGAIN_MS)
      if (againMs <= held.createdAtMs + PATIENCE_MS) return applyChange(sql, held, { code: verdict.code, message: verdict.why, dueAtMs: againMs }, nowMs)
      return applyChange(sql, held, { status: 'refused', outcome: 'none', code: verdict.code, message: verdict.why, event: { kind: 'refused', detail: verdict.why }, dueAtMs: null }, nowMs)
    }
  }
}

/** One row for the asset by its name and one for the machine itself; all or none. */
async function lockAssets(sql: Sql, { id, companyId, plan, isSimulated }: HeldRun): Promise<boolean> {
  // What is simulated has no machine.
  const names = [...new Set(plan.targets.flatMap((target) => [target.asset.toLowerCase(), ...(isSimulated ? [] : [machineOf(target)])]))].sort()
  const taken = await sql.query('insert into run_locks (company_id, asset, run_id) select $1, unnest($2::text[]), $3 on conflict do nothing returning 1', [companyId, names, id])
  if (taken.length === names.length) return true
  await sql.query('delete from run_locks where run_id = $1', [id])
  return false
}

function machineOf({ cloud, cloudAccountId, region, group, instanceId }: RunTarget): string {
  return `machine:${[cloud, cloudAccountId, region, group ?? '', instanceId].join('/').toLowerCase()}`
}

/** A question that waits for this very plan is asked once. */
async function ask(sql: Sql, held: HeldRun, verdict: Verdict & { kind: 'ask' }, nowMs: number): Promise<{ readonly expiresAtMs: number; readonly isNew: boolean }> {
  const question = verdict.code === 'target_ambiguous' ? 'target' : 'run'
  const pending = held.approvals.find((approval) => approval.status === 'pending' && approval.question === question && approval.planDigest === held.planDigest && approval.role === verdict.role)
  if (pending !== undefined) return { expiresAtMs: pending.expiresAtMs, isNew: false }
  await sql.query(`update run_approvals set status = 'void' where run_id = $1 and status = 'pending'`, [held.id])
  const expiresAtMs = nowMs + verdict.timeoutMs
  const id = randomUUID()
  await sql.query(
    `insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, ${atMs('$9')}, ${atMs('$10')})`,
    [id, held.id, held.companyId, question, verdict.role, verdict.fourEyes, verdict.why, held.planDigest, nowMs, expiresAtMs])
  await auditRun(sql, held, 'run.asked', null, { approvalId: id, question, role: verdict.role, fourEyes: verdict.fourEyes, reason: verdict.why, planDigest: held.planDigest, expiresAtMs }, nowMs)
  return { expiresAtMs, isNew: true }
}
