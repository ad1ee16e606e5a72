/**
 * What time does to incidents, so that the state stays bounded. A resolved incident closes by itself after a day. Two hours after an incident
 * ended, problems of it that have resolved leave the state (their figures stay in the incident); a day after closing it leaves too,
 * unless problems of it still fire. An incident of which nothing was heard for two weeks is resolved: its tool went away.
 */
import type { CompanyNode } from './company-node.ts'
import { SNAPSHOT_NAMES, type IncidentNode } from './incident-node.ts'
import { newestFirst, type ProblemNode } from './problem-node.ts'
import type { World } from './world.ts'

const HOUR_MS = 3_600_000
/** Longer than any window, so that a problem that leaves could not have been compared with any more. */
export const RETIRE_AFTER_MS = 2 * HOUR_MS
/** A resolved incident closes. */
export const CLOSE_AFTER_MS = 24 * HOUR_MS
/** A closed incident is forgotten. */
export const FORGET_AFTER_MS = 24 * HOUR_MS
/** Nothing was heard of an incident for this long. */
export const SILENT_AFTER_MS = 14 * 24 * HOUR_MS

/** When time next does something to an incident. */
export function nextDueMs(incident: IncidentNode): number {
  const { status, updatedAtMs, resolvedAtMs, closedAtMs } = incident.state
  const hasResolved = incident.members.size > incident.firing
  if (status === 'closed') {
    const endedAtMs = closedAtMs ?? updatedAtMs
    if (hasResolved) return endedAtMs + RETIRE_AFTER_MS
    return incident.firing > 0 ? updatedAtMs + SILENT_AFTER_MS : endedAtMs + FORGET_AFTER_MS
  }
  if (status !== 'resolved') return updatedAtMs + SILENT_AFTER_MS
  const endedAtMs = resolvedAtMs ?? updatedAtMs
  return endedAtMs + (hasResolved ? RETIRE_AFTER_MS : CLOSE_AFTER_MS)
}

/** Does everything that is due by `now`. */
export function runDue(world: World, position: number): void {
  const { nowMs } = world.upstream
  while (world.due.firstMs <= nowMs) {
    const incident = world.due.take()
    if (incident === null || incident.into !== null) continue
    const company = world.company(incident.state.companyId)
    if (company.incidents.get(incident.state.incidentId) !== incident) continue
    while (nextDueMs(incident) <= nowMs) if (!advance(world, company, incident, nowMs, position)) break
    if (company.incidents.get(incident.state.incidentId) === incident) world.due.want(incident, nextDueMs(incident))
  }
}

/** One step of an incident's way out; false once it is gone. */
function advance(world: World, company: CompanyNode, incident: IncidentNode, nowMs: number, position: number): boolean {
  const { state } = incident
  const by = { position, atMs: nowMs, cause: 'time' as const, causeId: null }
  const isSilent = nowMs >= state.updatedAtMs + SILENT_AFTER_MS
  if (state.status !== 'resolved' && state.status !== 'closed') {
    state.status = 'resolved'
    state.resolvedAtMs = nowMs
    state.resolution = 'nothing heard for 14 days'
    world.touch(incident, by)
    return true
  }
  const leaving = [...incident.members].filter((problem) => isSilent || !problem.isFiring)
  if (leaving.length > 0) {
    world.tellNow(incident)
    for (const problem of leaving.sort(newestFirst).reverse()) retire(world, company, incident, problem)
    if (incident.members.size === 0) company.unindex(incident)
    else company.reindex(incident)
    world.keep(incident.stateKey, incident.entry)
    return true
  }
  if (state.status === 'resolved') {
    state.status = 'closed'
    state.closedAtMs = nowMs
    world.touch(incident, by)
    return true
  }
  if (incident.firing > 0) return false
  for (const alias of incident.aliases) world.dropIncident(company, alias)
  world.tellNow(incident)
  world.dropIncident(company, incident)
  return false
}

function retire(world: World, company: CompanyNode, incident: IncidentNode, problem: ProblemNode): void {
  moveToPast(incident, problem)
  if (problem.isFiring) company.firing -= 1
  world.dropProblem(company, problem)
}

/** Takes a problem out of an incident and keeps its figures there. */
export function moveToPast(incident: IncidentNode, problem: ProblemNode): void {
  const { past } = incident.state
  const { asset, source, problemKey, count } = problem.state.problem
  incident.release(problem)
  past.problemCount += 1
  past.alertCount += problem.state.countBefore + count
  if (asset !== null) {
    const listed = past.assets.find((known) => known.asset === asset)
    if (listed !== undefined) listed.problems += 1
    else {
      if (!incident.assets.has(asset)) past.assetCount += 1
      if (past.assets.length < SNAPSHOT_NAMES && !incident.assets.has(asset)) past.assets.push({ asset, problems: 1 })
    }
    past.assets.sort((a, b) => b.problems - a.problems || (a.asset < b.asset ? -1 : 1))
  }
  if (!past.sources.includes(source) && past.sources.length < SNAPSHOT_NAMES) past.sources.push(source)
  past.latestProblemKeys = [problemKey, ...past.latestProblemKeys.filter((key) => key !== problemKey)].slice(0, SNAPSHOT_NAMES)
}

/** Takes a problem that comes back out of the figures of the past again. */
export function takeFromPast(incident: IncidentNode, problem: ProblemNode): void {
  const { past } = incident.state
  const { asset } = problem.state.problem
  past.problemCount -= 1
  past.alertCount -= problem.state.countBefore
  const listed = past.assets.find((known) => known.asset === asset)
  if (listed === undefined) return
  listed.problems -= 1
  if (listed.problems > 0) return
  past.assets = past.assets.filter((known) => known !== listed)
  past.assetCount -= 1
}
