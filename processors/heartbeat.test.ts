import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CorrelationRecord, Delivery, IntegrationSettings, LedgerRow, ProblemEvent, ProcessEntry, RawRecord } from '../schemas/records.ts'
import { processStage, type ProcessOutput } from './process-stage.ts'
import { StateView, type Keyed, type Positioned } from './stage.ts'

const T0 = Date.UTC(2026, 0, 1)
const DAY = 86_400
const stage = processStage({ normalise: () => [], correlationPartitions: 1 })

type Step = { at: number; event: RawRecord['event'] }

const settings = (over: Partial<IntegrationSettings> = {}): IntegrationSettings => ({
  integrationId: 'i', companyId: 'c', source: 'zabbix', name: 'Zabbix Berlin', revision: 1, mapping: null, heartbeatSeconds: 300, heartbeatGraceSeconds: 0, removed: false, ...over,
})
const say = (at: number, over: Partial<IntegrationSettings> = {}): Step => ({ at, event: { type: 'tick', processId: 'relay', refused: [], integration: settings(over) } })
const tick = (at: number): Step => ({ at, event: { type: 'tick', processId: 'p', refused: [], integration: null } })
const ticks = (from: number, to: number): Step[] => Array.from({ length: Math.floor((to - from) / 5) + 1 }, (_, n) => tick(from + n * 5))
const heard = (at: number, over: Partial<Delivery> = {}): Step => ({
  at, event: {
    type: 'delivery', deliveryId: `d${at}`, companyId: 'c', integrationId: 'i', source: 'zabbix', replayable: false, elements: 1, receivedAtMs: T0 + at * 1_000,
    contentType: 'application/json', headers: {}, body: Buffer.from('[]'), replay: null, ...over,
  },
})

const positioned = (steps: readonly Step[], from = 0): Positioned<RawRecord>[] =>
  [...steps].sort((a, b) => a.at - b.at).map(({ at, event }, index) => ({ partition: 0, position: from + index, atMs: T0 + at * 1_000, key: 'i', record: { event } }))
const problems = (out: readonly Keyed<ProcessOutput>[]): ProblemEvent[] =>
  out.filter((o) => o.topic === 'correlation.v1').map((o) => (o.record as CorrelationRecord).event).filter((event): event is ProblemEvent => event.type === 'problem')
const run = (steps: readonly Step[], state = new StateView<ProcessEntry>()) => stage.process(positioned(steps), state)
const told = (steps: readonly Step[]) => problems(run(steps).out).map(({ change, atMs }) => [change, (atMs - T0) / 1_000])

