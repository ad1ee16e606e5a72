/** What a Zoho Desk connection may do, scope by scope, and whether what it maps exists. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues } from '../checks.ts'
import { filled } from '../filled.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, list } from './calls.ts'
import { choices, departments, fieldsOf } from './look-ups.ts'
import { textOf } from './map.ts'

/** No ticket has it, so that what is asked for with it changes nothing; a right that is missing is told before the ticket is looked for. */
const NO_TICKET = '1'

/** Tries each right and each value of the mapping. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { fields } = ctx.connection
  const mapping = filled(ctx.connection.mapping)
  return checkAll([
    { name: 'organisation', needs: 'an agent of the organisation', run: () => organisation(fields.orgId ?? '', ctx) },
    { name: 'read tickets', needs: 'Desk.tickets.READ', run: async () => (await list({ method: 'GET', path: '/tickets', action: 'searched', reference: 'check tickets', query: { from: 0, limit: 1 } }, ctx), 'tickets can be read') },
    { name: 'change tickets', needs: 'Desk.tickets.UPDATE', run: () => mayWrite('PATCH', path`/tickets/${NO_TICKET}`, 'tickets can be changed', ctx) },
    { name: 'make tickets', needs: 'Desk.tickets.CREATE', run: () => mayWrite('POST', '/tickets', 'tickets can be made', ctx) },
    { name: 'search', needs: 'Desk.search.READ', run: async () => (await list({ method: 'GET', path: '/tickets/search', action: 'searched', reference: 'check search', query: { subject: '*AW-*', from: 0, limit: 1 } }, ctx), 'tickets can be found') },
    { name: 'accounts and contacts', needs: 'Desk.contacts.READ', run: async () => (await list({ method: 'GET', path: '/contacts/search', action: 'searched', reference: 'check contacts', query: { _all: '*aaa*', from: 0, limit: 1 } }, ctx), 'accounts and contacts can be read') },
    { name: 'knowledge base', needs: 'Desk.articles.READ', run: async () => (await list({ method: 'GET', path: '/articles', action: 'searched', reference: 'check articles', query: { from: 0, limit: 1 } }, ctx), 'articles can be read') },
    { name: 'department', needs: 'Desk.basic.READ', run: () => department(mapping.place.departmentId, ctx) },
    { name: 'choice values', needs: 'Desk.basic.READ', run: () => mapped(ctx) },
    { name: 'contact', needs: 'Desk.contacts.READ', run: async () => contact(ctx) },
  ])
}

async function organisation(orgId: string, ctx: CallContext): Promise<string> {
  const found = await list({ method: 'GET', path: '/organizations', action: 'searched', reference: 'check organisation' }, ctx)
  const ours = found.find((one) => textOf(one, 'id') === orgId)
  if (ours === undefined) throw new ConnectorError('misconfigured', `the token is not for organisation ${orgId} but for ${found.map((one) => `${textOf(one, 'id')} (${textOf(one, 'companyName')})`).join(', ')}: correct the organisation ID, or connect again for the right one`)
  return `organisation ${textOf(ours, 'companyName')}, edition ${textOf(ours, 'edition')}`
}

/** Asks for a write that cannot be done: a right that is missing is refused with 403, anything else shows that it is there. */
async function mayWrite(method: 'POST' | 'PATCH', where: string, text: string, ctx: CallContext): Promise<string> {
  await call({ method, path: where, action: 'retrieved', reference: 'check a right without writing', json: {}, accepts: [400, 404, 422] }, ctx)
  return text
}

async function department(id: string | undefined, ctx: CallContext): Promise<string> {
  const known = await departments(ctx)
  const named = known.map((one) => `${one.id} (${one.name})`).join(', ')
  if (id === undefined) throw new ConnectorError('invalid', `place departmentId is missing: put one of these into the mapping: ${named}`)
  const found = known.find((one) => one.id === id)
  if (found === undefined) throw new ConnectorError('invalid', `place departmentId: "${id}" is not known there; known are ${named}`)
  return `department ${found.name}`
}

async function mapped(ctx: CallContext): Promise<string> {
  const { fields } = ctx.connection
  const mapping = filled(ctx.connection.mapping)
  const known = await choices(ctx)
  const places = Object.entries(mapping.place).filter(([name]) => name !== 'departmentId' && name in known.places)
  const wrong = [
    ...unknownValues('status', mapping.status, known.statuses), ...unknownValues('priority', mapping.priority, known.priorities),
    ...places.flatMap(([name, value]) => unknownValues('place', { [name]: value }, known.places[name] ?? [])),
  ]
  const { referenceField = '' } = fields
  if (referenceField !== '' && !(await fieldsOf(ctx)).some((field) => textOf(field, 'apiName') === referenceField)) wrong.push(`the field for our reference, ${referenceField}, is not there: add it to the layout, or empty the field here`)
  if (wrong.length > 0) throw new ConnectorError('invalid', wrong.join('; '))
  return 'each mapped status, priority and place is there'
}

function contact(ctx: CallContext): string {
  const { fields } = ctx.connection
  const mapping = filled(ctx.connection.mapping)
  if (mapping.place.contactId !== undefined) return 'tickets get the contact of the mapping'
  if ((fields.contactEmail ?? '') !== '') return `tickets get the contact ${fields.contactEmail ?? ''}`
  throw new ConnectorError('invalid', 'no contact: set the e-mail address of the contact, for no ticket can be made without one')
}
