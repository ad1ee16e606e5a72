import { expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { ConnectorError } from './port.ts'
import { lookUpCache } from './look-up-cache.ts'

const clock = new TestClock()
const ONE = { id: 'one', version: 1 }

test('asks once for as long as told, however many want it, and again after that', async () => {
  const cache = lookUpCache(clock)
  let asked = 0
  const load = async (): Promise<number> => ++asked
  expect(await Promise.all([cache(ONE)('users', 1_000, load), cache(ONE)('users', 1_000, load)])).toEqual([1, 1])
  clock.tick(999)
  expect(await cache(ONE)('users', 1_000, load)).toBe(1)
  clock.tick(1)
  expect(await cache(ONE)('users', 1_000, load)).toBe(2)
})

test('keeps connections apart, also a changed one from what it was', async () => {
  const cache = lookUpCache(clock)
  expect(await cache(ONE)('x', 1_000, async () => 'a')).toBe('a')
  expect(await cache({ id: 'two', version: 1 })('x', 1_000, async () => 'b')).toBe('b')
  expect(await cache({ id: 'one', version: 2 })('x', 1_000, async () => 'c')).toBe('c')
})

test('forgets a failure', async () => {
  const cache = lookUpCache(clock)
  await expect(cache(ONE)('x', 1_000, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(await cache(ONE)('x', 1_000, async () => 'there')).toBe('there')
})

test('keeps no more than it has room for', async () => {
  const cache = lookUpCache(clock)
  let asked = 0
  for (let n = 0; n <= 5_000; n++) await cache(ONE)(`k${n}`, 1_000, async () => n)
  await cache(ONE)('k5000', 1_000, async () => { asked += 1; return 0 })
  expect(asked).toBe(0)
  await cache(ONE)('k0', 1_000, async () => { asked += 1; return 0 })
  expect(asked).toBe(1)
})

test('gives nobody the refusal of another’s turn, or the end of another’s work: whoever waited with it asks for itself', async () => {
  const cached = lookUpCache(new TestClock())({ id: 'c1', version: 1 })
  for (const code of ['budget', 'aborted'] as const) {
    let refuse = (): void => undefined
    const usual = cached(code, 1_000, () => new Promise<string>((_resolve, reject) => { refuse = () => reject(new ConnectorError(code, 'not called', { retryAfterMs: 3_600_000 })) }))
    const critical = [cached(code, 1_000, async () => 'asked'), cached(code, 1_000, async () => 'asked too')]
    refuse()
    await expect(usual).rejects.toThrow('not called')
    expect(await Promise.all(critical)).toEqual(['asked', 'asked'])
  }
})

test('asks no more than once where what fails fails for all', async () => {
  const cached = lookUpCache(new TestClock())({ id: 'c1', version: 1 })
  let calls = 0
  const load = async (): Promise<string> => { calls += 1; throw new ConnectorError('unauthorized', 'no') }
  const all = await Promise.allSettled([cached('k', 1_000, load), cached('k', 1_000, load), cached('k', 1_000, load)])
  expect([all.map(({ status }) => status), calls]).toEqual([['rejected', 'rejected', 'rejected'], 1])
})
