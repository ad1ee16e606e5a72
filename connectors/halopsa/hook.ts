/** Webhooks of HaloPSA: unsigned, one event or a list of them, with a body that the customer may have made. Only ids are taken from it. */
import { hookId, hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type HookReader } from '../port.ts'

const EVENTS_MAX = 500

/** Reads the ids of tickets out of a delivery. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const parsed = hookJson(body, 'a webhook that is no JSON')
    const ids = (Array.isArray(parsed) ? parsed : [parsed]).slice(0, EVENTS_MAX).flatMap((one) => ticketOf(one) ?? [])
    if (ids.length === 0) throw new ConnectorError('invalid', 'a webhook without the id of a ticket: leave its payload as HaloPSA makes it, or let it hold {"ticket":{"id":…}}')
    return ids
  },
}

function ticketOf(event: unknown): string | null {
  const { ticket, action, object_id: objectId } = hookRow(event)
  return hookId(hookRow(ticket).id) ?? hookId(hookRow(action).ticket_id) ?? hookId(objectId)
}

