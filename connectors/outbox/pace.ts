/** How long things may take and how often they are tried, in ms. */

/** No call of an order is begun later than this after the order was marked; with the longest call behind it, it stays below the lease. */
export const CALL_WITHIN_MS = 75_000
/** After an unknown outcome a look-up waits at least this long, for what is still being worked on over there. */
export const UNKNOWN_PAUSE_MS = 10_000
/** Whoever takes over an order that another worker had marked as called leaves it alone for this long first, by its own clock: a call may be on its way, and clocks jump. */
export const TAKE_OVER_MS = 45_000
/** Incidents opened this long ago, and creates this old, may have been dealt with before a restore: they are looked up first. */
export const FRESH_MS = 10 * 60_000
/** Refusals after which an order is dead. */
export const ATTEMPTS_MAX = 8
/** What fails with nobody's fault to be seen is given up after this. */
export const PATIENCE_MS = 3 * 24 * 3_600_000
/** A child waits so long for its parent's ticket, and then is made without. */
export const PARENT_PATIENCE_MS = 5 * 60_000
/** A join waits so long for the other ticket. */
export const JOIN_PATIENCE_MS = 24 * 3_600_000
/** An end that depends on nobody having touched the ticket is called without another look at the ticket so long after it was ordered. */
export const WAITED_MS = 60_000
/** Such an end waits so often for its ticket to be read, at first so long and each time twice as long; then it goes by what is known. */
export const HEAR_TRIES = 5
export const HEAR_PAUSE_MS = 2_000
/** How long a connection that is switched off, and a ticket that waits for another one, are left before they are looked at again. */
export const OFF_MS = 5 * 60_000
export const OTHER_MS = 5_000

const BACK_OFF_FIRST_MS = 5_000
const BACK_OFF_MOST_MS = 10 * 60_000

/** Pauses that grow with how long it has failed already, from 5 s to 10 min, spread by a fifth to both sides. They need no count, so a restart changes nothing. */
export function backOffMs(failingForMs: number, jitter: () => number): number {
  const plain = Math.min(BACK_OFF_MOST_MS, Math.max(BACK_OFF_FIRST_MS, failingForMs * 0.75))
  return Math.round(plain * (0.8 + 0.4 * jitter()))
}
