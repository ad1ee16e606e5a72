/** Writes one change of a run: the row, the command, the locks it lets go, and what is told of it, or nothing where somebody else has the run. */
import { createHash } from 'node:crypto'
import { ENDED_STATUSES, type CommandChange, type HeldRun, type NewCommand, type RunChange } from '../../schemas/run-work.ts'
import { atMs, type Sql } from '../queries/sql.ts'
import { boundedOutput } from './output.ts'
import { planDigest } from './plan-digest.ts'
import { writeCommands } from './run-create.ts'
import { auditRun, REMEDIATOR, sayToIncident, tellRun } from './run-events.ts'
import { readHeld } from './run-rows.ts'

/** How long a worker has a run without a word. Longer than a call of a cloud takes at most, with what comes before and after it. */
export const LEASE_MS = 90_000

/** Applies the change in the caller's transaction; null where the caller does not hold the run any more. */
export async function applyChange(sql: Sql, held: HeldRun, change: RunChange, nowMs: number): Promise<HeldRun | null> {
  const status = change.status ?? held.status
  const isEnd = status !== held.status && ENDED_STATUSES.includes(status)
  const outcome = change.outcome ?? held.outcome
  const code = change.code === undefined ? held.code : change.code
  const sent = await sayBefore(sql, held, change, nowMs)
  const work = { ...change.work ?? held.work, ...(sent === null || change.word?.action === 'note' ? {} : { tellingId: sent }) }
  const digest = change.plan === undefined ? held.planDigest : planDigest(change.plan, held.runbook.digest, held.risk)
  const rows = await sql.query(
    `update runs set status = $4, outcome = $5, code = $6, message = $7, work = $8::jsonb, plan = coalesce($9::jsonb, plan), plan_digest = $10,
       due_at = case when cancel_requested_at is not null and $11::boolean then ${atMs('$12')} else ${atMs('$13')} end, updated_at = ${atMs('$12')},
       admitted_at = case when $4 = 'queued' then coalesce(admitted_at, ${atMs('$12')}) else admitted_at end,
       started_at = case when $4 = 'running' then coalesce(started_at, ${atMs('$12')}) else started_at end,
       ended_at = case when $14::boolean then ${atMs('$12')} else ended_at end, told_at = case when $15::boolean then ${atMs('$12')} else told_at end,
       claimed_by = $16, claimed_until = case when $16::text is null then null else ${atMs('$17')} end, version = version + 1
     where id = $1 and version = $2 and claimed_by = $3 returning 1`,
    [held.id, held.version, held.worker, status, outcome, code, change.message === undefined ? held.message : change.message, JSON.stringify(work), change.plan === undefined ? null : JSON.stringify(change.plan), digest,
      // Somebody asked for its end since it was read: it is looked at at once.
      held.cancel === null && !isEnd, nowMs, change.dueAtMs ?? nowMs, isEnd, change.isTold ?? false, change.dueAtMs === null ? held.worker : null, nowMs + LEASE_MS],
  )
  if (rows.length === 0) return null
  if (change.plan !== undefined) await replan(sql, held, change.plan)
  if (change.add !== undefined) await addCommand(sql, held.id, change.add)
  if (change.command !== undefined) await writeCommand(sql, held, change.command, nowMs)
  if (isEnd) await letGo(sql, held.id)
  const run = { ...held, status, outcome, code, version: held.version + 1 }
  if (change.event !== undefined) await tellRun(sql, run, change.event, REMEDIATOR, nowMs)
  if (isEnd) await auditRun(sql, held, `run.${status}`, { status: held.status }, { status, outcome, code, message: change.message ?? null }, nowMs)
  const [next] = await readHeld(sql, [held.id])
  return next ?? null
}

/** The word to the incident goes first, so that its id stands in the run's own row. Should the run be lost, all of it is undone by the caller. */
async function sayBefore(sql: Sql, held: HeldRun, change: RunChange, nowMs: number): Promise<string | null> {
  if (change.word === undefined) return null
  const [mine] = await sql.query('select 1 from runs where id = $1 and version = $2 and claimed_by = $3 for update', [held.id, held.version, held.worker])
  return mine === undefined ? null : sayToIncident(sql, held, change.word, nowMs)
}

