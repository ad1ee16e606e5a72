import type { CorrelateEntry, UpstreamTime } from '../schemas/records.ts'

/** Key of the entry. */
export const TIME_KEY = 'm'

/**
 * `now`: the smallest of the upstream partitions' latest times. A partition is known from the first record that names it (the process
 * stage forwards ticks of every partition every five seconds, so that is soon); one never heard of holds nothing back, and one that appears
 * late with an older time cannot move `now` back.
 */
export class Upstream {
  readonly entry: CorrelateEntry
  readonly #state: UpstreamTime
  readonly #atMs = new Map<number, number>()

  constructor(state: UpstreamTime = { type: 'time', nowMs: 0, partitions: [] }) {
    this.#state = state
    this.entry = { event: state }
    for (const { partition, atMs } of state.partitions) this.#atMs.set(partition, atMs)
  }

  get nowMs(): number {
    return this.#state.nowMs
  }

  /** Hears of a partition's time; true when that moved `now`. */
  hear(partition: number, atMs: number): boolean {
    const before = this.#atMs.get(partition)
    if (before !== undefined && atMs <= before) return false
    this.#atMs.set(partition, atMs)
    if (before !== undefined && before > this.#state.nowMs) return false
    let smallest = Number.POSITIVE_INFINITY
    for (const time of this.#atMs.values()) if (time < smallest) smallest = time
    if (smallest <= this.#state.nowMs) return false
    this.#state.nowMs = smallest
    return true
  }

  /** Brings the entry up to date before it is stored. */
  settle(): void {
    this.#state.partitions = [...this.#atMs].sort(([a], [b]) => a - b).map(([partition, atMs]) => ({ partition, atMs }))
  }
}
