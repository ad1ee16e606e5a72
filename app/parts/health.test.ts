import { expect, it } from 'vitest'
import type { Engines } from './engines.ts'
import { check, healthOf } from './health.ts'
import { TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'

const clock = new TestClock()

/** Engines of a process that only appends; nothing else of them is asked. */
function engines(log: { ends?: () => Promise<[]>; refusing?: () => Promise<string | null> }): Engines {
  return { log: { ends: async () => [], refusing: async () => null, ...log }, database: async () => ({ query: async () => [] }) } as Partial<Record<keyof Engines, unknown>> as Engines
}

it('is not ready while the log refuses records, and says why', async () => {
  expect(await healthOf(engines({}), ['relay'], clock).ready()).toEqual([{ name: 'log', ok: true, message: null, latencyMs: 0 }, { name: 'database', ok: true, message: null, latencyMs: 0 }])
  const [log] = await healthOf(engines({ refusing: async () => 'its disk has 3 MiB free, and the log leaves 128 MiB: free some space' }), ['relay'], clock).ready()
  expect(log).toMatchObject({ name: 'log', ok: false, message: 'takes no records: its disk has 3 MiB free, and the log leaves 128 MiB: free some space' })
})

it('tells an engine that does not answer without its own words, which may hold addresses', async () => {
  const away = async (): Promise<never> => {
    throw new AppError('engine_unavailable', 'connecting to postgres://user:secret@db')
  }
  expect(await check('database', away, clock)).toMatchObject({ ok: false, message: 'does not answer (engine_unavailable); aw doctor says how to mend it' })
})

it('does not wait for an engine that never answers', async () => {
  const asked = check('analytics', () => new Promise<null>(() => undefined), clock)
  clock.tick(3_000)
  expect(await asked).toMatchObject({ ok: false, message: 'no answer within 3000 ms' })
})