async function writeCommand(sql: Sql, held: HeldRun, change: CommandChange, nowMs: number): Promise<void> {
  const output = change.stdout === undefined && change.stderr === undefined ? null : boundedOutput(change.stdout ?? '', change.stderr ?? '', change.isTruncated ?? false)
  await sql.query(
    `update run_commands set status = $3, ref = case when $4::boolean then $5::jsonb else ref end, outcome = coalesce($6, outcome), exit_code = coalesce($7, exit_code),
       stdout = coalesce($8, stdout), stderr = coalesce($9, stderr), truncated = coalesce($10, truncated), result = coalesce($11::jsonb, result), message = coalesce($12, message),
       intent_at = case when $3 = 'sending' then ${atMs('$13')} else intent_at end, sent_at = case when $3 = 'sent' then coalesce(sent_at, ${atMs('$13')}) else sent_at end,
       ended_at = case when $3 = 'ended' then coalesce(ended_at, ${atMs('$13')}) else ended_at end, cleaned_at = case when $14::boolean then ${atMs('$13')} else cleaned_at end, clean_tries = coalesce($15, clean_tries)
     where run_id = $1 and seq = $2`,
    [held.id, change.seq, change.status, change.ref !== undefined, change.ref === undefined ? null : JSON.stringify(change.ref), change.outcome ?? null, change.exitCode ?? null, output?.stdout ?? null, output?.stderr ?? null,
      output?.isTruncated ?? null, change.result === undefined || change.result === null ? null : JSON.stringify(change.result), change.message ?? null, nowMs, change.isCleaned ?? false, change.cleanTries ?? null],
  )
  await auditCommand(sql, held, change, nowMs)
}

async function auditCommand(sql: Sql, held: HeldRun, change: CommandChange, nowMs: number): Promise<void> {
  const before = held.commands.find(({ seq }) => seq === change.seq)
  const [row] = before?.status === change.status ? [] : await sql.query<{ stepId: string; phase: string; asset: string; token: string; digest: string; plannedSeq: number; stdout: string | null; stderr: string | null }>(
    'select step_id as "stepId", phase, asset, token, digest, planned_seq as "plannedSeq", stdout, stderr from run_commands where run_id = $1 and seq = $2', [held.id, change.seq])
  if (row === undefined) return
  // An end that tells no output leaves what is stored.
  const { plannedSeq, stdout, stderr, ...named } = row
  if (change.status === 'sending') {
    const target = held.plan.targets.find(({ asset }) => asset === row.asset)
    const planned = held.plan.commands[plannedSeq]
    await auditRun(sql, held, 'run.command_sent', null, { ...named, cloudAccountId: target?.cloudAccountId, instanceId: target?.instanceId, script: planned?.script ?? null, automation: planned?.automation ?? null }, nowMs)
  } else if (change.status === 'ended') {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
    await auditRun(sql, held, 'run.command_ended', null, {
      ...named, outcome: change.outcome ?? null, exitCode: change.exitCode ?? null, result: change.result ?? null, stdoutSha256: sha256(change.stdout ?? stdout ?? ''), stderrSha256: sha256(change.stderr ?? stderr ?? ''), isTruncated: change.isTruncated ?? false,
    }, nowMs)
  }
}

async function addCommand(sql: Sql, runId: string, added: NewCommand): Promise<void> {
  await sql.query(
    `insert into run_commands (run_id, seq, planned_seq, step_id, phase, asset, token, status, attempt, digest)
     select run_id, $3, planned_seq, step_id, phase, asset, $4, 'pending', $5, $6 from run_commands where run_id = $1 and seq = $2`,
    [runId, added.plannedSeq, added.seq, added.token, added.attempt, added.digest])
}

/** A plan is made anew only while nothing was sent. */
async function replan(sql: Sql, held: HeldRun, plan: NonNullable<RunChange['plan']>): Promise<void> {
  await sql.query('delete from run_commands where run_id = $1', [held.id])
  await writeCommands(sql, held.id, plan)
  await sql.query(`update run_approvals set status = 'void' where run_id = $1 and status = 'pending'`, [held.id])
}

async function letGo(sql: Sql, runId: string): Promise<void> {
  await sql.query('delete from run_locks where run_id = $1', [runId])
  await sql.query(`update run_commands set status = 'skipped' where run_id = $1 and status = 'pending'`, [runId])
  await sql.query(`update run_approvals set status = 'void' where run_id = $1 and status = 'pending'`, [runId])
}
