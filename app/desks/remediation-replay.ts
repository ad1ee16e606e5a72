/** A replay over the database: past incidents, the present library and settings, plans without a call to any cloud, and the figures. */
import type { RunbookLibrary } from '../../remediator/library/port.ts'
import type { PlanExecutor } from '../../remediator/plan/plan.ts'
import { matchRunbooks } from '../../remediator/plan/match.ts'
import { makePlanner, type PlanRecords } from '../../remediator/plan/planner.ts'
import { replayCases, type ReplayCase, type ReplayOutcome } from '../../remediator/plan/replay.ts'
import { readWindows } from '../parts/remediation-windows.ts'
import { effectiveRisk } from '../../schemas/remediation-settings.ts'
import type { ReplayLine, ReplayView, ShownVerdict } from '../../schemas/remediation-views.ts'
import type { Cloud } from '../../schemas/runs.ts'
import type { Sql } from '../../storage/queries/sql.ts'
import { planRecords, type PastIncident } from '../../storage/remediation/plan-records.ts'

/** Whose incidents, opened in which time; the newest where there are more than the limit. */
export interface ReplayQuery {
  readonly companyId: string
  readonly fromMs: number
  readonly toMs: number
  readonly limit: number
}

/** What it stands on. */
export interface ReplayPorts {
  readonly sql: Sql
  readonly library: RunbookLibrary
  readonly executors: Readonly<Partial<Record<Cloud, PlanExecutor>>>
}

/** Replays. Whether the caller may see the company is asked before. Machines are looked up on the asset list alone: where they are now is not where they were then. */
export async function replayIncidents({ companyId, fromMs, toMs, limit }: ReplayQuery, { sql, library, executors }: ReplayPorts): Promise<ReplayView> {
  const stored = planRecords(sql)
  const [runbooks, history, { msp, company }, accounts, windowsAt] = [await library.list(companyId), await stored.history(companyId), await stored.layers(companyId), await stored.accounts(companyId), await readWindows(sql, companyId)]
  const records: PlanRecords = { ...stored, history: () => Promise.resolve(history), layers: () => Promise.resolve({ msp, company }), accounts: () => Promise.resolve(accounts), incident: async (...asked) => asItWas(await stored.incident(...asked)) }
  const planner = makePlanner({ library, records, executors, inventory: null })
  const found = await stored.pastIncidents(companyId, { fromMs, toMs, limit: limit + 1 })
  const past = found.slice(0, limit)
  const cases: ReplayCase[] = []
  for (const { incidentId, openedAtMs, findings } of past) {
    const incident = await records.incident(companyId, incidentId)
    const fit = incident === null ? undefined : matchRunbooks({ incident, runbooks, history, msp, company }).fits[0]
    const common = { incidentId, openedAtMs, findings: findings.map(({ kind }) => kind) }
    if (fit === undefined) {
      cases.push({ ...common, best: null })
      continue
    }
    const { runbook, problem } = fit
    const planned = await planner.plan({ runId: 'replay', companyId, runbook, incidentId, problemKey: problem.problemKey, mode: 'production', cloud: null, wishes: [], given: {} })
    cases.push({ ...common, best: { runbook, problem, planned, maintenance: windowsAt({ targets: planned.plan.targets, problem }, openedAtMs) } })
  }
  const outcomes = replayCases(cases, { companyId, msp, company, accounts: accounts.map((account) => ({ ...account, companyId })), knownAssets: await stored.assetCount(companyId) })
  return view(companyId, past, outcomes, found.length > limit, (outcome) => (outcome.runbook === null ? null : effectiveRisk(outcome.runbook, msp, company)))
}

/** Problems fired when the incident opened, whatever they do now. */
function asItWas(incident: Awaited<ReturnType<PlanRecords['incident']>>): Awaited<ReturnType<PlanRecords['incident']>> {
  return incident === null ? null : { ...incident, problems: incident.problems.map((problem) => ({ ...problem, status: 'firing' })) }
}

function view(companyId: string, past: readonly PastIncident[], outcomes: readonly ReplayOutcome[], isCut: boolean, riskOf: (outcome: ReplayOutcome) => ReplayLine['risk']): ReplayView {
  const items = past.flatMap(({ incidentId, number, title, openedAt }, at): ReplayLine[] => {
    const outcome = outcomes[at]
    if (outcome === undefined) return []
    return [{ incidentId, number, companyId, title, openedAt, runbookId: outcome.runbook?.id ?? null, summary: outcome.runbook?.summary ?? null, risk: riskOf(outcome), verdict: shown(outcome) }]
  })
  const count = (kind: ShownVerdict['kind']): number => items.filter(({ runbookId, verdict }) => runbookId !== null && verdict.kind === kind).length
  const matched = items.filter(({ runbookId }) => runbookId !== null).length
  const codes = new Map<string, number>()
  for (const { runbookId, verdict } of items) if (runbookId !== null && verdict.code !== null) codes.set(verdict.code, (codes.get(verdict.code) ?? 0) + 1)
  const share = (n: number): number | null => (items.length === 0 ? null : n / items.length)
  return {
    items, incidents: items.length, matched, wouldRun: count('run'), wouldAsk: count('ask'), wouldRefuse: count('refuse'), matchedShare: share(matched), wouldRunShare: share(count('run')),
    byCode: Object.fromEntries([...codes].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))), isCut,
  }
}

function shown({ verdict }: ReplayOutcome): ShownVerdict {
  if (verdict === null) return { kind: 'refuse', code: null, why: 'No runbook fits it.', role: null, fourEyes: false, until: null }
  const { kind, why } = verdict
  return { kind, why, code: kind === 'run' ? null : verdict.code, role: kind === 'ask' ? verdict.role : null, fourEyes: kind === 'ask' && verdict.fourEyes, until: kind === 'refuse' && verdict.untilMs !== null ? new Date(verdict.untilMs).toISOString() : null }
}
