import { describe, expect, it } from 'vitest'
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { TrackedProblem } from '../schemas/records.ts'
import { FLAP_QUIET_MS, observe, settle, type Observed } from './dedupe.ts'

const T0 = Date.UTC(2026, 0, 1)
const alert = (over: Partial<NormalisedAlert> = {}): NormalisedAlert => ({
  source: 'zabbix', externalId: '7', asset: 'web-1', signature: 'CPU', severity: 'high', status: 'firing', title: 'CPU', message: '', startsAtMs: null, labels: {}, ...over,
})

/** Plays observations one by one, each at its second, and keeps the problem between them. */
function play(steps: readonly (readonly [second: number, over: Partial<NormalisedAlert>])[]): { tracked: TrackedProblem | null; told: (string | null)[] } {
  let tracked: TrackedProblem | null = null
  const told: (string | null)[] = []
  steps.forEach(([second, over], index) => {
    const result: Observed = observe(tracked, alert(over), {
      companyId: 'c', integrationId: 'i', problemKey: 'v1:i:7', alertId: `d${index}:0`, partition: 0, atMs: T0 + second * 1_000, version: index,
    })
    tracked = result.tracked
    told.push(result.change ?? result.reason)
  })
  return { tracked, told }
}

describe('observe', () => {
  it('opens once and tells repeats at counts 2, 4 and 8 only', () => {
    const { told, tracked } = play(Array.from({ length: 9 }, (_, i) => [i, {}] as const))
    expect(told).toEqual(['opened', 'repeated', 'repeat', 'repeated', 'repeat', 'repeat', 'repeat', 'repeated', 'repeat'])
    expect(tracked?.problem.count).toBe(9)
  })

  it('tells a changed severity at once', () => {
    expect(play([[0, {}], [1, {}], [2, { severity: 'critical' }]]).told).toEqual(['opened', 'repeated', 'changed'])
  })

  it('keeps the known severity when a repeat does not name one', () => {
    expect(play([[0, {}], [1, { severity: 'unknown' }]]).tracked?.problem.severity).toBe('high')
  })

  it('resolves, counts a second resolve, and reopens as the next episode', () => {
    const { told, tracked } = play([[0, {}], [60, { status: 'resolved' }], [61, { status: 'resolved' }], [120, {}]])
    expect(told).toEqual(['opened', 'resolved', 'already_resolved', 'reopened'])
    expect(tracked?.problem).toMatchObject({ status: 'firing', episode: 2, count: 1, firstAtMs: T0 + 120_000, resolvedAtMs: null })
  })

  it('drops a resolve of something it never saw', () => {
    expect(play([[0, { status: 'resolved' }]])).toEqual({ tracked: null, told: ['nothing_to_resolve'] })
  })

  it('never opens for a check that cannot tell, and never resolves by it', () => {
    expect(play([[0, { status: 'no_data' }]]).told).toEqual(['no_data'])
    expect(play([[0, {}], [1, { status: 'no_data' }]]).tracked?.problem.status).toBe('firing')
  })

  it('treats a status word nobody knows as firing', () => {
    expect(play([[0, { status: 'unknown' }]]).told).toEqual(['opened'])
  })

  it('does not reopen for a late sighting of the episode that was resolved', () => {
    expect(play([[0, { startsAtMs: T0 - 9_000 }], [30, { status: 'resolved', startsAtMs: T0 - 9_000 }], [31, { startsAtMs: T0 - 9_000 }]]).told)
      .toEqual(['opened', 'resolved', 'stale'])
  })

  it('reopens when the vendor names a new start', () => {
    expect(play([[0, { startsAtMs: T0 - 9_000 }], [30, { status: 'resolved', startsAtMs: T0 - 9_000 }], [90, { startsAtMs: T0 + 80_000 }]]).told)
      .toEqual(['opened', 'resolved', 'reopened'])
  })

  it('does not resolve by a late resolve of an earlier episode', () => {
    const { tracked, told } = play([[0, { startsAtMs: T0 }], [60, { status: 'resolved', startsAtMs: T0 }], [90, { startsAtMs: T0 + 90_000 }], [91, { status: 'resolved', startsAtMs: T0 }]])
    expect([tracked?.problem.status, told.at(-1)]).toEqual(['firing', 'stale'])
  })

  it('resolves a first episode also when its end names an earlier start, as a merged pair of watchers does', () => {
    expect(play([[0, { startsAtMs: T0 }], [1, { status: 'resolved', startsAtMs: T0 - 60_000 }]]).told).toEqual(['opened', 'resolved'])
  })

  it('still resolves when a tool stamps each message with its own time', () => {
    expect(play([[0, { startsAtMs: T0 }], [60, { startsAtMs: T0 + 60_000 }], [90, { status: 'resolved', startsAtMs: T0 }]]).told).toEqual(['opened', 'repeated', 'resolved'])
  })

  it('clamps vendor time to the day before the append', () => {
    expect(play([[0, { startsAtMs: 0 }]]).tracked?.problem.startsAtMs).toBe(T0 - 86_400_000)
    expect(play([[0, { startsAtMs: T0 + 99_000 }]]).tracked?.problem.startsAtMs).toBe(T0)
  })

  it('keeps the words of the problem when somebody acknowledges it without any', () => {
    const { tracked } = play([[0, { title: 'disk full', message: '97 %' }], [5, { status: 'acknowledged', title: 'db-7/disk', message: '' }]])
    expect(tracked?.problem).toMatchObject({ title: 'disk full', message: '97 %', acknowledged: true })
  })

  it('remembers that somebody acknowledged it in the tool', () => {
    const { told, tracked } = play([[0, {}], [5, { status: 'acknowledged' }]])
    expect([told[1], tracked?.problem.acknowledged]).toEqual(['changed', true])
  })
})

describe('flapping', () => {
  const back = (second: number) => [second, { status: 'resolved' as const }] as const
  const flapping = [[0, {}], back(10), [20, {}], back(30), [40, {}], back(50)] as const

  it('starts at the fifth flip within half an hour, and then only counts', () => {
    const { told, tracked } = play([...flapping, [60, {}], back(70)])
    expect(told).toEqual(['opened', 'resolved', 'reopened', 'resolved', 'reopened', 'changed', 'flapping', 'flapping'])
    expect(tracked?.problem).toMatchObject({ status: 'firing', flapping: true })
  })

  it('ends in the state it came to rest in, after ten quiet minutes', () => {
    const { tracked } = play(flapping)
    expect(tracked && settle(tracked, T0 + 50_000 + FLAP_QUIET_MS - 1)).toBeNull()
    expect(tracked && settle(tracked, T0 + 50_000 + FLAP_QUIET_MS)).toBe('resolved')
    expect(tracked?.problem).toMatchObject({ status: 'resolved', flapping: false, resolvedAtMs: T0 + 50_000 })
  })

  it('does not start when the flips are far apart', () => {
    const steps = Array.from({ length: 8 }, (_, i) => [i * 1_000, i % 2 === 0 ? {} : { status: 'resolved' as const }] as const)
    expect(play(steps).tracked?.problem.flapping).toBe(false)
  })
})
