/** What only Kafka can do to us: brokers that die or hang, members that are paused, groups that are shared anew. */
import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LogRecord, Subscription } from '../../processors/ports.ts'
import { systemClock } from '../../schemas/clock.ts'
import type { AppError } from '../../schemas/errors.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { checkKafka } from '../../storage/kafka/doctor.ts'
import { openKafkaLog, type KafkaLog } from '../../storage/kafka/log.ts'
import * as kafka from '../services/kafka.ts'
import type { Service } from '../services/service.ts'

const DAY_MS = 86_400_000

/** Long enough for a session of a dead member to run out and its partitions to be shared anew. */
const MOVED_WITHIN_MS = 40_000

describe('the log on a Kafka of its own', () => {
  let broker: Service
  let log: KafkaLog
  let reports: AppError[]

  beforeAll(async () => {
    broker = await kafka.start()
  })
  afterAll(() => broker.stop())

  beforeEach(async () => {
    reports = []
    log = await openKafkaLog({ brokers: [broker.url], epoch: 1, clock: systemClock, report: (error) => reports.push(error) })
  })
  afterEach(() => log.close())

  const topicOf = async (partitions: number, name = `own.${randomUUID()}`): Promise<string> => {
    await log.ensureTopics([{ name, retentionMs: DAY_MS, partitions }])
    return name
  }
  const put = (topic: string, partition: number, value: string) => log.append([{ topic, key: 'k', partition, value: Buffer.from(value) }])
  const valuesOf = async (topic: string, partition: number): Promise<string[]> => {
    const values: string[] = []
    for await (const records of log.read(topic, partition, 0, Number.MAX_SAFE_INTEGER)) values.push(...records.map((record) => record.value.toString()))
    return values
  }

  /** A handler that moves one stored position per partition by compare-and-set, as a stage does; keeps the values it moved past. */
  const stage = (topic: string, group: string, stored: Map<number, number>, values: string[]): Subscription => {
    const mine = new Map<number, number>()
    return {
      topic, group, revoked: (partition) => mine.delete(partition), failed: (error) => { throw error },
      assigned: async (partition) => {
        const position = stored.get(partition) ?? 0
        mine.set(partition, position)
        return position
      },
      batch: async (partition, records) => {
        const next = (records.at(-1)?.offset ?? -1) + 1
        if (stored.get(partition) !== mine.get(partition) && stored.has(partition)) throw new Error('another one has moved the state')
        stored.set(partition, next)
        mine.set(partition, next)
        values.push(...records.map((record) => record.value.toString()))
        await log.commit(group, topic, partition, next)
      },
    }
  }

  it('splits what is larger than a batch may be, and takes records of several megabytes', async () => {
    const topic = await topicOf(2)
    const many = Array.from({ length: 3_000 }, (_, index) => ({ topic, key: 'k', partition: 0, value: Buffer.from(`${index}:${'x'.repeat(1_000)}`) }))
    const large = { topic, key: 'k', partition: 0, value: Buffer.alloc(5_000_000, 7) }
    await Promise.all([log.append(many), log.append([{ topic, key: 'k', partition: 1, value: Buffer.from('small') }, large]), put(topic, 0, 'after')])
    const values = await valuesOf(topic, 0)
    expect(values.slice(0, 3_000).map((value) => value.split(':')[0])).toEqual(many.map((_, index) => String(index)))
    expect(values.slice(3_000).map((value) => value.length)).toEqual([5_000_000, 5])
    expect(await valuesOf(topic, 1)).toEqual(['small'])
  })

  it('consumes records that are larger than a fetch', async () => {
    const topic = await topicOf(1)
    const sizes: number[] = []
    const all = Promise.withResolvers<void>()
    const consumption = await log.consume({
      topic, group: 'large', assigned: async () => 0, revoked: () => undefined, failed: all.reject,
      batch: async (_partition, records) => {
        sizes.push(...records.map((record) => record.value.length))
        if (sizes.length === 6) all.resolve()
      },
    })
    for (const bytes of [10, 3_000_000, 20, 9_000_000, 30, 40]) await log.append([{ topic, key: 'k', value: Buffer.alloc(bytes) }])
    await all.promise
    await consumption.stop()
    expect(sizes).toEqual([10, 3_000_000, 20, 9_000_000, 30, 40])
  })

  it('lets a partition that fails or takes long hold up no other', async () => {
    const topic = await topicOf(3)
    const release = Promise.withResolvers<void>()
    const seen: LogRecord[] = []
    const all = Promise.withResolvers<void>()
    const consumption = await log.consume({
      topic, group: 'uneven', assigned: async () => 0, revoked: () => undefined, failed: all.reject,
      batch: async (partition, records) => {
        if (partition === 0) throw new Error('always')
        if (partition === 1) await release.promise
        else seen.push(...records)
        if (seen.length === 50) all.resolve()
      },
    })
    await put(topic, 0, 'fails')
    await put(topic, 1, 'slow')
    for (let round = 0; round < 50; round++) await put(topic, 2, String(round))
    await all.promise
    release.resolve()
    await consumption.stop()
    expect(seen.map((record) => record.value.toString())).toEqual(Array.from({ length: 50 }, (_, round) => String(round)))
  })

  it('keeps its membership during a batch that takes longer than a session', async () => {
    const topic = await topicOf(1)
    const first = Promise.withResolvers<void>()
    let assignments = 0
    const consumption = await log.consume({
      topic, group: 'patient', revoked: () => undefined, failed: first.reject,
      assigned: async () => assignments++,
      batch: async () => {
        await systemClock.sleep(15_000)
        await log.commit('patient', topic, 0, 1)
        first.resolve()
      },
    })
    await put(topic, 0, 'slow')
    await first.promise
    expect(await log.committed('patient', topic)).toEqual(new Map([[0, 1]]))
    await consumption.stop()
    expect(assignments).toBe(1)
    expect(reports).toEqual([])
  })

  it('shares partitions with a member that joins and takes them back when it leaves, each record once', async () => {
    const topic = await topicOf(6)
    const stored = new Map<number, number>()
    const [ofOne, ofTwo]: [string[], string[]] = [[], []]
    const sent: string[] = []
    const send = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        for (let partition = 0; partition < 6; partition++) {
          const value = `${partition}:${sent.length}`
          sent.push(value)
          await put(topic, partition, value)
        }
      }
    }
    const one = await log.consume(stage(topic, 'shared', stored, ofOne))
    await send(10)
    const two = await log.consume(stage(topic, 'shared', stored, ofTwo))
    await expect.poll(async () => {
      await send(1)
      return ofTwo.length
    }, { timeout: MOVED_WITHIN_MS }).toBeGreaterThan(10)
    await one.stop()
    await send(10)
    await expect.poll(() => ofOne.length + ofTwo.length, { timeout: MOVED_WITHIN_MS }).toBe(sent.length)
    await two.stop()
    expect([...ofOne, ...ofTwo].sort()).toEqual([...sent].sort())
  })

  it('gives a paused process\'s partitions to others, and takes the process back when it wakes', async () => {
    await topicOf(4, 't')
    const children: ChildProcess[] = []
    const told: { child: number; partition?: number; value?: string; failed?: string }[] = []
    const start = async (child: number) => {
      const process = fork(join(import.meta.dirname, 'kafka-member.ts'), [broker.url], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      children.push(process)
      await new Promise<void>((resolve) => process.on('message', (message: { ready?: true }) => (message.ready === true ? resolve() : void told.push({ child, ...message }))))
      return process
    }
    const sent: string[] = []
    const round = async () => {
      for (let partition = 0; partition < 4; partition++) {
        sent.push(`${partition}:${sent.length}`)
        await put('t', partition, sent.at(-1) ?? '')
      }
    }
    const handledBy = (child: number, since: number) => new Set(told.slice(since).filter((message) => message.child === child && message.value !== undefined).map((message) => message.partition))
    try {
      const sleeper = await start(0)
      await start(1)
      await expect.poll(async () => {
        await round()
        return handledBy(0, 0).size > 0 && handledBy(1, 0).size > 0
      }, { timeout: MOVED_WITHIN_MS, interval: 500 }).toBe(true)

      sleeper.kill('SIGSTOP')
      const asleepSince = told.length
      await expect.poll(async () => {
        await round()
        return handledBy(1, asleepSince).size
      }, { timeout: MOVED_WITHIN_MS, interval: 500 }).toBe(4)

      sleeper.kill('SIGCONT')
      const awakeSince = told.length
      await expect.poll(async () => {
        await round()
        return told.slice(awakeSince).some((message) => message.child === 0 && message.value !== undefined && sent.indexOf(message.value) > sent.length - 8)
      }, { timeout: MOVED_WITHIN_MS, interval: 500 }).toBe(true)
      await expect.poll(() => new Set(told.map((message) => message.value).filter((value) => value !== undefined)).size, { timeout: MOVED_WITHIN_MS }).toBe(sent.length)
      expect(told.filter((message) => message.failed !== undefined)).toEqual([])
    } finally {
      await Promise.all(children.map((child) => new Promise((resolve) => {
        child.on('exit', resolve)
        child.send('stop')
      })))
    }
  })

  it('loses nothing it acknowledged when the broker is killed under load, and reads on by itself', async () => {
    const topic = await topicOf(3)
    const stored = new Map<number, number>()
    const seen: string[] = []
    const consumption = await log.consume(stage(topic, 'survivor', stored, seen))
    const acknowledged: string[] = []
    const refusals: unknown[] = []
    let isSending = true
    const sending = [0, 1, 2].map(async (partition) => {
      for (let round = 0; isSending; round++) {
        try {
          await put(topic, partition, `${partition}:${round}`)
          acknowledged.push(`${partition}:${round}`)
        } catch (thrown) {
          refusals.push(thrown)
        }
      }
    })
    for (let kill = 1; kill <= 3; kill++) {
      const before = acknowledged.length
      await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 300)
      await broker.kill()
      await broker.restart()
    }
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 300)
    isSending = false
    await Promise.all(sending)
    await expect.poll(() => acknowledged.filter((value) => !seen.includes(value)), { timeout: 60_000, interval: 1_000 }).toEqual([])
    await consumption.stop()
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'log_unavailable' })
    for (const partition of [0, 1, 2]) {
      const rounds = (await valuesOf(topic, partition)).map((value) => Number(value.split(':')[1]))
      expect(rounds).toEqual([...rounds].sort((a, b) => a - b))
      expect(seen.filter((value) => value.startsWith(`${partition}:`)).map((value) => Number(value.split(':')[1]))).toEqual(rounds)
    }
  })

  it('joins again, with a new consumer, after an outage that outlasts the old one', async () => {
    const topic = await topicOf(2)
    const seen: string[] = []
    const consumption = await log.consume(stage(topic, 'returner', new Map(), seen))
    await put(topic, 0, 'before')
    await expect.poll(() => seen).toEqual(['before'])
    await broker.kill()
    await expect.poll(() => reports.filter((error) => error.message.includes('joins again')).length, { timeout: 60_000 }).toBeGreaterThan(0)
    await broker.restart()
    await expect.poll(() => put(topic, 1, 'after').then(() => true, () => false), { timeout: 60_000 }).toBe(true)
    await expect.poll(() => seen, { timeout: 60_000 }).toContain('after')
    await consumption.stop()
  })

  it('refuses an append in time while the broker is dead, and takes it when the broker is back', async () => {
    const topic = await topicOf(1)
    await put(topic, 0, 'first')
    await broker.kill()
    const startedMs = Date.now()
    await expect(Promise.all([put(topic, 0, 'lost'), put(topic, 0, 'lost too')])).rejects.toMatchObject({ code: 'log_unavailable' })
    expect(Date.now() - startedMs).toBeLessThan(30_000)
    await broker.restart()
    await expect.poll(() => put(topic, 0, 'second').then(() => true, () => false), { timeout: 30_000 }).toBe(true)
    expect((await valuesOf(topic, 0)).filter((value) => !value.startsWith('lost'))).toEqual(['first', 'second'])
  })

  it('refuses an append in time while the broker hangs, and keeps the order when it goes on', async () => {
    const topic = await topicOf(1)
    await put(topic, 0, '0')
    const pid = broker.pid() ?? 0
    process.kill(pid, 'SIGSTOP')
    try {
      const startedMs = Date.now()
      await expect(put(topic, 0, '1')).rejects.toMatchObject({ code: 'log_unavailable' })
      expect(Date.now() - startedMs).toBeLessThan(30_000)
      await expect(put(topic, 0, '2')).rejects.toMatchObject({ code: 'log_unavailable' })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await expect.poll(() => put(topic, 0, '3').then(() => true, () => false), { timeout: 30_000 }).toBe(true)
    const values = await valuesOf(topic, 0)
    expect(values).toEqual([...values].sort())
    expect([values[0], values.at(-1)]).toEqual(['0', '3'])
  })

  it('says what to look at when no broker answers', async () => {
    await expect(openKafkaLog({ brokers: ['127.0.0.1:1'], epoch: 1, clock: systemClock })).rejects.toMatchObject({ code: 'engine_unavailable', message: expect.stringContaining('KAFKA_BROKERS') })
  })

  it('makes topics that the doctor finds right but for the replicas a single broker cannot give', async () => {
    expect((await checkKafka({ brokers: [broker.url] })).map(({ ok }) => ok)).toEqual([true])
    await log.ensureTopics(Object.values(TOPICS).map(({ name, retentionMs }) => ({ name, retentionMs, partitions: 2 })))
    const findings = await checkKafka({ brokers: [broker.url] })
    expect(findings).toHaveLength(Object.keys(TOPICS).length)
    for (const { ok, detail } of findings) {
      expect(ok).toBe(false)
      expect(detail).toMatch(/replication is 1.*min\.insync\.replicas is 1/)
      expect(detail).not.toMatch(/LogAppendTime|cleanup|compression/)
    }
  })
})
