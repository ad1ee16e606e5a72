import { expect, it } from 'vitest'
import { trialSettingsFrom } from '../../schemas/trial-settings.ts'
import type { BacktestAlert } from '../backtest-problems.ts'
import { runBacktest, type BacktestLine } from '../backtest.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)
const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString()
const alert = (id: string, seconds: number, change: Partial<BacktestAlert> = {}): BacktestAlert =>
  ({ id, ts: at(seconds), company: 'acme', source: 'zabbix', asset: id, signature: id, severity: 'high', status: 'firing', message: id, labels: {}, ...change })

async function linesOf(alerts: readonly BacktestAlert[], settings: object, topology: readonly { from: string; to: string; kind: string }[] = []): Promise<Record<string, string | null>> {
  const lines: BacktestLine[] = []
  await runBacktest({ alerts, settings: trialSettingsFrom(settings), topology, onLine: (line) => lines.push(line), monotonicMs: () => 0 })
  return Object.fromEntries(lines.map(({ alertId, incidentId }) => [alertId, incidentId === null ? null : 'shown']))
}

it('gives no incident to alerts of problems that stay quiet, and the incident of their problem to those that are released', async () => {
  const cpu = { asset: 'web-1', signature: 'cpu' }
  const rules = {
    holds: [{ id: 'h', when: ['signature=cpu'], minutes: 5 }],
    silences: [{ id: 's', when: ['asset=ap-1'], startsAt: at(0), endsAt: at(86_400), reason: 'r', by: 'Ada' }],
  }
  const alerts = [
    alert('peak', 0, cpu), alert('over', 120, { ...cpu, status: 'resolved' }), alert('again', 1_000, cpu), alert('still', 1_200, cpu), alert('told', 1_400, cpu), alert('end', 1_500, { ...cpu, status: 'resolved' }),
    alert('mute', 10, { asset: 'ap-1', signature: 'link' }),
  ]
  expect(await linesOf(alerts, { rules })).toEqual({ peak: null, over: null, again: 'shown', still: 'shown', told: 'shown', end: 'shown', mute: null })
  expect(await linesOf(alerts, {})).toEqual(Object.fromEntries(alerts.map(({ id }) => [id, 'shown'])))
})

it('gives no incident to what was shown for a moment and then moved behind its cause', async () => {
  const alerts = [alert('pc', 0, { signature: 'HostDown' }), alert('router', 20, { signature: 'HostDown' })]
  expect(await linesOf(alerts, {}, [{ from: 'pc', to: 'router', kind: 'uplink' }])).toEqual({ pc: null, router: 'shown' })
})
