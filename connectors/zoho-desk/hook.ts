/** Events of Zoho Desk: a list, or one alone. Its signature header is not described well enough to lean on, so the long random part of the address is the proof. */
import { hookJson, hookRow } from '../hook-body.ts'
import type { HookReader } from '../port.ts'
import { textOf, type ZohoRecord } from './map.ts'

/** Takes ticket, comment, thread and attachment events; others speak of no ticket. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    // The address is tried with an empty body when the webhook is made.
    if (body.length === 0) return []
    const said = hookJson(body, 'Zoho Desk: the webhook sends no JSON')
    const ids = (Array.isArray(said) ? said : [said]).map((event) => ticketId(hookRow(event)))
    return ids.filter((id) => id !== null)
  },
}

function ticketId(event: ZohoRecord): string | null {
  const payload = hookRow(event.payload)
  const kind = textOf(event, 'eventType')
  if (!kind.startsWith('Ticket_')) return null
  const id = textOf(payload, 'ticketId') || (/^Ticket_(Add|Update|Delete)$/.test(kind) ? textOf(payload, 'id') : '')
  return /^\d{1,30}$/.test(id) ? id : null
}
