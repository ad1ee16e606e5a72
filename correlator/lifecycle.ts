/**
 * What people may do with an incident, as a table. Statuses are open, assigned, in_progress, resolved, closed.
 *
 *   command      from                           to             refused where
 *   acknowledge  open, assigned, in_progress,   the same       already acknowledged: transition_refused
 *                resolved
 *   assign       open, assigned                 assigned       the same assignee again: transition_refused
 *                in_progress                    in_progress
 *   unassign     assigned                       open           nobody is assigned: transition_refused
 *                in_progress                    in_progress
 *   start        open, assigned                 in_progress
 *   resolve      open, assigned, in_progress    resolved
 *   close        all but closed                 closed
 *   reopen       resolved, closed               open, or assigned where it has an assignee
 *   note         every one                      the same       no text: bad_request
 *   merge        open, assigned, in_progress    the survivor   the other is resolved, closed, unknown or itself: merge_refused
 *   split        open, assigned, in_progress,   the same       a problem is not in it: problem_unknown; none or all would leave:
 *                resolved                                      transition_refused
 *
 * Everything else is transition_refused; on a closed incident everything but reopen, note and close is incident_closed. The correlator
 * itself resolves an incident when its last problem resolves, reopens it when a problem of it fires again within the window, and closes it
 * 24 h after it was resolved.
 */
import type { CommandAction, IncidentStatus } from '../schemas/records.ts'
import type { ErrorCode } from '../schemas/errors.ts'

/** `unassign` is `assign` with nobody. */
export type Step = CommandAction | 'unassign'

type Target = IncidentStatus | 'same' | 'begin'

const OPEN: readonly IncidentStatus[] = ['open', 'assigned', 'in_progress']
const NOT_CLOSED: readonly IncidentStatus[] = [...OPEN, 'resolved']

const TABLE: Readonly<Record<Step, readonly { readonly from: readonly IncidentStatus[]; readonly to: Target }[]>> = {
  acknowledge: [{ from: NOT_CLOSED, to: 'same' }],
  assign: [{ from: ['open', 'assigned'], to: 'assigned' }, { from: ['in_progress'], to: 'same' }],
  unassign: [{ from: ['assigned'], to: 'open' }, { from: ['in_progress'], to: 'same' }],
  start: [{ from: ['open', 'assigned'], to: 'in_progress' }],
  resolve: [{ from: OPEN, to: 'resolved' }],
  close: [{ from: NOT_CLOSED, to: 'closed' }],
  reopen: [{ from: ['resolved', 'closed'], to: 'begin' }],
  note: [{ from: [...NOT_CLOSED, 'closed'], to: 'same' }],
  merge: [{ from: OPEN, to: 'same' }],
  split: [{ from: NOT_CLOSED, to: 'same' }],
}

/** Where a step leads from a status, or the code it is refused with. */
export function stepFrom(status: IncidentStatus, step: Step, hasAssignee: boolean): { readonly to: IncidentStatus } | { readonly refused: ErrorCode } {
  const row = TABLE[step].find((candidate) => candidate.from.includes(status))
  if (row !== undefined) return { to: row.to === 'same' ? status : row.to === 'begin' ? beginning(hasAssignee) : row.to }
  return { refused: status === 'closed' && step !== 'close' ? 'incident_closed' : 'transition_refused' }
}

/** The status of an incident that has just opened or opened again. */
export function beginning(hasAssignee: boolean): IncidentStatus {
  return hasAssignee ? 'assigned' : 'open'
}
