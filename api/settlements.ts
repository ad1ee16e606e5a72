import type { Clock } from '../schemas/clock.ts'
import type { CommandView } from '../schemas/views.ts'

const WAIT_MS = 5_000
const LOOK_EVERY_MS = 250

/** Waits for the outcomes of commands: woken by the projection in the same process, else by looking again. */
export class Settlements {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Tells that the projection has shown the outcome of a command. */
  settled(commandId: string): void {
    for (const wake of this.#waiting.get(commandId) ?? []) wake()
  }

  /** The command once it is settled, or as it stands after 5 s. `look` reads it. */
  async outcome(command: CommandView, look: (id: string) => Promise<CommandView>): Promise<CommandView> {
    const deadlineMs = this.#clock.now() + WAIT_MS
    let latest = command
    while (latest.status === 'pending' && this.#clock.now() < deadlineMs) {
      const woken = this.#wake(command.id)
      latest = await look(command.id)
      if (latest.status === 'pending') await woken.promise
      woken.cancel()
    }
    // The last wait may have ended by the deadline while the outcome arrived.
    return latest.status === 'pending' ? look(command.id) : latest
  }

  #wake(commandId: string): { promise: Promise<void>; cancel: () => void } {
    const waiters = this.#waiting.get(commandId) ?? new Set()
    this.#waiting.set(commandId, waiters)
    const timer = new AbortController()
    let wake = () => {}
    const signal = new Promise<void>((resolve) => {
      wake = resolve
      waiters.add(wake)
    })
    const cancel = () => {
      waiters.delete(wake)
      if (waiters.size === 0) this.#waiting.delete(commandId)
      timer.abort()
    }
    // Cancelling ends the sleep with a rejection that nobody waits for any more.
    const look = this.#clock.sleep(LOOK_EVERY_MS, timer.signal).then(undefined, () => undefined)
    return { promise: Promise.race([signal, look]), cancel }
  }
}
