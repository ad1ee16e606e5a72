/** Finds the open incidents a problem may join: candidates by index only, so the cost does not depend on how many incidents are open. */
import type { Considered } from '../schemas/records.ts'
import type { CompanyNode } from './company-node.ts'
import { aliveOf, type IncidentNode } from './incident-node.ts'
import type { Group, KeyList } from './key-list.ts'
import type { ProblemNode } from './problem-node.ts'
import { isOtherTool, LATENESS_MS, scorePair } from './score.ts'

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

/** Others that are told with a problem at most, each of another incident. */
export const CONSIDERED_MAX = 5

/** Another problem that was looked at, and why it was not joined. */
interface Other {
  incident: IncidentNode
  problem: ProblemNode
  /** At least so much; the exact score is found only for those that are told. */
  score: number
  why: Why
}

type Why = 'below' | 'window' | 'life' | 'person' | 'closed' | 'ended' | 'rule'

/** Searches done so far and pairs scored in them; for the bench. */
export const searchStats = { searches: 0, pairs: 0 }

const lists: KeyList[] = []
const matches: Match[] = []
/** Best first; the first `othersSize` count. */
const others: Other[] = []
let othersSize = 0
let serial = 0

/** Why an incident may not take a problem that began then: somebody has ended it, or it is too old. Null when it may; one that ended by itself is opened again. */
export function refusal(incident: IncidentNode, onsetMs: number, maxLifeMs: number): Why | null {
  const { status, openedAtMs, resolvedByPerson } = incident.state
  if (status === 'closed') return 'closed'
  if (resolvedByPerson) return 'person'
  return onsetMs - openedAtMs <= maxLifeMs ? null : 'life'
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
  othersSize = 0
  const { windowMs, maxLifeMs, threshold } = company.tuning
  const { grouping } = company
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
      const incident = group.incident
      // Of its own asset another tool may have said the same long ago and say it still.
      const isPast = group.newestMs < onsetMs - windowMs
      if (isPast && (at > 0 || problem.assetKey === null || group.newestMs < onsetMs - maxLifeMs)) {
        // Of its own asset the last one is worth telling.
        const last = group.problems[0]
        if (at === 0 && last != null && offered === 0 && problem.assetKey !== null) consider(incident, last, 0, 'window')
        break
      }
      const refused = refusal(incident, onsetMs, maxLifeMs)
      if (refused !== null) {
        const last = group.problems[0]
        if (at === 0 && last != null) consider(incident, last, 0, refused)
        continue
      }
      if (grouping !== null && grouping.barring(problem, incident) !== null) {
        if (group.problems[0] != null) consider(incident, group.problems[0], 0, 'rule')
        continue
      }
      offered += 1
      for (const other of group.problems) {
        if (other === null) break
        if (other.mark === serial) continue
        other.mark = serial
        if (isPast && (other.signatureKey !== problem.signatureKey || !isOtherTool(problem, other))) {
          consider(incident, other, 0, 'window')
          continue
        }
        if (!mayRelate(onsetMs, other)) {
          if (at === 0) consider(incident, other, 0, 'ended')
          continue
        }
        pairs += 1
        const score = scorePair(problem, other, company.tuning, company.graph, threshold)
        if (score >= threshold) note(incident, other, score)
        else if (score > 0 && (othersSize < CONSIDERED_MAX || score > (others[othersSize - 1] as Other).score)) consider(incident, other, score, 'below')
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

/** Keeps the best few, one an incident; of equal ones that seen first, which is that of the most telling key. */
function consider(incident: IncidentNode, problem: ProblemNode, score: number, why: Why): void {
  let at = 0
  while (at < othersSize && (others[at] as Other).incident !== incident) at += 1
  if (at < othersSize) {
    if (score <= (others[at] as Other).score) return
  } else if (othersSize < CONSIDERED_MAX) {
    at = othersSize
    othersSize += 1
    if (at === others.length) others.push({ incident, problem, score, why })
  } else if (score > (others[at - 1] as Other).score) at -= 1
  else return
  const taken = others[at] as Other
  while (at > 0 && (others[at - 1] as Other).score < score) {
    others[at] = others[at - 1] as Other
    at -= 1
  }
  taken.incident = incident
  taken.problem = problem
  taken.score = score
  taken.why = why
  others[at] = taken
}

/**
 * What the last search looked at beside the incident that was joined: best first, at most five, with the reason it was not joined. `refused`
 * are those that fitted and were yet not merged, with the reason.
 */
export function consideredBeside(company: CompanyNode, problem: ProblemNode, joined: IncidentNode | null, refused: readonly Considered[] = NONE_REFUSED): Considered[] {
  const { tuning, graph } = company
  const told = refused.slice(0, CONSIDERED_MAX)
  for (let i = 0; i < othersSize && told.length < CONSIDERED_MAX; i += 1) {
    const { incident, problem: other, why } = others[i] as Other
    const alive = aliveOf(incident)
    // It may have merged into the one that was joined, or fitted with another of its problems.
    if (alive === joined || matches.some((match) => match.incident === incident)) continue
    const score = why === 'below' ? scorePair(problem, other, tuning, graph, 0) : 0
    told.push({ incidentId: alive.state.incidentId, problemKey: other.state.problem.problemKey, score, reason: why === 'rule' ? barredBy(company, problem, alive) : reasonOf(why, problem, other, tuning) })
  }
  return told.length === 0 ? [] : told
}

const NONE_REFUSED: readonly Considered[] = []

function barredBy({ grouping }: CompanyNode, problem: ProblemNode, incident: IncidentNode): string {
  const rule = grouping?.barring(problem, incident) ?? null
  return rule === null ? 'a rule keeps it apart' : `rule ${rule.id} keeps it apart`
}

function reasonOf(why: Exclude<Why, 'rule'>, problem: ProblemNode, other: ProblemNode, { threshold, windowMs, maxLifeMs }: CompanyNode['tuning']): string {
  switch (why) {
    case 'below': return `the score stays below ${threshold}`
    case 'window': return `began ${Math.round((problem.onsetMs - other.onsetMs) / 1000)} s before, outside the window of ${Math.round(windowMs / 1000)} s`
    case 'life': return `the incident is older than ${Math.round(maxLifeMs / 60_000)} min and takes nothing new`
    case 'person': return 'a person resolved the incident'
    case 'closed': return 'the incident is closed'
    case 'ended': return `ended ${Math.round((problem.onsetMs - other.endMs) / 1000)} s before`
  }
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
