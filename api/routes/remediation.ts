import type { FastifyInstance } from 'fastify'
import type { RemediationSettings } from '../../schemas/runs.ts'
import type { RemediationSettingsView } from '../../schemas/remediation-views.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, flag, ID, list, number, text, time, whole } from '../json-schema.ts'
import { REMEDIATION_SETTINGS, RISK } from '../remediation-answers.ts'
import { EXPECTED, expectedOf } from './rules.ts'

const tags = ['remediation']
const REASON = text({ minLength: 1, maxLength: 500, pattern: '\\S' })

const SETTINGS = {
  automaticLowRisk: flag({ description: 'low risk runs by itself in mode production (true)' }), maxRunsPerHour: whole({ minimum: 0, maximum: 10_000 }), maxRunsPerAssetPerDay: whole({ minimum: 0, maximum: 1_000 }), maxConcurrent: whole({ minimum: 0, maximum: 1_000 }),
  maxBlastShare: number({ minimum: 0, maximum: 1, description: 'share of the known assets in runs at the same time' }), maxTargets: whole({ minimum: 1, maximum: 50 }), approvalMinutes: whole({ minimum: 1, maximum: 10_080 }), fourEyes: flag({ description: 'high risk needs somebody else to approve (true)' }),
  freezes: list(body({ id: text({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), reason: REASON, startsAt: time({ maxLength: 40 }), endsAt: time({ maxLength: 40 }) }, ['id', 'reason', 'startsAt', 'endsAt']), { maxItems: 100 }),
  runbooks: { type: 'object', maxProperties: 500, propertyNames: { pattern: '^[a-z0-9][a-z0-9-]{0,99}$' }, additionalProperties: body({ enabled: flag(), risk: RISK }), description: 'by runbook id; a company may raise a risk, only an MSP Admin lowers one' },
}

interface Scoped { Params: { id?: string } }

/** What the MSP and companies allow the remediator, and their stop switches. */
export function remediationRoutes(app: FastifyInstance, context: RouteContext): void {
  const { remediation: { settings }, changed } = context

  for (const [prefix, read, access, whose, params] of [['/api/settings/remediation', 'msp', 'msp', 'for all companies', {}], ['/api/companies/:id/remediation', 'read', 'manage', 'of a company', { id: ID }]] as const) {
    const schema = { tags, ...(Object.keys(params).length === 0 ? {} : { params: { type: 'object', properties: params } }) }

    app.get<Scoped>(prefix, { config: { access: read }, schema: { ...schema, summary: `What is allowed ${whose}, and what holds of it`, response: answers({ 200: REMEDIATION_SETTINGS }, ...READ_ERRORS) } }, async (request, reply) => {
      const view = await settings.get(callerOf(request).scope, request.params.id ?? null)
      void reply.header('etag', `"${view.revision}"`)
      return view
    })

    app.put<Scoped & { Body: { settings: RemediationSettings; expectedRevision?: number } }>(prefix, {
      config: { access },
      schema: { ...schema, summary: `Say what is allowed ${whose}; what is left out is inherited. The stop switch stays as it is`, body: body({ settings: body(SETTINGS), expectedRevision: EXPECTED }, ['settings']), response: answers({ 200: REMEDIATION_SETTINGS }, ...WRITE_ERRORS) },
    }, (request) => told(settings.put(callerOf(request), request.params.id ?? null, { settings: request.body.settings, expectedRevision: expectedOf(request, request.body.expectedRevision) })))

    app.post<Scoped & { Body: { reason: string } }>(`${prefix}/stop`, {
      config: { access },
      schema: { ...schema, summary: `The stop switch ${whose}: nothing starts, and what runs is ended after its present command`, body: body({ reason: REASON }, ['reason']), response: answers({ 200: REMEDIATION_SETTINGS }, ...WRITE_ERRORS) },
    }, (request) => told(settings.stop(callerOf(request), request.params.id ?? null, request.body.reason.trim())))

    app.post<Scoped>(`${prefix}/resume`, {
      config: { access }, schema: { ...schema, summary: `Take the stop switch ${whose} back; what was ended stays ended`, response: answers({ 200: REMEDIATION_SETTINGS }, ...WRITE_ERRORS) },
    }, (request) => told(settings.resume(callerOf(request), request.params.id ?? null)))
  }

  async function told(saving: Promise<RemediationSettingsView>): Promise<RemediationSettingsView> {
    const saved = await saving
    changed.outbox()
    changed.runs?.()
    return saved
  }
}
