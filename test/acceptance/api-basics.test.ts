import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'

let api: ApiHarness

beforeAll(async () => { api = await openApiHarness(systemClock) })
afterAll(() => api.close())

test('onboards a company and shows its key and secret once', async () => {
  const made = await api.call(ADMIN_TOKEN, 'POST', '/api/companies', { name: 'Acme', windowMs: 300_000, cloud_provider: 'aws' })
  expect(made.status).toBe(201)
  expect(made.body).toEqual({
    id: expect.any(String), name: 'Acme', apiKey: expect.stringMatching(/^aw_[\w-]{43}$/), hmacSecret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    webhookUrl: 'http://aw.test/api/webhooks/alerts', integrationId: expect.any(String),
  })
  const { body } = await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${made.body.id}`)
  expect(body).toMatchObject({ name: 'Acme', windowMs: 300_000, cloud_provider: 'aws', requestsPerMinute: 1_000, mode: 'production', effectiveMode: 'dry-run', settingsRevision: 1 })
  expect(JSON.stringify(body)).not.toContain(made.body.apiKey)
})
