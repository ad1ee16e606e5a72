/** Webhooks of Atera's ticket automation rules: what is in them is not documented and they are not signed, so nothing but the id of a ticket is looked for. */
import { hookId, hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type HookReader } from '../port.ts'

const NAMES = ['ticketid', 'ticket_id', 'id']

/** Reads the id of the ticket. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const said = hookRow(hookJson(body, 'a webhook that is no JSON'))
    const inner = hookRow(Object.entries(said).find(([name]) => /^(ticket|data|payload)$/i.test(name))?.[1])
    // An `id` of the whole is the event's; in a ticket it is the ticket's.
    const externalId = named(inner, NAMES) ?? named(said, NAMES.slice(0, 2))
    if (externalId === null) throw new ConnectorError('invalid', 'a webhook without the id of a ticket: let the rule send {"TicketID": …}')
    return [externalId]
  },
}

function named(from: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  const found = Object.entries(from).find(([name, value]) => names.includes(name.toLowerCase()) && hookId(value) !== null)
  return hookId(found?.[1])
}
