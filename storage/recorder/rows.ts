/** How records become rows of the fact tables. Which columns stand where is written once, here. */
import type { TopicRecords } from '../../schemas/codec.ts'
import type { Position } from '../../schemas/position.ts'
import type { CallEvent, DeadLetter, IncidentChanged, IncidentRecord, LedgerRow, ProblemPlaced, RawRecord, RunEvent } from '../../schemas/records.ts'

/** The fact tables and the columns of each, in the order in which rows are written. */
export const FACT_TABLES = {
  raw_deliveries_v1: ['company_id', 'at', 'partition', 'version', 'delivery_id', 'integration_id', 'source', 'replayable', 'elements', 'content_type', 'body_bytes', 'received_at_ms', 'replay_of', 'replay_elements', 'replay_actor_id', 'replay_actor'],
  refusals_v1: ['company_id', 'at', 'partition', 'version', 'process_id', 'status', 'code', 'refused'],
  ledger_v1: ['company_id', 'at', 'partition', 'version', 'element', 'elements', 'delivery_id', 'integration_id', 'source', 'fate', 'reason', 'problem_key', 'alert_id', 'external_id', 'asset', 'signature', 'severity', 'status', 'title', 'message', 'starts_at_ms', 'labels'],
  incidents_v1: ['company_id', 'incident_id', 'version', 'at', 'cause', 'title', 'status', 'severity', 'priority', 'opened_at', 'updated_at', 'acknowledged_at', 'resolved_at', 'closed_at', 'alert_count', 'problem_count', 'open_problem_count', 'asset_count', 'sources', 'assignee', 'reopen_count', 'merged_into'],
  problems_v1: ['company_id', 'problem_key', 'first_at', 'episode', 'version', 'incident_id', 'rule', 'score', 'integration_id', 'source', 'asset', 'signature', 'severity', 'status', 'flapping', 'alert_count', 'last_at', 'resolved_at', 'quiet_kind', 'quiet_rule', 'quiet_reason', 'quiet_by', 'quiet_until', 'is_released'],
  outcomes_v1: ['company_id', 'at', 'command_id', 'version', 'incident_id', 'action', 'actor_kind', 'actor_id', 'status', 'code'],
  dead_letters_v1: ['company_id', 'at', 'dead_letter_id', 'topic', 'partition', 'position', 'element', 'stage', 'code', 'message', 'attempts', 'record_key', 'value_bytes', 'record_partition', 'record_position', 'delivery_id', 'integration_id', 'source', 'elements'],
  run_events_v1: ['company_id', 'at', 'run_id', 'version', 'event', 'step_id', 'asset', 'incident_id', 'runbook_id', 'runbook_version', 'mode', 'risk', 'trigger', 'status', 'outcome', 'code', 'simulated', 'duration_ms', 'actor_kind', 'actor_id'],
  raw_calls_v1: ['company_id', 'at', 'call_id', 'integration_type', 'connector', 'connection_id', 'incident_id', 'ticket_id', 'action', 'direction', 'external_id', 'method', 'url', 'reference', 'status', 'http_status', 'error_code', 'error_text', 'duration_ms', 'retries', 'actor_kind', 'actor_id'],
  recorded_ranges_v1: ['topic', 'partition', 'to_position', 'from_position', 'records', 'rows', 'newest_at', 'recorded_at'],
} as const satisfies Record<string, readonly string[]>

/** A fact table. */
export type FactTable = keyof typeof FACT_TABLES

/** Topics whose records are recorded. */
export type RecordedTopic = 'alerts.raw.v1' | 'alerts.v1' | 'incidents.v1' | 'runs.v1' | 'calls.v1' | 'dead-letter.v1'

/** Where a record lies on its topic. */
export interface Place {
  readonly partition: number
  readonly position: Position
  readonly atMs: number
}

/** Takes the rows of a record. */
export type Put = (table: FactTable, values: readonly unknown[]) => void

/** The rows of one record of each topic; a record may have none. */
export const ROWS: { readonly [N in RecordedTopic]: (record: TopicRecords[N], place: Place, put: Put) => void } = {
  'alerts.raw.v1': rawRows,
  'alerts.v1': ledgerRow,
  'incidents.v1': incidentRows,
  'runs.v1': runRow,
  'calls.v1': callRow,
  'dead-letter.v1': deadLetterRow,
}

/** ClickHouse ends DateTime64 with the year 2299. */
const LAST_MS = Date.UTC(2299, 11, 31)

let lastMs = -1
let lastText = ''

/** A time in ms as DateTime64(3) in UTC takes it from JSON without a doubt. Records of one append share their time, so the last text is kept. */
export function timeText(ms: number): string {
  if (ms === lastMs) return lastText
  const bounded = Math.min(Math.max(Math.trunc(ms), 0), LAST_MS)
  lastText = new Date(bounded).toISOString().slice(0, 23).replace('T', ' ')
  lastMs = ms
  return lastText
}

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeText(ms))

