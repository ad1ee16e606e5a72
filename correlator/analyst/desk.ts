/** The desk: takes incidents that are due, a few at a time, and hands them to the analyst. One incident is in one pair of hands only, whatever the number of processes. */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking } from '../../schemas/looking.ts'
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
  const under = new Map<string, Promise<void>>()
  let sweptAtMs = Number.NEGATIVE_INFINITY

  const take = (waiting: Waiting, stopping: AbortSignal): void => {
    const work = options.analyse(waiting, stopping)
      .catch(async (thrown: unknown) => {
        if (isAborted(stopping)) return
        const error = toAppError(thrown)
        logger.warn({ code: error.code, incidentId: waiting.incidentId, err: error }, `analysing goes on later: ${error.message}`)
        await store.release(waiting.incidentId)
      })
      .catch((thrown: unknown) => logger.warn({ code: toAppError(thrown).code }, 'giving back an incident failed; its claim ends by itself'))
      .finally(() => {
        under.delete(waiting.incidentId)
        looking.wake()
      })
    under.set(waiting.incidentId, work)
  }

  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'looking for incidents to analyse' }, async (stopping) => {
    if (clock.now() - sweptAtMs >= SWEEP_EVERY_MS) {
      sweptAtMs = clock.now()
      const settled = await store.sweep()
      if (settled > 0) logger.warn({ settled }, 'analyses were interrupted by the end of a process; what they had set aside counts as spent')
    }
    const free = AT_ONCE - under.size
    if (free > 0) for (const waiting of await store.claim(await options.logNowMs(), free)) if (!under.has(waiting.incidentId)) take(waiting, stopping)
    const { waiting, skipped } = await store.queue()
    metrics.queue(waiting, skipped)
    return false
  })
  return {
    wake: () => looking.wake(),
    async stop() {
      await looking.stop()
      await Promise.all(under.values())
    },
  }
}
