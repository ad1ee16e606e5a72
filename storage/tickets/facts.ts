/** What a ticket may say of an incident, read in a few statements. */
import type { Finding, IncidentSeverity, IncidentStatus, RootCause } from '../../schemas/records.ts'
import type { PendingApproval, PersonNote, RefusedWord, TicketFacts, TicketProblem, TicketRun } from '../../schemas/ticket-sync.ts'
import { whole, type Sql } from '../queries/sql.ts'

const PROBLEMS_MAX = 20
const RUNS_MAX = 20
/** Few enough that the sync remembers which of them it told. */
const NOTES_MAX = 30
/** The longest a person may write. */
const NOTE_CHARS = 10_000
/** Refused words older than this are told to nobody any more. */
const REFUSED_DAYS = 1
/** A word without an answer holds up the ticket for this long at most. */
const PENDING_MS = 300_000
/** What is refused because it is so already, or because somebody was quicker, needs no word. */
const NEEDLESS = ['transition_refused', 'incident_closed', 'bad_request', 'duplicate_command']

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

interface IncidentRow {
  readonly companyId: string; readonly companyName: string; readonly number: number; readonly version: number; readonly title: string; readonly status: IncidentStatus; readonly severity: IncidentSeverity; readonly priority: number
  readonly openedAtMs: number; readonly updatedAtMs: number; readonly resolvedAtMs: number | null; readonly alertCount: number; readonly problemCount: number; readonly openProblemCount: number; readonly assets: readonly string[]
  readonly assetCount: number; readonly sources: readonly string[]; readonly assigneeId: string | null; readonly assigneeName: string | null; readonly assigneeEmail: string | null; readonly resolution: string | null; readonly mergedInto: string | null
  readonly category: string | null; readonly findings: readonly Finding[]; readonly rootCause: RootCause | null; readonly analysis: Readonly<Record<string, unknown>> | null; readonly runbooks: readonly Readonly<Record<string, unknown>>[]; readonly isAnalysing: boolean
  readonly endedByKind: string | null
}

/** The facts; null while the projection shows an older version than the one asked for, or no such incident of the company. */
export async function ticketFacts(sql: Sql, { incidentId, companyId, version }: { readonly incidentId: string; readonly companyId: string; readonly version: number }, nowMs: number): Promise<TicketFacts | null> {
  // Before the incident: a word that is answered by now shows in it.
  const words = await wordsOf(sql, incidentId, companyId, nowMs)
  const [row] = await sql.query<IncidentRow>(
    `select i.company_id as "companyId", c.name as "companyName", ${whole('i.number')} as number, ${whole('i.version')} as version, i.title, i.status, i.severity, i.priority, ${ms('i.opened_at')} as "openedAtMs", ${ms('i.updated_at')} as "updatedAtMs",
       ${ms('i.resolved_at')} as "resolvedAtMs", ${whole('i.alert_count')} as "alertCount", ${whole('i.problem_count')} as "problemCount", ${whole('i.open_problem_count')} as "openProblemCount", i.assets, ${whole('i.asset_count')} as "assetCount",
       i.sources, u.id as "assigneeId", u.name as "assigneeName", u.email as "assigneeEmail", i.resolution, i.merged_into as "mergedInto", i.category, i.findings, i.root_cause as "rootCause", i.analysis,
       i.suggested_runbooks as runbooks, exists (select 1 from analyses a where a.incident_id = i.id and a.status = 'asking') as "isAnalysing",
       (select t.actor ->> 'kind' from incident_timeline t where t.incident_id = i.id and t.company_id = i.company_id and t.kind in ('resolved', 'closed', 'reopened') order by t.version desc, (t.actor is null) limit 1) as "endedByKind"
     from incidents i join companies c on c.id = i.company_id left join users u on u.id = i.assignee and u.disabled_at is null where i.id = $1 and i.company_id = $2`, [incidentId, companyId])
  if (row === undefined || row.version < version) return null
  const { assigneeId, assigneeName, assigneeEmail, endedByKind, analysis, runbooks, ...incident } = row
  return {
    ...incident, ...words, incidentId,
    assignee: assigneeId === null ? null : { id: assigneeId, name: assigneeName ?? '', email: assigneeEmail ?? '' },
    endedBy: row.status !== 'resolved' && row.status !== 'closed' ? null : endedByKind === 'user' || endedByKind === 'token' ? 'person' : endedByKind === 'connector' ? 'psa' : 'program',
    analysis: analysisOf(analysis), runbooks: runbooks.map(runbookOf),
    problems: await problemsOf(sql, incidentId, companyId), runs: await runsOf(sql, incidentId, companyId), approvals: await pendingApprovals(sql, incidentId, companyId, nowMs),
    notes: await notesOf(sql, incidentId, companyId),
  }
}

