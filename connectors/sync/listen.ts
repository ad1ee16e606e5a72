/** Reads tickets that somebody told us of, and has what follows from them written down. A hint is only a hint: what is believed is what the PSA itself shows. */
import type { Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import type { SyncTicket } from '../../schemas/ticket-sync.ts'
import type { Environment, TicketSnapshot } from '../../schemas/tickets.ts'
import { READ_BACK } from '../budget/limits.ts'
import { ConnectorError } from '../port.ts'
import { commandIdOf } from './identity.ts'
import { inbound, type Inbound, type InboundAnswer, type InboundInput, type InboundWord } from './inbound.ts'
import type { Connections, ReadyConnection } from './ports.ts'

/** Tickets read at once in one process, and of one connection: those that somebody told of, and those that are only read back, which never wait for each other. */
const POOLS = [{ isReadBack: false, atOnce: 12, perConnection: 6 }, { isReadBack: true, atOnce: 12, perConnection: 2 }] as const
const LOOK_EVERY_MS = 500
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 300_000

/** A ticket to be read. */
export interface DueRead {
  readonly connectionId: string
  readonly externalId: string
  readonly lastId: number
  readonly via: 'hook' | 'poll' | 'reconcile'
  /** Nobody told of it. */
  readonly isReadBack: boolean
  readonly attempts: number
  readonly receivedAtMs: number
}

/** Hints as they are kept. */
export interface Hints {
  claim(limit: number, of: { readonly isReadBack: boolean; readonly perConnection: number; readonly busy: Readonly<Record<string, number>> }): Promise<readonly DueRead[]>
  done(hint: DueRead): Promise<void>
  release(hint: DueRead, waitMs: number, error: string): Promise<void>
  add(connectionId: string, via: 'hook' | 'poll' | 'reconcile', hints: readonly { readonly eventId: string; readonly externalId: string }[], inMs?: number): Promise<number>
}

/** Tickets that were read, and what is written of them. */
export interface InboundRows {
  /** `mergedIntoId`: the ticket it was merged into there, to be told whose that is. */
  read(connectionId: string, externalId: string, mergedIntoId: string | null): Promise<readonly (Pick<InboundInput, 'ticket' | 'incident' | 'users' | 'mergedWith' | 'approvals'>)[]>
  write(ticket: SyncTicket, found: Omit<Inbound, 'answers' | 'againMs'>): Promise<boolean>
  refresh(connectionId: string, externalId: string, snapshot: TicketSnapshot): Promise<void>
  /** Null: it was taken; else why not. `isShared`: it was given in the MSP's own system. */
  answer(companyId: string, answer: InboundAnswer, isShared: boolean): Promise<string | null>
}

/** What listening needs. */
export interface ListenTools {
  readonly hints: Hints
  readonly rows: InboundRows
  readonly connections: Connections
  /** Whether the company's mode lets this system be called. */
  readonly mayCall: (companyId: string, environment: Environment) => Promise<boolean>
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void }
  /** Words for incidents were written down. */
  readonly said: () => void
  readonly metrics: { read(via: string, result: string): void; word(action: string): void }
}

/** Reads one ticket; true: it is done with. */
export async function readTicket(tools: ListenTools, hint: DueRead): Promise<boolean> {
  const { rows, connections, metrics } = tools
  const ready = await connections.open(hint.connectionId)
  // A connection that was switched off is not called; reconciling finds what it missed.
  if (ready === null) return true
  const known = await rows.read(hint.connectionId, hint.externalId, null)
  const first = known[0]?.ticket
  if (first !== undefined && !(await tools.mayCall(first.companyId, ready.connection.environment))) return true
  const snapshot = await readBack(ready, hint, first)
  if (snapshot !== null) await rows.refresh(hint.connectionId, hint.externalId, snapshot)
  for (const { ticket } of known) {
    if (!(await settle(tools, ready, hint, ticket, snapshot))) return false
  }
  metrics.read(hint.via, snapshot === null ? 'gone' : 'read')
  return true
}

async function readBack(ready: ReadyConnection, hint: DueRead, ticket: SyncTicket | undefined): Promise<TicketSnapshot | null> {
  const ref = ticket?.ref ?? { externalId: hint.externalId, number: hint.externalId, url: null }
  const ctx = ready.context({ companyId: ticket?.companyId ?? null, incidentId: ticket?.incidentId ?? null, ticketId: ticket?.id ?? null, urgency: hint.isReadBack ? READ_BACK : hint.via === 'hook' ? 2 : 3 })
  try {
    return await ready.connector.read(ref, ctx)
  } catch (thrown) {
    if (thrown instanceof ConnectorError && thrown.code === 'not_found') return null
    throw thrown
  }
}

