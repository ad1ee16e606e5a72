import type { Clock } from '../schemas/clock.ts'
import { toAppError } from '../schemas/errors.ts'

/** Something that should end in time. */
export interface Deadline {
  /** Takes it off the list; it will not expire. */
  cancel(): void
}

interface Entry extends Deadline {
  readonly dueMs: number
  readonly expire: () => void
}

/** Many deadlines on one timer: a request costs a place in a set, not a timer of its own. Expiry is late by up to the interval. */
export class Deadlines {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #entries = new Set<Entry>()
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#loop = this.#run()
  }

  /** Calls `expire` once, about `delayMs` from now, unless cancelled. */
  after(delayMs: number, expire: () => void): Deadline {
    const entry: Entry = { dueMs: this.#clock.now() + delayMs, expire, cancel: () => void this.#entries.delete(entry) }
    this.#entries.add(entry)
    return entry
  }

  /** Gives the promise's outcome, or rejects with `late()` about `delayMs` from now, whichever comes first. */
  race<T>(promise: Promise<T>, delayMs: number, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = this.after(delayMs, () => reject(late()))
      promise.then(
        (value) => {
          deadline.cancel()
          resolve(value)
        },
        (reason: unknown) => {
          deadline.cancel()
          reject(toAppError(reason))
        },
      )
    })
  }

  /** Stops the timer; what is still waiting no longer expires. */
  async close(): Promise<void> {
    this.#stop.abort(CLOSED)
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(this.#intervalMs, signal)
      } catch (reason) {
        if (reason === CLOSED) return
        throw reason
      }
      const nowMs = this.#clock.now()
      for (const entry of this.#entries) {
        if (entry.dueMs > nowMs) continue
        this.#entries.delete(entry)
        entry.expire()
      }
    }
  }
}

const CLOSED = new Error('closed')
