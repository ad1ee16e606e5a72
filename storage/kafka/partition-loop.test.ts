import { expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { PartitionLoop } from './partition-loop.ts'
import type { LogRecord, Subscription } from './port.ts'

const records = (from: number, to: number): LogRecord[] => Array.from({ length: to - from }, (_, index) => ({ partition: 0, offset: from + index, key: 'k', value: Buffer.from('x'), atMs: 1 }))

/** A loop, what it asks of its consumer, and what it hands to its handler. */
function start(options: { assigned?: () => number; batch?: (batch: readonly LogRecord[]) => Promise<void>; first?: number; next?: number } = {}) {
  const asked: (number | 'pause')[] = []
  const batches: number[][] = []
  const bounds = { partition: 0, first: options.first ?? 0, next: options.next ?? 1_000 }
  const clock = new TestClock()
  const subscription: Subscription = {
    group: 'g', topic: 't', batchRecords: 4, revoked: () => undefined, failed: () => undefined,
    assigned: () => Promise.resolve(options.assigned?.() ?? 0),
    batch: async (_partition, batch) => {
      await options.batch?.(batch)
      batches.push(batch.map((record) => record.offset))
    },
  }
  const loop = new PartitionLoop(subscription, 0, { readFrom: (offset) => asked.push(offset), pause: () => asked.push('pause'), bounds: () => Promise.resolve(bounds) }, clock)
  const running = loop.run()
  const until = (what: () => unknown, value: unknown) => expect.poll(what).toEqual(value)
  return { loop, running, asked, batches, bounds, clock, until }
}

test('reads from the offset that assigned names and cuts what comes into batches', async () => {
  const { loop, running, asked, batches, until } = start({ assigned: () => 10 })
  await until(() => asked, [10])
  expect(loop.offer(records(8, 13), 8)).toBe(true)
  await until(() => batches, [[10, 11, 12]])
  expect(loop.offer(records(13, 22), 13)).toBe(true)
  await until(() => batches.slice(1), [[13, 14, 15, 16], [17, 18, 19, 20], [21]])
  loop.end()
  await running
})

test('pauses its partition while the handler is behind and reads on where it stopped', async () => {
  const release = Promise.withResolvers<void>()
  const { loop, running, asked, batches, until } = start({ batch: () => release.promise })
  await until(() => asked, [0])
  loop.offer(records(0, 9), 0)
  expect(asked).toEqual([0, 'pause'])
  release.resolve()
  await until(() => batches, [[0, 1, 2, 3], [4, 5, 6, 7], [8]])
  expect(asked).toEqual([0, 'pause', 9])
  loop.end()
  await running
})

test('asks for the position again after a throw, waits longer each time, and takes nothing meanwhile', async () => {
  let throwsLeft = 2
  const { loop, running, asked, batches, clock, until } = start({ batch: () => (throwsLeft-- > 0 ? Promise.reject(new Error('asleep')) : Promise.resolve()) })
  await until(() => asked, [0])
  loop.offer(records(0, 2), 0)
  await until(() => asked, [0, 'pause'])
  expect(loop.offer(records(2, 3), 2)).toBe(false)
  clock.tick(100)
  await until(() => asked, [0, 'pause', 0])
  loop.offer(records(0, 2), 0)
  await until(() => asked, [0, 'pause', 0, 'pause'])
  clock.tick(100)
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toHaveLength(4)
  clock.tick(100)
  await until(() => asked, [0, 'pause', 0, 'pause', 0])
  loop.offer(records(0, 2), 0)
  await until(() => batches, [[0, 1]])
  loop.end()
  await running
})

test('goes back when a fetch began beyond what it waits for', async () => {
  const { loop, running, asked, batches, until } = start()
  await until(() => asked, [0])
  expect(loop.offer(records(5, 7), 5)).toBe(false)
  await until(() => asked.filter((one) => one === 0), [0, 0])
  loop.offer(records(0, 3), 0)
  await until(() => batches.flat(), [0, 1, 2])
  loop.end()
  await running
})

test('stops with log_gap when the broker goes on behind records that it has deleted', async () => {
  const { loop, running, asked, bounds, until } = start()
  await until(() => asked, [0])
  bounds.first = 50
  loop.offer(records(50, 52), 50)
  await expect(running).rejects.toMatchObject({ code: 'log_gap', details: { wanted: 0, first: 50 } })
})

test('takes a hole that nobody deleted, as transactions leave them', async () => {
  const { loop, running, asked, batches, until } = start()
  await until(() => asked, [0])
  loop.offer([...records(0, 2), ...records(3, 4)], 0)
  loop.offer(records(5, 6), 4)
  await until(() => batches.flat(), [0, 1, 3, 5])
  loop.end()
  await running
})

test('stops with log_rewound when the broker begins again before the position', async () => {
  const { loop, running, asked, bounds, until } = start({ assigned: () => 20 })
  await until(() => asked, [20])
  bounds.next = 5
  expect(loop.offer(records(0, 5), 0)).toBe(false)
  await expect(running).rejects.toMatchObject({ code: 'log_rewound', details: { wanted: 20, next: 5 } })
})

test('ends after the batch under way and takes nothing more', async () => {
  const started = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { loop, running, asked, batches, until } = start({ batch: async () => { started.resolve(); await release.promise } })
  await until(() => asked, [0])
  loop.offer(records(0, 6), 0)
  await started.promise
  loop.end()
  expect(loop.offer(records(6, 7), 6)).toBe(false)
  release.resolve()
  await running
  expect(batches).toEqual([[0, 1, 2, 3]])
})
