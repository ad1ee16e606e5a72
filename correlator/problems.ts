/** What a problem event does: a new problem joins or founds, a known one counts, resolves or fires again. */
import { hash } from 'node:crypto'
import type { Considered, Evidence, PlacedProblem, ProblemEvent, Suppression } from '../schemas/records.ts'
import type { Fate } from '../processors/stage.ts'
import type { CompanyNode } from './company-node.ts'
import { aliveOf, type IncidentNode } from './incident-node.ts'
import { isUnwanted } from './insight/missing.ts'
import { beat, began, toldMore } from './insight/patterns.ts'
import { withhold } from './key-list.ts'
import { ProblemNode } from './problem-node.ts'
import { judge } from './quiet/judge.ts'
import { heldFeature, keepQuiet, noteCause, noteChange, notePlaced, updateQuiet } from './quiet/keep.ts'
import { letGo } from './quiet/let-go.ts'
import { moveToPast, takeFromPast } from './retirement.ts'
import { evidenceByRule } from './rules/grouping.ts'
import { ruledIncidents } from './rules/joining.ts'
import type { ReadyGrouping } from './rules/rule-book.ts'
import { explainPair } from './score.ts'
import { areApart, consideredBeside, isOlder, searchIncidents, type Match } from './search.ts'
import { tellMerge } from './tell-merge.ts'
import type { Cause, World } from './world.ts'

/** What became of an input. */
export type Outcome = Pick<Fate, 'kind' | 'reason'>

/** Key of the problem that all further ones join once a company has too many that fire. */
export const OVERFLOW_KEY = 'v1:overflow'

/** So soon a problem comes again that had gone silent alone in its incident, if it is the same trouble. */
const ALONE_MS = 90_000

/** Problems of an incident up to which it is indexed anew when one leaves it. */
const REINDEX_MAX = 32

const EMITTED: Outcome = { kind: 'emitted' }

/** An incident's id: 96 bits from what founded it. */
export function incidentIdOf(companyId: string, founding: string): string {
  return `inc_${hash('sha256', `${companyId}\n${founding}`, 'hex').slice(0, 24)}`
}

/** Applies a problem event. `openMax`: problems of a company that may fire at once. */
export function applyProblem(world: World, told: ProblemEvent, position: number, openMax: number): Outcome {
  const company = world.company(told.companyId)
  const event = underStandingName(company, told)
  const known = company.problems.get(event.problemKey)
  const by: Cause = { position, atMs: event.atMs, cause: 'problem', causeId: event.problemKey }
  if (known !== undefined) {
    const before = known.state.problem
    if (!isLater(event, before)) return { kind: 'dropped', reason: 'stale' }
    if (known.state.suppression !== null) letGoBefore(world, company, known, event.atMs, position)
    if (known.state.suppression === null) update(world, company, known, event, by)
    else updateKept(world, company, known, event, by)
    noteChange(world, company, known, before, by)
    return EMITTED
  }
  if (event.status !== 'firing') return { kind: 'dropped', reason: 'problem_unknown' }
  if (isUnwanted(company, event)) return { kind: 'dropped', reason: 'switched_off' }
  if (company.firing >= openMax) return overflow(world, company, event, by)
  company.firing += 1
  const problem = world.problem(company, event, position)
  company.problems.set(event.problemKey, problem)
  if (!keepQuiet(world, company, problem, by)) {
    place(world, company, problem, by)
    notePlaced(world, company, problem)
    began(world, company, problem, by)
  }
  noteCause(world, company, problem, by)
  return EMITTED
}

/** The event with the asset under the name that stands for it, so that one machine with three names is one asset everywhere. */
function underStandingName(company: CompanyNode, event: ProblemEvent): ProblemEvent {
  if (company.aliases.size === 0 || event.asset === null) return event
  const asset = company.standing(event.asset)
  return asset === event.asset ? event : { ...event, asset }
}

/** A delivery that changes a problem more than once tells each change under one version; then the episode, the count and the state say which comes later. */
function isLater(event: PlacedProblem, known: PlacedProblem): boolean {
  const difference = event.version - known.version || event.episode - known.episode || event.count - known.count
  if (difference !== 0) return difference > 0
  return (event.status === 'resolved' && known.status !== 'resolved') || (event.status === known.status && event.flapping && !known.flapping)
}

