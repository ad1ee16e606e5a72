/** What a run would do and what the guard would say of it now: nothing is written, and nothing is called but the look-up of machines. */
import { randomUUID } from 'node:crypto'
import { judge } from '../../remediator/guard/judge.ts'
import type { RunbookLibrary } from '../../remediator/library/port.ts'
import type { Planner } from '../../remediator/plan/planner.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { Verdict } from '../../schemas/guard-facts.ts'
import { readWindows } from '../parts/remediation-windows.ts'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { RunRequest, ShownVerdict } from '../../schemas/remediation-views.ts'
import type { Risk, Runbook } from '../../schemas/runbooks.ts'
import type { RunPlan } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { factsAsked } from '../../storage/remediation/guard-facts.ts'

/** What is asked. */
export interface PreviewQuestion extends Omit<RunRequest, 'runbookId'> {
  readonly runbook: Runbook
  readonly caller: Caller
}

/** A plan before it is a run. `plan` is null where there is nothing to run and nothing to choose. */
export interface Previewed {
  /** Tokens of the plan's commands name it. */
  readonly runId: string
  readonly mode: Mode
  readonly risk: Risk
  readonly problemKey: string | null
  readonly plan: RunPlan | null
  readonly verdict: Verdict
}

/** Looks ahead. */
export function runPreview({ database, clock, ceiling, isTokenBarred = false, planner, shelf }: { readonly database: SqlDatabase; readonly clock: Clock; readonly ceiling: Mode; readonly isTokenBarred?: boolean; readonly planner: () => Promise<Planner>; readonly shelf: RunbookLibrary }) {
  return async ({ companyId, runbook, incidentId, cloud, targets, inputs, mode: asked, caller }: PreviewQuestion): Promise<Previewed> => {
    const runId = randomUUID()
    const [company] = await database.query<{ mode: Mode | null }>(`select settings ->> 'mode' as mode from companies where id = $1`, [companyId])
    const mode = runMode(ceiling, company?.mode ?? null, asked)
    const planned = await (await planner()).plan({ runId, companyId, runbook, incidentId, problemKey: null, mode, cloud, wishes: targets, given: inputs })
    const { plan, problemKey } = planned
    const { risk, ...facts } = await factsAsked(database, {
      companyId, incidentId, problemKey, runbook, targets: plan.targets, candidates: plan.candidates.length, trigger: 'person', requester: { id: caller.id, role: caller.scope.role }, mode: asked,
    }, { nowMs: clock.now(), ceiling, isTokenBarred })
    // A person may choose among several machines, for which the guard asks; everything else has to be mended first.
    if (planned.kind === 'refused' && (planned.code !== 'target_ambiguous' || plan.candidates.length === 0)) return { runId, mode, risk, problemKey, plan: null, verdict: { kind: 'refuse', code: planned.code, why: planned.why, untilMs: null } }
    const current = await shelf.get(companyId, runbook.id)
    return { runId, mode, risk, problemKey, plan, verdict: judge({ ...facts, risk, currentDigest: current?.digest ?? null, maintenance: (await readWindows(database, companyId))({ targets: plan.targets, problem: null }, clock.now()) }) }
  }
}

/** A verdict as it is shown. */
export function shownVerdict(verdict: Verdict): ShownVerdict {
  const { kind, why } = verdict
  return {
    kind, why, code: kind === 'run' ? null : verdict.code, role: kind === 'ask' ? verdict.role : null, fourEyes: kind === 'ask' && verdict.fourEyes, until: kind === 'refuse' && verdict.untilMs !== null ? new Date(verdict.untilMs).toISOString() : null,
  }
}
