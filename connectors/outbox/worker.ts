/** The worker of the outbox: takes orders that are due and works each. Everything it knows of an order stands in the order's row. Only it writes to PSAs. */
import { toAppError } from '../../schemas/errors.ts'
import { startLooking } from '../../schemas/looking.ts'
import type { HeldOrder } from '../../schemas/ticket-work.ts'
import type { OutboxTools } from './ports.ts'
import { workOrder } from './work.ts'

/** Orders under way at once in one process, and how many of these are kept for critical ones. */
const AT_ONCE = 20
const KEPT_FOR_CRITICAL = 4
const LOOK_EVERY_MS = 500
const COUNT_EVERY_MS = 5_000

/** What a worker is started with. */
export interface OutboxOptions extends OutboxTools {
  /** Who it is, unique among all processes. */
  readonly name: string
}

/** A running worker. */
export interface OutboxWorker {
  /** Looks now. */
  wake(): void
  /** Takes nothing more and waits for the calls under way; what waits goes on with the next worker. */
  stop(): Promise<void>
}

/** Starts it. */
export function startOutbox(options: OutboxOptions): OutboxWorker {
  const { store, clock, logger, metrics, name } = options
  const under = new Map<number, Promise<void>>()
  // Calls under way are let end by themselves: one that is cut off may have been taken.
  const calling = new AbortController()
  let countedAtMs = Number.NEGATIVE_INFINITY

  const take = (held: HeldOrder): void => {
    const work = workOrder(options, held, calling.signal)
      .catch((thrown: unknown) => {
        const error = toAppError(thrown)
        logger.warn({ code: error.code, order: held.id, err: error }, `working on an order of a ticket goes on later: ${error.message}`)
      })
      .finally(() => {
        under.delete(held.id)
        looking.wake()
      })
    under.set(held.id, work)
  }
  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'looking for orders of tickets' }, async () => {
    const free = AT_ONCE - under.size
    const usual = free - KEPT_FOR_CRITICAL
    if (usual > 0) for (const held of await store.claim(name, usual)) take(held)
    else if (free > 0) for (const held of await store.claim(name, free, { urgency: 0 })) take(held)
    if (clock.now() - countedAtMs < COUNT_EVERY_MS) return false
    countedAtMs = clock.now()
    const { waiting, calling: begun, dead, oldestDueMs } = await store.counts()
    metrics.queue(waiting, begun, dead, oldestDueMs)
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