/** Deliveries without their bodies, and what ticks tell of refused requests. */
function rawRows({ event }: RawRecord, { partition, position, atMs }: Place, put: Put): void {
  if (event.type === 'tick') {
    for (const { companyId, status, code, count } of event.refused) put('refusals_v1', [companyId ?? '', timeText(atMs), partition, position, event.processId, status, code, count])
    return
  }
  put('raw_deliveries_v1', [
    event.companyId, timeText(atMs), partition, position, event.deliveryId, event.integrationId, event.source, event.replayable, event.elements,
    event.contentType, event.body.length, event.receivedAtMs, event.replay?.position ?? 0, event.replay?.elements ?? [], event.replay?.actorId ?? '', event.replay?.actorName ?? '',
  ])
}

function ledgerRow(row: LedgerRow, _place: Place, put: Put): void {
  const { alert } = row
  put('ledger_v1', [
    row.companyId, timeText(row.atMs), row.partition, row.version, row.element, row.elements, row.deliveryId, row.integrationId, row.source, row.fate,
    row.reason ?? '', row.problemKey ?? '', alert?.alertId ?? '', alert?.externalId ?? '', alert?.asset ?? '', alert?.signature ?? '',
    alert?.severity ?? '', alert?.status ?? '', alert?.title ?? '', alert?.message ?? '', alert?.startsAtMs ?? null, alert?.labels ?? {},
  ])
}

function incidentRows({ event }: IncidentRecord, _place: Place, put: Put): void {
  switch (event.type) {
    case 'incident':
      return incidentRow(event, put)
    case 'problem':
      return problemRow(event, put)
    case 'outcome':
      return put('outcomes_v1', [event.companyId, timeText(event.atMs), event.commandId, event.version, event.incidentId, event.action, event.actor.kind, event.actor.id, event.status, event.code ?? ''])
    case 'note':
      // Notes are words between people: the database keeps them, figures do not need them.
      return
  }
}

function incidentRow(incident: IncidentChanged, put: Put): void {
  put('incidents_v1', [
    incident.companyId, incident.incidentId, incident.version, timeText(incident.atMs), incident.cause, incident.title, incident.status, incident.severity,
    incident.priority, timeText(incident.openedAtMs), timeText(incident.updatedAtMs), timeOrNull(incident.acknowledgedAtMs), timeOrNull(incident.resolvedAtMs),
    timeOrNull(incident.closedAtMs), incident.alertCount, incident.problemCount, incident.openProblemCount, incident.assetCount, incident.sources,
    incident.assignee ?? '', incident.reopenCount, incident.mergedInto ?? '',
  ])
}

/** The evidence of a problem that was released names what had kept it quiet. */
const HELD = /^kept_quiet_by_(\w+)$/

function problemRow({ incidentId, version, evidence, problem, suppression }: ProblemPlaced, put: Put): void {
  const held = suppression === null ? evidence.features.find(({ name }) => HELD.test(name)) : undefined
  put('problems_v1', [
    problem.companyId, problem.problemKey, timeText(problem.firstAtMs), problem.episode, version, incidentId, evidence.rule, evidence.score,
    problem.integrationId, problem.source, problem.asset ?? '', problem.signature ?? '', problem.severity, problem.status, problem.flapping,
    problem.count, timeText(problem.lastAtMs), timeOrNull(problem.resolvedAtMs),
    suppression?.kind ?? HELD.exec(held?.name ?? '')?.[1] ?? '', suppression?.ruleId ?? '', suppression?.reason ?? held?.detail ?? '', suppression?.byProblemKey ?? '', timeOrNull(suppression?.untilMs ?? null), held !== undefined,
  ])
}

/** What a step printed stays in the database; figures need only how it ended. */
function runRow(run: RunEvent, _place: Place, put: Put): void {
  put('run_events_v1', [
    run.companyId, timeText(run.atMs), run.runId, run.version, run.event, run.stepId ?? '', run.asset ?? '', run.incidentId, run.runbookId, run.runbookVersion, run.mode, run.risk, run.trigger, run.status,
    run.outcome ?? '', run.code ?? '', run.simulated, run.durationMs, run.actor.kind, run.actor.id,
  ])
}

/** What was sent and answered stays in the database for thirty days; figures need only how it went. */
function callRow(call: CallEvent, _place: Place, put: Put): void {
  put('raw_calls_v1', [
    call.companyId ?? '', timeText(call.atMs), call.callId, call.integrationType, call.connector, call.connectionId ?? '', call.incidentId ?? '', call.ticketId ?? '', call.action, call.direction,
    call.externalId ?? '', call.method, call.url, call.reference, call.status, call.httpStatus, call.errorCode ?? '', call.errorText ?? '', call.durationMs, call.retries, call.actor.kind, call.actor.id,
  ])
}

function deadLetterRow(letter: DeadLetter, { partition, position }: Place, put: Put): void {
  put('dead_letters_v1', [
    letter.companyId ?? '', timeText(letter.atMs), letter.deadLetterId, letter.topic, letter.partition, letter.position, letter.element, letter.stage,
    letter.code, letter.message, letter.attempts, letter.key, letter.value.length, partition, position,
    letter.delivery?.deliveryId ?? '', letter.delivery?.integrationId ?? '', letter.delivery?.source ?? '', letter.delivery?.elements ?? 0,
  ])
}
