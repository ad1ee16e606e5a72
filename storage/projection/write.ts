/** The statements of the projector: many rows each, from one JSON parameter, because on PGlite the round trips cost more than the rows. */
import type { CommandOutcome, IncidentChanged, ProblemPlaced } from '../../schemas/records.ts'
import type { Sql } from '../queries/sql.ts'
import type { TimelineRow } from './timeline.ts'

const json = (rows: readonly unknown[]): string => JSON.stringify(rows)

const at = (column: string): string => `to_timestamp(${column} / 1000)`

/** A JSON null is no value. */
const present = (column: string): string => `nullif(${column}, 'null'::jsonb)`

/** Writes snapshots by id; an older version never overwrites a newer one. `numbers` holds the number of every id. */
export async function writeIncidents(sql: Sql, changes: readonly IncidentChanged[], numbers: ReadonlyMap<string, number>): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map((change) => ({ ...change, number: numbers.get(change.incidentId) }))
  await sql.query(
    `insert into incidents as i (id, company_id, number, version, title, status, severity, priority, opened_at, updated_at, acknowledged_at, resolved_at, closed_at, alert_count, problem_count,
       open_problem_count, assets, asset_count, sources, assignee, resolution, reopen_count, merged_into, findings, root_cause, category, classification, severity_judgement)
     select "incidentId", "companyId", number, version, title, status, severity, priority, ${at('"openedAtMs"')}, ${at('"updatedAtMs"')}, ${at('"acknowledgedAtMs"')}, ${at('"resolvedAtMs"')},
       ${at('"closedAtMs"')}, "alertCount", "problemCount", "openProblemCount", assets, "assetCount", sources, assignee, resolution, "reopenCount", "mergedInto", findings,
       ${present('"rootCause"')}, classification->>'category', ${present('classification')}, ${present('"severityJudgement"')}
     from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text, number bigint, version bigint, title text, status text, severity text, priority int, "openedAtMs" float8,
       "updatedAtMs" float8, "acknowledgedAtMs" float8, "resolvedAtMs" float8, "closedAtMs" float8, "alertCount" bigint, "problemCount" bigint, "openProblemCount" bigint, assets text[],
       "assetCount" bigint, sources text[], assignee text, resolution text, "reopenCount" int, "mergedInto" text,
       findings jsonb, "rootCause" jsonb, classification jsonb, "severityJudgement" jsonb)
     on conflict (id) do update set version = excluded.version, title = excluded.title, status = excluded.status, severity = excluded.severity, priority = excluded.priority,
       opened_at = excluded.opened_at, updated_at = excluded.updated_at, acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at, closed_at = excluded.closed_at,
       alert_count = excluded.alert_count, problem_count = excluded.problem_count, open_problem_count = excluded.open_problem_count, assets = excluded.assets,
       asset_count = excluded.asset_count, sources = excluded.sources, assignee = excluded.assignee, resolution = excluded.resolution, reopen_count = excluded.reopen_count,
       merged_into = excluded.merged_into, findings = excluded.findings, root_cause = excluded.root_cause, category = excluded.category, classification = excluded.classification,
       severity_judgement = excluded.severity_judgement
     where i.version < excluded.version`,
    [json(rows)],
  )
}

/** Merges follow one another: the aliases of an incident that is merged away come to point at its survivor too. */
export async function shortenMerges(sql: Sql, changes: readonly IncidentChanged[]): Promise<void> {
  const ids = changes.filter((change) => change.mergedInto !== null).map((change) => change.incidentId)
  if (ids.length === 0) return
  // Each round halves the longest chain, so 32 rounds shorten any; a circle, which the correlator cannot make, would not keep us.
  for (let round = 0; round < 32; round++) {
    const moved = await sql.query(
      `update incidents i set merged_into = s.merged_into from incidents s
       where s.id = i.merged_into and s.company_id = i.company_id and s.merged_into is not null and s.merged_into <> i.id and (i.id = any($1::text[]) or i.merged_into = any($1::text[])) returning 1`,
      [ids],
    )
    if (moved.length === 0) return
  }
}

