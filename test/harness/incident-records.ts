/** Records of incidents.v1 with everything filled in, so that a test says only what it is about. */
import type { CommandOutcome, IncidentChanged, IncidentRecord, NoteAdded, PlacedProblem, ProblemPlaced } from '../../schemas/records.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)

/** An incident's snapshot; its times follow from the version. */
export function incident(incidentId: string, version: number, changes: Partial<IncidentChanged> = {}): IncidentRecord {
  const atMs = START_MS + version * 1_000
  return {
    event: {
      type: 'incident', incidentId, companyId: 'c1', version, atMs, cause: 'problem', causeId: null, title: `disk full on ${incidentId}`, status: 'open', severity: 'medium', priority: 3,
      openedAtMs: START_MS, updatedAtMs: atMs, acknowledgedAtMs: null, resolvedAtMs: null, closedAtMs: null, alertCount: version, problemCount: 1, openProblemCount: 1, assets: ['web-1'],
      assetCount: 1, sources: ['zabbix'], latestProblemKeys: [], assignee: null, resolution: null, reopenCount: 0, mergedInto: null, findings: [], rootCause: null, classification: null, severityJudgement: null, ...changes,
    },
  }
}

/** A problem placed in an incident. */
export function placed(incidentId: string, problemKey: string, version: number, changes: Partial<PlacedProblem> = {}, evidence: Partial<ProblemPlaced['evidence']> = {}): IncidentRecord {
  const atMs = START_MS + version * 1_000
  return {
    event: {
      type: 'problem', incidentId, version,
      evidence: { rule: 'scored', withProblemKey: 'v1:i1:founder', score: 0.82, threshold: 0.5, features: [{ name: 'asset', value: 1, weight: 0.4, detail: 'the same asset' }], ruleId: null, rulesRevision: 0, considered: [], ...evidence },
      suppression: null,
      problem: {
        problemKey, companyId: 'c1', integrationId: 'i1', source: 'zabbix', change: 'opened', status: 'firing', flapping: false, acknowledged: false, episode: 1, count: version, alertId: `a-${problemKey}`,
        asset: 'web-1', signature: 'disk full', severity: 'high', title: 'disk full', message: 'the disk is full', labels: { site: 'berlin' }, firstAtMs: START_MS, lastAtMs: atMs, resolvedAtMs: null,
        startsAtMs: null, partition: 0, atMs, version, ...changes,
      },
    },
  }
}

/** The answer to a command. */
export function outcome(commandId: string, incidentId: string, version: number, changes: Partial<CommandOutcome> = {}): IncidentRecord {
  return {
    event: {
      type: 'outcome', commandId, companyId: 'c1', incidentId, action: 'acknowledge', actor: { kind: 'user', id: 'u1', name: 'Anna' }, status: 'done', code: null, message: '',
      atMs: START_MS + version * 1_000, version, ...changes,
    },
  }
}

/** A note on an incident. */
export function note(commandId: string, incidentId: string, version: number, changes: Partial<NoteAdded> = {}): IncidentRecord {
  return { event: { type: 'note', incidentId, companyId: 'c1', commandId, actor: { kind: 'user', id: 'u1', name: 'Anna' }, text: 'looking at it', atMs: START_MS + version * 1_000, version, ...changes } }
}
