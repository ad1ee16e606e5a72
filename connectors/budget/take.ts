/** Whether a call may go now, or when. Pure. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { Pace } from '../port.ts'
import { atOnceOf, limitsInForce, shareOf } from './limits.ts'
import { counts, swept, usedOf, whenAtMost } from './windows.ts'

/** Looked again after this where only the end of another call says when, in ms. */
const SOON_MS = 250
/** Nobody has to wait longer than this for a number that was misread. */
const WAIT_MOST_MS = 24 * 3_600_000

/** A call that wants to go. */
export interface CallWish {
  readonly urgency: number
  readonly isWrite: boolean
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
    ...state, underWay: [...state.underWay, { id: wish.slotId, isWrite: wish.isWrite, untilMs: wish.untilMs }],
    // The one call that finds out whether the other side answers again goes alone.
    breaker: breaker.openUntilMs > 0 ? { ...breaker, openUntilMs: Math.max(breaker.openUntilMs, wish.untilMs) } : breaker,
    learned: { ...learned, atOnce: atOnceOf(state, pace), ...(learned.left == null ? {} : { left: { ...learned.left, taken: learned.left.taken + 1 } }) },
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
    if (!counts(limit, isWrite)) continue
    const most = shareOf(limit.calls, urgency)
    if (usedOf(state, limit) < most) continue
    atMs = Math.max(atMs, whenAtMost(state, limit, most - 1, nowMs) ?? nowMs + SOON_MS)
  }
  const { left } = state.learned
  const main = limits.find(({ name }) => name === left?.limit)
  if (left != null && left.untilMs > nowMs && main !== undefined) {
    const kept = main.calls - shareOf(main.calls, urgency)
    if (left.calls - left.taken <= kept) atMs = Math.max(atMs, Math.min(left.untilMs, nowMs + main.windowMs))
  }
  if (atMs > nowMs) return { atMs, why: 'limit' }
  if (state.underWay.length >= shareOf(atOnceOf(state, pace), urgency)) return { atMs: nowMs + SOON_MS, why: 'at_once' }
  return null
}

/** With the times at which a usual write and a critical one can go, as far as limits say; how many at once is for those who ask. */
export function withReady(state: AccountState, pace: Pace, nowMs: number): AccountState {
  const ready = (urgency: number): number | null => {
    const wait = waitOf(state, pace, { urgency, isWrite: true }, nowMs)
    return wait === null || wait.why === 'at_once' ? null : wait.atMs
  }
  return { ...state, readyAtMs: ready(2), readyCriticalAtMs: ready(0) }
}
