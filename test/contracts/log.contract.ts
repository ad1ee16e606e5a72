/** What every log must do, whichever engine it is. `log.test.ts` runs it over LMDB, `log.services.test.ts` over Kafka. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Log, LogRecord, Subscription } from '../../processors/ports.ts'
import { AppError } from '../../schemas/errors.ts'

/** One engine under test. */
export interface LogEngine {
  readonly log: Log
  /** Makes the log forget the records of a partition before an offset, as retention would. */
  forget(topic: string, partition: number, before: number): Promise<void>
  close(): Promise<void>
}

const DAY_MS = 86_400_000

/** Runs the suite over an engine. */
export function logContract(name: string, open: () => Promise<LogEngine>): void {
  describe(`log on ${name}`, () => {
    let engine: LogEngine
    let log: Log

    beforeAll(async () => {
      engine = await open()
      log = engine.log
    })
    afterAll(() => engine.close())

    const topicOf = async (partitions: number): Promise<string> => {
      const topic = `contract.${randomUUID()}`
      await log.ensureTopics([{ name: topic, retentionMs: DAY_MS, partitions }])
      return topic
    }
    const fill = async (topic: string, partition: number, from: number, to: number): Promise<void> => {
      await log.append(Array.from({ length: to - from }, (_, index) => ({ topic, key: 'k', partition, value: Buffer.from(String(from + index)) })))
    }

    it('stores what was appended, with consecutive offsets, and reads any range of it', async () => {
      const topic = await topicOf(1)
      await fill(topic, 0, 0, 10)
      await fill(topic, 0, 10, 500)
      const all = await readAll(log, topic, 0, 0, 500)
      expect(all.map((record) => record.offset)).toEqual(numbers(0, 500))
      expect(texts(all)).toEqual(numbers(0, 500).map(String))
      expect(all.every((record) => record.key === 'k' && record.partition === 0)).toBe(true)
      expect(texts(await readAll(log, topic, 0, 7, 13))).toEqual(numbers(7, 13).map(String))
      expect(await readAll(log, topic, 0, 500, 600)).toEqual([])
      expect(await log.ends(topic)).toEqual([{ partition: 0, first: 0, next: 500 }])
    })

    it('says that it would take an append', async () => {
      expect(await log.refusing()).toBeNull()
    })

    it('keeps the bytes of a value and the characters of a key', async () => {
      const topic = await topicOf(1)
      const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      await log.append([{ topic, key: 'schlüssel-日本', value }, { topic, key: 'empty', value: Buffer.alloc(0) }, { topic, key: 'large', value: Buffer.alloc(300_000, 7) }])
      const [first, second, third] = await readAll(log, topic, 0, 0, 3)
      expect(first?.key).toBe('schlüssel-日本')
      expect(first?.value.equals(value)).toBe(true)
      expect(second?.value.length).toBe(0)
      expect(third?.value.equals(Buffer.alloc(300_000, 7))).toBe(true)
    })

    it('gives append times that never go back within a partition', async () => {
      const topic = await topicOf(1)
      for (let round = 0; round < 20; round++) await fill(topic, 0, round, round + 1)
      const times = (await readAll(log, topic, 0, 0, 20)).map((record) => record.atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.every((atMs) => Number.isInteger(atMs) && atMs > 1_600_000_000_000)).toBe(true)
    })

    it('keeps the order of one key through concurrent appends, and its partition', async () => {
      const topic = await topicOf(4)
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
      await Promise.all(numbers(0, 200).map((turn) => log.append(keys.map((key) => ({ topic, key, value: Buffer.from(String(turn)) })))))
      const partitions = await Promise.all(numbers(0, 4).map((partition) => readAll(log, topic, partition, 0, 10_000)))
      for (const key of keys) {
        const homes = partitions.filter((records) => records.some((record) => record.key === key))
        expect(homes).toHaveLength(1)
        // A send that failed halfway is repeated whole, before anything later is sent: a repeat is allowed, another order is not.
        expect([...new Set(texts((homes[0] ?? []).filter((record) => record.key === key)))]).toEqual(numbers(0, 200).map(String))
      }
      expect(partitions.filter((records) => records.length > 0).length).toBeGreaterThan(1)
    })

    it('keeps the partition count and the records of a topic that exists', async () => {
      const topic = await topicOf(3)
      await fill(topic, 2, 0, 5)
      await log.ensureTopics([{ name: topic, retentionMs: DAY_MS, partitions: 8 }])
      expect(await log.partitions(topic)).toBe(3)
      expect((await log.ends(topic))[2]).toEqual({ partition: 2, first: 0, next: 5 })
    })

    it('starts a consumer at the offset that assigned answers, whatever was committed', async () => {
      const topic = await topicOf(2)
      await fill(topic, 0, 0, 100)
      const group = randomUUID()
      await log.commit(group, topic, 0, 90)
      const seen = new Collector({ topic, group, position: (partition) => (partition === 0 ? 42 : 0) }, 58)
      const consumption = await log.consume(seen.subscription)
      await seen.complete
      await consumption.stop()
      expect(seen.records.map((record) => record.offset)).toEqual(numbers(42, 100))
    })

    it('hands on what is appended while a consumer waits, in batches no larger than asked', async () => {
      const topic = await topicOf(1)
      const seen = new Collector({ topic, batchRecords: 30 }, 100)
      const consumption = await log.consume(seen.subscription)
      await fill(topic, 0, 0, 100)
      await seen.complete
      await consumption.stop()
      expect(texts(seen.records)).toEqual(numbers(0, 100).map(String))
      expect(Math.max(...seen.batchSizes)).toBeLessThanOrEqual(30)
    })

    it('asks again for the position after a throw and repeats from there', async () => {
      const topic = await topicOf(1)
      await fill(topic, 0, 0, 10)
      let done = 0
      let throwsLeft = 2
      const seen = new Collector({ topic, batchRecords: 4, position: () => done }, 10)
      const consumption = await log.consume({
        ...seen.subscription,
        batch: async (partition, records) => {
          if (records[0]?.offset === 4 && throwsLeft > 0) {
            throwsLeft -= 1
            throw new AppError('engine_unavailable', 'the database sleeps')
          }
          await seen.subscription.batch(partition, records)
          done = (records.at(-1)?.offset ?? -1) + 1
        },
      })
      await seen.complete
      await consumption.stop()
      expect(throwsLeft).toBe(0)
      expect(seen.records.map((record) => record.offset)).toEqual(numbers(0, 10))
      expect(seen.assignments).toBeGreaterThanOrEqual(3)
    })

    it('keeps on asking when assigned itself throws', async () => {
      const topic = await topicOf(1)
      await fill(topic, 0, 0, 3)
      let throwsLeft = 2
      const seen = new Collector({ topic }, 3)
      const consumption = await log.consume({
        ...seen.subscription,
        assigned: async () => {
          if (throwsLeft-- > 0) throw new AppError('engine_unavailable', 'the state store sleeps')
          return 0
        },
      })
      await seen.complete
      await consumption.stop()
      expect(seen.records).toHaveLength(3)
    })

    it('runs one handler at a time in a partition and several partitions side by side', async () => {
      const topic = await topicOf(2)
      const running = new Set<number>()
      const meeting = Promise.withResolvers<void>()
      const overlaps: number[] = []
      const seen = new Collector({ topic, batchRecords: 5 }, 40)
      const consumption = await log.consume({
        ...seen.subscription,
        batch: async (partition, records) => {
          if (running.has(partition)) overlaps.push(partition)
          running.add(partition)
          if (running.size === 2) meeting.resolve()
          await meeting.promise
          await seen.subscription.batch(partition, records)
          running.delete(partition)
        },
      })
      await fill(topic, 0, 0, 20)
      await fill(topic, 1, 0, 20)
      await seen.complete
      await consumption.stop()
      expect(overlaps).toEqual([])
    })

    it('shares the partitions of a topic between the members of a group and hands them over', async () => {
      const topic = await topicOf(4)
      const group = randomUUID()
      const next = new Map<number, number>()
      const position = (partition: number) => next.get(partition) ?? 0
      const first = new Collector({ topic, group, position, next }, 4)
      const one = await log.consume(first.subscription)
      for (const partition of numbers(0, 4)) await fill(topic, partition, 0, 1)
      await first.complete

      const second = new Collector({ topic, group, position, next }, 1)
      const two = await log.consume(second.subscription)
      await second.joined
      for (const partition of numbers(0, 4)) await fill(topic, partition, 1, 2)
      await second.complete
      await expect.poll(() => numbers(0, 4).map(position)).toEqual([2, 2, 2, 2])
      expect(first.revocations).toBeGreaterThan(0)

      const heir = second.expectMore(4)
      await one.stop()
      for (const partition of numbers(0, 4)) await fill(topic, partition, 2, 3)
      await heir
      await two.stop()
      const last = second.records.filter((record) => record.offset === 2)
      expect(new Set(last.map((record) => record.partition))).toEqual(new Set(numbers(0, 4)))
    })

    it('gives each group every record', async () => {
      const topic = await topicOf(2)
      const collectors = [new Collector({ topic }, 20), new Collector({ topic }, 20)]
      const consumptions = await Promise.all(collectors.map((seen) => log.consume(seen.subscription)))
      await fill(topic, 0, 0, 10)
      await fill(topic, 1, 0, 10)
      await Promise.all(collectors.map((seen) => seen.complete))
      await Promise.all(consumptions.map((consumption) => consumption.stop()))
      for (const seen of collectors) expect(seen.records).toHaveLength(20)
    })

    it('stops with log_gap when the record after the position is no longer kept', async () => {
      const topic = await topicOf(1)
      for (let round = 0; round < 10; round++) await fill(topic, 0, round, round + 1)
      await engine.forget(topic, 0, 5)
      expect((await log.ends(topic))[0]).toEqual({ partition: 0, first: 5, next: 10 })
      const seen = new Collector({ topic, position: () => 3 }, 1)
      const consumption = await log.consume(seen.subscription)
      expect(await seen.failure).toMatchObject({ code: 'log_gap' })
      await consumption.stop()
      expect(seen.records).toEqual([])
    })

    it('reads on from the first record that is kept', async () => {
      const topic = await topicOf(1)
      for (let round = 0; round < 10; round++) await fill(topic, 0, round, round + 1)
      await engine.forget(topic, 0, 5)
      const seen = new Collector({ topic, position: () => 5 }, 5)
      const consumption = await log.consume(seen.subscription)
      await seen.complete
      await consumption.stop()
      expect(seen.records.map((record) => record.offset)).toEqual(numbers(5, 10))
      await expect(readAll(log, topic, 0, 3, 8)).rejects.toMatchObject({ code: 'log_gap' })
    })

    it('stops with log_rewound when the log ends before the position', async () => {
      const topic = await topicOf(1)
      await fill(topic, 0, 0, 3)
      const seen = new Collector({ topic, position: () => 9 }, 1)
      const consumption = await log.consume(seen.subscription)
      expect(await seen.failure).toMatchObject({ code: 'log_rewound' })
      await consumption.stop()
    })

    it('waits for the batch under way when it stops, and hands out nothing afterwards', async () => {
      const topic = await topicOf(1)
      const started = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      const seen = new Collector({ topic }, 1)
      const consumption = await log.consume({
        ...seen.subscription,
        batch: async (partition, records) => {
          started.resolve()
          await release.promise
          await seen.subscription.batch(partition, records)
        },
      })
      await fill(topic, 0, 0, 1)
      await started.promise
      const stopped = consumption.stop()
      release.resolve()
      await stopped
      expect(seen.records).toHaveLength(1)
      await fill(topic, 0, 1, 2)
      expect(seen.records).toHaveLength(1)
    })

    it('remembers how far a group has come', async () => {
      const topic = await topicOf(2)
      const group = randomUUID()
      await fill(topic, 1, 0, 9)
      expect(await log.committed(group, topic)).toEqual(new Map())
      await log.commit(group, topic, 1, 7)
      expect(await log.committed(group, topic)).toEqual(new Map([[1, 7]]))
    })

    it('refuses a topic that nobody created', async () => {
      await expect(log.partitions(`missing.${randomUUID()}`)).rejects.toBeInstanceOf(AppError)
      await expect(log.append([{ topic: `missing.${randomUUID()}`, key: 'k', value: Buffer.from('x') }])).rejects.toBeInstanceOf(AppError)
    })
  })
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map((record) => record.value.toString())
}

