/** How long things may take and how often they are looked at, in ms. */

/** A call of a cloud is ended after this. Far below the lease of a run. */
export const CALL_MS = 30_000
/** A command is sent only this soon after its intent was written, else it is looked up first: the lease may have gone to somebody else. */
export const SEND_WITHIN_MS = 20_000
/** After this nothing that was on its way can still arrive, so that `absent` means what it says. */
export const ABSENT_AFTER_MS = CALL_MS + SEND_WITHIN_MS
/** A cloud that takes no command, and faults that pass, are waited out for this long. */
export const SEND_PATIENCE_MS = 10 * 60_000
/** A cloud that does not answer about the machine that a person chose is asked again for this long. */
export const REPLAN_PATIENCE_MS = 15 * 60_000
/** A command whose fate nobody can tell is asked after for this long past its own time limit. */
export const FIND_PATIENCE_MS = 10 * 60_000
/** And so many times at least, whoever slept meanwhile. */
export const FINDS_LEAST = 3
/** A cloud that asks for a longer rest was misread: what is kept of it no restart would end. */
export const REST_MOST_MS = 3_600_000
/** Sent anew at most so often, after the cloud said for sure that it had not taken it. */
export const RESENDS_MAX = 3
/** Clouds end a command themselves at its time limit; this long after it we ask for its end. */
export const LATE_MS = 60_000
/** And this long after that we wait no more. */
export const CANCEL_PATIENCE_MS = 120_000
/** Probes of one machine at most. */
export const PROBES_MAX = 60
/** Tries to remove what a cloud keeps of a command. */
export const CLEANS_MAX = 5
/** Tries to tell an incident that keeps moving on. */
export const TELLINGS_MAX = 5
/** How long after the end of its time a problem that does not clear is waited for while the projection is behind. */
export const BEHIND_PATIENCE_MS = 30 * 60_000

/** Waits that grow from `firstMs` by half each time to `mostMs`, spread by a fifth to both sides so that a hundred runs do not ask at the same moment. */
export function backOffMs(turn: number, firstMs: number, mostMs: number, jitter: () => number): number {
  const plain = Math.min(mostMs, firstMs * 1.5 ** Math.min(turn, 40))
  return Math.round(plain * (0.8 + 0.4 * jitter()))
}
