/** JSON schemas of tickets as the API answers them; the TypeScript forms stand in schemas/tickets.ts and schemas/ticket-links.ts. */
import { LINK_KINDS, TICKET_STATES } from '../schemas/tickets.ts'
import { answer, flag, list, nullable, text, time, whole } from './json-schema.ts'

const STATE = text({ enum: [...TICKET_STATES] })
/** How a ticket and an incident belong together. */
export const LINK_KIND = text({ enum: [...LINK_KINDS] })

/** A ticket of an incident. */
export const TICKET = answer({
  id: text(), companyId: text(), incidentId: text(), connectionId: text(), connector: text(), environment: text({ enum: ['sandbox', 'production'] }), externalRef: text({ description: 'ours' }), externalId: nullable(text({ description: 'theirs; null: it is not made yet' })),
  number: nullable(text()), url: nullable(text()), title: text(), state: STATE, statusText: nullable(text({ description: 'in the system\'s own words' })), assignee: nullable(text()), origin: text({ enum: ['own', 'linked'], description: 'own: made by the program and kept true; linked: named by a person, and only read' }),
  linkKind: LINK_KIND, isAutomatic: flag(), generation: whole(), parentTicketId: nullable(text()), isTouched: flag({ description: 'a person has worked on it: it is not closed by itself' }), isSimulated: flag(), isPlanned: flag({ description: 'shown only: the mode forbids to send' }),
  waiting: whole({ description: 'pieces of work that wait, dead ones too' }), lastSyncedAt: nullable(time()), lastError: nullable(text()), createdAt: time(),
})

/** A ticket that may belong to an incident. */
export const TICKET_SUGGESTION = answer({
  connectionId: text(), connector: text(), externalId: text(), number: text(), url: nullable(text()), title: text(), state: STATE, statusText: nullable(text()), updatedAt: nullable(time()),
  origin: text({ enum: ['ours', 'found'] }), score: whole({ description: '0 to 100' }), reasons: list(text()),
})

/** Something a person writes into a ticket, as it was ordered. */
export const TICKET_WRITE = answer({ token: text({ description: 'ours, which stands with it over there' }), status: text({ enum: ['waiting', 'shown', 'done'], description: 'shown: the mode forbids to send; done: asked for before, and written' }) })

/** Articles of a knowledge base. */
export const KNOWLEDGE = answer({ query: text({ description: 'what was looked for' }), items: list(answer({ externalId: text(), title: text(), url: nullable(text({ description: 'https only' })) })), problem: nullable(text({ description: 'why the ticket system was not asked; null: it was' })) })
