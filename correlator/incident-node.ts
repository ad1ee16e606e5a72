import type { CorrelateEntry, IncidentEntry, PlacedProblem } from '../schemas/records.ts'
import { Sketch } from './insight/fingerprint.ts'
import type { Group, KeyList } from './key-list.ts'
import { newestFirst, type ProblemNode } from './problem-node.ts'
import { cut } from './text.ts'
import { TopCounts } from './top-counts.ts'

/** At most so many assets, sources and problem keys stand in a snapshot. */
export const SNAPSHOT_NAMES = 20
/** Longest problem key in a snapshot. */
export const KEY_CHARS = 300

/** An incident in memory: its state entry, its problems, and figures over them that depend on those entries alone. */
export class IncidentNode {
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly state: IncidentEntry
  readonly members = new Set<ProblemNode>()
  /** Problems that are kept quiet and stand with it: offered for comparing, and counted nowhere. */
  readonly quiet = new Set<ProblemNode>()
  readonly groups = new Map<KeyList, Group>()
  readonly assets = new TopCounts(SNAPSHOT_NAMES)
  readonly signatures = new TopCounts(1)
  readonly sources = new TopCounts(SNAPSHOT_NAMES)
  /** Newest of its problems, newest first; null when it must be found anew. */
  #newest: ProblemNode[] | null = []
  /** Their keys as a snapshot shows them: twenty problems to read for each snapshot would be twenty misses of the processor's cache. */
  readonly #newestKeys: string[] = []
  firing = 0
  alerts = 0
  /** The incident it merged into. */
  into: IncidentNode | null = null
  /** Incidents that merged into this one; forgotten with it. */
  readonly aliases: IncidentNode[] = []
  /** Which problems it has, for recognising it; null when that must be found anew. */
  #sketch: Sketch | null = new Sketch()
  /** True from a change of its sketch to the end of the record. */
  hasNewShape = false
  /** Who ended it by the present record, where a person did. */
  endedBy: string | null = null
  /** When the next look at it is due; see `nextDueMs`. */
  dueMs = Number.POSITIVE_INFINITY

  constructor(stateKey: string, state: IncidentEntry) {
    this.stateKey = stateKey
    this.state = state
    this.entry = { event: state }
  }

  get isEnded(): boolean {
    return this.state.status === 'resolved' || this.state.status === 'closed'
  }

  /** Counts a problem in. */
  take(problem: ProblemNode): void {
    problem.incident = this
    this.members.add(problem)
    this.#count(problem, 1)
    this.showNewest(problem)
    if (this.#sketch === null || this.#sketch.add(problem.fingerprint)) this.hasNewShape = true
  }

  /** What its problems are recognised by. */
  get sketch(): Sketch {
    if (this.#sketch === null) {
      this.#sketch = new Sketch()
      for (const problem of this.members) this.#sketch.add(problem.fingerprint)
    }
    return this.#sketch
  }

  /** Its problems have left or changed their names. */
  reshape(): void {
    this.#sketch = null
    this.hasNewShape = true
  }

  /** Counts a problem out. */
  release(problem: ProblemNode): void {
    this.members.delete(problem)
    this.#count(problem, -1)
    if (this.#newest?.includes(problem) === true) this.#newest = null
    this.reshape()
  }

  /** Newest of its problems, newest first. */
  get newest(): readonly ProblemNode[] {
    if (this.#newest === null) {
      this.#newest = [...this.members].sort(newestFirst).slice(0, SNAPSHOT_NAMES)
      this.#newestKeys.splice(0, SNAPSHOT_NAMES, ...this.#newest.map(shownKey))
    }
    return this.#newest
  }

  /** Their keys, at most 300 characters each. */
  get newestKeys(): readonly string[] {
    return this.newest.length === 0 ? [] : this.#newestKeys
  }

  /** Counts what a newer event of a problem changes. */
  recount(problem: ProblemNode, before: PlacedProblem, countBefore: number): void {
    const { problem: after, countBefore: countNow } = problem.state
    this.alerts += countNow + after.count - countBefore - before.count
    this.firing += (after.status === 'firing' ? 1 : 0) - (before.status === 'firing' ? 1 : 0)
    if (before.asset !== after.asset) {
      if (before.asset !== null) this.assets.add(before.asset, -1)
      if (after.asset !== null) this.assets.add(after.asset, 1)
    }
    if (before.asset !== after.asset || before.signature !== after.signature) this.reshape()
    const [was, is] = [before.signature ?? before.title, after.signature ?? after.title]
    if (was !== is) {
      this.signatures.add(was, -1)
      this.signatures.add(is, 1)
    }
    if (before.source !== after.source) {
      this.sources.add(before.source, -1)
      this.sources.add(after.source, 1)
    }
    if (before.firstAtMs !== after.firstAtMs) this.showNewest(problem)
  }

  /** Puts a problem in its place among the newest, after its episode began. */
  showNewest(problem: ProblemNode): void {
    const newest = this.#newest
    if (newest === null) return
    const known = newest.indexOf(problem)
    if (known >= 0) {
      newest.splice(known, 1)
      this.#newestKeys.splice(known, 1)
    }
    let at = newest.length
    while (at > 0 && newestFirst(problem, newest[at - 1] as ProblemNode) < 0) at -= 1
    if (at >= SNAPSHOT_NAMES) return
    newest.splice(at, 0, problem)
    this.#newestKeys.splice(at, 0, shownKey(problem))
    if (newest.length <= SNAPSHOT_NAMES) return
    newest.pop()
    this.#newestKeys.pop()
  }

  /** Takes over everything of an incident that merges into this one; its problems keep their entries. */
  absorb(other: IncidentNode): void {
    for (const problem of other.members) {
      problem.incident = this
      this.members.add(problem)
    }
    for (const problem of other.quiet) {
      problem.standsIn = this
      this.quiet.add(problem)
    }
    other.quiet.clear()
    for (const [name, count] of other.assets.entries()) this.assets.add(name, count)
    for (const [name, count] of other.signatures.entries()) this.signatures.add(name, count)
    for (const [name, count] of other.sources.entries()) this.sources.add(name, count)
    for (const problem of other.newest) this.showNewest(problem)
    if (this.#sketch === null || other.#sketch === null) this.reshape()
    else for (const hash of other.#sketch.hashes) if (this.#sketch.add(hash)) this.hasNewShape = true
    for (const group of [...other.groups.values()]) group.list.merge(this, group)
    this.firing += other.firing
    this.alerts += other.alerts
    other.into = this
    this.aliases.push(other, ...other.aliases)
    for (const alias of other.aliases) alias.into = this
    other.aliases.length = 0
    other.members.clear()
    other.groups.clear()
    other.#newest = []
    other.#sketch = new Sketch()
    other.#newestKeys.length = 0
  }

  #count(problem: ProblemNode, by: 1 | -1): void {
    const { asset, signature, source, count, status } = problem.state.problem
    if (asset !== null) this.assets.add(asset, by)
    this.signatures.add(signature ?? problem.state.problem.title, by)
    this.sources.add(source, by)
    this.alerts += by * (problem.state.countBefore + count)
    if (status === 'firing') this.firing += by
  }
}

function shownKey(problem: ProblemNode): string {
  return cut(problem.state.problem.problemKey, KEY_CHARS)
}

/** The incident that stands for this one after merges. */
export function aliveOf(incident: IncidentNode): IncidentNode {
  let alive = incident
  while (alive.into !== null) alive = alive.into
  return alive
}
