/**
 * Past incidents against the present library: what would have run, with which verdict. Incidents are taken in the order in which they opened, and what would have
 * run counts against the limits of those after it. Pure; nothing is written or called. What it cannot know: how long a run would have taken (five minutes are
 * assumed), whether it would have succeeded (it is assumed), and what an incident looked like when it opened: it is judged by what is known of it now.
 */
import { machineKey, type GuardAccount, type GuardFacts, type PastRun, type Verdict } from '../../schemas/guard-facts.ts'
import type { PlanProblem } from '../../schemas/remediation-match.ts'
import { effectiveRisk } from '../../schemas/remediation-settings.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { RemediationSettings } from '../../schemas/runs.ts'
import { judge } from '../guard/judge.ts'
import type { PlannedRun } from './planner.ts'

/** An incident of the past with the runbook that fits it best and its plan; null where none fits. */
export interface ReplayCase {
  readonly incidentId: string
  readonly openedAtMs: number
  readonly findings: readonly string[]
  readonly best: { readonly runbook: Runbook; readonly problem: PlanProblem; readonly planned: PlannedRun; readonly maintenance: readonly string[] } | null
}

/** What is the same for all of them. The stop switch is left out of account: what is stopped now was not then. */
export interface ReplayGround {
  readonly companyId: string
  readonly msp: RemediationSettings
  readonly company: RemediationSettings
  readonly accounts: readonly GuardAccount[]
  readonly knownAssets: number
}

/** How one would have gone; nulls: no runbook fits. */
export interface ReplayOutcome {
  readonly incidentId: string
  readonly runbook: Runbook | null
  readonly verdict: Verdict | null
}

const RUN_MS = 5 * 60_000
/** Runs older than this count against nothing. */
const KEPT_MS = 7 * 86_400_000

/** Judges each in its turn; answers in the order in which they were given. */
export function replayCases(cases: readonly ReplayCase[], ground: ReplayGround): readonly ReplayOutcome[] {
  const outcomes = new Map<string, ReplayOutcome>()
  let past: PastRun[] = []
  for (const one of cases.toSorted((a, b) => a.openedAtMs - b.openedAtMs || (a.incidentId < b.incidentId ? -1 : 1))) {
    past = past.filter(({ startedAtMs }) => startedAtMs > one.openedAtMs - KEPT_MS)
    const verdict = one.best === null ? null : verdictOf(one, one.best, ground, past)
    outcomes.set(one.incidentId, { incidentId: one.incidentId, runbook: one.best?.runbook ?? null, verdict })
    if (one.best !== null && verdict?.kind === 'run') {
      past.push({ runId: one.incidentId, runbookId: one.best.runbook.id, status: 'running', assets: one.best.planned.plan.targets.map(({ asset }) => asset), machines: one.best.planned.plan.targets.map(machineKey), startedAtMs: one.openedAtMs, endedAtMs: one.openedAtMs + RUN_MS, trigger: 'automatic' })
    }
  }
  return cases.flatMap(({ incidentId }) => outcomes.get(incidentId) ?? [])
}

function verdictOf({ openedAtMs: nowMs, findings }: ReplayCase, { runbook, planned, maintenance }: NonNullable<ReplayCase['best']>, ground: ReplayGround, past: readonly PastRun[]): Verdict {
  if (planned.kind === 'refused' && planned.code !== 'target_ambiguous') return { kind: 'refuse', code: planned.code, why: planned.why, untilMs: null }
  const { companyId, accounts, knownAssets } = ground
  const [msp, company] = [notStopped(ground.msp), notStopped(ground.company)]
  const facts: GuardFacts = {
    nowMs, companyId, mode: 'production', trigger: 'automatic', requester: { id: 'remediator', role: null, hands: [] }, requestedAtMs: nowMs, question: null, approvals: [],
    runbook, currentDigest: runbook.digest, risk: effectiveRisk(runbook, msp, company), targets: planned.plan.targets, candidates: planned.plan.candidates.length, accounts,
    incident: { status: 'open', mergedInto: null, assignee: null, findings, problem: { status: 'firing', isSuppressed: false, suppression: null, flapping: false } },
    msp, company, knownAssets, maintenance, past: past.map((run): PastRun => (run.endedAtMs !== null && run.endedAtMs <= nowMs ? { ...run, status: 'succeeded' } : { ...run, endedAtMs: null })),
  }
  return judge(facts)
}

function notStopped(settings: RemediationSettings): RemediationSettings {
  return { ...settings, stopped: false }
}
