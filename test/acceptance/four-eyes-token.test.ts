/**
 * The story: Eve is an MSP Admin and has got hold of the admin token as well. Where the installation says that the token never counts where four eyes are asked for, she
 * is still one person, whatever she does with it.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { PlanView, RunDetail } from '../../schemas/remediation-views.ts'
import { TestClock } from '../../schemas/clock.ts'
import { judge } from '../../remediator/guard/judge.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { runbook } from '../harness/runs-world.ts'

const HOUR_MS = 3_600_000
const clock = new TestClock(Date.UTC(2026, 2, 1))
const HIGH = runbook({ id: 'service-restart', risk: 'high', digest: 'e'.repeat(64) })
const MEDIUM = runbook({ id: 'pool-recycle', risk: 'medium', digest: 'f'.repeat(64) })
const OWN = 'a password that nobody else knows'

let api: ApiHarness
let acme: { id: string }
let eve: string
let ada: { id: string; token: string }

beforeAll(async () => {
  api = await openApiHarness(clock, { mode: 'production', isTokenBarred: true, shipped: [HIGH, MEDIUM] })
  acme = await api.company('Acme', { mode: 'production' })
  eve = (await api.user('msp_admin', [], 'eve')).token
  ada = await api.user('msp_admin', [], 'ada')
  // Made long ago, and their own since.
  await api.database.query('delete from user_hands')
  await call(eve, 'POST', `/api/companies/${acme.id}/assets`, { name: 'web-1', cloudProvider: 'aws', region: 'eu-central-1', account: '123456789012', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  const { id } = (await call<{ id: string }>(eve, 'POST', `/api/companies/${acme.id}/cloud-accounts`, { cloud: 'aws', name: 'main', fields: { accountId: '123456789012', regions: 'eu-central-1' } })).body
  await call(eve, 'POST', `/api/companies/${acme.id}/cloud-accounts/${id}/check`)
  expect((await call(eve, 'PATCH', `/api/companies/${acme.id}/cloud-accounts/${id}`, { enabled: true })).status).toBe(200)
})
beforeEach(() => api.database.query('delete from runs'))
afterAll(() => api.close())

/** Calls the API; the answer is taken for what the caller of this expects. */
async function call<T>(token: string | null, method: string, url: string, body?: unknown): Promise<{ status: number; body: T }> {
  const answer = await api.call(token, method, url, body)
  return { status: answer.status, body: answer.body as never }
}
async function runOf(id: string): Promise<RunDetail> {
  for (const held of await api.remediation.runs.claim('worker', 50)) await api.remediation.runs.admit(held, (facts) => judge({ ...facts, currentDigest: held.runbook.digest, maintenance: [] }), null)
  return (await call<RunDetail>(eve, 'GET', `/api/runs/${id}`)).body
}
async function askedBy(token: string, runbookId = 'service-restart'): Promise<RunDetail> {
  const { status, body } = await call<RunDetail>(token, 'POST', `/api/msp/runbooks/${runbookId}/execute`, { company: acme.id, targets: ['web-1'] })
  expect(status).toBe(202)
  return runOf(body.id)
}
const approve = async (token: string, { approvals: [asked] }: RunDetail): Promise<string> => {
  const { status, body } = await call<{ message: string }>(token, 'POST', `/api/approvals/${asked!.id}/approve`)
  return status === 200 ? 'taken' : `${status} ${body.message}`
}
const BARRED = /^403 same_hands: .*AW_TOKEN_FOUR_EYES/

test('its yes is no second pair of eyes, nor is one by a link that it made in the name of somebody; it may still say no', async () => {
  const run = await askedBy(eve)
  expect(await approve(ADMIN_TOKEN, run)).toMatch(BARRED)
  expect((await call<{ message: string }>(ADMIN_TOKEN, 'POST', `/api/approvals/${run.approvals[0]!.id}/link`, { user: ada.id })).status).toBe(403)
  expect((await runOf(run.id)).status).toBe('awaiting_approval')
  expect((await call(ADMIN_TOKEN, 'POST', `/api/approvals/${run.approvals[0]!.id}/refuse`)).status).toBe(200)
  expect((await runOf(run.id)).status).toBe('refused')
})

test('what it asks for is refused at once where two people are wanted, as the plan says before, and not where one is enough', async () => {
  const { body: { verdict } } = await call<PlanView>(ADMIN_TOKEN, 'POST', '/api/msp/runbooks/service-restart/plan', { company: acme.id, targets: ['web-1'] })
  expect(verdict).toMatchObject({ kind: 'refuse', code: 'same_hands' })
  expect(await askedBy(ADMIN_TOKEN)).toMatchObject({ status: 'refused', code: 'same_hands' })
  expect((await askedBy(ADMIN_TOKEN, 'pool-recycle')).status).toBe('queued')
})

test('an account that it made or set is nobody until its person has set a password of their own, and a day has passed', async () => {
  const puppet = await api.user('msp_admin', [], 'puppet')
  expect(await approve(puppet.token, await askedBy(eve))).toMatch(BARRED)
  await api.database.query('delete from runs')
  expect(await approve(ada.token, await askedBy(puppet.token))).toMatch(BARRED)
  await call(puppet.token, 'POST', '/api/me/password', { currentPassword: 'correct horse battery', newPassword: OWN })
  clock.tick(24 * HOUR_MS)
  const login = async (email: string, password: string): Promise<string> => (await call<{ token: string }>(null, 'POST', '/api/auth/login', { email, password })).body.token
  const { items } = (await call<{ items: { id: string; email: string }[] }>(ADMIN_TOKEN, 'GET', '/api/users')).body
  const emailOf = (name: string): string => items.find(({ email }) => email.startsWith(name))!.email
  eve = await login(emailOf('eve'), 'correct horse battery')
  await api.database.query('delete from runs')
  const run = await askedBy(eve)
  expect(await approve(await login(puppet.email, OWN), run)).toBe('taken')
  expect((await runOf(run.id)).status).toBe('queued')
})

test('a yes counts no more when it sets the account between the yes and the run', async () => {
  const run = await askedBy(eve)
  const hugo = await api.user('msp_admin', [], 'hugo')
  await api.database.query('delete from user_hands')
  expect(await approve(hugo.token, run)).toBe('taken')
  expect((await call(ADMIN_TOKEN, 'PATCH', `/api/users/${hugo.id}`, { password: 'a password that eve has set' })).status).toBe(200)
  expect(await runOf(run.id)).toMatchObject({ status: 'awaiting_approval', code: 'same_hands' })
})
