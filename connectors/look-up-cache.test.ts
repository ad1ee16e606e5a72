import { expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
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
