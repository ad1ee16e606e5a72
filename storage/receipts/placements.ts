/** Which incident an alert's episode was placed in, from the facts: for episodes that the projection no longer holds. */
import type { FactSource } from '../queries/analytics-scope.ts'
import type { Row } from './facts.ts'

/** Incident ids by `<time> <problem key>`; the episode an alert belongs to is the latest that had begun when it came. */
export async function placements(facts: FactSource, companyId: string, rows: readonly Pick<Row, 'problemKey' | 'atMs'>[]): Promise<ReadonlyMap<string, string>> {
  const keys = [...new Set(rows.flatMap(({ problemKey }) => (problemKey === null ? [] : [problemKey])))]
  if (keys.length === 0) return new Map()
  const episodes = await facts.query<{ key: string; incidentId: string; firstAtMs: number; episode: number }>(
    `select problem_key as key, incident_id as incidentId, toUnixTimestamp64Milli(first_at) as firstAtMs, episode from problems_v1 final
     where company_id = {companyId:String} and problem_key in {keys:Array(String)} and first_at <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
     order by problem_key, first_at desc, episode desc limit 200 by problem_key`,
    { companyId, keys, toMs: Math.max(...rows.map(({ atMs }) => atMs)) },
  )
  const byKey = Map.groupBy(episodes, ({ key }) => key)
  const placed = new Map<string, string>()
  for (const { problemKey, atMs } of rows) {
    const found = byKey.get(problemKey ?? '')?.find(({ firstAtMs }) => firstAtMs <= atMs)
    if (found !== undefined && found.incidentId !== '') placed.set(`${atMs} ${problemKey ?? ''}`, found.incidentId)
  }
  return placed
}
