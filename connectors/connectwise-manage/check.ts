/** The check of a connection to ConnectWise: each right, each value of the mapping. Nothing is written: what is tried to be added has no summary, and what is changed is no ticket. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, type Probe } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { list, one, PAGE } from './api.ts'
import { boards, choice, ownMember, priorities, statusesOfBoard } from './lookups.ts'

/** No record has this id. */
const NOBODY = 0

/** Finds all that is missing. */
export function check(ctx: CallContext): Promise<ConnectionCheck> {
  return checkAll([...rights(ctx), ...values(ctx), callback(ctx)])
}

function rights(ctx: CallContext): readonly Probe[] {
  return [
    {
      name: 'address and keys', needs: 'an API member with a valid key pair and client id',
      run: async () => `ConnectWise ${(await one<{ version?: string }>(ctx, '/system/info', 'read version'))?.version ?? ''} answers`.trim(),
    },
    { name: 'read tickets', needs: 'Service Desk > Service Tickets: Inquire All', run: () => read(ctx, '/service/tickets', 'tickets') },
    {
      name: 'add tickets', needs: 'Service Desk > Service Tickets: Add All',
      run: async () => tried(await ctx.http.call({ method: 'POST', path: '/service/tickets', json: { summary: '' }, accepts: [400], action: 'triggered', reference: 'try whether tickets may be added' }), 'add'),
    },
    {
      name: 'change tickets and add notes', needs: 'Service Desk > Service Tickets: Edit All, and Close Service Tickets: Edit All',
      run: async () => tried(await ctx.http.call({ method: 'PATCH', path: `/service/tickets/${NOBODY}`, json: [], accepts: [400, 404, 405], action: 'triggered', reference: 'try whether tickets may be changed' }), 'change'),
    },
    { name: 'read companies', needs: 'Companies > Company Maintenance: Inquire All', run: () => read(ctx, '/company/companies', 'companies') },
    { name: 'read configurations', needs: 'Companies > Configurations: Inquire All', run: () => read(ctx, '/company/configurations', 'configurations') },
    {
      name: 'read and attach files', needs: 'Companies > Manage Attachments: Inquire All and Add All',
      run: async () => {
        await ctx.http.call({ method: 'GET', path: '/system/documents', query: { recordType: 'Ticket', recordId: NOBODY }, accepts: [404], action: 'retrieved', reference: 'try whether files may be read' })
        return 'files may be read'
      },
    },
    { name: 'read time', needs: 'Time & Expense > Time Entry: Inquire All and Add All', run: () => read(ctx, '/time/entries', 'time entries') },
    {
      name: 'our member', needs: 'System > Member Maintenance: Inquire All',
      run: async () => {
        const member = await ownMember(ctx)
        if (member.inactiveFlag === true) throw new ConnectorError('invalid', `the member "${ctx.connection.fields.member ?? ''}" is inactive: activate it`)
        return `the keys belong to ${member.identifier ?? ''}`
      },
    },
    { name: 'read choice values', needs: 'System > Table Setup: Inquire All (Service Board, Priority)', run: async () => `${(await boards(ctx)).length} boards, ${(await priorities(ctx)).length} priorities` },
  ]
}

function values(ctx: CallContext): readonly Probe[] {
  const { place, status, priority } = ctx.connection.mapping
  return [
    {
      name: 'mapping: board', needs: 'System > Table Setup: Inquire All (Service Board)',
      run: async () => {
        const known = (await boards(ctx)).map(choice)
        if (place.board === undefined || place.board === '') throw missing(`no board is mapped: enter place "board"`, known)
        if (!isKnown(place.board, known)) throw missing(`the board "${place.board}" does not exist`, known)
        return `tickets go to the board "${place.board}"`
      },
    },
    ...Object.entries(status).map(([state, value]): Probe => ({
      name: `mapping: status ${state}`, needs: 'System > Table Setup: Inquire All (Service Board)',
      run: async () => {
        const statuses = (await statusesOfBoard(ctx)) ?? []
        const found = statuses.find((known) => isKnown(value, [choice(known)]))
        if (found === undefined) throw missing(`the board has no status "${value}" (for "${state}")`, statuses.map(choice))
        if (state === 'closed' && found.closedStatus !== true) throw missing(`the status "${value}" (for "closed") does not close a ticket`, statuses.filter(({ closedStatus }) => closedStatus === true).map(choice))
        return `"${value}"`
      },
    })),
    ...Object.entries(priority).map(([severity, value]): Probe => ({
      name: `mapping: priority ${severity}`, needs: 'System > Table Setup: Inquire All (Priority)',
      run: async () => {
        const known = (await priorities(ctx)).map(choice)
        if (!isKnown(value, known)) throw missing(`there is no priority "${value}" (for "${severity}")`, known)
        return `"${value}"`
      },
    })),
    ...(place.company === undefined || place.company === '' ? [] : [{
      name: 'mapping: company', needs: 'Companies > Company Maintenance: Inquire All',
      run: async () => {
        const company = /^\d{1,9}$/.test(place.company ?? '') ? await one<{ name?: string }>(ctx, `/company/companies/${Number(place.company)}`, 'read the catch-all company') : null
        if (company === null) throw new ConnectorError('invalid', `there is no company with the id "${place.company ?? ''}": place "company" takes the id of your catch-all company`)
        return `tickets without a matched company go to ${company.name ?? place.company ?? ''}`
      },
    }]),
  ]
}

/** Whether changes come by themselves; without a callback they are asked for, which is no fault. */
function callback(ctx: CallContext): Probe {
  return {
    name: 'callback', needs: 'System > Table Setup: Inquire All',
    run: async () => {
      try {
        const all = await list<{ readonly url?: string | null; readonly inactiveFlag?: boolean | null }>(ctx, '/system/callbacks', { pageSize: PAGE }, { most: PAGE, reference: 'look for our callback' })
        const ours = all.find(({ url }) => url?.includes(`/${ctx.connection.id}`) === true)
        if (ours?.inactiveFlag === true) throw new ConnectorError('invalid', 'the callback of this connection is switched off: ConnectWise does so after many failures; make it active again')
        return ours === undefined ? 'there is none for this connection: changes are seen by polling' : 'changes come by callback'
      } catch (error) {
        if (!(error instanceof ConnectorError) || error.code !== 'forbidden') throw error
        return 'the API member may not see callbacks; if there is none, changes are seen by polling'
      }
    },
  }
}

async function read(ctx: CallContext, path: string, what: string): Promise<string> {
  await list(ctx, path, { pageSize: 1 }, { most: 1, reference: `try whether ${what} may be read` })
  return `${what} may be read`
}

/** Refused for what was sent, not for who sent it. */
function tried({ status }: { readonly status: number }, what: string): string {
  if (status < 400) throw new ConnectorError('bad_answer', `ConnectWise: a ticket without a summary was taken (${status})`)
  return `tickets may be ${what === 'add' ? 'added' : 'changed'}`
}

function isKnown(value: string, known: readonly { readonly id: string; readonly name: string }[]): boolean {
  return known.some(({ id, name }) => id === value || name.toLowerCase() === value.toLowerCase())
}

function missing(text: string, known: readonly { readonly id: string; readonly name: string }[]): ConnectorError {
  return new ConnectorError('invalid', `${text}; there are ${known.length === 0 ? 'none' : known.slice(0, 12).map(({ id, name }) => `${name} (${id})`).join(', ')}`)
}
