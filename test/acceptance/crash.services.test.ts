/**
 * The story: monitoring tools keep posting to an installation on servers while everything in it dies, one after the other and at random moments: each
 * process, the broker, all that Redis knows, the database (an older one takes its place), and a process that sleeps until others have its
 * work and then wakes up. Whatever was accepted must have exactly one fate, and a replay of the logs must give what was told.
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { CommandView } from '../../schemas/views.ts'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { openKafkaLog } from '../../storage/kafka/log.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import type { Balance } from '../../storage/queries/balance.ts'
import { openRegistrySchemaIds } from '../../storage/registry/schema-ids.ts'
import { admin, keyWorks, type Client } from '../harness/client.ts'
import { backUp, restore } from '../harness/databases.ts'
import { Installation, type Servers } from '../harness/installation.ts'
import { committedBy, lagOf, membersOf } from '../harness/kafka-groups.ts'
import { Load, randomFrom } from '../harness/load.ts'
import { undoAll, until } from '../harness/process.ts'
import { compareProjection } from '../harness/projection.ts'
import { compareCorrelation, compareRaw, type OpenLog } from '../harness/replay.ts'
import type { Company } from '../harness/sender.ts'
import { emptyDatabase as emptyAnalytics } from '../services/clickhouse.ts'
import * as kafka from '../services/kafka.ts'
import * as postgres from '../services/postgres.ts'
import * as redis from '../services/redis.ts'
import { dataFolder, type Service } from '../services/service.ts'

/** How often each process and the broker are killed. */
const TURNS = Number(process.env.AW_CRASH_TURNS ?? 2)
/** How often both stages are killed just after a write of state. */
const WRITES = 3
/** A seed that is printed, so that a failure can be run again: AW_CRASH_SEED=… */
const SEED = Number(process.env.AW_CRASH_SEED ?? Date.now() % 1_000_000)
/** A moderate load, and few partitions: two cores carry the whole installation and its servers here. */
const LOAD = { senders: 3, pauseMs: 60 }
const PARTITIONS = '6'
const COMPANIES = 3

const random = randomFrom(SEED)
let broker: Service
let memory: Service
let database: Service
let servers: Servers
let installation: Installation
let api: Client
let companies: Company[]
let load: Load
let running: Promise<unknown>
let backup: string
/** Calls of the busy person that were not answered. */
let refusals = 0
/** Undoes what was begun, last first, also where the beginning failed half way. */
const undo: (() => Promise<unknown> | void)[] = []

async function ours(starting: Promise<Service>): Promise<Service> {
  const service = await starting
  undo.push(service.stop)
  return service
}

beforeAll(async () => {
  console.log(`crash test on servers: seed ${SEED}`)
  const addresses = inject('addresses')
  const analytics = await emptyAnalytics(addresses.CLICKHOUSE_URL)
  undo.push(analytics.drop)
  ;[broker, memory, database] = await Promise.all([ours(kafka.start()), ours(redis.start()), ours(postgres.start())])
  const folder = dataFolder('backup', undefined)
  undo.push(folder.remove)
  backup = join(folder.dataDir, 'backup')
  servers = { KAFKA_BROKERS: broker.url, SCHEMA_REGISTRY_URL: addresses.SCHEMA_REGISTRY_URL, REDIS_URL: memory.url, DATABASE_URL: database.url, CLICKHOUSE_URL: analytics.url }
  installation = await Installation.of(servers, { process: 2, correlate: 2 }, { AW_PARTITIONS: PARTITIONS })
  undo.push(() => installation.remove())
  await installation.start()
  api = admin(installation.program('api'))
  companies = await Promise.all(Array.from({ length: COMPANIES }, (_, number) => installation.program('api').api<Company>('POST', '/api/companies', { name: `Crash ${number} Ltd`, requestsPerMinute: 100_000 })))
  for (const company of companies) await keyWorks(installation.program('ingest'), company)
  load = new Load({ url: installation.program('ingest').url, companies, seed: SEED, random, ...LOAD })
  running = Promise.all([load.run(), beBusy()])
  undo.push(async () => {
    load.stop()
    await running
  })
})
afterAll(() => undoAll(undo))

/** A person who looks at incidents and writes on them all the time; an installation that is half dead may refuse. */
async function beBusy(): Promise<void> {
  for (let number = 0; load.isRunning; number++) {
    try {
      const incidents = await api.incidents(`&company=${companies[number % COMPANIES]!.id}`)
      const incident = incidents[Math.floor(random() * incidents.length)]
      if (incident !== undefined) await api.call('POST', `/api/incidents/${incident.id}/notes`, { text: `note ${number}` }, { 'idempotency-key': `note ${number}` })
    } catch {
      refusals += 1
    }
    await delay(500)
  }
}

