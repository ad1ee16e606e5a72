/** JSON schemas of orders for tickets as the API answers them; the TypeScript forms stand in schemas/ticket-work.ts. */
import { ORDER_STATUSES } from '../schemas/ticket-work.ts'
import { answer, nullable, text, time, whole } from './json-schema.ts'

/** An order in a list. */
export const OUTBOX_ORDER = answer({
  id: text(), ticketId: text(), companyId: text(), incidentId: text(), connector: text(), account: text({ description: 'what shares one call budget' }), number: nullable(text({ description: 'the ticket\'s, as people call it; null: it is not made yet' })), title: text(),
  seq: whole({ description: 'place among the orders of the ticket' }), kind: text({ enum: ['create', 'update', 'join', 'read'] }), urgency: whole({ description: '0 critical, 1 a person waits, 2 usual, 3 may wait' }), status: text({ enum: [...ORDER_STATUSES] }),
  attempts: whole({ description: 'refusals so far' }), dueAt: time(), code: nullable(text({ description: 'why it failed last, or waits' })), error: nullable(text({ description: 'the same in words, and how to mend it' })), createdAt: time(), endedAt: nullable(time()),
})
