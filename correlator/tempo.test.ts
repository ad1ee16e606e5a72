import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TempoEntry } from '../schemas/records.ts'
import { SPAN_MS, Tempo } from './tempo.ts'

const T0 = 1_700_000_040_000

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
  ['a tool measures every five minutes and speaks every half hour', [0, 1_800, 2_100, 3_900, 5_700, 6_000, 7_800, 9_600, 9_900, 11_700], 90_000, 360_000],
])('asks of problems to begin near each other where %s', (_, seconds, least, most) => {
  const span = heard(seconds)
  expect(span).toBeGreaterThanOrEqual(least)
  expect(span).toBeLessThanOrEqual(most)
})

it('forgets a busy time within hours', () => {
  const tempo = new Tempo('acme', '')
  const busy = about(10, 2_000)
  const end = busy.at(-1) ?? 0
  expect(heard(busy, tempo)).toBeLessThan(5_000)
  expect(heard(about(1_200, 40).map((second) => end + second), tempo)).toBeGreaterThanOrEqual(SPAN_MS)
})

it('gives each problem the same span whatever the order of arrival within the lateness bound, and after a restart', () => {
  const onsets = fc.array(fc.record({ pauseMs: fc.oneof(fc.nat(5_000), fc.nat(200_000)), delayMs: fc.nat(60_000) }), { minLength: 1, maxLength: 120 })
  fc.assert(fc.property(onsets, fc.nat(5), (list, restartEvery) => {
    let at = T0
    const events = list.map(({ pauseMs, delayMs }, id) => ({ id, at: (at += pauseMs), arrivesAt: at + delayMs }))
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
  }), { numRuns: 200 })
})

it('keeps no more than two minutes of what is not learned yet, however many come', () => {
  const tempo = new Tempo('acme', '')
  for (let i = 0; i < 50_000; i += 1) tempo.hear(T0 + i * 100)
  const { pendingS, spansMs, pauses } = tempo.entry.event as TempoEntry
  expect(pendingS.length).toBeLessThanOrEqual(120)
  expect(spansMs).toHaveLength(4)
  expect(pauses).toHaveLength(68)
})
