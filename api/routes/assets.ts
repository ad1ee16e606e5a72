import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import type { AssetFields } from '../../schemas/views.ts'
import { ASSET } from '../answers.ts'
import { ASSET_COLUMNS, readAssetCsv } from '../asset-csv.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, dictionary, flag, ID, list, nullable, page, PAGE_QUERY, text, whole } from '../json-schema.ts'

const PLAIN = { maxLength: 255 }
const FIELDS = {
  name: text({ minLength: 1, maxLength: 255, pattern: '\\S' }), aliases: list(text({ minLength: 1, ...PLAIN }), { maxItems: 50 }), critical: flag(),
  cloudProvider: nullable(text({ enum: ['aws', 'azure', 'gcp'] })), region: nullable(text(PLAIN)), account: nullable(text(PLAIN)), instanceId: nullable(text(PLAIN)),
  resourceGroup: nullable(text(PLAIN)), vmName: nullable(text(PLAIN)), tags: dictionary(text(PLAIN), { maxProperties: 100, propertyNames: PLAIN }),
}
const EMPTY: Omit<AssetFields, 'name'> = { aliases: [], critical: false, cloudProvider: null, region: null, account: null, instanceId: null, resourceGroup: null, vmName: null, tags: {} }
const COMPANY_PARAMS = { type: 'object', properties: { id: ID } }
const PARAMS = { type: 'object', properties: { id: ID, assetId: ID } }
const IMPORT_BYTES = 5 * 1_048_576
const tags = ['assets']

type One = { Params: { id: string; assetId: string } }

/** Assets of a company: one by one, and many from a CSV file. */
export function assetRoutes(app: FastifyInstance, { stores: { assets, companies }, changed }: RouteContext): void {
  app.get<{ Params: { id: string }; Querystring: { limit: number; cursor?: string; q?: string } }>('/api/companies/:id/assets', {
    config: { access: 'read' },
    schema: { tags, summary: 'Assets by name', params: COMPANY_PARAMS, querystring: { type: 'object', properties: { ...PAGE_QUERY, q: text({ maxLength: 200 }) } }, response: answers({ 200: page(ASSET) }, ...READ_ERRORS) },
  }, async (request) => {
    const { limit, cursor, q } = request.query
    const { scope } = callerOf(request)
    const company = await companies.get(scope, request.params.id)
    return assets.list(scope, company.id, { limit, cursor: cursor ?? null, q: q ?? null })
  })

  app.post<{ Params: { id: string }; Body: Partial<AssetFields> & { name: string } }>('/api/companies/:id/assets', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Add an asset', params: COMPANY_PARAMS, body: body(FIELDS, ['name']), response: answers({ 201: ASSET }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    const asset = await assets.create(callerOf(request), request.params.id, { ...EMPTY, ...request.body })
    changed.outbox()
    return reply.code(201).send(asset)
  })

  app.get<One>('/api/companies/:id/assets/:assetId', {
    config: { access: 'read' },
    schema: { tags, summary: 'One asset', params: PARAMS, response: answers({ 200: ASSET }, ...READ_ERRORS) },
  }, (request) => assets.get(callerOf(request).scope, request.params.id, request.params.assetId))

  app.patch<One & { Body: Partial<AssetFields> }>('/api/companies/:id/assets/:assetId', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Change an asset', params: PARAMS, body: body(FIELDS, [], { minProperties: 1 }), response: answers({ 200: ASSET }, ...WRITE_ERRORS) },
  }, async (request) => {
    const asset = await assets.update(callerOf(request), request.params.id, request.params.assetId, request.body)
    changed.outbox()
    return asset
  })

  app.delete<One>('/api/companies/:id/assets/:assetId', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Remove an asset', params: PARAMS, response: answers({ 204: { type: 'null' } }, ...WRITE_ERRORS) },
  }, async (request, reply) => {
    await assets.remove(callerOf(request), request.params.id, request.params.assetId)
    changed.outbox()
    return reply.code(204).send()
  })

  app.post<{ Params: { id: string }; Body: string }>('/api/companies/:id/assets/import', {
    config: { access: 'manage' },
    bodyLimit: IMPORT_BYTES,
    schema: {
      tags, summary: 'Add or replace assets by name from CSV, all or none', consumes: ['text/csv'], params: COMPANY_PARAMS,
      description: `The first line names the columns, of ${ASSET_COLUMNS.join(', ')}; aliases are divided by ";", tags are "key=value" divided by ";". Every mistake is told with its line.`,
      body: text(), response: answers({ 200: answer({ created: whole(), updated: whole() }) }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    if (typeof request.body !== 'string') throw new AppError('media_type_unsupported', 'send the file with the content type text/csv')
    const { assets: rows, mistakes } = readAssetCsv(request.body)
    if (mistakes.length > 0) throw new AppError('bad_request', `nothing was imported: ${mistakes.slice(0, 5).map((mistake) => `line ${mistake.line}: ${mistake.message}`).join('; ')}`, { details: { mistakes } })
    const counts = await assets.importAll(callerOf(request), request.params.id, rows)
    changed.outbox()
    return counts
  })
}
