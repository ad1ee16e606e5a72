/** Figures from the facts: noise, series for the console. Balance, receipts and dead letters have files of their own. */
import type { SuppressedFigure } from '../../schemas/quiet-views.ts'
import type { NoiseView } from '../../schemas/views.ts'
import { inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'

export { balance, type Balance } from './balance.ts'
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

/** What was kept quiet of problems that began in a scope, by kind and rule, most alerts first. */
export async function suppressed(source: FactSource, scope: FactScope): Promise<readonly SuppressedFigure[]> {
  const rows = await source.query<SuppressedFigure & { ruleId: string }>(
    `select quiet_kind as kind, quiet_rule as ruleId, count() as problems, sum(alert_count) as alerts, countIf(status = 'resolved' and not is_released) as cleared, countIf(is_released) as released
     from problems_v1 final where ${inScope('first_at')} and quiet_kind != '' group by kind, ruleId order by alerts desc, kind, ruleId limit 1000`, scopeParams(scope),
  )
  return rows.map((row) => ({ ...row, ruleId: row.ruleId === '' ? null : row.ruleId }))
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
