/** Webhooks of Jira, signed with the secret that was set for them. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { ConnectorError, type HookReader } from '../port.ts'
import { inner, textOf } from './map.ts'

/** Takes issue and comment events. Without a signature it is none of Jira's: automation rules cannot sign and are not taken. */
export const hook: HookReader = {
  proof: 'signed',
  async read({ headers, body }, secret) {
    if (secret === '' || !isSigned(headers['x-hub-signature'] ?? '', body, secret)) return null
    const said = parsed(body)
    const id = textOf(inner(inner(said).issue), 'id')
    if (!/^\d{1,20}$/.test(id)) return []
    const event = headers['x-atlassian-webhook-identifier'] ?? ''
    return [{ eventId: event === '' ? null : event.slice(0, 200), externalId: id }]
  },
}

function isSigned(header: string, body: Buffer, secret: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(header.trim())?.[1]
  return given !== undefined && timingSafeEqual(Buffer.from(given, 'hex'), createHmac('sha256', secret).update(body).digest())
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch (error) {
    throw new ConnectorError('invalid', 'Jira: the webhook sends no JSON: leave "Exclude body" off', { cause: error })
  }
}
