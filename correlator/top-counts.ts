/** Counts by name with the largest few at hand. Counting is cheap; the order is by count, then by name. */
export class TopCounts {
  /** Null while there is at most one name, as in most incidents: that one stands in `#top` and its count in `#only`. */
  #counts: Map<string, number> | null = null
  #only = 0
  readonly #keep: number
  #top: string[] = []
  #isStale = false

  constructor(keep: number) {
    this.#keep = keep
  }

  /** Distinct names. */
  get size(): number {
    return this.#counts?.size ?? this.#top.length
  }

  has(name: string): boolean {
    return this.count(name) > 0
  }

  count(name: string): number {
    if (this.#counts !== null) return this.#counts.get(name) ?? 0
    return this.#top[0] === name ? this.#only : 0
  }

  entries(): Iterable<readonly [string, number]> {
    if (this.#counts !== null) return this.#counts.entries()
    return this.#top.map((name) => [name, this.#only] as const)
  }

  add(name: string, by: number): void {
    const count = this.count(name) + by
    if (this.#counts === null) {
      const only = this.#top[0]
      if (only === undefined || only === name) {
        this.#only = count
        if (count <= 0) this.#top = []
        else if (only === undefined) this.#top = [name]
        return
      }
      this.#counts = new Map([[only, this.#only]])
    }
    if (count <= 0) {
      this.#counts.delete(name)
      this.#isStale = true
      return
    }
    this.#counts.set(name, count)
    if (by < 0) this.#isStale = true
    if (!this.#isStale) this.#rise(name, count)
  }

  /** The names with the largest counts, largest first. */
  top(): readonly string[] {
    if (this.#isStale && this.#counts !== null) {
      this.#top = [...this.#counts.keys()].sort((a, b) => (this.#isBefore(a, b) ? -1 : 1)).slice(0, this.#keep)
      this.#isStale = false
    }
    return this.#top
  }

  /** Puts a name whose count has grown in its place. */
  #rise(name: string, count: number): void {
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

  #isBefore(a: string, b: string): boolean {
    const difference = this.count(a) - this.count(b)
    return difference !== 0 ? difference > 0 : a < b
  }
}
