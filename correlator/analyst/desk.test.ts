import { afterEach, beforeEach, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startDesk, type Desk } from './desk.ts'
import type { AnalysisStore, Waiting } from './ports.ts'

let clock: TestClock
let waiting: Waiting[]
let released: string[]
let sweeps: number
let gauges: [number, number][]
let under: Map<string, { finish: () => void; fail: (error: Error) => void; signal: AbortSignal }>
let mostUnder: number
let claimFails: boolean
let desk: Desk

beforeEach(() => {
  clock = new TestClock()
  ;[waiting, released, sweeps, gauges, under, mostUnder, claimFails] = [[], [], 0, [], new Map(), 0, false]
  const store = {
    claim: async (_logNowMs: ReadonlyMap<number, number>, limit: number) => {
      if (claimFails) throw new Error('the database is away')
      return waiting.splice(0, limit)
    },
    release: async (incidentId: string) => void released.push(incidentId), sweep: async () => { sweeps += 1; return 0 }, queue: async () => ({ waiting: waiting.length, skipped: 0 }),
  } satisfies Partial<AnalysisStore>
  desk = startDesk({
    store: store as Partial<AnalysisStore> as AnalysisStore, clock, logNowMs: async () => new Map(), logger: { info() {}, warn() {} },
    metrics: { ended() {}, spent() {}, cache() {}, budget() {}, queue: (now, skipped) => gauges.push([now, skipped]) },
    analyse: ({ incidentId }, signal) => new Promise((resolve, reject) => {
      under.set(incidentId, { finish: () => { under.delete(incidentId); resolve() }, fail: (error) => { under.delete(incidentId); reject(error) }, signal })
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      mostUnder = Math.max(mostUnder, under.size)
    }),
  })
})
afterEach(() => desk.stop())

const wait = (id: string): void => void waiting.push({ incidentId: id, companyId: 'c', why: 'critical' })
const names = (): string[] => [...under.keys()].sort()
/** Lets the desk look, as often as it takes. */
const looked = (condition: () => unknown) => expect.poll(() => {
  clock.tick(1_000)
  return condition()
})

it('has four under way at once, and takes the next as one ends', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) wait(id)
  await looked(names).toEqual(['a', 'b', 'c', 'd'])
  under.get('b')!.finish()
  await looked(names).toEqual(['a', 'c', 'd', 'e'])
  expect(mostUnder).toBe(4)
})

it('does not put one incident into its hands twice', async () => {
  wait('a')
  await looked(names).toEqual(['a'])
  const first = under.get('a')
  wait('a')
  await looked(() => waiting.length).toBe(0)
  expect(under.get('a')).toBe(first)
})

it('looks at once when it is woken', async () => {
  await looked(() => gauges.length > 0).toBe(true)
  wait('a')
  desk.wake()
  await expect.poll(names).toEqual(['a'])
})

it('gives back what fails, and goes on when the store is away for a while', async () => {
  wait('a')
  await looked(names).toEqual(['a'])
  under.get('a')!.fail(new Error('no database'))
  await looked(() => released).toEqual(['a'])
  claimFails = true
  clock.tick(5_000)
  claimFails = false
  wait('b')
  await looked(names).toEqual(['b'])
})

it('settles what dead processes left at the start and each minute', async () => {
  await looked(() => sweeps).toBe(1)
  clock.tick(60_000)
  await looked(() => sweeps).toBeGreaterThan(1)
})

it('ends the calls under way when it stops, and gives nothing back that may have been paid for', async () => {
  wait('a')
  await looked(names).toEqual(['a'])
  const { signal } = under.get('a')!
  await desk.stop()
  expect([signal.aborted, released]).toEqual([true, []])
})
