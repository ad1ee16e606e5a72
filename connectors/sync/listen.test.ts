import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { ConnectorError } from '../port.ts'
import { startListening, type DueRead, type ListenTools } from './listen.ts'
import type { ReadyConnection } from './ports.ts'
import { snapshot } from './test-world.ts'

/** Hints in memory over connections whose reading the test ends by hand: `con/ticket`. */
function world() {
  const clock = new TestClock()
  let waiting: DueRead[] = []
  const reading = new Map<string, PromiseWithResolvers<void>>()
  const warned: string[] = []
  const urgencies: number[] = []
  const hint = (connectionId: string, externalId: string, isReadBack: boolean): DueRead => ({ connectionId, externalId, lastId: 1, via: isReadBack ? 'reconcile' : 'hook', isReadBack, attempts: 0, receivedAtMs: 0 })
  const ready = (id: string): ReadyConnection => ({
    connector: { read: async ({ externalId }: { externalId: string }) => {
      const ended = Promise.withResolvers<void>()
      reading.set(`${id}/${externalId}`, ended)
      await ended.promise
      return snapshot()
    } } as never,
    connection: { id, environment: 'production' } as never, account: id,
    context: ({ urgency }) => {
      urgencies.push(urgency)
      return {} as never
    },
  })
  const tools: ListenTools = {
    clock, logger: { warn: (_fields, message) => void warned.push(message) }, said: () => undefined, metrics: { read: () => undefined, word: () => undefined }, mayCall: async () => true,
    connections: { open: async (id) => ready(id), effective: async () => null },
    rows: { read: async () => [], write: async () => true, refresh: async () => undefined, answer: async () => null },
    hints: {
      async claim(limit, { isReadBack, perConnection, busy }) {
        const room = new Map<string, number>()
        const taken = waiting.filter((one) => {
          if (one.isReadBack !== isReadBack) return false
          const left = room.get(one.connectionId) ?? perConnection - (busy[one.connectionId] ?? 0)
          room.set(one.connectionId, left - 1)
          return left > 0
        }).slice(0, limit)
        waiting = waiting.filter((one) => !taken.includes(one))
        return taken
      },
      done: async () => undefined,
      release: async (one) => void waiting.push({ ...one, attempts: one.attempts + 1 }),
      add: async () => 0,
    },
  }
  const listening = startListening(tools)
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }
  return {
    clock, warned, urgencies, reading: () => [...reading.keys()].sort(),
    async tell(...told: readonly (readonly [string, string, boolean?])[]) {
      waiting.push(...told.map(([connectionId, externalId, isReadBack = false]) => hint(connectionId, externalId, isReadBack)))
      listening.wake()
      await settled()
    },
    async end(name: string, error?: Error) {
      const ended = reading.get(name)
      reading.delete(name)
      if (error === undefined) ended?.resolve()
      else ended?.reject(error)
      await settled()
    },
    async ticked(ms: number) {
      clock.tick(ms)
      await settled()
    },
    async stop() {
      const stopped = listening.stop()
      for (const ended of reading.values()) ended.resolve()
      await stopped
    },
  }
}
const names = (connectionId: string, count: number, isReadBack: boolean): (readonly [string, string, boolean])[] => Array.from({ length: count }, (_, at) => [connectionId, `${at}`, isReadBack] as const)

describe('listening', () => {
  it('reads what somebody told of though as many as may be are read back, and the other way about', async () => {
    const { tell, reading, urgencies, stop } = world()
    await tell(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((id) => names(id, 3, true)))
    expect(reading()).toHaveLength(12)
    await tell(['a', 'told'])
    expect(reading()).toContain('a/told')
    expect([...new Set(urgencies)]).toEqual([4, 2])
    await stop()
  })

  it('lets a system that is slow keep its own places only', async () => {
    const { tell, reading, end, stop } = world()
    await tell(...names('slow', 9, true), ...names('quick', 4, true))
    expect(reading()).toEqual(['quick/0', 'quick/1', 'slow/0', 'slow/1'])
    await end('quick/0')
    await end('quick/1')
    expect(reading()).toEqual(['quick/2', 'quick/3', 'slow/0', 'slow/1'])
    await stop()
  })

  it('reads nothing of a connection back until its budget has room again, tells nobody of it, and goes on with others', async () => {
    const { tell, reading, end, ticked, warned, stop } = world()
    await tell(...names('full', 3, true), ...names('free', 1, true))
    await end('full/0', new ConnectorError('budget', 'not called', { retryAfterMs: 5_000 }))
    await end('full/1', new ConnectorError('budget', 'not called', { retryAfterMs: 5_000 }))
    await tell(['full', 'told'], ['other', 'x', true])
    expect(reading()).toEqual(['free/0', 'full/told', 'other/x'])
    await ticked(4_999)
    expect(reading()).not.toContain('full/2')
    await ticked(501)
    expect(reading()).toEqual(['free/0', 'full/0', 'full/2', 'full/told', 'other/x'])
    expect(warned).toEqual([])
    await stop()
  })
})
