/** The note of an order that technicians alone may read. */
import type { SyncTicket } from '../../schemas/ticket-sync.ts'
import type { TicketNote } from '../../schemas/tickets.ts'
import { sayable } from '../templates/note-text.ts'
import { templateOf } from '../templates/templates.ts'
import { noteTokenOf } from './identity.ts'
import type { PlanTarget } from './want.ts'

/** A note of these lines for the ticket's next order; none where the PSA has no internal notes, for the client would read it. */
export function internalNote({ connector, capabilities }: Pick<PlanTarget, 'connector' | 'capabilities'>, { id, told }: Pick<SyncTicket, 'id' | 'told'>, lines: readonly string[]): readonly TicketNote[] {
  return capabilities.internalNote ? [{ token: noteTokenOf(id, told.seq + 1), isPublic: false, text: sayable(lines, templateOf(connector).textMax) }] : []
}
