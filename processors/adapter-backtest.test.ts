import { describe, expect, it } from 'vitest'
import type { NormalisedAlert, Rejected } from '../schemas/alert.ts'
import { AppError } from '../schemas/errors.ts'
import type { Delivery } from '../schemas/records.ts'
import { AdapterBacktest, type RecordedRow } from './adapter-backtest.ts'

const alert = (over: Partial<NormalisedAlert> = {}): NormalisedAlert => ({
  source: 'zabbix', externalId: null, asset: 'web-1', signature: 'cpu', severity: 'high', status: 'firing', title: 'CPU', message: '', startsAtMs: null, labels: { b: '2', a: '1' }, ...over,
})
const bad: Rejected = { rejected: { code: 'payload_invalid', path: '/0/host', message: 'no host' } }
const row = (element: number, recorded: NormalisedAlert | null, problemKey: string | null = null): RecordedRow => ({ element, isRejected: recorded === null, problemKey, alert: recorded })
const delivery = (deliveryId: string): Delivery => ({
  type: 'delivery', deliveryId, companyId: 'c', integrationId: 'i', source: 'zabbix', replayable: false, elements: 1, receivedAtMs: 0, contentType: 'application/json', headers: {}, body: Buffer.alloc(0), replay: null,
})

/** Compares deliveries, each given as its recorded rows and what is read of it now. */
function compare(...pairs: [recorded: readonly RecordedRow[], now: readonly (NormalisedAlert | Rejected)[] | Error][]) {
  let turn = 0
  const backtest = new AdapterBacktest(() => {
    const now = pairs[turn]?.[1] ?? []
    if (now instanceof Error) throw now
    return now
  })
  for (const [rows] of pairs) {
    backtest.take({ delivery: delivery(`d${turn}`), atMs: 0, rows })
    turn += 1
  }
  return backtest.result({ expired: 0, nextFrom: null })
}

describe('a backtest of adapters', () => {
  it('finds nothing where both readings are the same, whatever the order of labels and however the ledger writes nothing', () => {
    const result = compare([[row(0, alert({ title: '', labels: { a: '1', b: '2' } }))], [alert({ title: '' })]])
    expect(result).toMatchObject({ deliveries: 1, alerts: { before: 1, after: 1, unchanged: 1, changed: 0 }, fields: [], problems: { before: 1, after: 1, split: 0, joined: 0, renamed: 0 }, rejections: [] })
  })

  it('tells field by field what would change, with examples', () => {
    const result = compare([[row(0, alert()), row(1, alert())], [alert({ severity: 'critical', startsAtMs: 0 }), alert({ severity: 'low' })]])
    expect(result.alerts).toMatchObject({ changed: 2, unchanged: 0 })
    expect(result.fields).toEqual([
      { field: 'severity', changed: 2, examples: [{ deliveryId: 'd0', element: 0, before: 'high', after: 'critical' }, { deliveryId: 'd0', element: 1, before: 'high', after: 'low' }] },
      { field: 'startsAt', changed: 1, examples: [{ deliveryId: 'd0', element: 0, before: null, after: '1970-01-01T00:00:00.000Z' }] },
    ])
  })

  it('tells which rejected alerts would be read, which read ones rejected and why, and what only one reading has', () => {
    const result = compare([[row(0, null)], [alert()]], [[row(0, alert())], [bad]], [[row(0, null)], [bad]], [[row(0, alert())], [alert(), alert()]], [[row(0, alert()), row(1, alert())], [alert()]])
    expect(result.alerts).toEqual({ before: 6, after: 6, unchanged: 2, changed: 0, added: 1, removed: 1, nowRead: 1, nowRejected: 1, stillRejected: 1 })
    expect(result.rejections).toEqual([{ code: 'payload_invalid', message: '/…/host: no host', count: 2, deliveryId: 'd1' }])
  })

  it('takes a body nobody can read as one rejected alert, and goes on when an adapter throws', () => {
    const result = compare([[row(0, alert())], new AppError('payload_invalid', 'the body is not JSON')], [[row(0, alert())], new TypeError('boom')], [[row(0, alert())], [alert()]])
    expect(result.alerts).toMatchObject({ nowRejected: 2, unchanged: 1 })
    expect(result.rejections.map(({ message }) => message)).toEqual(['the body is not JSON', 'the adapter throws: boom'])
  })

  it('takes the one row of a delivery without alerts for none', () => {
    expect(compare([[{ element: 0, isRejected: false, problemKey: null, alert: null }], []]).alerts).toMatchObject({ before: 0, after: 0, added: 0, removed: 0 })
    expect(compare([[{ element: 0, isRejected: false, problemKey: null, alert: null }], [alert()]]).alerts).toMatchObject({ before: 0, after: 1, added: 1 })
  })

  it('tells which problems would split, join and be known by another key', () => {
    const split = compare([[row(0, alert()), row(1, alert())], [alert({ externalId: 'x' }), alert({ externalId: 'y' })]])
    expect(split.problems).toMatchObject({ before: 1, after: 2, split: 1, joined: 0, splits: [{ from: 'v1:i:web-1|cpu', into: ['v1:i:x', 'v1:i:y'] }] })
    const join = compare([[row(0, alert({ externalId: 'x' }), 'v1:i:x'), row(1, alert({ externalId: 'y' }), 'v1:i:y')], [alert({ externalId: 'z' }), alert({ externalId: 'z' })]])
    expect(join.problems).toMatchObject({ before: 2, after: 1, split: 0, joined: 1, renamed: 2, joins: [{ from: ['v1:i:x', 'v1:i:y'], into: 'v1:i:z' }] })
  })

  it('counts what is not recorded yet apart', () => {
    expect(compare([[], [alert()]])).toMatchObject({ deliveries: 0, unrecorded: 1, alerts: { before: 0, after: 0 } })
  })
})
