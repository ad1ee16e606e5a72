import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'
import { Deadlines } from './deadlines.ts'
import { Deliveries, deliveryIdFor, isSenderId, newDeliveryId, senderIdOf } from './deliveries.ts'
import { FakeMemory, FakeMetrics, FakeReport, until } from './testing/edge.ts'

describe('delivery ids', () => {
  test('the same sender id gives the same delivery id within an integration, and another in another', () => {
    expect(deliveryIdFor('int-1', 'a')).toBe(deliveryIdFor('int-1', 'a'))
    expect(deliveryIdFor('int-1', 'a')).toMatch(/^dlv_[0-9a-f]{32}$/)
    expect(new Set([deliveryIdFor('int-1', 'a'), deliveryIdFor('int-1', 'b'), deliveryIdFor('int-2', 'a'), deliveryIdFor('int-1a', '')]).size).toBe(4)
  })

  test('a delivery without a name gets an id of its own', () => {
    const ids = Array.from({ length: 1_000 }, newDeliveryId)
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^dlv_[0-9a-f]{32}$/)
  })

  test('X-Delivery-ID goes before webhook-id, and an empty one is none', () => {
    expect(senderIdOf({ 'webhook-id': 'b', 'x-delivery-id': 'a' })).toBe('a')
    expect(senderIdOf({ 'webhook-id': 'b', 'x-delivery-id': '' })).toBe('b')
    expect(senderIdOf({ 'x-github-delivery': 'c' })).toBe('c')
    expect(senderIdOf({})).toBeNull()
  })

  test.each([['a', true], ['a'.repeat(256), true], ['a'.repeat(257), false], ['a b', false], ['ä', false], ['a\n', false], ['', false]])('%j may name a delivery: %s', (id, may) => {
    expect(isSenderId(id)).toBe(may)
  })
})

describe('a named delivery', () => {
  const clock = new TestClock()
  let deadlines: Deadlines
  let memory: FakeMemory
  let metrics: FakeMetrics
  let deliveries: Deliveries
  let appends: number

  beforeEach(() => {
    deadlines = new Deadlines(clock, 100)
    memory = new FakeMemory()
    metrics = new FakeMetrics()
    deliveries = new Deliveries(memory, { deadlines, metrics, report: new FakeReport() })
    appends = 0
  })
  afterEach(() => deadlines.close())
  const append = (): Promise<void> => {
    appends += 1
    return Promise.resolve()
  }

  test('is taken once', async () => {
    expect(await deliveries.once('int-1', 'dlv_1', append)).toBe(true)
    expect(await deliveries.once('int-1', 'dlv_1', append)).toBe(false)
    expect(await deliveries.once('int-1', 'dlv_2', append)).toBe(true)
    expect(appends).toBe(2)
  })

  test('has a twin that waits for the first and is then known', async () => {
    const gate = Promise.withResolvers<undefined>()
    const first = deliveries.once('int-1', 'dlv_1', () => gate.promise)
    let isAnswered = false
    const twin = deliveries.once('int-1', 'dlv_1', append).finally(() => (isAnswered = true))
    await until(() => true)
    expect(isAnswered).toBe(false)
    gate.resolve(undefined)
    expect(await Promise.all([first, twin])).toEqual([true, false])
    expect(appends).toBe(0)
  })

  test('is not remembered when its append fails, and its twin fails with it', async () => {
    const gate = Promise.withResolvers<undefined>()
    const first = deliveries.once('int-1', 'dlv_1', () => gate.promise)
    const twin = deliveries.once('int-1', 'dlv_1', append)
    gate.reject(new AppError('log_unavailable', 'down'))
    await expect(first).rejects.toThrow('down')
    await expect(twin).rejects.toThrow('down')
    expect(memory.known.size).toBe(0)
    expect(await deliveries.once('int-1', 'dlv_1', append)).toBe(true)
  })

  test('is taken without the memory when that fails, and the failure is counted', async () => {
    memory.mode = 'fails'
    expect(await deliveries.once('int-1', 'dlv_1', append)).toBe(true)
    expect(appends).toBe(1)
    expect(metrics.counts).toMatchObject({ 'ingest_memory_failures_total recall': 1, 'ingest_memory_failures_total remember': 1 })
  })

  test('is taken without the memory when that hangs', async () => {
    memory.mode = 'hangs'
    const taken = deliveries.once('int-1', 'dlv_1', append)
    await until(() => true)
    clock.tick(2_100)
    await until(() => appends === 1)
    await until(() => true)
    clock.tick(2_100)
    expect(await taken).toBe(true)
  })
})
