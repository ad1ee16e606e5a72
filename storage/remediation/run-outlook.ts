/** What a run is told of its incident. */
import type { HeldRun, IncidentOutlook } from '../../schemas/run-work.ts'
import { whole, type Sql } from '../queries/sql.ts'

/** How the incident stands now, after merges. A technician's own note or command is a touch; what the program and its analyst say is none. */
export async function readOutlook(sql: Sql, { incidentId, companyId, problemKey }: Pick<HeldRun, 'incidentId' | 'companyId' | 'problemKey'>): Promise<IncidentOutlook | null> {
  if (incidentId === null) return null
  const [row] = await sql.query<Omit<IncidentOutlook, 'problem'>>(
    `select i.id as "incidentId", ${whole('i.version')} as version, i.status, ${whole('i.open_problem_count')} as "openProblems",
       i.assignee is not null or i.acknowledged_at is not null
         or exists (select 1 from incident_timeline t where t.incident_id in (select * from incident_ids(i.id)) and t.actor ->> 'kind' in ('user', 'token', 'connector'))
         or exists (select 1 from commands c where c.incident_id in (select * from incident_ids(i.id)) and c.status = 'pending' and c.actor ->> 'kind' in ('user', 'token', 'connector')) as "isTouched"
     from incidents n join incidents i on i.id = coalesce(n.merged_into, n.id) where n.id = $1 and n.company_id = $2 and i.company_id = $2`, [incidentId, companyId])
  if (row === undefined) return null
  const [problem] = problemKey === null ? [] : await sql.query<{ status: 'firing' | 'resolved' }>('select status from problems where company_id = $1 and problem_key = $2', [companyId, problemKey])
  return { ...row, problem: problem?.status ?? null }
}
