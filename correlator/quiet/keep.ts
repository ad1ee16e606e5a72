/** Keeps problems quiet: those that begin, those that were placed just before what explains them was told, and those that are quiet and change. */
import type { Evidence, Feature, PlacedProblem, Suppression } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import { aliveOf, type IncidentNode } from '../incident-node.ts'
import { areSameLabels } from '../labels.ts'
import type { ProblemNode } from '../problem-node.ts'
import { LATENESS_MS } from '../score.ts'
import type { Cause, World } from '../world.ts'
import { byCause, judge, SETTLE_MS } from './judge.ts'
import { causeKeys, targetKeys } from './keys.ts'
import { MOVABLE_MS } from './quiet-index.ts'
import { enterHome, homeOf, leaveHome, standIn, unite } from './stand.ts'
import { heldBy, reachOf } from './witness.ts'

/** Problems that one cause is asked of in vain, when it begins. */
const REFUSED_MAX = 256

interface Moving { readonly problem: ProblemNode; readonly verdict: Suppression }

/** Keeps a problem that stands in no incident quiet where something says so. False when it is to be placed. */
export function keepQuiet(world: World, company: CompanyNode, problem: ProblemNode, by: Cause): boolean {
  const verdict = judge({ company, problem, atMs: problem.onsetMs, nowMs: world.upstream.nowMs })
  if (verdict === null) return false
  hold(world, company, problem, verdict, by)
  const home = homeOf(company, problem, verdict)
  if (home !== null) standIn(world, company, problem, home, by)
  return true
}

/** Puts a suppression in force, in place of the one before. */
export function hold(world: World, company: CompanyNode, problem: ProblemNode, verdict: Suppression, by: Cause): void {
  const { state } = problem
  const { quiet } = company
  state.suppression = verdict
  state.incidentId = ''
  state.evidence = quietEvidence(company, verdict)
  quiet.kept.add(problem)
  if (verdict.byProblemKey === null) quiet.dropTarget(problem)
  else quiet.setTarget(problem, targetKeys(company, problem))
  world.touchProblem(problem, by.position)
  world.held.want(problem)
}

/** What became of a problem that is kept quiet: it stays so, or is to be placed; `held` is what it was released from. */
export type Updated = { readonly isKept: true } | { readonly isKept: false; readonly held: Suppression | null }

/** Takes a newer event of a problem that is kept quiet. */
export function updateQuiet(world: World, company: CompanyNode, problem: ProblemNode, event: PlacedProblem, by: Cause): Updated {
  const { state } = problem
  const before = state.problem
  const held = state.suppression
  const { nowMs } = world.upstream
  const isFiring = event.status === 'firing'
  company.firing += (isFiring ? 1 : 0) - (before.status === 'firing' ? 1 : 0)
  const firesAgain = isFiring && (before.status !== 'firing' || event.episode > before.episode)
  const isRenamed = problem.update(event)
  if (firesAgain) {
    const home = leaveHome(problem)
    if (home !== null) company.reindex(home)
    free(company, problem)
    return keepQuiet(world, company, problem, by) ? { isKept: true } : { isKept: false, held: null }
  }
  if (isRenamed && problem.standsIn !== null) company.reindex(aliveOf(problem.standsIn))
  world.touchProblem(problem, by.position)
  world.held.want(problem)
  if (held === null || !isFiring || !saysOtherwise(before, event)) return { isKept: true }
  const verdict = judge({ company, problem, atMs: held.sinceMs, nowMs })
  if (verdict !== null && isSame(held, verdict)) {
    if (verdict.byProblemKey !== null) company.quiet.setTarget(problem, targetKeys(company, problem))
    return { isKept: true }
  }
  const home = leaveHome(problem)
  if (home !== null) company.reindex(home)
  if (verdict !== null) {
    hold(world, company, problem, verdict, by)
    return { isKept: true }
  }
  if (held.kind !== 'hold') state.releasedAtMs = by.atMs
  state.toldAtMs = by.atMs
  free(company, problem)
  return { isKept: false, held }
}

/** Makes a problem one that is not kept quiet; whoever calls places it. */
export function free(company: CompanyNode, problem: ProblemNode): void {
  problem.state.suppression = null
  company.quiet.kept.delete(problem)
  company.quiet.dropTarget(problem)
  problem.settleOnset()
}

/** Notes that a problem that may be placed or kept quiet says something else. */
export function noteChange(world: World, company: CompanyNode, problem: ProblemNode, before: PlacedProblem, by: Cause): void {
  const after = problem.state.problem
  const isOther = saysOtherwise(before, after)
  if (isOther && problem.incident !== null && problem.toldMs + MOVABLE_MS >= world.upstream.nowMs) company.quiet.setTarget(problem, targetKeys(company, problem))
  if (isOther || before.status !== after.status || before.episode !== after.episode) noteCause(world, company, problem, by)
}

/** Notes that a problem was placed, so that it can still be moved behind what explains it. */
export function notePlaced(world: World, company: CompanyNode, problem: ProblemNode): void {
  company.quiet.prune(world.upstream.nowMs)
  company.quiet.setTarget(problem, targetKeys(company, problem))
}