function analysisOf(analysis: Readonly<Record<string, unknown>> | null): TicketFacts['analysis'] {
  if (analysis === null || analysis['status'] !== 'done' || typeof analysis['summary'] !== 'string') return null
  const { analysisId, summary, confidence, nextSteps, model } = analysis
  return {
    id: String(analysisId), summary, confidence: typeof confidence === 'number' ? confidence : null, model: typeof model === 'string' ? model : null,
    nextSteps: Array.isArray(nextSteps) ? nextSteps.filter((step): step is string => typeof step === 'string') : [],
  }
}

function runbookOf({ id, summary, effectiveRisk, fits }: Readonly<Record<string, unknown>>): TicketFacts['runbooks'][number] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return { id: text(id), summary: text(summary), risk: text(effectiveRisk), fits: fits === true }
}

function problemsOf(sql: Sql, incidentId: string, companyId: string): Promise<readonly TicketProblem[]> {
  return sql.query<TicketProblem>(
    `select p.asset, p.title, p.severity, p.source, p.status, ${whole('p.alert_count')} as count, ${ms('p.first_at')} as "firstAtMs", ${ms('p.last_at')} as "lastAtMs" from problems p
     where p.incident_id in (select * from incident_ids($1)) and p.company_id = $2 order by (p.status = 'firing') desc, p.last_at desc, p.problem_key limit ${PROBLEMS_MAX}`, [incidentId, companyId])
}

function runsOf(sql: Sql, incidentId: string, companyId: string): Promise<readonly TicketRun[]> {
  return sql.query<TicketRun>(
    `select r.id, r.runbook_id as "runbookId", coalesce(r.runbook ->> 'summary', r.runbook_id) as summary, r.status, r.outcome, r.message, array(select t ->> 'asset' from jsonb_array_elements(r.plan -> 'targets') t) as assets,
       r.simulated as "isSimulated", ${ms('r.started_at')} as "startedAtMs", ${ms('r.ended_at')} as "endedAtMs" from runs r
     where r.incident_id in (select * from incident_ids($1)) and r.company_id = $2 and r.started_at is not null order by r.created_at desc, r.id limit ${RUNS_MAX}`, [incidentId, companyId])
}

/** What people wrote here, the oldest first: nothing that came from a ticket, and nothing of the program. */
async function notesOf(sql: Sql, incidentId: string, companyId: string): Promise<readonly PersonNote[]> {
  const newest = await sql.query<PersonNote>(
    `select event_id as id, coalesce(actor ->> 'name', '') as author, left(text, ${NOTE_CHARS}) as text from incident_timeline
     where incident_id = $1 and company_id = $2 and kind = 'note' and actor ->> 'kind' in ('user', 'token') order by version desc, event_id desc limit ${NOTES_MAX}`, [incidentId, companyId])
  return [...newest].reverse()
}

/** Requests about the incident that wait for an answer, the oldest first. */
export function pendingApprovals(sql: Sql, incidentId: string, companyId: string, nowMs: number): Promise<readonly PendingApproval[]> {
  return sql.query<PendingApproval>(
    `select a.id, r.id as "runId", r.runbook_id as "runbookId", coalesce(r.runbook ->> 'summary', r.runbook_id) as summary, r.risk, a.question, a.reason, ${ms('a.expires_at')} as "expiresAtMs"
     from run_approvals a join runs r on r.id = a.run_id where r.incident_id in (select * from incident_ids($1)) and a.company_id = $2 and a.status = 'pending' and a.expires_at > to_timestamp($3::float8 / 1000) order by a.requested_at, a.id limit 10`,
    [incidentId, companyId, nowMs])
}

/** What tickets of the incident said to it: how much has no answer yet, and what was refused that a person has to know of. */
async function wordsOf(sql: Sql, incidentId: string, companyId: string, nowMs: number): Promise<{ readonly refused: readonly RefusedWord[]; readonly pendingWords: number }> {
  const rows = await sql.query<RefusedWord & { status: string; atMs: number }>(
    `select ${ms('created_at')} as "atMs", id as "commandId", action, status, coalesce(code, '') as code, coalesce(message, '') as message from commands
     where incident_id = $1 and company_id = $2 and actor ->> 'kind' = 'connector' and status <> 'done' and created_at > to_timestamp($3::float8 / 1000) - interval '${REFUSED_DAYS} days' order by created_at, id limit 50`, [incidentId, companyId, nowMs])
  return {
    pendingWords: rows.filter(({ status, action, atMs }) => status === 'pending' && action !== 'note' && atMs > nowMs - PENDING_MS).length,
    refused: rows.filter(({ status, code }) => status === 'refused' && !NEEDLESS.includes(code)).map(({ commandId, action, code, message }) => ({ commandId, action, code, message })),
  }
}
