/** The desk: takes incidents that are due, a few at a time, and hands them to the analyst. One incident is in one pair of hands only, whatever the number of processes. */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import type { AnalysisStore, AnalystLog, AnalystMetrics, Waiting } from './ports.ts'

/** Calls under way at once in one process. */
const AT_ONCE = 4
const LOOK_EVERY_MS = 1_000
const SWEEP_EVERY_MS = 60_000

/** What the desk is built from. */
export interface DeskOptions {
  readonly store: AnalysisStore
  readonly analyse: (waiting: Waiting, signal: AbortSignal) => Promise<void>
  /** Log time of the partitions this process reads and has caught up with, in ms. */
  readonly logNowMs: () => Promise<ReadonlyMap<number, number>>
  readonly clock: Clock
  readonly metrics: AnalystMetrics
  readonly logger: AnalystLog
}

/** A running desk. */
export interface Desk {
  /** Looks now. */
  wake(): void
  /** Takes nothing more and ends the calls under way; the next start settles them. */
  stop(): Promise<void>
}

/** Starts it. */
export function startDesk(options: DeskOptions): Desk {
  const { store, clock, logger, metrics } = options
  const stopping = new AbortController()
  const under = new Map<string, Promise<void>>()
  let sweptAtMs = Number.NEGATIVE_INFINITY
  let wakeUp = new AbortController()

  const take = (waiting: Waiting): void => {
    const work = options.analyse(waiting, stopping.signal)
      .catch(async (thrown: unknown) => {
        if (isAborted(stopping.signal)) return
        const error = toAppError(thrown)
        logger.warn({ code: error.code, incidentId: waiting.incidentId, err: error }, `analysing goes on later: ${error.message}`)
        await store.release(waiting.incidentId)
      })
      .catch((thrown: unknown) => logger.warn({ code: toAppError(thrown).code }, 'giving back an incident failed; its claim ends by itself'))
      .finally(() => {
        under.delete(waiting.incidentId)
        wakeUp.abort()
      })
    under.set(waiting.incidentId, work)
  }

  const look = async (): Promise<void> => {
    if (clock.now() - sweptAtMs >= SWEEP_EVERY_MS) {
      sweptAtMs = clock.now()
      const settled = await store.sweep()
      if (settled > 0) logger.warn({ settled }, 'analyses were interrupted by the end of a process; what they had set aside counts as spent')
    }
    const free = AT_ONCE - under.size
    if (free > 0) for (const waiting of await store.claim(await options.logNowMs(), free)) if (!under.has(waiting.incidentId)) take(waiting)
    const { waiting, skipped } = await store.queue()
    metrics.queue(waiting, skipped)
  }

  const run = async (): Promise<void> => {
    while (!isAborted(stopping.signal)) {
      try {
        await look()
      } catch (thrown) {
        const error = toAppError(thrown)
        logger.warn({ code: error.code }, `looking for incidents to analyse failed: trying again in turn: ${error.message}`)
      }
      wakeUp = new AbortController()
      // Waking, stopping and the end of the wait are all the same: look again.
      await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([stopping.signal, wakeUp.signal])).then(undefined, () => undefined)
    }
  }
  const running = run()
  return {
    wake: () => wakeUp.abort(),
    async stop() {
      stopping.abort(new Error('stopping'))
      await running
      await Promise.all(under.values())
    },
  }
}
