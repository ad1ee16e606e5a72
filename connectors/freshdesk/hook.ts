/** Webhooks of Freshdesk, whose automation rules post what the rule says; nothing is signed, so the address is the proof and the caller compares it. */
import { hookId, hookJson, hookRow } from '../hook-body.ts'
import type { HookReader } from '../port.ts'

export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const said = hookRow(hookJson(body, 'the webhook of Freshdesk holds no JSON: choose the encoding JSON in its rule'))
    const { ticket_id: id } = 'freshdesk_webhook' in said ? hookRow(said.freshdesk_webhook) : said
    const externalId = hookId(typeof id === 'string' ? id.replace(/^#/, '') : id)
    return externalId === null ? [] : [externalId]
  },
}
