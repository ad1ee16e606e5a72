/**
 * What happened to an incident, in plain words. Rows follow from the records and the incident's row before them alone, and their ids from the version that
 * caused them, so that replayed records say the same again and nothing twice.
 *
 * The correlator may skip versions inside a batch of its own, so one snapshot can hold several steps. What people ask for is therefore told
 * from the outcomes of their commands, which are never skipped; the difference between two snapshots tells only what nobody asked for.
 */
import { createHash } from 'node:crypto'
import type { Actor, CommandOutcome, IncidentChanged, NoteAdded, PlacedProblem, ProblemPlaced, Suppression } from '../../schemas/records.ts'

/** One line of an incident's timeline. */
export interface TimelineRow {
  readonly incidentId: string
  readonly companyId: string
  /** Unique within the incident; the same for the same event each time it is read. */
  readonly eventId: string
  readonly version: number
  readonly atMs: number
  readonly kind: string
  readonly actor: Actor | null
  readonly text: string
}

/** What the timeline needs to know of the incident before a change. */
export interface IncidentBefore {
  readonly version: number
  readonly status: string
  readonly severity: string
  readonly assignee: string | null
  readonly resolution: string | null
  readonly mergedInto: string | null
}

/** Problems told one by one as they join; later ones are only counted, in one row. */
export const TOLD_JOINS_MAX = 200

/** Severities, worst first. */
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info']

/** Ended by nobody's command. */
const STATUS_TEXTS: Readonly<Record<string, string>> = {
  resolved: 'Resolved: its last problem is over',
  closed: 'Closed: it stayed resolved long enough',
}

const ACTION_TEXTS: Readonly<Record<string, { readonly kind: string; readonly text: string }>> = {
  acknowledge: { kind: 'acknowledged', text: 'Acknowledged' },
  assign: { kind: 'assigned', text: 'Changed the assignment' },
  start: { kind: 'started', text: 'Work started' },
  resolve: { kind: 'resolved', text: 'Resolved' },
  close: { kind: 'closed', text: 'Closed' },
  reopen: { kind: 'reopened', text: 'Reopened' },
  merge: { kind: 'merged', text: 'Merged with another incident' },
  split: { kind: 'split', text: 'Split: problems moved to an incident of their own' },
}

/** What changed between the row before (null for none) and a newer snapshot. */
export function changeRows(before: IncidentBefore | null, change: IncidentChanged): TimelineRow[] {
  const row = (kind: string, text: string): TimelineRow => ({
    incidentId: change.incidentId, companyId: change.companyId, eventId: `${change.version}:${kind}`, version: change.version, atMs: change.atMs, kind, actor: null, text,
  })
  if (before === null) {
    const opened = row('opened', `${change.cause === 'split' ? 'Split off from another incident' : 'Opened'} with severity ${change.severity}: ${change.title}`)
    return [{ ...opened, atMs: change.openedAtMs }, ...(change.mergedInto === null ? [] : [mergedAway(row, change.mergedInto)])]
  }
  const rows: TimelineRow[] = []
  if (change.severity !== before.severity) {
    const rose = SEVERITIES.indexOf(change.severity) < SEVERITIES.indexOf(before.severity)
    rows.push(row('severity_changed', `Severity ${rose ? 'rose' : 'fell'} from ${before.severity} to ${change.severity}`))
  }
  if (change.status !== before.status && change.cause !== 'command') {
    const text = STATUS_TEXTS[change.status]
    if (text !== undefined) rows.push(row(change.status, text))
    else if (before.status === 'resolved' || before.status === 'closed') rows.push(row('reopened', 'Reopened: a problem of it fires again'))
  }
  // The outcome of the command says who; whom and why stand only in the snapshot.
  if (change.assignee !== before.assignee) rows.push(row('assignee', change.assignee === null ? 'Assigned to nobody' : `Assigned to ${change.assignee}`))
  if (change.resolution !== before.resolution && change.resolution !== null) rows.push(row('resolution', `Resolution: ${change.resolution}`))
  if (change.mergedInto !== null && before.mergedInto === null) rows.push(mergedAway(row, change.mergedInto))
  else if (change.cause === 'merge' && change.mergedInto === null && change.causeId !== null) rows.push(row('merged', `Took over the problems of incident ${change.causeId}`))
  return rows
}

function mergedAway(row: (kind: string, text: string) => TimelineRow, into: string): TimelineRow {
  return row('merged', `Merged into incident ${into}`)
}

/** A note, as it was written. */
export function noteRow(note: NoteAdded): TimelineRow {
  const { incidentId, companyId, version, atMs, actor, text } = note
  return { incidentId, companyId, eventId: `note:${note.commandId}`, version, atMs, kind: 'note', actor, text }
}

/** What somebody's command did; null for a refused one and for a note, which has its own record. */
export function outcomeRow(outcome: CommandOutcome): TimelineRow | null {
  const words = ACTION_TEXTS[outcome.action]
  if (outcome.status !== 'done' || words === undefined) return null
  const { incidentId, companyId, version, atMs, actor } = outcome
  return { incidentId, companyId, eventId: `command:${outcome.commandId}`, version, atMs, kind: words.kind, actor, text: words.text }
}

/** A problem that came into an incident it did not found. */
export function joinRow(placed: ProblemPlaced): TimelineRow {
  const { problem, evidence, version, incidentId } = placed
  // Nearness in time only scales the others, so it is never the reason.
  const reasons = evidence.features.filter(({ name }) => name !== 'nearness')
  const strongest = reasons.reduce((best, feature) => (best === null || feature.value * feature.weight > best.value * best.weight ? feature : best), reasons[0] ?? null)
  const why = evidence.rule === 'split' ? 'moved here by a split' : `score ${evidence.score.toFixed(2)} of ${evidence.threshold.toFixed(2)} needed${strongest === null ? '' : `, most for ${strongest.name.replaceAll('_', ' ')}${strongest.detail === '' ? '' : ` (${strongest.detail})`}`}`
  const held = reasons.find(({ name }) => name.startsWith('kept_quiet_by_'))
  return { incidentId, companyId: problem.companyId, eventId: eventId(version, 'joined', problem), version, atMs: problem.atMs, kind: 'problem_joined', actor: null, text: `${nameOf(problem)} joined: ${why}${held === undefined ? '' : `; it ${held.detail}`}` }
}

/** A problem that left an incident because it is kept quiet from now on. */
export function quietRow({ problem, version }: ProblemPlaced, { reason }: Suppression, incidentId: string): TimelineRow {
  return { incidentId, companyId: problem.companyId, eventId: eventId(version, 'quiet', problem), version, atMs: problem.atMs, kind: 'problem_quiet', actor: null, text: `${nameOf(problem)} is kept quiet: ${reason}` }
}

function nameOf({ title, asset, source }: PlacedProblem): string {
  return `${title}${asset === null || title.includes(asset) ? '' : ` on ${asset}`} (${source})`
}

function eventId(version: number, what: string, { problemKey }: PlacedProblem): string {
  return `${version}:${what}:${createHash('sha256').update(problemKey).digest('hex').slice(0, 16)}`
}

/** The one row that counts the problems past the limit; it is written anew as the count grows. */
export function countedRow(newest: ProblemPlaced, count: number): TimelineRow {
  const { incidentId, problem, version } = newest
  return { incidentId, companyId: problem.companyId, eventId: 'joined:more', version, atMs: problem.atMs, kind: 'problems_joined', actor: null, text: count === 1 ? 'One more problem joined' : `${count} more problems joined` }
}