/** Waits until the load has got through again, so that no two deaths are one. */
async function recovered(what: string): Promise<void> {
  const before = load.accepted.size
  await until(`deliveries are accepted after ${what}`, async () => load.accepted.size > before + 10)
  expect(installation.dead(), `nobody else died of ${what}`).toEqual([])
}

function shuffled<T>(things: readonly T[]): T[] {
  return things.map((thing) => ({ thing, place: random() })).sort((a, b) => a.place - b.place).map(({ thing }) => thing)
}

/** Calls back at once when Redis has done the next write of a key that begins so; resolves when what it started has ended. */
async function nextWrite(prefix: string, act: () => Promise<unknown>[]): Promise<void> {
  const monitor = connect(memory.port, '127.0.0.1')
  monitor.write('MONITOR\r\n')
  let unread = ''
  for await (const chunk of monitor) {
    const lines = `${unread}${String(chunk)}`.split('\r\n')
    unread = lines.pop() ?? ''
    if (!lines.some((line) => line.includes('"EVAL"') && line.includes(`"${prefix}`))) continue
    const acted = act()
    monitor.destroy()
    await Promise.all(acted)
    return
  }
  throw new Error(`Redis left before anybody wrote ${prefix}`)
}

async function killEachOnce(): Promise<void> {
  for (const victim of shuffled([...installation.members.map(({ name }) => name), 'broker'])) {
    await delay(200 + random() * 1_800)
    const program = installation.members.find(({ name }) => name === victim)?.program
    if (program === undefined) {
      await broker.kill()
      await broker.restart()
    } else {
      await program.kill()
      await program.start()
    }
    await recovered(`the death of ${victim}`)
  }
}

describe('under load that never ends', () => {
  let note: string

  it('is backed up while a command waits to be told', async () => {
    const relay = installation.program('relay')
    const incident = await until('there is an incident', async () => (await api.incidents(`&company=${companies[0]!.id}`))[0])
    await relay.kill()
    const asked = await api.call<{ commandId: string }>('POST', `/api/incidents/${incident.id}/notes`, { text: 'written just before the backup' }, { 'idempotency-key': 'note' })
    expect(asked.status).toBe(202)
    await backUp(servers.DATABASE_URL, backup)
    await relay.start()
    note = asked.body.commandId
    await until('the note is carried out', async () => (await api.get<CommandView>(`/api/commands/${note}`)).status === 'done')
  })

  for (let turn = 1; turn < TURNS; turn++) it(`survives the death of each process and of the broker, turn ${turn}`, killEachOnce)

  it('rebuilds what Redis has forgotten', async () => {
    const client = new Redis(servers.REDIS_URL)
    await client.flushall()
    for (const name of ['process.v1', 'correlate.v1']) await until(`${name} is there again`, async () => (await client.keys(`state:v1:${name}:*`)).length === Number(PARTITIONS))
    client.disconnect()
    await recovered('the loss of what Redis knew')
  })

  it.for(['process', 'correlate'] as const)('goes on without a sleeping process of %s, and with it when it wakes', async (role) => {
    const group = `aw-${role}`
    const topic = role === 'process' ? TOPICS.raw.name : TOPICS.correlation.name
    const members = (count: number, what: string) => until(what, async () => (await membersOf(broker.url, group, topic))?.size === count)
    await members(2, `${group} has both members`)
    const sleeper = installation.program(role)
    await delay(random() * 1_000)
    sleeper.signal('SIGSTOP')
    await members(1, `${group} has given its partitions to the other`)
    const taken = await committedBy(broker.url, group, topic)
    await until(`${group} goes on in every partition`, async () => {
      const now = await committedBy(broker.url, group, topic)
      return [...taken].every(([partition, offset]) => (now.get(partition) ?? 0) > offset)
    })
    sleeper.signal('SIGCONT')
    await members(2, `${group} has the sleeper back`)
    await recovered(`the sleep of ${role}`)
  })

  it('catches up from an older database', async () => {
    await restore(servers.DATABASE_URL, backup)
    await recovered('the return of the older database')
    await until('the note that waited in the backup is carried out', async () => (await api.get<CommandView>(`/api/commands/${note}`)).status === 'done')
    const shown = await openDatabase({ url: servers.DATABASE_URL, clock: systemClock })
    const rows = await shown.query('select kind from incident_timeline where text = $1', ['written just before the backup'])
    await shown.close()
    expect(rows).toEqual([{ kind: 'note' }])
  })

  // The last turn comes last: what was lost before it, rebuilding the state or reading anew would have told again.
  it('survives the death of each process and of the broker once more', killEachOnce)

  it('loses nothing when a whole stage dies just after it has written its state', async () => {
    for (let round = 1; round <= WRITES; round++) {
      await Promise.all((['process', 'correlate'] as const).map(async (role) => {
        const programs = installation.members.filter((member) => member.role === role).map(({ program }) => program)
        await nextWrite(`state:v1:${role}.`, () => programs.map((program) => program.kill()))
        await Promise.all(programs.map((program) => program.start()))
      }))
      await recovered('the death of both stages')
    }
  })
})

