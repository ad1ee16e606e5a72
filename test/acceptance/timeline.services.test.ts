/**
 * The story: an installation as a provider of managed services runs it, each role a process of its own over Kafka, a schema registry, PostgreSQL and
 * Redis, the stages twice. A client is taken on, two of its tools report the same trouble, a person works on it, it ends, and every
 * process is restarted while the client's tools go on.
 */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { TOPICS } from '../../schemas/topics.ts'
import type { DeliveryView, IncidentDetail, NoiseView } from '../../schemas/views.ts'
import { admin, keyWorks, settledBalance, type Client } from '../harness/client.ts'
import { emptyDatabase } from '../harness/databases.ts'
import { Installation } from '../harness/installation.ts'
import { membersOf } from '../harness/kafka-groups.ts'
import { LiveStream } from '../harness/live-stream.ts'
import { undoAll, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { emptyDatabase as emptyAnalytics } from '../services/clickhouse.ts'

/** A database of Redis that no other suite uses. */
const REDIS_DATABASE = 13

let installation: Installation
let company: Company
let api: Client
let live: LiveStream
let firstDelivery: string
let delivered = 0
let firing = 0
/** Undoes what was begun, last first, also where the beginning failed half way. */
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const addresses = inject('addresses')
  const database = await emptyDatabase(addresses.DATABASE_URL)
  undo.push(database.drop)
  const analytics = await emptyAnalytics(addresses.CLICKHOUSE_URL)
  undo.push(analytics.drop)
  const redis = new URL(addresses.REDIS_URL)
  redis.pathname = `/${REDIS_DATABASE}`
  await forget(redis.href)
  // The number of partitions is the one that production starts with.
  installation = await Installation.of({ ...addresses, DATABASE_URL: database.url, REDIS_URL: redis.href, CLICKHOUSE_URL: analytics.url }, { process: 2, correlate: 2 })
  undo.push(() => installation.remove())
  await installation.start()
  api = admin(installation.program('api'))
})
afterAll(() => undoAll(undo))

async function forget(url: string): Promise<void> {
  const redis = new Redis(url)
  await redis.flushdb()
  redis.disconnect()
}

async function deliver(asset: string, signature: string, tool: string, status: 'firing' | 'resolved', deliveryId?: string): Promise<string> {
  const { status: code, answer } = await post(installation.program('ingest').url, company, 'alerts', alertBody({ asset_name: asset, signature, tool_source: tool, status, severity: 'critical' }), deliveryId)
  expect(code).toBe(202)
  delivered += 1
  if (status === 'firing') firing += 1
  return answer.deliveryId!
}

async function incidentOf(asset: string, condition: (incident: IncidentDetail) => boolean): Promise<IncidentDetail> {
  return until(`an incident of ${asset} is as it should be`, async () => {
    const [found] = await api.incidents(`&company=${company.id}&q=${asset}`)
    const incident = found === undefined ? null : await api.incident(found.id)
    return incident !== null && condition(incident) ? incident : null
  })
}

/** Gives a command; the answer's version is shown by the time it is answered. */
async function command(incidentId: string, name: string): Promise<IncidentDetail> {
  const { status, body, text } = await api.call<{ version: number }>('POST', `/api/incidents/${incidentId}/${name}`, {}, { 'idempotency-key': `${incidentId} ${name}` })
  expect([status, text]).toEqual([200, expect.any(String)])
  const incident = await api.incident(incidentId)
  expect(incident.version).toBeGreaterThanOrEqual(body.version)
  return incident
}

/** What is true at every rest. */
async function expectBalanced(): Promise<void> {
  const balance = await settledBalance(installation.program('api'), company.id, delivered)
  expect(balance).toMatchObject({ accepted: delivered, inFlight: 0, difference: 0, missing: 0, surplus: 0, rejected: 0 })
}

it('shares the partitions of a stage among its processes', async () => {
  for (const [group, topic] of [['aw-process', TOPICS.raw.name], ['aw-correlate', TOPICS.correlation.name]] as const) {
    const members = await until(`${group} is arranged`, async () => {
      const found = await membersOf(inject('addresses').KAFKA_BROKERS, group, topic)
      return found?.size === 2 ? found : null
    })
    for (const partitions of members.values()) expect(partitions).toBeGreaterThan(0)
  }
})

