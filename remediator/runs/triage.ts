/**
 * From an incident that has settled to runs: which runbooks fit, for which of its problems a run is written down, and what is only shown. One run at a time for a
 * problem, by the best runbook that fits; where that did no harm and did not help, the next one, three in an episode at most. What went wrong otherwise is
 * left to people. Whether a run goes ahead, is asked or is refused is the guard's.
 */
import type { ReasonCode, RunPlan, RunStatus, RunTrigger } from '../../schemas/runs.ts'
import type { Risk, Runbook } from '../../schemas/runbooks.ts'
import type { Mode } from '../../schemas/settings.ts'

/** An incident in the hands of this process. */
export interface DueIncident {
  readonly incidentId: string
  readonly companyId: string
  readonly version: number
  /** When it was listed, by the log's clock. */
  readonly firstAtMs: number
}

/** A problem that fires, and what was tried. */
export interface AskedProblem {
  readonly episode: number
  readonly tries: readonly { readonly runbookId: string; readonly status: RunStatus; readonly code: string | null }[]
}

/** The list of incidents to look at. */
export interface IncidentQueue {
  claim(logNowMs: ReadonlyMap<number, number>, limit: number): Promise<readonly DueIncident[]>
  /** Gives it back, to be looked at again after so many ms. */
  release(incident: DueIncident, afterMs: number): Promise<void>
  done(incident: DueIncident): Promise<void>
  waiting(): Promise<number>
  shown(incident: DueIncident): Promise<'behind' | 'open' | null>
  /** Problems that fire, with the runs the rules asked for in their present episode. */
  asked(incident: DueIncident, mode: Mode): Promise<ReadonlyMap<string, AskedProblem>>
  suggest(incident: DueIncident, suggestions: readonly Suggestion[]): Promise<void>
}

/** A runbook as an incident shows it. */
export interface Suggestion {
  readonly id: string
  readonly summary: string
  readonly effectiveRisk: Risk
  /** False: the analyst named it, and its criteria do not hold. */
  readonly fits: boolean
  readonly why: readonly string[]
  /** Why no run of it could be planned; null where one was, or nobody tried. */
  readonly refusal: { readonly code: ReasonCode; readonly why: string } | null
}

/** What planning answers. */
export interface TriagePlanner {
  match(companyId: string, incidentId: string): Promise<{
    readonly fits: readonly { readonly runbook: Runbook; readonly problem: { readonly problemKey: string }; readonly why: readonly string[] }[]
    readonly suggested: readonly Runbook[]
  } | null>
  plan(request: { readonly runId: string; readonly companyId: string; readonly runbook: Runbook; readonly incidentId: string; readonly problemKey: string; readonly mode: Mode; readonly cloud: null; readonly wishes: readonly []; readonly given: Readonly<Record<string, never>> }): Promise<
    { readonly kind: 'planned'; readonly plan: RunPlan } | { readonly kind: 'refused'; readonly code: ReasonCode; readonly why: string; readonly plan: RunPlan; readonly isPassing?: boolean }>
}

/** A run the rules ask for. */
export interface AskedRun {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  readonly problemKey: string
  readonly runbook: Runbook
  readonly risk: Risk
  readonly mode: Mode
  readonly trigger: RunTrigger
  readonly plan: RunPlan
}

/** What triage needs. */
export interface TriageTools {
  readonly queue: IncidentQueue
  readonly planner: () => Promise<TriagePlanner>
  /** The company's mode now. */
  readonly modeOf: (companyId: string) => Promise<Mode>
  readonly riskOf: (companyId: string) => Promise<(runbook: Runbook) => Risk>
  /** Writes the run down; the same key never makes a second one. */
  readonly create: (run: AskedRun, key: string) => Promise<void>
  readonly newId: () => string
  readonly nowMs: () => number
}

/** Runs written down for an incident at one look. */
const RUNS_MAX = 3
const SUGGESTED_MAX = 5
/** Runs for one problem in one episode. */
const TRIES_MAX = 3
/** A cloud that does not answer where a machine is, is asked again for this long after the incident was listed. */
const LOOK_UP_PATIENCE_MS = 15 * 60_000
/** How a run may have ended that another runbook may follow: nothing was broken, and it did not help. */
const HARMLESS: readonly string[] = ['not_verified', 'problem_not_cleared', 'step_refused']

/** Looks at one incident. Throws what planner and stores throw; it is then looked at again. `later`: a machine could not be looked up just now. */
export async function triage({ queue, planner, modeOf, riskOf, create, newId, nowMs }: TriageTools, incident: DueIncident): Promise<'done' | 'behind' | 'later'> {
  const { companyId, incidentId } = incident
  const shown = await queue.shown(incident)
  if (shown === 'behind') return 'behind'
  const planning = await planner()
  const matched = shown === null ? null : await planning.match(companyId, incidentId)
  if (matched === null) return 'done'
  const [mode, risk] = [await modeOf(companyId), await riskOf(companyId)]
  const asked = await queue.asked(incident, mode)
  const refusals = new Map<string, { readonly code: ReasonCode; readonly why: string }>()
  const taken = new Set<string>()
  const waiting = new Set<string>()
  for (const { runbook, problem: { problemKey } } of matched.fits) {
    if (taken.size >= RUNS_MAX) break
    const problem = asked.get(problemKey)
    if (problem === undefined || taken.has(problemKey) || waiting.has(problemKey) || !mayTry(problem, runbook.id)) continue
    const id = newId()
    const planned = await planning.plan({ runId: id, companyId, runbook, incidentId, problemKey, mode, cloud: null, wishes: [], given: {} })
    // The next runbook is for the same machine; it must not come first because the cloud was busy for a moment.
    if (planned.kind === 'refused' && planned.isPassing === true && nowMs() < incident.firstAtMs + LOOK_UP_PATIENCE_MS) {
      waiting.add(problemKey)
      refusals.set(runbook.id, { code: planned.code, why: planned.why })
      continue
    }
    // Only the choice of a machine can be asked of people; everything else has to be mended, and the next runbook may do.
    if (planned.kind === 'refused' && (planned.code !== 'target_ambiguous' || planned.plan.candidates.length === 0)) {
      refusals.set(runbook.id, { code: planned.code, why: planned.why })
      continue
    }
    taken.add(problemKey)
    await create({ id, companyId, incidentId, problemKey, runbook, risk: risk(runbook), mode, trigger: 'automatic', plan: planned.plan }, `auto:${problem.episode}:${mode}:${runbook.id}:${problemKey}`)
  }
  await queue.suggest(incident, [
    ...matched.fits.map(({ runbook, why }): Suggestion => ({ id: runbook.id, summary: runbook.summary, effectiveRisk: risk(runbook), fits: true, why, refusal: refusals.get(runbook.id) ?? null })),
    ...matched.suggested.map((runbook): Suggestion => ({ id: runbook.id, summary: runbook.summary, effectiveRisk: risk(runbook), fits: false, why: ['The analyst named it; its criteria do not hold.'], refusal: null })),
  ].slice(0, SUGGESTED_MAX))
  return waiting.size > 0 ? 'later' : 'done'
}

function mayTry({ tries }: AskedProblem, runbookId: string): boolean {
  return tries.length < TRIES_MAX && tries.every((run) => run.runbookId !== runbookId && ((run.status === 'succeeded') || ((run.status === 'failed' || run.status === 'rolled_back') && run.code !== null && HARMLESS.includes(run.code))))
}