async function readAll(log: Log, topic: string, partition: number, from: number, to: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const batch of log.read(topic, partition, from, to)) records.push(...batch)
  return records
}

/** A handler that keeps what it is given and tells when it has enough. */
class Collector {
  readonly records: LogRecord[] = []
  readonly batchSizes: number[] = []
  assignments = 0
  revocations = 0
  readonly subscription: Subscription
  readonly complete: Promise<void>
  readonly joined: Promise<void>
  readonly failure: Promise<Error>
  #wanted: number
  #enough: () => void

  constructor(options: { topic: string; group?: string; batchRecords?: number; position?: (partition: number) => number; next?: Map<number, number> }, wanted: number) {
    const complete = Promise.withResolvers<void>()
    const joined = Promise.withResolvers<void>()
    const failure = Promise.withResolvers<Error>()
    this.complete = complete.promise
    this.joined = joined.promise
    this.failure = failure.promise
    this.#wanted = wanted
    this.#enough = complete.resolve
    this.subscription = {
      group: options.group ?? randomUUID(),
      topic: options.topic,
      ...(options.batchRecords === undefined ? {} : { batchRecords: options.batchRecords }),
      assigned: async (partition) => {
        this.assignments += 1
        joined.resolve()
        return options.position?.(partition) ?? 0
      },
      batch: async (_partition, records) => {
        this.batchSizes.push(records.length)
        this.records.push(...records)
        for (const record of records) options.next?.set(record.partition, record.offset + 1)
        if (this.records.length >= this.#wanted) this.#enough()
      },
      revoked: () => {
        this.revocations += 1
      },
      failed: (error) => failure.resolve(error),
    }
  }

  /** Resolves after so many records more. */
  expectMore(count: number): Promise<void> {
    const more = Promise.withResolvers<void>()
    this.#wanted = this.records.length + count
    this.#enough = more.resolve
    return more.promise
  }
}
