/** What a change of a run tells, in its transaction: the log of runs, the incident's log, the audit log. */
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Actor, Command, RunEvent } from '../../schemas/records.ts'
import type { HeldRun, IncidentWord, RunEventDraft } from '../../schemas/run-work.ts'
import type { RunOutcome, RunStatus } from '../../schemas/runs.ts'
import { writeAudit } from '../queries/audit.ts'
import { enqueue, enqueueRun } from '../queries/outbox.ts'
import { atMs, type Sql } from '../queries/sql.ts'

/** Who speaks for the program. */
export const REMEDIATOR: Actor = { kind: 'remediator', id: 'remediator', name: 'Remediator' }
/** The same for the audit log. */
export const REMEDIATOR_CALLER: Caller = { kind: 'system', id: 'remediator', name: 'Remediator', ip: null, scope: { role: 'msp_admin', userId: 'remediator', companyIds: 'all' } }

/** What a line of the log of runs is about. */
export type ToldRun = Pick<HeldRun, 'id' | 'companyId' | 'incidentId' | 'runbook' | 'mode' | 'risk' | 'trigger' | 'isSimulated' | 'version'> & { readonly status: RunStatus; readonly outcome: RunOutcome | null; readonly code: string | null }

/** Longest detail told, in characters. */
const DETAIL_CHARS = 1_000

/** Tells the log of runs. Its key is the incident, or the run where there is none. */
export async function tellRun(sql: Sql, run: ToldRun, draft: RunEventDraft, actor: Actor, nowMs: number): Promise<void> {
  const event: RunEvent = {
    runId: run.id, companyId: run.companyId, incidentId: run.incidentId ?? '', runbookId: run.runbook.id, runbookVersion: run.runbook.version, event: draft.kind, stepId: draft.stepId ?? null,
    actor, detail: draft.detail?.slice(0, DETAIL_CHARS) ?? null, atMs: nowMs, version: run.version, asset: draft.asset ?? null, mode: run.mode, risk: run.risk, trigger: run.trigger, status: run.status,
    outcome: run.outcome, code: run.code, simulated: run.isSimulated, durationMs: draft.durationMs ?? null,
  }
  await enqueueRun(sql, run.incidentId ?? run.id, event, nowMs)
}

/** Says something to the incident; answers the id of the command. */
export async function sayToIncident(sql: Sql, run: Pick<HeldRun, 'companyId' | 'incidentId'>, word: IncidentWord, nowMs: number): Promise<string | null> {
  const { companyId, incidentId } = run
  if (incidentId === null) return null
  const commandId = randomUUID()
  const command: Command = {
    type: 'command', commandId, companyId, incidentId, action: word.action, actor: REMEDIATOR, judgedVersion: word.judgedVersion, assignee: null, text: word.text, intoIncidentId: null, problemKeys: [],
    issuedAtMs: nowMs, severity: null, confidence: null, category: null,
  }
  await sql.query(`insert into commands (id, company_id, incident_id, action, actor, created_at) values ($1, $2, $3, $4, $5::jsonb, ${atMs('$6')})`, [commandId, companyId, incidentId, word.action, JSON.stringify(REMEDIATOR), nowMs])
  await enqueue(sql, companyId, { event: command }, nowMs)
  return commandId
}

/** A line of the audit log about a run, by the program unless a person did it. */
export async function auditRun(sql: Sql, run: Pick<HeldRun, 'id' | 'companyId'>, action: string, before: unknown, after: unknown, nowMs: number, caller: Caller = REMEDIATOR_CALLER): Promise<void> {
  await writeAudit(sql, caller, { companyId: run.companyId, action, subject: run.id, before, after }, nowMs)
}
