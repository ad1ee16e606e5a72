/** From an incident to the runbooks that fit it, and from a runbook to a plan: the pure parts of this folder over what the database and the clouds tell. */
import type { FoundTarget, PlanIncident, PlanProblem, RunHistory, TargetWish } from '../../schemas/remediation-match.ts'
import { effectiveRisk } from '../../schemas/remediation-settings.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { Cloud, ReasonCode, RemediationSettings, RunPlan, RunTarget } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { RunbookLibrary } from '../library/port.ts'
import { lookUpTargets, type Inventory, type TargetRecords } from './look-up.ts'
import { matchRunbooks, type MatchAnswer } from './match.ts'
import { makePlan, type PlanExecutor } from './plan.ts'
import { pointersOf } from './pointers.ts'

/** What the database tells planning; storage/remediation/plan-records.ts fits it. */
export interface PlanRecords extends TargetRecords {
  /** An incident with everything merged into it; null where the company has none of this id. */
  incident(companyId: string, incidentId: string): Promise<PlanIncident | null>
  history(companyId: string): Promise<RunHistory>
  layers(companyId: string): Promise<{ readonly msp: RemediationSettings; readonly company: RemediationSettings }>
}

/** What planning needs of the rest. `inventory` null: clouds are not asked where machines are. */
export interface PlannerPorts {
  readonly library: RunbookLibrary
  readonly records: PlanRecords
  readonly executors: Readonly<Partial<Record<Cloud, PlanExecutor>>>
  readonly inventory: Inventory | null
}

/** What is to be planned. */
export interface PlanRequest {
  /** The run the plan is for; tokens of its commands name it. */
  readonly runId: string
  readonly companyId: string
  readonly runbook: Runbook
  readonly incidentId: string | null
  /** Of the incident; null: the one the runbook fits best, if it fits one. */
  readonly problemKey: string | null
  readonly mode: Mode
  readonly cloud: Cloud | null
  /** Empty: the machine of the problem. */
  readonly wishes: readonly TargetWish[]
  /** Inputs a person gave. */
  readonly given: Readonly<Record<string, unknown>>
}

/** A plan, or the reason why there is none with an empty plan that says which machines it could be about. `isPassing`: a cloud was throttled or did not answer, so that it may be had a little later. */
export type PlannedRun =
  | { readonly kind: 'planned'; readonly plan: RunPlan; readonly problemKey: string | null }
  | { readonly kind: 'refused'; readonly code: ReasonCode; readonly why: string; readonly plan: RunPlan; readonly problemKey: string | null; readonly isPassing?: boolean }

/** Planning over these ports. */
export function makePlanner({ library, records, executors, inventory }: PlannerPorts) {
  return {
    /** Runbooks that fit the incident, best first; null where there is no such incident. */
    async match(companyId: string, incidentId: string): Promise<MatchAnswer | null> {
      const incident = await records.incident(companyId, incidentId)
      if (incident === null) return null
      return matchRunbooks({ incident, runbooks: await library.list(companyId), history: await records.history(companyId), ...await records.layers(companyId) })
    },

    /** Plans a run; calls clouds only to look machines up, and writes nothing. */
    async plan(request: PlanRequest): Promise<PlannedRun> {
      const { companyId, runbook, incidentId, mode, cloud, given, runId } = request
      const { msp, company } = await records.layers(companyId)
      const risk = effectiveRisk(runbook, msp, company)
      const incident = incidentId === null ? null : await records.incident(companyId, incidentId)
      const problem = incident === null ? null : problemOf(incident, request, msp, company)
      const problemKey = problem?.problemKey ?? request.problemKey
      const none = (code: ReasonCode, why: string, candidates: readonly RunTarget[] = [], isPassing = false): PlannedRun => (
        { kind: 'refused', code, why, problemKey, isPassing, plan: { targets: [], inputs: scalars(given), commands: [], risk, costMicroUsd: 0, remarks: [why], candidates } }
      )
      const wishes = wishesOf(request, problem)
      if (wishes.length === 0) return none('target_unknown', 'No machine is named, and the alert names none; say which one is meant.')
      const labels = request.wishes.length === 0 ? problem?.labels ?? {} : labelsFor(request.wishes, problem)
      const found = await lookUpTargets({ companyId, mode, cloud, systems: runbook.systems, labels, wishes }, records, inventory)
      if (found.kind === 'refused') return none(found.code, found.why, found.candidates, found.isPassing)
      const targets: readonly FoundTarget[] = found.targets
      const answer = makePlan({ runId, runbook, risk, targets, problem, given, executors, remarks: remarksOf(runbook, problem) })
      return answer.kind === 'planned' ? { ...answer, problemKey } : { ...none(answer.code, answer.why), plan: { targets: targets.map(({ target }) => target), inputs: scalars(given), commands: [], risk, costMicroUsd: 0, remarks: [answer.why], candidates: [] } }
    },
  }
}

/** Planning as others use it. */
export type Planner = ReturnType<typeof makePlanner>

/** What a person gave is kept with a plan that waits for a machine to be chosen; it is checked when the plan is made. */
function scalars(given: Readonly<Record<string, unknown>>): RunPlan['inputs'] {
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string | number | boolean] => ['string', 'number', 'boolean'].includes(typeof entry[1])))
}

function problemOf(incident: PlanIncident, { problemKey, runbook, wishes }: PlanRequest, msp: RemediationSettings, company: RemediationSettings): PlanProblem | null {
  if (problemKey !== null) return incident.problems.find((problem) => problem.problemKey === problemKey) ?? null
  const asset = wishes[0]?.asset.toLowerCase()
  const own = asset === undefined ? incident.problems : incident.problems.filter((problem) => problem.asset?.toLowerCase() === asset)
  const [fit] = matchRunbooks({ incident: { ...incident, problems: own }, runbooks: [runbook], history: new Map(), msp, company }).fits
  return fit?.problem ?? own[0] ?? null
}

function wishesOf({ wishes }: PlanRequest, problem: PlanProblem | null): readonly TargetWish[] {
  if (wishes.length > 0 || problem === null) return wishes
  const asset = problem.asset ?? pointersOf(problem.labels)[0]?.instanceId
  return asset === undefined ? [] : [{ asset, cloudAccountId: null, instanceId: null }]
}

/** Labels say something of the problem's own machine alone, so not where a person names others. */
function labelsFor(wishes: readonly TargetWish[], problem: PlanProblem | null): Readonly<Record<string, string>> {
  const [only, ...more] = wishes
  return problem !== null && only !== undefined && more.length === 0 && only.asset.toLowerCase() === problem.asset?.toLowerCase() ? problem.labels : {}
}

function remarksOf({ verify, steps }: Runbook, problem: PlanProblem | null): string[] {
  return [
    ...(problem === null ? [] : [`It is run for the problem ${(problem.signature ?? problem.title).slice(0, 200)}${problem.asset === null ? '' : ` on ${problem.asset}`}.`]),
    ...(steps.some(({ changes }) => changes) ? [] : ['It only looks and changes nothing.']),
    ...(verify?.problem === 'must_clear' ? [`It counts as repaired when the problem itself clears within ${verify.withinMs / 60_000} minutes.`] : []),
  ]
}
