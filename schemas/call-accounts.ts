/** How hard an account of a PSA is called, as it is kept for all processes. Times ending in `Ms` are ms since the epoch. */

/** A call that was begun and not ended. */
export interface CallSlot {
  readonly id: string
  readonly isWrite: boolean
  /** It reads a ticket back, which has a share of its own. Absent: no. */
  readonly isReadBack?: boolean
  readonly untilMs: number
}

/** What is known of an account. */
export interface AccountState {
  /** By the limit's name: calls that ended, by slice of its window; those that read back once more under a name of their own. */
  readonly windows: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly learned: LearnedLimits
  readonly underWay: readonly CallSlot[]
  /** The vendor said when to go on. */
  readonly blockedUntilMs: number | null
  /** Earliest time for what is usual; null: now. */
  readonly readyAtMs: number | null
  readonly readyCriticalAtMs: number | null
  readonly breaker: { readonly failures: number; readonly opened: number; readonly openUntilMs: number }
  readonly heldCode: string | null
  readonly heldUntilMs: number | null
  readonly lastOkAtMs: number | null
  readonly lastError: string | null
  readonly lastErrorAtMs: number | null
}

/** What answers taught. */
export interface LearnedLimits {
  /** By the limit's name: what the vendor told, or what a refusal taught. */
  readonly calls?: Readonly<Record<string, { readonly calls: number; readonly atMs: number; readonly from: 'told' | 'refused' }>>
  /** Calls of others of the same account, as far as the vendor's word on what is left shows them. */
  readonly others?: { readonly limit: string; readonly calls: number; readonly untilMs: number }
  /** Calls under way at once that the account bears; what refusals taught of it. */
  readonly atOnce?: number
  readonly taughtAtOnce?: { readonly calls: number; readonly atMs: number }
  /** Refusals in a row, and all that were. */
  readonly refusals?: number
  readonly refused?: number
}

/** An account nothing is known of. */
export const NEW_ACCOUNT: AccountState = {
  windows: {}, learned: {}, underWay: [], blockedUntilMs: null, readyAtMs: null, readyCriticalAtMs: null, breaker: { failures: 0, opened: 0, openUntilMs: 0 }, heldCode: null, heldUntilMs: null, lastOkAtMs: null, lastError: null,
  lastErrorAtMs: null,
}

/** What is left of a limit. */
export interface LimitView {
  readonly name: string
  readonly windowMs: number
  /** The limit in force, and as published. */
  readonly calls: number
  readonly published: number
  readonly from: 'published' | 'told' | 'refused'
  readonly used: number
  readonly left: number
  /** Left for what is not critical. */
  readonly leftForUsual: number
}

/** What is left of an account's calls, as shown. */
export interface BudgetView {
  readonly account: string
  readonly limits: readonly LimitView[]
  readonly atOnce: number
  readonly underWay: number
  readonly blockedUntil: string | null
  /** Earliest time for what is not critical; null: now. */
  readonly readyAt: string | null
  readonly breaker: 'closed' | 'open' | 'trying'
  readonly breakerOpenUntil: string | null
  /** Why nothing is tried until somebody mends it: `unauthorized` and its kin; null: it is not held. */
  readonly held: string | null
  readonly heldUntil: string | null
  readonly refused: number
  readonly lastOkAt: string | null
  readonly lastError: string | null
  readonly lastErrorAt: string | null
}
