/** What a connection to Request Tracker may do, tried with calls that change nothing. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { rowOf, rowsOf, textOf } from '../answers.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, ourName, tickets, userOf } from './calls.ts'
import { choices, queueNamed } from './look-ups.ts'
import { fieldOf, queueOf, quoted } from './map.ts'

export function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { mapping, fields } = ctx.connection
  return checkAll([
    {
      name: 'RT', needs: 'a user that may log in',
      run: async () => {
        const version = textOf(rowOf((await call({ method: 'GET', path: '/rt', action: 'retrieved', reference: 'read version' }, ctx)).body)['Version'])
        if (version === null) throw new ConnectorError('bad_answer', 'Request Tracker: no version was told: the base URL may be wrong')
        return `Request Tracker ${version} answers`
      },
    },
    {
      name: 'user', needs: 'a user of that name',
      run: async () => {
        const us = await userOf(ourName(ctx), ctx)
        if (us === null) throw new ConnectorError('misconfigured', `the user ${ourName(ctx)} is not there, or may not be seen: the name must be that of the token's own user, for by it we know what is ours`)
        if (!us.isAgent) throw new ConnectorError('forbidden', `${us.name} is not privileged: let the user be granted rights in Admin > Users.`)
        return `signed in as ${us.name}`
      },
    },
    {
      name: 'queue', needs: 'SeeQueue and CreateTicket on the queue',
      run: async () => {
        const queue = queueOf(mapping)
        const found = await queueNamed(queue, ctx)
        if (found === null) throw new ConnectorError('forbidden', `the queue ${queue} is not there or may not be seen.`)
        // RT offers the way to create only to those who may.
        if (!rowsOf(found['_hyperlinks']).some(({ ref, type }) => ref === 'create' && type === 'ticket')) throw new ConnectorError('forbidden', `no tickets may be created in the queue ${queue}.`)
        const field = fieldOf(fields)
        if (field !== null && !rowsOf(found['TicketCustomFields']).some(({ name }) => name === field)) throw new ConnectorError('misconfigured', `the queue ${queue} has no custom field "${field}" for tickets, or it may not be seen: apply it to the queue, or leave the field empty`)
        return `tickets may be created in ${textOf(found['Name']) ?? queue}`
      },
    },
    {
      name: 'tickets', needs: 'ShowTicket on the queue',
      run: async () => {
        const { items } = await tickets(`Queue = ${quoted(queueOf(mapping))}`, { orderBy: 'id', order: 'DESC', most: 1, reference: 'try to read tickets' }, ctx)
        return items.length === 0 ? 'tickets can be searched; there is none in the queue yet' : 'tickets can be read'
      },
    },
    {
      name: 'mapping', needs: 'SeeQueue',
      run: async () => {
        const known = await choices(ctx)
        const wrong = unknownValues('status', mapping.status, known.statuses)
        const priorities = Object.entries(mapping.priority).filter(([, value]) => !/^\d{1,9}$/.test(value)).map(([severity, value]) => `priority ${severity}: "${value}" is no number`)
        if (wrong.length + priorities.length > 0) throw new ConnectorError('invalid', [...wrong, ...priorities].join('; '))
        return 'every value of the mapping is one that RT takes'
      },
    },
  ])
}
