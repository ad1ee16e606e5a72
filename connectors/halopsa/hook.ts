/** Webhooks of HaloPSA: unsigned, one event or a list of them, with a body that the customer may have made. Only ids are taken from it. */
import { ConnectorError, type HookEvent, type HookReader } from '../port.ts'

const EVENTS_MAX = 500

/** Reads the ids of tickets out of a delivery. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const parsed = parse(body)
    const events = (Array.isArray(parsed) ? parsed : [parsed]).slice(0, EVENTS_MAX).flatMap((one) => eventOf(one) ?? [])
    if (events.length === 0) throw new ConnectorError('invalid', 'a webhook without the id of a ticket: leave its payload as HaloPSA makes it, or let it hold {"ticket":{"id":…}}')
    return events
  },
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch (cause) {
    throw new ConnectorError('invalid', 'a webhook that is no JSON', { cause })
  }
}

function eventOf(event: unknown): HookEvent | null {
  const { id, ticket, action, object_id: objectId } = record(event)
  const externalId = idOf(record(ticket).id) ?? idOf(record(action).ticket_id) ?? idOf(objectId)
  return externalId === null ? null : { eventId: typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 100) : null, externalId }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function idOf(value: unknown): string | null {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,8}$/.test(String(value)) ? String(value) : null
}
