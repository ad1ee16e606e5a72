/** Outside calls as the API shows them. Times are ISO 8601 in UTC. */
import type { Actor } from './records.ts'
import type { CALL_ACTIONS, CallAction, OutsideCall } from './tickets.ts'

/** Statuses of a call. */
export const CALL_STATUSES = ['success', 'error', 'timeout'] as const
/** Directions of a call. */
export const CALL_DIRECTIONS = ['out', 'in'] as const

/** A call in a list. */
export interface CallView {
  readonly id: string
  readonly at: string
  readonly integrationType: OutsideCall['integrationType']
  readonly connector: string
  readonly connectionId: string | null
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly ticketId: string | null
  readonly action: CallAction
  readonly direction: OutsideCall['direction']
  readonly externalId: string | null
  readonly method: string
  readonly url: string
  readonly reference: string
  readonly status: OutsideCall['status']
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly errorText: string | null
  readonly durationMs: number
  readonly retries: number
  readonly who: Actor
}

/** One call with what was sent and answered, redacted and cut. */
export interface CallDetail extends CallView {
  readonly request: string | null
  readonly response: string | null
}

/** Which calls; nulls and empty lists mean any. */
export interface CallFilter {
  readonly companyId: string | null
  readonly connectionId: string | null
  readonly connector: string | null
  readonly incidentId: string | null
  readonly ticketId: string | null
  readonly actions: readonly (typeof CALL_ACTIONS)[number][]
  readonly direction: OutsideCall['direction'] | null
  readonly statuses: readonly OutsideCall['status'][]
  /** From when (inclusive) to when (exclusive), in ms. */
  readonly fromMs: number | null
  readonly toMs: number | null
  /** An id, or words of reference, address or error. */
  readonly q: string | null
}

/** How calls of one kind went. */
export interface CallFigures {
  readonly calls: number
  readonly errors: number
  readonly timeouts: number
  /** Those that were an attempt after another. */
  readonly repeated: number
  readonly medianMs: number
  readonly p95Ms: number
  readonly longestMs: number
}

/** How calls went, in all, by kind, and by day. */
export interface CallStats extends CallFigures {
  readonly items: readonly (CallFigures & { readonly connector: string; readonly action: string; readonly direction: string })[]
  readonly days: readonly { readonly day: string; readonly connector: string; readonly calls: number; readonly errors: number; readonly timeouts: number }[]
}
