import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NormalisedAlert } from '../schemas/alert.ts'
import { AppError } from '../schemas/errors.ts'
import type { CorrelationRecord, DeadLetter, Delivery, LedgerRow, ProblemEvent, ProcessEntry, RawRecord } from '../schemas/records.ts'
import { processStage, type ProcessOutput } from './process-stage.ts'
import { StateView, type Keyed, type Positioned } from './stage.ts'

const T0 = Date.UTC(2026, 0, 1)

/** The body is a JSON array of alerts, so that a test says what it means; `"bad"` stands for an element nobody can read, anything else unreadable throws. */
const normalise = (delivery: Delivery) => {
  let body: unknown
  try {
    body = JSON.parse(delivery.body.toString())
  } catch (cause) {
    throw new AppError('payload_invalid', 'the body is not JSON', { cause })
  }
  return (body as (Partial<NormalisedAlert> | 'bad')[]).map((given) => given === 'bad'
    ? { rejected: { code: 'payload_invalid' as const, path: '/0', message: 'no' } }
    : { source: delivery.source, externalId: null, asset: 'a', signature: 's', severity: 'high' as const, status: 'firing' as const, title: 't', message: '', startsAtMs: null, labels: {}, ...given })
}
const stage = processStage({ normalise, correlationPartitions: 2, maxOpenProblems: 3 })

const delivery = (offset: number, second: number, body: unknown, over: Partial<Delivery> = {}): Positioned<RawRecord> => ({
  partition: 0, position: offset, atMs: T0 + second * 1_000, key: 'i',
  record: { event: { type: 'delivery', deliveryId: `d${offset}`, companyId: 'c', integrationId: 'i', source: 'zabbix', replayable: false, elements: 1, receivedAtMs: 0, contentType: 'application/json', headers: {}, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), replay: null, ...over } },
})
const tick = (offset: number, second: number): Positioned<RawRecord> => ({ partition: 0, position: offset, atMs: T0 + second * 1_000, key: '', record: { event: { type: 'tick', processId: 'p', refused: [], integration: null } } })

const ledger = (out: readonly Keyed<ProcessOutput>[]): LedgerRow[] => out.filter((o) => o.topic === 'alerts.v1').map((o) => o.record as LedgerRow)
const problems = (out: readonly Keyed<ProcessOutput>[]): ProblemEvent[] =>
  out.filter((o) => o.topic === 'correlation.v1').map((o) => (o.record as CorrelationRecord).event).filter((event): event is ProblemEvent => event.type === 'problem')
const run = (batch: Positioned<RawRecord>[], state = new StateView<ProcessEntry>()) => stage.process(batch, state)

