import { describe, expect, it } from 'vitest'
import type { Label } from '../../schemas/labels.ts'
import type { TunedSettings } from '../../schemas/tuning.ts'
import { deduplicator, type BacktestAlert } from '../backtest-problems.ts'
import type { BacktestLine } from '../replay.ts'
import { DEFAULT_WEIGHTS } from '../settings.ts'
import { labelJudge, truthJudge } from './judges.ts'
import { search } from './search.ts'
import { tune, type TuneStep } from './tune.ts'

const START_MS = Date.UTC(2026, 0, 5)
const HOUR_MS = 3_600_000
const START: TunedSettings = { windowMs: 600_000, maxLifeMs: 4 * HOUR_MS, joinThreshold: 0.5, weights: { ...DEFAULT_WEIGHTS } }

const line = (alertId: string, incidentId: string | null): BacktestLine => ({ alertId, incidentId })

describe('the search', () => {
  /** Best at a threshold of 0.8, on every part of the time. */
  const hill = ({ joinThreshold }: TunedSettings): number[] => Array.from({ length: 4 }, () => 1 - Math.abs(joinThreshold - 0.8))

  it('climbs, within its number of evaluations, and gives the same answer for the same seed', () => {
    const options = { start: START, evaluate: hill, seed: 7, evaluations: 80 }
    const found = search(options)
    expect(found.before.mean).toBeCloseTo(0.7)
    expect(found.after.mean).toBeGreaterThan(0.97)
    expect(found).toMatchObject({ isBetter: true })
    expect(found.evaluations).toBeLessThanOrEqual(80)
    expect(search(options)).toEqual(found)
    const order = (seed: number): TunedSettings[] => {
      const tried: TunedSettings[] = []
      search({ ...options, seed, evaluate: (settings) => (tried.push(settings), hill(settings)) })
      return tried
    }
    expect(order(8)).not.toEqual(order(7))
  })

  it('tries no more than it may, and with one evaluation only what there is', () => {
    let tried = 0
    const found = search({ start: START, evaluate: (settings) => (tried += 1, hill(settings)), seed: 1, evaluations: 1 })
    expect([tried, found.isBetter, found.settings]).toEqual([1, false, START])
  })

  it('takes no gain that costs one part of the time', () => {
    // Better on average at a higher threshold, and much worse on the second part.
    const found = search({ start: START, evaluate: ({ joinThreshold }) => [joinThreshold, 1 - joinThreshold, joinThreshold, joinThreshold], seed: 1, evaluations: 60 })
    expect(found).toMatchObject({ isBetter: false, settings: START })
  })

  it('does not call better what fails on the part that was kept back', () => {
    const found = search({ start: START, evaluate: ({ joinThreshold }) => [joinThreshold, joinThreshold, joinThreshold, 1 - joinThreshold], seed: 1, evaluations: 60 })
    expect(found.after.mean).toBeGreaterThan(found.before.mean)
    expect(found.isBetter).toBe(false)
  })
})

describe('the judge by truth', () => {
  it('gives full marks for the truth, and takes them away for mixing, cutting and noise', () => {
    const truth = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', ...Array.from({ length: 92 }, () => null)]
    const exact = truth.map((incident, at) => line(`${at}`, incident ?? 'noise'))
    const judge = truthJudge(truth)
    expect(judge.judged).toBe(4)
    expect(judge.scores(exact)).toEqual([1, 1, 1, 1])
    const mixed = exact.map((one, at) => (at < 4 ? line(one.alertId, 'a+b') : one))
    expect(judge.scores(mixed)[0]).toBeLessThan(0.7)
    expect(judge.scores(mixed)[3]).toBe(1)
    const drowned = exact.map((one, at) => (at > 50 ? line(one.alertId, 'a') : one))
    expect(judge.scores(drowned)[0]).toBeLessThan(0.5)
    const quiet = exact.map((one, at) => (at < 2 ? line(one.alertId, null) : one))
    expect(judge.scores(quiet)[0]).toBeLessThan(0.9)
  })
})

