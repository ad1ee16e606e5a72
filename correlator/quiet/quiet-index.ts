/**
 * One company's problems that are kept quiet, and by key those that may explain others and those that may be explained. A key is an asset that cannot be
 * reached, or an inhibition rule with the values that must agree. Nothing here decides: who asks judges by the problems' own times, so what is
 * still here although it is over changes no answer.
 */
import type { ProblemNode } from '../problem-node.ts'
import { isPlace } from './key-names.ts'
import { LATENESS_MS } from '../score.ts'

/** For this long after its onset a placed problem may still be moved behind what explains it: that may itself be late by the bound, and began within the bound of it. */
export const MOVABLE_MS = 2 * LATENESS_MS

/** What may explain others, as it was entered. */
export interface CauseItem {
  readonly problem: ProblemNode
  readonly keys: readonly string[]
  readonly firstAtMs: number
}

interface Target { readonly keys: readonly string[]; readonly cause: string | null }

const NONE: readonly CauseItem[] = []
const NOBODY: ReadonlySet<ProblemNode> = new Set()

/** The index; see above. */
export class QuietIndex {
  /** Problems that are kept quiet, resolved ones too until they leave the state. */
  readonly kept = new Set<ProblemNode>()
  readonly #causes = new Map<string, CauseItem[]>()
  readonly #causeOf = new Map<ProblemNode, CauseItem>()
  /** By what may explain them: problems that a new cause may move, or hold on to. */
  readonly #open = new Map<string, Set<ProblemNode>>()
  /** By what they hang on: problems that are explained. */
  readonly #behind = new Map<string, Set<ProblemNode>>()
  /** By the key of the problem that is named as their cause. */
  readonly #explained = new Map<string, Set<ProblemNode>>()
  readonly #targetOf = new Map<ProblemNode, Target>()
  /** Placed problems that may be moved, in the order they came. */
  #movable: ProblemNode[] = []
  #movableAt = 0
  /** Causes that ended. */
  #ended: ProblemNode[] = []
  #endedAt = 0

  /** What may explain problems under a key, oldest first. */
  causes(key: string): readonly CauseItem[] {
    return this.#causes.get(key) ?? NONE
  }

  /** As it was entered; undefined for one that explains nothing. */
  cause(problem: ProblemNode): CauseItem | undefined {
    return this.#causeOf.get(problem)
  }

  /** Problems that something which begins under a key may explain: placed ones, and those whose cause has just ended. */
  open(key: string): ReadonlySet<ProblemNode> {
    return this.#open.get(key) ?? NOBODY
  }

  /** Problems that are explained and hang on something. */
  behind(key: string): ReadonlySet<ProblemNode> {
    return this.#behind.get(key) ?? NOBODY
  }

  /** Problems that name another as their cause. */
  explainedBy(problemKey: string): ReadonlySet<ProblemNode> {
    return this.#explained.get(problemKey) ?? NOBODY
  }

  /** Enters a problem as one that may explain others, in place of what it was before. */
  setCause(problem: ProblemNode, keys: readonly string[]): void {
    this.dropCause(problem)
    if (keys.length === 0) return
    const item: CauseItem = { problem, keys, firstAtMs: problem.state.problem.firstAtMs }
    this.#causeOf.set(problem, item)
    for (const key of keys) {
      const list = this.#causes.get(key)
      if (list === undefined) this.#causes.set(key, [item])
      else list.splice(placeOf(list, item), 0, item)
    }
  }

  dropCause(problem: ProblemNode): void {
    const item = this.#causeOf.get(problem)
    if (item === undefined) return
    this.#causeOf.delete(problem)
    for (const key of item.keys) {
      const list = this.#causes.get(key)
      const at: number = list === undefined ? -1 : placeOf(list, item)
      if (list?.[at] !== item) throw new Error('the index of causes has lost a problem')
      if (list.length === 1) this.#causes.delete(key)
      else list.splice(at, 1)
    }
  }

