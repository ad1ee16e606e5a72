/** What is done in turn: asking PSAs that cannot tell, asking the others now and then as a safety net, reading open tickets back, and finding what was forgotten. */
import type { Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import { ConnectorError } from '../port.ts'
import type { ReadyConnection } from './ports.ts'

const POLL_CLAIM_MS = 120_000
/** Pages taken in one go; the rest comes with the next one at once. */
const PAGE_MAX = 200
const LOOK_EVERY_MS = 1_000
/** Connections asked at once. */
const POLLS_AT_ONCE = 20
/** Tickets listed to be read back at once, and how many of one connection may wait for it: 240 a minute, more than any account gives this. */
const READ_BACK_ROUND = { limit: 500, ahead: 20 }
const READ_BACK_EVERY_MS = 5_000
const RELIST_EVERY_MS = 60_000
const RELISTED_AT_ONCE = 200
const FORGET_EVERY_MS = 3_600_000

/** What is kept of it. */
export interface RoundStore {
  /** Those of the connections that are to be asked now, the longest due first. */
  pollsDue(connectionIds: readonly string[]): Promise<readonly string[]>
  takePoll(connectionId: string, claimMs: number): Promise<{ readonly cursor: string | null } | null>
  polled(connectionId: string, cursor: string, hints: readonly { readonly eventId: string; readonly externalId: string }[], dueAtMs: number): Promise<number>
  /** Tickets to be read after so long. */
  add(connectionId: string, via: 'poll', hints: readonly { readonly eventId: string; readonly externalId: string }[], inMs: number): Promise<number>
  pollFailed(connectionId: string, dueAtMs: number): Promise<void>
  readBack(round: { readonly limit: number; readonly ahead: number }): Promise<number>
  relist(limit: number): Promise<number>
  /** Those whose connection was replaced. */
  replaced(limit: number): Promise<number>
  askedAnew(): Promise<number>
  forget(): Promise<void>
}

/** A change is this young, clocks that differ included. */
const FRESH_MS = 10_000
const ONCE_MORE_MS = 2_000

/** What the rounds need. */
export interface RoundTools {
  readonly store: RoundStore
  /** Every connection in use. */
  readonly connections: () => Promise<readonly string[]>
  /** Null: it is gone or switched off. */
  readonly open: (id: string) => Promise<ReadyConnection | null>
  /** How often PSAs are asked that cannot tell of changes, and those that can. */
  readonly pollMs: Readonly<Record<'poll' | 'webhook', number>>
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void }
  /** Hints or incidents were listed. */
  readonly found: () => void
}

/** Asks one PSA what has changed, if that is due. */
export async function pollConnection({ store, clock, found, logger, pollMs }: RoundTools, ready: ReadyConnection): Promise<void> {
  const { connector, connection } = ready
  const everyMs = pollMs[connector.capabilities.changes]
  const turn = await store.takePoll(connection.id, POLL_CLAIM_MS)
  if (turn === null) return
  try {
    const { changed, cursor } = await connector.changedSince(turn.cursor, ready.context({ companyId: connection.companyId, incidentId: null, ticketId: null, urgency: 3 }))
    const hints = changed.map(({ ref, updatedAtMs, state }) => ({ eventId: `poll ${ref.externalId} ${updatedAtMs ?? state}`, externalId: ref.externalId }))
    // Times of PSAs are whole seconds: what changed a moment ago may change again in the same one, and is read once more when that is over.
    const fresh = changed.filter(({ updatedAtMs }) => updatedAtMs !== null && clock.now() - updatedAtMs < FRESH_MS)
    const isMore = changed.length >= PAGE_MAX && cursor !== turn.cursor
    if ((await store.polled(connection.id, cursor, hints, clock.now() + (isMore ? 0 : everyMs))) > 0) found()
    if (fresh.length > 0) await store.add(connection.id, 'poll', fresh.map(({ ref, updatedAtMs }) => ({ eventId: `poll ${ref.externalId} ${updatedAtMs} once more`, externalId: ref.externalId })), ONCE_MORE_MS)
  } catch (thrown) {
    const error = thrown instanceof ConnectorError ? thrown : toAppError(thrown)
    logger.warn({ code: error.code, connection: connection.id, err: error }, `asking a ticket system what has changed goes on later: ${error.message}`)
    await store.pollFailed(connection.id, clock.now() + Math.max(everyMs, error instanceof ConnectorError ? error.retryAfterMs ?? 0 : 0))
  }
}

/** Asks connections as they are due, none twice at once; one that is slow keeps only its own place. */
function startPolling(options: RoundTools): Pick<Looking, 'stop'> {
  const { store, clock, logger } = options
  const under = new Map<string, Promise<void>>()
  const poll = async (id: string): Promise<void> => {
    try {
      const ready = await options.open(id)
      if (ready !== null) await pollConnection(options, ready)
    } catch (thrown) {
      const error = toAppError(thrown)
      logger.warn({ code: error.code, connection: id, err: error }, `asking a ticket system what has changed goes on later: ${error.message}`)
    } finally {
      under.delete(id)
    }
  }
  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'asking ticket systems what has changed' }, async () => {
    const free = POLLS_AT_ONCE - under.size
    if (free === 0) return false
    const due = await store.pollsDue((await options.connections()).filter((id) => !under.has(id)))
    for (const id of due.slice(0, free)) under.set(id, poll(id))
    return false
  })
  return {
    async stop() {
      await looking.stop()
      await Promise.all(under.values())
    },
  }
}

/** Starts the rounds. */
export function startRounds(options: RoundTools): Pick<Looking, 'stop'> {
  const { store, clock, logger, found } = options
  let [readBackAtMs, relistedAtMs, forgottenAtMs] = [0, 0, clock.now()]
  const polling = startPolling(options)
  const listing = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'a round through tickets' }, async () => {
    const nowMs = clock.now()
    if ((await store.askedAnew()) > 0) found()
    if (nowMs - readBackAtMs >= READ_BACK_EVERY_MS) {
      readBackAtMs = nowMs
      if ((await store.readBack(READ_BACK_ROUND)) > 0) found()
    }
    if (nowMs - relistedAtMs >= RELIST_EVERY_MS) {
      relistedAtMs = nowMs
      if ((await store.relist(RELISTED_AT_ONCE)) + (await store.replaced(RELISTED_AT_ONCE)) > 0) found()
    }
    if (nowMs - forgottenAtMs >= FORGET_EVERY_MS) {
      forgottenAtMs = nowMs
      await store.forget()
    }
    return false
  })
  return {
    async stop() {
      await Promise.all([polling.stop(), listing.stop()])
    },
  }
}
