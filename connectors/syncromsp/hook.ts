/** Notification webhooks of Syncro: unsigned, a text for people with a link and the attributes of what it is about. Only the id of the ticket is taken. */
import { ConnectorError, type HookReader } from '../port.ts'

/** Reads the id of the ticket. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const { link, attributes } = record(parse(body))
    const about = record(attributes)
    const fromLink = typeof link === 'string' ? /\/tickets\/(\d{1,15})(?=[/?#]|$)/.exec(link)?.[1] : undefined
    // A ticket's own attributes have its id as `id`; those of a comment or timer name it.
    const externalId = idOf(about.ticket_id) ?? idOf(record(about.ticket).id) ?? idOf(fromLink) ?? ('number' in about ? idOf(about.id) : null)
    if (externalId === null) throw new ConnectorError('invalid', 'a notification that is about no ticket: let this webhook have events of tickets alone')
    return [{ eventId: null, externalId }]
  },
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

function idOf(value: unknown): string | null {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,14}$/.test(String(value)) ? String(value) : null
}
