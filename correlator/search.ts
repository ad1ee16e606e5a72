/** Finds the open incidents a problem may join: candidates by index only, so the cost does not depend on how many incidents are open. */
import type { CompanyNode } from './company-node.ts'
import { aliveOf, type IncidentNode } from './incident-node.ts'
import type { Group, KeyList } from './key-list.ts'
import type { ProblemNode } from './problem-node.ts'
import { LATENESS_MS, scorePair } from './score.ts'

/** Incidents one key offers, newest first. */
export const INCIDENTS_PER_KEY = 32
/** Pairs scored for one problem at most. */
export const PAIRS_MAX = 256

/** An incident that fits, and its problem that fits best. */
export interface Match {
  readonly incident: IncidentNode
  score: number
  problem: ProblemNode
}

/** Searches done so far and pairs scored in them; for the bench. */
export const searchStats = { searches: 0, pairs: 0 }

const lists: KeyList[] = []
const matches: Match[] = []
let serial = 0

/** True when an incident may take a problem that began then: nobody has ended it, and it is not too old. One that ended by itself is opened again. */
function mayTake(incident: IncidentNode, onsetMs: number, maxLifeMs: number): boolean {
  const { status, openedAtMs, resolvedByPerson } = incident.state
  return onsetMs - openedAtMs <= maxLifeMs && status !== 'closed' && !resolvedByPerson
}

/**
 * True when two problems may be related in time: the other one fires, or had ended at most the lateness bound before. The bound makes the
 * answer the same whichever of the two arrives first, which a rule about the whole incident could not.
 */
function mayRelate(onsetMs: number, other: ProblemNode): boolean {
  return onsetMs <= other.endMs + LATENESS_MS
}

/** Every incident with a problem that scores at or above the threshold with this one, best first; of equal scores the oldest incident first. The answer holds until the next search. */
export function searchIncidents(company: CompanyNode, problem: ProblemNode): readonly Match[] {
  if (matches.length > 0) matches.length = 0
  const { windowMs, maxLifeMs, threshold } = company.tuning
  const { onsetMs } = problem
  serial += 1
  searchStats.searches += 1
  problem.mark = serial
  const size = company.lists(problem, lists)
  let pairs = 0
  for (let at = 0; at < size; at += 1) {
    const { groups } = lists[at] as KeyList
    let offered = 0
    for (let i = groups.length - 1; i >= 0 && offered < INCIDENTS_PER_KEY && pairs < PAIRS_MAX; i -= 1) {
      const group = groups[i] as Group
      if (group.newestMs < onsetMs - windowMs) break
      const incident = group.incident
      if (!mayTake(incident, onsetMs, maxLifeMs)) continue
      offered += 1
      for (const other of group.problems) {
        if (other === null) break
        if (other.mark === serial) continue
        other.mark = serial
        if (!mayRelate(onsetMs, other)) continue
        pairs += 1
        const score = scorePair(problem, other, company.tuning, company.graph)
        if (score >= threshold) note(incident, other, score)
      }
    }
  }
  searchStats.pairs += pairs
  if (matches.length > 1) matches.sort((a, b) => b.score - a.score || (isOlder(a.incident, b.incident) ? -1 : 1))
  return matches
}

function note(incident: IncidentNode, problem: ProblemNode, score: number): void {
  for (const match of matches) {
    if (match.incident !== incident) continue
    if (score > match.score || (score === match.score && isNearer(problem, match.problem))) {
      match.score = score
      match.problem = problem
    }
    return
  }
  matches.push({ incident, score, problem })
}

/** Of equal scores the later problem is named, then the smaller key, so that the evidence does not depend on the order of the index. */
function isNearer(a: ProblemNode, b: ProblemNode): boolean {
  return a.onsetMs !== b.onsetMs ? a.onsetMs > b.onsetMs : a.state.problem.problemKey < b.state.problem.problemKey
}

/** Which of two incidents survives a merge: the oldest, then the smallest id. */
export function isOlder(a: IncidentNode, b: IncidentNode): boolean {
  return a.state.openedAtMs !== b.state.openedAtMs ? a.state.openedAtMs < b.state.openedAtMs : a.state.incidentId < b.state.incidentId
}

/** True when a split put these two apart: no score may join them again. */
export function areApart(company: CompanyNode, a: IncidentNode, b: IncidentNode): boolean {
  const names = (from: IncidentNode, to: IncidentNode): boolean => from.state.apart.some((id) => {
    const other = company.incidents.get(id)
    return other !== undefined && aliveOf(other) === to
  })
  return names(a, b) || names(b, a)
}