describe('process stage', () => {
  it('gives every element of a delivery its own ledger row, and a delivery without alerts one too', () => {
    const { out } = run([delivery(0, 0, [{ asset: 'x' }, 'bad', { asset: 'y' }]), delivery(1, 1, [])])
    expect(ledger(out).map((row) => [row.deliveryId, row.element, row.elements, row.fate, row.reason])).toEqual([
      ['d0', 0, 3, 'emitted', 'opened'], ['d0', 1, 3, 'rejected', 'payload_invalid'], ['d0', 2, 3, 'emitted', 'opened'], ['d1', 0, 1, 'dropped', 'no_alert'],
    ])
    expect(out.filter((o) => o.topic === 'dead-letter.v1')).toHaveLength(1)
  })

  it('sets an unreadable body aside with its bytes', () => {
    const { out } = run([delivery(0, 0, '{oops')])
    expect(out.find((o) => o.topic === 'dead-letter.v1')?.record).toMatchObject({ code: 'payload_invalid', companyId: 'c', value: Buffer.from('{oops') })
    expect(ledger(out)[0]?.fate).toBe('rejected')
  })

  it('drops the elements of a delivery it has already processed', () => {
    const { out } = run([delivery(0, 0, [{}], { deliveryId: 'same' }), delivery(1, 1, [{}], { deliveryId: 'same' })])
    expect(ledger(out).map((row) => row.reason)).toEqual(['opened', 'duplicate_delivery'])
    expect(problems(out)).toHaveLength(1)
  })

  it('reads again only what a replay names, also when the delivery itself is long forgotten', () => {
    const replay = { position: 0, elements: [1, 3], actorId: 'u', actorName: 'Ann', askedAtMs: 0 }
    const again = (offset: number, body: unknown) => delivery(offset, 90_000 + offset, body, { deliveryId: 'old', replay })
    const state = new StateView<ProcessEntry>()
    const { out } = run([again(5, [{ asset: 'a' }, { asset: 'b' }, { asset: 'c' }, 'bad'])], state)
    expect(ledger(out).map((row) => [row.element, row.fate, row.reason])).toEqual([[0, 'dropped', 'duplicate_delivery'], [1, 'emitted', 'opened'], [2, 'dropped', 'duplicate_delivery'], [3, 'rejected', 'payload_invalid']])
    expect(problems(out).map(({ asset, alertId }) => [asset, alertId])).toEqual([['b', 'old:1']])
    // The same replay appended twice, after a crash between appending and noting it, brings nothing twice for a day.
    expect(ledger(run([again(6, [{ asset: 'a' }, { asset: 'b' }, { asset: 'c' }, { asset: 'd' }])], state).out).map((row) => row.fate)).toEqual(['dropped', 'dropped', 'dropped', 'emitted'])
    run([tick(7, 90_000 + 3_600)], state)
    expect(ledger(run([again(3_700, [{ asset: 'a' }, { asset: 'b' }, { asset: 'c' }, { asset: 'd' }])], state).out).map((row) => row.reason)).toEqual(Array(4).fill('duplicate_delivery'))
  })

  it('sets a replay of some elements aside again when it cannot be read at all, remembered or not', () => {
    const replay = { position: 0, elements: [1], actorId: 'u', actorName: 'Ann', askedAtMs: 0 }
    const again = delivery(9, 1, '{oops', { deliveryId: 'd0', replay })
    for (const batch of [[again], [delivery(0, 0, [{}, 'bad', {}]), again]]) {
      const { out } = run(batch)
      expect(ledger(out).filter(({ version }) => version === 9).map((row) => [row.element, row.elements, row.fate])).toEqual([[1, 1, 'rejected']])
      expect(problems(out).filter(({ version }) => version === 9)).toEqual([])
    }
  })

  it('reads all of a replay of which nothing was understood, however many alerts it now has', () => {
    const replay = { position: 0, elements: [], actorId: 'u', actorName: 'Ann', askedAtMs: 0 }
    const { out } = run([delivery(0, 0, '{oops', { deliveryId: 'x' }), delivery(1, 1, [{ asset: 'a' }, { asset: 'b' }], { deliveryId: 'x', replay })])
    expect(ledger(out).map((row) => [row.element, row.fate])).toEqual([[0, 'rejected'], [0, 'emitted'], [1, 'emitted']])
  })

  it('keeps the body in the first letter of a delivery alone, and with each what else the delivery was', () => {
    const { out } = run([delivery(0, 0, ['bad', {}, 'bad', 'bad'], { headers: { 'user-agent': 'x' } })])
    const letters = out.filter((o) => o.topic === 'dead-letter.v1').map((o) => o.record as DeadLetter)
    expect(letters.map(({ element, value }) => [element, value.length > 0])).toEqual([[0, true], [2, false], [3, false]])
    expect(letters[2]?.delivery).toEqual({ deliveryId: 'd0', integrationId: 'i', source: 'zabbix', replayable: false, told: 1, elements: 4, receivedAtMs: 0, contentType: 'application/json', headers: { 'user-agent': 'x' } })
  })

  it('lets a replay bring what was rejected, and only that', () => {
    const first = delivery(0, 0, [{ asset: 'x' }, 'bad'], { deliveryId: 'same' })
    const { out } = run([first, delivery(1, 1, [{ asset: 'x' }, { asset: 'y' }], { deliveryId: 'same' }), delivery(2, 2, [{ asset: 'x' }, { asset: 'y' }], { deliveryId: 'same' })])
    expect(ledger(out).map((row) => row.reason)).toEqual(['opened', 'payload_invalid', 'duplicate_delivery', 'opened', 'duplicate_delivery', 'duplicate_delivery'])
    expect(ledger(run([delivery(0, 0, '{oops', { deliveryId: 'd' }), delivery(1, 1, [{}], { deliveryId: 'd' })]).out).map((row) => row.fate)).toEqual(['rejected', 'emitted'])
  })

  it('forgets a delivery the sender cannot repeat after ten minutes, and a named one only after a day', () => {
    const state = new StateView<ProcessEntry>()
    run([delivery(0, 0, [{}]), delivery(1, 0, [{}], { replayable: true }), tick(2, 601)], state)
    expect([state.get('d:d0'), state.get('d:d1') !== undefined]).toEqual([undefined, true])
    run([tick(3, 86_401)], state)
    expect(state.get('d:d1')).toBeUndefined()
  })

  it('flushes pending repeats on a tick, with the count so far', () => {
    const { out } = run([...[0, 1, 2].map((i) => delivery(i, i, [{}])), tick(3, 10)])
    expect(problems(out).map((event) => [event.change, event.count])).toEqual([['opened', 1], ['repeated', 2], ['repeated', 3]])
  })

  it('tells repeats at most every five seconds a problem', () => {
    const { out } = run([...[0, 1, 2].map((i) => delivery(i, i, [{}])), tick(3, 5), tick(4, 6), tick(5, 60)])
    expect(problems(out).map((event) => [event.change, event.count, (event.atMs - T0) / 1_000])).toEqual([['opened', 1, 0], ['repeated', 2, 1], ['repeated', 3, 6]])
  })

  it('spreads the repeats of a storm over ticks, those that waited longest first, and tells them all in the end', () => {
    const wide = processStage({ normalise, correlationPartitions: 1 })
    const storm = Array.from({ length: 600 }, (_, n) => ({ asset: `h${String(n).padStart(3, '0')}` }))
    const state = new StateView<ProcessEntry>()
    const log = [0, 1, 2].map((i) => delivery(i, i, storm))
    const counted = (second: number) => problems(wide.process([tick(10 + second, second)], state).out).length
    wide.process(log, state)
    expect([10, 15, 20, 25].map(counted)).toEqual([250, 250, 100, 0])
  })

  it('passes time on to every correlation partition, once per five seconds however many ticks come', () => {
    const { out } = run([tick(0, 0), tick(1, 1), tick(2, 5)])
    expect(out.map((o) => [o.partition, (o.record as { event: { atMs: number } }).event.atMs - T0])).toEqual([[0, 0], [1, 0], [0, 5_000], [1, 5_000]])
  })

  it('expires a problem nobody mentioned for a week and says so', () => {
    const { out } = run([delivery(0, 0, [{}]), tick(1, 7 * 86_400 + 1)])
    expect(problems(out).map((event) => [event.change, event.status])).toEqual([['opened', 'firing'], ['expired', 'resolved']])
  })

  it('joins problems above the limit to one named overflow problem, counted', () => {
    const { out } = run([delivery(0, 0, ['a', 'b', 'c', 'd', 'e'].map((asset) => ({ asset })))])
    expect(ledger(out).map((row) => row.problemKey)).toEqual(['v1:i:a|s', 'v1:i:b|s', 'v1:i:c|s', 'v1:i:overflow', 'v1:i:overflow'])
    expect(problems(out).at(-1)).toMatchObject({ problemKey: 'v1:i:overflow', count: 2 })
  })

  it('keeps two tools of the shared endpoint apart, and two vendor ids, whatever is displayed', () => {
    const { out } = run([delivery(0, 0, [{ source: 'datadog', externalId: '1' }, { source: 'nagios', externalId: '1' }], { source: 'generic' })])
    expect(ledger(out).map((row) => row.problemKey)).toEqual(['v1:i:datadog/1', 'v1:i:nagios/1'])
  })

  it('answers the same however the log is cut into batches', () => {
    const steps = fc.array(fc.record({ kind: fc.constantFrom('fire', 'resolve', 'tick', 'twin'), asset: fc.constantFrom('a', 'b'), gap: fc.integer({ min: 0, max: 400 }) }), { maxLength: 40 })
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 7 }), (given, size) => {
      let second = 0
      const log = given.map((step, i) => {
        second += step.gap
        if (step.kind === 'tick') return tick(i, second)
        return delivery(i, second, [{ asset: step.asset, status: step.kind === 'resolve' ? 'resolved' : 'firing' }], step.kind === 'twin' ? { deliveryId: 'twin' } : {})
      })
      const whole = run(log)
      const state = new StateView<ProcessEntry>()
      const cut = { out: [] as Keyed<ProcessOutput>[], fates: [] as unknown[] }
      for (let i = 0; i < log.length; i += size) {
        // The state survives only through its stored entries, as after a restart.
        const stored = new StateView<ProcessEntry>(new Map(structuredClone([...state.entries()])))
        const result = run(log.slice(i, i + size), stored)
        for (const [key, entry] of stored.takeDelta()) if (entry === null) state.delete(key); else state.set(key, entry)
        cut.out.push(...result.out)
        cut.fates.push(...result.fates)
      }
      expect(cut.out).toEqual(whole.out)
      expect(cut.fates).toEqual(whole.fates)
      expect(whole.fates).toHaveLength(log.length)
    }))
  })
})