describe('at rest', () => {
  let open: OpenLog & { readonly close: () => Promise<void> }

  beforeAll(async () => {
    load.stop()
    await running
    console.log(`crash test on servers: ${load.accepted.size} deliveries with ${load.elements()} alerts were accepted, ${refusals} calls of the API were not answered`)
    const log = await openKafkaLog({ brokers: servers.KAFKA_BROKERS.split(','), epoch: 1, clock: systemClock, report: (error) => console.log(error.message) })
    open = { log, schemaIds: openRegistrySchemaIds({ url: servers.SCHEMA_REGISTRY_URL }), close: () => log.close() }
    undo.push(open.close)
  })

  it('has an even balance with nothing in flight', async () => {
    for (const { id } of companies) {
      const balance = await until('everything accepted has its fate', async () => {
        const now = await installation.program('api').api<Balance>('GET', `/api/balance?company=${id}`)
        return now.inFlight === 0 && now.accepted >= load.elements(id) ? now : null
      }, 120_000)
      expect(balance).toMatchObject({ difference: 0, inFlight: 0, missing: 0, surplus: 0 })
    }
  })

  it('has exactly one fate for each alert of each accepted delivery', async () => {
    const analytics = await openAnalytics({ url: servers.CLICKHOUSE_URL })
    const rows = await analytics.query<{ delivery_id: string; fates: number[] }>(
      `select delivery_id, arraySort(groupArray(element)) as fates from ledger_v1 final where reason != 'duplicate_delivery' group by delivery_id`,
    )
    await analytics.close()
    const fates = new Map(rows.map((row) => [row.delivery_id, row.fates.join()]))
    const wrong = [...load.accepted].filter(([id, { elements }]) => fates.get(id) !== Array.from({ length: elements }, (_, element) => element).join())
    expect(wrong.map(([id, { elements }]) => `${id}: ${elements} accepted, fates of ${fates.get(id) ?? 'none'}`)).toEqual([])
  })

  it('has read every topic to its end when the tools have left', async () => {
    await installation.program('ingest').stop()
    for (const [group, topic] of [['aw-process', TOPICS.raw.name], ['aw-correlate', TOPICS.correlation.name], ['aw-project', TOPICS.incidents.name]] as const) {
      await until(`${group} has come to the end`, async () => (await lagOf(broker.url, group, topic)) === 0)
    }
    expect(installation.dead().filter((name) => !name.startsWith('ingest'))).toEqual([])
    for (const { program } of installation.members) await program.stop()
  })

  it('shows in PostgreSQL the newest version of every incident and problem', async () => {
    const shown = await openDatabase({ url: servers.DATABASE_URL, clock: systemClock })
    const comparison = await compareProjection(open, shown)
    const [left] = await shown.query<{ pending: number; untold: number }>(`select (select count(*) from commands where status = 'pending') as pending, (select count(*) from outbox) as untold`)
    await shown.close()
    expect(left, 'every command has its outcome').toEqual({ pending: 0, untold: 0 })
    expect(comparison.incidents).toBeGreaterThan(0)
    expect(comparison.problems).toBeGreaterThan(0)
    expect(comparison.differences).toEqual([])
  })

  it('tells the same incidents when correlation.v1 is replayed', async () => {
    const { published, differences } = await compareCorrelation(open)
    expect(published).toBeGreaterThan(0)
    expect(differences).toEqual([])
  })

  it('tells the same problems and fates when alerts.raw.v1 is replayed', async () => {
    const { published, differences } = await compareRaw(open)
    expect(published).toBeGreaterThan(load.elements())
    expect(differences).toEqual([])
  })
})
