/** Notification webhooks of Syncro: unsigned, a text for people with a link and the attributes of what it is about. Only the id of the ticket is taken. */
import { hookId, hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type HookReader } from '../port.ts'

/** Reads the id of the ticket. The address's long random part is the proof, which the caller compares. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const { link, attributes } = hookRow(hookJson(body, 'a webhook that is no JSON'))
    const about = hookRow(attributes)
    const fromLink = typeof link === 'string' ? /\/tickets\/(\d{1,15})(?=[/?#]|$)/.exec(link)?.[1] : undefined
    // A ticket's own attributes have its id as `id`; those of a comment or timer name it.
    const externalId = hookId(about.ticket_id) ?? hookId(hookRow(about.ticket).id) ?? hookId(fromLink) ?? ('number' in about ? hookId(about.id) : null)
    if (externalId === null) throw new ConnectorError('invalid', 'a notification that is about no ticket: let this webhook have events of tickets alone')
    return [externalId]
  },
}

