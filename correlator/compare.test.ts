import { describe, expect, it } from 'vitest'
import { deduplicator, type BacktestAlert } from './backtest-problems.ts'
import { compare } from './compare.ts'
import { Replay, type ReplaySettings } from './replay.ts'
import { DEFAULT_WEIGHTS } from './settings.ts'

/** Nothing counts, so nothing joins. */
const APART = { joinThreshold: 1, weights: Object.fromEntries(Object.keys(DEFAULT_WEIGHTS).map((name) => [name, 0])) }
const START_MS = Date.UTC(2026, 0, 5, 9)

function replayed(alerts: readonly BacktestAlert[], settings: ReplaySettings = {}): Replay {
  const replay = new Replay([], settings)
  const deduplicate = deduplicator()
  for (const alert of alerts) replay.take(alert, Date.parse(alert.ts), deduplicate(alert, Date.parse(alert.ts), replay.position))
  return replay
}

const at = (seconds: number, asset: string, signature: string, more: Partial<BacktestAlert> = {}): BacktestAlert => ({
  id: `${asset}-${signature}-${seconds}`, ts: new Date(START_MS + seconds * 1000).toISOString(), company: 'acme', source: 'zabbix', asset, signature, severity: 'high', status: 'firing', message: signature, labels: {}, ...more,
})

// Three checks of one host fail together; an hour later a printer runs dry, alone.
const ALERTS = [at(0, 'web-1', 'cpu'), at(1, 'web-1', 'memory'), at(2, 'web-1', 'load'), at(3_600, 'printer', 'toner')]

describe('two results side by side', () => {
  it('are the same for the same settings', () => {
    const view = compare(replayed(ALERTS), replayed(ALERTS))
    expect(view).toMatchObject({ alerts: 4, before: { incidents: 2, problems: 4, noiseReduction: 0.5 }, after: { incidents: 2 }, unchanged: 2, merges: { count: 0 }, splits: { count: 0 }, quieted: { count: 0 }, unquieted: { count: 0 } })
  })

  it('show what would split, with the parts, and the other way round what would merge', () => {
    const splitting = compare(replayed(ALERTS), replayed(ALERTS, APART))
    expect(splitting).toMatchObject({ before: { incidents: 2 }, after: { incidents: 4, noiseReduction: 0 }, unchanged: 1, merges: { count: 0 }, splits: { count: 1 } })
    expect(splitting.splits.examples).toMatchObject([{ whole: { alerts: 3, assets: ['web-1'], openedAt: '2026-01-05T09:00:00.000Z' }, parts: 3, of: [{ alerts: 1 }, { alerts: 1 }, { alerts: 1 }] }])
    const merging = compare(replayed(ALERTS, APART), replayed(ALERTS))
    expect(merging).toMatchObject({ splits: { count: 0 }, merges: { count: 1, examples: [{ whole: { alerts: 3 }, parts: 3 }] }, unchanged: 1 })
  })

  it('cut their examples, not their counts', () => {
    const many = Array.from({ length: 30 }, (_, host) => ['cpu', 'memory'].map((check, n) => at(host * 7_200 + n, `host-${host}`, check))).flat()
    const { splits } = compare(replayed(many), replayed(many, APART))
    expect(splits.count).toBe(30)
    expect(splits.examples).toHaveLength(20)
  })
})
