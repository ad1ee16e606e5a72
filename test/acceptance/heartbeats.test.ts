/**
 * The story: a backup tool must be heard every minute. It falls silent, and an incident says that the monitor is missing; it reports once, with nothing to tell,
 * and the incident resolves itself. Then the whole program is down for an hour, and nobody is blamed for that. Every role but the HTTP edge is the real one
 * over the real engines; the clock is the test's, so that an hour takes no time.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../config.ts'
import { openEngines, type Engines } from '../../app/parts/engines.ts'
import { makeMetrics } from '../../app/metrics/metrics.ts'
import type { Caller } from '../../schemas/access.ts'
import { TestClock } from '../../schemas/clock.ts'
import { openCodec } from '../../schemas/codec.ts'
import type { RawRecord } from '../../schemas/records.ts'
import { TICK_INTERVAL_MS, TOPICS } from '../../schemas/topics.ts'
import type { IncidentView } from '../../schemas/views.ts'
import { analyticsStore } from '../../storage/queries/analytics-store.ts'
import { openStores } from '../../storage/queries/stores.ts'
import { startCorrelate, startProcess, startProject, startRecord, startRelaying, type Stoppable, type Surroundings } from '../../app/roles/wiring.ts'
import { undoAll, until } from '../harness/process.ts'

const BOSS: Caller = { kind: 'user', id: 'u', name: 'Boss', ip: null, scope: { role: 'msp_admin', userId: 'u', companyIds: 'all' } }
const clock = new TestClock()
const dataDir = mkdtempSync(join(tmpdir(), 'heartbeats-'))
const masterKey = randomBytes(32)
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

let engines: Engines
let stores: ReturnType<typeof openStores>
let running: Stoppable[] = []
let companyId: string
let integrationId: string
let delivered = 0

async function start(): Promise<void> {
  engines = await openEngines(readConfig({ AW_DATA_DIR: dataDir }), clock, quiet)
  const surroundings: Surroundings = { engines, clock, logger: quiet, metrics: makeMetrics(), failed: (error) => { throw error } }
  running = [await startRecord(surroundings), await startProject(surroundings, null), await startCorrelate(surroundings), await startProcess(surroundings), await startRelaying(surroundings)]
  stores = openStores(await engines.database(), { clock, masterKey })
}

async function stop(): Promise<void> {
  await undoAll([() => engines.close(), ...running.map((part) => () => part.stop())])
  running = []
}

async function append(key: string, event: RawRecord['event'], partition?: number): Promise<void> {
  const codec = await openCodec(TOPICS.raw.name, engines.schemaIds)
  await engines.log.append([{ topic: TOPICS.raw.name, key, value: codec.encode({ event }), ...(partition === undefined ? {} : { partition }) }])
}

/** What the ingest process does while it runs: a tick to each partition every five seconds. */
async function pass(seconds: number): Promise<void> {
  const partitions = await engines.log.partitions(TOPICS.raw.name)
  for (let passed = 0; passed < seconds; passed += TICK_INTERVAL_MS / 1_000) {
    clock.tick(TICK_INTERVAL_MS)
    for (let partition = 0; partition < partitions; partition++) await append('', { type: 'tick', processId: 'edge', refused: [], integration: null }, partition)
  }
}

const deliver = (body: string): Promise<void> => append(integrationId, {
  type: 'delivery', deliveryId: `delivery-${delivered++}`, companyId, integrationId, source: 'backup-tool', replayable: false, elements: 1, receivedAtMs: clock.now(),
  contentType: 'application/json', headers: {}, body: Buffer.from(body), replay: null,
})

const incidents = async (): Promise<readonly IncidentView[]> =>
  (await stores.incidents.list(BOSS.scope, { companyId, statuses: [], severities: [], assignee: null, q: null, merged: true, limit: 50, cursor: null })).items

/** The newest of `count` incidents, once `condition` holds of it; background work that sleeps is woken meanwhile, by far less than a tick in all. */
const newest = (what: string, count: number, condition: (incident: IncidentView) => boolean): Promise<IncidentView> => until(what, async () => {
  clock.tick(1)
  const found = await incidents()
  return found.length === count && found[0] !== undefined && condition(found[0]) ? found[0] : null
})

/** Whether every stage has read what lies before it. */
const settled = (): Promise<true> => until('all stages are through', async () => {
  clock.tick(1)
  for (const [group, topic] of [['aw-process', TOPICS.raw.name], ['aw-correlate', TOPICS.correlation.name], ['aw-project', TOPICS.incidents.name]] as const) {
    const committed = await engines.log.committed(group, topic)
    for (const { partition, next } of await engines.log.ends(topic)) if (next > 0 && (committed.get(partition) ?? 0) < next) return false
  }
  return true
})

beforeAll(async () => {
  await start()
  companyId = (await stores.companies.create(BOSS, 'Silent Ltd', {})).company.id
  integrationId = (await stores.integrations.create(BOSS, companyId, { name: 'Backups of Silent', source: 'backup-tool', heartbeatSeconds: 60 })).integration.id
  const outbox = async () => (await (await engines.database()).query('select 1 from outbox limit 1')).length === 0
  await until('the settings are on the log', async () => {
    clock.tick(500)
    return outbox()
  })
})
afterAll(() => undoAll([() => rmSync(dataDir, { recursive: true, force: true }), stop]))

it('a tool that falls silent becomes an incident, which its next delivery resolves, even an empty one', async () => {
  await pass(30)
  await deliver('[]')
  await pass(55)
  await settled()
  expect(await incidents()).toEqual([])
  await pass(15)
  const opened = await newest('the monitor is missing', 1, ({ status }) => status === 'open')
  expect(opened).toMatchObject({ severity: 'high', sources: ['heartbeat'], assets: ['Backups of Silent'], alertCount: 1 })
  const { problems } = await stores.incidents.get(BOSS.scope, opened.id)
  expect(problems).toMatchObject([{ signature: 'Monitor is missing', integrationId, message: expect.stringContaining('it should be heard every minute') }])
  await deliver('[]')
  await pass(5)
  expect(await newest('it is back', 1, ({ status }) => status === 'resolved')).toMatchObject({ id: opened.id })
})

it('an hour in which we were down ourselves is nobody\'s silence, but the minute after it is', async () => {
  await settled()
  await stop()
  clock.tick(3_600_000)
  await start()
  await pass(55)
  await settled()
  expect((await incidents()).map(({ status }) => status)).toEqual(['resolved'])
  await pass(20)
  // An hour later it is another incident of the same problem.
  await newest('it is missing again', 2, ({ status }) => status === 'open')
})

it('the balance stays even: nothing was delivered that has no fate, and no fate has no delivery', async () => {
  await deliver('[]')
  await pass(10)
  await settled()
  const span = { companyIds: [companyId], fromMs: null, toMs: null }
  const figures = analyticsStore(await engines.analytics())
  const balance = await until('everything is recorded', async () => {
    clock.tick(1_000)
    const found = await figures.balance(span) as { accepted: number; inFlight: number; difference: number; dropped: Record<string, number> }
    return found.accepted === delivered && found.inFlight === 0 ? found : null
  })
  expect(balance).toMatchObject({ accepted: 3, difference: 0, dropped: { no_alert: 3 } })
  expect(await figures.noise(span)).toMatchObject({ alerts: 0, incidents: 0, noiseReduction: 0 })
})
