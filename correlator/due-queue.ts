import type { IncidentNode } from './incident-node.ts'

/** Incidents by the time they are next looked at: a binary heap. An incident whose time has moved on is put back when it comes up. */
export class DueQueue {
  readonly #heap: { dueMs: number; incident: IncidentNode }[] = []

  /** Time of the first one. */
  get firstMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** Wants the incident to come up at that time, unless it comes up earlier anyway. */
  want(incident: IncidentNode, dueMs: number): void {
    if (dueMs >= incident.dueMs) return
    incident.dueMs = dueMs
    const heap = this.#heap
    const item = { dueMs, incident }
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.dueMs <= dueMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = item
  }

  /** Takes the first one out; null for one that has been put earlier since and was already seen. */
  take(): IncidentNode | null {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return null
    if (heap.length > 0) {
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= heap.length) break
        const left = heap[child]
        const right = heap[child + 1]
        if (left !== undefined && right !== undefined && right.dueMs < left.dueMs) child += 1
        const below = heap[child]
        if (below === undefined || below.dueMs >= last.dueMs) break
        heap[at] = below
        at = child
      }
      heap[at] = last
    }
    if (first.incident.dueMs !== first.dueMs) return null
    first.incident.dueMs = Number.POSITIVE_INFINITY
    return first.incident
  }
}
