/** The only reader of the machine's time. Everything else is handed a Clock, so tests move time themselves. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(reasonOf(signal))
      const onAbort = () => {
        clearTimeout(timer)
        reject(reasonOf(signal))
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, delayMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** Whether a signal has been aborted by now; a call, because a property read twice counts as unchanged. */
export const isAborted = (signal: AbortSignal): boolean => signal.aborted

/** Why a signal was aborted, as an Error. */
function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error('aborted')
}

/** A clock that stands still until a test moves it; sleepers wake in order of their due time. */
export class TestClock implements Clock {
  #nowMs: number
  #sleepers: { dueMs: number; wake: () => void }[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(reasonOf(signal))
      const sleeper = { dueMs: this.#nowMs + delayMs, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(reasonOf(signal))
      }, { once: true })
    })
  }

  /** Moves time forward and wakes whoever is due by then. */
  tick(deltaMs: number): void {
    this.#nowMs += deltaMs
    const due = this.#sleepers.filter((sleeper) => sleeper.dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs)
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.dueMs > this.#nowMs)
    for (const sleeper of due) sleeper.wake()
  }
}
