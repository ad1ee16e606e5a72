/** The story: before Acme switches repairs on, its admin asks what last week would have looked like. Nothing runs, and nothing is written. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { ReplayView } from '../../schemas/remediation-views.ts'
import { openApiHarness, type ApiHarness } from '../harness/api.ts'
import { runbook, step } from '../harness/runs-world.ts'

const START_MS = Date.UTC(2026, 2, 1)
const HOUR_MS = 3_600_000
const clock = new TestClock(START_MS)
const shell = { linux: { file: 'clean.sh', text: 'aw_ok "cleaned"' } }
const DISK = runbook({ id: 'disk-clean', risk: 'low', match: { all: ['signature=~".*disk.*"'], any: [] }, inputs: [], limits: { maxRunsPerHour: 10, cooldownMs: 0, maxTargets: 5, maxFailures: 3 }, steps: [step('clean', { shell })] })
const RESTART = runbook({ id: 'service-restart', risk: 'high', match: { all: ['signature="service down"'], any: [] }, inputs: [], digest: 'e'.repeat(64) })

let api: ApiHarness
let acme: { id: string }
let boss: { token: string }
let foreign: { token: string }

beforeAll(async () => {
  api = await openApiHarness(clock, { mode: 'dry-run', shipped: [DISK, RESTART] })
  acme = await api.company('Acme', {})
  const bravo = await api.company('Bravo', {})
  boss = await api.user('company_admin', [acme.id], 'boss')
  foreign = await api.user('company_admin', [bravo.id], 'foreign')
  for (const name of ['web-1', 'web-2']) expect((await call('POST', `/api/companies/${acme.id}/assets`, { name, cloudProvider: 'aws', region: 'eu-central-1', account: '123456789012', instanceId: `i-0123456789abcdef${name.slice(-1)}`, tags: { os: 'linux' } })).status).toBe(201)
  const account = await call<{ id: string }>('POST', `/api/companies/${acme.id}/cloud-accounts`, { cloud: 'aws', name: 'main', fields: { accountId: '123456789012', regions: 'eu-central-1' } })
  await api.database.query('update cloud_accounts set enabled = true where id = $1', [account.body.id])
  const past: [string, string, string, number][] = [['i1', 'disk full', 'web-1', 0], ['i2', 'disk full', 'web-1', 0.02], ['i3', 'disk full', 'web-2', 2], ['i4', 'service down', 'web-1', 3], ['i5', 'disk full', 'unknown-1', 4], ['i6', 'certificate', 'web-1', 5], ['i7', 'disk full', 'web-2', 30]]
  for (const [id, signature, asset, hours] of past) await incident(acme.id, id, signature, asset, START_MS - 48 * HOUR_MS + hours * HOUR_MS)
  await incident(bravo.id, 'other', 'disk full', 'web-1', START_MS - 48 * HOUR_MS)
})
afterAll(() => api.close())

async function call<T>(method: string, url: string, body?: unknown, token = boss.token): Promise<{ status: number; body: T }> {
  return await api.call(token, method, url, body) as never
}

/** An incident of the past, over by now, with its problem. */
async function incident(companyId: string, id: string, signature: string, asset: string, openedAtMs: number): Promise<void> {
  const at = new Date(openedAtMs).toISOString()
  await api.database.query(
    `insert into incidents (id, company_id, number, version, title, status, severity, priority, opened_at, updated_at, alert_count, problem_count, open_problem_count, assets, asset_count, sources, reopen_count)
     values ($1, $2, nextval('incident_number'), 1, $3, 'closed', 'high', 1, $5, $5, 1, 1, 0, array[$4], 1, '{}', 0)`, [id, companyId, signature, asset, at])
  await api.database.query(
    `insert into problems (company_id, problem_key, incident_id, version, status, severity, source, integration_id, asset, signature, title, message, labels, flapping, acknowledged, episode, alert_count, first_at, last_at, evidence)
     values ($1, $2, $2, 1, 'resolved', 'high', 's', 'i', $4, $3, $3, '', '{}', false, false, 1, 1, $5, $5, '{}')`, [companyId, id, signature, asset, at])
}

it('tells what would have run, been asked about and been refused, each with its reason, and the shares', async () => {
  const { status, body } = await call<ReplayView>('POST', '/api/runbooks/replay', { company: acme.id })
  expect(status).toBe(200)
  expect(body.items.map(({ incidentId, runbookId, verdict }) => [incidentId, runbookId, verdict.code ?? verdict.kind])).toEqual([
    ['i7', 'disk-clean', 'run'], ['i6', null, 'refuse'], ['i5', 'disk-clean', 'target_unknown'], ['i4', 'service-restart', 'risk_needs_approval'], ['i3', 'disk-clean', 'run'], ['i2', 'disk-clean', 'asset_busy'], ['i1', 'disk-clean', 'run'],
  ])
  expect(body).toMatchObject({ incidents: 7, matched: 6, wouldRun: 3, wouldAsk: 1, wouldRefuse: 2, byCode: { asset_busy: 1, risk_needs_approval: 1, target_unknown: 1 }, isCut: false })
  expect([body.matchedShare, body.wouldRunShare]).toEqual([6 / 7, 3 / 7])
})

it('takes the newest where there are more than the limit, and those of the time that is asked for', async () => {
  const { body: cut } = await call<ReplayView>('POST', '/api/runbooks/replay', { company: acme.id, limit: 2 })
  expect([cut.items.map(({ incidentId }) => incidentId), cut.isCut]).toEqual([['i7', 'i6'], true])
  const { body: early } = await call<ReplayView>('POST', '/api/runbooks/replay', { company: acme.id, to: new Date(START_MS - 47 * HOUR_MS).toISOString() })
  expect(early.items.map(({ incidentId }) => incidentId)).toEqual(['i2', 'i1'])
})

it('shows what other settings would have come to, and nobody another company', async () => {
  expect((await call('PUT', `/api/companies/${acme.id}/remediation`, { settings: { automaticLowRisk: false, maxRunsPerHour: 10 } })).status).toBe(200)
  expect((await call<ReplayView>('POST', '/api/runbooks/replay', { company: acme.id })).body).toMatchObject({ wouldRun: 0, wouldAsk: 5, byCode: { automatic_off: 4 } })
  expect((await call('POST', '/api/runbooks/replay', { company: acme.id }, foreign.token)).status).toBe(404)
})

it('writes and runs nothing', async () => {
  expect(await api.database.query('select id from runs')).toEqual([])
  expect(await api.database.query('select id from run_approvals')).toEqual([])
})
