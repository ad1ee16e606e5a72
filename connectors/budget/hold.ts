/** An account that refuses all of us until somebody mends it, and how it goes on. Pure. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { ConnectorCode } from '../port.ts'

/** Between two tries of an account on hold, in ms. */
export const PROBE_EVERY_MS = 5 * 60_000

/** The account after an order went well. */
export function wentWell(state: AccountState, atMs: number): AccountState {
  return { ...state, heldCode: null, heldUntilMs: null, lastOkAtMs: Math.max(state.lastOkAtMs ?? 0, atMs) }
}

/** The account after an order failed; `isHeld`: nothing is tried until the next probe. */
export function wentWrong(state: AccountState, code: ConnectorCode, error: string, isHeld: boolean, atMs: number): AccountState {
  return { ...state, lastError: error, lastErrorAtMs: atMs, ...(isHeld ? { heldCode: code, heldUntilMs: atMs + PROBE_EVERY_MS } : {}) }
}

/** Somebody mended it: everything is tried anew at once, but what the vendor asked to wait for. */
export function mended(state: AccountState): AccountState {
  return { ...state, heldCode: null, heldUntilMs: null, breaker: { failures: 0, opened: 0, openUntilMs: 0 } }
}
