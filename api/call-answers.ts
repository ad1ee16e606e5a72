/** JSON schemas of outside calls as the API answers them; the TypeScript forms stand in schemas/call-views.ts. */
import { CALL_DIRECTIONS, CALL_STATUSES } from '../schemas/call-views.ts'
import { CALL_ACTIONS } from '../schemas/tickets.ts'
import { answer, list, nullable, number, text, time, whole } from './json-schema.ts'

const FIELDS = {
  id: text(), at: time(), integrationType: text({ description: 'ticketing, chat, mail or oauth' }), connector: text(), connectionId: nullable(text()), companyId: nullable(text({ description: 'null: for the MSP as a whole' })),
  incidentId: nullable(text()), ticketId: nullable(text()), action: text({ enum: [...CALL_ACTIONS] }), direction: text({ enum: [...CALL_DIRECTIONS] }), externalId: nullable(text()), method: text(), url: text(),
  reference: text({ description: 'what was called' }), status: text({ enum: [...CALL_STATUSES] }), httpStatus: nullable(whole()), errorCode: nullable(text()), errorText: nullable(text()), durationMs: number(),
  retries: whole({ description: 'attempts of the same work before this one' }), who: answer({ kind: text(), id: text(), name: text() }),
}

/** A call in a list. */
export const CALL = answer(FIELDS)
/** One call. */
export const CALL_DETAIL = answer({ ...FIELDS, request: nullable(text({ description: 'redacted and cut' })), response: nullable(text({ description: 'redacted and cut; of a system that all clients share for an MSP Admin alone' })) })

const FIGURES = { calls: whole(), errors: whole(), timeouts: whole(), repeated: whole({ description: 'attempts after another' }), medianMs: number(), p95Ms: number(), longestMs: number() }

/** How calls went. */
export const CALL_STATS = answer({
  ...FIGURES, items: list(answer({ connector: text(), action: text(), direction: text(), ...FIGURES })), days: list(answer({ day: text(), connector: text(), calls: whole(), errors: whole(), timeouts: whole() })),
})
