/** The ledger's words as a receipt says them. */
import type { Fate } from '../../schemas/records.ts'
import type { AlertState, DeliveryElement, StateCounts } from '../../schemas/receipts.ts'

/** What a row of the ledger means to the person who reads a receipt. */
export interface Verdict {
  readonly state: AlertState
  readonly explanation: string
  readonly suppressedBy: DeliveryElement['suppressedBy']
}

/** Ends the key of the problem that takes what exceeds the limit of open problems; processors/problem-key.ts makes it. */
export const OVERFLOW_SUFFIX = ':overflow'

const EMITTED: Readonly<Record<string, string>> = {
  opened: 'opened a new problem',
  reopened: 'opened a known problem again',
  changed: 'changed a known problem',
  resolved: 'ended its problem',
  expired: 'ended its problem, which nobody had mentioned for long',
}
const REPEATED: Readonly<Record<string, string>> = {
  repeated: 'repeats a known problem',
  repeat: 'repeats a known problem',
  stale: 'is older than what is known of its problem: counted',
  already_resolved: 'ends a problem that has ended already: counted',
  flapping: 'belongs to a problem that goes back and forth: counted until it rests',
  no_data: 'says that the check cannot tell: counted',
}
const DROPPED: Readonly<Record<string, string>> = {
  duplicate_delivery: 'came before under the same delivery id',
  no_alert: 'the delivery carries no alert',
  no_data: 'says that the check cannot tell, of a problem nobody knows',
  nothing_to_resolve: 'ends a problem nobody knows',
}
const SUPPRESSED = ['maintenance', 'silence'] as const

/** What is told of an alert that has no row yet. */
export const IN_FLIGHT: Verdict = { state: 'in_flight', explanation: 'accepted, and not yet processed', suppressedBy: null }

/** The verdict of a ledger row. */
export function verdictOf(fate: Fate, reason: string | null, problemKey: string | null): Verdict {
  const word = reason ?? ''
  const suppressedBy = SUPPRESSED.find((name) => name === word) ?? (problemKey?.endsWith(OVERFLOW_SUFFIX) === true ? 'overflow' as const : null)
  if (fate === 'rejected') return { state: 'dead_lettered', explanation: 'could not be understood: set aside as a dead letter', suppressedBy: null }
  if (suppressedBy === 'overflow') return { state: 'suppressed', explanation: 'the company has too many open problems: counted in one problem that stands for all further ones', suppressedBy }
  if (suppressedBy !== null) return { state: 'suppressed', explanation: suppressedBy === 'maintenance' ? 'came during maintenance' : 'is silenced', suppressedBy }
  if (fate === 'dropped') return { state: 'dropped', explanation: DROPPED[word] ?? `dropped: ${word}`, suppressedBy: null }
  if (fate === 'absorbed' || word === 'repeated') return { state: 'repeated', explanation: REPEATED[word] ?? `counted: ${word}`, suppressedBy: null }
  return { state: 'stored', explanation: EMITTED[word] ?? 'told on', suppressedBy: null }
}

/** The state of an alert whose problem may be kept quiet. */
export function stateOf(state: AlertState, quiet: unknown): AlertState {
  return quiet !== null && (state === 'stored' || state === 'repeated') ? 'suppressed' : state
}

/** How many are in each state. */
export function countsOf(states: Iterable<AlertState>): StateCounts {
  const counts: Record<AlertState, number> = { in_flight: 0, stored: 0, repeated: 0, suppressed: 0, dropped: 0, dead_lettered: 0 }
  for (const state of states) counts[state] += 1
  return counts
}

/** A condition on rows of the ledger that holds for those in this state. */
export function inState(state: Exclude<AlertState, 'in_flight'>): string {
  const isSuppressed = `(endsWith(problem_key, '${OVERFLOW_SUFFIX}') or reason in ('${SUPPRESSED.join("', '")}'))`
  const conditions = {
    dead_lettered: `fate = 'rejected'`,
    suppressed: `fate != 'rejected' and ${isSuppressed}`,
    dropped: `fate = 'dropped' and not ${isSuppressed}`,
    repeated: `(fate = 'absorbed' or (fate = 'emitted' and reason = 'repeated')) and not ${isSuppressed}`,
    stored: `fate = 'emitted' and reason != 'repeated' and not ${isSuppressed}`,
  }
  return conditions[state]
}
