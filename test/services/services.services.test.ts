import { connect } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import * as alertmanager from './alertmanager.ts'
import * as kafka from './kafka.ts'
import * as postgres from './postgres.ts'
import * as redis from './redis.ts'
import * as registry from './registry.ts'
import type { Service } from './service.ts'

const LOG_APPEND_TIME = { name: 'message.timestamp.type', value: 'LogAppendTime' }

/** Ends the service with the test, whatever becomes of it. */
function untilTestEnds(service: Service): Service {
  onTestFinished(service.stop)
  return service
}

function client(brokers: string): Kafka {
  return new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, connectionTimeout: 1_000, retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 500 } })
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Appends one record and gives the offset and the time that the broker stamped. */
async function append(kafkaClient: Kafka, topic: string, value: string, timestamp?: string): Promise<{ offset: string; at: string }> {
  const producer = kafkaClient.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const [metadata] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, value, ...(timestamp === undefined ? {} : { timestamp }) }] })
  await producer.disconnect()
  return { offset: metadata?.baseOffset ?? '', at: metadata?.logAppendTime ?? '' }
}

describe('the servers of the services tier', () => {
  it('are all reachable where the tests are told', async () => {
    const addresses = inject('addresses')
    const admin = client(addresses.KAFKA_BROKERS.split(',')[0]!).admin()
    await admin.connect()
    expect((await admin.describeCluster()).brokers.length).toBeGreaterThan(0)
    await admin.disconnect()
    expect((await fetch(`${addresses.SCHEMA_REGISTRY_URL}/subjects`)).status).toBe(200)
    const database = new pg.Client(addresses.DATABASE_URL)
    await database.connect()
    expect((await database.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }])
    await database.end()
    const state = new Redis(addresses.REDIS_URL)
    expect(await state.ping()).toBe('PONG')
    state.disconnect()
  })
})

describe('a broker of one\'s own', () => {
  it('stamps records with its own time and keeps what it acknowledged through kill -9', async () => {
    const broker = untilTestEnds(await kafka.start())
    const kafkaClient = client(broker.url)
    const admin = kafkaClient.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 48, replicationFactor: 1, configEntries: [LOG_APPEND_TIME] }] })
    const startedAt = Date.now()
    const first = await append(kafkaClient, 'kept', 'before', '1000')
    expect(Number(first.at)).toBeGreaterThanOrEqual(startedAt - 1_000)
    await broker.kill()
    expect(await answers(broker.port)).toBe(false)
    await broker.restart()
    expect((await append(kafkaClient, 'kept', 'after')).offset).toBe('1')
    expect((await admin.fetchTopicMetadata({ topics: ['kept'] })).topics[0]?.partitions).toHaveLength(48)
    await admin.disconnect()
  })
})

describe('the other servers of one\'s own', () => {
  it('PostgreSQL keeps a committed row through kill -9 and comes back on its port', async () => {
    const server = untilTestEnds(await postgres.start())
    const query = async (sql: string) => {
      const database = new pg.Client(server.url)
      await database.connect()
      const { rows } = await database.query<Record<string, unknown>>(sql)
      await database.end()
      return rows
    }
    await query('create table kept (id int)')
    await query('insert into kept values (7)')
    await server.kill()
    expect(await answers(server.port)).toBe(false)
    await server.restart()
    expect(await query('select id from kept')).toEqual([{ id: 7 }])
  })

  it('Redis writes each change to its append-only file and never evicts', async () => {
    const server = untilTestEnds(await redis.start())
    const before = new Redis(server.url)
    await before.set('kept', '7')
    expect(await before.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await before.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always'])
    before.disconnect()
    await server.kill()
    await server.restart()
    const after = new Redis(server.url)
    expect(await after.get('kept')).toBe('7')
    after.disconnect()
  })

  it('the registry refuses an incompatible schema and gives old ids again after kill -9', async () => {
    const server = untilTestEnds(await registry.start())
    const call = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${server.url}${path}`, { method, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    const record = (fields: readonly unknown[]) => ({ schemaType: 'AVRO', schema: JSON.stringify({ type: 'record', name: 'Kept', fields }) })
    const field = { name: 'a', type: 'string' }
    await call('PUT', '/config/kept-value', { compatibility: 'BACKWARD' })
    const registered = await call('POST', '/subjects/kept-value/versions', record([field]))
    expect(registered.status).toBe(200)
    expect((await call('POST', '/subjects/kept-value/versions', record([field, { name: 'b', type: 'int' }]))).status).toBe(409)
    await server.kill()
    await server.restart()
    expect((await call('GET', `/schemas/ids/${String(registered.body['id'])}`)).body['schema']).toBe(record([field]).schema)
  })

  it('Alertmanager starts with the configuration it is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aw-alertmanager-test-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const configFile = join(folder, 'alertmanager.yml')
    writeFileSync(configFile, 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n')
    const server = untilTestEnds(await alertmanager.start({ configFile }))
    const status = (await (await fetch(`${server.url}/api/v2/status`)).json()) as { config: { original: string } }
    expect(status.config.original).toContain('nobody')
  })
})

describe('a server that cannot start', () => {
  it('says so with the end of its log instead of waiting for its time to pass', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aw-alertmanager-test-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const configFile = join(folder, 'broken.yml')
    writeFileSync(configFile, 'route: { receiver: missing }\n')
    await expect(alertmanager.start({ configFile })).rejects.toThrow(/Alertmanager ended with 1 while starting[^]*undefined receiver/)
  })
})