/** Joins the best incident that fits and merges the others that fit, or founds one. */
function place(world: World, company: CompanyNode, problem: ProblemNode, by: Cause): void {
  world.hearOnset(company, problem)
  const ruled = ruledIncidents(company, problem)
  const matches = searchIncidents(company, problem)
  const [best, first] = [matches[0], ruled[0]]
  const { revision } = company.rules
  if (first !== undefined) problem.state.evidence = evidenceByRule(first.rule, problem, first.problem, company.tuning.threshold, revision)
  else if (best !== undefined) problem.state.evidence = { ...explainPair(problem, best.problem, best.score, company.tuning, company.graph), rulesRevision: revision }
  else {
    found(world, company, problem, by)
    problem.state.evidence.considered = consideredBeside(company, problem, null)
    return
  }
  const { incident } = (first ?? best) as { incident: IncidentNode }
  if (incident.isEnded) world.reopen(company, incident)
  world.put(company, problem, incident, by)
  let refused: Considered[] | undefined
  const others: readonly (Match & { readonly rule?: ReadyGrouping })[] = ruled.length === 0 ? matches : [...ruled.map((one) => ({ ...one, score: 1 })), ...matches]
  for (const match of others) {
    if (match.incident === incident) continue
    const reason = bridge(world, company, problem, match, by, match.rule)
    if (reason !== null) (refused ??= []).push({ incidentId: aliveOf(match.incident).state.incidentId, problemKey: match.problem.state.problem.problemKey, score: match.score, reason })
  }
  problem.state.evidence.considered = consideredBeside(company, problem, problem.incident === null ? null : aliveOf(problem.incident), refused)
}

function found(world: World, company: CompanyNode, problem: ProblemNode, by: Cause): IncidentNode {
  const { alertId, episode, problemKey } = problem.state.problem
  // An alert opens one problem once; only the overflow problem and a forgotten one that returns could clash, and the episode tells them apart.
  let incidentId = incidentIdOf(company.companyId, `${alertId}\n${episode}`)
  if (company.incidents.has(incidentId)) incidentId = incidentIdOf(company.companyId, `${problemKey}\n${by.position}`)
  problem.state.evidence = { rule: 'founded', withProblemKey: null, score: 0, threshold: company.tuning.threshold, features: [], ruleId: null, rulesRevision: company.rules.revision, considered: [] }
  const incident = world.incident(company, incidentId, problem, problem.onsetMs, by)
  world.put(company, problem, incident, by)
  return incident
}

/** A problem that fits two open incidents shows that they are one. The reason where they stay two; null where they are one. */
function bridge(world: World, company: CompanyNode, problem: ProblemNode, match: Match, by: Cause, rule?: ReadyGrouping): string | null {
  const here = aliveOf(problem.incident as IncidentNode)
  const there = aliveOf(match.incident)
  if (here === there) return null
  if (areApart(company, here, there)) return 'a person split the two incidents'
  const parting = company.grouping?.parting(here, there, rule?.at) ?? null
  if (parting !== null) return `it fits, but rule ${parting.id} keeps the two incidents apart`
  // Two people work on them: a person decides whether they are one.
  if (here.state.assignee !== null && there.state.assignee !== null && here.state.assignee !== there.state.assignee) return 'it fits, but two people work on the two incidents'
  const [winner, loser] = isOlder(here, there) ? [here, there] : [there, here]
  if (winner.isEnded && loser.firing > 0) world.reopen(company, winner)
  tellMerge(world, company, loser, by, {
    ...(rule === undefined ? { ...explainPair(match.problem, problem, match.score, company.tuning, company.graph), rulesRevision: company.rules.revision }
      : evidenceByRule(rule, match.problem, problem, company.tuning.threshold, company.rules.revision)),
    rule: 'merged',
  })
  world.merge(winner, loser, by)
  return null
}

/** Ends what had ended before an event, though `now` has not come that far: whether it outlived a hold must not depend on when others are heard. */
function letGoBefore(world: World, company: CompanyNode, problem: ProblemNode, atMs: number, position: number): void {
  for (;;) {
    const untilMs = problem.isFiring ? problem.state.suppression?.untilMs ?? null : null
    if (untilMs === null || untilMs >= atMs) return
    letGo(world, company, [problem], { position, atMs: untilMs, cause: 'time', causeId: null }, () => judge({ company, problem, atMs: untilMs, nowMs: world.upstream.nowMs }), placeReleased)
    if (problem.state.suppression?.untilMs === untilMs) return
  }
}

