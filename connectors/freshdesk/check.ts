/** What a connection to Freshdesk may do, tried with calls that change nothing. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { rowsOf } from '../answers.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { agentsOf, whoAmI } from './calls.ts'
import { choices, fieldsOf } from './look-ups.ts'

export function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { mapping, fields } = ctx.connection
  const list = async (path: string): Promise<number> => rowsOf((await ctx.http.call({ method: 'GET', path, query: { per_page: 1 }, action: 'retrieved', reference: `try to read ${path.slice(1)}` })).body).length
  return checkAll([
    { name: 'agent', needs: 'agent', run: async () => `signed in as ${(await whoAmI(ctx)).name}` },
    { name: 'tickets', needs: 'tickets: view', run: async () => `tickets can be read (${await list('/tickets')} tried)` },
    { name: 'contacts', needs: 'contacts: view', run: async () => `contacts can be read (${await list('/contacts')} tried)` },
    { name: 'companies', needs: 'companies: view', run: async () => `companies can be read (${await list('/companies')} tried)` },
    { name: 'agents', needs: 'agents: view', run: async () => `${await list('/agents') === 0 ? 0 : (await agentsOf(ctx)).size} agents can be given tickets` },
    {
      name: 'ticket fields and mapping', needs: 'ticket fields: view',
      run: async () => {
        const known = await choices(ctx)
        const names = (await fieldsOf(ctx)).map(({ name }) => name)
        const refField = fields.refField ?? ''
        const wrong = [
          ...unknownValues('status', mapping.status, known.statuses), ...unknownValues('priority', mapping.priority, known.priorities),
          ...Object.entries(mapping.place).flatMap(([place, id]) => (id === '' ? [] : unknownValues('place', { [place]: id }, known.places[place] ?? []))),
          ...(refField === '' || names.includes(refField) ? [] : [`there is no ticket field ${refField}: make it under Admin > Ticket fields, single line text`]),
        ]
        if (wrong.length > 0) throw new ConnectorError('invalid', wrong.join('; '))
        return refField === '' ? 'every value of the mapping is known there; our reference stands in a tag, for no field is named' : 'every value of the mapping is known there, and the field of the reference'
      },
    },
  ])
}