/** Writes problems by company and key with the incident that holds them; one that is kept quiet has none. */
export async function writeProblems(sql: Sql, placed: readonly ProblemPlaced[]): Promise<void> {
  if (placed.length === 0) return
  const rows = placed.map(({ incidentId, evidence, version, problem, suppression }) => ({ ...problem, incidentId: incidentId === '' ? null : incidentId, evidence, version, suppression }))
  await sql.query(
    `insert into problems as p (company_id, problem_key, incident_id, version, status, severity, source, integration_id, asset, signature, title, message, labels, flapping, acknowledged, episode,
       alert_count, first_at, last_at, resolved_at, starts_at, evidence, alert_id, suppression)
     select "companyId", "problemKey", "incidentId", version, status, severity, source, "integrationId", asset, signature, title, message, labels, flapping, acknowledged, episode,
       count, ${at('"firstAtMs"')}, ${at('"lastAtMs"')}, ${at('"resolvedAtMs"')}, ${at('"startsAtMs"')}, evidence, "alertId", suppression
     from json_to_recordset($1::json) as r ("companyId" text, "problemKey" text, "incidentId" text, version bigint, status text, severity text, source text, "integrationId" text, asset text,
       signature text, title text, message text, labels jsonb, flapping boolean, acknowledged boolean, episode int, count bigint, "firstAtMs" float8, "lastAtMs" float8, "resolvedAtMs" float8,
       "startsAtMs" float8, evidence jsonb, "alertId" text, suppression jsonb)
     on conflict (company_id, problem_key) do update set incident_id = excluded.incident_id, version = excluded.version, status = excluded.status, severity = excluded.severity,
       source = excluded.source, integration_id = excluded.integration_id, asset = excluded.asset, signature = excluded.signature, title = excluded.title, message = excluded.message,
       labels = excluded.labels, flapping = excluded.flapping, acknowledged = excluded.acknowledged, episode = excluded.episode, alert_count = excluded.alert_count,
       first_at = excluded.first_at, last_at = excluded.last_at, resolved_at = excluded.resolved_at, starts_at = excluded.starts_at, evidence = excluded.evidence, alert_id = excluded.alert_id, suppression = excluded.suppression
     where p.version < excluded.version`,
    [json(rows)],
  )
}

/** Writes timeline rows; a row that is there stays, except the one that counts. */
export async function writeTimeline(sql: Sql, rows: readonly TimelineRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql.query(
    `insert into incident_timeline as t (incident_id, company_id, event_id, version, at, kind, actor, text)
     select "incidentId", "companyId", "eventId", version, ${at('"atMs"')}, kind, actor, text
     from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text, "eventId" text, version bigint, "atMs" float8, kind text, actor jsonb, text text)
     on conflict (incident_id, event_id) do update set version = excluded.version, at = excluded.at, text = excluded.text where t.kind = 'problems_joined' and t.version < excluded.version`,
    [json(rows)],
  )
}

/** Stores how many problems have joined each incident. */
export async function writeJoins(sql: Sql, joins: ReadonlyMap<string, number>): Promise<void> {
  if (joins.size === 0) return
  await sql.query(
    'insert into incident_joins (incident_id, joined) select * from unnest($1::text[], $2::bigint[]) on conflict (incident_id) do update set joined = excluded.joined',
    [[...joins.keys()], [...joins.values()]],
  )
}

/** Settles the commands these outcomes answer. A command asked elsewhere, or lost with a database that was restored, has no row and needs none. */
export async function settleCommands(sql: Sql, outcomes: readonly CommandOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  await sql.query(
    `update commands c set status = r.status, code = r.code, message = r.message, version = r.version, applied_incident_id = r."incidentId", settled_at = ${at('r."atMs"')}
     from json_to_recordset($1::json) as r ("commandId" text, "companyId" text, "incidentId" text, status text, code text, message text, "atMs" float8, version bigint)
     where c.id = r."commandId" and c.company_id = r."companyId" and c.status = 'pending'`,
    [json(outcomes)],
  )
}