describe('the judge by labels', () => {
  const alerts = ['x', 'y', 'x', 'y'].map((problemKey, at) => ({ problemKey, atMs: START_MS + at * HOUR_MS }))
  const label = (together: boolean, hour: number): Pick<Label, 'at' | 'together' | 'pairs'> => ({ at: new Date(START_MS + hour * HOUR_MS + 1).toISOString(), together, pairs: [{ left: 'x', right: 'y', score: null, rule: 'scored' }] })

  it('looks at the latest alerts before the label, and at how much else would change', () => {
    const inForce = [line('1', 'A'), line('2', 'A'), line('3', 'B'), line('4', 'C')]
    // At the first hour they are one as people say, at the third two although people say one.
    const { scores, judged } = labelJudge(alerts, [label(true, 1), label(true, 3), { ...label(true, 3), pairs: [{ left: 'x', right: 'unknown', score: null, rule: '' }] }], inForce)
    expect(judged).toBe(2)
    expect(scores(inForce)).toEqual([1, Number.NaN, 0.25, Number.NaN])
    const joined = [line('1', 'A'), line('2', 'A'), line('3', 'B'), line('4', 'B')]
    expect(scores(joined)[2]).toBeCloseTo(0.75 + 0.25 / 3)
    expect(labelJudge(alerts, [label(false, 3)], inForce).scores(inForce)[0]).toBe(1)
    expect(labelJudge(alerts, [label(false, 3)], inForce).scores(inForce.map(({ alertId }) => line(alertId, null)))[0]).toBe(0.75)
  })
})

describe('tuning', () => {
  // Each hour one host has two troubles, which people know as two.
  const alerts: BacktestAlert[] = Array.from({ length: 40 }, (_, n) => ({
    id: `a${String(n).padStart(3, '0')}`, ts: new Date(START_MS + Math.floor(n / 2) * HOUR_MS + (n % 2) * 1000).toISOString(), company: 'acme', source: 'zabbix', asset: `host-${Math.floor(n / 2)}`,
    signature: n % 2 === 0 ? 'DiskFull' : 'CertificateExpires', severity: 'high', status: 'firing', message: n % 2 === 0 ? 'no space left' : 'renew it', labels: {},
  }))
  const deduplicate = deduplicator()
  const steps: TuneStep[] = alerts.map((alert, n) => ({ alert, atMs: Date.parse(alert.ts), deduplicated: deduplicate(alert, Date.parse(alert.ts), n + 1) }))
  const shared = { steps, edges: [], settings: {}, seed: 3, evaluations: 40 }

  it('learns from the truth what belongs apart, holding on days it did not see, and tells each try', () => {
    const told: number[] = []
    const view = tune({ ...shared, by: { truth: new Map(alerts.map(({ id }) => [id, id])) }, onTried: (tried) => told.push(tried) })
    expect(view).toMatchObject({ judgedBy: 'truth', judged: 40, isBetter: true, seed: 3 })
    expect(view.after.keptBack).toBeGreaterThan(view.before.keptBack ?? 1)
    expect(told).toEqual(Array.from({ length: view.evaluations }, (_, n) => n + 1))
  })

  it('learns the same from splits of people', () => {
    const labels = Array.from({ length: 12 }, (_, host): Label => {
      const [left, right] = [steps[host * 2]!, steps[host * 2 + 1]!]
      return {
        commandId: `c${host}`, companyId: 'acme', action: 'split', incidentId: 'i', otherIncidentId: 'o', together: false, actor: { kind: 'user', id: 'u', name: 'Ann' }, at: new Date(right.atMs + 60_000).toISOString(),
        pairs: [{ left: left.deduplicated.problemKey!, right: right.deduplicated.problemKey!, score: 0.6, rule: 'scored' }],
      }
    })
    const view = tune({ ...shared, by: { labels } })
    expect(view).toMatchObject({ judgedBy: 'labels', judged: 12, isBetter: true })
    expect(tune({ ...shared, by: { labels } })).toEqual(view)
  })

  it('refuses to learn from next to nothing', () => {
    expect(() => tune({ ...shared, by: { labels: [] } })).toThrow('only 0 corrections by people')
    expect(() => tune({ ...shared, by: { truth: new Map([['a000', 'one']]) } })).toThrow('only 1 true incidents')
  })
})
