/**
 * How settings reach the log. An integration's lie on alerts.raw.v1 under its own key, so that they stand in order with its deliveries; they are written in the
 * transaction that changes the row. That log keeps 14 days and correlation.v1 30, so every integration, company and topology is announced again each day: a state
 * that is rebuilt from what the log still holds knows them all. An announcement repeats the revision it is of, and readers pass over what they know.
 */
import type { IntegrationProcessing } from '../../schemas/integration-processing.ts'
import { enqueueSettings } from './company-settings.ts'
import { enqueueRaw } from './outbox.ts'
import { announceTopology } from './topologies.ts'
import { atMs, whole, type Sql, type SqlDatabase } from './sql.ts'

/** How long after its last announcement a row is announced again. */
export const ANNOUNCE_INTERVAL_MS = 86_400_000
/** Rows announced in one transaction. */
const ANNOUNCE_ROWS = 100
/** Batches that a change for all companies announces before it answers. */
const BATCHES_AT_ONCE = 10

/** Columns of `integrations i` as the settings of a view. */
export const PROCESSING_COLUMNS = 'i.mapping, i.heartbeat_seconds as "heartbeatSeconds", i.heartbeat_grace_seconds as "heartbeatGraceSeconds"'

/** Sets what is given, raises the revision and tells the log; called in the transaction of every change of an integration that the stage must know of. */
export async function publishIntegration(sql: Sql, id: string, change: Partial<IntegrationProcessing>, nowMs: number): Promise<void> {
  await sql.query(
    `update integrations set settings_revision = settings_revision + 1,
       mapping = case when $2 then $3::json else mapping end,
       heartbeat_seconds = case when $4 then $5::int else heartbeat_seconds end,
       heartbeat_grace_seconds = coalesce($6::int, heartbeat_grace_seconds)
     where id = $1`,
    [
      id, change.mapping !== undefined, change.mapping === undefined || change.mapping === null ? null : JSON.stringify(change.mapping),
      change.heartbeatSeconds !== undefined, change.heartbeatSeconds ?? null, change.heartbeatGraceSeconds ?? null,
    ],
  )
  await announceIntegration(sql, id, nowMs)
}

/** Tells the log what an integration is set to; one that is disabled need not be heard. */
export async function announceIntegration(sql: Sql, id: string, nowMs: number): Promise<void> {
  const rows = await sql.query<IntegrationProcessing & { companyId: string; source: string | null; name: string; revision: number; disabled: boolean }>(
    `update integrations i set announced_at = ${atMs('$2')} where id = $1
     returning i.company_id as "companyId", i.source, i.name, i.disabled_at is not null as disabled, ${whole('i.settings_revision')} as revision, ${PROCESSING_COLUMNS}`,
    [id, nowMs],
  )
  for (const { mapping, disabled, heartbeatSeconds, ...row } of rows) {
    const settings = { ...row, heartbeatSeconds: disabled ? null : heartbeatSeconds, mapping: mapping === null ? null : JSON.stringify(mapping) }
    await enqueueRaw(sql, id, { integrationId: id, ...settings, removed: false }, nowMs)
  }
}

/** Tells the log that an integration is no more; called in the transaction that deletes its row, before it does. */
export async function announceRemoved(sql: Sql, id: string, nowMs: number): Promise<void> {
  const rows = await sql.query<{ companyId: string; source: string | null; name: string; revision: number }>(
    `select company_id as "companyId", source, name, ${whole('settings_revision')} + 1 as revision from integrations where id = $1`, [id],
  )
  for (const row of rows) {
    await enqueueRaw(sql, id, { integrationId: id, ...row, mapping: null, heartbeatSeconds: null, heartbeatGraceSeconds: 0, removed: true }, nowMs)
  }
}

/** Announces integrations and companies whose last announcement is a day old, or that have none; answers how many. Several processes may do so at once. */
export async function announceDue(db: SqlDatabase, nowMs: number): Promise<number> {
  return (await inBatches(db, 'integrations', nowMs, announceIntegration)) + (await announceCompanies(db, nowMs)) + (await inBatches(db, 'company_topologies', nowMs, announceTopology))
}

/** The same for companies alone, at most so many batches of them. */
export function announceCompanies(db: SqlDatabase, nowMs: number, batches = Number.POSITIVE_INFINITY): Promise<number> {
  return inBatches(db, 'companies', nowMs, enqueueSettings, batches)
}

/** After a change for all companies, which leaves every one due: at once what one call may wait for, and the rest with the announcer's next look. */
export async function announceChange(db: SqlDatabase, nowMs: number): Promise<void> {
  await announceCompanies(db, nowMs, BATCHES_AT_ONCE)
}

async function inBatches(db: SqlDatabase, table: 'integrations' | 'companies' | 'company_topologies', nowMs: number, announce: (sql: Sql, id: string, nowMs: number) => Promise<void>, batches = Number.POSITIVE_INFINITY): Promise<number> {
  const key = table === 'company_topologies' ? 'company_id' : 'id'
  const batch = (): Promise<number> => db.transaction(async (sql) => {
    // The lock puts an announcement in order with a change of the same row, and keeps two processes from announcing it twice.
    const due = await sql.query<{ id: string }>(
      `select ${key} as id from ${table} where announced_at is null or announced_at <= ${atMs('$1')} order by announced_at nulls first, ${key} limit ${ANNOUNCE_ROWS} for update skip locked`,
      [nowMs - ANNOUNCE_INTERVAL_MS],
    )
    for (const { id } of due) await announce(sql, id, nowMs)
    return due.length
  }, { durable: false })
  let announced = 0
  for (let done = 0, count = ANNOUNCE_ROWS; done < batches && count === ANNOUNCE_ROWS; done += 1) {
    count = await batch()
    announced += count
  }
  return announced
}
