/** What is looked at before an Atera connection is used. A key of Atera opens everything; there are no rights to choose, only a plan that may leave parts out. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { page } from './calls.ts'
import { choices, findUsers } from './look-ups.ts'
import { contactAddress, numberOf } from './map.ts'
import type { AteraCustomer, AteraTicket } from './types.ts'

/** The check. Nothing is written. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  return checkAll([
    { name: 'credentials', needs: 'the API key, and a plan with API access', run: () => account(ctx) },
    { name: 'tickets', needs: 'a plan with tickets', run: async () => (await page<AteraTicket>({ path: '/api/v3/tickets', reference: 'check reading of tickets' }, ctx), 'tickets can be read; Atera has no rights of its own for writing them') },
    { name: 'customers', needs: 'a plan with customers', run: async () => ((await page<AteraCustomer>({ path: '/api/v3/customers', reference: 'check reading of customers' }, ctx)).items.length === 0 ? 'there is no customer yet' : 'customers can be read') },
    { name: 'technician', needs: 'a plan with tickets', run: () => technician(ctx) },
    { name: 'contact', needs: 'a mailbox', run: async () => contact(ctx) },
    { name: 'mapping', needs: 'a plan with tickets', run: () => mapped(ctx) },
  ])
}

async function account({ http }: CallContext): Promise<string> {
  const { body } = await http.call({ method: 'GET', path: '/api/v3/account', action: 'retrieved', reference: 'check credentials' })
  const { CompanyName: name, Plan: plan } = (typeof body === 'object' && body !== null ? body : {}) as { readonly CompanyName?: unknown; readonly Plan?: unknown }
  if (typeof name !== 'string') throw new ConnectorError('bad_answer', 'Atera did not say whose key it is: see that the base URL is https://app.atera.com')
  return `the key belongs to ${name}${typeof plan === 'string' ? `, plan ${plan}` : ''}; it opens everything in the account, so keep it here alone`
}

async function technician(ctx: CallContext): Promise<string> {
  const { technicianId = '', technicianEmail = '' } = ctx.connection.fields
  if (numberOf(technicianId) === 0) throw new ConnectorError('invalid', 'the id of the technician is no number: give one for our comments')
  const found = (await findUsers('', ctx)).find(({ externalId }) => externalId === technicianId)
  if (found !== undefined && found.email !== null && found.email.toLowerCase() !== technicianEmail.toLowerCase()) throw new ConnectorError('invalid', `technician ${technicianId} is ${found.name} and has another e-mail address than the one given: correct one of the two`)
  return found === undefined ? `technician ${technicianId} stands in no ticket of the last 30 days, so it could not be looked up; a first comment that is answered "Invalid input" means that there is none` : `comments are written as ${found.name}`
}

function contact({ connection }: CallContext): string {
  const address = contactAddress(connection.fields.contactMailbox ?? '', '1')
  if (address === null) throw new ConnectorError('invalid', 'the mailbox of our contacts is no e-mail address')
  return `tickets are from contacts such as ${address}, made once for each customer`
}

async function mapped(ctx: CallContext): Promise<string> {
  const { status, priority, place } = ctx.connection.mapping
  const known = await choices(ctx)
  const unknown = [
    ...unknownValues('status', status, known.statuses),
    ...unknownValues('priority', priority, known.priorities),
    ...(['type', 'impact'] as const).flatMap((name) => unknownValues('place', { [name]: place[name] }, known.places[name] ?? [])),
  ]
  if (unknown.length > 0) throw new ConnectorError('invalid', `${unknown.join('; ')}. Correct the mapping; a status of your own is known once it stands in a ticket of the last 30 days.`)
  return 'all values of the mapping exist'
}
