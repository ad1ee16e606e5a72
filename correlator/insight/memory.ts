/**
 * What is kept of things that may come again, bounded: those seen once and those seen again have a room each, so that a storm of new ones
 * pushes out none that do come again. In each room whatever was touched longest ago goes first. The order is that of the log, and
 * every item carries it (`version`, `turn`), so that it is the same after a restart.
 */

/** An item; `state` is what is stored. */
export interface Remembered {
  /** Unique in the company. */
  readonly id: string | number
  readonly state: { version: number; turn: number }
  readonly isRecurring: boolean
  /** Log time it was last seen at, in ms. */
  readonly lastMs: number
}

/** Items of one kind of one company. */
export class Memory<N extends Remembered> {
  readonly #once = new Map<N['id'], N>()
  readonly #recurring = new Map<N['id'], N>()
  readonly #max: number
  #turn = 0
  #version = -1

  /** `max`: items of each room. */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#once.size + this.#recurring.size
  }

  get(id: N['id']): N | undefined {
    return this.#recurring.get(id) ?? this.#once.get(id)
  }

  /** Puts back what was stored, in the order it was touched in. */
  load(items: N[]): void {
    items.sort((a, b) => a.state.version - b.state.version || a.state.turn - b.state.turn)
    for (const item of items) this.#room(item).set(item.id, item)
  }

  /** Notes that an item was made or changed by the record at `version`; gives the one that had to go for it. */
  touch(item: N, version: number): N | null {
    if (version !== this.#version) this.#turn = 0
    this.#version = version
    item.state.version = version
    item.state.turn = this.#turn++
    this.#once.delete(item.id)
    this.#recurring.delete(item.id)
    const room = this.#room(item)
    room.set(item.id, item)
    if (room.size <= this.#max) return null
    const [oldest] = room.values()
    if (oldest === undefined) return null
    room.delete(oldest.id)
    return oldest
  }

  /** Takes an item out. */
  remove(item: N): void {
    this.#once.delete(item.id)
    this.#recurring.delete(item.id)
  }

  /** Takes out, from the head of each room, what was last seen before `beforeMs`; at most `most` of each. */
  expire(beforeMs: number, most: number, gone: (item: N) => void): void {
    for (const room of [this.#once, this.#recurring]) {
      let left = most
      for (const item of room.values()) {
        if (left-- <= 0 || item.lastMs >= beforeMs) break
        room.delete(item.id)
        gone(item)
      }
    }
  }

  #room(item: N): Map<N['id'], N> {
    return item.isRecurring ? this.#recurring : this.#once
  }
}
