/** Onboarding, keys, settings, assets, users and sessions, over a real database. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOGIN_LIMITS } from '../../api/throttle.ts'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { Settings } from '../../schemas/records.ts'
import { loadCredentials, touchLastUsed } from '../../storage/queries/credentials.ts'
import { ADMIN_TOKEN, openApiHarness, PASSWORD, type ApiHarness } from '../harness/api.ts'

const DAY_MS = 86_400_000
const clock = new TestClock()
let api: ApiHarness

beforeAll(async () => { api = await openApiHarness(clock) })
afterAll(() => api.close())

const credentialsOf = async (companyId: string) => (await loadCredentials(api.database, api.masterKey, clock.now(), (error) => { throw error })).filter((credential) => credential.companyId === companyId)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const settingsOf = async (companyId: string) => (await api.database.query<{ event: Settings }>(`select record -> 'event' as event from outbox where key = $1 order by id`, [companyId])).map((row) => row.event)

test('onboards a company, shows key and secret once, and tells its log the settings', async () => {
  const made = await api.call(ADMIN_TOKEN, 'POST', '/api/companies', { name: 'Acme', windowMs: 300_000, cloud_provider: 'aws' })
  expect(made.status).toBe(201)
  expect(made.body).toEqual({
    id: expect.any(String), name: 'Acme', apiKey: expect.stringMatching(/^aw_[\w-]{43}$/), hmacSecret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    webhookUrl: 'http://aw.test/api/webhooks/alerts', integrationId: expect.any(String),
  })
  const { body } = await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${made.body.id}`)
  expect(body).toMatchObject({ name: 'Acme', windowMs: 300_000, cloud_provider: 'aws', requestsPerMinute: 1_000, mode: 'dry-run', effectiveMode: 'dry-run', settingsRevision: 1 })
  expect(await settingsOf(made.body.id)).toEqual([{ type: 'settings', companyId: made.body.id, revision: 1, windowMs: 300_000, maxLifeMs: 14_400_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0 }])
  expect(await credentialsOf(made.body.id)).toEqual([{
    keyId: expect.any(String), keyHash: sha256(made.body.apiKey), integrationId: made.body.integrationId, companyId: made.body.id, source: null, requireHmac: true,
    hmacSecrets: [made.body.hmacSecret], vendorSecrets: [], authentication: NO_AUTHENTICATION, requestsPerMinute: 1_000, burst: 5_000, expiresAtMs: null,
  }])
})

test('keeps neither key nor secret in readable form anywhere', async () => {
  const company = await api.company('Discreet')
  const tables = ['companies', 'integrations', 'integration_keys', 'audit_log', 'outbox', 'installation']
  const kept = await Promise.all(tables.map((table) => api.database.query(`select * from ${table} t`)))
  const text = JSON.stringify(kept, (_name, value: unknown) => (value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer' ? Buffer.from((value as { data?: number[] }).data ?? []).toString('latin1') : value))
  for (const secret of [company.apiKey, company.hmacSecret, company.hmacSecret.slice('whsec_'.length)]) expect(text).not.toContain(secret)
})

test('refuses a second company of the same name, and every wrong setting at once', async () => {
  await api.company('Twice')
  expect((await api.call(ADMIN_TOKEN, 'POST', '/api/companies', { name: 'Twice' })).body.code).toBe('conflict')
  const wrong = await api.call(ADMIN_TOKEN, 'POST', '/api/companies', { name: 'Wrong', windowMs: 1_000, requestsPerMinute: 100_001, sla: { high: { responseMinutes: 60, resolveMinutes: 5 } } })
  expect(wrong.status).toBe(400)
  expect(wrong.body.code).toBe('bad_request')
  for (const part of ['windowMs must be a whole number from 300000 to 900000', 'requestsPerMinute', 'sla.high.resolveMinutes']) expect(wrong.body.message).toContain(part)
})

test.each([
  ['an unknown field', { name: 'x', windowMS: 300_000 }, 'body has no field "windowMS"'], ['a missing name', {}, 'body.name is missing'], ['null where a flag stands', { name: 'x', requireHmac: null }, 'body.requireHmac must be boolean'],
  ['a NUL character', { name: 'a\0b' }, 'NUL character'], ['half a surrogate pair', { name: 'x\ud800' }, 'surrogate'],
  ['a text where a number stands', { name: 'x', windowMs: '300000' }, 'body.windowMs must be integer'], ['no JSON', '{"name":', 'the body is not JSON'],
])('a body with %s is refused in words', async (_what, body, message) => {
  const answer = await api.call(ADMIN_TOKEN, 'POST', '/api/companies', body, { 'content-type': 'application/json' })
  expect(answer.status).toBe(400)
  expect(answer.body.message).toContain(message)
})

test('rotates a key: both work through the overlap, then only the new one', async () => {
  const company = await api.company('Rotor')
  const told = api.signals.credentials
  const rotated = (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company.id}/rotate-key`)).body
  expect(api.signals.credentials).toBe(told + 1)
  expect(rotated.previousExpireAt).toBe(new Date(clock.now() + DAY_MS).toISOString())
  const both = await credentialsOf(company.id)
  expect(both.map((credential) => credential.keyHash).sort()).toEqual([sha256(company.apiKey), sha256(rotated.apiKey)].sort())
  for (const credential of both) expect([...credential.hmacSecrets].sort()).toEqual([company.hmacSecret, rotated.hmacSecret].sort())
  clock.tick(DAY_MS)
  expect((await credentialsOf(company.id)).map((credential) => credential.keyHash)).toEqual([sha256(rotated.apiKey)])
})

test('an overlap of 0 ends the present keys at once', async () => {
  const company = await api.company('Leaked')
  await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company.id}/rotate-key`)
  const rotated = (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company.id}/rotate-key`, { overlapSeconds: 0 })).body
  const left = await credentialsOf(company.id)
  expect(left.map((credential) => credential.keyHash)).toEqual([sha256(rotated.apiKey)])
  expect(left[0]?.hmacSecrets).toEqual([rotated.hmacSecret])
})

test('an integration without signatures must be bound to one source', async () => {
  const company = await api.company('Unsigned')
  const path = `/api/companies/${company.id}/integrations`
  expect((await api.call(ADMIN_TOKEN, 'POST', path, { source: null, requireHmac: false })).status).toBe(400)
  const made = await api.call(ADMIN_TOKEN, 'POST', path, { source: 'alertmanager', requireHmac: false })
  expect(made.body.webhookUrl).toBe('http://aw.test/api/webhooks/alertmanager')
  expect(await credentialsOf(company.id)).toContainEqual(expect.objectContaining({ source: 'alertmanager', requireHmac: false, hmacSecrets: [made.body.hmacSecret] }))
  const unbound = await api.call(ADMIN_TOKEN, 'PATCH', `${path}/${made.body.integrationId}`, { source: null })
  expect(unbound.status).toBe(400)
  expect((await api.call(ADMIN_TOKEN, 'GET', path)).body.items).toHaveLength(2)
})

test('an integration or asset is only found under its own company', async () => {
  const [one, two] = [await api.company('Path one'), await api.company('Path two')]
  const asset = (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${two.id}/assets`, { name: 'db-1' })).body.id
  const integration = (await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${two.id}/integrations`, { source: 'zabbix' })).body.integrationId
  const admin = await api.user('company_admin', [one.id, two.id])
  for (const [method, path] of [['GET', `assets/${asset}`], ['PATCH', `assets/${asset}`], ['DELETE', `assets/${asset}`], ['PATCH', `integrations/${integration}`]] as const) {
    expect([method, (await api.call(admin.token, method, `/api/companies/${one.id}/${path}`, method === 'PATCH' ? { name: 'moved' } : undefined)).status]).toEqual([method, 404])
  }
  expect((await api.call(admin.token, 'POST', `/api/companies/${one.id}/rotate-key`, { integrationId: integration })).status).toBe(404)
})

test('notes when a key was last used, and never an older time', async () => {
  const company = await api.company('Used')
  const keyId = (await credentialsOf(company.id))[0]?.keyId ?? ''
  const lastUsed = async () => (await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${company.id}/integrations`)).body.items[0]?.keys[0]?.lastUsedAt
  await touchLastUsed(api.database, new Map([[keyId, clock.now()]]))
  await touchLastUsed(api.database, new Map([[keyId, clock.now() - 1_000]]))
  expect(await lastUsed()).toBe(new Date(clock.now()).toISOString())
})

test('a changed setting and a critical asset reach the log with a higher revision, and the audit log with before and after', async () => {
  const company = await api.company('Tuned')
  await api.call(ADMIN_TOKEN, 'PATCH', `/api/companies/${company.id}`, { joinThreshold: 0.7 })
  await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company.id}/assets`, { name: 'printer' })
  await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company.id}/assets`, { name: 'db-1', aliases: ['db-1.acme.lan'], critical: true })
  expect((await settingsOf(company.id)).map(({ revision, joinThreshold, criticalAssets }) => [revision, joinThreshold, criticalAssets])).toEqual([
    [1, 0.5, []], [2, 0.7, []], [3, 0.7, ['db-1', 'db-1.acme.lan']],
  ])
  const line = (await api.call(ADMIN_TOKEN, 'GET', `/api/audit?company=${company.id}&action=company.updated`)).body.items[0]
  expect(line).toMatchObject({ actor: { kind: 'token', id: 'admin-token' }, ip: '127.0.0.1', before: { joinThreshold: 0.5 }, after: { joinThreshold: 0.7 } })
})

test('imports assets from CSV, all or none, naming the lines of mistakes', async () => {
  const { id } = await api.company('Importer')
  const post = (text: string) => api.call(ADMIN_TOKEN, 'POST', `/api/companies/${id}/assets/import`, text, { 'content-type': 'text/csv' })
  const wrong = await post('name,critical,cloud_provider\nweb-1,true,aws\nweb-2,perhaps,aws\nweb-1,no,oracle\n')
  expect(wrong.status).toBe(400)
  expect(wrong.body.mistakes.map((mistake) => mistake.line)).toEqual([3, 4, 4])
  expect((await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${id}/assets`)).body.items).toEqual([])
  expect((await post('name,aliases,critical,tags\nweb-1,"w1;10.0.0.1",yes,site=vie;tier=web\n"web,2",,,\n')).body).toEqual({ created: 2, updated: 0 })
  expect((await post('name,critical\nweb-1,no\n')).body).toEqual({ created: 0, updated: 1 })
  expect((await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${id}/assets?q=web-1`)).body.items).toMatchObject([{ name: 'web-1', critical: false }])
  expect((await settingsOf(id)).map(({ criticalAssets }) => criticalAssets)).toEqual([[], ['10.0.0.1', 'w1', 'web-1'], []])
})

test('lists page by page, each element once', async () => {
  const { id } = await api.company('Paged')
  await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${id}/assets/import`, `name\n${Array.from({ length: 5 }, (_, index) => `host-${index}`).join('\n')}\n`, { 'content-type': 'text/csv' })
  const names: string[] = []
  let cursor = ''
  do {
    const { body } = await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${id}/assets?limit=2${cursor}`)
    names.push(...body.items.map((asset) => asset.name))
    cursor = body.next === null ? '' : `&cursor=${body.next}`
  } while (cursor !== '')
  expect(names).toEqual(['host-0', 'host-1', 'host-2', 'host-3', 'host-4'])
  expect((await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${id}/assets?cursor=nonsense`)).body.code).toBe('bad_request')
})

test('a stranger has no large body read', async () => {
  expect((await api.call(null, 'POST', '/api/auth/login', { email: 'a@b.c', password: 'x', more: 'x'.repeat(8_192) })).status).toBe(413)
  expect((await api.call(null, 'POST', '/api/mappings/try', { payload: 'x'.repeat(8_192) })).status).toBe(401)
})

test('a log-in holds for twelve hours, and not beyond a lock or a new password', async () => {
  const { id: company } = await api.company('Sessions')
  const [user, locked] = [await api.user('viewer', [company]), await api.user('viewer', [company])]
  expect((await api.call(user.token, 'GET', '/api/me')).body).toMatchObject({ id: user.id, role: 'viewer', companies: [company] })
  await api.call(ADMIN_TOKEN, 'PATCH', `/api/users/${locked.id}`, { disabled: true })
  expect((await api.call(locked.token, 'GET', '/api/me')).status).toBe(401)
  expect((await api.call(null, 'POST', '/api/auth/login', { email: locked.email, password: PASSWORD })).status).toBe(401)
  expect((await api.call(user.token, 'POST', '/api/me/password', { currentPassword: PASSWORD, newPassword: 'a completely new one' })).status).toBe(204)
  expect((await api.call(user.token, 'GET', '/api/me')).status).toBe(401)
  const again = (await api.call(null, 'POST', '/api/auth/login', { email: user.email.toUpperCase(), password: 'a completely new one' })).body
  expect(again.expiresAt).toBe(new Date(clock.now() + 12 * 3_600_000).toISOString())
  clock.tick(12 * 3_600_000)
  expect((await api.call(again.token, 'GET', '/api/me')).status).toBe(401)
})

test('a forged, unsigned or otherwise signed token is refused', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { id: company } = await api.company('Forgers')
  const user = await api.user('viewer', [company])
  const [head, , signature] = user.token.split('.')
  const claims = JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString())
  const forged = [`${head}.${part({ ...claims, sub: 'somebody' })}.${signature}`, `${part({ alg: 'none' })}.${part(claims)}.`, `${head}.${part(claims)}.${'A'.repeat(43)}`]
  for (const token of forged) expect((await api.call(token, 'GET', '/api/me')).status).toBe(401)
})

test('guessing passwords ends after a few attempts, for known and unknown addresses alike', async () => {
  const { id: company } = await api.company('Guessed')
  const known = await api.user('viewer', [company])
  for (const email of [known.email, 'nobody@example.com']) {
    const answers = []
    for (let attempt = 0; attempt <= LOGIN_LIMITS.pair; attempt += 1) answers.push(await api.call(null, 'POST', '/api/auth/login', { email, password: 'not the password' }))
    expect(answers.map((answer) => answer.status)).toEqual([...Array.from({ length: LOGIN_LIMITS.pair }, () => 401), 429])
    expect(answers.at(-1)?.headers['retry-after']).toBeDefined()
  }
  expect((await api.call(null, 'POST', '/api/auth/login', { email: known.email, password: PASSWORD })).status).toBe(429)
  clock.tick(15 * 60_000)
  expect((await api.call(null, 'POST', '/api/auth/login', { email: known.email, password: PASSWORD })).status).toBe(200)
})

test('says whether it lives and is ready, shows metrics, and documents every call', async () => {
  expect((await api.call(null, 'GET', '/api/health/live')).body).toEqual({ status: 'ok' })
  expect((await api.call(null, 'GET', '/api/health/ready')).status).toBe(200)
  api.checks.push({ name: 'log', ok: false, message: 'the log does not answer; start Kafka', latencyMs: 3.4 })
  const ready = await api.call(null, 'GET', '/api/health/ready')
  api.checks.pop()
  expect([ready.status, ready.body.status, ready.body.checks[1]]).toEqual([503, 'not_ready', { name: 'log', ok: false, message: 'the log does not answer; start Kafka', latencyMs: 3 }])
  const metrics = (await api.call(null, 'GET', '/metrics')).text
  expect(metrics).toContain('api_request_duration_seconds_count{method="GET",route="/api/health/live",status="200"}')
  const { body: document } = await api.call(null, 'GET', '/api/openapi.json')
  const missing = api.routes.map(({ url }) => url.replace(/:(\w+)/g, '{$1}')).filter((url) => !(url in document.paths) && !['/', '/api/openapi.json'].includes(url) && !url.startsWith('/console/'))
  expect(missing).toEqual([])
  expect(Object.keys(document.paths)).toContain('/api/webhooks/alerts')
  expect((await api.call(null, 'GET', '/api/docs')).status).toBe(200)
})

test('an unknown route and a wrong method are answered as errors are', async () => {
  for (const [method, url] of [['GET', '/api/nothing'], ['PUT', '/api/companies'], ['GET', '/wp-login.php']] as const) {
    const answer = await api.call(ADMIN_TOKEN, method, url)
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
  }
})

test('leads a browser to a page that takes nothing from elsewhere', async () => {
  const page = await api.call(null, 'GET', '/')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//)
  for (const url of page.text.match(/\/console\/[\w.]+/g) ?? []) expect((await api.call(null, 'GET', url)).status).toBe(200)
  expect((await api.call(null, 'GET', '/', undefined, { 'if-none-match': String(page.headers['etag']) })).status).toBe(304)
})
