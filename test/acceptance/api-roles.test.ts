/**
 * The role matrix, cell by cell: every route, called by every role, for the caller's own company, for another one, and (where that differs) for an
 * incident that somebody else works on. A route that is missing here fails the first test. Calls of company A's people are made first,
 * and company B must stand afterwards exactly as before.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runbookFiles } from '../../remediator/library/load.ts'
import { SHIPPED_FOLDER } from '../../remediator/library/shipped.ts'
import { systemClock } from '../../schemas/clock.ts'
import type { DeliveryElement } from '../../schemas/receipts.ts'
import { ROLES, type Role } from '../../schemas/settings.ts'
import { desk } from '../harness/desk-connector.ts'
import { ADMIN_TOKEN, openApiHarness, PASSWORD, type ApiHarness } from '../harness/api.ts'
import { callRecorder } from '../../storage/tickets/calls.ts'
import { newRun, runbook } from '../harness/runs-world.ts'
import { callOf } from '../samples/calls.ts'

type Side = 'own' | 'other' | 'taken'
interface Place { company: string; incident: string; spare: string; user: string; asset: string; integration: string; channel: string; command: string; delivery: string; letter: string; backtest: string; word: string; account: string; run: string; call: string; connection: string; order: string; ticket: string }
interface Asked { url: string; body?: unknown; headers?: Record<string, string>; token?: string | undefined }
interface Row {
  /** Statuses for MSP Admin, Company Admin, Technician, Viewer. */
  own: readonly [number, number, number, number]
  other?: readonly [number, number, number, number]
  taken?: readonly [number, number, number, number]
  ask: (place: Place, role: Role) => Asked | Promise<Asked>
}

const READ = { own: [200, 200, 200, 200], other: [200, 404, 404, 404] } as const
const MANAGE = { own: [200, 200, 403, 403], other: [200, 404, 403, 403] } as const
const MAKE = { own: [201, 201, 403, 403], other: [201, 404, 403, 403] } as const
const REMOVE = { own: [204, 204, 403, 403], other: [204, 404, 403, 403] } as const
const COMMAND = { own: [200, 200, 200, 403], other: [200, 404, 404, 403], taken: [200, 200, 404, 403] } as const
const ANYBODY = { own: [200, 200, 200, 200] } as const

let api: ApiHarness
let serial = 0
const fresh = () => `fresh-${(serial += 1)}`
const places = {} as Record<Side, Place>
const tokens = {} as Record<Role, string>

const command = (name: string, body: (place: Place) => unknown = () => undefined): Row => ({
  ...COMMAND, ask: (place) => ({ url: `/api/incidents/${place.incident}/${name}`, body: body(place) }),
})

const PUBLIC = ['POST /api/hooks/:connector/:connection', 'GET /api/oauth/agree', 'POST /api/oauth/agree', 'GET /api/oauth/callback', 'GET /api/approvals/link/:token', 'POST /api/approvals/link/:token', 'GET /console/company.js', 'GET /console/connections.js', 'GET /console/part.js', 'GET /console/tickets.js', 'GET /console/repairs.js', 'POST /api/auth/login', 'GET /api/health/live', 'GET /api/health/ready', 'GET /api/health', 'GET /metrics', 'GET /api/openapi.json', 'GET /', 'GET /console/style.css', 'GET /console/console.js', 'GET /console/api.js', 'GET /console/analysis.js', 'GET /console/dom.js', 'GET /console/view.js']

