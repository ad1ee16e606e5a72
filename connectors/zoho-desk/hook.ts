/** Events of Zoho Desk: a list, or one alone. Its signature header is not described well enough to lean on, so the long random part of the address is the proof. */
import { ConnectorError, type HookEvent, type HookReader } from '../port.ts'
import { textOf, type ZohoRecord } from './map.ts'

/** Takes ticket, comment, thread and attachment events; others speak of no ticket. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    // The address is tried with an empty body when the webhook is made.
    if (body.length === 0) return []
    const said = parsed(body)
    const ids = (Array.isArray(said) ? said : [said]).map((event) => ticketId(inner(event)))
    return [...new Set(ids)].flatMap((id): HookEvent[] => (id === null ? [] : [{ eventId: null, externalId: id }]))
  },
}

function ticketId(event: ZohoRecord): string | null {
  const payload = inner(event.payload)
  const kind = textOf(event, 'eventType')
  if (!kind.startsWith('Ticket_')) return null
  const id = textOf(payload, 'ticketId') || (/^Ticket_(Add|Update|Delete)$/.test(kind) ? textOf(payload, 'id') : '')
  return /^\d{1,30}$/.test(id) ? id : null
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch (error) {
    throw new ConnectorError('invalid', 'Zoho Desk: the webhook sends no JSON', { cause: error })
  }
}

function inner(value: unknown): ZohoRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ZohoRecord) : {}
}
