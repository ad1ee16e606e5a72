/** What a ServiceNow connection may do, table by table, and whether what it maps exists in this instance. */
import type { ConnectionCheck } from '../../schemas/tickets.ts'
import { checkAll, unknownValues, type Probe } from '../checks.ts'
import { filled } from '../filled.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { choices } from './look-ups.ts'
import { stored } from './map.ts'
import { all, exact } from './query.ts'
import { row, rows } from './records.ts'

/** A table, its column to read, and the role that gives it. */
const TABLES: readonly (readonly [table: string, what: string, role: string])[] = [
  ['incident', 'incidents', 'itil, or sn_incident_read and sn_incident_write'], ['sys_journal_field', 'work notes and comments', 'itil, and a read ACL on sys_journal_field for it'], ['sys_attachment', 'files', 'itil'],
  ['sys_user', 'technicians', 'itil'], ['core_company', 'companies', 'itil'], ['cmdb_ci', 'configuration items', 'cmdb_read'], ['task_ci', 'affected items', 'itil'],
  ['kb_knowledge', 'knowledge base', 'knowledge'], ['change_request', 'change requests', 'sn_change_read and sn_change_write'],
]
const WRITERS = ['itil', 'sn_incident_write', 'admin']
const TOO_MUCH = ['admin', 'security_admin', 'import_admin']

/** Tries each right and each value of the mapping. */
export async function check(ctx: CallContext): Promise<ConnectionCheck> {
  const username = ctx.connection.fields.username ?? ''
  return checkAll([
    ...TABLES.map(([table, what, role]): Probe => ({
      name: `read ${what}`, needs: `read ${table} (role ${role})`,
      run: async () => {
        await rows(table, { query: '', fields: 'sys_id', limit: 1, reference: `check ${table}` }, ctx)
        return `table ${table} can be read`
      },
    })),
    { name: 'integration user', needs: 'read sys_user', run: () => userIs(username, ctx) },
    { name: 'roles', needs: 'read sys_user_has_role', run: () => roles(username, ctx) },
    { name: 'choice values', needs: 'read sys_choice and sys_user_group (role itil)', run: () => mapped(ctx) },
    { name: 'caller', needs: 'read sys_user', run: () => caller(ctx) },
  ])
}

async function userIs(username: string, ctx: CallContext): Promise<string> {
  const found = await rows('sys_user', { query: all(`user_name=${exact(username)}`, 'active=true'), fields: 'sys_id', limit: 1, reference: 'check integration user' }, ctx)
  if (found.length === 0) throw new ConnectorError('invalid', `there is no active user "${username}": put the user ID of the integration user into the field Integration user`)
  return `user ${username} is there and active`
}

async function roles(username: string, ctx: CallContext): Promise<string> {
  const found = await rows('sys_user_has_role', { query: all(`user.user_name=${exact(username)}`, 'state=active'), fields: 'role.name', limit: 200, reference: 'check roles' }, ctx)
  const names = found.map((one) => stored(one, 'role.name')).filter((name) => name !== '')
  if (names.length === 0) throw new ConnectorError('invalid', `no role of ${username} can be seen: give it itil, or sn_incident_write`)
  const extra = names.filter((name) => TOO_MUCH.includes(name))
  if (extra.length > 0) throw new ConnectorError('invalid', `${username} has more than is needed (${extra.join(', ')}): take it away, so that a lost password is not a lost instance`)
  if (!names.some((name) => WRITERS.includes(name))) throw new ConnectorError('invalid', `${username} may not write incidents: give it itil or sn_incident_write (it has ${names.join(', ')})`)
  return `roles ${names.join(', ')}`
}

async function mapped(ctx: CallContext): Promise<string> {
  const mapping = filled(ctx.connection.mapping)
  const known = await choices(ctx)
  if (known.statuses.length === 0) throw new ConnectorError('forbidden', 'no choice value of incident can be seen.')
  const places = Object.fromEntries(Object.entries(mapping.place).filter(([name]) => name !== 'callerId' && name !== 'changeGroup'))
  const wrong = [
    ...unknownValues('status', mapping.status, known.statuses), ...unknownValues('priority', mapping.priority, known.priorities),
    ...Object.entries(places).flatMap(([name, value]) => (known.places[name] === undefined ? [`place ${name}: no such place; known are ${Object.keys(known.places).join(', ')}, callerId, changeGroup`] : unknownValues('place', { [name]: value }, known.places[name]))),
  ]
  if (places.closeCode === undefined) wrong.push('place closeCode: missing; an incident cannot be resolved without it')
  if (wrong.length > 0) throw new ConnectorError('invalid', wrong.join('; '))
  return 'each mapped status, priority and place is there'
}

async function caller(ctx: CallContext): Promise<string> {
  const id = filled(ctx.connection.mapping).place.callerId
  if (id === undefined) return 'no caller is set: fine where the incident form does not demand one'
  if (!/^[0-9a-f]{32}$/.test(id) || (await row('sys_user', id, 'sys_id', 'check caller', ctx)) === null) throw new ConnectorError('invalid', `place callerId: there is no user with the sys_id "${id}"`)
  return 'the caller is there'
}