const TABLE: Record<string, Row> = {
  'GET /api/me': { ...ANYBODY, ask: () => ({ url: '/api/me' }) },
  'POST /api/me/password': {
    own: [204, 204, 204, 204],
    ask: async (place, role) => ({ url: '/api/me/password', body: { currentPassword: PASSWORD, newPassword: 'another long password' }, token: (await api.user(role, role === 'msp_admin' ? [] : [place.company])).token }),
  },
  'GET /api/companies': { ...ANYBODY, ask: () => ({ url: '/api/companies' }) },
  'POST /api/companies': { own: [201, 403, 403, 403], ask: () => ({ url: '/api/companies', body: { name: fresh() } }) },
  'GET /api/companies/:id': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}` }) },
  'PATCH /api/companies/:id': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}`, body: { windowMs: 420_000 } }) },
  'POST /api/companies/:id/rotate-key': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rotate-key`, body: {} }) },
  'GET /api/companies/:id/integrations': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/integrations` }) },
  'POST /api/companies/:id/integrations': { ...MAKE, ask: (place) => ({ url: `/api/companies/${place.company}/integrations`, body: { name: fresh(), source: 'zabbix' } }) },
  'PATCH /api/companies/:id/integrations/:integrationId': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/integrations/${place.integration}`, body: { name: fresh() } }) },
  'DELETE /api/companies/:id/integrations/:integrationId': {
    ...REMOVE,
    ask: async (place, role) => {
      const path = `/api/companies/${place.company}/integrations`
      const integration = place === places.own || role === 'msp_admin' ? (await api.call(ADMIN_TOKEN, 'POST', path, { name: fresh(), source: 'zabbix' })).body.integrationId : place.integration
      return { url: `${path}/${integration}` }
    },
  },
  'DELETE /api/companies/:id/integrations/:integrationId/keys/:keyId': {
    ...REMOVE,
    ask: async (place, role) => {
      const path = `/api/companies/${place.company}/integrations`
      const integration = place === places.own || role === 'msp_admin' ? (await api.call(ADMIN_TOKEN, 'POST', path, { name: fresh(), source: 'zabbix' })).body.integrationId : place.integration
      const { items } = (await api.call(ADMIN_TOKEN, 'GET', path)).body
      return { url: `${path}/${integration}/keys/${items.find(({ id }) => id === integration)?.keys[0]?.id ?? 'none'}` }
    },
  },
  'POST /api/companies/:id/integrations/:integrationId/mapping/try': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/integrations/${place.integration}/mapping/try`, body: { mapping: { asset: 'h' }, payload: '{"h":"x"}' } }) },
  'POST /api/companies/:id/integrations/:integrationId/mapping/suggest': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/integrations/${place.integration}/mapping/suggest`, body: { payload: '{"host":"x"}' } }) },
  'POST /api/mappings/try': { own: [200, 200, 403, 403], ask: () => ({ url: '/api/mappings/try', body: { mapping: { asset: 'h' }, payload: '{"h":"x"}' } }) },
  'POST /api/mappings/suggest': { own: [200, 200, 403, 403], ask: () => ({ url: '/api/mappings/suggest', body: { payload: '{"host":"x"}' } }) },
  'POST /api/llm/test': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/llm/test', body: {} }) },
  'GET /api/companies/:id/topology': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/topology` }) },
  'POST /api/companies/:id/topology': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/topology`, body: { edges: [{ from: 'a', to: 'b', kind: 'calls' }] } }) },
  'PUT /api/companies/:id/topology': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/topology`, body: { edges: [{ from: 'a', to: 'c', kind: 'calls' }] } }) },
  'GET /api/companies/:id/assets': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/assets` }) },
  'POST /api/companies/:id/assets': { ...MAKE, ask: (place) => ({ url: `/api/companies/${place.company}/assets`, body: { name: fresh() } }) },
  'POST /api/companies/:id/assets/import': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/assets/import`, body: `name\n${fresh()}\n`, headers: { 'content-type': 'text/csv' } }) },
  'GET /api/companies/:id/assets/:assetId': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/assets/${place.asset}` }) },
  'PATCH /api/companies/:id/assets/:assetId': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/assets/${place.asset}`, body: { critical: true } }) },
  'DELETE /api/companies/:id/assets/:assetId': {
    ...REMOVE,
    ask: async (place, role) => {
      const path = `/api/companies/${place.company}/assets`
      const asset = place === places.own || role === 'msp_admin' ? (await api.call(ADMIN_TOKEN, 'POST', path, { name: fresh() })).body.id : place.asset
      return { url: `${path}/${asset}` }
    },
  },
  'GET /api/settings': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings' }) },
  'PUT /api/settings': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings', body: { windowMs: 600_000 } }) },
  'GET /api/settings/diff': { ...MANAGE, ask: (place) => ({ url: `/api/settings/diff?company=${place.company}` }) },
  'GET /api/companies/:id/settings': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/settings` }) },
  'GET /api/rules': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules' }) },
  'PUT /api/rules': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules', body: { document: {} } }) },
  'GET /api/rules/revisions': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules/revisions' }) },
  'GET /api/rules/revisions/:revision': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules/revisions/1' }) },
  'POST /api/rules/rollback': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules/rollback', body: { revision: 1 } }) },
  'POST /api/rules/try': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/rules/try', body: { problem: {} } }) },
  'GET /api/companies/:id/rules': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules` }) },
  'PUT /api/companies/:id/rules': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules`, body: { document: {}, comment: place.word } }) },
  'GET /api/companies/:id/rules/revisions': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules/revisions` }) },
  'GET /api/companies/:id/rules/revisions/:revision': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules/revisions/1` }) },
  'POST /api/companies/:id/rules/rollback': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules/rollback`, body: { revision: 1 } }) },
  'POST /api/companies/:id/rules/try': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules/try`, body: { problem: {} } }) },
  'GET /api/companies/:id/rules/effective': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/rules/effective` }) },
  'GET /api/users': { ...MANAGE, ask: (place) => ({ url: `/api/users?company=${place.company}` }) },
  'POST /api/users': { ...MAKE, ask: (place) => ({ url: '/api/users', body: { email: `${fresh()}@example.com`, name: 'New', password: PASSWORD, role: 'technician', companies: [place.company] } }) },
  'GET /api/users/:id': { ...MANAGE, ask: (place) => ({ url: `/api/users/${place.user}` }) },
  'PATCH /api/users/:id': { ...MANAGE, ask: (place) => ({ url: `/api/users/${place.user}`, body: { name: `${place.word} renamed` } }) },
  'DELETE /api/users/:id': {
    ...REMOVE, ask: async (place, role) => ({ url: `/api/users/${place === places.own || role === 'msp_admin' ? (await api.user('technician', [place.company])).id : place.user}` }),
  },
  'GET /api/incidents': { ...READ, ask: (place) => ({ url: `/api/incidents?company=${place.company}` }) },
  'GET /api/incidents/:id': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/incidents/${place.incident}` }) },
  'POST /api/incidents/:id/acknowledge': command('acknowledge'),
  'POST /api/incidents/:id/assign': command('assign', () => ({ assignee: null })),
  'POST /api/incidents/:id/start': command('start'),
  'POST /api/incidents/:id/resolve': command('resolve', () => ({ text: 'done' })),
  'POST /api/incidents/:id/close': command('close'),
  'POST /api/incidents/:id/reopen': command('reopen'),
  'POST /api/incidents/:id/notes': command('notes', () => ({ text: 'seen' })),
  'POST /api/incidents/:id/classify': command('classify', () => ({ text: 'seen', category: 'network' })),
  'POST /api/incidents/:id/merge': command('merge', (place) => ({ into: place.spare })),
  'POST /api/incidents/:id/split': command('split', () => ({ problemKeys: ['v1:int-1:1'] })),
  'POST /api/incidents/:id/analyse': { own: [202, 202, 202, 403], other: [202, 404, 404, 403], taken: [202, 202, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/analyse` }) },
  'GET /api/incidents/:id/analyses': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/incidents/${place.incident}/analyses` }) },
  'GET /api/companies/:id/llm/usage': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/llm/usage` }) },
  'PUT /api/companies/:id/llm/settings': { own: [200, 403, 403, 403], other: [200, 403, 403, 403], ask: (place) => ({ url: `/api/companies/${place.company}/llm/settings`, body: { monthlyMicroUsd: 5_000_000 } }) },
  'PUT /api/llm/settings': { own: [204, 403, 403, 403], ask: () => ({ url: '/api/llm/settings', body: { hidesHosts: true } }) },
  'GET /api/commands/:id': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/commands/${place.command}` }) },
  'GET /api/suppressed': { ...READ, ask: (place) => ({ url: `/api/suppressed?company=${place.company}` }) },
  'GET /api/stats/suppressed': { ...READ, ask: (place) => ({ url: `/api/stats/suppressed?company=${place.company}` }) },
  'GET /api/companies/:id/silences': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/silences` }) },
  'POST /api/companies/:id/silences': { ...MAKE, ask: (place) => ({ url: `/api/companies/${place.company}/silences`, body: { when: ['asset=x'], minutes: 5, reason: fresh() } }) },
  'DELETE /api/companies/:id/silences/:silence': {
    ...REMOVE,
    ask: async (place, role) => {
      const path = `/api/companies/${place.company}/silences`
      const silence = place === places.own || role === 'msp_admin' ? (await api.call(ADMIN_TOKEN, 'POST', path, { when: ['asset=x'], minutes: 5, reason: fresh() })).body.id : 'none'
      return { url: `${path}/${silence}` }
    },
  },
  'GET /api/stats/noise': { ...READ, ask: (place) => ({ url: `/api/stats/noise?company=${place.company}` }) },
  'GET /api/stats/sla': { ...READ, ask: (place) => ({ url: `/api/stats/sla?company=${place.company}` }) },
  'GET /api/stats/agreement': { ...READ, ask: (place) => ({ url: `/api/stats/agreement?company=${place.company}` }) },
  'GET /api/labels': { ...MANAGE, ask: (place) => ({ url: `/api/labels?company=${place.company}` }) },
  'GET /api/stats/incidents': { ...READ, ask: (place) => ({ url: `/api/stats/incidents?company=${place.company}` }) },
  'GET /api/balance': { ...READ, ask: (place) => ({ url: `/api/balance?company=${place.company}` }) },
  'GET /api/deliveries': { ...READ, ask: (place) => ({ url: `/api/deliveries?company=${place.company}` }) },
  'GET /api/deliveries/:id': { ...READ, ask: (place) => ({ url: `/api/deliveries/${place.delivery}` }) },
  'GET /api/alerts/:id/explain': { ...READ, ask: (place) => ({ url: `/api/alerts/${place.delivery}:0/explain` }) },
  'GET /api/dead-letters': { ...MANAGE, ask: (place) => ({ url: `/api/dead-letters?company=${place.company}` }) },
  'POST /api/backtests/adapters': { ...MANAGE, ask: (place) => ({ url: '/api/backtests/adapters', body: { company: place.company } }) },
  'POST /api/backtests': { own: [202, 202, 403, 403], other: [202, 404, 403, 403], ask: (place) => ({ url: '/api/backtests', body: { company: place.company, settings: {} } }) },
  'GET /api/backtests': { ...MANAGE, ask: (place) => ({ url: `/api/backtests?company=${place.company}` }) },
  'GET /api/backtests/:id': { ...MANAGE, ask: (place) => ({ url: `/api/backtests/${place.backtest}` }) },
  'POST /api/backtests/:id/cancel': { ...MANAGE, ask: (place) => ({ url: `/api/backtests/${place.backtest}/cancel` }) },
  'GET /api/companies/:id/advice': { own: [200, 200, 403, 403], other: [200, 404, 403, 403], ask: (place) => ({ url: `/api/companies/${place.company}/advice` }) },
  'POST /api/companies/:id/advice/:adviceId/apply': { own: [404, 404, 403, 403], other: [404, 404, 403, 403], ask: (place) => ({ url: `/api/companies/${place.company}/advice/none/apply`, body: {} }) },
  'POST /api/companies/:id/advice/:adviceId/try': { own: [404, 404, 403, 403], other: [404, 404, 403, 403], ask: (place) => ({ url: `/api/companies/${place.company}/advice/none/try`, body: {} }) },
  'GET /api/dead-letters/counts': { ...MANAGE, ask: (place) => ({ url: `/api/dead-letters/counts?company=${place.company}` }) },
  'GET /api/dead-letters/:id': { ...MANAGE, ask: (place) => ({ url: `/api/dead-letters/${place.letter}` }) },
  'GET /api/dead-letters/:id/original': { ...MANAGE, ask: (place) => ({ url: `/api/dead-letters/${place.letter}/original` }) },
  'POST /api/dead-letters/replay': { ...MANAGE, ask: (place) => ({ url: '/api/dead-letters/replay', body: { company: place.company } }) },
  'POST /api/dead-letters/:id/replay': { own: [202, 202, 403, 403], other: [202, 404, 403, 403], ask: (place) => ({ url: `/api/dead-letters/${place.letter}/replay` }) },
  'GET /api/runbooks': { ...READ, ask: (place) => ({ url: `/api/runbooks?company=${place.company}` }) },
  'GET /api/runbooks/:id': { ...READ, ask: (place) => ({ url: `/api/runbooks/disk-clean?company=${place.company}` }) },
  'POST /api/runbooks/check': { own: [200, 200, 200, 403], ask: () => ({ url: '/api/runbooks/check', body: { files: { 'runbook.yaml': 'id: x' } } }) },
  'PUT /api/msp/runbooks/:rid': { own: [200, 403, 403, 403], ask: () => savedRunbook('/api/msp/runbooks') },
  'DELETE /api/msp/runbooks/:rid': { own: [204, 403, 403, 403], ask: () => storedRunbook('/api/msp/runbooks') },
  'PUT /api/companies/:id/runbooks/:rid': { ...MANAGE, ask: (place) => savedRunbook(`/api/companies/${place.company}/runbooks`) },
  'DELETE /api/companies/:id/runbooks/:rid': { ...REMOVE, ask: (place, role) => (place === places.own || role === 'msp_admin' ? storedRunbook(`/api/companies/${place.company}/runbooks`) : { url: `/api/companies/${place.company}/runbooks/none` }) },
  'POST /api/msp/runbooks/:rid/plan': { own: [200, 200, 200, 403], other: [200, 404, 404, 403], taken: [200, 200, 404, 403], ask: (place) => ({ url: '/api/msp/runbooks/disk-clean/plan', body: { company: place.company, incident: place.incident, mode: 'demo' } }) },
  'POST /api/msp/runbooks/:rid/execute': { own: [202, 202, 202, 403], other: [202, 404, 404, 403], taken: [202, 202, 404, 403], ask: (place) => ({ url: '/api/msp/runbooks/disk-clean/execute', body: { company: place.company, incident: place.incident, mode: 'demo' } }) },
  'POST /api/companies/:id/scripts': {
    own: [202, 202, 202, 403], other: [202, 404, 404, 403], taken: [202, 202, 404, 403],
    ask: (place) => ({ url: `/api/companies/${place.company}/scripts`, body: { summary: 'look', system: 'linux', script: 'df -h', incident: place.incident, mode: 'demo' } }),
  },
  'POST /api/runbooks/replay': { ...MANAGE, ask: (place) => ({ url: '/api/runbooks/replay', body: { company: place.company } }) },
  'GET /api/runs': { ...READ, ask: (place) => ({ url: `/api/runs?company=${place.company}` }) },
  'GET /api/runs/:id': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/runs/${place.run}` }) },
  'GET /api/runs/:id/output': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/runs/${place.run}/output` }) },
  'POST /api/runs/:id/cancel': { own: [202, 202, 202, 403], other: [202, 404, 404, 403], taken: [202, 202, 404, 403], ask: async (place, role) => ({ url: `/api/runs/${place === places.other && role !== 'msp_admin' ? place.run : await makeRun(place)}/cancel` }) },
  'GET /api/approvals': { ...READ, ask: (place) => ({ url: `/api/approvals?company=${place.company}` }) },
  'POST /api/approvals/:id/approve': { own: [200, 200, 403, 403], other: [200, 404, 404, 403], taken: [200, 200, 404, 403], ask: async (place, role) => ({ url: `/api/approvals/${await makeApproval(place, role)}/approve` }) },
  'POST /api/approvals/:id/refuse': { own: [200, 200, 403, 403], other: [200, 404, 404, 403], taken: [200, 200, 404, 403], ask: async (place, role) => ({ url: `/api/approvals/${await makeApproval(place, role)}/refuse` }) },
  'POST /api/approvals/:id/link': { own: [201, 201, 403, 403], other: [201, 404, 404, 403], taken: [201, 201, 404, 403], ask: async (place, role) => ({ url: `/api/approvals/${await makeApproval(place, role)}/link` }) },
  'GET /api/settings/remediation': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings/remediation' }) },
  'PUT /api/settings/remediation': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings/remediation', body: { settings: { maxConcurrent: 4 } } }) },
  'POST /api/settings/remediation/stop': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings/remediation/stop', body: { reason: 'look' } }) },
  'POST /api/settings/remediation/resume': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/settings/remediation/resume' }) },
  'GET /api/companies/:id/remediation': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/remediation` }) },
  'PUT /api/companies/:id/remediation': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/remediation`, body: { settings: { maxConcurrent: 2 } } }) },
  'POST /api/companies/:id/remediation/stop': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/remediation/stop`, body: { reason: `${place.word} looks` } }) },
  'POST /api/companies/:id/remediation/resume': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/remediation/resume` }) },
  'GET /api/companies/:id/cloud-accounts': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts` }) },
  'POST /api/companies/:id/cloud-accounts': { ...MAKE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts`, body: { cloud: 'aws', name: fresh(), fields: { accountId: '123456789012', regions: 'eu-central-1' } } }) },
  'GET /api/companies/:id/cloud-accounts/:accountId': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts/${place.account}` }) },
  'PATCH /api/companies/:id/cloud-accounts/:accountId': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts/${place.account}`, body: { name: `${place.word} ${fresh()}` } }) },
  'DELETE /api/companies/:id/cloud-accounts/:accountId': { ...REMOVE, ask: async (place, role) => ({ url: `/api/companies/${place.company}/cloud-accounts/${place === places.own || role === 'msp_admin' ? await makeAccount(place.company) : place.account}` }) },
  'GET /api/companies/:id/cloud-accounts/:accountId/onboarding': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts/${place.account}/onboarding` }) },
  'POST /api/companies/:id/cloud-accounts/:accountId/check': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/cloud-accounts/${place.account}/check` }) },
  'GET /api/connectors': { own: [200, 200, 403, 403], ask: () => ({ url: '/api/connectors' }) },
  'GET /api/connectors/status': { ...MANAGE, ask: (place) => ({ url: `/api/connectors/status?company=${place.company}` }) },
  'GET /api/master-key': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/master-key' }) },
  'POST /api/master-key/rotate': { own: [409, 403, 403, 403], ask: () => ({ url: '/api/master-key/rotate', body: {} }) },
  'GET /api/connections': { ...MANAGE, ask: (place) => ({ url: `/api/connections?company=${place.company}` }) },
  'POST /api/connections': { ...MAKE, ask: (place) => ({ url: '/api/connections', body: { company: place.company, ...DESK, name: fresh() } }) },
  'GET /api/connections/:id': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}` }) },
  'PATCH /api/connections/:id': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}`, body: { name: `${place.word} ${fresh()}` } }) },
  'DELETE /api/connections/:id': { ...REMOVE, ask: async (place, role) => ({ url: `/api/connections/${place === places.own || role === 'msp_admin' ? await makeConnection(place.company) : place.connection}` }) },
  'POST /api/connections/:id/check': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/check` }) },
  'POST /api/connections/:id/connect': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/connect` }) },
  'GET /api/connections/:id/choices': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/choices` }) },
  'GET /api/connections/:id/companies': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/companies?q=a` }) },
  'GET /api/connections/:id/assets': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/assets?of=1` }) },
  'GET /api/connections/:id/users': { own: [409, 409, 403, 403], other: [409, 404, 403, 403], ask: (place) => ({ url: `/api/connections/${place.connection}/users` }) },
  'GET /api/ticket-settings': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/ticket-settings' }) },
  'PUT /api/ticket-settings': { own: [200, 403, 403, 403], ask: () => ({ url: '/api/ticket-settings', body: { delaySeconds: 30 } }) },
  'GET /api/companies/:id/ticket-settings': { ...READ, ask: (place) => ({ url: `/api/companies/${place.company}/ticket-settings` }) },
  'PUT /api/companies/:id/ticket-settings': { ...MANAGE, ask: (place) => ({ url: `/api/companies/${place.company}/ticket-settings`, body: { autoClose: false } }) },
  'GET /api/ticket-matches': { ...MANAGE, ask: (place) => ({ url: `/api/ticket-matches?company=${place.company}&status=asked` }) },
  'PUT /api/connections/:id/matches': { ...MANAGE, ask: (place) => ({ url: `/api/connections/${place.connection}/matches`, body: { companyId: place.company, kind: 'asset', name: 'web-1', externalId: '7' } }) },
  'GET /api/stats/remediation': { ...READ, ask: (place) => ({ url: `/api/stats/remediation?company=${place.company}` }) },
  'GET /api/tickets/outbox': { ...MANAGE, ask: (place) => ({ url: `/api/tickets/outbox?company=${place.company}` }) },
  'POST /api/tickets/outbox/:id/replay': { ...MANAGE, ask: async (place, role) => ({ url: `/api/tickets/outbox/${await freshOrder(place, role)}/replay` }) },
  'POST /api/tickets/outbox/:id/drop': { ...MANAGE, ask: async (place, role) => ({ url: `/api/tickets/outbox/${await freshOrder(place, role)}/drop` }) },
  'GET /api/incidents/:id/tickets': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets` }) },
  'GET /api/incidents/:id/tickets/suggestions': { ...COMMAND, ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/suggestions` }) },
  // No connection is in use, so whoever may ask is told how to mend that.
  'POST /api/incidents/:id/tickets': { own: [409, 409, 409, 403], other: [409, 404, 404, 403], taken: [409, 409, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets`, body: { ticket: '42' } }) },
  'PATCH /api/incidents/:id/tickets/:ticketId': { ...COMMAND, ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/${place.ticket}`, body: { kind: 'documents' } }) },
  'DELETE /api/incidents/:id/tickets/:ticketId': {
    own: [204, 204, 204, 403], other: [204, 404, 404, 403], taken: [204, 204, 404, 403],
    ask: async (place, role) => ({ url: `/api/incidents/${place.incident}/tickets/${place !== places.other || role === 'msp_admin' ? await makeTicket(place) : place.ticket}` }),
  },
  // The ticket is only linked, and its system keeps none.
  'POST /api/incidents/:id/tickets/:ticketId/change-requests': { own: [409, 409, 409, 403], other: [409, 404, 404, 403], taken: [409, 409, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/${place.ticket}/change-requests`, body: { reason: 'x' } }) },
  'POST /api/incidents/:id/tickets/:ticketId/notes': { own: [409, 409, 409, 403], other: [409, 404, 404, 403], taken: [409, 409, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/${place.ticket}/notes`, body: { text: 'x' } }) },
  'POST /api/incidents/:id/tickets/:ticketId/attachments': { own: [409, 409, 409, 403], other: [409, 404, 404, 403], taken: [409, 409, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/${place.ticket}/attachments`, body: { name: 'x.txt', contentType: 'text/plain', base64: 'eHh4' } }) },
  'POST /api/incidents/:id/tickets/:ticketId/times': { own: [409, 409, 409, 403], other: [409, 404, 404, 403], taken: [409, 409, 404, 403], ask: (place) => ({ url: `/api/incidents/${place.incident}/tickets/${place.ticket}/times`, body: { minutes: 5, text: 'x' } }) },
  'GET /api/incidents/:id/knowledge': { ...COMMAND, ask: (place) => ({ url: `/api/incidents/${place.incident}/knowledge` }) },
  'GET /api/tickets/:id': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/tickets/${place.ticket}` }) },
  'GET /api/calls': { ...READ, ask: (place) => ({ url: `/api/calls?company=${place.company}` }) },
  'GET /api/calls/:id': { ...READ, taken: [200, 200, 404, 200], ask: (place) => ({ url: `/api/calls/${place.call}` }) },
  'GET /api/stats/calls': { ...READ, ask: (place) => ({ url: `/api/stats/calls?company=${place.company}` }) },
  'GET /api/audit': { own: [200, 200, 200, 403], other: [200, 404, 404, 403], ask: (place) => ({ url: `/api/audit?company=${place.company}` }) },
  'GET /api/audit/export': { own: [200, 200, 200, 403], other: [200, 404, 404, 403], ask: (place) => ({ url: `/api/audit/export?company=${place.company}` }) },
  'GET /api/audit/verify': { own: [200, 403, 403, 403], other: [200, 403, 403, 403], ask: () => ({ url: '/api/audit/verify' }) },
  'GET /api/notice-channels': { ...MANAGE, ask: (place) => ({ url: `/api/notice-channels?company=${place.company}` }) },
  'POST /api/notice-channels': { own: [201, 403, 403, 403], ask: () => ({ url: '/api/notice-channels', body: { kind: 'slack', name: fresh(), address: 'https://hooks.slack.com/services/x' } }) },
  'POST /api/companies/:id/notice-channels': { ...MAKE, ask: (place) => ({ url: `/api/companies/${place.company}/notice-channels`, body: { kind: 'slack', name: fresh(), address: 'https://hooks.slack.com/services/x' } }) },
  'PATCH /api/notice-channels/:id': { own: [200, 200, 403, 403], other: [200, 404, 403, 403], ask: (place) => ({ url: `/api/notice-channels/${place.channel}`, body: { enabled: false } }) },
  'DELETE /api/notice-channels/:id': { own: [204, 204, 403, 403], other: [204, 404, 403, 403], ask: async (place, role) => ({ url: `/api/notice-channels/${place === places.own || role === 'msp_admin' ? await channelOf(place.company) : place.channel}` }) },
  'GET /api/events': { ...ANYBODY, ask: () => ({ url: '/api/events' }) },
}

async function channelOf(company: string): Promise<string> {
  return (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company}/notice-channels`, { kind: 'teams', name: fresh(), address: 'https://x.logic.azure.com/w' })).body.id
}

