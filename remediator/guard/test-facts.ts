/** Facts for tests: a run against which nothing speaks, and its parts to change. */
import type { Runbook } from '../../schemas/runbooks.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import type { GuardFacts, GuardIncident, PastRun } from './port.ts'

/** When the facts of tests are judged: 2026-03-02T10:00:00Z. */
export const NOW_MS = Date.UTC(2026, 2, 2, 10)

/** A low risk runbook for Linux and Windows. */
export function someRunbook(change: Partial<Runbook> = {}): Runbook {
  const shell = { linux: { file: 'clean.sh', text: 'aw_ok done' }, windows: { file: 'clean.ps1', text: 'Complete-AwRun -Message done' } }
  return {
    id: 'disk-clean', version: 1, summary: 'Free space.', description: 'Removes old temporary files.', category: 'disk', risk: 'low', systems: ['linux', 'windows'],
    match: { all: ['signature=~".*disk.*"'], any: [] }, inputs: [],
    limits: { maxRunsPerHour: 100, cooldownMs: 0, maxTargets: 5, maxFailures: 3 }, approval: null,
    steps: [{ id: 'clean', summary: 'Clean.', shell, automation: null, timeoutMs: 60_000, changes: true, onFailure: 'stop' }],
    rollback: [], verify: null, origin: 'library', companyId: null, digest: 'd1', ...change,
  }
}

/** A Linux machine in the company's production account. */
export function someTarget(asset = 'web-01', change: Partial<RunTarget> = {}): RunTarget {
  return { asset, cloud: 'aws', cloudAccountId: 'acc-1', system: 'linux', region: 'eu-west-1', instanceId: `i-${asset}`, group: null, foundBy: 'asset_list', isCritical: false, ...change }
}

/** An open incident whose problem fires. */
export function someIncident(change: Partial<GuardIncident> = {}): GuardIncident {
  return { status: 'open', mergedInto: null, assignee: null, findings: [], problem: { status: 'firing', isSuppressed: false, suppression: null, flapping: false }, ...change }
}

/** A run that succeeded some minutes ago. */
export function pastRun(minutesAgo: number, change: Partial<PastRun> = {}): PastRun {
  const startedAtMs = NOW_MS - minutesAgo * 60_000
  return { runId: `r-${minutesAgo}`, runbookId: 'disk-clean', status: 'succeeded', assets: ['web-01'], machines: [], startedAtMs, endedAtMs: startedAtMs + 30_000, trigger: 'automatic', ...change }
}

/** An automatic run of low risk in mode production that the guard lets run. */
export function someFacts(change: Partial<GuardFacts> = {}): GuardFacts {
  const runbook = change.runbook ?? someRunbook()
  return {
    nowMs: NOW_MS, companyId: 'c1', mode: 'production', trigger: 'automatic', requester: { id: 'remediator', role: null, hands: [] }, requestedAtMs: NOW_MS, question: null, approvals: [],
    runbook, currentDigest: runbook.digest, risk: runbook.risk, targets: [someTarget()], candidates: 0,
    accounts: [{ id: 'acc-1', companyId: 'c1', environment: 'production', enabled: true }, { id: 'acc-box', companyId: 'c1', environment: 'sandbox', enabled: true }],
    incident: someIncident(), msp: {}, company: {}, past: [], knownAssets: 100, maintenance: [], ...change,
  }
}
