/** What is looked at before a HaloPSA connection is used: who we are, each right that is needed, each value of the mapping. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext, type ExternalChoices } from '../port.ts'
import { listOf, onePage } from './calls.ts'
import { findAssets, findCompanies, named, priorities, statuses, ticketTypes } from './look-ups.ts'
import type { HaloAgent } from './types.ts'

type Known = ExternalChoices['statuses']

/** The check. Nothing is written; which types may be logged and edited Halo says itself. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { status, priority, place } = ctx.connection.mapping
  return checkAll([
    { name: 'credentials', needs: 'an active application with an agent to log in as', run: () => whoWeAre(ctx) },
    { name: 'read tickets', needs: 'read:tickets, and an agent that may see them', run: async () => `${(await onePage({ path: '/Tickets', name: 'tickets', query: { page_size: 1 }, reference: 'check reading of tickets' }, ctx)).count} tickets can be read` },
    { name: 'create tickets', needs: 'edit:tickets, and an agent that may log this type', run: () => mayWrite(place.ticketType, ctx) },
    { name: 'change tickets', needs: 'edit:tickets, and an agent that may edit this type', run: async () => allowedType('edit', place.ticketType, await ticketTypes('can_edit_only', ctx)) },
    { name: 'read customers', needs: 'read:customers', run: async () => `${(await findCompanies('', ctx)).length === 0 ? 'no customer' : 'customers'} can be read` },
    { name: 'read assets', needs: 'read:assets', run: async () => (await findAssets(place.client ?? '1', '', ctx), 'assets can be read') },
    { name: 'agents', needs: 'an agent that may see other agents', run: () => agents(ctx) },
    { name: 'statuses', needs: 'read:tickets', run: async () => allKnown('status', status, await statuses(ctx)) },
    { name: 'priorities', needs: 'read:tickets', run: async () => allKnown('priority', priority, await priorities(ctx)) },
    { name: 'places', needs: 'read:tickets', run: async () => places(place, ctx) },
  ])
}

async function whoWeAre({ http }: CallContext): Promise<string> {
  const { body } = await http.call({ method: 'GET', path: '/Agent/me', action: 'retrieved', reference: 'check credentials' })
  const { id, name } = (typeof body === 'object' && body !== null ? body : {}) as { readonly id?: unknown; readonly name?: unknown }
  if (typeof id !== 'number' || id <= 1) throw new ConnectorError('invalid', 'the application logs in as no agent: set its login type to "Agent" and choose the agent made for Alert Whisperer')
  return `logged in as the agent ${typeof name === 'string' ? name : id}; nobody else should use it, for what it writes is known as ours`
}

/** Posts an empty list, which makes nothing: without the right it is refused all the same. */
async function mayWrite(type: string | undefined, ctx: CallContext): Promise<string> {
  await ctx.http.call({ method: 'POST', path: '/Tickets', json: [], action: 'retrieved', reference: 'check a right without writing', accepts: [400, 404, 422, 500] })
  return allowedType('log', type, await ticketTypes('can_create_only', ctx))
}

async function agents({ http }: CallContext): Promise<string> {
  const found = listOf<HaloAgent>(await http.call({ method: 'GET', path: '/Agent', action: 'retrieved', reference: 'check reading of agents' }), 'agents').filter(({ id = 0 }) => id > 1)
  return `${found.length} agents can be given tickets`
}

function allowedType(verb: string, wanted: string | undefined, allowed: Known): string {
  if (allowed.length === 0) throw new ConnectorError('invalid', `the agent may ${verb} no ticket type: give its role "Read and Modify" for tickets and allow it a type`)
  if (wanted !== undefined && !allowed.some(({ id }) => id === wanted)) throw new ConnectorError('invalid', `the agent may not ${verb} tickets of the type ${wanted}, or there is none: it may ${verb} ${allowed.slice(0, 12).map(({ id, name }) => `${id} (${name})`).join(', ')}`)
  return `the agent may ${verb} ${wanted === undefined ? `${allowed.length} ticket types; the first is taken, unless place "ticketType" names one` : 'tickets of the type that is set'}`
}

function allKnown(name: string, wanted: Readonly<Record<string, string | undefined>>, known: Known): string {
  const unknown = unknownValues(name, wanted, known)
  if (unknown.length > 0) throw new ConnectorError('invalid', `${unknown.join('; ')}. Correct the mapping.`)
  return `all ${Object.keys(wanted).length} values of the mapping exist`
}

async function places({ team, category, client }: Readonly<Record<string, string>>, ctx: CallContext): Promise<string> {
  const unknown = [
    ...(team === undefined ? [] : unknownValues('place', { team }, await named('/Team', 'list teams', ctx))),
    ...(category === undefined ? [] : unknownValues('place', { category }, await named('/Category', 'list categories', ctx, { type_id: 1 }))),
  ]
  if (unknown.length > 0) throw new ConnectorError('invalid', `${unknown.join('; ')}. Correct the mapping.`)
  return client === undefined ? 'no catch-all customer is set: companies that are not matched yet get no ticket of their own customer' : `tickets of companies that are not matched yet go to customer ${client}`
}