/** A runbook under a name of its own, that is to be saved. */
async function savedRunbook(path: string): Promise<{ url: string; body: unknown }> {
  const id = fresh()
  const files = await runbookFiles(join(SHIPPED_FOLDER, 'disk-clean-temp'))
  return { url: `${path}/${id}`, body: { files: { ...files, 'runbook.yaml': files['runbook.yaml']?.replace(/^id: .*$/m, `id: ${id}`).replace(/^risk: .*$/m, 'risk: medium') } } }
}

async function storedRunbook(path: string): Promise<{ url: string }> {
  const { url, body } = await savedRunbook(path)
  const saved = await api.call(ADMIN_TOKEN, 'PUT', url, body)
  if (saved.status !== 200) throw new Error(`saving ${url}: ${saved.text}`)
  return { url }
}

async function makeAccount(company: string): Promise<string> {
  return (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company}/cloud-accounts`, { cloud: 'aws', name: fresh(), fields: { accountId: '123456789012', regions: 'eu-central-1' } })).body.id
}

/** A connection that a person has still to agree to, so nothing is called in its name. */
const DESK = { connector: 'desk', name: 'desk', baseUrl: 'https://acme.desk.test', auth: 'oauth2_code', fields: { clientId: 'aw' }, secrets: { clientSecret: 'the client secret' } }

async function makeConnection(company: string): Promise<string> {
  return (await api.call(ADMIN_TOKEN, 'POST', '/api/connections', { company, ...DESK, name: fresh() })).body.id
}

/** A ticket a person linked, without a connection that could be asked. */
async function makeTicket({ company, incident }: Pick<Place, 'company' | 'incident'>): Promise<string> {
  const id = `ticket-${fresh()}`
  await api.database.query(`insert into tickets (id, company_id, incident_id, connector, environment, external_ref, title, origin, is_automatic, mode, created_at) values ($1, $2, $3, 'desk', 'production', '', $1, 'linked', false, 'production', now())`, [id, company, incident])
  return id
}

async function recordCall({ company, incident }: Pick<Place, 'company' | 'incident'>): Promise<string> {
  const call = callOf({ companyId: company, incidentId: incident, atMs: systemClock.now() })
  await callRecorder(api.database, { clock: systemClock, logger: { warn() {}, error() {} } }).record(call)
  return call.id
}

/** An order that was given up. */
async function deadOrder({ company, incident, word }: Pick<Place, 'company' | 'incident' | 'word'>): Promise<string> {
  const id = `ticket-${fresh()}`
  await api.database.query(
    `insert into tickets (id, company_id, incident_id, connector, environment, account, external_ref, title, origin, mode, generation, created_at) values ($1, $2, $3, 'zendesk', 'production', 'a', $1, $4, 'own', 'production', $5, now())`, [id, company, incident, `${word} ticket`, serial])
  const [row] = await api.database.query<{ id: string }>(
    `insert into ticket_outbox (ticket_id, company_id, account, seq, kind, body, urgency, status, code, error, due_at, created_at) values ($1, $2, 'a', 1, 'update', '{"mapping":{}}', 2, 'dead', 'invalid', $3, now(), now()) returning id::text as id`, [id, company, `${word} is refused`])
  return row!.id
}
const freshOrder = (place: Place, role: Role): Promise<string> => (place !== places.other || role === 'msp_admin' ? deadOrder(place) : Promise.resolve(place.order))

async function makeRun({ company, incident }: Pick<Place, 'company' | 'incident'>): Promise<string> {
  const id = `run-${fresh()}`
  await api.remediation.runs.create(null, newRun(id, { companyId: company, incidentId: incident }), null)
  return id
}

/** A request of medium risk on a run of its own; of another company the one that is there, so that nothing is made in it. */
async function makeApproval(place: Place, role: Role): Promise<string> {
  const run = place === places.other && role !== 'msp_admin' ? place.run : await makeRun(place)
  const id = `approval-of-${run}`
  await api.database.query(`update runs set status = 'awaiting_approval' where id = $1 and status = 'planned' and $2`, [run, place !== places.other || role === 'msp_admin'])
  await api.database.query(
    `insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at)
     select $2, id, company_id, 'run', 'company_admin', false, 'pending', 'medium risk', plan_digest, now(), now() + interval '1 hour' from runs where id = $1 on conflict do nothing`, [run, id])
  return id
}

/** Everything stored of a company. */
async function rowsOf(company: string): Promise<unknown> {
  const tables = ['companies where id = $1', 'integrations where company_id = $1', 'integration_keys where integration_id in (select id from integrations where company_id = $1)', 'assets where company_id = $1',
    'incidents where company_id = $1', 'problems where company_id = $1', 'incident_timeline where company_id = $1', 'commands where company_id = $1', 'audit_log where company_id = $1',
    'runs where company_id = $1', 'run_commands where run_id in (select id from runs where company_id = $1)', 'run_approvals where company_id = $1', 'cloud_accounts where company_id = $1', 'connections where company_id = $1', 'external_matches where company_id = $1', 'ticket_settings where company_id = $1', 'outside_calls where company_id = $1', 'tickets where company_id = $1', 'ticket_outbox where company_id = $1', 'remediation_settings where company_id = $1', 'runbooks where company_id = $1',
    'rule_books where scope = $1', 'company_rules where company_id = $1',
    'users where id in (select user_id from user_companies where company_id = $1)', 'outbox where key = $1']
  const rows: Record<string, unknown> = {}
  for (const table of tables) rows[table] = await api.database.query(`select to_jsonb(t) as row from (select * from ${table}) t order by 1`, [company])
  return rows
}

async function place(word: string, assignee: string | null, company?: string): Promise<Place> {
  const id = company ?? (await api.company(`${word} Inc`)).id
  const incident = await api.incident(id, { title: `${word} down`, assignee })
  await api.call(ADMIN_TOKEN, 'PUT', `/api/companies/${id}/rules`, { document: { holds: [{ id: `${word}-hold`, when: [], minutes: 5 }] }, comment: `${word} rules` })
  const asked = await api.call(ADMIN_TOKEN, 'POST', `/api/incidents/${incident}/notes`, { text: `${word} note` })
  const [delivery, letter] = [`${word}-delivery`, `${word}-letter`]
  api.figures.deliveries.push({ deliveryId: delivery, companyId: id, integrationId: 'i', source: 'zabbix', receivedAt: '2026-01-01T00:00:00.000Z', state: 'settled', accepted: 1, counts: { in_flight: 0, stored: 1, repeated: 0, suppressed: 0, dropped: 0, dead_lettered: 0 }, elements: [element(word)], replays: [] })
  api.figures.letters.push({ id: letter, companyId: id, topic: 'alerts.raw.v1', stage: 'process', code: 'payload_invalid', message: `${word} message`, attempts: 1, at: '2026-01-01T00:00:00.000Z', deliveryId: delivery, integrationId: 'i', source: 'zabbix', element: 0, replay: null })
  const run = await makeRun({ company: id, incident })
  await api.database.query(`insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at) select 'approval-of-' || id, id, company_id, 'run', 'company_admin', false, 'pending', $2, plan_digest, now(), now() + interval '1 hour' from runs where id = $1`, [run, `${word} risk`])
  const account = await makeAccount(id)
  await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${id}/cloud-accounts/${account}/check`)
  await api.call(ADMIN_TOKEN, 'PATCH', `/api/companies/${id}/cloud-accounts/${account}`, { enabled: true })
  return {
    run, account, connection: await makeConnection(id), call: await recordCall({ company: id, incident }), ticket: await makeTicket({ company: id, incident }), order: await deadOrder({ company: id, incident, word }), company: id, incident, spare: await api.incident(id, { title: `${word} spare`, assignee }), user: (await api.user('technician', [id], word)).id,
    asset: (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${id}/assets`, { name: `${word}-host-${fresh()}` })).body.id,
    channel: await channelOf(id),
    integration: (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${id}/integrations`, { name: fresh(), source: 'zabbix' })).body.integration.id,
    command: asked.body.commandId, delivery, letter, word,
    backtest: (await api.call(ADMIN_TOKEN, 'POST', '/api/backtests', { company: id, settings: {} })).body.id,
  }
}

