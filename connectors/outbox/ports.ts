/** What the outbox's worker needs of the rest of the program; `storage/tickets` and `app/parts/tickets.ts` fit these by shape. */
import type { Clock } from '../../schemas/clock.ts'
import type { HeldOrder, OrderChange } from '../../schemas/ticket-work.ts'
import type { Sent } from '../budget/budget.ts'
import type { CallContext, ConnectorCode, TicketConnector } from '../port.ts'

/** Orders as they are kept. */
export interface OrderStore {
  /** Takes orders that are due and no less urgent than `urgency`, with a lease; at most `perAccount` of one account over all processes. */
  claim(worker: string, limit: number, options?: { readonly urgency?: number; readonly perAccount?: number }): Promise<readonly HeldOrder[]>
  /** Marks one as called, durably, without an end or a merge that a ticket is spared which somebody touched; null: it is in other hands. */
  begin(held: HeldOrder): Promise<HeldOrder | null>
  /** False: it is in other hands, and nothing was written. */
  settle(held: HeldOrder, change: OrderChange): Promise<boolean>
  /** An account goes again: what it refused is due now. */
  hurry(account: string): Promise<void>
  counts(): Promise<{ readonly waiting: number; readonly calling: number; readonly dead: number; readonly oldestDueMs: number }>
}

/** The way to a PSA for one order. */
export interface OpenOrder {
  readonly connector: Pick<TicketConnector, 'capabilities' | 'findLagMs' | 'create' | 'find' | 'update' | 'read' | 'join'>
  readonly perTicketMs: number
  context(isRepeat: boolean, signal: AbortSignal): CallContext
  /** Calls that were let out through contexts of this object so far. */
  sent(): Sent
}

/** The way, or why there is none: `shown`, the mode forbids it; `wait`, it may come back; `dead`, it does not. */
export type Opened = OpenOrder | { readonly closed: 'shown' | 'wait' | 'dead'; readonly code: string; readonly error: string }

/** What a worker is built from. */
export interface OutboxTools {
  readonly store: OrderStore
  /** Opens the way for an order; `fence` throws where the worker may no longer call for it. */
  readonly open: (held: HeldOrder, fence: () => void) => Promise<Opened>
  readonly accounts: {
    /** Answers whether the account was on hold until now. */
    wentWell(held: HeldOrder): Promise<boolean>
    wentWrong(held: HeldOrder, code: ConnectorCode, error: string, isHeld: boolean): Promise<unknown>
  }
  readonly clock: Clock
  /** When this process began. */
  readonly startedAtMs: number
  /** A number from 0 up to 1, from a seed. */
  readonly jitter: () => number
  readonly logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
  readonly metrics: {
    ended(connector: string, kind: HeldOrder['kind'], status: OrderChange['status'], code: string | null): void
    queue(waiting: number, calling: number, dead: number, oldestDueMs: number): void
  }
  /** Called after an order was written as ended. */
  readonly ended: (held: HeldOrder, change: OrderChange) => void
}
