/** Webhooks of Atera's ticket automation rules: what is in them is not documented and they are not signed, so nothing but the id of a ticket is looked for. */
import { ConnectorError, type HookReader } from '../port.ts'

const NAMES = ['ticketid', 'ticket_id', 'id']

/** Reads the id of the ticket. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const said = record(parse(body))
    const inner = record(Object.entries(said).find(([name]) => /^(ticket|data|payload)$/i.test(name))?.[1])
    // An `id` of the whole is the event's; in a ticket it is the ticket's.
    const externalId = named(inner, NAMES) ?? named(said, NAMES.slice(0, 2))
    if (externalId === null) throw new ConnectorError('invalid', 'a webhook without the id of a ticket: let the rule send {"TicketID": …}')
    return [{ eventId: null, externalId }]
  },
}

function named(from: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  const found = Object.entries(from).find(([name, value]) => names.includes(name.toLowerCase()) && (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,14}$/.test(String(value)))
  return found === undefined ? null : String(found[1])
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch (cause) {
    throw new ConnectorError('invalid', 'a webhook that is no JSON', { cause })
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
