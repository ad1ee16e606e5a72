/** Webhooks of Zendesk, which it signs. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { idOf, textOf, type Row } from '../answers.ts'
import { ConnectorError, type HookReader } from '../port.ts'

export const hook: HookReader = {
  proof: 'signed',
  async read({ headers, body }, secret) {
    // An empty key signs for everybody.
    if (secret === '') return null
    const wanted = createHmac('sha256', secret).update(headers['x-zendesk-webhook-signature-timestamp'] ?? '').update(body).digest()
    const given = Buffer.from(headers['x-zendesk-webhook-signature'] ?? '', 'base64')
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
    const event = parsed(body)
    const externalId = idOf((event.detail as Row | undefined)?.id) ?? /^zen:ticket:(\d+)$/.exec(textOf(event.subject) ?? '')?.[1] ?? idOf(event.ticket_id)
    if (externalId === null || !/^\d+$/.test(externalId)) return []
    return [{ eventId: headers['x-zendesk-webhook-invocation-id'] ?? textOf(event.id), externalId }]
  },
}

function parsed(body: Buffer): Row {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Row
  } catch {
    // Said below, without the body.
  }
  throw new ConnectorError('invalid', 'the webhook of Zendesk holds no JSON object: choose the format JSON there')
}
