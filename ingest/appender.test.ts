import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'
import { Appender, type AppenderLimits } from './appender.ts'
import { Deadlines } from './deadlines.ts'
import { FakeLog, FakeMetrics, FakeReport, until } from './testing/edge.ts'

const clock = new TestClock()
let deadlines: Deadlines
let log: FakeLog
let metrics: FakeMetrics
let report: FakeReport

beforeEach(() => {
  deadlines = new Deadlines(clock, 100)
  log = new FakeLog()
  metrics = new FakeMetrics()
  report = new FakeReport()
})
afterEach(() => deadlines.close())

function make(limits: Partial<AppenderLimits> = {}): { appender: Appender; send: (name: string, bytes?: number) => Promise<void> } {
  const appender = new Appender(log, { queueBytes: 1e6, batchBytes: 1e5, deadlineMs: 1_000, ...limits }, { clock, deadlines, metrics, report })
  return {
    appender,
    send: (name, bytes = 10) => new Promise((resolve, reject) => appender.append(name, Buffer.alloc(bytes, name), { appended: resolve, refused: reject })),
  }
}
const keys = (): string[][] => log.appends.map((records) => records.map(({ key }) => key))

describe('requests share appends', () => {
  test('those of one turn go together, in order', async () => {
    const { send } = make()
    await Promise.all(['a', 'b', 'c'].map((name) => send(name)))
    expect(keys()).toEqual([['a', 'b', 'c']])
  })

  test('one append is under way, the next collects whoever comes meanwhile', async () => {
    const { send } = make()
    log.mode = 'waits'
    const first = send('a')
    await until(() => log.waiting === 1)
    const others = ['b', 'c', 'd'].map((name) => send(name))
    await until(() => true)
    expect(keys()).toEqual([['a']])
    log.release()
    await Promise.all([first, ...others])
    expect(keys()).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('nobody is told before the log has it', async () => {
    const { send } = make()
    log.mode = 'waits'
    let isTold = false
    const sent = send('a').then(() => (isTold = true))
    await until(() => log.waiting === 1)
    await until(() => true)
    expect(isTold).toBe(false)
    log.release()
    await sent
  })

  test('an append is cut at its size, but a larger record still goes alone', async () => {
    const { send } = make({ batchBytes: 1_000 })
    await Promise.all([send('a', 300), send('b', 300), send('c', 300), send('d', 5_000), send('e', 10)])
    expect(keys()).toEqual([['a', 'b'], ['c'], ['d'], ['e']])
  })
})

describe('when the log does not take it', () => {
  test('everybody of the append is told, and the next append is tried', async () => {
    const { send } = make()
    log.mode = 'fails'
    const outcomes = await Promise.allSettled([send('a'), send('b')])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'log_unavailable' } })
    log.mode = 'lands'
    await send('c')
    expect(metrics.counts).toMatchObject({ 'ingest_appends_total failed': 1, 'ingest_appends_total done': 1 })
  })

  test('a log that throws at once counts as one that fails', async () => {
    const { send } = make()
    log.append = () => {
      throw new AppError('internal', 'no such topic')
    }
    await expect(send('a')).rejects.toMatchObject({ code: 'log_unavailable' })
  })

  test('a failing log is reported now and then, not for every append', async () => {
    const { send } = make()
    log.mode = 'fails'
    for (let index = 0; index < 5; index++) await expect(send('a')).rejects.toThrow()
    expect(report.lines).toHaveLength(1)
    clock.tick(6_000)
    await expect(send('a')).rejects.toThrow()
    expect(report.lines).toHaveLength(2)
  })

  test('the queue is bounded in bytes, and its places come back', async () => {
    const { send, appender } = make({ queueBytes: 3_000 })
    log.mode = 'waits'
    const first = send('a', 1_000)
    await until(() => log.waiting === 1)
    const second = send('b', 1_000)
    await expect(send('c', 1_000)).rejects.toMatchObject({ code: 'log_unavailable' })
    log.release()
    await Promise.all([first, second])
    expect(appender.queuedBytes).toBe(0)
    await send('d', 1_000)
  })

  test('nobody waits beyond the deadline; what was under way may still land, what waited does not', async () => {
    const { send, appender } = make()
    log.mode = 'waits'
    const first = send('a')
    await until(() => log.waiting === 1)
    const second = send('b')
    clock.tick(1_100)
    await expect(first).rejects.toMatchObject({ code: 'log_unavailable' })
    await expect(second).rejects.toMatchObject({ code: 'log_unavailable' })
    log.release()
    await appender.drain()
    expect(log.landed.map(({ key }) => key)).toEqual(['a'])
    expect(appender.queuedBytes).toBe(0)
    await send('c')
  })
})

test('one waiter that throws does not cost the others their answer', async () => {
  const { appender, send } = make()
  appender.append('a', Buffer.alloc(1), { appended: () => { throw new Error('socket gone') }, refused: () => undefined })
  await send('b')
  expect(report.lines[0]).toContain('socket gone')
})

test('drain resolves when nothing waits and nothing is under way', async () => {
  const { appender, send } = make()
  await appender.drain()
  log.mode = 'waits'
  const sent = send('a')
  let isDrained = false
  const drained = appender.drain().then(() => (isDrained = true))
  await until(() => log.waiting === 1)
  expect(isDrained).toBe(false)
  log.release()
  await Promise.all([sent, drained])
})
