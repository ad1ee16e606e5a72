/** How a company sets up what proves its senders, over a real database: settings, the vendor's secret, keys that are revoked, integrations that end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { IntegrationView } from '../../schemas/views.ts'
import { credentialsMark, loadCredentials, touchLastUsed } from '../../storage/queries/credentials.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'

const HOUR_MS = 3_600_000
const SECRET = 'hush-hush-first'
const NEXT_SECRET = 'hush-hush-second'
const THIRD_SECRET = 'hush-hush-third'
const GUID = '461e8683-5575-4561-ac7f-899cc907d62a'
const clock = new TestClock()
let api: ApiHarness
/** Everything the API has answered, to look for secrets in. */
const said: string[] = []

beforeAll(async () => { api = await openApiHarness(clock) })
afterAll(() => api.close())

async function call<T = { code: string; message: string }>(method: string, url: string, body?: unknown): Promise<{ status: number; body: T }> {
  const answer = await api.call(ADMIN_TOKEN, method, url, body)
  said.push(answer.text)
  return { status: answer.status, body: answer.body as T }
}

/** A company with one integration; `path` is the integration's. */
async function made(name: string, draft: object): Promise<{ company: string; path: string; integration: IntegrationView }> {
  const company = (await api.company(name)).id
  const { status, body } = await call<{ integration: IntegrationView }>('POST', `/api/companies/${company}/integrations`, draft)
  expect([status, body]).toEqual([201, expect.anything()])
  return { company, path: `/api/companies/${company}/integrations/${body.integration.id}`, integration: body.integration }
}
const credentialOf = async (integrationId: string) => (await loadCredentials(api.database, api.masterKey, clock.now(), (error) => { throw error })).find((credential) => credential.integrationId === integrationId)

