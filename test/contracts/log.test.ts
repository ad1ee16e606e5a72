import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../processors/ports.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { blockKey, slotOf, encodeHead, headKey } from '../../storage/lmdb/log-format.ts'
import { openLmdb, type LmdbEnv } from '../../storage/lmdb/env.ts'
import { openLmdbLog, type LmdbLog } from '../../storage/lmdb/log.ts'
import { logContract } from './log.contract.ts'

logContract('LMDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'log-'))
  const env = await openLmdb({ directory })
  const log: Log & LmdbLog = openLmdbLog(env, { clock: systemClock })
  return {
    log,
    forget: async (topic, partition, before) => {
      const slot = slotOf(log.tables.topic(topic).id, partition)
      const { version, ...head } = log.tables.head(slot)
      for (const key of [...log.tables.blocks.getKeys({ start: blockKey(slot, 0), end: blockKey(slot, before) })]) await log.tables.blocks.remove(key)
      await log.tables.heads.put(headKey(slot), encodeHead({ ...head, first: before }), version + 1)
    },
    close: async () => {
      await log.close()
      await env.close()
      await rm(directory, { recursive: true })
    },
  }
})

describe('the embedded log', () => {
  let directory: string
  let env: LmdbEnv

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'log-'))
    env = await openLmdb({ directory })
  })
  afterEach(async () => {
    await env.close()
    await rm(directory, { recursive: true })
  })

  it('wakes a waiting consumer by the append itself, without any timer', async () => {
    const log = openLmdbLog(env, { clock: new TestClock() })
    await log.ensureTopics([{ name: 't', retentionMs: 1_000, partitions: 1 }])
    const arrived = Promise.withResolvers<void>()
    await log.consume({ group: 'g', topic: 't', assigned: async () => 0, batch: async () => arrived.resolve(), revoked: () => undefined, failed: arrived.reject })
    await log.append([{ topic: 't', key: 'k', value: Buffer.from('x') }])
    await arrived.promise
    await log.close()
  })

  it('deletes what is older than the topic keeps, by append time alone', async () => {
    const clock = new TestClock()
    const log = openLmdbLog(env, { clock })
    await log.ensureTopics([{ name: 't', retentionMs: 100_000, partitions: 1 }])
    for (let round = 0; round < 5; round++) {
      await log.append([{ topic: 't', key: 'k', value: Buffer.from(String(round)) }])
      clock.tick(30_000)
    }
    clock.tick(30_000)
    await expect.poll(async () => (await log.ends('t'))[0]).toEqual({ partition: 0, first: 3, next: 5 })
    clock.tick(1_000_000)
    await expect.poll(async () => (await log.ends('t'))[0]).toEqual({ partition: 0, first: 5, next: 5 })
    await log.append([{ topic: 't', key: 'k', value: Buffer.from('new') }])
    expect((await log.ends('t'))[0]).toEqual({ partition: 0, first: 5, next: 6 })
    await log.close()
  })

  it('never gives a time before the one it gave last, even when the clock goes back', async () => {
    const clock = new TestClock(1_000_000)
    const log = openLmdbLog(env, { clock })
    await log.ensureTopics([{ name: 't', retentionMs: 100_000, partitions: 1 }])
    await log.append([{ topic: 't', key: 'k', value: Buffer.from('a') }])
    clock.tick(-5_000)
    await log.append([{ topic: 't', key: 'k', value: Buffer.from('b') }])
    const times: number[] = []
    for await (const records of log.read('t', 0, 0, 2)) times.push(...records.map((record) => record.atMs))
    expect(times).toEqual([1_000_000, 1_000_000])
    await log.close()
  })

  it('makes every record of a failed write fail and says so with log_unavailable', async () => {
    const log = openLmdbLog(env, { clock: systemClock })
    await log.ensureTopics([{ name: 't', retentionMs: 1_000, partitions: 1 }])
    await log.close()
    await expect(log.append([{ topic: 't', key: 'k', value: Buffer.from('x') }])).rejects.toMatchObject({ code: 'log_unavailable' })
  })

  it('lets two threads append to one partition, and a third hear of it', async () => {
    const log = openLmdbLog(env, { clock: systemClock })
    await log.ensureTopics([{ name: 't', retentionMs: 1e9, partitions: 1 }])
    const total = 2 * 300
    const offsets: number[] = []
    const all = Promise.withResolvers<void>()
    await log.consume({
      group: 'g', topic: 't', assigned: async () => 0, revoked: () => undefined, failed: all.reject,
      batch: async (_partition, records) => {
        offsets.push(...records.map((record) => record.offset))
        if (offsets.length === total) all.resolve()
      },
    })
    const workers = [0, 1].map((name) => new Worker(new URL('log-appender.ts', import.meta.url), { workerData: [directory, String(name), '300'] }))
    await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))))
    await all.promise
    expect(offsets).toEqual(Array.from({ length: total }, (_, index) => index))
    const values: string[] = []
    for await (const records of log.read('t', 0, 0, total)) values.push(...records.map((record) => record.value.toString()))
    for (const name of [0, 1]) expect(values.filter((value) => value.startsWith(`${name}:`))).toEqual(Array.from({ length: 300 }, (_, round) => `${name}:${round}`))
    await log.close()
  })
})

describe('the embedded log after kill -9', () => {
  it('holds everything it acknowledged, in order, without a gap', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'log-'))
    for (let kill = 0; kill < 3; kill++) {
      const child = fork(join(import.meta.dirname, 'log-appender.ts'), [directory, String(kill), '1000000'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      let acknowledged = -1
      await new Promise<void>((resolve) => {
        child.on('message', (round) => {
          acknowledged = Number(round)
          if (acknowledged >= 200 + 100 * kill) child.kill('SIGKILL')
        })
        child.on('exit', () => resolve())
      })
      const env = await openLmdb({ directory })
      const log = openLmdbLog(env, { clock: systemClock })
      const [end] = await log.ends('t')
      const values: string[] = []
      for await (const records of log.read('t', 0, 0, end?.next ?? 0)) values.push(...records.map((record) => record.value.toString()))
      expect(values).toHaveLength(end?.next ?? -1)
      const mine = values.filter((value) => value.startsWith(`${kill}:`))
      expect(mine.length).toBeGreaterThan(acknowledged)
      expect(mine).toEqual(Array.from({ length: mine.length }, (_, round) => `${kill}:${round}`))
      await log.close()
      await env.close()
    }
    await rm(directory, { recursive: true })
  })
})