/** Notes that a problem began, ended or says something else, where it may explain others. */
export function noteCause(world: World, company: CompanyNode, problem: ProblemNode, by: Cause): void {
  const { quiet } = company
  const keys = causeKeys(company, problem)
  const was = quiet.cause(problem)
  if (keys.length === 0 && was === undefined) return
  const isSameEpisode = was !== undefined && was.firstAtMs === problem.state.problem.firstAtMs
  const areSameKeys = was !== undefined && was.keys.length === keys.length && was.keys.every((key, i) => key === keys[i])
  if (!isSameEpisode || !areSameKeys) {
    if (problem.isFiring || isSameEpisode) quiet.setCause(problem, keys)
    else quiet.dropCause(problem)
    if (was !== undefined && !areSameKeys) rejudge(world, company, heldBy(company, problem, was.keys), by)
    if (problem.isFiring && keys.length > 0) began(world, company, problem, keys, by)
  }
  if (problem.isFiring) return
  quiet.endCause(problem)
  rejudge(world, company, heldBy(company, problem, keys), by)
}

/** Moves what a cause explains and was placed shortly before it was told, and holds on to what waited because another cause had ended. */
function began(world: World, company: CompanyNode, cause: ProblemNode, keys: readonly string[], by: Cause): void {
  const { nowMs } = world.upstream
  const reach = reachOf(company, cause, keys)
  if (reach.length === 0) return
  rejudge(world, company, reach, by)
  const earliestMs = Math.max(cause.state.problem.firstAtMs - LATENESS_MS, nowMs - MOVABLE_MS)
  const moving: Moving[] = []
  let refused = 0
  // Newest first: of what cannot be moved only so much is asked each time.
  for (let i = reach.length - 1; i >= 0 && refused < REFUSED_MAX; i -= 1) {
    const problem = reach[i] as ProblemNode
    if (problem.incident === null || problem.toldMs < earliestMs || problem.state.countBefore > 0) continue
    const { status, resolvedByPerson } = aliveOf(problem.incident).state
    if (status === 'closed' || resolvedByPerson) continue
    const verdict = byCause({ company, problem, atMs: problem.toldMs, nowMs })
    if (verdict === null) refused += 1
    else moving.push({ problem, verdict })
  }
  if (moving.length > 0) withdraw(world, company, moving.reverse(), by)
}

function withdraw(world: World, company: CompanyNode, moving: readonly Moving[], by: Cause): void {
  const homes = moving.map(({ problem, verdict }) => {
    const home = homeOf(company, problem, verdict)
    if (home !== null) unite(world, company, home, problem.incident as IncidentNode, by, quietEvidence(company, verdict))
    return home
  })
  const left = new Map<IncidentNode, Suppression>()
  for (const { problem, verdict } of moving) {
    const incident = aliveOf(problem.incident as IncidentNode)
    incident.release(problem)
    problem.incident = null
    left.set(incident, verdict)
  }
  for (const [incident, verdict] of left) {
    company.reindex(incident)
    world.lower(incident)
    world.touch(incident, by)
    if (incident.members.size === 0 && incident.state.past.problemCount === 0 && !incident.isEnded) incident.state.resolution = `nothing is left in it: its problem is kept quiet, ${verdict.reason}`
    world.resolveIfQuiet(incident, by)
  }
  moving.forEach(({ problem, verdict }, i) => {
    hold(world, company, problem, verdict, by)
    const home = homes[i]
    if (home != null) enterHome(company, problem, aliveOf(home))
  })
}

/** Judges anew what is kept quiet because of others. */
function rejudge(world: World, company: CompanyNode, problems: readonly ProblemNode[], by: Cause): void {
  const { nowMs } = world.upstream
  for (const problem of problems) {
    const held = problem.state.suppression
    if (held === null || held.byProblemKey === null || !problem.isFiring) continue
    const verdict = byCause({ company, problem, atMs: held.sinceMs, nowMs }) ?? { ...held, untilMs: held.untilMs ?? by.atMs + SETTLE_MS }
    if (!isSame(held, verdict)) hold(world, company, problem, verdict, by)
  }
}

/** True when two suppressions are the same one. */
export function isSame(a: Suppression, b: Suppression): boolean {
  return a.kind === b.kind && a.ruleId === b.ruleId && a.byProblemKey === b.byProblemKey && a.untilMs === b.untilMs
}

/** True when a rule might judge the two differently. */
export function saysOtherwise(before: PlacedProblem, after: PlacedProblem): boolean {
  return before.severity !== after.severity || before.asset !== after.asset || before.signature !== after.signature || before.title !== after.title
    || before.message !== after.message || before.source !== after.source || !areSameLabels(before.labels, after.labels)
}

function quietEvidence({ rules: { revision }, tuning: { threshold } }: CompanyNode, { kind, ruleId, reason, byProblemKey }: Suppression): Evidence {
  return {
    rule: 'founded', withProblemKey: byProblemKey, score: 0, threshold, features: [{ name: kind, value: 1, weight: 0, detail: reason }], ruleId, rulesRevision: revision, considered: [],
  }
}

/** What the evidence of a released problem tells beside its place. */
export function heldFeature({ problem }: ProblemNode['state'], { kind, reason, sinceMs }: Suppression, untilMs: number): Feature {
  const at = (ms: number): string => new Date(ms).toISOString()
  return { name: `kept_quiet_by_${kind}`, value: 1, weight: 0, detail: `began ${at(problem.firstAtMs)} and was kept quiet from ${at(sinceMs)} to ${at(untilMs)}: ${reason}` }
}
