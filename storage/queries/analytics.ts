/** Figures and receipts from the facts: noise, series for the console, the fate of a delivery, dead letters. The balance has a file of its own. */
import { companyParams, IN_COMPANIES, inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'
import { decodeCursor, encodeCursor } from './sql.ts'

export { balance, type Balance } from './balance.ts'
export type { FactScope, FactSource } from './analytics-scope.ts'

/** Alerts that say something is wrong, and that were not dropped: what a person without us would have looked at. */
const FIRING = `fate in ('emitted', 'absorbed') and status in ('firing', 'unknown')`

/** What `GET /api/stats/noise` answers. */
export interface Noise {
  readonly alerts: number
  readonly problems: number
  /** Opened in the time and not merged into another. */
  readonly incidents: number
  /** 1 - incidents / alerts; 0 without alerts. */
  readonly noiseReduction: number
}

/** Noise of a scope, over firing alerts. */
export async function noise(source: FactSource, scope: FactScope): Promise<Noise> {
  const params = scopeParams(scope)
  const [[told], [opened]] = await Promise.all([
    source.query<{ alerts: number; problems: number }>(
      `select count() as alerts, uniqExact(company_id, problem_key) as problems from ledger_v1 final where ${inScope('at')} and ${FIRING}`, params,
    ),
    source.query<{ incidents: number }>(`select count() as incidents from incidents_v1 final where ${inScope('opened_at')} and merged_into = ''`, params),
  ])
  const alerts = told?.alerts ?? 0
  const incidents = opened?.incidents ?? 0
  return { alerts, problems: told?.problems ?? 0, incidents, noiseReduction: alerts === 0 ? 0 : 1 - incidents / alerts }
}

/** One step of the console's chart. */
export interface SeriesPoint {
  readonly atMs: number
  /** Alerts of every fate and status: what came in. */
  readonly alerts: number
  /** Incidents opened, merged ones not counted. */
  readonly incidents: number
}

const STEPS_MAX = 2_000
const MINUTE_MS = 60_000

/** Alerts and incidents by step, oldest first, empty steps left out. The step is whole minutes and grows until 2,000 of them cover the scope. */
export async function series(source: FactSource, scope: FactScope, stepMs: number = MINUTE_MS): Promise<{ stepMs: number; points: readonly SeriesPoint[] }> {
  const wished = Math.max(stepMs, (scope.toMs - scope.fromMs) / STEPS_MAX)
  const stepMinutes = Math.max(1, Math.ceil(wished / MINUTE_MS))
  const points = await source.query<SeriesPoint>(
    `select toInt64(step) * 1000 as atMs, sum(a) as alerts, sum(i) as incidents from (
       select toUnixTimestamp(toStartOfInterval(minute, toIntervalMinute({stepMinutes:UInt32}))) as step, alerts as a, 0 as i from alerts_per_minute_v1 where ${inScope('minute')}
       union all
       select toUnixTimestamp(toStartOfInterval(toDateTime(opened_at, 'UTC'), toIntervalMinute({stepMinutes:UInt32}))), 0, 1 from incidents_v1 final where ${inScope('opened_at')} and merged_into = ''
     ) group by step order by step`,
    { ...scopeParams(scope), stepMinutes },
  )
  return { stepMs: stepMinutes * MINUTE_MS, points }
}

/** What became of one element of a delivery. */
export interface ElementFate {
  readonly element: number
  readonly fate: string
  readonly reason: string | null
  readonly alertId: string | null
  readonly title: string | null
  readonly status: string | null
  readonly severity: string | null
  readonly problemKey: string | null
  /** The incident that holds the problem now, merges followed; null where there is none yet. */
  readonly incidentId: string | null
  /** Append time of the delivery, in ms; a delivery that came twice under one id has two. */
  readonly atMs: number
}

/** What `GET /api/deliveries/{id}` answers. */
export interface DeliveryFate {
  readonly deliveryId: string
  readonly companyId: string
  readonly integrationId: string
  readonly source: string
  readonly receivedAtMs: number
  readonly elements: number
  readonly alerts: readonly ElementFate[]
}

/** The fate of a delivery, alert by alert; null where no company of the caller has one with this id. Elements not yet in the ledger are not listed. */
export async function delivery(source: FactSource, companyIds: readonly string[] | null, deliveryId: string): Promise<DeliveryFate | null> {
  const params = { ...companyParams(companyIds), deliveryId }
  const [head] = await source.query<Omit<DeliveryFate, 'alerts'>>(
    `select delivery_id as deliveryId, company_id as companyId, integration_id as integrationId, source, atMs as receivedAtMs, greatest(told, known) as elements from (
       select delivery_id, company_id, integration_id, any(source) as source, min(ms) as atMs, max(told) as told, max(known) as known from (
         select delivery_id, company_id, integration_id, source, received_at_ms as ms, elements as told, 0 as known from raw_deliveries_v1 where ${IN_COMPANIES} and delivery_id = {deliveryId:String}
         union all
         select delivery_id, company_id, integration_id, source, toUnixTimestamp64Milli(at), 0, elements from ledger_v1 where ${IN_COMPANIES} and delivery_id = {deliveryId:String}
       ) group by delivery_id, company_id, integration_id
     ) order by receivedAtMs limit 1`,
    params,
  )
  if (head === undefined) return null
  const alerts = await source.query<ElementFate>(
    `with
       rows as (
         select * from ledger_v1 final
         where company_id = {companyId:String} and integration_id = {integrationId:String} and delivery_id = {deliveryId:String}
       ),
       -- The episode the alert belongs to is the latest that had begun when it came.
       placed as (
         select r.problem_key as problem_key, r.at as at, argMax(p.incident_id, (p.first_at, p.episode)) as incident_id
         from (select distinct problem_key, at from rows where problem_key != '') as r
         inner join (select problem_key, incident_id, first_at, episode from problems_v1 final where company_id = {companyId:String} and problem_key in (select problem_key from rows)) as p
           on p.problem_key = r.problem_key
         where p.first_at <= r.at
         group by problem_key, at
       )
     select element, fate, nullIf(reason, '') as reason, nullIf(alert_id, '') as alertId, nullIf(title, '') as title, nullIf(status, '') as status, nullIf(severity, '') as severity,
       nullIf(rows.problem_key, '') as problemKey, nullIf(placed.incident_id, '') as incidentId, toUnixTimestamp64Milli(rows.at) as atMs
     from rows left join placed on placed.problem_key = rows.problem_key and placed.at = rows.at
     order by rows.version, element, fate
     limit 10000`,
    { companyId: head.companyId, integrationId: head.integrationId, deliveryId },
  )
  const survivors = await followMerges(source, head.companyId, alerts.flatMap((alert) => (alert.incidentId === null ? [] : [alert.incidentId])))
  return { ...head, alerts: alerts.map((alert) => ({ ...alert, incidentId: alert.incidentId === null ? null : survivors.get(alert.incidentId) ?? alert.incidentId })) }
}

const MERGES_MAX = 20

/** The last survivor behind each incident. */
async function followMerges(source: FactSource, companyId: string, incidentIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const survivors = new Map([...new Set(incidentIds)].map((id) => [id, id]))
  for (let step = 0; step < MERGES_MAX && survivors.size > 0; step++) {
    const merges = await source.query<{ id: string; into: string }>(
      `select incident_id as id, merged_into as into from incidents_v1 final where company_id = {companyId:String} and incident_id in {ids:Array(String)} and merged_into != ''`,
      { companyId, ids: [...new Set(survivors.values())] },
    )
    if (merges.length === 0) break
    const next = new Map(merges.map((merge) => [merge.id, merge.into]))
    for (const [id, survivor] of survivors) survivors.set(id, next.get(survivor) ?? survivor)
  }
  return survivors
}

/** A dead letter as it is listed. Its record lies on dead-letter.v1, the original at `position` of `topic`, as long as the log keeps them. */
export interface DeadLetterRow {
  readonly id: string
  /** Null where the record could not be read far enough to know. */
  readonly companyId: string | null
  readonly topic: string
  readonly partition: number
  readonly position: number
  readonly element: number
  readonly stage: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  readonly key: string
  readonly valueBytes: number
  readonly atMs: number
  /** Where the dead letter itself lies on dead-letter.v1. */
  readonly recordPartition: number
  readonly recordPosition: number
}

const DEAD_LETTER = `dead_letter_id as id, nullIf(company_id, '') as companyId, topic, partition, position, element, stage, code, message, attempts, record_key as key,
  value_bytes as valueBytes, toUnixTimestamp64Milli(at) as atMs, record_partition as recordPartition, record_position as recordPosition`

/** Dead letters, newest first. Those of no known company are for callers who see all. Throws `bad_request` for a cursor we did not give. */
export async function deadLetters(source: FactSource, scope: FactScope, page: { limit: number; cursor?: string }): Promise<{ items: readonly DeadLetterRow[]; next: string | null }> {
  const after = page.cursor === undefined ? null : decodeCursor(page.cursor, 'string')
  const separator = after?.indexOf(':') ?? -1
  const rows = await source.query<DeadLetterRow>(
    `select ${DEAD_LETTER} from dead_letters_v1 final where ${inScope('at')}
       ${after === null ? '' : 'and (toUnixTimestamp64Milli(at), dead_letter_id) < ({afterMs:Int64}, {afterId:String})'}
     order by at desc, dead_letter_id desc limit {limit:UInt32}`,
    {
      ...scopeParams(scope), limit: page.limit + 1,
      ...(after === null ? {} : { afterMs: Math.trunc(Number(after.slice(0, separator))) || 0, afterId: after.slice(separator + 1) }),
    },
  )
  const items = rows.slice(0, page.limit)
  const last = items.at(-1)
  return { items, next: rows.length > page.limit && last !== undefined ? encodeCursor(`${last.atMs}:${last.id}`) : null }
}

/** One dead letter, or null. */
export async function deadLetter(source: FactSource, companyIds: readonly string[] | null, id: string): Promise<DeadLetterRow | null> {
  const [row] = await source.query<DeadLetterRow>(
    `select ${DEAD_LETTER} from dead_letters_v1 final where ${IN_COMPANIES} and dead_letter_id = {id:String} limit 1`, { ...companyParams(companyIds), id },
  )
  return row ?? null
}
