/** Machines of a ticket: one main one in a field, others below it. One that is gone must not keep a ticket away, so it is left out and technicians are told. */
import type { TicketRef } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { children, make, picklists, query } from './api.ts'
import { noteBody, numberOf } from './map.ts'
import type { AtNote } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

/** Whether the main machine is what was refused. */
export function isOfMachine(error: unknown, fields: Fields): boolean {
  return error instanceof ConnectorError && error.code === 'invalid' && fields.configurationItemID !== undefined && /configurationItem/i.test(error.message)
}

/** The same fields without the main machine. */
export function withoutMachine(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'configurationItemID'))
}

/** Names further machines of a ticket; `isLooking`: only those that are not there. */
export async function attachAssets(ref: TicketRef, assetIds: readonly string[], isLooking: boolean, ctx: CallContext): Promise<void> {
  if (assetIds.length === 0) return
  const where = path`/Tickets/${ref.externalId}/AdditionalConfigurationItems`
  const there = isLooking ? await children<{ readonly configurationItemID?: number | null }>(ctx, where, 'read machines of a ticket', ref.externalId) : []
  const gone: string[] = []
  for (const id of assetIds.filter((asset) => !there.some(({ configurationItemID }) => configurationItemID === numberOf(asset)))) {
    try {
      await make(ctx, { path: where, json: { configurationItemID: numberOf(id) }, action: 'linked', reference: 'name another machine of a ticket', externalId: ref.externalId })
    } catch (error) {
      if (!(error instanceof ConnectorError) || (error.code !== 'invalid' && error.code !== 'not_found')) throw error
      gone.push(id)
    }
  }
  await sayGone(ref, gone, ctx)
}

/** Says in a note for technicians which machines were left out, once. */
export async function sayGone(ref: TicketRef, gone: readonly string[], ctx: CallContext): Promise<void> {
  if (gone.length === 0) return
  const token = `gone-${gone.join('-')}`.slice(0, 60)
  const filter = [{ op: 'eq', field: 'ticketID', value: numberOf(ref.externalId) }, { op: 'contains', field: 'description', value: `[${token}]` }]
  const { items } = await query<AtNote>(ctx, 'TicketNotes', { filter, max: 1, reference: 'see whether it was said', action: 'retrieved' })
  if (items.length > 0) return
  const note = { text: `These configuration items are not known for this company any more and were left out: ${gone.join(', ')}.`, token, isPublic: false }
  await make(ctx, { path: path`/Tickets/${ref.externalId}/Notes`, json: noteBody(note, ctx.connection.mapping, await picklists(ctx, 'TicketNotes')), action: 'updated', reference: 'say which machines are gone', externalId: ref.externalId })
}
