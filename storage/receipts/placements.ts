/** Which incident an alert's episode was placed in, or why it is kept quiet, from the facts: for episodes that the projection no longer holds. */
import type { QuietKind } from '../../schemas/quiet-views.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import type { Row } from './facts.ts'

/** Where an episode was placed: its incident, or why it is kept quiet. */
export interface Placement {
  /** Null where it is kept quiet. */
  readonly incidentId: string | null
  readonly quiet: QuietNote | null
}

/** Why an episode is kept quiet. */
export interface QuietNote {
  readonly kind: QuietKind
  readonly ruleId: string | null
  readonly reason: string
  /** ISO 8601; null: until what explains it ends. */
  readonly until: string | null
}

/** Placements by `<time> <problem key>`; the episode an alert belongs to is the latest that had begun when it came. */
export async function placements(facts: FactSource, companyId: string, rows: readonly Pick<Row, 'problemKey' | 'atMs'>[]): Promise<ReadonlyMap<string, Placement>> {
  const keys = [...new Set(rows.flatMap(({ problemKey }) => (problemKey === null ? [] : [problemKey])))]
  if (keys.length === 0) return new Map()
  const episodes = await facts.query<{ key: string; incidentId: string; firstAtMs: number; episode: number; kind: QuietKind | ''; ruleId: string; reason: string; untilMs: number | null }>(
    `select problem_key as key, incident_id as incidentId, toUnixTimestamp64Milli(first_at) as firstAtMs, episode, if(is_released, '', quiet_kind) as kind, quiet_rule as ruleId, quiet_reason as reason,
       toUnixTimestamp64Milli(quiet_until) as untilMs
     from problems_v1 final
     where company_id = {companyId:String} and problem_key in {keys:Array(String)} and first_at <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
     order by problem_key, first_at desc, episode desc limit 200 by problem_key`,
    { companyId, keys, toMs: Math.max(...rows.map(({ atMs }) => atMs)) },
  )
  const byKey = Map.groupBy(episodes, ({ key }) => key)
  const placed = new Map<string, Placement>()
  for (const { problemKey, atMs } of rows) {
    const found = byKey.get(problemKey ?? '')?.find(({ firstAtMs }) => firstAtMs <= atMs)
    if (found === undefined || (found.incidentId === '' && found.kind === '')) continue
    const { incidentId, kind, ruleId, reason, untilMs } = found
    const quiet = kind === '' ? null : { kind, ruleId: ruleId === '' ? null : ruleId, reason, until: untilMs === null ? null : new Date(untilMs).toISOString() }
    placed.set(`${atMs} ${problemKey ?? ''}`, { incidentId: incidentId === '' ? null : incidentId, quiet })
  }
  return placed
}
