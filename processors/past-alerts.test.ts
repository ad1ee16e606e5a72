import { describe, expect, it } from 'vitest'
import type { Delivery, ProblemEvent, ProcessEntry } from '../schemas/records.ts'
import type { NormalisedAlert } from '../schemas/alert.ts'
import { PastAlerts, type PastAlert } from './past-alerts.ts'
import { processStage, type ProcessOutput } from './process-stage.ts'
import { problemKeyOf } from './problem-key.ts'
import { StateView, type Positioned } from './stage.ts'
import type { RawRecord } from '../schemas/records.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)
const HOUR_S = 3_600

const alert = (change: Partial<NormalisedAlert> = {}): NormalisedAlert => ({
  source: 'zabbix', externalId: 'e1', asset: 'web-1', signature: 'cpu', severity: 'high', status: 'firing', title: 'CPU', message: 'high', startsAtMs: null, labels: {}, ...change,
})

/** Opened, repeated, ended, come back; one that flaps and settles; one that is never heard of again; one acknowledged; a resolve of nothing. */
const STORY: readonly (readonly [seconds: number, alert: NormalisedAlert])[] = [
  [0, alert()], [1, alert()], [2, alert()], [3, alert({ severity: 'critical' })], [60, alert({ status: 'resolved' })], [90, alert({ status: 'resolved' })], [200, alert()],
  ...Array.from({ length: 8 }, (_, n): [number, NormalisedAlert] => [300 + n * 30, alert({ externalId: 'flap', status: n % 2 === 0 ? 'firing' : 'resolved' })]),
  [700, alert({ externalId: 'lost', asset: 'db' })], [705, alert({ externalId: 'lost', asset: 'db', status: 'acknowledged' })], [710, alert({ externalId: 'never', status: 'resolved' })],
  [2 * HOUR_S, alert({ externalId: 'later' })], [9 * 24 * HOUR_S, alert({ externalId: 'much later' })],
]

/** What the live stage tells of the same alerts, with the ticks that a running program sees. */
function live(): ProblemEvent[] {
  const stage = processStage({ normalise: (delivery) => [JSON.parse(delivery.body.toString('utf8')) as NormalisedAlert], correlationPartitions: 1 })
  const state = new StateView<ProcessEntry>()
  const events: ProblemEvent[] = []
  let position = 0
  const feed = (event: RawRecord['event'], atMs: number): void => {
    const input: Positioned<RawRecord> = { partition: 0, position: (position += 1), atMs, key: 'zabbix-1', record: { event } }
    for (const { record } of stage.process([input], state).out as readonly { readonly record: ProcessOutput }[]) if ('event' in record && typeof record.event === 'object' && record.event.type === 'problem') events.push(record.event)
  }
  let tickedMs = START_MS
  STORY.forEach(([seconds, one], n) => {
    const atMs = START_MS + seconds * 1000
    for (; tickedMs + 5_000 <= atMs; feed({ type: 'tick', processId: 'p', refused: [], integration: null }, tickedMs)) tickedMs += 5_000
    const delivery: Delivery = {
      type: 'delivery', deliveryId: `d${n}`, companyId: 'acme', integrationId: 'zabbix-1', source: 'zabbix', replayable: false, elements: 1, receivedAtMs: atMs, contentType: 'application/json', headers: {},
      body: Buffer.from(JSON.stringify(one)), replay: null,
    }
    feed(delivery, atMs)
  })
  return events
}

const told = (events: readonly ProblemEvent[]): string[] => events.map(({ problemKey, change, status, episode, count, severity, flapping, alertId }) => [problemKey, change, status, episode, count, severity, flapping, alertId].join(' '))

describe('alerts of the past', () => {
  it('tell what the live stage told of the same alerts', () => {
    const past = new PastAlerts()
    const events = STORY.flatMap(([seconds, one], n) => {
      const input: PastAlert = { alertId: `d${n}:0`, companyId: 'acme', integrationId: 'zabbix-1', problemKey: problemKeyOf('zabbix-1', one, false), atMs: START_MS + seconds * 1000, alert: one }
      return past.take(input, n)
    })
    const expected = live()
    expect(new Set(expected.map(({ change }) => change))).toEqual(new Set(['opened', 'repeated', 'changed', 'resolved', 'reopened', 'expired']))
    expect(told(events)).toEqual(told(expected))
  })

  it('give what fell due a lower version than the alert that showed it', () => {
    const past = new PastAlerts()
    const take = (day: number, n: number): ProblemEvent[] => past.take({ alertId: `d${n}:0`, companyId: 'acme', integrationId: 'i', problemKey: 'v1:i:e1', atMs: START_MS + day * 24 * HOUR_S * 1000, alert: alert() }, n)
    take(0, 1)
    // Forgotten after a week of silence, and met again as new by the very call that finds it expired.
    const [expired, opened] = take(9, 2)
    expect([expired?.change, opened?.change, opened?.episode]).toEqual(['expired', 'opened', 1])
    expect(opened?.version).toBeGreaterThan(expired?.version ?? Infinity)
  })

  it('pass over an alert that was dropped', () => {
    expect(new PastAlerts().take({ alertId: 'a', companyId: 'acme', integrationId: 'i', problemKey: null, atMs: START_MS, alert: alert() }, 1)).toEqual([])
  })
})
