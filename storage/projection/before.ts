import type { IncidentRecord } from '../../schemas/records.ts'
import type { Sql } from '../queries/sql.ts'
import type { IncidentBefore } from './timeline.ts'

/** An incident's row before a batch. */
export interface StoredIncident extends IncidentBefore {
  readonly number: number
}

/** Where a problem stood before a batch. */
export interface StoredProblem {
  readonly version: number
  /** Empty where it is kept quiet. */
  readonly incidentId: string
}

/** The rows a batch may change, as they stand before it. */
export interface Before {
  readonly incidents: ReadonlyMap<string, StoredIncident>
  /** By `problemId`. */
  readonly problems: ReadonlyMap<string, StoredProblem>
  /** Problems that joined so far, by incident. */
  readonly joins: ReadonlyMap<string, number>
}

/** A problem key is unique within its company. */
export function problemId(companyId: string, problemKey: string): string {
  return `${companyId}\n${problemKey}`
}

/** Reads what the records of a batch refer to. */
export async function readBefore(sql: Sql, records: readonly IncidentRecord[]): Promise<Before> {
  const incidentIds = new Set<string>()
  const holders = new Set<string>()
  const keys = new Map<string, { readonly companyId: string; readonly problemKey: string }>()
  for (const { event } of records) {
    if (event.type === 'incident') incidentIds.add(event.incidentId)
    if (event.type !== 'problem') continue
    if (event.incidentId !== '') {
      incidentIds.add(event.incidentId)
      holders.add(event.incidentId)
    }
    keys.set(problemId(event.problem.companyId, event.problem.problemKey), event.problem)
  }
  const problems = await readProblems(sql, [...keys.values()])
  for (const { incidentId } of problems.values()) if (incidentId !== '') incidentIds.add(incidentId)
  return { problems, incidents: await readIncidents(sql, [...incidentIds]), joins: await readJoins(sql, [...holders]) }
}

async function readProblems(sql: Sql, keys: readonly { readonly companyId: string; readonly problemKey: string }[]): Promise<Map<string, StoredProblem>> {
  if (keys.length === 0) return new Map()
  const rows = await sql.query<StoredProblem & { companyId: string; problemKey: string }>(
    `select company_id as "companyId", problem_key as "problemKey", version, coalesce(incident_id, '') as "incidentId"
     from unnest($1::text[], $2::text[]) as k (company_id, problem_key) join problems using (company_id, problem_key)`,
    [keys.map((key) => key.companyId), keys.map((key) => key.problemKey)],
  )
  return new Map(rows.map((row) => [problemId(row.companyId, row.problemKey), row]))
}

async function readIncidents(sql: Sql, ids: readonly string[]): Promise<Map<string, StoredIncident>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.query<StoredIncident & { id: string }>(
    'select id, number, version, status, severity, assignee, resolution, merged_into as "mergedInto" from incidents where id = any($1::text[])',
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

async function readJoins(sql: Sql, incidentIds: readonly string[]): Promise<Map<string, number>> {
  if (incidentIds.length === 0) return new Map()
  const rows = await sql.query<{ id: string; joined: number }>('select incident_id as id, joined from incident_joins where incident_id = any($1::text[])', [incidentIds])
  return new Map(rows.map((row) => [row.id, row.joined]))
}
