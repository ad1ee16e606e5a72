import type { FastifyInstance, FastifyRequest } from 'fastify'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { CompanySettings, Mode } from '../../schemas/settings.ts'
import type { CompanyView, IssuedKey } from '../../schemas/views.ts'
import { COMPANY, ISSUED } from '../answers.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, dictionary, flag, ID, list, MODE, nullable, number, page, PAGE_QUERY, text, time, whole } from '../json-schema.ts'

/** Settings that cascade from the MSP, as they stand in a request: their ranges are judged with the stored ones, by schemas/settings-rules.ts. */
export const CASCADING = {
  windowMs: whole({ description: '300,000 to 900,000: 5 to 15 minutes' }), maxLifeMs: whole(), joinThreshold: number(), weights: dictionary(number()),
  requireHmac: flag({ description: 'whether new integrations must sign' }),
  sla: dictionary(body({ responseMinutes: whole(), resolveMinutes: whole() }, ['responseMinutes', 'resolveMinutes'])),
  cloud_provider: nullable(text({ enum: ['aws', 'azure', 'gcp', 'multi'] })),
}
const SETTINGS = { ...CASCADING, mode: { ...MODE, description: 'what it may at most do outside; dry-run until somebody sets one' }, requestsPerMinute: whole({ description: '1 to 1,000; an MSP Admin may go to 100,000' }), burst: whole() }
const NAME = text({ minLength: 1, maxLength: 200, pattern: '\\S' })
const PARAMS = { type: 'object', properties: { id: ID } }
/** Why something is changed. */
export const COMMENT = text({ maxLength: 1_000, description: 'why; shown to those who compare companies or revisions later' })
const OVERLAP_DEFAULT_S = 86_400
const OVERLAP_MAX_S = 30 * 86_400
const tags = ['companies']

/** Settings as requests name them. */
export type SettingsBody = Partial<Omit<CompanySettings, 'cloudProvider'>> & { cloud_provider?: CompanySettings['cloudProvider'] }

/** Companies: onboarding, settings, keys. */
export function companyRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { companies, integrations }, changed } = context

  app.get<{ Querystring: { limit: number; cursor?: string } }>('/api/companies', {
    config: { access: 'read' },
    schema: { tags, summary: 'Companies by name', querystring: { type: 'object', properties: PAGE_QUERY }, response: answers({ 200: page(COMPANY) }, 400, 401) },
  }, async (request) => {
    const { items, next } = await companies.list(callerOf(request).scope, { limit: request.query.limit, cursor: request.query.cursor ?? null })
    return { items: items.map((company) => shown(company, context.mode)), next }
  })

  app.post<{ Body: { name: string } & SettingsBody }>('/api/companies', {
    config: { access: 'msp' },
    schema: {
      tags, summary: 'Onboard a company; key and secret are shown this once', body: body({ name: NAME, ...SETTINGS }, ['name']),
      response: answers({ 201: answer({ id: text(), name: text(), ...ISSUED }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { name, ...settings } = request.body
    const { company, key } = await companies.create(callerOf(request), name.trim(), settingsFrom(settings))
    changed.outbox()
    await changed.credentials()
    return reply.code(201).send({ id: company.id, name: company.name, ...issued(context, request, key) })
  })

  app.get<{ Params: { id: string } }>('/api/companies/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One company', params: PARAMS, response: answers({ 200: COMPANY }, ...READ_ERRORS) },
  }, async (request) => shown(await companies.get(callerOf(request).scope, request.params.id), context.mode))

  app.patch<{ Params: { id: string }; Body: { name?: string; inherit?: string[]; comment?: string } & SettingsBody }>('/api/companies/:id', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Change name or settings; a setting that is given here no longer follows the MSP', params: PARAMS,
      body: body({ name: NAME, inherit: list(text({ maxLength: 100 }), { maxItems: 100, description: 'settings to take from the MSP again: windowMs, weights, weights.text' }), comment: COMMENT, ...SETTINGS }, [], { minProperties: 1 }),
      response: answers({ 200: COMPANY }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    const { name, inherit = [], comment = '', ...settings } = request.body
    const change = { settings: settingsFrom(settings), inherit: inherit.map(settingName), comment }
    const company = await companies.update(callerOf(request), request.params.id, { ...change, ...(name === undefined ? {} : { name: name.trim() }) })
    changed.outbox()
    await changed.credentials()
    return shown(company, context.mode)
  })

  app.post<{ Params: { id: string }; Body: { overlapSeconds?: number; integrationId?: string } | null }>('/api/companies/:id/rotate-key', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'A new key and secret; the present ones work on for a day unless told otherwise', params: PARAMS,
      body: body({ overlapSeconds: whole({ minimum: 0, maximum: OVERLAP_MAX_S, default: OVERLAP_DEFAULT_S, description: '0 ends the present keys at once' }), integrationId: text({ minLength: 1, maxLength: 200 }) }),
      response: answers({ 200: answer({ ...ISSUED, previousExpireAt: nullable(time()) }) }, ...WRITE_ERRORS),
    },
  }, async (request) => {
    const overlapSeconds = request.body?.overlapSeconds ?? OVERLAP_DEFAULT_S
    const key = await integrations.rotate(callerOf(request), request.params.id, request.body?.integrationId ?? null, overlapSeconds * 1000)
    await changed.credentials()
    return { ...issued(context, request, key), previousExpireAt: key.previousExpireAt }
  })
}

/** A new key as it is shown, with the address it posts to. */
export function issued(context: RouteContext, request: FastifyRequest, key: IssuedKey): Record<string, unknown> {
  const base = context.publicUrl ?? `${request.protocol}://${request.host}`
  const source = key.source === null || key.source === 'generic' ? 'alerts' : key.source
  return { apiKey: key.apiKey, hmacSecret: key.hmacSecret, webhookUrl: `${base}/api/webhooks/${source}`, integrationId: key.integrationId }
}

/** Settings of a request under the names they are stored by. */
export function settingsFrom({ cloud_provider: cloudProvider, ...rest }: SettingsBody): Partial<CompanySettings> {
  return cloudProvider === undefined ? rest : { ...rest, cloudProvider }
}

/** The name a setting is stored by. */
function settingName(name: string): string {
  return name === 'cloud_provider' ? 'cloudProvider' : name
}

function shown(company: CompanyView, ceiling: Mode): Record<string, unknown> {
  const { settings: { cloudProvider, ...settings }, ...rest } = company
  return { ...rest, ...settings, cloud_provider: cloudProvider, effectiveMode: runMode(ceiling, settings.mode, null) }
}
