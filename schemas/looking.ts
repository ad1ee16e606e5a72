/** The loop of everybody who looks for work in turn. */
import { isAborted, type Clock } from './clock.ts'
import { toAppError } from './errors.ts'

/** A loop that runs. */
export interface Looking {
  /** Looks now, or once more where a look is under way. */
  wake(): void
  /** Begins no further look, and resolves when the one under way is over. What a look has set going is for the caller to wait for. */
  stop(): Promise<void>
}

/** How is looked. */
export interface LookingOptions {
  readonly clock: Clock
  readonly everyMs: number
  /** What is done, for the log: `looking for runs that are due`. */
  readonly what: string
  readonly logger: { warn(fields: object, message: string): void }
}

/** Looks at once and then in turn. A look that answers true found as much as it could take and is followed by the next at once; one that throws is told and tried again in turn. */
export function startLooking({ clock, everyMs, what, logger }: LookingOptions, look: (stopping: AbortSignal) => Promise<boolean>): Looking {
  const stopping = new AbortController()
  let nap = new AbortController()
  const run = async (): Promise<void> => {
    while (!isAborted(stopping.signal)) {
      nap = new AbortController()
      try {
        if (await look(stopping.signal)) continue
      } catch (thrown) {
        const error = toAppError(thrown)
        logger.warn({ code: error.code, err: error }, `${what} failed: trying again in turn: ${error.message}`)
      }
      // Waking, stopping and the end of the wait are all the same: look again.
      await Promise.allSettled([clock.sleep(everyMs, AbortSignal.any([stopping.signal, nap.signal]))])
    }
  }
  const running = run()
  return {
    wake: () => nap.abort(),
    async stop() {
      stopping.abort(new Error('stopping'))
      await running
    },
  }
}
