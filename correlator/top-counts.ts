/** Counts by name with the largest few at hand. Counting is cheap; the order is by count, then by name. */
export class TopCounts {
  readonly #counts = new Map<string, number>()
  readonly #keep: number
  #top: string[] = []
  #isStale = false

  constructor(keep: number) {
    this.#keep = keep
  }

  /** Distinct names. */
  get size(): number {
    return this.#counts.size
  }

  has(name: string): boolean {
    return this.#counts.has(name)
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries()
  }

  add(name: string, by: number): void {
    const count = (this.#counts.get(name) ?? 0) + by
    if (count <= 0) {
      this.#counts.delete(name)
      this.#isStale = true
      return
    }
    this.#counts.set(name, count)
    if (by < 0) this.#isStale = true
    if (this.#isStale) return
    const top = this.#top
    // Most names of a large incident stay far below the top: one look-up settles those.
    if (top.length === this.#keep && count < this.count(top[top.length - 1] as string)) return
    let at = top.indexOf(name)
    if (at < 0) {
      if (top.length === this.#keep && !this.#isBefore(name, top[top.length - 1] as string)) return
      if (top.length === this.#keep) top.pop()
      at = top.push(name) - 1
    }
    while (at > 0 && this.#isBefore(name, top[at - 1] as string)) {
      top[at] = top[at - 1] as string
      at -= 1
      top[at] = name
    }
  }

  /** The names with the largest counts, largest first. */
  top(): readonly string[] {
    if (this.#isStale) {
      this.#top = [...this.#counts.keys()].sort((a, b) => (this.#isBefore(a, b) ? -1 : 1)).slice(0, this.#keep)
      this.#isStale = false
    }
    return this.#top
  }

  #isBefore(a: string, b: string): boolean {
    const difference = this.count(a) - this.count(b)
    return difference !== 0 ? difference > 0 : a < b
  }
}
