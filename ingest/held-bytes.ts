/** Bytes that bodies under way may hold at once: of one owner, and of all. */
export interface HeldLimits {
  readonly ownerBytes: number
  readonly totalBytes: number
}

/**
 * Counts what bodies under way hold, so that slow or many senders cost refusals and not memory. Each owner has a share of its own, so that none can use up
 * what is there for the others. Its size is bounded by the requests under way.
 */
export class HeldBytes {
  readonly #limits: HeldLimits
  readonly #byOwner = new Map<string, number>()
  #totalBytes = 0

  constructor(limits: HeldLimits) {
    this.#limits = limits
  }

  /** Takes room for a body: answers how to give it back, once; null when there is none. */
  take(owner: string, bytes: number): (() => void) | null {
    const { ownerBytes, totalBytes } = this.#limits
    const held = this.#byOwner.get(owner) ?? 0
    if (held + bytes > ownerBytes || this.#totalBytes + bytes > totalBytes) return null
    this.#byOwner.set(owner, held + bytes)
    this.#totalBytes += bytes
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#totalBytes -= bytes
      const left = (this.#byOwner.get(owner) ?? bytes) - bytes
      if (left > 0) this.#byOwner.set(owner, left)
      else this.#byOwner.delete(owner)
    }
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#totalBytes
  }

  /** Owners that hold any. */
  get owners(): number {
    return this.#byOwner.size
  }
}
