import type { FastifyInstance } from 'fastify'
import { INTEGRATION, ISSUED } from '../answers.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, flag, ID, list, nullable, text } from '../json-schema.ts'
import type { IntegrationDraft } from '../ports.ts'
import { issued } from './companies.ts'

const FIELDS = {
  name: text({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  source: nullable(text({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'as in /api/webhooks/{source}; null: any' })),
  requireHmac: flag({ description: 'off only for tools that cannot sign; the key is then bound to its source' }),
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

  app.post<{ Params: { id: string }; Body: { name?: string; source?: string | null; requireHmac?: boolean } }>('/api/companies/:id/integrations', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Make an integration; key and secret are shown this once', params: { type: 'object', properties: { id: ID } }, body: body(FIELDS, ['source']),
      response: answers({ 201: answer({ integration: INTEGRATION, ...ISSUED }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { name, source = null, requireHmac } = request.body
    const draft = { name: name?.trim() ?? source ?? 'any source', source, ...(requireHmac === undefined ? {} : { requireHmac }) }
    const { integration, key } = await integrations.create(callerOf(request), request.params.id, draft)
    changed.credentials()
    return reply.code(201).send({ integration, ...issued(context, request, key) })
  })

  app.patch<{ Params: { id: string; integrationId: string }; Body: Partial<IntegrationDraft> }>('/api/companies/:id/integrations/:integrationId', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Change an integration', params: { type: 'object', properties: { id: ID, integrationId: ID } }, body: body(FIELDS, [], { minProperties: 1 }),
      response: answers({ 200: INTEGRATION }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    const { name, ...rest } = request.body
    const changedIntegration = await integrations.update(callerOf(request), request.params.id, request.params.integrationId, { ...rest, ...(name === undefined ? {} : { name: name.trim() }) })
    changed.credentials()
    return changedIntegration
  })
}
