/** Webhooks of Jira, signed with the secret that was set for them. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { hookJson, hookRow } from '../hook-body.ts'
import type { HookReader } from '../port.ts'
import { textOf } from './map.ts'

/** Takes issue and comment events. Without a signature it is none of Jira's: automation rules cannot sign and are not taken. */
export const hook: HookReader = {
  proof: 'signed',
  async read({ headers, body }, secret) {
    if (secret === '' || !isSigned(headers['x-hub-signature'] ?? '', body, secret)) return null
    const said = hookRow(hookJson(body, 'Jira: the webhook sends no JSON: leave "Exclude body" off'))
    const id = textOf(hookRow(said.issue), 'id')
    return /^\d{1,20}$/.test(id) ? [id] : []
  },
}

function isSigned(header: string, body: Buffer, secret: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(header.trim())?.[1]
  return given !== undefined && timingSafeEqual(Buffer.from(given, 'hex'), createHmac('sha256', secret).update(body).digest())
}