/** Takes a newer event of a problem that is kept quiet, and places it where it no longer is. */
function updateKept(world: World, company: CompanyNode, problem: ProblemNode, event: PlacedProblem, by: Cause): void {
  const updated = updateQuiet(world, company, problem, event, by)
  if (!updated.isKept) {
    placeReleased(world, company, problem, updated.held, by)
    notePlaced(world, company, problem)
    if (updated.held === null) began(world, company, problem, by)
  }
  if (event.status !== 'firing') endOverflow(world, company, by)
}

/** Places a problem that is no longer kept quiet: in the incident that held its last episode, where that may open again, else like a new one. */
export function placeReleased(world: World, company: CompanyNode, problem: ProblemNode, held: Suppression | null, by: Cause): void {
  const { state } = problem
  const named = state.cameFrom === null ? undefined : company.incidents.get(state.cameFrom)
  const former = named === undefined ? undefined : aliveOf(named)
  state.cameFrom = null
  if (former !== undefined && mayReopen(company, former, problem.onsetMs)) {
    takeFromPast(former, problem)
    state.evidence = sameProblem(company, former, state.problem)
    world.reopen(company, former)
    world.put(company, problem, former, by)
  } else {
    state.countBefore = 0
    state.joinedEpisode = state.problem.episode
    place(world, company, problem, by)
  }
  if (held !== null) state.evidence = { ...state.evidence, features: [...state.evidence.features, heldFeature(state, held, by.atMs)] }
}

function update(world: World, company: CompanyNode, problem: ProblemNode, event: PlacedProblem, by: Cause): void {
  const incident = aliveOf(problem.incident as IncidentNode)
  const before = problem.state.problem
  const countBefore = problem.state.countBefore
  const isFiring = event.status === 'firing'
  const firesAgain = isFiring && (before.status !== 'firing' || event.episode > before.episode)
  company.firing += (isFiring ? 1 : 0) - (before.status === 'firing' ? 1 : 0)
  if (firesAgain && (incident.isEnded || hasLapsed(incident, before))) {
    const isOver = (before.change === 'expired' && !isAlone(incident, event.firstAtMs - before.lastAtMs)) || !mayReopen(company, incident, event.firstAtMs)
    // What is to be kept quiet opens nothing again; it is remembered where it came from.
    const verdict = event.problemKey === OVERFLOW_KEY ? null : judgeEvent(world, company, problem, event)
    if (isOver || verdict !== null) {
      leave(world, company, problem, incident)
      problem.state.countBefore = isOver ? 0 : countBefore + before.count
      problem.state.cameFrom = isOver ? null : incident.state.incidentId
      problem.state.joinedEpisode = event.episode
      problem.update(event)
      if (verdict === null || !keepQuiet(world, company, problem, by)) {
        place(world, company, problem, by)
        notePlaced(world, company, problem)
        began(world, company, problem, by)
      }
      return
    }
  }
  if (event.episode > before.episode) problem.state.countBefore += before.count
  const { ruling } = problem
  const renamed = [problem.update(event), company.grouping?.isMoved(problem, ruling)].includes(true)
  incident.recount(problem, before, countBefore)
  if (firesAgain) world.hearOnset(company, problem)
  if (firesAgain && incident.isEnded) {
    problem.state.evidence = sameProblem(company, incident, event)
    world.reopen(company, incident)
  } else if (renamed) company.reindex(incident)
  else if (firesAgain) company.index(problem, incident)
  world.raise(incident, problem, before.severity)
  world.touchProblem(problem, by.position)
  world.touch(incident, by)
  if (firesAgain) began(world, company, problem, by)
  else toldMore(world, company, incident, problem, event.count - before.count, before.flapping, by)
  world.resolveIfQuiet(incident, by)
  if (event.status !== 'firing') endOverflow(world, company, by)
}

/**
 * A problem that fires again shortly after its incident was resolved is the same trouble; one that merely went silent before is not told from a
 * new one: reopening for those too took the mean incident F1 over the data sets from 0.69 to 0.48.
 */