  /** Notes that a cause has ended, so that it can be forgotten later. */
  endCause(problem: ProblemNode): void {
    this.#ended.push(problem)
  }

  /** Enters a problem as one that may be explained, or is, in place of what it was before; `keys` is where its causes are looked for. */
  setTarget(problem: ProblemNode, keys: readonly string[]): void {
    this.dropTarget(problem)
    const { suppression } = problem.state
    const cause = suppression?.byProblemKey ?? null
    if (keys.length === 0 && cause === null) return
    this.#targetOf.set(problem, { keys, cause })
    if (suppression === null || suppression.untilMs !== null) for (const key of keys) put(this.#open, key, problem)
    if (cause !== null) {
      put(this.#explained, cause, problem)
      for (const key of keys) if (isPlace(key)) put(this.#behind, key, problem)
    } else this.#movable.push(problem)
  }

  dropTarget(problem: ProblemNode): void {
    const target = this.#targetOf.get(problem)
    if (target === undefined) return
    this.#targetOf.delete(problem)
    for (const key of target.keys) {
      take(this.#open, key, problem)
      take(this.#behind, key, problem)
    }
    if (target.cause !== null) take(this.#explained, target.cause, problem)
  }

  /** Forgets a problem. */
  forget(problem: ProblemNode): void {
    this.kept.delete(problem)
    this.dropCause(problem)
    this.dropTarget(problem)
  }

  /** Forgets everything but what is kept quiet, because the keys have changed. */
  clear(): void {
    this.#causes.clear()
    this.#causeOf.clear()
    this.#open.clear()
    this.#behind.clear()
    this.#explained.clear()
    this.#targetOf.clear()
    this.#movable = []
    this.#ended = []
    this.#movableAt = 0
    this.#endedAt = 0
  }

  /** Forgets what can no longer be moved, and causes that are over. Only memory: see above. */
  prune(nowMs: number): void {
    for (; this.#movableAt < this.#movable.length; this.#movableAt += 1) {
      const problem = this.#movable[this.#movableAt] as ProblemNode
      if (problem.toldMs + MOVABLE_MS >= nowMs) break
      if (problem.state.suppression === null) this.dropTarget(problem)
    }
    for (; this.#endedAt < this.#ended.length; this.#endedAt += 1) {
      const problem = this.#ended[this.#endedAt] as ProblemNode
      if (problem.endMs + LATENESS_MS >= nowMs && !problem.isFiring) break
      if (!problem.isFiring) this.dropCause(problem)
    }
    if (this.#movableAt > 1_000 && this.#movableAt * 2 > this.#movable.length) {
      this.#movable = this.#movable.slice(this.#movableAt)
      this.#movableAt = 0
    }
    if (this.#endedAt > 1_000 && this.#endedAt * 2 > this.#ended.length) {
      this.#ended = this.#ended.slice(this.#endedAt)
      this.#endedAt = 0
    }
  }
}

/** True for the problem that began first; of the same moment the smaller key. */
export function beganBefore(a: ProblemNode, b: ProblemNode): boolean {
  const [x, y] = [a.state.problem, b.state.problem]
  return x.firstAtMs !== y.firstAtMs ? x.firstAtMs < y.firstAtMs : x.problemKey < y.problemKey
}

/** Where an item stands, or would, in a list in order. */
function placeOf(list: readonly CauseItem[], item: CauseItem): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(list[middle] as CauseItem, item)) low = middle + 1
    else high = middle
  }
  return low
}

function isBefore(a: CauseItem, b: CauseItem): boolean {
  return a.firstAtMs !== b.firstAtMs ? a.firstAtMs < b.firstAtMs : a.problem.state.problem.problemKey < b.problem.state.problem.problemKey
}

function put(map: Map<string, Set<ProblemNode>>, key: string, problem: ProblemNode): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([problem]))
  else set.add(problem)
}

function take(map: Map<string, Set<ProblemNode>>, key: string, problem: ProblemNode): void {
  const set = map.get(key)
  if (set?.delete(problem) === true && set.size === 0) map.delete(key)
}
