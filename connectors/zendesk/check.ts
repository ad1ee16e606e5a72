/** What a connection to Zendesk may do, tried with calls that change nothing. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { rowOf, rowsOf } from '../answers.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { whoAmI } from './calls.ts'
import { choices, findCompanies, findUsers } from './look-ups.ts'

export function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { mapping } = ctx.connection
  return checkAll([
    {
      name: 'agent', needs: 'role agent',
      run: async () => {
        const { role, name } = await whoAmI(ctx)
        if (role !== 'agent' && role !== 'admin') throw new ConnectorError('forbidden', `${name === '' ? 'the user' : name} is no agent (${role}): only an agent can write tickets.`)
        return role === 'admin' ? `signed in as ${name}, an admin: an agent would be enough` : `signed in as ${name}`
      },
    },
    {
      name: 'tickets', needs: 'access to tickets',
      run: async () => `tickets can be read, for example ${rowsOf(rowOf((await ctx.http.call({ method: 'GET', path: '/tickets', query: { 'page[size]': 1 }, action: 'retrieved', reference: 'try to read tickets' })).body).tickets).length}`,
    },
    { name: 'organizations', needs: 'access to organizations', run: async () => `${(await findCompanies('', ctx)).length} organizations seen` },
    { name: 'agents', needs: 'access to users', run: async () => `${(await findUsers('', ctx)).length} agents can be given tickets` },
    {
      name: 'mapping', needs: 'access to groups',
      run: async () => {
        const known = await choices(ctx)
        const wrong = [...unknownValues('status', mapping.status, known.statuses), ...unknownValues('priority', mapping.priority, known.priorities), ...Object.entries(mapping.place).flatMap(([place, id]) => (id === '' ? [] : unknownValues('place', { [place]: id }, known.places[place] ?? [])))]
        if (wrong.length > 0) throw new ConnectorError('invalid', wrong.join('; '))
        return 'every value of the mapping is known there'
      },
    },
  ])
}
