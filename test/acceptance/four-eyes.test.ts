/**
 * The story: Eve is an MSP Admin who wants a dangerous repair to run and has nobody who agrees. She may set the passwords of all others, and tries each way there is to
 * be both the one who asks and the one who says yes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail } from '../../schemas/remediation-views.ts'
import type { Role } from '../../schemas/settings.ts'
import { TestClock } from '../../schemas/clock.ts'
import { judge } from '../../remediator/guard/judge.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { runbook } from '../harness/runs-world.ts'

const HOUR_MS = 3_600_000
const clock = new TestClock(Date.UTC(2026, 2, 1))
const HIGH = runbook({ id: 'service-restart', summary: 'Restart a service.', risk: 'high', digest: 'e'.repeat(64) })
const SET_BY_EVE = 'a password that eve has set'
const OWN = 'a password that nobody else knows'

interface Somebody { readonly id: string; readonly email: string; readonly token: string }

let api: ApiHarness
let acme: { id: string }
let eve: Somebody
let ada: Somebody
let tech: Somebody

beforeAll(async () => {
  api = await openApiHarness(clock, { mode: 'production', shipped: [HIGH] })
  acme = await api.company('Acme', { mode: 'production' })
  eve = await api.user('msp_admin', [], 'eve')
  ada = await api.user('msp_admin', [], 'ada')
  tech = await api.user('technician', [acme.id], 'tech')
  await call(eve.token, 'POST', `/api/companies/${acme.id}/assets`, { name: 'web-1', cloudProvider: 'aws', region: 'eu-central-1', account: '123456789012', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  const { id } = (await call<{ id: string }>(eve.token, 'POST', `/api/companies/${acme.id}/cloud-accounts`, { cloud: 'aws', name: 'main', fields: { accountId: '123456789012', regions: 'eu-central-1' } })).body
  await call(eve.token, 'POST', `/api/companies/${acme.id}/cloud-accounts/${id}/check`)
  expect((await call(eve.token, 'PATCH', `/api/companies/${acme.id}/cloud-accounts/${id}`, { enabled: true })).status).toBe(200)
})
afterAll(() => api.close())

/** Calls the API; the answer is taken for what the caller of this expects. */
async function call<T>(token: string | null, method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: T; text: string }> {
  const answer = await api.call(token, method, url, body, headers)
  return { status: answer.status, body: answer.body as never, text: answer.text }
}

async function work(): Promise<void> {
  for (const held of await api.remediation.runs.claim('worker', 50)) {
    await api.remediation.runs.admit(held, (facts) => judge({ ...facts, currentDigest: HIGH.digest, maintenance: [] }), null)
  }
}

/** A run that waits for a second person, as its id and the request's. */
async function askedBy(who: Somebody): Promise<{ runId: string; approvalId: string }> {
  await api.database.query('delete from runs')
  const { body } = await call<RunDetail>(who.token, 'POST', '/api/msp/runbooks/service-restart/execute', { company: acme.id, targets: ['web-1'] })
  await work()
  const run = (await call<RunDetail>(ADMIN_TOKEN, 'GET', `/api/runs/${body.id}`)).body
  expect(run.approvals).toMatchObject([{ status: 'pending', fourEyes: true }])
  return { runId: run.id, approvalId: run.approvals[0]!.id }
}

async function yesOf(who: Somebody, approvalId: string): Promise<string> {
  const { status, body } = await call<{ message: string }>(who.token, 'POST', `/api/approvals/${approvalId}/approve`)
  return status === 200 ? 'taken' : `${status} ${body.message}`
}

const change = async (by: Somebody, who: Somebody, fields: object): Promise<void> => expect((await call(by.token, 'PATCH', `/api/users/${who.id}`, fields)).status).toBe(200)
async function loggedIn(email: string, password: string): Promise<Somebody> {
  const { body: { token, user } } = await call<{ token: string; user: { id: string } }>(null, 'POST', '/api/auth/login', { email, password })
  return { id: user.id, email, token }
}
async function made(by: Somebody, role: Role, name: string): Promise<Somebody> {
  const email = `${name}@example.com`
  expect((await call(by.token, 'POST', '/api/users', { email, name, password: SET_BY_EVE, role, companies: role === 'msp_admin' ? [] : [acme.id] })).status).toBe(201)
  return loggedIn(email, SET_BY_EVE)
}
const ownPassword = async (who: Somebody, from: string): Promise<Somebody> => {
  expect((await call(who.token, 'POST', '/api/me/password', { currentPassword: from, newPassword: OWN })).status).toBe(204)
  return loggedIn(who.email, OWN)
}
const statusOf = async (runId: string): Promise<string> => {
  await work()
  return (await call<RunDetail>(ADMIN_TOKEN, 'GET', `/api/runs/${runId}`)).body.status
}
const BARRED = /^403 same_hands: .*24 hours later it counts/

