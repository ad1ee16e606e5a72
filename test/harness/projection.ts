/** Compares what PostgreSQL shows with the newest versions on incidents.v1. */
import type { IncidentChanged, ProblemPlaced } from '../../schemas/records.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { canonical, readAll, type OpenLog } from './replay.ts'

/** Rows that were compared, and every one that differs, is missing or is too many. */
export interface Comparison {
  readonly incidents: number
  readonly problems: number
  readonly differences: readonly string[]
}

const ms = (column: string): string => `round(extract(epoch from ${column}) * 1000)::float8`

const INCIDENTS = `select id as "incidentId", company_id as "companyId", version, title, status, severity, priority, ${ms('opened_at')} as "openedAtMs", ${ms('updated_at')} as "updatedAtMs",
  ${ms('acknowledged_at')} as "acknowledgedAtMs", ${ms('resolved_at')} as "resolvedAtMs", ${ms('closed_at')} as "closedAtMs", alert_count as "alertCount", problem_count as "problemCount",
  open_problem_count as "openProblemCount", assets, asset_count as "assetCount", sources, assignee, resolution, reopen_count as "reopenCount", merged_into as "mergedInto",
  findings, root_cause as "rootCause", classification, severity_judgement as "severityJudgement" from incidents`

const PROBLEMS = `select company_id as "companyId", problem_key as "problemKey", incident_id as "incidentId", version, status, severity, source, integration_id as "integrationId", asset, signature,
  title, message, labels, flapping, acknowledged, episode, alert_count as count, ${ms('first_at')} as "firstAtMs", ${ms('last_at')} as "lastAtMs", ${ms('resolved_at')} as "resolvedAtMs",
  ${ms('starts_at')} as "startsAtMs", evidence, alert_id as "alertId" from problems`

/** Every incident's and problem's newest version must be its row, and there is no other row. */
export async function compareProjection(open: OpenLog, database: Database): Promise<Comparison> {
  const incidents = new Map<string, IncidentChanged>()
  const problems = new Map<string, ProblemPlaced>()
  for (const { event } of await readAll(open.log, open.schemaIds, TOPICS.incidents.name)) {
    if (event.type === 'incident') keepNewest(incidents, event.incidentId, event)
    if (event.type === 'problem') keepNewest(problems, `${event.problem.companyId} ${event.problem.problemKey}`, event)
  }
  const differences = [
    ...differ(new Map([...incidents].map(([id, event]) => [id, incidentRow(event, incidents)])), await database.query<Row & { incidentId: string }>(INCIDENTS), (row) => row.incidentId),
    ...differ(new Map([...problems].map(([id, event]) => [id, problemRow(event)])), await database.query<Row & { companyId: string; problemKey: string }>(PROBLEMS), (row) => `${row.companyId} ${row.problemKey}`),
  ]
  return { incidents: incidents.size, problems: problems.size, differences: differences.slice(0, 3) }
}

type Row = Readonly<Record<string, unknown>>

function keepNewest<T extends { version: number }>(newest: Map<string, T>, id: string, event: T): void {
  if ((newest.get(id)?.version ?? -1) < event.version) newest.set(id, event)
}

/** The projector shows the last survivor of a chain of merges. */
function incidentRow(event: IncidentChanged, all: ReadonlyMap<string, IncidentChanged>): Row {
  let { mergedInto } = event
  for (let next = mergedInto; next !== null; next = all.get(next)?.mergedInto ?? null) mergedInto = next
  return without({ ...event, mergedInto }, ['type', 'atMs', 'cause', 'causeId', 'latestProblemKeys'])
}

function problemRow({ incidentId, evidence, version, problem }: ProblemPlaced): Row {
  return without({ ...problem, incidentId, evidence, version }, ['change', 'partition', 'atMs'])
}

/** The fields that have a column. */
const without = (row: Row, names: readonly string[]): Row => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

function differ<R extends Row>(expected: ReadonlyMap<string, Row>, rows: readonly R[], idOf: (row: R) => string): string[] {
  const shown = new Map(rows.map((row) => [idOf(row), canonical(row)]))
  const wrong = [...expected].filter(([id, row]) => shown.get(id) !== canonical(row)).map(([id, row]) => `${id}:\n  log ${canonical(row)}\n  row ${shown.get(id) ?? 'none'}`)
  return [...wrong, ...[...shown].filter(([id]) => !expected.has(id)).map(([id, row]) => `${id}: on no log, but a row ${row}`)]
}
