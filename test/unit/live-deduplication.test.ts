import { describe, expect, it } from 'vitest'
import { liveDeduplication } from '../../cli/live-deduplication.ts'
import type { BacktestAlert } from '../../correlator/backtest-problems.ts'
import { runBacktest, type BacktestLine } from '../../correlator/backtest.ts'

const START_MS = Date.UTC(2026, 0, 5)
const alert = (minutes: number, change: Partial<BacktestAlert> = {}): BacktestAlert => ({
  id: `a${minutes}${change.company ?? ''}`, ts: new Date(START_MS + minutes * 60_000).toISOString(), company: 'acme', source: 'zabbix', asset: 'web-1', signature: 'cpu', severity: 'high', status: 'firing', message: 'cpu', labels: {}, ...change,
})

async function run(alerts: readonly BacktestAlert[], isLive: boolean): Promise<{ problems: number; lines: readonly BacktestLine[] }> {
  const lines: BacktestLine[] = []
  const { problems } = await runBacktest({ alerts, monotonicMs: () => 0, onLine: (line) => lines.push(line), ...(isLive ? { deduplicate: liveDeduplication() } : {}) })
  return { problems, lines }
}

describe('the deduplication of the running program over a file', () => {
  it('keeps a problem of a tool that never says it is over open, where a backtest would end it after a minute of silence', async () => {
    const alerts = [0, 5, 10, 15].map((minutes) => alert(minutes))
    expect((await run(alerts, false)).problems).toBe(4)
    expect((await run(alerts, true)).problems).toBe(1)
  })

  it('tells an end and a return apart, and leaves the end of something unknown alone', async () => {
    const { problems, lines } = await run([alert(0, { status: 'resolved' }), alert(1), alert(2, { status: 'resolved' }), alert(3)], true)
    expect(problems).toBe(2)
    expect(lines[0]).toEqual({ alertId: 'a0', incidentId: 'alone_a0' })
    expect(new Set(lines.slice(1).map(({ incidentId }) => incidentId)).size).toBe(1)
  })

  it('keeps companies with the same tools and hosts apart', async () => {
    const { problems, lines } = await run([alert(0), alert(0, { company: 'globex' }), alert(1), alert(1, { company: 'globex' })], true)
    expect(problems).toBe(2)
    expect(new Set(lines.map(({ incidentId }) => incidentId)).size).toBe(2)
  })

  it('meets a problem again as new after a week of silence', async () => {
    const { problems, lines } = await run([alert(0), alert(9 * 1_440)], true)
    expect(problems).toBe(2)
    expect(lines.every(({ incidentId }) => incidentId !== null)).toBe(true)
    expect(lines[0]?.incidentId).not.toBe(lines[1]?.incidentId)
  })
})
