/**
 * The story: the API and the edge are processes of their own that share nothing but servers. A key that is revoked through one is refused by the other
 * within five seconds; the figures are printed, because a test that runs on a busy machine must not fail for its clock.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { IntegrationView, Page } from '../../schemas/views.ts'
import { keyWorks } from '../harness/client.ts'
import { Installation } from '../harness/installation.ts'
import { undoAll, until, type Program } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { emptyDatabase as emptyAnalytics } from '../services/clickhouse.ts'
import * as kafka from '../services/kafka.ts'
import * as postgres from '../services/postgres.ts'
import * as redis from '../services/redis.ts'
import type { Service } from '../services/service.ts'

const ROUNDS = 4
let api: Program
let edge: Program
let company: Company
const undo: (() => Promise<unknown> | void)[] = []

async function ours(starting: Promise<Service>): Promise<Service> {
  const service = await starting
  undo.push(service.stop)
  return service
}

beforeAll(async () => {
  const addresses = inject('addresses')
  const analytics = await emptyAnalytics(addresses.CLICKHOUSE_URL)
  undo.push(analytics.drop)
  const [broker, memory, database] = await Promise.all([ours(kafka.start()), ours(redis.start()), ours(postgres.start())])
  const servers = { KAFKA_BROKERS: broker.url, SCHEMA_REGISTRY_URL: addresses.SCHEMA_REGISTRY_URL, REDIS_URL: memory.url, DATABASE_URL: database.url, CLICKHOUSE_URL: analytics.url }
  const installation = await Installation.of(servers, {}, { AW_PARTITIONS: '2' })
  api = installation.program('api')
  edge = installation.program('ingest')
  undo.push(() => api.remove(), () => edge.remove())
  await Promise.all([api.start(), edge.start()])
  company = await api.api<Company>('POST', '/api/companies', { name: 'Revoked Ltd' })
  await keyWorks(edge, company)
})
afterAll(() => undoAll(undo))

interface Sender extends Company { readonly integrationId: string }

const path = (): string => `/api/companies/${company.id}/integrations`

async function sender(name: string): Promise<Sender> {
  const made = await api.api<Sender>('POST', path(), { name, source: 'zabbix' })
  await keyWorks(edge, made, 'zabbix')
  return made
}

/** How long after `end` the edge took what it must not, in ms. */
async function msUntilRefused(key: Sender, end: () => Promise<unknown>): Promise<number> {
  expect((await post(edge.url, key, 'zabbix', alertBody())).status).toBe(202)
  await end()
  const endedAtMs = Date.now()
  // 429 is what an address is told that was refused too often, as this one is while it waits for its keys: only who fails to prove himself hears it.
  await until('the edge refuses the key', async () => [401, 429].includes((await post(edge.url, key, 'zabbix', alertBody())).status))
  return Date.now() - endedAtMs
}

async function remove(url: string): Promise<void> {
  const answer = await fetch(`${api.url}${url}`, { method: 'DELETE', headers: { authorization: `Bearer ${api.adminToken}` } })
  expect(answer.status).toBe(204)
}

it('refuses everywhere what was revoked, disabled or deleted through another process', async () => {
  const took: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [revoked, deleted, disabled] = [await sender(`revoked ${round}`), await sender(`deleted ${round}`), await sender(`disabled ${round}`)]
    const { items } = await api.api<Page<IntegrationView>>('GET', path())
    const key = items.find(({ id }) => id === revoked.integrationId)!.keys[0]!
    took.push(await msUntilRefused(revoked, () => remove(`${path()}/${revoked.integrationId}/keys/${key.id}`)))
    took.push(await msUntilRefused(deleted, () => remove(`${path()}/${deleted.integrationId}`)))
    took.push(await msUntilRefused(disabled, () => api.api('PATCH', `${path()}/${disabled.integrationId}`, { disabled: true })))
  }
  // The company's own key has nothing to do with it.
  expect((await post(edge.url, company, 'alerts', alertBody())).status).toBe(202)
  console.log(`revocation: ${took.length} keys ended through another process, refused after ${[...took].sort((a, b) => a - b).join(', ')} ms (promised: 5,000)`)
})
