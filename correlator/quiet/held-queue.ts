import type { ProblemNode } from '../problem-node.ts'
import { RETIRE_AFTER_MS, SILENT_AFTER_MS } from '../retirement.ts'

/** When time next does something to a problem that is kept quiet: it is released, or leaves the state. */
export function quietDueMs({ isFiring, state: { problem, suppression } }: ProblemNode): number {
  if (!isFiring) return (problem.resolvedAtMs ?? problem.lastAtMs) + RETIRE_AFTER_MS
  return Math.min(suppression?.untilMs ?? Number.POSITIVE_INFINITY, problem.lastAtMs + SILENT_AFTER_MS)
}

interface Item { readonly dueMs: number; readonly problem: ProblemNode }

/** Problems that are kept quiet, by the time they are next looked at: a binary heap. A problem may stand in it more than once; whoever takes it out asks when it is due now. */
export class HeldQueue {
  readonly #heap: Item[] = []

  /** Time of the first one. */
  get firstMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** Wants the problem to come up when it is due. */
  want(problem: ProblemNode): void {
    const heap = this.#heap
    const item = { dueMs: quietDueMs(problem), problem }
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.dueMs <= item.dueMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = item
  }

  /** Takes all that come up first, each once, whether or not they are still due then. */
  takeFirst(): ReadonlySet<ProblemNode> {
    const dueMs = this.firstMs
    const taken = new Set<ProblemNode>()
    while (this.firstMs === dueMs && this.#heap.length > 0) taken.add(this.#take())
    return taken
  }

  #take(): ProblemNode {
    const heap = this.#heap
    const first = heap[0] as Item
    const last = heap.pop() as Item
    if (heap.length === 0) return first.problem
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as Item).dueMs < (heap[child] as Item).dueMs) child += 1
      const below = heap[child] as Item
      if (below.dueMs >= last.dueMs) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return first.problem
  }
}
