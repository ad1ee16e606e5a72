/** Whom a ticket is from: Atera takes none without a contact, and the contact says which customer it is for. */
import type { TicketDraft } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { page, post } from './calls.ts'
import { contactAddress, numberOf } from './map.ts'
import type { AteraContact } from './types.ts'

const TTL_MS = 86_400_000

/** Id of the contact: the one that is named, else our own contact at the customer, which is made where there is none. */
export async function contactOf({ party, mapping }: TicketDraft, ctx: CallContext): Promise<number> {
  const named = numberOf(party.contactId ?? '')
  if (named > 0) return named
  const customer = party.companyId ?? mapping.place.customer ?? ''
  const address = contactAddress(ctx.connection.fields.contactMailbox ?? '', customer)
  if (address === null) throw new ConnectorError('invalid', 'Atera takes no ticket without a customer: match the company, or give a catch-all customer as place "customer"')
  return ctx.cached(`contact:${customer}`, TTL_MS, async () => (await findContact(address, customer, ctx)) ?? makeContact(address, customer, ctx))
}

async function findContact(address: string, customer: string, ctx: CallContext): Promise<number | null> {
  const { items } = await page<AteraContact>({ path: '/api/v3/contacts', query: { 'searchOptions.email': address }, reference: 'find contact' }, ctx)
  return items.find(({ Email: email, CustomerID: id }) => (email ?? '').toLowerCase() === address.toLowerCase() && id === numberOf(customer))?.EndUserID ?? null
}

async function makeContact(address: string, customer: string, ctx: CallContext): Promise<number> {
  return post({ path: '/api/v3/contacts', json: { Email: address, CustomerID: numberOf(customer), Firstname: 'Alert', Lastname: 'Whisperer' }, reference: 'create contact' }, ctx)
}
