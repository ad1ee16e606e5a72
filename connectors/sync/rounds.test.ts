import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { zendesk } from '../zendesk/index.ts'
import { pollConnection, type RoundTools } from './rounds.ts'
import { ABLE, snapshot } from './test-world.ts'

/** What is listed of a ticket that changed so long ago, with when it is read. */
async function polled(ageMs: number): Promise<readonly (readonly [string, number])[]> {
  const clock = new TestClock()
  const listed: (readonly [string, number])[] = []
  const store: RoundTools['store'] = {
    takePoll: async () => ({ cursor: null }), pollFailed: async () => Promise.reject(new Error('it failed')), readBack: async () => 0, relist: async () => 0, askedAnew: async () => 0, forget: async () => undefined,
    polled: async (_id, _cursor, hints) => listed.push(...hints.map(({ externalId }) => [externalId, 0] as const)),
    add: async (_id, _via, hints, inMs) => listed.push(...hints.map(({ externalId }) => [externalId, inMs] as const)),
  }
  const connector = { ...zendesk, capabilities: { ...ABLE, changes: 'poll' as const }, changedSince: async () => ({ changed: [snapshot({ updatedAtMs: clock.now() - ageMs })], cursor: 'next' }) }
  const context = (): never => ({} as never)
  await pollConnection({ store, clock, connections: async () => [], pollMs: { poll: 1_000, webhook: 1_000 }, logger: { warn: () => undefined }, found: () => undefined }, { connector, connection: { id: 'con', companyId: null } as never, account: 'a', context })
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