it('takes on a client through the API, and its first delivery at the edge', async () => {
  company = await installation.program('api').api<Company>('POST', '/api/companies', { name: `Timeline ${Date.now()} Ltd` })
  await keyWorks(installation.program('ingest'), company)
  live = await LiveStream.open(installation.program('api').url, installation.program('api').adminToken)
  firstDelivery = await deliver('web-1', 'HighCPU', 'Nagios', 'firing', 'first')
  await incidentOf('web-1', ({ alertCount }) => alertCount === 1)
})

it('knows a delivery that comes again', async () => {
  const again = await post(installation.program('ingest').url, company, 'alerts', alertBody({ asset_name: 'web-1' }), 'first')
  expect(again).toEqual({ status: 200, answer: { deliveryId: firstDelivery, duplicate: true } })
})

it('shows one incident for what two tools say of one machine, and another for another', async () => {
  await deliver('web-1', 'HighCPU', 'Datadog', 'firing')
  for (let i = 0; i < 4; i++) await deliver('web-1', 'HighCPU', 'Nagios', 'firing')
  await deliver('printer-7', 'PaperJam', 'Nagios', 'firing')
  const web = await incidentOf('web-1', ({ problemCount }) => problemCount === 2)
  expect(web).toMatchObject({ status: 'open', severity: 'critical', assets: ['web-1'], openProblemCount: 2 })
  expect([...web.sources].sort()).toEqual(['datadog', 'nagios'])
  expect(web.problems.map(({ evidence }) => evidence.rule).sort()).toEqual(['founded', 'scored'])
  const printer = await incidentOf('printer-7', ({ status }) => status === 'open')
  expect(printer.id).not.toBe(web.id)
})

it('tells live listeners of it', async () => {
  const heard = (type: string): boolean => live.heard.some((event) => event.type === type && event.data.includes(company.id))
  await until('a count of alerts and a change were heard', async () => heard('alert_received') && heard('incident_updated'))
  await live.close()
})

it('carries out what a person asks for and answers when it shows', async () => {
  const { id } = await incidentOf('web-1', () => true)
  expect(await command(id, 'acknowledge')).toMatchObject({ status: 'open', acknowledgedAt: expect.any(String) })
  expect(await command(id, 'start')).toMatchObject({ status: 'in_progress' })
  const printer = await incidentOf('printer-7', () => true)
  expect(await command(printer.id, 'resolve')).toMatchObject({ status: 'resolved', resolvedAt: expect.any(String) })
})

it('resolves the incident when both tools say that it is over', async () => {
  await deliver('web-1', 'HighCPU', 'Nagios', 'resolved')
  await deliver('web-1', 'HighCPU', 'Datadog', 'resolved')
  const web = await incidentOf('web-1', ({ status }) => status === 'resolved')
  expect(web).toMatchObject({ openProblemCount: 0, resolvedAt: expect.any(String) })
  expect(web.timeline.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['opened', 'problem_joined', 'acknowledged', 'started', 'resolved']))
})

it('has a fate for every alert and honest figures', async () => {
  await expectBalanced()
  const receipt = await api.get<DeliveryView>(`/api/deliveries/${firstDelivery}`)
  expect(receipt.elements).toMatchObject([{ element: 0, fate: 'emitted', reason: 'opened' }])
  const noise = await until('the figures have come in', async () => {
    const now = await api.get<NoiseView>(`/api/stats/noise?company=${company.id}`)
    return now.incidents === 2 ? now : null
  })
  expect(noise).toMatchObject({ alerts: firing, problems: 3, incidents: 2 })
  expect(noise.noiseReduction).toBeCloseTo(1 - 2 / firing, 10)
})

it('goes on where it was when every process is restarted in turn', async () => {
  const before = await api.incidents(`&company=${company.id}`)
  for (const { role, name, program } of installation.members) {
    expect([name, await program.stop()]).toEqual([name, 0])
    // The edge is the only one that a sender can miss.
    if (role !== 'ingest') await deliver(`host-of-${name}`, `fault-of-${name}`, 'Nagios', 'firing')
    await program.start()
  }
  for (const { role, name } of installation.members) if (role !== 'ingest') await incidentOf(`host-of-${name}`, ({ status }) => status === 'open')
  await expectBalanced()
  const after = await api.incidents(`&company=${company.id}`)
  expect(after.filter(({ id }) => before.some((known) => known.id === id))).toEqual(before)
  expect(after).toHaveLength(before.length + installation.members.length - 1)
  expect(installation.dead()).toEqual([])
})
