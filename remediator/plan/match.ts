/**
 * Which runbooks fit an incident, best first. Criteria alone decide whether one fits; what went well before, and what the analyst named, only decide the order.
 * A runbook the analyst names that fits nothing is suggested to people and never more.
 */
import type { PlanIncident, PlanProblem, RunHistory, RunRecord } from '../../schemas/remediation-match.ts'
import { isRunbookEnabled } from '../../schemas/remediation-settings.ts'
import { riskRank, type Runbook } from '../../schemas/runbooks.ts'
import type { RemediationSettings } from '../../schemas/runs.ts'
import { matchOf, type Match } from '../library/matcher.ts'

/** A runbook that fits a problem of the incident. */
export interface RunbookFit {
  readonly runbook: Runbook
  /** The problem it is best run for. */
  readonly problem: PlanProblem
  /** 0 to 1: how well it went so far, a little higher where the analyst named it. */
  readonly score: number
  readonly isNamedByAnalyst: boolean
  /** Sentences for people. */
  readonly why: readonly string[]
}

/** What is to be matched. */
export interface MatchQuestion {
  readonly incident: PlanIncident
  /** What the company may use. */
  readonly runbooks: readonly Runbook[]
  readonly history: RunHistory
  readonly msp: RemediationSettings
  readonly company: RemediationSettings
}

/** Runbooks that fit, best first, and those that were only named. */
export interface MatchAnswer {
  readonly fits: readonly RunbookFit[]
  readonly suggested: readonly Runbook[]
}

/** A success in the company counts as much as so many elsewhere. */
const OWN_WEIGHT = 3
/** Runs elsewhere count at most so many times, so that what a company saw itself is heard. */
const OTHERS_MAX = 20
/** What the analyst's word is worth beside experience. */
const ANALYST_BONUS = 0.1
const NONE: RunRecord = { ended: 0, succeeded: 0 }
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info', 'unknown']
const compiled = new WeakMap<Runbook, Match>()

/** Matches and ranks. Pure; the same question has the same answer in the same order. */
export function matchRunbooks({ incident, runbooks, history, msp, company }: MatchQuestion): MatchAnswer {
  const usable = runbooks.filter(({ id, origin }) => origin !== 'draft' && isRunbookEnabled(id, msp, company))
  const named = new Set(incident.suggested)
  const fits = usable.flatMap((runbook): RunbookFit[] => {
    const problem = bestProblem(runbook, incident)
    if (problem === null) return []
    const isNamedByAnalyst = named.has(runbook.id)
    const experience = successOf(history.get(runbook.id))
    return [{ runbook, problem, isNamedByAnalyst, score: Math.min(1, experience + (isNamedByAnalyst ? ANALYST_BONUS : 0)), why: reasons(runbook, history.get(runbook.id), isNamedByAnalyst) }]
  })
  const fitting = new Set(fits.map(({ runbook }) => runbook.id))
  return { fits: fits.sort(byRank), suggested: usable.filter(({ id }) => named.has(id) && !fitting.has(id)).sort((a, b) => incident.suggested.indexOf(a.id) - incident.suggested.indexOf(b.id)) }
}

/** Share of successes as far as it is known; without any experience a half, so that one failure or success already tells. */
export function successOf(record: { readonly company: RunRecord; readonly all: RunRecord } | undefined): number {
  const { company, all } = record ?? { company: NONE, all: NONE }
  const others = { ended: Math.max(0, all.ended - company.ended), succeeded: Math.max(0, all.succeeded - company.succeeded) }
  const scale = others.ended > OTHERS_MAX ? OTHERS_MAX / others.ended : 1
  return (OWN_WEIGHT * company.succeeded + scale * others.succeeded + 1) / (OWN_WEIGHT * company.ended + scale * others.ended + 2)
}

/** The problem of the incident that the runbook fits best: one that fires, on the root cause, the worst, the first. */
function bestProblem(runbook: Runbook, { problems, category, rootCauseAsset }: PlanIncident): PlanProblem | null {
  let ask = compiled.get(runbook)
  if (ask === undefined) compiled.set(runbook, ask = matchOf(runbook.match))
  const failing = ask
  const fitting = problems.filter((problem) => problem.status === 'firing' && failing({ ...problem, category }).length === 0)
  const rank = (problem: PlanProblem): number => (problem.asset !== null && problem.asset === rootCauseAsset ? 0 : 1) * SEVERITIES.length + SEVERITIES.indexOf(problem.severity)
  return fitting.reduce<PlanProblem | null>((best, problem) => (best === null || rank(problem) < rank(best) ? problem : best), null)
}

/** Experience first; then what is verified before what only reports, the more exact criteria, the smaller risk. */
function byRank(a: RunbookFit, b: RunbookFit): number {
  return b.score - a.score
    || Number(a.runbook.verify === null) - Number(b.runbook.verify === null)
    || b.runbook.match.all.length - a.runbook.match.all.length
    || riskRank(a.runbook.risk) - riskRank(b.runbook.risk)
    || (a.runbook.id < b.runbook.id ? -1 : 1)
}

function reasons(runbook: Runbook, record: { readonly company: RunRecord; readonly all: RunRecord } | undefined, isNamed: boolean): string[] {
  const { company, all } = record ?? { company: NONE, all: NONE }
  const criteria = [...runbook.match.all, ...(runbook.match.any.length === 0 ? [] : [`one of ${runbook.match.any.join('; ')}`])]
  return [
    `Its criteria hold: ${criteria.join(' and ')}.`,
    all.ended === 0 ? 'It has not run before.' : `It succeeded in ${company.succeeded} of ${company.ended} runs here, and in ${all.succeeded} of ${all.ended} in all companies.`,
    ...(isNamed ? ['The analyst named it.'] : []),
  ]
}
