/** Records of every recorded topic with sensible content, and a way to put them into analytics as the recorder does. */
import type { TopicRecords } from '../../schemas/codec.ts'
import { positionOf } from '../../schemas/position.ts'
import type { Alert, CallEvent, CommandOutcome, DeadLetter, Delivery, IncidentChanged, LedgerRow, PlacedProblem, ProblemPlaced, Refusal, RunEvent } from '../../schemas/records.ts'
import type { Analytics } from '../../storage/clickhouse/analytics.ts'
import { Range } from '../../storage/recorder/range.ts'
import { ROWS, type RecordedTopic } from '../../storage/recorder/rows.ts'

/** Facts older than 400 days are deleted by the engine's own clock, so samples lie two days back, at the start of an hour. */
export const SAMPLE_MS = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 86_400_000

/** A record with its place. */
export interface Placed<N extends RecordedTopic> {
  readonly record: TopicRecords[N]
  readonly offset: number
  readonly atMs: number
}

let inserts = 0

/** Inserts records into the fact tables as one range each call; `token` names it. */
export async function recordFacts<N extends RecordedTopic>(analytics: Analytics, topic: N, records: readonly Placed<N>[], token = `sample-${inserts++}`): Promise<void> {
  const range = new Range(-1, 0)
  for (const { record, offset, atMs } of records) ROWS[topic](record, { partition: 0, position: positionOf(1, offset), atMs }, range.put)
  for (const rows of range.tables()) await analytics.insert(rows, token)
}

/** A delivery of one company's integration. */
export function deliveryAt(offset: number, change: Partial<Delivery> = {}): Placed<'alerts.raw.v1'> {
  const event: Delivery = {
    type: 'delivery', deliveryId: `d${offset}`, companyId: 'acme', integrationId: 'acme-generic', source: 'datadog', replayable: false, elements: 1,
    receivedAtMs: SAMPLE_MS + offset, contentType: 'application/json', headers: {}, body: Buffer.from('{}'), replay: null, ...change,
  }
  return { record: { event }, offset, atMs: SAMPLE_MS + offset }
}

/** A tick that tells of refused requests. */
export function tickAt(offset: number, refused: Refusal[] = []): Placed<'alerts.raw.v1'> {
  return { record: { event: { type: 'tick', integration: null, processId: 'p1', refused } }, offset, atMs: SAMPLE_MS + offset }
}

/** The ledger row of the delivery at `offset`. */
export function ledgerAt(offset: number, change: Partial<Omit<LedgerRow, 'alert'>> & { alert?: Partial<Alert> | null } = {}): Placed<'alerts.v1'> {
  const { alert: alertChange, ...rowChange } = change
  const element = change.element ?? 0
  const alert: Alert = {
    alertId: `d${offset}:${element}`, source: 'datadog', externalId: null, asset: 'db-01', signature: 'cpu_high', severity: 'high', status: 'firing',
    title: 'CPU high on db-01', message: 'cpu above 95 %', startsAtMs: null, labels: { env: 'prod' }, ...alertChange,
  }
  const record: LedgerRow = {
    deliveryId: `d${offset}`, element, elements: 1, companyId: 'acme', integrationId: 'acme-generic', source: 'datadog', fate: 'emitted', reason: 'opened',
    problemKey: `v1:acme-generic:p${offset}`, atMs: SAMPLE_MS + offset, partition: 0, version: positionOf(1, offset), ...rowChange, alert: alertChange === null ? null : alert,
  }
  return { record, offset, atMs: SAMPLE_MS + offset }
}

/** A snapshot of an incident. */
export function incidentAt(offset: number, change: Partial<IncidentChanged> = {}): Placed<'incidents.v1'> {
  const atMs = SAMPLE_MS + offset
  const event: IncidentChanged = {
    type: 'incident', incidentId: 'i1', companyId: 'acme', version: positionOf(1, offset), atMs, cause: 'problem', causeId: null, title: 'CPU high on db-01',
    status: 'open', severity: 'high', priority: 2, openedAtMs: SAMPLE_MS, updatedAtMs: atMs, acknowledgedAtMs: null, resolvedAtMs: null, closedAtMs: null,
    alertCount: 1, problemCount: 1, openProblemCount: 1, assets: ['db-01'], assetCount: 1, sources: ['datadog'], latestProblemKeys: [], assignee: null,
    resolution: null, reopenCount: 0, mergedInto: null, findings: [], rootCause: null, classification: null, severityJudgement: null, ...change,
  }
  return { record: { event }, offset, atMs }
}

