/** What the world is told of an incident: a bounded snapshot, a pure function of its entry, its problems and its company's settings. */
import type { IncidentChanged } from '../schemas/records.ts'
import { type IncidentNode, KEY_CHARS, SNAPSHOT_NAMES } from './incident-node.ts'
import { priorityOf } from './priority.ts'
import type { Tuning } from './settings.ts'
import { canonical, cut } from './text.ts'

/** Longest texts in a snapshot; together they keep it well under 64 KB. */
const TITLE_CHARS = 300
const NAME_CHARS = 256
const TEXT_CHARS = 4_000

/** Readable and stable: `disk full on web-1`, `disk full on 12 assets`, `5 checks failing on web-1`, `disk full and 4 more on 12 assets`. */
export function titleOf(incident: IncidentNode): string {
  const { assets, signatures, members, state } = incident
  // Once problems have left the state the title stays as it was: what is left would tell only part of the story.
  if (members.size === 0 || state.past.problemCount > 0) return state.title
  const [asset] = assets.top()
  const [signature] = signatures.top()
  const place = asset === undefined ? '' : assets.size === 1 ? ` on ${asset}` : ` on ${assets.size} assets`
  if (signatures.size === 1) return cut(`${signature ?? ''}${place}`, TITLE_CHARS)
  if (assets.size === 1) return cut(`${signatures.size} checks failing${place}`, TITLE_CHARS)
  return cut(`${signature ?? ''} and ${signatures.size - 1} more${place}`, TITLE_CHARS)
}

/** The snapshot as of the incident's last change. */
export function snapshotOf(incident: IncidentNode, tuning: Tuning): IncidentChanged {
  const { state, assets, sources, members, alerts, firing } = incident
  const { past } = state
  const assetNames = names(assets.top(), past.assets.map(({ asset }) => asset), NAME_CHARS)
  const assetCount = past.assetCount + assets.size - past.assets.filter(({ asset }) => assets.has(asset)).length
  const sourceNames = names(sources.top(), past.sources, NAME_CHARS)
  const alertCount = past.alertCount + alerts
  return {
    type: 'incident',
    incidentId: state.incidentId,
    companyId: state.companyId,
    version: state.version,
    atMs: state.atMs,
    cause: state.cause,
    causeId: state.causeId,
    title: state.title,
    status: state.status,
    severity: state.severity,
    priority: priorityOf({
      severity: state.severity,
      isCritical: tuning.critical.size > 0 && assetNames.some((name) => tuning.critical.has(canonical(name) ?? '')),
      alertCount, assetCount, toolCount: sourceNames.length, ageMs: state.updatedAtMs - state.openedAtMs,
    }),
    openedAtMs: state.openedAtMs,
    updatedAtMs: state.updatedAtMs,
    acknowledgedAtMs: state.acknowledgedAtMs,
    resolvedAtMs: state.resolvedAtMs,
    closedAtMs: state.closedAtMs,
    alertCount,
    problemCount: past.problemCount + members.size,
    openProblemCount: firing,
    assets: assetNames,
    assetCount,
    sources: sourceNames,
    latestProblemKeys: past.latestProblemKeys.length === 0 ? [...incident.newestKeys] : names(incident.newestKeys, past.latestProblemKeys, KEY_CHARS),
    assignee: state.assignee,
    resolution: state.resolution === null ? null : cut(state.resolution, TEXT_CHARS),
    reopenCount: state.reopenCount,
    mergedInto: state.mergedInto,
    findings: state.findings,
    rootCause: state.rootCause,
    classification: state.classification,
    severityJudgement: state.severityJudgement,
  }
}

function names(first: readonly string[], then: readonly string[], chars: number): string[] {
  const all = first.map((name) => cut(name, chars))
  for (const name of then) if (all.length < SNAPSHOT_NAMES && !all.includes(cut(name, chars))) all.push(cut(name, chars))
  return all
}
