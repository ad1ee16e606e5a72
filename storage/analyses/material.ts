/** Reads what an analysis is made of, from what the projection shows: facts of one incident of one company, and its open neighbours in time. */
import type { Classification, Finding, RootCause } from '../../schemas/records.ts'
import { whole, type Sql } from '../queries/sql.ts'
import { llmSettings } from './money.ts'

const PROBLEMS_MAX = 40
const OTHERS_MAX = 10
/** Other incidents are looked for so long before and after this one opened. */
const NEAR_SECONDS = 3_600

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const RANK = `case p.severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 when 'unknown' then 2 when 'low' then 3 else 4 end`

interface IncidentRow {
  incidentId: string; companyId: string; version: number; title: string; status: string; severity: string; openedAtMs: number; updatedAtMs: number; alertCount: number; problemCount: number; assetCount: number
  assets: string[]; sources: string[]; assignee: string | null; findings: Finding[] | null; rootCause: RootCause | null; classification: Classification | null; wantedVersion: number | null
}
interface ProblemRow {
  alertId: string; asset: string | null; signature: string | null; source: string; severity: string; status: string; title: string; message: string; labels: Record<string, string>; count: number; firstAtMs: number
}
interface OtherRow { incidentId: string; title: string; severity: string; assets: string[]; openedAtMs: number }

/** The material; `behind` while the projection shows an older version than the one listed; null when there is no such open incident. */
export async function readMaterial(sql: Sql, incidentId: string, companyId: string, isRequested: boolean) {
  const [row] = await sql.query<IncidentRow & { mergedInto: string | null }>(
    `select i.id as "incidentId", i.company_id as "companyId", ${whole('i.version')} as version, i.title, i.status, i.severity, ${ms('i.opened_at')} as "openedAtMs", ${ms('i.updated_at')} as "updatedAtMs",
       ${whole('i.alert_count')} as "alertCount", ${whole('i.problem_count')} as "problemCount", ${whole('i.asset_count')} as "assetCount", i.assets, i.sources, i.assignee, i.merged_into as "mergedInto",
       i.findings, i.root_cause as "rootCause", i.classification, ${whole('q.version')} as "wantedVersion"
     from analysis_queue q left join incidents i on i.id = q.incident_id and i.company_id = q.company_id where q.incident_id = $1 and q.company_id = $2`,
    [incidentId, companyId],
  )
  if (row === undefined) return null
  // The row of the list is older than its incident's row only while the projection has not caught up.
  if ((row.version as number | null) === null || row.version < (row.wantedVersion ?? 0)) return 'behind' as const
  const { mergedInto, ...incident } = row
  if (mergedInto !== null || (!isRequested && (row.status === 'resolved' || row.status === 'closed'))) return null
  const problems = await sql.query<ProblemRow>(
    `select coalesce(p.alert_id, p.problem_key) as "alertId", p.asset, p.signature, p.source, p.severity, p.status, p.title, p.message, p.labels, ${whole('p.alert_count')} as count, ${ms('p.first_at')} as "firstAtMs"
     from problems p where p.incident_id in (select * from incident_ids($1)) and p.company_id = $2 order by p.status = 'resolved', ${RANK}, p.first_at, p.problem_key limit ${PROBLEMS_MAX}`,
    [incidentId, companyId],
  )
  const others = await sql.query<OtherRow>(
    `select o.id as "incidentId", o.title, o.severity, o.assets, ${ms('o.opened_at')} as "openedAtMs" from incidents o
     where o.company_id = $2 and o.id <> $1 and o.merged_into is null and o.status in ('open', 'assigned', 'in_progress')
       and abs(extract(epoch from o.opened_at) * 1000 - $3::float8) <= ${NEAR_SECONDS * 1_000}
     order by abs(extract(epoch from o.opened_at) * 1000 - $3::float8), o.id limit ${OTHERS_MAX}`,
    [incidentId, companyId, row.openedAtMs],
  )
  const { hidesHosts } = await llmSettings(sql, companyId)
  return { incident: { ...incident, findings: incident.findings ?? [] }, problems, others, redaction: { hidesHosts } }
}
