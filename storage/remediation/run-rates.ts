/** How often repairs were run in earnest and what came of them, from the runs themselves. */
import type { RemediationStats, RunRates, RunRatesOf } from '../../schemas/remediation-views.ts'
import { atMs, iso, Params, type Sql } from '../queries/sql.ts'

/** Whose runs, and of which time; nulls leave an end open. */
export interface RateQuery {
  readonly companyIds: readonly string[] | 'all'
  readonly fromMs: number | null
  readonly toMs: number | null
}

interface Counted {
  companyId: string
  runbookId: string
  runs: number
  succeeded: number
  failed: number
  selfHealed: number
  lastRunAt: string | null
}

/** Runs that did something: simulated ones, plans that were only shown, and what was refused or never began are left out. */
const IN_EARNEST = "not r.simulated and r.mode in ('sandbox', 'production') and r.trigger <> 'replay' and r.started_at is not null and r.status in ('succeeded', 'failed', 'rolled_back')"

/** Rates by company and runbook, most runs first. */
export async function runRates(sql: Sql, query: RateQuery): Promise<readonly RunRatesOf[]> {
  const params = new Params()
  const rows = await sql.query<Counted>(
    `select r.company_id as "companyId", r.runbook_id as "runbookId", count(*)::float8 as runs, (count(*) filter (where r.status = 'succeeded'))::float8 as succeeded, (count(*) filter (where r.status <> 'succeeded'))::float8 as failed,
       (count(*) filter (where r.outcome = 'self_healed'))::float8 as "selfHealed", ${iso('max(r.started_at)')} as "lastRunAt"
     from runs r where ${IN_EARNEST} and ${within(query, params, 'r.started_at', 'r.company_id')} group by 1, 2 order by count(*) desc, 1, 2`, params.values,
  )
  return rows.map(({ companyId, runbookId, ...counted }) => ({ companyId, runbookId, ...ratesOf(counted) }))
}

/** The same in all, and how many of the incidents of the time were healed without a person. */
export async function remediationStats(sql: Sql, query: RateQuery): Promise<RemediationStats> {
  const items = await runRates(sql, query)
  const params = new Params()
  const [incidents] = await sql.query<{ all: number; healed: number }>(
    `select count(*)::float8 as all, (count(*) filter (where exists (select 1 from runs r where r.incident_id in (select * from incident_ids(i.id)) and r.outcome = 'self_healed' and ${IN_EARNEST})))::float8 as healed
     from incidents i where i.merged_into is null and ${within(query, params, 'i.opened_at', 'i.company_id')}`, params.values,
  )
  const { all = 0, healed = 0 } = incidents ?? {}
  return { ...sumOf(items), items, incidents: all, incidentsHealed: healed, incidentsHealedShare: all === 0 ? null : healed / all }
}

/** The rates of several together. */
export function sumOf(items: readonly RunRates[]): RunRates {
  const sum = (one: (item: RunRates) => number): number => items.reduce((total, item) => total + one(item), 0)
  const lastRunAt = items.reduce<string | null>((last, item) => (item.lastRunAt !== null && (last === null || item.lastRunAt > last) ? item.lastRunAt : last), null)
  return ratesOf({ runs: sum((item) => item.runs), succeeded: sum((item) => item.succeeded), failed: sum((item) => item.failed), selfHealed: sum((item) => item.selfHealed), lastRunAt })
}

function ratesOf({ runs, succeeded, failed, selfHealed, lastRunAt }: Omit<Counted, 'companyId' | 'runbookId'>): RunRates {
  return { runs, succeeded, failed, selfHealed, successShare: runs === 0 ? null : succeeded / runs, selfHealedShare: runs === 0 ? null : selfHealed / runs, lastRunAt }
}

function within({ companyIds, fromMs, toMs }: RateQuery, params: Params, at: string, company: string): string {
  const where = [companyIds === 'all' ? 'true' : `${company} = any(${params.add([...companyIds])}::text[])`]
  if (fromMs !== null) where.push(`${at} >= ${atMs(params.add(fromMs))}`)
  if (toMs !== null) where.push(`${at} < ${atMs(params.add(toMs))}`)
  return where.join(' and ')
}
