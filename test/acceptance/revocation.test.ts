/**
 * The story: two processes take deliveries by the keys of one database. A key is revoked through the API that one of them serves: there it is dead when
 * the call is answered, in the other within five seconds of its clock, without a word between the two.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { credentialOf } from '../../ingest/authenticate.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { IntegrationView } from '../../schemas/views.ts'
import { CredentialKeeper, CREDENTIALS_INTERVAL_MS } from '../../app/roles/wiring.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { until } from '../harness/process.ts'

/** Within this a revoked key is dead everywhere. */
const REVOKED_WITHIN_MS = 5_000
const clock = new TestClock()
const warnings: string[] = []
const logger = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message), error: () => undefined }
let api: ApiHarness
/** False: the database does not answer. */
let isUp = true
let here: CredentialKeeper
let elsewhere: CredentialKeeper

beforeAll(async () => { api = await openApiHarness(clock) })
afterAll(() => api.close())
beforeEach(async () => {
  const database = async () => {
    if (!isUp) throw new Error('the database does not answer')
    return api.database
  }
  ;[here, elsewhere] = [new CredentialKeeper({ engines: { database }, clock, logger }, api.masterKey), new CredentialKeeper({ engines: { database }, clock, logger }, api.masterKey)]
  await Promise.all([here.start(), elsewhere.start()])
})
afterEach(async () => {
  isUp = true
  await Promise.all([here.stop(), elsewhere.stop()])
})

interface Made { readonly company: string; readonly integration: string; readonly apiKey: string }

async function made(name: string): Promise<Made> {
  const company = (await api.company(name)).id
  const { body } = await api.call(ADMIN_TOKEN, 'POST', `/api/companies/${company}/integrations`, { source: 'zabbix' })
  await Promise.all([here.refreshed(), elsewhere.refreshed()])
  return { company, integration: body.integrationId, apiKey: body.apiKey }
}
const keyOf = async ({ company, integration }: Made) => ((await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${company}/integrations`)).body.items as unknown as IntegrationView[]).find(({ id }) => id === integration)!.keys[0]!
const isKnown = (keeper: CredentialKeeper, apiKey: string): boolean => typeof credentialOf(apiKey, keeper.snapshot, clock.now()) !== 'string'

test.each([
  ['a key is revoked', 'DELETE', (keyId: string) => `/keys/${keyId}`, undefined],
  ['an integration is deleted', 'DELETE', () => '', undefined],
  ['an integration is disabled', 'PATCH', () => '', { disabled: true }],
] as const)('when %s, the key dies at once here and within five seconds elsewhere', async (what, method, path, body) => {
  const sender = await made(what)
  const { id } = await keyOf(sender)
  expect([isKnown(here, sender.apiKey), isKnown(elsewhere, sender.apiKey)]).toEqual([true, true])
  expect((await api.call(ADMIN_TOKEN, method, `/api/companies/${sender.company}/integrations/${sender.integration}${path(id)}`, body)).status).toBeLessThan(300)
  await here.refreshed()
  expect([isKnown(here, sender.apiKey), isKnown(elsewhere, sender.apiKey)]).toEqual([false, true])
  expect(CREDENTIALS_INTERVAL_MS).toBeLessThan(REVOKED_WITHIN_MS / 2)
  clock.tick(CREDENTIALS_INTERVAL_MS)
  await until('the other process has read the keys', async () => !isKnown(elsewhere, sender.apiKey))
})

test('many who ask at once share a reading, and each is served by one that began after it asked', async () => {
  const sender = await made('Shared')
  const { id } = await keyOf(sender)
  const before = here.refresh()
  await api.call(ADMIN_TOKEN, 'DELETE', `/api/companies/${sender.company}/integrations/${sender.integration}/keys/${id}`)
  await Promise.all([before, ...Array.from({ length: 20 }, () => here.refresh())])
  expect(isKnown(here, sender.apiKey)).toBe(false)
})

test('while the database does not answer the keys known go on, and nobody who changes one is told of an error', async () => {
  const sender = await made('Offline')
  isUp = false
  await here.refreshed()
  expect(isKnown(here, sender.apiKey)).toBe(true)
  expect(warnings).toContain('reading the changed keys failed: trying again in turn')
})

test('when a key was last used is written down within seconds, also after a failure and at the end', async () => {
  const sender = await made('Used')
  const { id } = await keyOf(sender)
  const usedAtMs = clock.now()
  here.snapshot.used(id, usedAtMs)
  isUp = false
  clock.tick(10_000)
  await until('writing has failed', async () => warnings.includes('reading the keys failed: going on with those known'))
  isUp = true
  await here.stop()
  expect((await keyOf(sender)).lastUsedAt).toBe(new Date(usedAtMs).toISOString())
})
