import { expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { CLOUDS } from '../../schemas/runs.ts'
import { makeExecutors } from './registry.ts'

test('every cloud has one executor, and keeps it', async () => {
  const executors = makeExecutors(new TestClock())
  for (const cloud of CLOUDS) {
    const executor = await executors(cloud)
    expect(executor.cloud).toBe(cloud)
    expect(await executors(cloud)).toBe(executor)
  }
})