function mayReopen(company: CompanyNode, incident: IncidentNode, onsetMs: number): boolean {
  const { status, resolvedAtMs } = incident.state
  return status === 'resolved' && resolvedAtMs !== null && onsetMs - resolvedAtMs <= company.tuning.windowMs
}

function sameProblem(company: CompanyNode, incident: IncidentNode, { problemKey, firstAtMs }: PlacedProblem): Evidence {
  const seconds = Math.round((firstAtMs - (incident.state.resolvedAtMs ?? 0)) / 1000)
  return {
    rule: 'same_problem', withProblemKey: problemKey, score: 1, threshold: company.tuning.threshold,
    features: [{ name: 'same_problem', value: 1, weight: 1, detail: `fired again ${seconds} s after the incident was resolved` }],
    ruleId: null, rulesRevision: company.rules.revision, considered: [],
  }
}

/** What would keep a known problem quiet if this event of it were its first. */
function judgeEvent(world: World, company: CompanyNode, { stateKey, state }: ProblemNode, event: PlacedProblem): Suppression | null {
  const problem = new ProblemNode(stateKey, { ...state, problem: event, releasedAtMs: null, toldAtMs: null })
  return judge({ company, problem, atMs: event.firstAtMs, nowMs: world.upstream.nowMs })
}

/** An incident of one problem that went silent, and fires again soon after. */
function isAlone(incident: IncidentNode, silentMs: number): boolean {
  return incident.members.size === 1 && incident.state.past.problemCount === 0 && silentMs <= ALONE_MS
}

/** A problem that had gone silent and fires again looks for where it belongs now, although its incident goes on without it. */
function hasLapsed(incident: IncidentNode, before: PlacedProblem): boolean {
  return before.change === 'expired' && incident.members.size > 1
}

function leave(world: World, company: CompanyNode, problem: ProblemNode, incident: IncidentNode): void {
  world.tellNow(incident)
  moveToPast(incident, problem)
  problem.incident = null
  // As after a restart, where that is cheap; a large incident that has ended is offered with what is left of its newest.
  if (incident.members.size <= REINDEX_MAX) company.reindex(incident)
  else for (const group of incident.groups.values()) withhold(group.problems, problem)
  world.keep(incident.stateKey, incident.entry)
}

function overflow(world: World, company: CompanyNode, event: ProblemEvent, by: Cause): Outcome {
  const known = company.problems.get(OVERFLOW_KEY)
  const isOpen = known?.isFiring === true
  const before = known?.state.problem
  const count = isOpen && before !== undefined ? before.count + 1 : 1
  const synthetic: PlacedProblem = {
    ...event, problemKey: OVERFLOW_KEY, asset: null, signature: 'too many open problems', severity: 'high', source: 'alert-whisperer', labels: {},
    title: 'too many open problems', message: `${count} observations of further problems joined this one; the last was ${event.problemKey}`,
    change: isOpen ? 'repeated' : 'opened', episode: isOpen ? before?.episode ?? 1 : (before?.episode ?? 0) + 1, count,
    alertId: isOpen ? before?.alertId ?? event.alertId : event.alertId, firstAtMs: isOpen ? before?.firstAtMs ?? event.atMs : event.atMs, lastAtMs: event.atMs,
  }
  const cause = { ...by, causeId: OVERFLOW_KEY }
  if (known !== undefined) update(world, company, known, synthetic, cause)
  else {
    company.firing += 1
    const problem = world.problem(company, synthetic, by.position)
    company.problems.set(OVERFLOW_KEY, problem)
    found(world, company, problem, cause)
  }
  beat(world, company, 1, known === undefined ? 1 : 0, cause)
  return { kind: 'absorbed', reason: OVERFLOW_KEY }
}

/** The overflow problem resolves once nine tenths of the limit are free enough to take problems again. */
function endOverflow(world: World, company: CompanyNode, by: Cause): void {
  const problem = company.problems.get(OVERFLOW_KEY)
  if (problem === undefined || !problem.isFiring || company.firing > world.openMax * 0.9) return
  const before = problem.state.problem
  update(world, company, problem, { ...before, change: 'resolved', status: 'resolved', resolvedAtMs: by.atMs, atMs: by.atMs }, { ...by, causeId: OVERFLOW_KEY })
}