/** Judges what was read by the ticket as it stands now, for the outbox may have written to it meanwhile. */
async function settle({ rows, hints, clock, metrics, said }: ListenTools, { connector, connection }: ReadyConnection, hint: DueRead, { id }: SyncTicket, snapshot: TicketSnapshot | null): Promise<boolean> {
  for (let round = 0; round < 3; round += 1) {
    const now = (await rows.read(hint.connectionId, hint.externalId, snapshot?.mergedIntoId ?? null)).find(({ ticket }) => ticket.id === id)
    if (now === undefined) return true
    const { answers, againMs, ...found } = inbound({ ...now, nowMs: clock.now(), snapshot, connectorTitle: connector.config.title, mapping: connection.mapping })
    const refused: InboundWord[] = []
    for (const answer of answers) {
      const why = await rows.answer(now.ticket.companyId, answer, connection.companyId === null)
      if (why !== null) refused.push({ commandId: commandIdOf(id, 'answer', answer.approvalId, answer.email, why), action: 'note', text: `The answer of ${answer.email} in the ticket was not taken: ${why}.`, assignee: null, intoIncidentId: null })
    }
    if (!(await rows.write(now.ticket, { ...found, words: [...found.words, ...refused] }))) continue
    for (const { action } of found.words) metrics.word(action)
    if (found.words.length + answers.length > 0) said()
    if (againMs !== null) await hints.add(hint.connectionId, 'reconcile', [{ eventId: `again ${hint.externalId} ${clock.now() + againMs}`, externalId: hint.externalId }], againMs)
    return true
  }
  return false
}

/** Starts listening; `stop` takes nothing more and waits for what is under way. */
export function startListening(options: ListenTools): Looking {
  const pools = POOLS.map((pool) => startPool(options, pool))
  return {
    wake: () => pools.forEach((pool) => pool.wake()),
    async stop() {
      await Promise.all(pools.map((pool) => pool.stop()))
    },
  }
}

/** Reads as many at once as it may: one that is slow keeps nothing but its own place. */
function startPool(options: ListenTools, { isReadBack, atOnce, perConnection }: (typeof POOLS)[number]): Looking {
  const { hints, clock, logger } = options
  const under = new Set<Promise<void>>()
  const busy = new Map<string, number>()
  /** Connections that are not read back before then. */
  const paused = new Map<string, number>()

  const look = async (hint: DueRead): Promise<void> => {
    try {
      if (await readTicket(options, hint)) await hints.done(hint)
      else await hints.release(hint, 500, 'the ticket changed while it was read')
    } catch (thrown) {
      const error = thrown instanceof ConnectorError ? thrown : toAppError(thrown)
      const retryAfterMs = error instanceof ConnectorError ? error.retryAfterMs ?? 0 : 0
      // Others come first: that is how it should be, and the others of its connection need not find it out one by one.
      const isHeldBack = isReadBack && error.code === 'budget'
      if (!isHeldBack) logger.warn({ code: error.code, connection: hint.connectionId, ticket: hint.externalId, err: error }, `reading a ticket goes on later: ${error.message}`)
      options.metrics.read(hint.via, error.code)
      if (isReadBack) paused.set(hint.connectionId, clock.now() + Math.max(isHeldBack ? LOOK_EVERY_MS : FIRST_PAUSE_MS, retryAfterMs))
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(hint.attempts, 10))
      // Somebody may tell of the very ticket meanwhile, and then it does not wait.
      await hints.release(hint, isHeldBack ? 0 : Math.max(pauseMs, retryAfterMs), error.message)
    }
  }
  const take = (hint: DueRead): void => {
    const { connectionId } = hint
    busy.set(connectionId, (busy.get(connectionId) ?? 0) + 1)
    const work = look(hint)
      .catch((thrown: unknown) => logger.warn({ err: toAppError(thrown), connection: connectionId, ticket: hint.externalId }, 'a hint could not be given back: its claim ends by itself'))
      .finally(() => {
        under.delete(work)
        const left = (busy.get(connectionId) ?? 1) - 1
        if (left === 0) busy.delete(connectionId)
        else busy.set(connectionId, left)
        looking.wake()
      })
    under.add(work)
  }
  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'listening to ticket systems' }, async () => {
    const free = atOnce - under.size
    if (free === 0) return false
    for (const [connectionId, untilMs] of paused) if (untilMs <= clock.now()) paused.delete(connectionId)
    const due = await hints.claim(free, { isReadBack, perConnection, busy: Object.fromEntries([...busy, ...[...paused.keys()].map((id) => [id, perConnection] as const)]) })
    due.forEach(take)
    return due.length > 0
  })
  return {
    wake: () => looking.wake(),
    async stop() {
      await looking.stop()
      await Promise.all(under)
    },
  }
}
