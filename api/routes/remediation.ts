import type { FastifyInstance } from 'fastify'
import type { RemediationGrant } from '../../schemas/remediation-settings.ts'
import type { RemediationSettings } from '../../schemas/runs.ts'
import type { RemediationSettingsView } from '../../schemas/remediation-views.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, flag, ID, list, number, text, time, type JsonSchema } from '../json-schema.ts'
import { REMEDIATION_SETTINGS, RISK } from '../remediation-answers.ts'
import { EXPECTED, expectedOf } from './rules.ts'

const tags = ['remediation']
const REASON = text({ minLength: 1, maxLength: 500, pattern: '\\S' })

/** Names and types for who reads the document; the store says in sentences what is wrong with values. */
const figure = (description: string): JsonSchema => number({ description })
const GRANT = {
  automaticLowRisk: flag({ description: 'low risk runs by itself in mode production (true)' }), maxRunsPerHour: figure('runs of a company in an hour (20)'), maxRunsPerAssetPerDay: figure('(4)'), maxConcurrent: figure('runs at the same time (5)'),
  maxBlastShare: figure('share of the known assets that may be in runs at the same time, 0 to 1 (0.2)'), maxTargets: figure('machines of one run (5)'), approvalMinutes: figure('requests are void after this (60)'), fourEyes: flag({ description: 'high risk needs somebody else to approve (true)' }),
  runbooks: { type: 'object', maxProperties: 500, additionalProperties: body({ enabled: flag(), risk: RISK }), description: 'by runbook id; a company may raise a risk, only an MSP Admin lowers one' },
}
const SETTINGS = {
  ...GRANT, stopped: flag({ description: 'absent: the stop switch stays as it is' }), stoppedReason: text({ maxLength: 500 }),
  freezes: list(body({ id: text({ maxLength: 64 }), reason: text({ maxLength: 500 }), startsAt: time({ maxLength: 40 }), endsAt: time({ maxLength: 40 }) }, ['id', 'reason', 'startsAt', 'endsAt']), { maxItems: 100 }),
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

    app.put<Scoped & { Body: { settings: RemediationSettings; granted?: RemediationGrant; expectedRevision?: number } }>(prefix, {
      config: { access },
      schema: { ...schema, summary: `Say what is allowed ${whose}; what is left out is inherited`, body: body({ settings: body(SETTINGS), granted: body(GRANT, [], { description: 'an MSP Admin\'s alone: what one company may do beyond what holds for all' }), expectedRevision: EXPECTED }, ['settings']), response: answers({ 200: REMEDIATION_SETTINGS }, ...WRITE_ERRORS) },
    }, (request) => {
      const { settings: wanted, granted, expectedRevision } = request.body
      return told(settings.put(callerOf(request), request.params.id ?? null, { settings: wanted, ...(granted === undefined ? {} : { granted }), expectedRevision: expectedOf(request, expectedRevision) }))
    })

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
