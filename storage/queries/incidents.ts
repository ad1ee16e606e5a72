import type { Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { IncidentSeverity, IncidentStatus } from '../../schemas/records.ts'
import type { IncidentDetail, IncidentView, Page, PageQuery, ProblemView, TimelineEntry } from '../../schemas/views.ts'
import { runsOfIncident } from '../remediation/runs-of-incident.ts'
import { ticketViews } from '../tickets/ticket-views.ts'
import { shownInsight, type StoredInsight } from './incident-insight.ts'
import { visibleCompanies, visibleIncidents } from './scope.ts'
import { decodeCursor, iso, likeText, Params, toPage, whole, type Sql } from './sql.ts'

/** Problems and timeline entries shown with an incident, newest first in choosing. */
export const DETAIL_MAX = 200

const COLUMNS = `i.id, i.company_id as "companyId", ${whole('i.number')} as number, i.title, i.status, i.severity, i.priority,
  ${iso('i.opened_at')} as "openedAt", ${iso('i.updated_at')} as "updatedAt", ${iso('i.acknowledged_at')} as "acknowledgedAt", ${iso('i.resolved_at')} as "resolvedAt", ${iso('i.closed_at')} as "closedAt",
  ${whole('i.alert_count')} as "alertCount", ${whole('i.problem_count')} as "problemCount", i.assets, i.sources, i.assignee, i.category, i.findings, i.root_cause as "rootCause", i.analysis,
  i.suggested_runbooks as "suggestedRunbooks", ${iso('i.response_due_at')} as "responseDueAt", ${iso('i.resolve_due_at')} as "resolveDueAt", i.sla_state as "slaState",
  i.merged_into as "mergedInto", ${whole('i.version')} as version`

const DETAIL_COLUMNS = `${COLUMNS}, ${whole('i.open_problem_count')} as "openProblemCount", ${whole('i.asset_count')} as "assetCount", i.resolution, i.reopen_count as "reopenCount", i.classification, i.severity_judgement as "severityJudgement"`

/** Which incidents. Lists are alternatives; an empty one means any. */
export interface IncidentQuery extends PageQuery {
  readonly companyId: string | null
  readonly statuses: readonly IncidentStatus[]
  readonly severities: readonly IncidentSeverity[]
  /** A user id, or `none` for unassigned ones. */
  readonly assignee: string | null
  /** Words in title or asset, or a number as in `#42`. */
  readonly q: string | null
  /** Whether incidents that were merged away are listed too. */
  readonly merged: boolean
}

/** Throws `not_found` when the caller may not see the company. */
export async function requireVisibleCompany(sql: Sql, scope: Scope, companyId: string): Promise<void> {
  const params = new Params()
  const rows = await sql.query(`select 1 from companies c where c.id = ${params.add(companyId)} and ${visibleCompanies(scope, params, 'c.id')}`, params.values)
  if (rows.length === 0) throw new AppError('not_found', 'there is no such company')
}

/** Incidents the caller may see, newest first. */
export async function listIncidents(sql: Sql, scope: Scope, query: IncidentQuery): Promise<Page<IncidentView>> {
  if (query.companyId !== null) await requireVisibleCompany(sql, scope, query.companyId)
  const params = new Params()
  const where = [visibleIncidents(scope, params, 'i')]
  if (query.companyId !== null) where.push(`i.company_id = ${params.add(query.companyId)}`)
  if (!query.merged) where.push('i.merged_into is null')
  if (query.statuses.length > 0) where.push(`i.status = any(${params.add([...query.statuses])}::text[])`)
  if (query.severities.length > 0) where.push(`i.severity = any(${params.add([...query.severities])}::text[])`)
  if (query.assignee === 'none') where.push('i.assignee is null')
  else if (query.assignee !== null) where.push(`i.assignee = ${params.add(query.assignee)}`)
  if (query.q !== null) {
    const like = params.add(likeText(query.q))
    const number = /^#?(\d{1,15})$/.exec(query.q)?.[1]
    const byNumber = number === undefined ? '' : ` or i.number = ${params.add(Number(number))}`
    where.push(`(i.title ilike ${like} or exists (select 1 from unnest(i.assets) asset where asset ilike ${like})${byNumber})`)
  }
  if (query.cursor !== null) where.push(`i.number < ${params.add(decodeCursor(query.cursor, 'number'))}`)
  const rows = await sql.query<Omit<IncidentView, 'pattern' | 'rootCause'> & StoredInsight>(`select ${COLUMNS} from incidents i where ${where.join(' and ')} order by i.number desc limit ${params.add(query.limit + 1)}`, params.values)
  const incidents = rows.map(({ findings, rootCause, ...row }): IncidentView => {
    const insight = shownInsight({ findings, rootCause })
    return { ...row, pattern: insight.pattern, rootCause: insight.rootCause }
  })
  return toPage(incidents, query.limit, (row) => row.number)
}

/** How many unmerged incidents the caller may see, by status and severity. */
export async function countIncidents(sql: Sql, scope: Scope, companyId: string | null): Promise<readonly { status: IncidentStatus; severity: IncidentSeverity; count: number }[]> {
  if (companyId !== null) await requireVisibleCompany(sql, scope, companyId)
  const params = new Params()
  const where = [visibleIncidents(scope, params, 'i'), 'i.merged_into is null']
  if (companyId !== null) where.push(`i.company_id = ${params.add(companyId)}`)
  return sql.query(`select i.status, i.severity, count(*)::float8 as count from incidents i where ${where.join(' and ')} group by 1, 2 order by 1, 2`, params.values)
}

/** An incident with its problems and history. Throws `not_found`. */
export async function getIncident(sql: Sql, scope: Scope, id: string): Promise<IncidentDetail> {
  const params = new Params()
  const rows = await sql.query<Omit<IncidentDetail, 'pattern' | 'rootCause' | 'findings' | 'problems' | 'timeline' | 'tickets' | 'runs'> & StoredInsight>(
    `select ${DETAIL_COLUMNS} from incidents i where i.id = ${params.add(id)} and ${visibleIncidents(scope, params, 'i')}`,
    params.values,
  )
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such incident')
  const incident = { ...rows[0], ...shownInsight(rows[0]) }
  const problems = await sql.query<ProblemView>(
    `select p.problem_key as "problemKey", p.status, p.severity, p.source, p.integration_id as "integrationId", p.asset, p.signature, p.title, p.message, p.labels, p.flapping, p.acknowledged,
       p.episode, ${whole('p.alert_count')} as "alertCount", ${iso('p.first_at')} as "firstAt", ${iso('p.last_at')} as "lastAt", ${iso('p.resolved_at')} as "resolvedAt", p.evidence
     from problems p where p.incident_id in (select * from incident_ids($1)) and p.company_id = $2 order by p.last_at desc, p.problem_key limit ${DETAIL_MAX}`,
    [id, incident.companyId],
  )
  const timeline = await sql.query<TimelineEntry>(
    `select t.event_id as "eventId", ${iso('t.at')} as at, t.kind, t.actor, t.text from (
       select * from incident_timeline where incident_id = $1 and company_id = $2 order by version desc, at desc, event_id desc limit ${DETAIL_MAX}) t
     order by t.version, t.at, t.event_id`,
    [id, incident.companyId],
  )
  return { ...incident, problems, timeline, tickets: await ticketViews(sql, id, incident.companyId), runs: await runsOfIncident(sql, id, incident.companyId) }
}
