/** What is looked at before a Syncro connection is used: whose token it is, each right that is needed and those that are not, each value of the mapping. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { listTickets, readMe, settings } from './calls.ts'
import { choices, findAssets, findCompanies } from './look-ups.ts'
import type { SyncroMe } from './types.ts'

/** Parts of Syncro that a token for tickets has no business in. */
const NOT_NEEDED = ['invoice.write', 'invoice.delete', 'payment.write', 'payment.delete', 'ticket.delete', 'customer.delete', 'asset.delete', 'script.execute'] as const

/** The check. Nothing is written: what the token may do Syncro says itself. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  let me: SyncroMe = {}
  const may = (what: string): boolean => allowed(me, what)
  const right = (what: string, name: string, run: () => Promise<string>) => ({
    name, needs: name,
    run: async () => {
      if (me.permissions != null && !may(what)) throw new ConnectorError('forbidden', `the token may not: ${name}.`)
      return run()
    },
  })
  return checkAll([
    { name: 'credentials', needs: 'a valid API token', run: async () => (me = await readMe(ctx), `the token belongs to ${me.user_name ?? 'a user without a name'}; nobody else should use that user, for what it writes is known as ours`) },
    right('ticket.read', 'Tickets - List/Search and Tickets - View Details', async () => (await listTickets({ page: 1 }, 'check reading of tickets', ctx), 'tickets can be read')),
    right('ticket.write', 'Tickets - Create and Tickets - Edit', async () => 'tickets can be made and changed'),
    right('customer.read', 'Customers - List/Search', async () => (await findCompanies('', ctx), 'customers can be read')),
    right('asset.read', 'Assets - List/Search', async () => (await findAssets(ctx.connection.mapping.place.customer ?? '1', '', ctx), 'assets can be read')),
    { name: 'no more than needed', needs: 'none', run: async () => tooMuch(me) },
    { name: 'mapping', needs: 'a valid API token', run: () => mapped(ctx) },
  ])
}

function allowed({ permissions }: SyncroMe, what: string): boolean {
  const [part = '', verb = ''] = what.split('.')
  return permissions?.[part]?.[verb] === true
}

/** Too much does not stop the connection: what a token may do beside its work is the MSP's own risk, and is said. */
function tooMuch(me: SyncroMe): string {
  const more = NOT_NEEDED.filter((what) => allowed(me, what))
  return more.length === 0 ? 'the token may do nothing it does not need' : `the token may also ${more.map((what) => what.replace('.', ' ')).join(', ')}: none of it is needed, so make one with custom permissions instead`
}

async function mapped(ctx: CallContext): Promise<string> {
  const { status, priority, place } = ctx.connection.mapping
  const known = await choices(ctx)
  if ((await settings(ctx)).ticket_status_list == null) throw new ConnectorError('bad_answer', 'Syncro did not list its statuses: see that the base URL ends with /api/v1')
  const unknown = [
    ...unknownValues('status', status, known.statuses),
    ...unknownValues('priority', priority, known.priorities),
    ...(place.ticketType === undefined ? [] : unknownValues('place', { ticketType: place.ticketType }, known.places.ticketType ?? [])),
  ]
  if (unknown.length > 0) throw new ConnectorError('invalid', `${unknown.join('; ')}. Correct the mapping, letter by letter.`)
  return place.customer === undefined ? 'all values exist; no catch-all customer is set, so companies that are not matched yet get no ticket' : 'all values exist'
}
