import type { FastifyInstance } from 'fastify'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { CompanySettingsView, MspSettingsView, SettingOrigin } from '../../schemas/rule-views.ts'
import type { Overrides } from '../../schemas/settings-cascade.ts'
import type { Mode } from '../../schemas/settings.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, COMPANY_QUERY, ID, page, PAGE_QUERY } from '../json-schema.ts'
import { COMPANY_DIFFERENCES, COMPANY_SETTINGS, MSP_SETTINGS } from '../rule-answers.ts'
import { CASCADING, COMMENT, settingsFrom, type SettingsBody } from './companies.ts'
import { EXPECTED, expectedOf } from './rules.ts'

const tags = ['settings']

/** Settings that cascade: what the MSP sets for all, what a company makes of it, and who differs. */
export function settingsRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { settings }, changed } = context

  app.get('/api/settings', {
    config: { access: 'msp' }, schema: { tags, summary: 'What holds for every company that sets nothing else', response: answers({ 200: MSP_SETTINGS }, 401, 403) },
  }, async () => mspShown(await settings.get()))

  app.put<{ Body: SettingsBody & { comment?: string; expectedRevision?: number } }>('/api/settings', {
    config: { access: 'msp' },
    schema: { tags, summary: 'Set anew what holds for every company; what is left out has the value the program starts with', body: body({ ...CASCADING, comment: COMMENT, expectedRevision: EXPECTED }), response: answers({ 200: MSP_SETTINGS }, ...WRITE_ERRORS) },
  }, async (request) => {
    const { comment = '', expectedRevision, ...rest } = request.body
    const saved = await settings.put(callerOf(request), { settings: settingsFrom(rest), comment, expectedRevision: expectedOf(request, expectedRevision) })
    changed.outbox()
    return mspShown(saved)
  })

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string } }>('/api/settings/diff', {
    config: { access: 'manage' },
    schema: { tags, summary: 'Which companies differ from what the MSP sets for all, in what, who set it, when and why', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY } }, response: answers({ 200: page(COMPANY_DIFFERENCES) }, ...READ_ERRORS) },
  }, async (request) => {
    const { limit, cursor = null, company } = request.query
    // One the caller does not manage is no company of theirs.
    if (company !== undefined) await settings.ofCompany(callerOf(request).scope, company)
    return settings.diff(callerOf(request).scope, { limit, cursor, companyId: company ?? null })
  })

  app.get<{ Params: { id: string } }>('/api/companies/:id/settings', {
    config: { access: 'manage' },
    schema: { tags, summary: 'A company\'s settings, and where each value comes from', params: { type: 'object', properties: { id: ID } }, response: answers({ 200: COMPANY_SETTINGS }, ...READ_ERRORS) },
  }, async (request) => companyShown(await settings.ofCompany(callerOf(request).scope, request.params.id), context.mode))
}

function mspShown({ settings, overrides, origins, ...rest }: MspSettingsView): object {
  return { ...rest, settings: named(settings), overrides: named(overrides), origins: named(origins) }
}

function companyShown({ settings, overrides, origins, ...rest }: CompanySettingsView, ceiling: Mode): object {
  const effectiveMode = runMode(ceiling, settings.mode, null)
  const from: SettingOrigin | undefined = effectiveMode === settings.mode ? origins['mode'] : { from: 'AW_MODE', set: null }
  return { ...rest, settings: named(settings), overrides: named(overrides), effectiveMode, origins: named({ ...origins, effectiveMode: from }) }
}

/** Under the names of the interface. */
function named(settings: Overrides | Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name === 'cloudProvider' ? 'cloud_provider' : name, value]))
}

