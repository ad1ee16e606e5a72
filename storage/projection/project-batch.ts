import type { CommandOutcome, IncidentChanged, IncidentRecord, ProblemPlaced } from '../../schemas/records.ts'
import { settleLabels } from '../queries/labels.ts'
import type { Sql } from '../queries/sql.ts'
import { readBefore } from './before.ts'
import { planBatch } from './plan.ts'
import { settleCommands, shortenMerges, writeIncidents, writeJoins, writeProblems, writeTimeline } from './write.ts'

/** An incident as one batch left it. */
export interface ProjectedIncident {
  /** The newest snapshot of the batch. */
  readonly change: IncidentChanged
  /** Its human number. */
  readonly number: number
  /** True when the batch brought it for the first time. */
  readonly isNew: boolean
}

/** What a batch changed in the database. */
export interface Projected {
  readonly incidents: readonly ProjectedIncident[]
  /** The newest state of every problem that changed. */
  readonly problems: readonly ProblemPlaced[]
  /** Every outcome in the batch, also of commands this database did not ask. */
  readonly outcomes: readonly CommandOutcome[]
}

/**
 * Brings the rows up to date with records in the order of the log, inside the caller's transaction. Several versions of one incident or problem become
 * one row; records that are known already change nothing, wherever on the log they stand.
 */
export async function projectBatch(sql: Sql, records: readonly IncidentRecord[]): Promise<Projected> {
  const before = await readBefore(sql, records)
  const plan = planBatch(before, records)
  const numbers = new Map([...before.incidents].map(([id, row]) => [id, row.number]))
  const created = plan.incidents.filter((change) => !before.incidents.has(change.incidentId))
  // A number is given once per id, in the order the incidents appear; a sequence in the upsert itself would spend one on every update.
  const given = created.length === 0 ? [] : await sql.query<{ number: number }>(`select nextval('incident_number') as number from generate_series(1, $1::int)`, [created.length])
  for (const [index, change] of created.entries()) numbers.set(change.incidentId, given[index]?.number ?? 0)
  await writeIncidents(sql, plan.incidents, numbers)
  await shortenMerges(sql, plan.incidents)
  await writeProblems(sql, plan.problems)
  await writeJoins(sql, plan.joins)
  await writeTimeline(sql, plan.timeline)
  await settleCommands(sql, plan.outcomes)
  await settleLabels(sql, records, plan.outcomes)
  return {
    incidents: plan.incidents.map((change) => ({ change, number: numbers.get(change.incidentId) ?? 0, isNew: !before.incidents.has(change.incidentId) })),
    problems: plan.problems,
    outcomes: plan.outcomes,
  }
}
