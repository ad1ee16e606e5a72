import { expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { Deadlines } from './deadlines.ts'
import { until } from './testing/edge.ts'

test('expires what is due and not what was cancelled', async () => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock, 100)
  const expired: string[] = []
  deadlines.after(150, () => expired.push('first'))
  deadlines.after(150, () => expired.push('cancelled')).cancel()
  deadlines.after(1_000, () => expired.push('later'))
  clock.tick(100)
  await until(() => true)
  expect(expired).toEqual([])
  clock.tick(100)
  await until(() => expired.length > 0)
  expect(expired).toEqual(['first'])
  await deadlines.close()
})

test('a promise that is late is given up with the reason', async () => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock, 100)
  const late = deadlines.race(new Promise(() => undefined), 100, () => new Error('late'))
  clock.tick(100)
  await expect(late).rejects.toThrow('late')
  await deadlines.close()
})

test('a promise in time gives its own outcome', async () => {
  const deadlines = new Deadlines(new TestClock(), 100)
  await expect(deadlines.race(Promise.resolve(7), 100, () => new Error('late'))).resolves.toBe(7)
  await expect(deadlines.race(Promise.reject(new Error('broken')), 100, () => new Error('late'))).rejects.toThrow('broken')
  await deadlines.close()
})