describe('the settings of an integration', () => {
  test('are given when it is made, shown, and handed to the edge', async () => {
    const authentication = { staticHeader: 'X-Tool-Token', allowedNetworks: ['203.0.113.0/24', '2001:db8::/32'], clientCertificate: { header: 'X-Client-Cert', fingerprints: ['AB:'.repeat(31) + 'AB'] } }
    const { integration } = await made('Made', { source: 'datadog', authentication, vendorSecret: SECRET })
    const stored = { ...NO_AUTHENTICATION, staticHeader: 'x-tool-token', allowedNetworks: authentication.allowedNetworks, clientCertificate: { header: 'x-client-cert', fingerprints: ['ab'.repeat(32)] } }
    expect(integration).toMatchObject({ authentication: stored, hasVendorSecret: true, vendorSecretSince: new Date(clock.now()).toISOString(), previousVendorSecretExpiresAt: null, disabled: false })
    expect(await credentialOf(integration.id)).toMatchObject({ authentication: stored, vendorSecrets: [SECRET] })
  })

  test('change one by one, and null takes one away', async () => {
    const { path, integration } = await made('Changed', { source: 'azure-monitor', authentication: { allowedNetworks: ['203.0.113.0/24'] } })
    const entra = { tenantId: GUID.toUpperCase(), audience: 'api://alerts', appId: GUID }
    const changed = await call<IntegrationView>('PATCH', path, { authentication: { entra } })
    expect(changed.body.authentication).toEqual({ ...NO_AUTHENTICATION, allowedNetworks: ['203.0.113.0/24'], entra: { ...entra, tenantId: GUID } })
    const without = await call<IntegrationView>('PATCH', path, { authentication: { entra: null, allowedNetworks: [] } })
    expect(without.body.authentication).toEqual(NO_AUTHENTICATION)
    expect(await credentialOf(integration.id)).toMatchObject({ authentication: NO_AUTHENTICATION })
  })

  test.each<[string, object, RegExp]>([
    ['a network that is none', { authentication: { allowedNetworks: ['203.0.113.0/99'] } }, /allowedNetworks: "203\.0\.113\.0\/99" is no network/],
    ['too many networks', { authentication: { allowedNetworks: Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`) } }, /allowedNetworks/],
    ['a header of ours', { authentication: { staticHeader: 'X-API-Key' }, vendorSecret: SECRET }, /staticHeader must be the name of a header/],
    ['a header without a secret', { authentication: { staticHeader: 'x-token' } }, /set vendorSecret too/],
    ['a tenant that is no GUID', { authentication: { entra: { tenantId: 'common', audience: 'a', appId: GUID } } }, /tenantId must be the GUID/],
    ['half a proof', { authentication: { entra: { tenantId: GUID } } }, /entra\.audience is missing/],
    ['an unknown field', { authentication: { magic: true } }, /has no field "magic"/],
    ['a secret that can be guessed', { vendorSecret: 'short' }, /vendorSecret/],
    ['a fingerprint of SHA-1', { authentication: { clientCertificate: { header: 'x-cert', fingerprints: ['ab'.repeat(20)] } } }, /SHA-256/],
    ['two uses of Authorization', { authentication: { basicUser: 'a', googlePush: { audience: 'a', serviceAccount: 'a@b' } }, vendorSecret: SECRET }, /choose one/],
  ])('with %s are refused in words, and nothing changes', async (what, change, message) => {
    const { path, company } = await made(`Refused ${what}`, { source: 'zabbix' })
    const before = await call('GET', `/api/companies/${company}/integrations`)
    const refused = await call('PATCH', path, change)
    expect([refused.status, refused.body.code, refused.body.message]).toEqual([400, 'bad_request', expect.stringMatching(message)])
    expect(await call('GET', `/api/companies/${company}/integrations`)).toEqual(before)
  })
})

describe('a damaged row', () => {
  test('is left out and told, and the keys beside it work on', async () => {
    const [hurt, well] = [await made('Hurt', { source: 'sentry', vendorSecret: SECRET }), await made('Well', { source: 'sentry', vendorSecret: NEXT_SECRET })]
    await api.database.query('update integration_keys set hmac_secret = $2 where integration_id = $1', [hurt.integration.id, Buffer.from('rubbish')])
    await api.database.query('update integration_vendor_secrets set secret = $2 where integration_id = $1', [hurt.integration.id, Buffer.from('rubbish')])
    const told: string[] = []
    const read = await loadCredentials(api.database, api.masterKey, clock.now(), ({ code }) => told.push(code))
    expect(read.find(({ integrationId }) => integrationId === hurt.integration.id)).toBeUndefined()
    expect(read.find(({ integrationId }) => integrationId === well.integration.id)).toMatchObject({ vendorSecrets: [NEXT_SECRET] })
    expect(told).toEqual(['config_invalid', 'config_invalid'])
    for (const table of ['integration_keys', 'integration_vendor_secrets']) await api.database.query(`delete from ${table} where integration_id = $1`, [hurt.integration.id])
  })

  test('is not mistaken for another master key, which opens none', async () => {
    await expect(loadCredentials(api.database, Buffer.alloc(32, 7), clock.now(), () => undefined)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('AW_MASTER_KEY') })
  })
})

describe('the secret of a vendor', () => {
  test('counts together with the one before it until the overlap ends', async () => {
    const { path, integration } = await made('Rotated', { source: 'sentry', vendorSecret: SECRET })
    const { body } = await call<IntegrationView>('PATCH', path, { vendorSecret: NEXT_SECRET, vendorSecretOverlapSeconds: 3_600 })
    expect(body).toMatchObject({ hasVendorSecret: true, previousVendorSecretExpiresAt: new Date(clock.now() + HOUR_MS).toISOString() })
    clock.tick(1_000)
    expect((await credentialOf(integration.id))?.vendorSecrets).toEqual([NEXT_SECRET, SECRET])
    await call('PATCH', path, { vendorSecret: THIRD_SECRET, vendorSecretOverlapSeconds: 3_600 })
    expect((await credentialOf(integration.id))?.vendorSecrets).toEqual([THIRD_SECRET, NEXT_SECRET])
    clock.tick(HOUR_MS)
    expect((await credentialOf(integration.id))?.vendorSecrets).toEqual([THIRD_SECRET])
  })

  test('ends at once without overlap, or when it is taken away', async () => {
    const { path, integration } = await made('Ended', { source: 'sentry', vendorSecret: SECRET })
    await call('PATCH', path, { vendorSecret: NEXT_SECRET, vendorSecretOverlapSeconds: 0 })
    expect((await credentialOf(integration.id))?.vendorSecrets).toEqual([NEXT_SECRET])
    const { body } = await call<IntegrationView>('PATCH', path, { vendorSecret: null })
    expect(body).toMatchObject({ hasVendorSecret: false, vendorSecretSince: null })
    expect((await credentialOf(integration.id))?.vendorSecrets).toEqual([])
  })

  test('cannot be taken away from a proof that needs it', async () => {
    const { path } = await made('Needed', { source: 'datadog', authentication: { basicUser: 'tool' }, vendorSecret: SECRET })
    expect((await call('PATCH', path, { vendorSecret: null })).body.message).toContain('set vendorSecret too')
    expect((await call('PATCH', path, { vendorSecret: null, authentication: { basicUser: null } })).status).toBe(200)
  })

  test('of one company is none of another', async () => {
    const [one, two] = [await made('One', { source: 'sentry', vendorSecret: SECRET }), await made('Two', { source: 'sentry', vendorSecret: NEXT_SECRET })]
    expect([(await credentialOf(one.integration.id))?.vendorSecrets, (await credentialOf(two.integration.id))?.vendorSecrets]).toEqual([[SECRET], [NEXT_SECRET]])
  })
})

describe('a key', () => {
  test('is revoked with its secret, once, and the others go on', async () => {
    const { company, path, integration } = await made('Revoked', { source: 'zabbix' })
    await call('POST', `/api/companies/${company}/rotate-key`, { integrationId: integration.id })
    const listed = async () => (await call<{ items: IntegrationView[] }>('GET', `/api/companies/${company}/integrations`)).body.items.find(({ id }) => id === integration.id)!.keys
    const [newest, oldest] = await listed()
    const signals = api.signals.credentials
    expect((await api.call(ADMIN_TOKEN, 'DELETE', `${path}/keys/${oldest!.id}`)).status).toBe(204)
    expect(api.signals.credentials).toBe(signals + 1)
    expect(await listed()).toEqual([newest])
    expect((await credentialOf(integration.id))?.hmacSecrets).toHaveLength(1)
    expect((await call('DELETE', `${path}/keys/${oldest!.id}`)).status).toBe(404)
    await call('DELETE', `${path}/keys/${newest!.id}`)
    expect(await credentialOf(integration.id)).toBeUndefined()
    const renewed = await call<{ apiKey: string }>('POST', `/api/companies/${company}/rotate-key`, { integrationId: integration.id })
    expect([renewed.status, (await listed()).length]).toEqual([200, 1])
    said.pop()
    const lines = await call<{ items: { action: string; before: unknown }[] }>('GET', `/api/audit?company=${company}&action=key.revoked`)
    expect(lines.body.items.map(({ before }) => before)).toEqual([{ keyId: newest!.id }, { keyId: oldest!.id }])
  })
})

describe('an integration', () => {
  test('takes nothing while it is disabled, and keeps its keys', async () => {
    const { path, integration } = await made('Disabled', { source: 'zabbix' })
    expect((await call<IntegrationView>('PATCH', path, { disabled: true })).body).toMatchObject({ disabled: true, keys: [expect.anything()] })
    expect(await credentialOf(integration.id)).toBeUndefined()
    expect((await call<IntegrationView>('PATCH', path, { disabled: false })).body.disabled).toBe(false)
    expect(await credentialOf(integration.id)).toBeDefined()
  })

  test('is deleted with keys and secrets, told to the log, and its name is free again', async () => {
    const { company, path, integration } = await made('Deleted', { name: 'sentry', source: 'sentry', vendorSecret: SECRET })
    expect((await api.call(ADMIN_TOKEN, 'DELETE', path)).status).toBe(204)
    expect(await credentialOf(integration.id)).toBeUndefined()
    for (const table of ['integration_keys', 'integration_vendor_secrets']) expect(await api.database.query(`select 1 from ${table} where integration_id = $1`, [integration.id])).toEqual([])
    expect((await call('DELETE', path)).status).toBe(404)
    const told = await api.database.query<{ removed: boolean }>(`select (record #>> '{event,integration,removed}')::boolean as removed from outbox where key = $1 order by id desc limit 1`, [integration.id])
    expect(told).toEqual([{ removed: true }])
    expect((await call('POST', `/api/companies/${company}/integrations`, { name: 'sentry', source: 'sentry' })).status).toBe(201)
    const lines = await call<{ items: { before: unknown }[] }>('GET', `/api/audit?company=${company}&action=integration.deleted`)
    expect(lines.body.items).toMatchObject([{ before: { name: 'sentry', source: 'sentry', liveKeys: 1 } }])
  })
})

test('what the edge judges by has a mark that changes with it, and with nothing else', async () => {
  const { company, path, integration } = await made('Marked', { source: 'zabbix' })
  const marks = [await credentialsMark(api.database, clock.now())]
  const note = async (): Promise<void> => { marks.push(await credentialsMark(api.database, clock.now())) }
  const [key] = (await call<{ items: IntegrationView[] }>('GET', `/api/companies/${company}/integrations`)).body.items.find(({ id }) => id === integration.id)!.keys
  const changes: (() => Promise<unknown>)[] = [
    () => call('PATCH', path, { requireHmac: false }), () => call('PATCH', path, { source: 'sentry' }), () => call('PATCH', path, { authentication: { allowedNetworks: ['10.0.0.0/8'] } }),
    () => call('PATCH', path, { vendorSecret: SECRET }), () => call('PATCH', path, { vendorSecret: NEXT_SECRET, vendorSecretOverlapSeconds: 60 }), async () => clock.tick(60_000),
    () => call('PATCH', path, { disabled: true }), () => call('PATCH', path, { disabled: false }), () => call('PATCH', `/api/companies/${company}`, { requestsPerMinute: 7 }),
    () => api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company}/rotate-key`, { integrationId: integration.id, overlapSeconds: 60 }), async () => clock.tick(60_000),
    () => call('DELETE', path),
  ]
  for (const change of changes) {
    await change()
    await note()
  }
  expect(marks.map((mark, index) => mark !== marks[index - 1])).toEqual(marks.map(() => true))
  const other = await made('Quiet', { source: 'zabbix' })
  const before = await credentialsMark(api.database, clock.now())
  await touchLastUsed(api.database, new Map([[key!.id, clock.now()]]))
  await call('PATCH', other.path, { name: 'renamed' })
  await call('POST', `/api/companies/${other.company}/assets`, { name: 'web-1' })
  expect(await credentialsMark(api.database, clock.now())).toBe(before)
})

test('no answer, no audit line and no row shows a vendor’s secret', async () => {
  await made('Discreet', { source: 'sentry', vendorSecret: SECRET })
  const { body } = await call('GET', '/api/audit?limit=200')
  expect(JSON.stringify(body)).toContain('"vendorSecret":"stored"')
  expect(said.join('\n')).not.toContain('hush-hush')
  const rows = await Promise.all(['integrations', 'integration_vendor_secrets', 'audit_log', 'outbox'].map((table) => api.database.query(`select t::text as row from ${table} t`)))
  const kept = JSON.stringify(rows)
  expect(kept).not.toContain('hush-hush')
  expect(kept).not.toContain(Buffer.from('hush-hush').toString('hex'))
})
