import type { CallEvent, CorrelationRecord, IntegrationSettings, RawRecord, RunEvent } from '../../schemas/records.ts'
import { TOPICS, type TopicName } from '../../schemas/topics.ts'
import { atMs, type Sql } from './sql.ts'

/** Writes a record for a company's log in the transaction of the rows it belongs to; the relay appends it afterwards. */
export async function enqueue(sql: Sql, companyId: string, record: CorrelationRecord, nowMs: number): Promise<void> {
  await insert(sql, TOPICS.correlation.name, companyId, record, nowMs)
}

/** Writes the settings of an integration for the log of its deliveries. They travel inside a tick, which the release before passes over. */
export async function enqueueRaw(sql: Sql, integrationId: string, settings: IntegrationSettings, nowMs: number): Promise<void> {
  const record: RawRecord = { event: { type: 'tick', processId: 'relay', refused: [], integration: settings } }
  await insert(sql, TOPICS.raw.name, integrationId, record, nowMs)
}

/** Writes a line of the life of a run for the log of runs. */
export async function enqueueRun(sql: Sql, key: string, event: RunEvent, nowMs: number): Promise<void> {
  await insert(sql, TOPICS.runs.name, key, event, nowMs)
}

/** Writes calls of the outside for their log, each by its own key; all in one statement, for many come at once. */
export async function enqueueCalls(sql: Sql, calls: readonly { readonly key: string; readonly record: CallEvent }[], nowMs: number): Promise<void> {
  await sql.query(
    `insert into outbox (topic, key, record, created_at) select $1, c ->> 'key', c -> 'record', ${atMs('$3')} from jsonb_array_elements($2::jsonb) with ordinality as l (c, n) order by n`,
    [TOPICS.calls.name, JSON.stringify(calls), nowMs],
  )
}

async function insert(sql: Sql, topic: TopicName, key: string, record: CorrelationRecord | RawRecord | RunEvent, nowMs: number): Promise<void> {
  await sql.query(`insert into outbox (topic, key, record, created_at) values ($1, $2, $3::jsonb, ${atMs('$4')})`, [topic, key, JSON.stringify(record), nowMs])
}
