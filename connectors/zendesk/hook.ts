/** Webhooks of Zendesk, which it signs. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { textOf } from '../answers.ts'
import { hookId, hookJson, hookRow } from '../hook-body.ts'
import type { HookReader } from '../port.ts'

export const hook: HookReader = {
  proof: 'signed',
  async read({ headers, body }, secret) {
    // An empty key signs for everybody.
    if (secret === '') return null
    const wanted = createHmac('sha256', secret).update(headers['x-zendesk-webhook-signature-timestamp'] ?? '').update(body).digest()
    const given = Buffer.from(headers['x-zendesk-webhook-signature'] ?? '', 'base64')
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
    const event = hookRow(hookJson(body, 'the webhook of Zendesk holds no JSON: choose the format JSON there'))
    const externalId = hookId(hookRow(event.detail).id) ?? hookId(/^zen:ticket:(\d+)$/.exec(textOf(event.subject) ?? '')?.[1]) ?? hookId(event.ticket_id)
    return externalId === null ? [] : [externalId]
  },
}