/** The one alert of a delivery. */
function element(word: string): DeliveryElement {
  return {
    element: 0, state: 'stored', fate: 'emitted', reason: 'opened', explanation: 'stored', suppressedBy: null, quiet: null, problemKey: null, incidentId: null, at: '2026-01-01T00:00:00.000Z', alert: { title: `${word} alert` },
    problem: null, incident: null, deadLetter: null, replayedBy: null, history: [],
  }
}

/** A stream never ends by itself, so it is asked over a socket and left once its head is there. */
async function statusOf(method: string, asked: Asked, token: string | null): Promise<{ status: number; text: string }> {
  if (asked.url !== '/api/events') return api.call(asked.token ?? token, method, asked.url, asked.body, asked.headers)
  const leaving = new AbortController()
  const answer = await fetch(`http://127.0.0.1:${port()}${asked.url}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` }, signal: leaving.signal })
  leaving.abort()
  return { status: answer.status, text: '' }
}

function port(): number {
  const address = api.app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

beforeAll(async () => {
  api = await openApiHarness(systemClock, { autoSettle: true, shipped: [runbook()], connectors: [desk] })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  places.own = await place('alpha', null)
  places.other = await place('bravo', null)
  places.taken = await place('alpha-taken', (await api.user('technician', [places.own.company])).id, places.own.company)
  for (const role of ROLES) tokens[role] = (await api.user(role, role === 'msp_admin' ? [] : [places.own.company])).token
})
afterAll(() => api.close())

test('the table holds every route, and no route that is gone', () => {
  expect([...new Set(api.routes.map(({ method, url }) => `${method} ${url}`))].sort()).toEqual([...Object.keys(TABLE), ...PUBLIC].sort())
})

describe('each role gets what the matrix gives it, and nothing else', () => {
  const wrong: string[] = []
  const callAll = async (roles: readonly Role[]) => {
    for (const [route, row] of Object.entries(TABLE)) for (const side of ['own', 'other', 'taken'] as const) for (const role of roles) {
      const due = row[side]?.[ROLES.indexOf(role)]
      if (due === undefined) continue
      const [method = ''] = route.split(' ')
      const { status, text } = await statusOf(method, await row.ask(places[side], role), tokens[role])
      if (status !== due) wrong.push(`${route} as ${role} for ${side}: ${status} instead of ${due} ${text}`)
      if (role !== 'msp_admin' && text.toLowerCase().includes('bravo')) wrong.push(`${route} as ${role} for ${side} shows company B: ${text}`)
    }
  }

  test('people of company A reach theirs, and neither see nor change company B', async () => {
    const before = await rowsOf(places.other.company)
    await callAll(ROLES.filter((role) => role !== 'msp_admin'))
    expect(wrong).toEqual([])
    expect(await rowsOf(places.other.company)).toEqual(before)
  })

  test('an MSP Admin reaches both', async () => {
    await callAll(['msp_admin'])
    expect(wrong).toEqual([])
  })

  test('lists without a company show only what is theirs', async () => {
    for (const url of ['/api/companies', '/api/users', '/api/incidents?limit=200', '/api/deliveries', '/api/dead-letters', '/api/dead-letters/counts', '/api/runs', '/api/approvals', '/api/runbooks', '/api/stats/remediation', '/api/connections', '/api/connectors/status', '/api/tickets/outbox', '/api/audit?limit=200']) for (const role of ROLES.filter((candidate) => candidate !== 'msp_admin')) {
      expect(JSON.stringify((await api.call(tokens[role], 'GET', url)).body).toLowerCase()).not.toContain('bravo')
    }
    expect(JSON.stringify((await api.call(tokens.msp_admin, 'GET', '/api/incidents')).body)).toContain('bravo')
    await api.call(tokens.viewer, 'GET', '/api/stats/noise')
    expect(api.figures.asked.at(-1)).toEqual([places.own.company])
  })

  test('a technician lists unassigned incidents and their own, and reads only their own actions', async () => {
    const { body } = await api.call(tokens.technician, 'GET', '/api/incidents?limit=200')
    expect(body.items.map((incident) => incident.title)).not.toContain('alpha-taken down')
    const me = (await api.call(tokens.technician, 'GET', '/api/me')).body.id
    const audit = (await api.call(tokens.technician, 'GET', '/api/audit')).body.items
    expect(audit.length).toBeGreaterThan(0)
    expect(audit.every((line) => line.actor.id === me)).toBe(true)
  })
})

test('nothing but the public routes is answered without a log-in', async () => {
  for (const [route, row] of Object.entries(TABLE)) {
    const [method = ''] = route.split(' ')
    const asked = { ...(await row.ask(places.own, 'msp_admin')), token: undefined }
    for (const token of [null, 'aw_wrong', `${ADMIN_TOKEN}x`]) expect([route, (await statusOf(method, asked, token)).status]).toEqual([route, 401])
  }
})

test('a merged incident is no way round the assignment of the one it went into', async () => {
  const merged = await api.incident(places.own.company, { mergedInto: places.taken.incident })
  expect((await api.call(tokens.technician, 'POST', `/api/incidents/${merged}/resolve`)).status).toBe(404)
  expect((await api.call(tokens.company_admin, 'POST', `/api/incidents/${merged}/resolve`)).body.incidentId).toBe(places.taken.incident)
})

test('incidents of two companies never become one', async () => {
  const answer = await api.call(tokens.msp_admin, 'POST', `/api/incidents/${places.own.incident}/merge`, { into: places.other.incident })
  expect(answer.status).toBe(404)
  expect((await api.call(tokens.company_admin, 'POST', `/api/incidents/${places.own.incident}/merge`, { into: places.other.incident })).status).toBe(404)
})

test('an incident is never assigned to somebody of another company', async () => {
  const answer = await api.call(tokens.company_admin, 'POST', `/api/incidents/${places.own.incident}/assign`, { assignee: places.other.user })
  const unknown = await api.call(tokens.company_admin, 'POST', `/api/incidents/${places.own.incident}/assign`, { assignee: 'nobody' })
  expect([answer.status, answer.body]).toEqual([400, unknown.body])
})

describe('a company admin never rises above their role', () => {
  const attempts: [string, (shared: string) => Asked & { method: string }, number][] = [
    ['by making an MSP Admin', () => ({ method: 'POST', url: '/api/users', body: { email: `${fresh()}@example.com`, name: 'x', password: PASSWORD, role: 'msp_admin', companies: [] } }), 403],
    ['by making a user of another company', () => ({ method: 'POST', url: '/api/users', body: { email: `${fresh()}@example.com`, name: 'x', password: PASSWORD, role: 'viewer', companies: [places.own.company, places.other.company] } }), 404],
    ['by making somebody an MSP Admin', () => ({ method: 'PATCH', url: `/api/users/${places.own.user}`, body: { role: 'msp_admin' } }), 403],
    ['by taking over a user who also belongs elsewhere', (shared) => ({ method: 'PATCH', url: `/api/users/${shared}`, body: { password: 'a password of my own' } }), 403],
    ['by adding another company to a user', () => ({ method: 'PATCH', url: `/api/users/${places.own.user}`, body: { companies: [places.other.company] } }), 404],
    ['by a rate beyond what a company may ask', () => ({ method: 'PATCH', url: `/api/companies/${places.own.company}`, body: { requestsPerMinute: 1_001 } }), 400],
  ]
  test.each(attempts)('%s', async (_how, attempt, status) => {
    const shared = (await api.user('technician', [places.own.company, places.other.company])).id
    const { method, url, body } = attempt(shared)
    expect((await api.call(tokens.company_admin, method, url, body)).status).toBe(status)
  })

  test('by changing their own role or companies', async () => {
    const me = (await api.call(tokens.company_admin, 'GET', '/api/me')).body.id
    for (const body of [{ role: 'msp_admin' }, { companies: [places.own.company] }, { disabled: false }]) expect((await api.call(tokens.company_admin, 'PATCH', `/api/users/${me}`, body)).status).toBe(403)
  })

  test('and sees of a shared user only the own company', async () => {
    const shared = await api.user('technician', [places.own.company, places.other.company])
    expect((await api.call(tokens.company_admin, 'GET', `/api/users/${shared.id}`)).body.companies).toEqual([places.own.company])
  })
})
