import { expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { makeExecutors } from './registry.ts'

test('every cloud that can be had has one executor, and keeps it', async () => {
  const executors = makeExecutors(new TestClock())
  for (const cloud of ['aws', 'azure'] as const) {
    const executor = await executors(cloud)
    expect(executor.cloud).toBe(cloud)
    expect(await executors(cloud)).toBe(executor)
  }
})
