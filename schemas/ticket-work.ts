/** Work on tickets between the sync that orders it, storage/tickets that keeps it, and the outbox that does it; and how hard an account is called. Times ending in `Ms` are ms since the epoch. */
import type { LinkKind, Environment, TicketChange, TicketDraft, TicketMapping, TicketNote, TicketRef, TicketSnapshot, TicketState } from './tickets.ts'
import type { Mode } from './settings.ts'

/** Which ticket another one is joined with. `unlessTouched`, with the mapping to write it by: the join takes the ticket away, and these notes are written in place of it where somebody has touched the ticket by then. */
export interface JoinBody {
  readonly intoTicketId: string
  readonly unlessTouched?: readonly TicketNote[]
  readonly mapping?: TicketMapping
}

/** What an order asks for. `join`: with the ticket of this id; `read`: only look. */
export type OrderBody =
  | { readonly kind: 'create'; readonly body: TicketDraft }
  | { readonly kind: 'update'; readonly body: TicketChange }
  | { readonly kind: 'join'; readonly body: JoinBody }
  | { readonly kind: 'read'; readonly body: Readonly<Record<string, never>> }

/** One of the kinds above. */
export type OrderKind = OrderBody['kind']

/** Something to be done to a ticket. */
export type TicketOrder = OrderBody & {
  readonly ticketId: string
  /** 0 critical incidents, 1 a person waits, 2 usual, 3 may wait. */
  readonly urgency: number
  readonly dueAtMs: number
  /** True where it may have been done before, as after a restore: it is looked up first. */
  readonly isRepeat?: boolean
}

/** How long a worker has an order without a word: longer than all calls of one order may take, so that after it nothing of them is still on its way. */
export const ORDER_LEASE_MS = 120_000

/** Where an order stands. `shown`: the mode forbids to send; `void`: a person dropped it. */
export const ORDER_STATUSES = ['waiting', 'calling', 'done', 'dead', 'shown', 'void'] as const

/** One of them. */
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** An order in the hands of a worker. `version` is the one its next write must find. */
export type HeldOrder = OrderBody & {
  readonly id: number
  readonly version: number
  readonly worker: string
  readonly ticketId: string
  readonly companyId: string
  readonly incidentId: string
  readonly connectionId: string | null
  readonly connector: string
  readonly environment: Environment
  readonly mode: Mode
  readonly account: string
  readonly externalRef: string
  /** Null: the ticket is not made yet, as far as is known. */
  readonly ref: TicketRef | null
  /** The ticket it stands below, or is to be joined with; its `ref` is null while that one is not made. */
  readonly other: { readonly id: string; readonly ref: TicketRef | null } | null
  readonly seq: number
  readonly urgency: number
  readonly status: 'waiting' | 'calling'
  readonly attempts: number
  readonly isRepeat: boolean
  /** Since when nobody can tell whether a call was taken; null: everything is known. */
  readonly unknownAtMs: number | null
  /** Look-ups since then that found nothing; of an update or a join, how often it waited for the ticket to be read. */
  readonly looks: number
  readonly firstCalledAtMs: number | null
  readonly createdAtMs: number
  /** Last write of the ticket. */
  readonly lastCallAtMs: number | null
  readonly incidentOpenedAtMs: number | null
  /** When a call of the account went well last. */
  readonly accountOkAtMs: number | null
  /** Of an order that ends the ticket, or merges it away, unless somebody touched it: whether the PSA told of the ticket and it was not read since, and how it looked when it was read last. */
  readonly isHinted: boolean
  readonly seen: TicketSnapshot | null
  /** The account is on hold, and this is the one order that finds out whether it still has to be. */
  readonly isProbe: boolean
}

/** What becomes of a held order; what is absent stays. */
export interface OrderChange {
  readonly status: Exclude<OrderStatus, 'calling'>
  readonly dueAtMs?: number
  readonly attempts?: number
  readonly isRepeat?: boolean
  readonly unknownAtMs?: number | null
  readonly looks?: number
  /** Everybody was kept out: it counts as not called yet. */
  readonly isForgiven?: boolean
  readonly code?: string | null
  readonly error?: string | null
  /** What the PSA answered: the ticket as it is now. */
  readonly snapshot?: TicketSnapshot
  /** The ticket was there already and not made by this call: people may have worked on it since, unheard. */
  readonly isFound?: boolean
  /** The ticket was written to. */
  readonly isCalled?: boolean
  /** The ticket does not look as it did when it was read last: the sync reads it. */
  readonly isUnheard?: boolean
  /** The PSA says that there is no such ticket (any more). */
  readonly isGone?: boolean
}

/** A row of `tickets`. */
export interface TicketRow {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  readonly connectionId: string | null
  readonly connector: string
  readonly environment: Environment
  readonly account: string
  readonly externalRef: string
  readonly externalId: string | null
  readonly number: string | null
  readonly url: string | null
  readonly title: string
  readonly origin: 'own' | 'linked'
  readonly linkKind: LinkKind
  readonly isAutomatic: boolean
  readonly generation: number
  readonly parentTicketId: string | null
  readonly mode: Mode
  readonly isSimulated: boolean
  readonly isTouched: boolean
  readonly touchedAtMs: number | null
  /** What was last ordered to stand in the ticket; the sync's own words. */
  readonly told: Readonly<Record<string, unknown>>
  readonly toldVersion: number
  readonly seen: TicketSnapshot | null
  readonly state: TicketState
  readonly statusText: string | null
  readonly lastNoteAtMs: number | null
  readonly lastCallAtMs: number | null
  readonly lastSyncedAtMs: number | null
  readonly lastError: string | null
  readonly closedAtMs: number | null
  readonly createdAtMs: number
  readonly version: number
}

/** A ticket to be written down. */
export interface NewTicket {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  /** Null only for simulated ones. */
  readonly connectionId: string | null
  readonly connector: string
  readonly environment: Environment
  /** What shares one call budget, as the connector says. */
  readonly account: string
  readonly externalRef: string
  readonly title: string
  readonly origin: 'own' | 'linked'
  readonly linkKind: LinkKind
  readonly isAutomatic: boolean
  readonly generation: number
  readonly parentTicketId: string | null
  readonly mode: Mode
  readonly isSimulated: boolean
  /** Known from the start for one that was linked. */
  readonly ref: TicketRef | null
  readonly told: Readonly<Record<string, unknown>>
  readonly toldVersion: number
}

/** An order as shown. */
export interface OutboxOrderView {
  readonly id: string
  readonly ticketId: string
  readonly companyId: string
  readonly incidentId: string
  readonly connector: string
  readonly account: string
  readonly number: string | null
  readonly title: string
  readonly seq: number
  readonly kind: OrderKind
  readonly urgency: number
  readonly status: OrderStatus
  readonly attempts: number
  readonly dueAt: string
  readonly code: string | null
  readonly error: string | null
  readonly createdAt: string
  readonly endedAt: string | null
}
