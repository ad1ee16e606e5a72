/** Runs as an incident shows them. */
import type { RunView } from '../../schemas/runs.ts'
import { iso, whole, type Sql } from '../queries/sql.ts'

/** Columns of a run as it is shown, but for its plan. */
export const RUN_COLUMNS = `r.id, r.company_id as "companyId", r.incident_id as "incidentId", r.problem_key as "problemKey", r.runbook_id as "runbookId", r.runbook_version as "runbookVersion",
  r.runbook ->> 'digest' as "runbookDigest", r.runbook ->> 'summary' as summary, r.risk, r.mode, r.simulated as "isSimulated", r.trigger, r.status, r.outcome, r.code, r.message, r.requested_by as "requestedBy",
  ${iso('r.created_at')} as "createdAt", ${iso('r.updated_at')} as "updatedAt", ${iso('r.started_at')} as "startedAt", ${iso('r.ended_at')} as "endedAt", ${whole('r.version')} as version`

/** Runs of an incident shown with it. */
const INCIDENT_RUNS_MAX = 50

/** Runs of an incident, newest first, without their plans. The caller has made sure that the incident may be seen. */
export async function runsOfIncident(sql: Sql, incidentId: string, companyId: string): Promise<readonly Omit<RunView, 'plan'>[]> {
  return sql.query(`select ${RUN_COLUMNS} from runs r where r.incident_id in (select * from incident_ids($1)) and r.company_id = $2 order by r.created_at desc, r.id limit ${INCIDENT_RUNS_MAX}`, [incidentId, companyId])
}
