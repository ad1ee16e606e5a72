import { expect, it } from 'vitest'
import type { BacktestAlert } from './backtest-problems.ts'
import { learnTopology } from './learn-topology.ts'

const START_MS = Date.UTC(2026, 0, 5)
const alert = (seconds: number, asset: string, more: Partial<BacktestAlert> = {}): BacktestAlert => ({
  id: `${asset}-${seconds}-${more.status ?? 'firing'}`, ts: new Date(START_MS + seconds * 1_000).toISOString(), company: 'acme', source: 'zabbix', asset, signature: 'slow', severity: 'high', status: 'firing',
  message: '', labels: {}, ...more,
})
/** Every hour the database goes first and the shop follows; the printer fails at times of its own. */
const DAYS = Array.from({ length: 40 }, (_, hour) => {
  const at = hour * 3_600
  return [alert(at, 'db'), alert(at + 20, 'shop'), alert(at + 600, 'db', { status: 'resolved' }), alert(at + 600, 'shop', { status: 'resolved' }), ...(hour % 3 === 0 ? [alert(at + 1_500 + 37 * hour, 'printer')] : [])]
}).flat()

it('reads off who depends on whom, with the figures it rests on', async () => {
  expect(await learnTopology({ alerts: DAYS })).toEqual({
    nodes: [{ id: 'db' }, { id: 'shop' }], edges: [{ from: 'shop', to: 'db', kind: 'learned', support: 40, confidence: 1, lift: expect.any(Number) }],
  })
})

it('says the same of the same alerts in whatever order, twice or once', async () => {
  expect(await learnTopology({ alerts: [...DAYS, ...DAYS].reverse() })).toEqual(await learnTopology({ alerts: DAYS }))
})

it('learns nothing from what followed three times only', async () => {
  expect((await learnTopology({ alerts: DAYS.slice(0, 13) })).edges).toEqual([])
})

it('refuses alerts of two companies, whose graphs are nothing to each other', async () => {
  await expect(learnTopology({ alerts: [...DAYS, alert(1, 'web', { company: 'globex' })] })).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('give a file of one') })
})
