/** What a Jira connection may do, permission by permission, and whether what it maps exists. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues, type Probe } from '../checks.ts'
import { filled } from '../filled.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { choices, formOf, get, ourDesk, ourselves, pages, requestTypes } from './facts.ts'
import { inner } from './map.ts'

/** Permissions in the service project, by Jira's name and its key. */
const NEEDED: readonly (readonly [name: string, key: string])[] = [
  ['Browse projects', 'BROWSE_PROJECTS'], ['Create issues', 'CREATE_ISSUES'], ['Edit issues', 'EDIT_ISSUES'], ['Add comments', 'ADD_COMMENTS'], ['Transition issues', 'TRANSITION_ISSUES'], ['Assign issues', 'ASSIGN_ISSUES'],
  ['Create attachments', 'CREATE_ATTACHMENTS'], ['Work on issues', 'WORK_ON_ISSUES'], ['Link issues', 'LINK_ISSUES'], ['Service desk agent', 'SERVICEDESK_AGENT'], ['Browse users and groups', 'USER_PICKER'],
]
const TOO_MUCH: readonly (readonly [name: string, key: string])[] = [['Administer Jira', 'ADMINISTER'], ['System administration', 'SYSTEM_ADMIN']]

/** Tries each right and each value of the mapping. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  return checkAll([
    { name: 'account', needs: 'an account that may log in (read:jira-user)', run: async () => `account ${await ourselves({ ...ctx, cached: (_key, _ttl, load) => load() })}` },
    { name: 'service desk', needs: 'Service desk agent (read:servicedesk-request)', run: async () => `service desk ${(await ourDesk(ctx)).name}` },
    ...NEEDED.map(([name, key]): Probe => ({ name, needs: name, run: () => permission(name, key, ctx) })),
    { name: 'no more than is needed', needs: 'to see own permissions', run: () => notMore(ctx) },
    { name: 'request type', needs: 'Service desk agent', run: () => requestType(ctx) },
    { name: 'choice values', needs: 'Browse projects', run: () => mapped(ctx) },
    { name: 'organisations', needs: 'Service desk agent', run: async () => `${(await pages('/rest/servicedeskapi/organization', 'check organisations', {}, ctx)).length} organisations` },
  ])
}

async function permissions(ctx: CallContext): Promise<Readonly<Record<string, unknown>>> {
  const { projectKey } = await ourDesk(ctx)
  return inner(inner(await get('/rest/api/2/mypermissions', 'check permissions', { projectKey, permissions: [...NEEDED, ...TOO_MUCH].map(([, key]) => key).join(',') }, ctx)).permissions)
}

/** Asked once a check; the answer is the same for all of them. */
const asked = new WeakMap<CallContext, Promise<Readonly<Record<string, unknown>>>>()

async function has(key: string, ctx: CallContext): Promise<boolean> {
  const all = asked.get(ctx) ?? permissions(ctx)
  asked.set(ctx, all)
  return inner((await all)[key]).havePermission === true
}

async function permission(name: string, key: string, ctx: CallContext): Promise<string> {
  if (!(await has(key, ctx))) throw new ConnectorError('forbidden', `the account lacks the permission "${name}" in the project.`)
  return `permission ${name} is there`
}

async function notMore(ctx: CallContext): Promise<string> {
  const extra: string[] = []
  for (const [name, key] of TOO_MUCH) if (await has(key, ctx)) extra.push(name)
  if (extra.length > 0) throw new ConnectorError('invalid', `the account may do more than is needed (${extra.join(', ')}): take it away, so that a lost token is not a lost site`)
  return 'no administration'
}

async function requestType(ctx: CallContext): Promise<string> {
  const { id } = await ourDesk(ctx)
  const wanted = filled(ctx.connection.mapping).place.requestTypeId
  const known = await requestTypes(id, ctx)
  const named = known.map((one) => `${one.id} (${one.name})`).join(', ')
  const found = known.find((one) => one.id === wanted)
  if (found === undefined) throw new ConnectorError('invalid', `place requestTypeId is ${wanted === undefined ? 'missing' : `"${wanted}", which is not known there`}; known are ${named}`)
  const { fieldIds } = await formOf(id, found.id, ctx)
  const missing = ['labels', 'priority'].filter((field) => !fieldIds.includes(field))
  return `request type ${found.name}${missing.length === 0 ? '' : `; its form lacks ${missing.join(' and ')}, so that ${missing.includes('labels') ? 'our reference stands in the summary' : 'it is set by a second call'}`}`
}

async function mapped(ctx: CallContext): Promise<string> {
  const mapping = filled(ctx.connection.mapping)
  const known = await choices(ctx)
  const lower = (names: readonly { readonly id: string; readonly name: string }[]): readonly { readonly id: string; readonly name: string }[] => names.map(({ id, name }) => ({ id: id.toLowerCase(), name }))
  const wrong = [
    ...unknownValues('status', Object.fromEntries(Object.entries(mapping.status).map(([ours, theirs]) => [ours, theirs.toLowerCase()])), lower(known.statuses)),
    ...unknownValues('priority', mapping.priority, known.priorities),
    ...(['parentLink', 'duplicateLink'] as const).flatMap((name) => unknownValues('place', { [name]: mapping.place[name] }, known.places[name] ?? [])),
  ]
  if (wrong.length > 0) throw new ConnectorError('invalid', wrong.join('; '))
  return 'each mapped status, priority and link type is there'
}
