/** What is left of an account, for people. */
import type { AccountState, BudgetView } from '../../schemas/call-accounts.ts'
import type { Pace } from '../port.ts'
import { atOnceOf, limitsInForce, shareOf } from './limits.ts'
import { othersOf, withReady } from './take.ts'
import { swept, usedOf } from './windows.ts'

/** Shows it as it is at this moment. */
export function budgetView(account: string, kept: AccountState, pace: Pace, nowMs: number): BudgetView {
  const state = withReady(swept(kept, pace, nowMs), pace, nowMs)
  const iso = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())
  const later = (atMs: number | null): string | null => iso(atMs !== null && atMs > nowMs ? atMs : null)
  const { breaker } = state
  return {
    account, atOnce: atOnceOf(state, pace, nowMs), underWay: state.underWay.length, blockedUntil: later(state.blockedUntilMs), readyAt: later(state.readyAtMs),
    limits: limitsInForce(state, pace, nowMs).map((limit) => {
      const used = usedOf(state, limit) + othersOf(state, limit, nowMs)
      return {
        name: limit.name, windowMs: limit.windowMs, calls: limit.calls, published: limit.published, from: limit.from, used, left: Math.max(0, limit.calls - used), leftForUsual: Math.max(0, shareOf(limit.calls, 2) - used),
      }
    }),
    breaker: breaker.openUntilMs === 0 ? 'closed' : breaker.openUntilMs > nowMs ? 'open' : 'trying', breakerOpenUntil: later(breaker.openUntilMs),
    held: state.heldCode, heldUntil: state.heldCode === null ? null : iso(state.heldUntilMs), refused: state.learned.refused ?? 0, lastOkAt: iso(state.lastOkAtMs), lastError: state.lastError, lastErrorAt: iso(state.lastErrorAtMs),
  }
}