/** A problem as it was placed in an incident. */
export function placedAt(offset: number, incidentId: string, change: Partial<PlacedProblem> = {}): Placed<'incidents.v1'> {
  const atMs = SAMPLE_MS + offset
  const problem: PlacedProblem = {
    problemKey: `v1:acme-generic:p${offset}`, companyId: 'acme', integrationId: 'acme-generic', source: 'datadog', change: 'opened', status: 'firing', flapping: false,
    acknowledged: false, episode: 1, count: 1, alertId: `d${offset}:0`, asset: 'db-01', signature: 'cpu_high', severity: 'high', title: 'CPU high on db-01',
    message: 'cpu above 95 %', labels: {}, firstAtMs: atMs, lastAtMs: atMs, resolvedAtMs: null, startsAtMs: null, partition: 0, atMs, version: positionOf(1, offset), ...change,
  }
  const event: ProblemPlaced = { type: 'problem', incidentId, evidence: { rule: 'founded', withProblemKey: null, score: 0, threshold: 0.5, features: [], ruleId: null, rulesRevision: 0, considered: [] }, suppression: null, version: positionOf(1, offset), problem }
  return { record: { event }, offset, atMs }
}

/** The outcome of a command. */
export function outcomeAt(offset: number): Placed<'incidents.v1'> {
  const event: CommandOutcome = {
    type: 'outcome', commandId: `c${offset}`, companyId: 'acme', incidentId: 'i1', action: 'close', actor: { kind: 'user', id: 'u1', name: 'Ann' }, status: 'done',
    code: null, message: '', atMs: SAMPLE_MS + offset, version: positionOf(1, offset),
  }
  return { record: { event }, offset, atMs: SAMPLE_MS + offset }
}

/** The end of a run that healed its incident. */
export function runAt(offset: number, change: Partial<RunEvent> = {}): Placed<'runs.v1'> {
  const record: RunEvent = {
    runId: `r${offset}`, companyId: 'acme', incidentId: 'i1', runbookId: 'disk-clean-temp', runbookVersion: 1, event: 'verified', stepId: null, actor: { kind: 'remediator', id: 'remediator', name: 'Alert Whisperer' },
    detail: null, atMs: SAMPLE_MS + offset, version: 9, asset: null, mode: 'production', risk: 'low', trigger: 'automatic', status: 'succeeded', outcome: 'self_healed', code: null, simulated: false, durationMs: 4_000, ...change,
  }
  return { record, offset, atMs: SAMPLE_MS + offset }
}

/** A call to a ticket system. */
export function callAt(offset: number, change: Partial<CallEvent> = {}): Placed<'calls.v1'> {
  const record: CallEvent = {
    callId: `call-${offset}`, atMs: SAMPLE_MS + offset, integrationType: 'ticketing', connector: 'zendesk', connectionId: 'conn', companyId: 'acme', incidentId: 'i1', ticketId: 't1', action: 'created', direction: 'out',
    externalId: null, method: 'POST', url: 'https://acme.zendesk.com/api/v2/tickets', reference: 'create ticket', status: 'success', httpStatus: 201, errorCode: null, errorText: null, durationMs: 120.5, retries: 0,
    actor: { kind: 'connector', id: 'conn', name: 'Zendesk' }, ...change,
  }
  return { record, offset, atMs: SAMPLE_MS + offset }
}

/** A dead letter. */
export function deadLetterAt(offset: number, change: Partial<DeadLetter> = {}): Placed<'dead-letter.v1'> {
  const record: DeadLetter = {
    deadLetterId: `alerts.raw.v1:0:${offset}:0`, companyId: 'acme', topic: 'alerts.raw.v1', partition: 0, position: positionOf(1, offset), element: 0, stage: 'process',
    code: 'payload_invalid', message: 'body: not an object', attempts: 1, key: 'acme-generic', value: Buffer.from('[]'), atMs: SAMPLE_MS + offset,
    delivery: { deliveryId: `d${offset}`, integrationId: 'acme-generic', source: 'datadog', replayable: false, told: 1, elements: 1, receivedAtMs: SAMPLE_MS + offset, contentType: 'application/json', headers: {} }, ...change,
  }
  return { record, offset, atMs: SAMPLE_MS + offset }
}
