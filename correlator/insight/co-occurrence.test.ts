/** What the learner takes for a cause, and what not. */
import { expect, it } from 'vitest'
import { CauseLearner, type Occurrence } from './co-occurrence.ts'

const HOUR_MS = 3_600_000
const learned = (occurrences: readonly Occurrence[], neighbours?: (asset: string) => readonly string[]): CauseLearner => {
  const learner = new CauseLearner(neighbours)
  for (const occurrence of [...occurrences].sort((a, b) => a.atMs - b.atMs)) learner.take(occurrence)
  return learner
}
const pairsOf = (learner: CauseLearner): string[] => learner.rules().map(({ cause, effect }) => `${cause} > ${effect}`)
const times = (count: number, make: (i: number) => Occurrence[]): Occurrence[] => Array.from({ length: count }, (_, i) => make(i)).flat()

it('learns that the fan brings the heat about, not the other way round', () => {
  const learner = learned(times(20, (i) => [{ asset: 'sw-1', kind: 'fan', atMs: i * HOUR_MS }, { asset: 'sw-1', kind: 'heat', atMs: i * HOUR_MS + 30_000 }]))
  expect(learner.rules()).toEqual([{ cause: 'fan', effect: 'heat', support: 20, confidence: 1, lift: expect.any(Number) }])
  expect(learner.rules()[0]?.lift).toBeGreaterThan(10)
})

it('asks for a minute between them, on the same asset or one next to it', () => {
  const far = times(20, (i) => [{ asset: 'a', kind: 'fan', atMs: i * HOUR_MS }, { asset: 'b', kind: 'heat', atMs: i * HOUR_MS + 30_000 }])
  expect(pairsOf(learned(far))).toEqual([])
  expect(pairsOf(learned(far, (asset) => (asset === 'b' ? ['a'] : ['b'])))).toEqual(['fan > heat'])
  expect(pairsOf(learned(times(20, (i) => [{ asset: 'a', kind: 'fan', atMs: i * HOUR_MS }, { asset: 'a', kind: 'heat', atMs: i * HOUR_MS + 90_000 }])))).toEqual([])
})

it('passes over what meets by chance, and what was seen twice only', () => {
  const noise = times(600, (i) => [{ asset: 'a', kind: 'ping', atMs: i * 61_000 }, { asset: 'a', kind: 'login', atMs: i * 61_000 + 30_500 }])
  expect(learned(noise).rules({ support: 3, lift: 2 })).toEqual([])
  expect(pairsOf(learned(times(2, (i) => [{ asset: 'a', kind: 'fan', atMs: i * HOUR_MS }, { asset: 'a', kind: 'heat', atMs: i * HOUR_MS + 1_000 }])))).toEqual([])
})

it('does not care for the order of alerts of one time', () => {
  const alerts = times(12, (i) => ['x', 'y', 'z'].map((kind) => ({ asset: 'a', kind, atMs: i * HOUR_MS })))
  const one = new CauseLearner()
  const other = new CauseLearner()
  for (let i = 0; i < alerts.length; i += 3) {
    for (const alert of alerts.slice(i, i + 3)) one.take(alert)
    for (const alert of alerts.slice(i, i + 3).reverse()) other.take(alert)
  }
  expect(other.rules()).toEqual(one.rules())
})

it('stays bounded and counts what it left out', () => {
  const learner = new CauseLearner()
  for (let i = 0; i < 2_500; i += 1) learner.take({ asset: 'a', kind: `kind-${i}`, atMs: i })
  expect(learner.leftOut).toBeGreaterThan(1_400)
})
