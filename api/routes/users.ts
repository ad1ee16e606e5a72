import type { FastifyInstance } from 'fastify'
import type { Role } from '../../schemas/settings.ts'
import { USER } from '../answers.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, COMPANY_QUERY, flag, ID, list, page, PAGE_QUERY, ROLE, text } from '../json-schema.ts'
import { hashPassword, PASSWORD_MAX, PASSWORD_MIN } from '../passwords.ts'

interface Fields {
  email: string
  name: string
  password: string
  role: Role
  companies: string[]
}

const FIELDS = {
  email: text({ minLength: 3, maxLength: 320, pattern: '^[^\\s@]+@[^\\s@]+$' }), name: text({ minLength: 1, maxLength: 200 }), role: ROLE,
  password: text({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX }), companies: list(text({ minLength: 1, maxLength: 200 }), { maxItems: 1_000 }),
}
const PARAMS = { type: 'object', properties: { id: ID } }
const tags = ['users']

/** Users: a company admin manages those of own companies, never beyond their own role. */
export function userRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { users }, passwordCost } = context

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string } }>('/api/users', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Users by e-mail address', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY } }, response: answers({ 200: page(USER) }, ...READ_ERRORS) },
  }, async (request) => {
    const { limit, cursor, company } = request.query
    await companiesOf(context, request, company)
    return users.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null })
  })

  app.post<{ Body: Omit<Fields, 'companies'> & { companies?: string[] } }>('/api/users', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Make a user', body: body(FIELDS, ['email', 'name', 'password', 'role']), response: answers({ 201: USER }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const { password, companies = [], ...fields } = request.body
    const user = await users.create(callerOf(request), { ...fields, companies, passwordHash: await hashPassword(password, passwordCost) })
    return reply.code(201).send(user)
  })

  app.get<{ Params: { id: string } }>('/api/users/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'One user', params: PARAMS, response: answers({ 200: USER }, ...READ_ERRORS) },
  }, (request) => users.get(callerOf(request).scope, request.params.id))

  app.patch<{ Params: { id: string }; Body: Partial<Fields> & { disabled?: boolean } }>('/api/users/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Change a user', params: PARAMS, body: body({ ...FIELDS, disabled: flag() }, [], { minProperties: 1 }), response: answers({ 200: USER }, ...WRITE_ERRORS) },
  }, async (request) => {
    const { password, ...fields } = request.body
    return users.update(callerOf(request), request.params.id, { ...fields, ...(password === undefined ? {} : { passwordHash: await hashPassword(password, passwordCost) }) })
  })

  app.delete<{ Params: { id: string } }>('/api/users/:id', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Remove a user', params: PARAMS, response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await users.remove(callerOf(request), request.params.id)
    return reply.code(204).send()
  })
}
