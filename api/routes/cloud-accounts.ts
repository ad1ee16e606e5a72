import type { FastifyInstance } from 'fastify'
import type { CloudAccountDraft } from '../../schemas/remediation-views.ts'
import type { System } from '../../schemas/runbooks.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, flag, ID, nullable, page, text } from '../json-schema.ts'
import { CLOUD, CLOUD_ACCOUNT, ONBOARDING, SYSTEM } from '../remediation-answers.ts'

const tags = ['clouds']
const PARAMS = { type: 'object', properties: { id: ID } }
const ONE = { type: 'object', properties: { id: ID, accountId: ID } }
const FIELDS = {
  name: text({ minLength: 1, maxLength: 100, pattern: '\\S' }), environment: text({ enum: ['production', 'sandbox'], description: 'accounts of sandbox serve runs of mode sandbox alone' }), enabled: flag(),
  fields: { type: 'object', maxProperties: 30, propertyNames: { pattern: '^[a-zA-Z][a-zA-Z0-9]{0,49}$' }, additionalProperties: text({ maxLength: 2_000 }), description: 'by cloud, as docs/clouds.md tells them' },
  secret: nullable(text({ minLength: 1, maxLength: 20_000, description: 'kept encrypted and never shown; null forgets it. AWS needs none: a role is assumed' })),
}
const MACHINE = body({ instanceId: text({ minLength: 1, maxLength: 300 }), group: text({ maxLength: 300 }), region: text({ minLength: 1, maxLength: 100 }), system: SYSTEM }, ['instanceId', 'region', 'system'])

interface One { Params: { id: string; accountId: string } }
type Draft = Pick<CloudAccountDraft, 'cloud' | 'name' | 'fields'> & Partial<Pick<CloudAccountDraft, 'environment' | 'enabled' | 'secret'>>

/** Clouds of a company: what is called, as whom, and whether it works. */
export function cloudAccountRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clouds } = context.remediation
  const path = '/api/companies/:id/cloud-accounts'

  app.get<{ Params: { id: string } }>(path, {
    config: { access: 'manage' }, schema: { tags, summary: 'Clouds of a company; no secret is shown', params: PARAMS, response: answers({ 200: page(CLOUD_ACCOUNT) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await clouds.list(callerOf(request).scope, request.params.id), next: null }))

  app.post<{ Params: { id: string }; Body: Draft }>(path, {
    config: { access: 'manage' },
    schema: { tags, summary: 'Add a cloud; an external id is made for AWS. It is used once it is enabled', params: PARAMS, body: body({ cloud: CLOUD, ...FIELDS }, ['cloud', 'name', 'fields']), response: answers({ 201: CLOUD_ACCOUNT }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const { cloud, name, fields, environment = 'production', enabled = false, secret } = request.body
    const made = await clouds.create(callerOf(request), request.params.id, { cloud, name: name.trim(), environment, enabled, fields, ...(secret === undefined ? {} : { secret }) })
    return reply.code(201).send(made)
  })

  app.get<One>(`${path}/:accountId`, {
    config: { access: 'manage' }, schema: { tags, summary: 'One cloud', params: ONE, response: answers({ 200: CLOUD_ACCOUNT }, ...READ_ERRORS) },
  }, (request) => clouds.get(callerOf(request), request.params.id, request.params.accountId))

  app.patch<One & { Body: Partial<Omit<CloudAccountDraft, 'cloud'>> }>(`${path}/:accountId`, {
    config: { access: 'manage' }, schema: { tags, summary: 'Change a cloud; what is left out stays, "fields" replaces all of them', params: ONE, body: body(FIELDS, [], { minProperties: 1 }), response: answers({ 200: CLOUD_ACCOUNT }, ...WRITE_ERRORS) },
  }, (request) => clouds.update(callerOf(request), request.params.id, request.params.accountId, request.body))

  app.delete<One>(`${path}/:accountId`, {
    config: { access: 'manage' }, schema: { tags, summary: 'Remove a cloud and its secret', params: ONE, response: answers({ 204: { type: 'null', description: 'removed' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await clouds.remove(callerOf(request), request.params.id, request.params.accountId)
    return reply.code(204).send()
  })

  app.get<One>(`${path}/:accountId/onboarding`, {
    config: { access: 'manage' }, schema: { tags, summary: 'What to do in the cloud: trust policy with the external id, least permissions, agents; the texts to copy', params: ONE, response: answers({ 200: ONBOARDING }, ...READ_ERRORS) },
  }, (request) => clouds.onboarding(callerOf(request), request.params.id, request.params.accountId))

  app.post<One & { Body: { machine?: { instanceId: string; group?: string; region: string; system: System } } }>(`${path}/:accountId/check`, {
    config: { access: 'manage' },
    schema: { tags, summary: 'Call the cloud: credentials, rights, and a harmless command on a machine where one is named', params: ONE, body: body({ machine: MACHINE }), response: answers({ 200: CLOUD_ACCOUNT }, ...WRITE_ERRORS) },
  }, (request) => {
    const { machine } = request.body
    return clouds.check(callerOf(request), request.params.id, request.params.accountId, machine === undefined ? null : { ...machine, group: machine.group ?? null })
  })
}
