import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { zendesk } from '../zendesk/index.ts'
import { pollConnection, startRounds, type RoundTools } from './rounds.ts'
import { ABLE, snapshot } from './test-world.ts'

/** What is listed of a ticket that changed so long ago, with when it is read. */
async function polled(ageMs: number): Promise<readonly (readonly [string, number])[]> {
  const clock = new TestClock()
  const listed: (readonly [string, number])[] = []
  const store: RoundTools['store'] = {
    pollsDue: async (ids) => ids, takePoll: async () => ({ cursor: null }), pollFailed: async () => Promise.reject(new Error('it failed')), readBack: async () => 0, relist: async () => 0, replaced: async () => 0, askedAnew: async () => 0, forget: async () => undefined,
    polled: async (_id, _cursor, hints) => listed.push(...hints.map(({ externalId }) => [externalId, 0] as const)),
    add: async (_id, _via, hints, inMs) => listed.push(...hints.map(({ externalId }) => [externalId, inMs] as const)),
  }
  const connector = { ...zendesk, capabilities: { ...ABLE, changes: 'poll' as const }, changedSince: async () => ({ changed: [snapshot({ updatedAtMs: clock.now() - ageMs })], cursor: 'next' }) }
  const context = (): never => ({} as never)
  await pollConnection({ store, clock, connections: async () => [], open: async () => null, pollMs: { poll: 1_000, webhook: 1_000 }, logger: { warn: () => undefined }, found: () => undefined }, { connector, connection: { id: 'con', companyId: null } as never, account: 'a', context })
  return listed
}

describe('asking what has changed', () => {
  it('has a ticket that changed a moment ago read once more when its second is over, for another change in it would carry the same time', async () => {
    expect(await polled(500)).toEqual([['x1', 0], ['x1', 2_000]])
  })

  it('has one that changed before read once', async () => {
    expect(await polled(60_000)).toEqual([['x1', 0]])
  })
})

describe('the rounds', () => {
  it('ask other systems and list tickets while one system does not answer', async () => {
    const clock = new TestClock()
    const slow = Promise.withResolvers<null>()
    const asked: string[] = []
    const listed: number[] = []
    let rounds = 0
    const store: RoundTools['store'] = {
      pollsDue: async (ids) => ids, takePoll: async () => null, pollFailed: async () => undefined, polled: async () => 0, add: async () => 0, relist: async () => 0, askedAnew: async () => 0, forget: async () => undefined,
      readBack: async () => (rounds += 1), replaced: async (limit) => listed.push(limit),
    }
    const running = startRounds({
      store, clock, pollMs: { poll: 1_000, webhook: 1_000 }, logger: { warn: () => undefined }, found: () => undefined, connections: async () => ['slow', 'quick'],
      open: async (id) => {
        asked.push(id)
        return id === 'slow' ? slow.promise : null
      },
    })
    for (let second = 0; second < 10; second++) {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      clock.tick(1_000)
    }
    expect(asked.filter((id) => id === 'slow')).toHaveLength(1)
    expect(asked.filter((id) => id === 'quick').length).toBeGreaterThanOrEqual(9)
    expect(rounds).toBe(2)
    // Those whose connection was replaced: once a minute, and a bounded number of them.
    expect(listed).toEqual([200])
    slow.resolve(null)
    clock.tick(1_000)
    await running.stop()
  })
})
