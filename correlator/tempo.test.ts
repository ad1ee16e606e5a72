import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TempoEntry } from '../schemas/records.ts'
import { SPAN_MS, Tempo } from './tempo.ts'

const T0 = 1_700_000_040_000
const HOUR_S = 3_600

/** Hears problems at these seconds; the span of the last. */
function heard(seconds: readonly number[], tempo = new Tempo('acme', '')): number {
  let span = 0
  for (const second of seconds) span = tempo.hear(T0 + second * 1_000)
  return span
}
const every = (seconds: number, count: number): number[] => Array.from({ length: count }, (_, i) => i * seconds)
/** Pauses that differ, as those of unrelated problems do: half of the mean, the mean, and twice it. */
const about = (seconds: number, count: number): number[] => {
  let at = 0
  return Array.from({ length: count }, (_, i) => (at += [seconds / 2, seconds, seconds / 4, 2 * seconds, seconds / 2][i % 5] ?? seconds))
}

it.each([
  ['nothing is known', [0], SPAN_MS, SPAN_MS],
  ['something comes every quarter of an hour', about(900, 60), SPAN_MS, 180_000],
  ['something comes every two minutes', about(120, 400), 15_000, 30_000],
  ['something comes every ten seconds', about(10, 2_000), 2_000, 4_000],
  ['a storm brings something each second for five minutes', every(1, 300), SPAN_MS, SPAN_MS],
  ['a storm goes on at an even pace for fifty minutes', every(3, 1_000), SPAN_MS / 3, SPAN_MS / 3],
  ['that pace has lasted for more than an hour', every(3, 1_300), 2_000, 4_000],
  ['a tool measures every five minutes and speaks every half hour', [0, 1_800, 2_100, 3_900, 5_700, 6_000, 7_800, 9_600, 9_900, 11_700], 90_000, 360_000],
])('asks of problems to begin near each other where %s', (_, seconds, least, most) => {
  const span = heard(seconds)
  expect(span).toBeGreaterThanOrEqual(least)
  expect(span).toBeLessThanOrEqual(most)
})

it('lets the span fall below a third of what it was only where the pace has lasted for an hour, however quiet it was before', () => {
  const tempo = new Tempo('acme', '')
  const quiet = about(900, 60)
  const end = quiet.at(-1) ?? 0
  expect(heard(quiet, tempo)).toBeGreaterThanOrEqual(SPAN_MS)
  const spans = about(10, 1_000).map((second) => tempo.hear(T0 + (end + second) * 1_000))
  const fall = spans.findIndex((span) => span < SPAN_MS / 3)
  expect(about(10, 1_000)[fall]).toBeGreaterThan(HOUR_S)
  expect(spans.at(-1)).toBeLessThan(5_000)
})

it('forgets a busy time within hours', () => {
  const tempo = new Tempo('acme', '')
  const busy = about(10, 2_000)
  const end = busy.at(-1) ?? 0
  expect(heard(busy, tempo)).toBeLessThan(5_000)
  expect(heard(about(1_200, 40).map((second) => end + second), tempo)).toBeGreaterThanOrEqual(SPAN_MS)
})

it('gives each problem the same span whatever the order of arrival within the lateness bound, and after a restart', () => {
  const onsets = fc.array(fc.record({ pauseMs: fc.oneof(fc.nat(12_000), fc.nat(200_000)), delayMs: fc.nat(60_000), count: fc.constantFrom(1, 1, 30) }), { minLength: 1, maxLength: 30, size: 'max' })
  fc.assert(fc.property(onsets, fc.nat(5), (list, restartEvery) => {
    let at = T0
    const events = list.flatMap(({ pauseMs, delayMs, count }) => Array.from({ length: count }, (_, i) => ({ pauseMs: count === 1 ? pauseMs : pauseMs % 12_000, delayMs: (delayMs + i * 17_000) % 60_000 })))
      .map(({ pauseMs, delayMs }, id) => ({ id, at: (at += pauseMs), arrivesAt: at + delayMs }))
    const spans = (order: typeof events, cut: number): number[] => {
      let tempo = new Tempo('acme', '')
      const found: number[] = []
      order.forEach((event, i) => {
        found[event.id] = tempo.hear(event.at)
        if (cut > 0 && i % cut === 0) tempo = new Tempo('acme', '', structuredClone(tempo.entry.event as TempoEntry))
      })
      return found
    }
    expect(spans([...events].sort((a, b) => a.arrivesAt - b.arrivesAt), restartEvery)).toEqual(spans(events, 0))
    // Storms of more than an hour, in which the span falls to its floor and then below it.
  }), { numRuns: 200, examples: [[[{ pauseMs: 3_000, delayMs: 0, count: 1_500 }], 0], [[{ pauseMs: 200_000, delayMs: 0, count: 1 }, { pauseMs: 7_000, delayMs: 9_000, count: 800 }], 7]] })
})

it('keeps no more than two minutes of what is not learned yet, however many come', () => {
  const tempo = new Tempo('acme', '')
  for (let i = 0; i < 50_000; i += 1) tempo.hear(T0 + i * 100)
  const { pendingS, spansMs, pauses } = tempo.entry.event as TempoEntry
  expect(pendingS.length).toBeLessThanOrEqual(120)
  expect(spansMs).toHaveLength(63)
  expect(pauses).toHaveLength(68)
})