describe('heartbeats', () => {
  it('tell a tool that falls silent, on the first tick past its time, and that it is back with its next delivery, even an empty one', () => {
    expect(told([say(0), ...ticks(0, 900), heard(100), heard(701)])).toEqual([['opened', 405], ['resolved', 701]])
  })

  it('say who is missing, since when, and how often it should be heard', () => {
    const [event] = problems(run([say(0), ...ticks(0, 405), heard(100)]).out)
    expect(event).toMatchObject({
      problemKey: 'v1:i:heartbeat:missing', companyId: 'c', integrationId: 'i', source: 'heartbeat', asset: 'Zabbix Berlin', signature: 'Monitor is missing', severity: 'high',
      status: 'firing', title: 'Monitor is missing: Zabbix Berlin', labels: { monitored_source: 'zabbix' },
    })
    expect(event?.message).toContain('Nothing has come from it since 2026-01-01T00:01:40Z; it should be heard every 5 minutes.')
  })

  it('count from the settings where nothing was ever heard', () => {
    const [event] = problems(run([say(50), ...ticks(0, 400)]).out)
    expect([event?.atMs, event?.message]).toEqual([T0 + 355_000, expect.stringContaining('Nothing has come from it since it was set up to be heard every 5 minutes, at 2026-01-01T00:00:50Z.')])
  })

  it('leave the grace they are given', () => {
    expect(told([say(0, { heartbeatGraceSeconds: 60 }), ...ticks(0, 400)])).toEqual([['opened', 365]])
  })

  it('raise nothing for an integration that keeps talking, nor for one without a heartbeat', () => {
    expect(told([say(0), ...ticks(0, 3_000), ...Array.from({ length: 10 }, (_, n) => heard(299 * (n + 1)))])).toEqual([])
    expect(told([say(0, { heartbeatSeconds: null }), ...ticks(0, 3_000)])).toEqual([])
  })

  it('do not take a pause of our own for silence of the tool: it counts from the return of the ticks', () => {
    expect(told([say(0), ...ticks(0, 200), ...ticks(7_200, 7_495)])).toEqual([])
    expect(told([say(0), ...ticks(0, 200), ...ticks(7_200, 7_600)])).toEqual([['opened', 7_505]])
  })

  it('take a delivery nobody can read as a sign of life, and a replayed one not', () => {
    expect(told([say(0), ...ticks(0, 550), heard(250, { body: Buffer.from('{oops') })])).toEqual([])
    expect(told([say(0), ...ticks(0, 400), heard(250, { replay: { position: 0, elements: [], actorId: 'u', actorName: 'Ann', askedAtMs: 0 } })])).toEqual([['opened', 305]])
  })

  it('end with the heartbeat: switched off, the integration removed, or allowed to be silent for longer', () => {
    for (const over of [{ heartbeatSeconds: null }, { removed: true }, { heartbeatSeconds: 3_600 }]) {
      expect(told([say(0), ...ticks(0, 500), say(401, { revision: 2, ...over })])).toEqual([['opened', 305], ['resolved', 401]])
    }
    expect(told([say(0), ...ticks(0, 500), say(401, { revision: 2, heartbeatSeconds: 400 })])).toEqual([['opened', 305]])
  })

  it('keep the newest settings however often older ones are announced again, and those of a removed integration away', () => {
    expect(told([say(0, { revision: 2, heartbeatSeconds: null }), say(1), ...ticks(0, 900)])).toEqual([])
    expect(told([say(0, { revision: 2, removed: true }), say(1), ...ticks(0, 900)])).toEqual([])
    expect(told([say(0), say(200), say(290), ...ticks(0, 310)])).toEqual([['opened', 305]])
  })

  it('mention a missing monitor once a day, so that its problem never expires unmentioned', () => {
    const events = told([say(0), ...ticks(0, 9 * DAY)])
    expect(events.map(([change]) => change)).toEqual(['opened', ...Array.from({ length: 8 }, () => 'repeated')])
  })

  it('keep their problem apart from whatever ids a vendor sends', () => {
    const alert = { source: 'zabbix', asset: null, signature: null, severity: 'high' as const, status: 'firing' as const, title: 't', message: '', startsAtMs: null, labels: {} }
    const ids = ['heartbeat:missing', 'heartbeat', 'heartbeat%3amissing']
    const hostile = processStage({ normalise: () => ids.map((externalId) => ({ ...alert, externalId })), correlationPartitions: 1 })
    const keys = hostile.process(positioned([heard(0)]), new StateView<ProcessEntry>()).out.filter((o) => o.topic === 'alerts.v1').map((o) => (o.record as LedgerRow).problemKey)
    expect([...new Set([...keys, 'v1:i:heartbeat:missing'])]).toHaveLength(ids.length + 1)
  })

  it('write no ledger row: there is no delivery behind them', () => {
    expect(run([say(0), ...ticks(0, 400)]).out.filter((o) => o.topic === 'alerts.v1')).toEqual([])
  })

  it('spread the silence of a thousand tools over ticks, and tell them all', () => {
    const many = Array.from({ length: 600 }, (_, n) => say(0, { integrationId: `i${n}` }))
    const state = new StateView<ProcessEntry>()
    const log = positioned([...many, ...ticks(0, 330)])
    const counted = new Map<number, number>()
    for (const event of problems(stage.process(log, state).out)) counted.set(event.atMs, (counted.get(event.atMs) ?? 0) + 1)
    expect([...counted.values()]).toEqual([250, 250, 100])
  })

  it('answer the same however the log is cut into batches, over the state as it is stored', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('heard' as const), id: fc.constantFrom('a', 'b'), gap: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant('tick' as const), id: fc.constantFrom('a', 'b'), gap: fc.constantFrom(5, 10, 31, 90_000) }),
      fc.record({ kind: fc.constant('say' as const), id: fc.constantFrom('a', 'b'), gap: fc.constant(0), revision: fc.integer({ min: 1, max: 6 }), seconds: fc.constantFrom(null, 60, 90), removed: fc.boolean() }),
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (given, size) => {
      let at = 0
      const log = positioned(given.map((one) => {
        at += one.gap
        if (one.kind === 'tick') return tick(at)
        if (one.kind === 'heard') return heard(at, { integrationId: one.id, deliveryId: `${one.id}${at}` })
        return say(at, { integrationId: one.id, revision: one.revision, heartbeatSeconds: one.seconds, removed: one.removed })
      }))
      const whole = stage.process(log, new StateView<ProcessEntry>())
      const stored = new Map<string, ProcessEntry>()
      const out: unknown[] = []
      for (let from = 0; from < log.length; from += size) {
        const state = new StateView<ProcessEntry>(structuredClone(stored))
        out.push(...stage.process(log.slice(from, from + size), state).out)
        for (const [key, entry] of state.takeDelta()) if (entry === null) stored.delete(key); else stored.set(key, structuredClone(entry))
      }
      expect(out).toEqual(whole.out)
      expect(whole.fates).toHaveLength(log.length)
    }))
  })
})
