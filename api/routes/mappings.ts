import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { MAPPING_LIMITS, type MappingDocument, type MappingSample } from '../../schemas/mapping.ts'
import type { IntegrationView } from '../../schemas/views.ts'
import { MAPPING_SUGGESTION, MAPPING_TRIAL } from '../answers.ts'
import { answers, callerOf, READ_ERRORS, type RouteContext } from '../context.ts'
import { body, ID, nullable, text, type JsonSchema } from '../json-schema.ts'

/** A mapping in a body; what is in it is judged by the evaluator, which knows the place of each mistake. */
export const MAPPING: JsonSchema = { type: ['object', 'null'], additionalProperties: true, description: `reads the payloads in place of adapter and recogniser: expressions for items, asset, signature, severity, status, externalId, startedAt, title, message and labels, and tables of words; at most ${MAPPING_LIMITS.documentChars} characters` }

const SAMPLE = {
  payload: text({ minLength: 1, description: 'a body as the tool sends it' }),
  contentType: nullable(text({ maxLength: 200, description: 'null or absent: guessed from how the body begins' })),
}
const SOURCE = text({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', default: 'generic', description: 'the alerts carry it' })
const tags = ['mappings']
const OF_INTEGRATION = { type: 'object', properties: { id: ID, integrationId: ID } }

interface Sample { readonly payload: string; readonly contentType?: string | null; readonly source?: string }
interface Trial extends Sample { readonly mapping?: MappingDocument | null }
interface OfIntegration { id: string; integrationId: string }

/** Refuses a mapping that cannot be read, with every mistake and its place. */
export function refuseMapping(context: RouteContext, mapping: unknown): void {
  if (mapping === undefined || mapping === null) return
  const faults = context.mappings.check(mapping)
  const told = faults.map(({ field, message, position }) => `mapping${field === '' ? '' : `.${field}`}${position === null ? '' : ` at ${position}`}: ${message}`)
  if (faults.length > 0) throw new AppError('bad_request', told.join('; '), { details: { faults } })
}

/** Writing mappings: trying one on a sample, and having one suggested. Nothing is stored. */
export function mappingRoutes(app: FastifyInstance, context: RouteContext): void {
  const { mappings, stores: { integrations } } = context

  const integrationOf = async (request: Parameters<typeof callerOf>[0] & { params: OfIntegration }): Promise<IntegrationView> => {
    const found = (await integrations.list(callerOf(request).scope, request.params.id)).find(({ id }) => id === request.params.integrationId)
    if (found === undefined) throw new AppError('not_found', 'this company has no such integration')
    return found
  }

  app.post<{ Body: Trial }>('/api/mappings/try', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'What a mapping makes of a sample payload: alerts, or where it fails', body: body({ mapping: MAPPING, ...SAMPLE, source: SOURCE }, ['mapping', 'payload']),
      response: answers({ 200: MAPPING_TRIAL }, ...READ_ERRORS),
    },
  }, async (request) => mappings.try(request.body.mapping ?? {}, sampleOf(request.body, null)))

  app.post<{ Body: Sample }>('/api/mappings/suggest', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'A mapping read off a sample payload, with how sure each field is', body: body({ ...SAMPLE, source: SOURCE }, ['payload']),
      response: answers({ 200: MAPPING_SUGGESTION }, ...READ_ERRORS),
    },
  }, async (request) => mappings.suggest(sampleOf(request.body, null)))

  app.post<{ Params: OfIntegration; Body: Trial }>('/api/companies/:id/integrations/:integrationId/mapping/try', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'What a mapping, or the integration\'s own where none is given, makes of a sample payload', params: OF_INTEGRATION, body: body({ mapping: MAPPING, ...SAMPLE }, ['payload']),
      response: answers({ 200: MAPPING_TRIAL }, ...READ_ERRORS),
    },
  }, async (request) => {
    const integration = await integrationOf(request)
    const mapping = request.body.mapping ?? integration.mapping
    if (mapping === null) throw new AppError('bad_request', 'the integration has no mapping of its own: give one in "mapping", or have one suggested')
    return mappings.try(mapping, sampleOf(request.body, integration))
  })

  app.post<{ Params: OfIntegration; Body: Sample }>('/api/companies/:id/integrations/:integrationId/mapping/suggest', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'A mapping for the integration, read off a sample payload', params: OF_INTEGRATION, body: body(SAMPLE, ['payload']),
      response: answers({ 200: MAPPING_SUGGESTION }, ...READ_ERRORS),
    },
  }, async (request) => mappings.suggest(sampleOf(request.body, await integrationOf(request))))
}

function sampleOf({ payload, contentType, source }: Sample, integration: IntegrationView | null): MappingSample {
  return { payload, contentType: contentType ?? null, source: integration?.source ?? source ?? 'generic' }
}
