/** Webhooks of Autotask. `X-Hook-Signature` is `sha1=` and the HMAC-SHA-1 of the raw body under the webhook's secret key; base64 or hex is not written down, so both are taken. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { path } from '../http/address.ts'
import { hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type HookReader } from '../port.ts'
import { item } from './api.ts'
import type { AtNote } from './types.ts'

interface Delivery { readonly Action?: unknown; readonly EntityType?: unknown; readonly Id?: unknown }

export const hook: HookReader = {
  proof: 'signed',
  async read({ headers, body }, secret, ctx) {
    if (!fits(body, headers['x-hook-signature'] ?? '', secret)) return null
    const { Action, EntityType, Id } = parsed(body)
    // Deactivated speaks of the webhook itself, and other entities of none of our tickets.
    if (Action === 'Deactivated') return []
    if (EntityType === 'Ticket') return [String(Id)]
    if (EntityType !== 'TicketNote') return []
    const note = await item<AtNote>(ctx, path`/TicketNotes/${Number(Id)}`, 'read the note a webhook names')
    return note?.ticketID == null ? [] : [String(note.ticketID)]
  },
}

function parsed(body: Buffer): Delivery {
  const unreadable = 'Autotask: a webhook that cannot be read'
  const value = hookRow(hookJson(body, unreadable))
  if (!Number.isSafeInteger(value.Id)) throw new ConnectorError('invalid', unreadable)
  return value
}

function fits(body: Buffer, signature: string, secret: string): boolean {
  // An empty key signs for everybody.
  if (secret === '') return false
  const due = createHmac('sha1', secret).update(body).digest()
  const text = signature.replace(/^sha1=/i, '').trim()
  return [Buffer.from(text, 'base64'), Buffer.from(/^[0-9a-f]{40}$/i.test(text) ? text : '', 'hex')].some((given) => given.length === due.length && timingSafeEqual(given, due))
}
