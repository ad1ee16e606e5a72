/** Webhooks of Freshdesk, whose automation rules post what the rule says; nothing is signed, so the address is the proof and the caller compares it. */
import { idOf, rowOf, type Row } from '../answers.ts'
import { ConnectorError, type HookReader } from '../port.ts'

export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const said = parsed(body)
    const inner = typeof said.freshdesk_webhook === 'object' && said.freshdesk_webhook !== null ? rowOf(said.freshdesk_webhook) : said
    const externalId = idOf(inner.ticket_id)?.replace(/^#/, '') ?? ''
    return /^\d+$/.test(externalId) ? [{ eventId: null, externalId }] : []
  },
}

function parsed(body: Buffer): Row {
  try {
    return rowOf(JSON.parse(body.toString('utf8')))
  } catch {
    // Neither the body nor the parser's words about it are repeated.
    throw new ConnectorError('invalid', 'the webhook of Freshdesk holds no JSON object: choose the encoding JSON in its rule')
  }
}
