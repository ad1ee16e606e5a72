import { describe, expect, it } from 'vitest'
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { CorrelationRecord, Delivery, DeliveryRhythm, IntegrationSettings, ProblemEvent, ProcessEntry, RawRecord } from '../schemas/records.ts'
import { processStage } from './process-stage.ts'
import { firstHeard, heard, toldAfterMs } from './silence.ts'
import { StateView, type Positioned } from './stage.ts'

const T0 = Date.UTC(2026, 0, 1)
const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400]

/** A body is a list of `<vendor id> <status>`. */
const stage = processStage({
  correlationPartitions: 1,
  normalise: ({ body }) => (JSON.parse(body.toString()) as string[]).map((text): NormalisedAlert => {
    const [externalId = '', status = 'firing'] = text.split(' ')
    return { source: 'zabbix', externalId, asset: 'web-1', signature: 'cpu', severity: 'high', status: status as 'firing', title: 't', message: '', startsAtMs: null, labels: {} }
  }),
})

/** One integration's partition: the log goes on where the last call left it. */
class Room {
  state = new StateView<ProcessEntry>()
  readonly told: [change: string, atS: number][] = []
  last: ProblemEvent | null = null
  #position = 0

  feed(at: number, event: RawRecord['event']): void {
    const input: Positioned<RawRecord> = { partition: 0, position: this.#position++, atMs: T0 + at * 1_000, key: 'i', record: { event } }
    for (const { topic, record } of stage.process([input], this.state).out) {
      const { event: out } = record as CorrelationRecord
      if (topic !== 'correlation.v1' || out.type !== 'problem' || out.source !== 'heartbeat') continue
      this.told.push([out.change, at])
      this.last = out
    }
  }
  say(at: number, over: Partial<IntegrationSettings> = {}): void {
    this.feed(at, { type: 'tick', processId: 'relay', refused: [], integration: { integrationId: 'i', companyId: 'c', source: 'zabbix', name: 'Zabbix Berlin', revision: 1, mapping: null, heartbeatSeconds: null, heartbeatGraceSeconds: 0, removed: false, ...over } })
  }
  hear(at: number, alerts: readonly string[] = []): void {
    const delivery: Delivery = { type: 'delivery', deliveryId: `d${this.#position}`, companyId: 'c', integrationId: 'i', source: 'zabbix', replayable: false, elements: 1, receivedAtMs: 0, contentType: 'application/json', headers: {}, body: Buffer.from(JSON.stringify(alerts)), replay: null }
    this.feed(at, delivery)
  }
  ticks(from: number, to: number, step = 25): void {
    for (let at = from; at <= to; at += step) this.feed(at, { type: 'tick', processId: 'p', refused: [], integration: null })
  }
  restart(): void {
    this.state = new StateView(structuredClone(new Map(this.state.entries())))
  }
}

/** A tool that has said something every `gap` seconds for so many days; the ticks begin with its last word, at the answered second. */
function steady(gap: number, days: number, alerts: (n: number) => readonly string[] = () => []): { room: Room; last: number } {
  const room = new Room()
  room.say(0)
  let last = 0
  for (let n = 0, at = 10; at <= days * DAY; n += 1, at += gap) {
    last = at
    room.hear(at, alerts(n))
  }
  room.ticks(last, last)
  return { room, last }
}

describe('a learned silence', () => {
  it('is told of a tool that talked like a clock for more than a week, after ten usual gaps and half an hour at least, and ends with its next delivery', () => {
    const { room, last } = steady(5 * MINUTE, 9)
    room.ticks(last + 25, last + 49 * MINUTE)
    expect(room.told).toEqual([])
    room.ticks(last + 49 * MINUTE, last + 55 * MINUTE)
    expect(room.told).toHaveLength(1)
    expect(room.last).toMatchObject({ problemKey: 'v1:i:heartbeat:missing', change: 'opened', asset: 'Zabbix Berlin', signature: 'Monitor is missing', severity: 'high', labels: { monitored_source: 'zabbix', usual_gap_seconds: '300' } })
    expect(room.last!.message).toMatch(/^Nothing has come from it since 2026-01-\S+Z; since 2026-01-01T00:00:10Z something came about every 5 minutes, and never less often than three times that\./)
    room.restart()
    room.hear(last + 60 * MINUTE)
    expect(room.told.map(([change]) => change)).toEqual(['opened', 'resolved'])
  })

  it('never comes before half an hour, however fast the tool talks', () => {
    const { room, last } = steady(MINUTE, 9)
    room.ticks(last + 25, last + 30 * MINUTE)
    expect(room.told).toEqual([])
    room.ticks(last + 30 * MINUTE, last + 31 * MINUTE)
    expect(room.told).toHaveLength(1)
  })

  it.each([
    ['has been steady for a week only', () => steady(5 * MINUTE, 7.5)],
    ['is silent every night', () => {
      const room = new Room()
      room.say(0)
      let last = 0
      for (let at = 10; at <= 20 * DAY; at += 10 * MINUTE) {
        if (at % DAY > 17 * HOUR || at % DAY < 8 * HOUR) continue
        last = at
        room.hear(at)
      }
      room.ticks(last, last)
      return { room, last }
    }],
    ['talks less often than every eight hours', () => steady(9 * HOUR, 30)],
    ['only repeated an open problem, which has resolved', () => {
      const made = steady(5 * MINUTE, 9, () => ['disk firing'])
      made.room.hear(made.last + 60, ['disk resolved'])
      return { room: made.room, last: made.last + 60 }
    }],
    ['only talked while all was well, and a problem is open', () => {
      const made = steady(5 * MINUTE, 9)
      made.room.hear(made.last + 300, ['disk firing'])
      return { room: made.room, last: made.last + 300 }
    }],
    ['was never announced', () => {
      const room = new Room()
      let last = 0
      for (let at = 10; at <= 9 * DAY; at += 300) room.hear(last = at)
      room.ticks(last, last)
      return { room, last }
    }],
    ['has been renamed, disabled or otherwise set anew', () => {
      const made = steady(5 * MINUTE, 9)
      made.room.say(made.last + 1, { revision: 2, name: 'Zabbix Köln' })
      return made
    }],
  ])('is not held against a tool that %s', (_, make) => {
    const { room, last } = make()
    room.ticks(last + 25, last + 12 * HOUR)
    expect(room.told).toEqual([])
  })

  it('is held against one that repeated a problem for more than a week and stopped while it is open', () => {
    const { room, last } = steady(5 * MINUTE, 9, () => ['watchdog firing'])
    room.ticks(last + 25, last + HOUR)
    expect(room.told).toHaveLength(1)
  })

  it('leaves it to the heartbeat where one is set, and ends when one is', () => {
    const { room, last } = steady(5 * MINUTE, 9)
    room.ticks(last + 25, last + HOUR)
    room.say(last + HOUR + 1, { revision: 2, heartbeatSeconds: 7 * DAY })
    expect(room.told.map(([change]) => change)).toEqual(['opened', 'resolved'])
    room.ticks(last + HOUR + 5, last + 6 * HOUR)
    expect(room.told).toHaveLength(2)
  })

  it('does not count our own pauses: neither as silence, nor as a broken rhythm', () => {
    const { room, last } = steady(5 * MINUTE, 9)
    room.ticks(last + 25, last + 100)
    // Two hours in which nobody could be heard; the rhythm is known still.
    room.ticks(last + 2 * HOUR, last + 2 * HOUR + 40 * MINUTE)
    expect(room.told).toEqual([])
    room.hear(last + 2 * HOUR + 41 * MINUTE)
    room.ticks(last + 2 * HOUR + 41 * MINUTE, last + 3 * HOUR + 40 * MINUTE)
    expect(room.told).toHaveLength(1)
  })

  it('is mentioned once a day while it lasts', () => {
    const { room, last } = steady(5 * MINUTE, 9)
    room.ticks(last + 25, last + 3.5 * DAY)
    expect(room.told.map(([change]) => change)).toEqual(['opened', 'repeated', 'repeated', 'repeated'])
  })

  it('keeps no more than 32 gaps, and tells the same when the state is stored between any two records', () => {
    const [whole, cut] = [new Room(), new Room()]
    for (const room of [whole, cut]) {
      const next = (act: () => void): void => {
        act()
        if (room === cut) room.restart()
      }
      next(() => room.say(0))
      for (let at = 10; at <= 9 * DAY; at += HOUR) next(() => room.hear(at))
      for (let at = 9 * DAY; at <= 9.7 * DAY; at += 25) next(() => room.ticks(at, at))
    }
    expect(whole.told).toHaveLength(1)
    expect(cut.told).toEqual(whole.told)
    expect(new Map(cut.state.entries())).toEqual(new Map(whole.state.entries()))
    const rhythm = [...whole.state.entries()].find(([key]) => key === 'g:i')?.[1]
    expect(rhythm?.event.type === 'time' ? rhythm.event.rhythm?.gapsMs : []).toHaveLength(32)
  })
})

describe('chance', () => {
  /** A fixed sequence of numbers from 0 to 1, so that every run sees the same. */
  function* chances(seed: number): Generator<number, never> {
    for (let x = seed; ;) {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
      yield x / 2 ** 32
    }
  }

  it.each([[45, 10], [300, 50], [1_800, 200], [7_200, 200]])('never looks like a clock: tools that talk at random every %d s or so for a month, %d of them', (meanS, tools) => {
    const random = chances(meanS)
    let told = 0
    for (let tool = 0; tool < tools; tool += 1) {
      let rhythm: DeliveryRhythm = firstHeard(T0)
      for (let at = 0; at < 30 * DAY;) {
        at += -Math.log(1 - random.next().value) * meanS
        const atMs = T0 + at * 1_000
        // Busy by day, quiet by night, as what people use is.
        if (at % DAY < 6 * HOUR && random.next().value < 0.9) continue
        const allowedMs = toldAfterMs(rhythm, false)
        if (allowedMs !== null && atMs - rhythm.heardAtMs > allowedMs) told += 1
        rhythm = heard(rhythm, atMs, false, false)
      }
    }
    expect(told).toBe(0)
  })
})
