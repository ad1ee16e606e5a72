/** Public notes as e-mail to the contact of the ticket, where a sender is set. */
import type { TicketNote } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { tokensIn } from '../text.ts'
import { call, list, one } from './calls.ts'
import { commentOf, textOf, type ZohoRecord } from './map.ts'

/** Replies looked through for our tokens: those that may have been sent by an attempt that was cut off are among the newest. */
const REPLIES_MAX = 10

/** Sends it to the address the ticket has, and to nobody else. */
export async function reply(id: string, note: TicketNote, ticket: ZohoRecord, ctx: CallContext): Promise<void> {
  const to = textOf(ticket, 'email')
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(to)) throw new ConnectorError('invalid', 'Zoho Desk: the ticket has no e-mail address to reply to: give its contact one, or empty the field Sender of public notes')
  await call({
    method: 'POST', path: path`/tickets/${id}/sendReply`, action: 'created', reference: 'reply to contact', externalId: id,
    json: { channel: 'EMAIL', to, fromEmailAddress: ctx.connection.fields.replyFrom ?? '', contentType: 'plainText', content: commentOf(note).content, isForward: false },
  }, ctx)
}

/** Tokens that stand in replies sent already; lists show the beginning of a reply only, so each is read. */
export async function repliesWith(id: string, tokens: readonly string[], ctx: CallContext): Promise<ReadonlySet<string>> {
  const threads = await list({ method: 'GET', path: path`/tickets/${id}/threads`, action: 'retrieved', reference: 'read replies', externalId: id, query: { from: 0, limit: 50 } }, ctx)
  const sent = threads.filter((thread) => textOf(thread, 'direction') === 'out').sort((a, b) => textOf(b, 'createdTime').localeCompare(textOf(a, 'createdTime'))).slice(0, REPLIES_MAX)
  const texts: string[] = []
  for (const thread of sent) texts.push(textOf(await one({ method: 'GET', path: path`/tickets/${id}/threads/${textOf(thread, 'id')}`, action: 'retrieved', reference: 'read reply', externalId: id }, ctx), 'content'))
  return tokensIn(texts, tokens)
}
