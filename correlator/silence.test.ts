import { expect, it } from 'vitest'
import { deduplicator, type BacktestAlert } from './backtest-problems.ts'

const T0 = Date.parse('2026-01-05T08:00:00Z')

/** Feeds observations of problems at these seconds; what became of each problem, told by its first letter: opened, reopened, expired. */
function told(observations: readonly (readonly [seconds: number, signature: string])[]): string[] {
  const deduplicate = deduplicator()
  return observations.flatMap(([seconds, signature], i) => {
    const alert: BacktestAlert = {
      id: `a${i}`, ts: new Date(T0 + seconds * 1_000).toISOString(), company: 'acme', source: 'tool', asset: 'web-1', signature, severity: 'high', status: 'firing', message: '', labels: {},
    }
    const { events } = deduplicate(alert, T0 + seconds * 1_000, i)
    return events.filter(({ change }) => change === 'opened' || change === 'reopened' || change === 'expired').map(({ change, signature: what }) => `${seconds} ${what} ${change}`)
  })
}

it('takes a problem to be over after a minute of silence', () => {
  expect(told([[0, 'disk'], [60, 'disk'], [121, 'disk']])).toEqual(['0 disk opened', '121 disk expired', '121 disk reopened'])
})

it('takes a storm of hundreds a second to be over after five seconds of silence, and a single alert not', () => {
  const storm = Array.from({ length: 400 }, (_, i) => [i / 100, 'scan'] as const)
  expect(told([[0, 'slow'], ...storm, [14, 'scan'], [14, 'slow']])).toEqual(['0 slow opened', '0 scan opened', '14 scan expired', '14 scan reopened'])
})

it('waits one and a half steps for a tool that measures every five minutes', () => {
  const steps = Array.from({ length: 8 }, (_, i) => [i * 300, i % 2 === 0 ? 'cpu' : 'memory'] as const)
  const changes = told([...steps, [2_400, 'disk'], [2_700, 'disk'], [3_300, 'disk']])
  expect(changes.filter((change) => change.includes('disk'))).toEqual(['2400 disk opened', '3300 disk expired', '3300 disk reopened'])
})
