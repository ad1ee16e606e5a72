/** The record of calls for a ticket that a person named: held until it is known whether they may be shown what came of them. */
import type { OutsideCall } from '../../schemas/tickets.ts'

/** Holds calls back. */
export interface HeldCalls {
  readonly record: (call: OutsideCall) => Promise<void>
  /** Has them recorded. Where the ticket may not be shown, or nobody can tell, they look alike to those of the company whatever was there: even how many there were would tell. */
  settle(mayBeShown: boolean): Promise<void>
}

/** Begins to hold. */
export function heldCalls(keep: (call: OutsideCall) => Promise<void>): HeldCalls {
  const held: OutsideCall[] = []
  return {
    record: async (call) => void held.push(call),
    async settle(mayBeShown) {
      await Promise.all(held.splice(0).map((call, index) => keep(mayBeShown ? call : { ...call, shownAs: index === 0 ? 'refused' : 'hidden' })))
    },
  }
}
