import type { FastifyInstance } from 'fastify'
import { INTEGRATION, ISSUED } from '../answers.ts'
import { AUTHENTICATION_FIELDS } from '../authentication-schema.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { HEARTBEAT_LIMITS } from '../../schemas/integration-processing.ts'
import { answer, body, flag, ID, list, nullable, text, whole } from '../json-schema.ts'
import type { IntegrationDraft } from '../ports.ts'
import { issued } from './companies.ts'
import { MAPPING, refuseMapping } from './mappings.ts'

const FIELDS = {
  name: text({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  source: nullable(text({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'as in /api/webhooks/{source}; null: any' })),
  requireHmac: flag({ description: 'off only for tools that cannot sign; the key is then bound to its source' }),
  disabled: flag({ description: 'true: it takes nothing for now' }),
  ...AUTHENTICATION_FIELDS,
  mapping: MAPPING,
  heartbeatSeconds: nullable(whole({ minimum: HEARTBEAT_LIMITS.least, maximum: HEARTBEAT_LIMITS.most, description: 'how often the tool must be heard; null: its silence means nothing' })),
  heartbeatGraceSeconds: whole({ minimum: 0, maximum: HEARTBEAT_LIMITS.graceMost, description: 'how much later than that it may be heard' }),
}
const tags = ['integrations']

/** Integrations: one key and secret for each tool that posts. */
export function integrationRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { integrations }, changed } = context

  app.get<{ Params: { id: string } }>('/api/companies/:id/integrations', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Integrations of a company and their live keys', params: { type: 'object', properties: { id: ID } },
      response: answers({ 200: answer({ items: list(INTEGRATION), next: { type: 'null' } }) }, ...READ_ERRORS),
    },
  }, async (request) => ({ items: await integrations.list(callerOf(request).scope, request.params.id), next: null }))

  app.post<{ Params: { id: string }; Body: IntegrationBody }>('/api/companies/:id/integrations', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Make an integration; key and secret are shown this once', params: { type: 'object', properties: { id: ID } }, body: body(FIELDS, ['source']),
      response: answers({ 201: answer({ integration: INTEGRATION, ...ISSUED }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { name, source = null, ...rest } = request.body
    refuseMapping(context, rest.mapping)
    const draft = { ...draftOf(rest), name: name?.trim() ?? source ?? 'any source', source }
    const { integration, key } = await integrations.create(callerOf(request), request.params.id, draft)
    await changed.credentials()
    changed.outbox()
    return reply.code(201).send({ integration, ...issued(context, request, key) })
  })

  app.patch<{ Params: { id: string; integrationId: string }; Body: IntegrationBody }>('/api/companies/:id/integrations/:integrationId', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Change an integration', params: { type: 'object', properties: { id: ID, integrationId: ID } }, body: body(FIELDS, [], { minProperties: 1 }),
      response: answers({ 200: INTEGRATION }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    const { name, ...rest } = request.body
    refuseMapping(context, rest.mapping)
    const changedIntegration = await integrations.update(callerOf(request), request.params.id, request.params.integrationId, { ...draftOf(rest), ...(name === undefined ? {} : { name: name.trim() }) })
    await changed.credentials()
    changed.outbox()
    return changedIntegration
  })

  app.delete<{ Params: { id: string; integrationId: string } }>('/api/companies/:id/integrations/:integrationId', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Delete an integration and its keys; what it has delivered stays', params: { type: 'object', properties: { id: ID, integrationId: ID } },
      response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    await integrations.remove(callerOf(request), request.params.id, request.params.integrationId)
    changed.outbox()
    await changed.credentials()
    return reply.code(204).send(null)
  })

  app.delete<{ Params: { id: string; integrationId: string; keyId: string } }>('/api/companies/:id/integrations/:integrationId/keys/:keyId', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Revoke one key and its secret: at once in this process, within 5 s in every other', params: { type: 'object', properties: { id: ID, integrationId: ID, keyId: ID } },
      response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    await integrations.revokeKey(callerOf(request), request.params.id, request.params.integrationId, request.params.keyId)
    await changed.credentials()
    return reply.code(204).send(null)
  })
}

type IntegrationBody = Partial<Omit<IntegrationDraft, 'vendorSecretOverlapMs'>> & { readonly vendorSecretOverlapSeconds?: number }

function draftOf({ vendorSecretOverlapSeconds, ...rest }: IntegrationBody): Partial<IntegrationDraft> {
  return { ...rest, ...(vendorSecretOverlapSeconds === undefined ? {} : { vendorSecretOverlapMs: vendorSecretOverlapSeconds * 1_000 }) }
}