describe('a second pair of eyes', () => {
  test('is an administrator whom nobody of the two has set', async () => {
    const { runId, approvalId } = await askedBy(eve)
    expect(await yesOf(ada, approvalId)).toBe('taken')
    expect(await statusOf(runId)).toBe('queued')
  })

  test('is not who asked, logged in with a password they set, as they are told and the audit log knows', async () => {
    const bob = await api.user('msp_admin', [], 'bob')
    const { runId, approvalId } = await askedBy(eve)
    await change(eve, bob, { password: SET_BY_EVE })
    const eveAsBob = await loggedIn(bob.email, SET_BY_EVE)
    expect(await yesOf(eveAsBob, approvalId)).toMatch(BARRED)
    // Nor when Eve makes it look as if Bob had chosen a password.
    const ownOfEve = await ownPassword(eveAsBob, SET_BY_EVE)
    expect(await yesOf(ownOfEve, approvalId)).toMatch(BARRED)
    expect(await statusOf(runId)).toBe('awaiting_approval')
    const lines = (await call<{ items: { actor: { id: string }; subject: string; after: object }[] }>(ada.token, 'GET', '/api/audit?action=run.approve_barred')).body
    expect(lines.items).toMatchObject([{ actor: { id: bob.id }, subject: runId, after: { code: 'same_hands', via: 'api', requesterId: eve.id } }, { subject: runId }])
    // Somebody else decides in the meantime.
    expect(await yesOf(ada, approvalId)).toBe('taken')
    expect(await statusOf(runId)).toBe('queued')
  })

  test('is a person again 24 hours after they set a password of their own, and not by waiting alone', async () => {
    const carl = await made(eve, 'msp_admin', 'carl')
    clock.tick(30 * 24 * HOUR_MS)
    eve = await loggedIn(eve.email, 'correct horse battery')
    const again = await ownPassword(await loggedIn(carl.email, SET_BY_EVE), SET_BY_EVE)
    clock.tick(24 * HOUR_MS - 1)
    eve = await loggedIn(eve.email, 'correct horse battery')
    expect(await yesOf(await loggedIn(again.email, OWN), (await askedBy(eve)).approvalId)).toMatch(BARRED)
    clock.tick(1)
    const { runId, approvalId } = await askedBy(eve)
    expect(await yesOf(await loggedIn(again.email, OWN), approvalId)).toBe('taken')
    expect(await statusOf(runId)).toBe('queued')
    ada = await loggedIn(ada.email, 'correct horse battery')
    tech = await loggedIn(tech.email, 'correct horse battery')
  })

  test('is nobody whom who asked made, and nobody whom such a one made or set, removed or not', async () => {
    const puppet = await made(eve, 'msp_admin', 'puppet')
    const second = await made(puppet, 'msp_admin', 'second')
    await change(puppet, ada, { password: SET_BY_EVE })
    const asAda = await loggedIn(ada.email, SET_BY_EVE)
    const { runId, approvalId } = await askedBy(eve)
    for (const who of [puppet, second, asAda]) expect(await yesOf(who, approvalId)).toMatch(BARRED)
    expect((await call(eve.token, 'DELETE', `/api/users/${puppet.id}`)).status).toBe(204)
    for (const who of [second, asAda]) expect(await yesOf(who, approvalId)).toMatch(BARRED)
    expect(await statusOf(runId)).toBe('awaiting_approval')
    ada = await ownPassword(asAda, SET_BY_EVE)
  })

  test('is not Eve herself where she asked as somebody else, nor somebody else where she could be both', async () => {
    await change(eve, tech, { password: SET_BY_EVE })
    tech = await loggedIn(tech.email, SET_BY_EVE)
    const { runId, approvalId } = await askedBy(tech)
    expect(await yesOf(eve, approvalId)).toMatch(BARRED)
    expect(await yesOf(ada, approvalId)).toMatch(BARRED)
    const dora = await api.user('msp_admin', [], 'dora')
    expect(await yesOf(dora, approvalId)).toBe('taken')
    expect(await statusOf(runId)).toBe('queued')
  })

  test.each<[string, object, object]>([
    ['whose role', { role: 'msp_admin' }, {}],
    ['whom she unlocked and', { disabled: false }, { disabled: true }],
  ])('is nobody %s who asked has set a moment ago, and the same person a day later', async (_, fields, before) => {
    const fred = await api.user('role' in fields ? 'technician' : 'msp_admin', 'role' in fields ? [acme.id] : [], `fred-${Object.keys(fields)[0]}`)
    if ('disabled' in before) await call(ADMIN_TOKEN, 'PATCH', `/api/users/${fred.id}`, before)
    await change(eve, fred, fields)
    expect(await yesOf(fred, (await askedBy(eve)).approvalId)).toMatch(BARRED)
    clock.tick(24 * HOUR_MS)
    eve = await loggedIn(eve.email, 'correct horse battery')
    expect(await yesOf(await loggedIn(fred.email, 'correct horse battery'), (await askedBy(eve)).approvalId)).toBe('taken')
  })

  test('is not a link that went to an address which who asked has set; the link may still say no', async () => {
    const gina = await api.user('msp_admin', [], 'gina')
    const { runId, approvalId } = await askedBy(eve)
    await change(eve, gina, { email: 'eve-at-home@example.com' })
    // As the program makes it for the mail that goes to that address.
    const { url } = (await call<{ url: string }>(ADMIN_TOKEN, 'POST', `/api/approvals/${approvalId}/link`, { user: gina.id })).body
    const press = (decision: string) => api.call(null, 'POST', url.replace('http://aw.test', ''), `decision=${decision}`, { 'content-type': 'application/x-www-form-urlencoded' })
    const refused = await press('approve')
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('same_hands')])
    expect(await statusOf(runId)).toBe('awaiting_approval')
    expect((await press('refuse')).status).toBe(200)
    expect(await statusOf(runId)).toBe('refused')
  })

  test('counts no more when who asked sets the account between the yes and the run', async () => {
    const hugo = await api.user('msp_admin', [], 'hugo')
    const { runId, approvalId } = await askedBy(eve)
    expect(await yesOf(hugo, approvalId)).toBe('taken')
    await change(eve, hugo, { password: SET_BY_EVE })
    expect(await statusOf(runId)).toBe('awaiting_approval')
    expect((await call<RunDetail>(ADMIN_TOKEN, 'GET', `/api/runs/${runId}`)).body.code).toBe('same_hands')
  })
})
