import type { PastProblem } from '../../schemas/advice.ts'
import type { FactSource } from './analytics-scope.ts'

interface Row { problemKey: string; incidentId: string; source: string; asset: string; signature: string; severity: string; alerts: number; startMs: number; endMs: number | null }

/** Episodes of problems that began within a time, the newest first where there are more than the limit. */
export async function pastProblems(facts: FactSource, query: { readonly companyId: string; readonly fromMs: number; readonly toMs: number; readonly limit: number }): Promise<readonly PastProblem[]> {
  const rows = await facts.query<Row>(
    `select problem_key as problemKey, incident_id as incidentId, source, asset, signature, severity, alert_count as alerts, toUnixTimestamp64Milli(first_at) as startMs,
       if(resolved_at is null, null, toUnixTimestamp64Milli(assumeNotNull(resolved_at))) as endMs
     from problems_v1 final where company_id = {companyId:String} and first_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') and first_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
     order by first_at desc, problem_key, episode limit {limit:UInt32}`,
    query,
  )
  return rows.map(({ asset, signature, ...row }) => ({ ...row, asset: asset === '' ? null : asset, signature: signature === '' ? null : signature }))
}
