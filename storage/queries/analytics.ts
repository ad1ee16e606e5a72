/** Figures and receipts from the facts: noise, series for the console, the fate of a delivery. Balance and dead letters have files of their own. */
import type { Fate } from '../../schemas/records.ts'
import type { DeliveryElement, DeliveryView, NoiseView } from '../../schemas/views.ts'
import { companyParams, IN_COMPANIES, inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'

export { balance, type Balance } from './balance.ts'
export { deadLetters, findDeadLetter } from './dead-letters.ts'
export type { FactScope, FactSource } from './analytics-scope.ts'

/** Alerts that say something is wrong, and that were not dropped: what a person without us would have looked at. */
const FIRING = `fate in ('emitted', 'absorbed') and status in ('firing', 'unknown')`

/** Not the silence of a tool alone: no alert stands behind that, so it took no noise away. */
const OF_ALERTS = `sources != ['heartbeat']`

/** Noise of a scope, over firing alerts. */
export async function noise(source: FactSource, scope: FactScope): Promise<NoiseView> {
  const params = scopeParams(scope)
  const [[told], [opened]] = await Promise.all([
    source.query<{ alerts: number; problems: number }>(
      `select count() as alerts, uniqExact(company_id, problem_key) as problems from ledger_v1 final where ${inScope('at')} and ${FIRING}`, params,
    ),
    source.query<{ incidents: number }>(`select count() as incidents from incidents_v1 final where ${inScope('opened_at')} and merged_into = '' and ${OF_ALERTS}`, params),
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

interface ElementRow {
  element: number
  fate: Fate
  reason: string | null
  problemKey: string | null
  incidentId: string | null
  atMs: number
  alertId: string
  title: string
  status: string
  severity: string
  asset: string
  signature: string
}

/**
 * The fate of a delivery, alert by alert; null where no company of the caller has one with this id. Elements not yet in the ledger are not
 * listed; a delivery that came twice under one id lists the elements of both, by time. Merges of incidents are followed.
 */
export async function delivery(source: FactSource, companyIds: readonly string[] | null, deliveryId: string): Promise<DeliveryView | null> {
  const params = { ...companyParams(companyIds), deliveryId }
  const [head] = await source.query<{ companyId: string; integrationId: string; source: string; receivedAtMs: number }>(
    `select company_id as companyId, integration_id as integrationId, source, ms as receivedAtMs from (
       select company_id, integration_id, source, received_at_ms as ms from raw_deliveries_v1 where ${IN_COMPANIES} and delivery_id = {deliveryId:String}
       union all
       select company_id, integration_id, source, toUnixTimestamp64Milli(at) from ledger_v1 where ${IN_COMPANIES} and delivery_id = {deliveryId:String}
     ) order by ms limit 1`,
    params,
  )
  if (head === undefined) return null
  const rows = await source.query<ElementRow>(
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
     select element, fate, nullIf(reason, '') as reason, alert_id as alertId, title, status, severity, asset, signature, nullIf(rows.problem_key, '') as problemKey,
       nullIf(placed.incident_id, '') as incidentId, toUnixTimestamp64Milli(rows.at) as atMs
     from rows left join placed on placed.problem_key = rows.problem_key and placed.at = rows.at
     order by rows.version, element, fate
     limit 10000`,
    { companyId: head.companyId, integrationId: head.integrationId, deliveryId },
  )
  const survivors = await followMerges(source, head.companyId, rows.flatMap((row) => (row.incidentId === null ? [] : [row.incidentId])))
  const elements = rows.map(({ element, fate, reason, problemKey, incidentId, atMs, ...alert }): DeliveryElement => ({
    element, fate, reason, problemKey, incidentId: incidentId === null ? null : survivors.get(incidentId) ?? incidentId, at: isoTime(atMs),
    alert: alert.alertId === '' ? null : { ...alert, asset: alert.asset === '' ? null : alert.asset, signature: alert.signature === '' ? null : alert.signature },
  }))
  return { deliveryId, companyId: head.companyId, integrationId: head.integrationId, source: head.source, receivedAt: isoTime(head.receivedAtMs), elements }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
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
