import type { CommandOutcome, IncidentChanged, IncidentRecord, ProblemPlaced } from '../../schemas/records.ts'
import { problemId, type Before } from './before.ts'
import { changeRows, countedRow, joinRow, noteRow, outcomeRow, quietRow, TOLD_JOINS_MAX, type TimelineRow } from './timeline.ts'

/** What a batch comes to. */
export interface Plan {
  /** The newest version of each incident, in the order they first appear. */
  readonly incidents: readonly IncidentChanged[]
  /** The newest version of each problem. */
  readonly problems: readonly ProblemPlaced[]
  readonly timeline: readonly TimelineRow[]
  /** New number of joined problems, by incident. */
  readonly joins: ReadonlyMap<string, number>
  readonly outcomes: readonly CommandOutcome[]
}

/**
 * Walks the records in order over the rows before them. Pure, and indifferent to how the log was cut into batches: two batches one after the other come
 * to the same rows as both at once.
 */
export function planBatch(before: Before, records: readonly IncidentRecord[]): Plan {
  const incidents = new Map<string, IncidentChanged>()
  const problems = new Map<string, ProblemPlaced>()
  const timeline: TimelineRow[] = []
  const joins = new Map<string, number>()
  const overflowing = new Map<string, ProblemPlaced>()
  const outcomes: CommandOutcome[] = []

  const incidentBefore = (id: string) => incidents.get(id) ?? before.incidents.get(id) ?? null
  const survivor = (id: string): string => {
    let at = id
    for (let step = 0; step < 32; step++) at = incidentBefore(at)?.mergedInto ?? at
    return at
  }

  function placeIncident(change: IncidentChanged): void {
    const known = incidentBefore(change.incidentId)
    if (known !== null && known.version >= change.version) return
    timeline.push(...changeRows(known, change))
    incidents.set(change.incidentId, change)
  }

  function placeProblem(record: ProblemPlaced): void {
    const id = problemId(record.problem.companyId, record.problem.problemKey)
    const inBatch = problems.get(id)
    const known = inBatch ?? before.problems.get(id)
    if (known !== undefined && known.version >= record.version) return
    problems.set(id, record)
    if (record.suppression !== null) {
      if (known !== undefined && known.incidentId !== '') timeline.push(quietRow(record, record.suppression, survivor(known.incidentId)))
      return
    }
    // The founder is told by the row "opened"; a problem of a merged incident has not moved, its incident has.
    const stays = known !== undefined && known.incidentId !== '' && survivor(known.incidentId) === survivor(record.incidentId)
    if (!stays && record.evidence.rule !== 'founded') join(record)
  }

  function join(record: ProblemPlaced): void {
    const count = (joins.get(record.incidentId) ?? before.joins.get(record.incidentId) ?? 0) + 1
    joins.set(record.incidentId, count)
    if (count <= TOLD_JOINS_MAX) timeline.push(joinRow(record))
    else overflowing.set(record.incidentId, record)
  }

  for (const { event } of records) {
    if (event.type === 'incident') placeIncident(event)
    else if (event.type === 'problem') placeProblem(event)
    else if (event.type === 'note') timeline.push(noteRow(event))
    else {
      outcomes.push(event)
      const row = outcomeRow(event)
      if (row !== null) timeline.push(row)
    }
  }
  for (const [incidentId, newest] of overflowing) timeline.push(countedRow(newest, (joins.get(incidentId) ?? 0) - TOLD_JOINS_MAX))
  return { incidents: [...incidents.values()], problems: [...problems.values()], timeline: unique(timeline), joins, outcomes: uniqueOutcomes(outcomes) }
}

/** A record that was published twice may stand twice in one batch, and PostgreSQL refuses to upsert one row twice in one statement. */
function unique(rows: readonly TimelineRow[]): TimelineRow[] {
  return [...new Map(rows.map((row) => [`${row.incidentId}\n${row.eventId}`, row])).values()]
}

function uniqueOutcomes(outcomes: readonly CommandOutcome[]): CommandOutcome[] {
  return [...new Map(outcomes.map((outcome) => [outcome.commandId, outcome])).values()]
}
