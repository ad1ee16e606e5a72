import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { openCodec, type Codec } from '../schemas/codec.ts'
import type { RawRecord } from '../schemas/records.ts'
import { TICK_INTERVAL_MS, TOPICS } from '../schemas/topics.ts'
import { Deadlines } from './deadlines.ts'
import { RefusalCounts } from './refusals.ts'
import { FakeLog, FakeMetrics, FakeReport, memoryIds, until } from './testing/edge.ts'
import { Ticker } from './ticks.ts'

let clock: TestClock
let deadlines: Deadlines
let log: FakeLog
let metrics: FakeMetrics
let refusals: RefusalCounts
let codec: Codec<RawRecord>
let ticker: Ticker

beforeEach(async () => {
  clock = new TestClock()
  deadlines = new Deadlines(clock, 250)
  log = new FakeLog()
  metrics = new FakeMetrics()
  refusals = new RefusalCounts()
  codec = await openCodec(TOPICS.raw.name, memoryIds)
  ticker = new Ticker({ log, codec, clock, deadlines, processId: 'ingest-1', refusals, metrics, report: new FakeReport() })
})
afterEach(() => deadlines.close())

const landed = (): unknown[] => log.landed.map(({ partition, value }) => ({ partition, ...codec.decode(value).event }))

test('ticks every partition at once and then every five seconds', async () => {
  ticker.start()
  await until(() => log.landed.length === 3)
  expect(landed()).toEqual([0, 1, 2].map((partition) => ({ partition, type: 'tick', processId: 'ingest-1', refused: [], integration: null })))
  clock.tick(TICK_INTERVAL_MS - 1)
  await until(() => true)
  expect(log.landed).toHaveLength(3)
  clock.tick(1)
  await until(() => log.landed.length === 6)
  await ticker.stop()
})

test('tells on partition 0 what was refused since the last tick, once', async () => {
  refusals.add('com-1', 401, 'unauthorized')
  refusals.add('com-1', 401, 'unauthorized')
  refusals.add(null, 401, 'unauthorized')
  refusals.add('com-2', 429, 'rate_limited')
  await ticker.tick()
  await ticker.tick()
  expect(landed().map((tick) => (tick as { refused: unknown }).refused)).toEqual([
    [
      { companyId: 'com-1', status: 401, code: 'unauthorized', count: 2 },
      { companyId: null, status: 401, code: 'unauthorized', count: 1 },
      { companyId: 'com-2', status: 429, code: 'rate_limited', count: 1 },
    ],
    [], [], [], [], [],
  ])
})

test('keeps the counts when the append fails', async () => {
  refusals.add('com-1', 401, 'unauthorized')
  log.mode = 'fails'
  await ticker.tick()
  refusals.add('com-1', 401, 'unauthorized')
  log.mode = 'lands'
  await ticker.tick()
  expect(landed()[0]).toMatchObject({ refused: [{ count: 2 }] })
  expect(metrics.counts).toMatchObject({ 'ingest_ticks_total failed': 1, 'ingest_ticks_total done': 1 })
})

test('a last tick tells what was refused until the end', async () => {
  ticker.start()
  await until(() => log.landed.length === 3)
  refusals.add('com-1', 503, 'log_unavailable')
  await ticker.stop()
  expect(landed()[3]).toMatchObject({ refused: [{ companyId: 'com-1', status: 503 }] })
  expect(log.landed).toHaveLength(6)
})

test('a log that hangs does not hold the ticker for ever', async () => {
  log.mode = 'waits'
  const round = ticker.tick()
  await until(() => log.waiting === 1)
  clock.tick(11_000)
  await round
  expect(metrics.counts).toMatchObject({ 'ingest_ticks_total failed': 1 })
})
