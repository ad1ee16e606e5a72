/** Whether a call may go now, or when. Pure. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { CallLimit, Pace } from '../port.ts'
import { atOnceOf, limitsInForce, READ_BACK, READ_BACK_CALLS, readBackShareOf, shareOf } from './limits.ts'
import { counts, readBackOf, swept, usedOf, whenAtMost } from './windows.ts'

/** Looked again after this where only the end of another call says when, in ms. */
const SOON_MS = 250
/** Nobody has to wait longer than this for a number that was misread. */
const WAIT_MOST_MS = 24 * 3_600_000

/** A call that wants to go. */
export interface CallWish {
  readonly urgency: number
  readonly isWrite: boolean
  /** It reads a ticket back; what has begun at its own urgency goes on at the usual one. Absent: no. */
  readonly isReadBack?: boolean
  /** Unique; `answered` names it again. */
  readonly slotId: string
  /** The call has ended by then, whatever becomes of it. */
  readonly untilMs: number
}

/** The answer to a wish: go, or not before `atMs`, and why. */
export type Turn =
  | { readonly kind: 'go'; readonly state: AccountState }
  | { readonly kind: 'wait'; readonly state: AccountState; readonly atMs: number; readonly why: 'blocked' | 'breaker' | 'at_once' | 'limit' }

type Wait = Pick<Extract<Turn, { kind: 'wait' }>, 'atMs' | 'why'>

/** Gives a call its turn. */
export function takeTurn(before: AccountState, pace: Pace, wish: CallWish, nowMs: number): Turn {
  const state = swept(before, pace, nowMs)
  const wait = waitOf(state, pace, wish, nowMs)
  if (wait !== null) return { kind: 'wait', ...wait, state: withReady(state, pace, nowMs) }
  const { breaker, learned } = state
  const went: AccountState = {
    ...state, underWay: [...state.underWay, { id: wish.slotId, isWrite: wish.isWrite, ...(wish.isReadBack === true ? { isReadBack: true } : {}), untilMs: wish.untilMs }],
    // The one call that finds out whether the other side answers again goes alone.
    breaker: breaker.openUntilMs > 0 ? { ...breaker, openUntilMs: Math.max(breaker.openUntilMs, wish.untilMs) } : breaker,
    learned: { ...learned, atOnce: atOnceOf(state, pace, nowMs) },
  }
  return { kind: 'go', state: withReady(went, pace, nowMs) }
}

function waitOf(state: AccountState, pace: Pace, { urgency, isWrite }: Pick<CallWish, 'urgency' | 'isWrite'>, nowMs: number): Wait | null {
  if (state.blockedUntilMs !== null && state.blockedUntilMs > nowMs) return { atMs: Math.min(state.blockedUntilMs, nowMs + WAIT_MOST_MS), why: 'blocked' }
  // A person who mends something finds out at once.
  if (state.breaker.openUntilMs > nowMs && urgency !== 1) return { atMs: state.breaker.openUntilMs, why: 'breaker' }
  const limits = limitsInForce(state, pace, nowMs)
  let atMs = nowMs
  for (const limit of limits) {
    if (!counts(limit, { isWrite })) continue
    if (urgency >= READ_BACK) atMs = Math.max(atMs, readBackAtMs(state, limit, nowMs))
    const most = shareOf(limit.calls, urgency)
    const others = othersOf(state, limit, nowMs)
    if (usedOf(state, limit) + others < most) continue
    const ours = whenAtMost(state, limit, most - 1 - others, nowMs)
    const without = others === 0 ? null : Math.max(state.learned.others?.untilMs ?? nowMs, whenAtMost(state, limit, most - 1, nowMs) ?? nowMs + SOON_MS)
    atMs = Math.max(atMs, Math.min(ours ?? Number.POSITIVE_INFINITY, without ?? Number.POSITIVE_INFINITY, ours === null && without === null ? nowMs + SOON_MS : Number.POSITIVE_INFINITY))
  }
  if (atMs > nowMs) return { atMs, why: 'limit' }
  if (state.underWay.length >= shareOf(atOnceOf(state, pace, nowMs), urgency)) return { atMs: nowMs + SOON_MS, why: 'at_once' }
  return null
}

/** When the share of reading back has room for one more ticket; each that is being read may take as many calls. */
function readBackAtMs(state: AccountState, limit: CallLimit, nowMs: number): number {
  const own = readBackOf(limit)
  const most = readBackShareOf(limit.calls) - READ_BACK_CALLS - (READ_BACK_CALLS - 1) * state.underWay.filter((slot) => counts(own, slot)).length
  return usedOf(state, own) <= most ? nowMs : whenAtMost(state, own, most, nowMs) ?? nowMs + SOON_MS
}

/** Calls of others that a limit counts, as last told. */
export function othersOf({ learned: { others } }: AccountState, limit: Pick<CallLimit, 'name'>, nowMs: number): number {
  return others !== undefined && others.limit === limit.name && others.untilMs > nowMs ? others.calls : 0
}

/** With the times at which a usual write and a critical one can go, as far as limits say; how many at once is for those who ask. */
export function withReady(state: AccountState, pace: Pace, nowMs: number): AccountState {
  const ready = (urgency: number): number | null => {
    const wait = waitOf(state, pace, { urgency, isWrite: true }, nowMs)
    return wait === null || wait.why === 'at_once' ? null : wait.atMs
  }
  return { ...state, readyAtMs: ready(2), readyCriticalAtMs: ready(0) }
}
