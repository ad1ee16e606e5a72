/** Limits in force: as published, as told by the vendor, or as a refusal taught. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { CallLimit, Pace } from '../port.ts'

/** Kept of each limit: for what is critical alone, and for people that wait. What is kept makes everything usual that much slower, so it is no more than a storm’s first tickets need. */
const KEPT_FOR_CRITICAL_PERCENT = 8
const KEPT_FOR_PEOPLE_PERCENT = 2
/** Urgency of reading open tickets back, below all that is done for somebody. */
export const READ_BACK = 4
/** Reading back begins only while so much is left of a limit, and uses at most so much of it itself. */
const READ_BACK_PERCENT = 25
/** Calls that reading one ticket usually takes: it is begun only where there is room for them, so that none is wasted. */
export const READ_BACK_CALLS = 3
/** What a refusal took comes back by so much of the published limit an hour. */
const REGROW_PER_HOUR = 0.05
const HOUR_MS = 3_600_000

/** A limit with the number that holds now. */
export interface LimitInForce extends CallLimit {
  readonly published: number
  readonly from: 'published' | 'told' | 'refused'
}

/** The limits that hold now. */
export function limitsInForce(state: AccountState, pace: Pace, nowMs: number): readonly LimitInForce[] {
  return pace.limits.map((limit) => {
    const learned = state.learned.calls?.[limit.name]
    if (learned === undefined) return { ...limit, published: limit.calls, from: 'published' }
    if (learned.from === 'told') return { ...limit, calls: learned.calls, published: limit.calls, from: 'told' }
    const regrown = Math.floor(learned.calls + (limit.calls * REGROW_PER_HOUR * Math.max(0, nowMs - learned.atMs)) / HOUR_MS)
    return regrown >= limit.calls ? { ...limit, published: limit.calls, from: 'published' } : { ...limit, calls: Math.max(1, regrown), published: limit.calls, from: 'refused' }
  })
}

/** How much of a limit work of an urgency may use; at least one call, so that small limits do not stop what is usual. */
export function shareOf(calls: number, urgency: number): number {
  const kept = urgency <= 0 ? 0 : urgency === 1 ? KEPT_FOR_CRITICAL_PERCENT : urgency < READ_BACK ? KEPT_FOR_CRITICAL_PERCENT + KEPT_FOR_PEOPLE_PERCENT : READ_BACK_PERCENT
  return Math.max(1, calls - Math.ceil((calls * kept) / 100))
}

/** How many calls of a limit reading back may use; at least those of one ticket, so that small limits do not stop it. */
export function readBackShareOf(calls: number): number {
  return Math.max(READ_BACK_CALLS, Math.floor((calls * READ_BACK_PERCENT) / 100))
}

/** Calls that may be under way at once; what a refusal taught of it is tried anew after an hour. */
export function atOnceOf(state: AccountState, pace: Pace, nowMs: number): number {
  const taught = state.learned.taughtAtOnce
  return Math.max(1, Math.min(pace.atOnce, taught !== undefined && nowMs - taught.atMs < HOUR_MS ? taught.calls : pace.atOnce))
}

/** The limit that an account-wide number of the vendor speaks of: the first that counts every call. */
export function mainLimit(pace: Pace): CallLimit | null {
  return pace.limits.find((limit) => limit.counts === undefined) ?? pace.limits[0] ?? null
}
