/**
 * One entry of the inverted index: the incidents that have a problem under a key, in order of their newest such problem, each with its
 * newest few problems to compare with. A pure function of the problems in the state, so a restart finds the same candidates.
 */
import type { IncidentNode } from './incident-node.ts'
import { newestFirst, type ProblemNode } from './problem-node.ts'

/** Problems of one incident that a key offers for comparing. */
export const REPRESENTATIVES = 4

/** One incident under one key. */
export class Group {
  readonly list: KeyList
  /** May have merged; go through `aliveOf`. */
  incident: IncidentNode
  newestMs = Number.NEGATIVE_INFINITY
  /** Newest first, then nulls. Made full at once: an array that grows takes room for 16 more, and there is one for every key of every incident. */
  readonly problems: (ProblemNode | null)[] = [null, null, null, null]

  constructor(list: KeyList, incident: IncidentNode) {
    this.list = list
    this.incident = incident
  }
}

/** The groups of one key, oldest first. */
export class KeyList {
  readonly #owner: Map<string, KeyList>
  readonly key: string
  /** Of a signature: the same at one site. */
  sites: Map<string, KeyList> | null = null
  /** It has left the index, and another list may stand for its key. */
  isGone = false
  groups: Group[] = []

  constructor(owner: Map<string, KeyList>, key: string) {
    this.#owner = owner
    this.key = key
  }

  /** The list of a key, made when missing. */
  static of(owner: Map<string, KeyList>, key: string): KeyList {
    let list = owner.get(key)
    if (list === undefined) {
      list = new KeyList(owner, key)
      owner.set(key, list)
    }
    return list
  }

  /** Puts a problem into its incident's group under this key. */
  add(incident: IncidentNode, problem: ProblemNode): void {
    let group = incident.groups.get(this)
    if (group === undefined) {
      group = new Group(this, incident)
      incident.groups.set(this, group)
    } else if (problem.onsetMs > group.newestMs) this.#take(group)
    else {
      offer(group.problems, problem)
      return
    }
    offer(group.problems, problem)
    group.newestMs = problem.onsetMs
    this.#insert(group)
  }

  /** Puts the problems of another incident's group into this incident's. */
  merge(incident: IncidentNode, other: Group): void {
    this.#take(other)
    const group = incident.groups.get(this)
    if (group === undefined) {
      other.incident = incident
      incident.groups.set(this, other)
      this.#insert(other)
      return
    }
    const newestMs = Math.max(group.newestMs, other.newestMs)
    if (newestMs > group.newestMs) this.#take(group)
    for (const problem of other.problems) if (problem !== null) offer(group.problems, problem)
    if (newestMs > group.newestMs) {
      group.newestMs = newestMs
      this.#insert(group)
    }
  }

  /** Takes a group out; an empty list leaves the index. */
  remove(group: Group): void {
    this.#take(group)
    if (this.groups.length > 0) return
    this.isGone = true
    this.#owner.delete(this.key)
  }

  #insert(group: Group): void {
    const { groups } = this
    let at = groups.length
    while (at > 0 && isAfter(groups[at - 1] as Group, group)) at -= 1
    // Most keys have one group, and an array that has grown would keep room for many.
    if (groups.length === 0) this.groups = [group]
    else if (at === groups.length) groups.push(group)
    else groups.splice(at, 0, group)
  }

  #take(group: Group): void {
    const { groups } = this
    const last = groups.length - 1
    if (groups[last] === group) {
      groups.pop()
      return
    }
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >> 1
      if (isAfter(group, groups[middle] as Group)) low = middle + 1
      else high = middle
    }
    if (groups[low] !== group) throw new Error('the candidate index has lost a group')
    groups.splice(low, 1)
  }
}

function isAfter(a: Group, b: Group): boolean {
  return a.newestMs !== b.newestMs ? a.newestMs > b.newestMs : a.incident.state.foundedPosition > b.incident.state.foundedPosition
}

/** Keeps the newest few problems, newest first. A problem already there moves to its place. */
function offer(problems: (ProblemNode | null)[], problem: ProblemNode): void {
  withhold(problems, problem)
  let moving: ProblemNode | null = problem
  for (let i = 0; i < REPRESENTATIVES && moving !== null; i += 1) {
    const there: ProblemNode | null = problems[i] ?? null
    if (there !== null && newestFirst(moving, there) > 0) continue
    problems[i] = moving
    moving = there
  }
}

/** Takes a problem out of a group's few. */
export function withhold(problems: (ProblemNode | null)[], problem: ProblemNode): void {
  const at = problems.indexOf(problem)
  if (at < 0) return
  problems.copyWithin(at, at + 1)
  problems[REPRESENTATIVES - 1] = null
}
