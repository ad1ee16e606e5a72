import { expect, it } from 'vitest'
import type { Delivery, IntegrationSettings, LedgerRow, ProcessEntry, RawRecord } from '../schemas/records.ts'
import { applyMapping } from './mapping/mapping.ts'
import { mappingOf } from './mapping/cache.ts'
import { processStage } from './process-stage.ts'
import { parseBody } from './sources/parse.ts'
import { adapterFor } from './sources/registry.ts'
import { StateView } from './stage.ts'

const T0 = Date.UTC(2026, 0, 1)
const stage = processStage({
  correlationPartitions: 1,
  normalise: ({ body, contentType, source, headers }, receivedAtMs, mapping) => {
    const payload = parseBody(body, contentType)
    return mapping === null ? adapterFor(source).normalise(payload, { contentType, headers, receivedAtMs }) : applyMapping(mappingOf(mapping), payload, source).alerts
  },
})
const say = (over: Partial<IntegrationSettings>): RawRecord['event'] => ({
  type: 'tick', processId: 'relay', refused: [],
  integration: { integrationId: 'i', companyId: 'c', source: 'generic', name: 'Tool', revision: 1, mapping: null, heartbeatSeconds: null, heartbeatGraceSeconds: 0, removed: false, ...over },
})
const deliver = (body: unknown, over: Partial<Delivery> = {}): RawRecord['event'] => ({
  type: 'delivery', deliveryId: `d${counter++}`, companyId: 'c', integrationId: 'i', source: 'generic', replayable: false, elements: 1, receivedAtMs: 0, contentType: 'application/json', headers: {},
  body: Buffer.from(JSON.stringify(body)), replay: null, ...over,
})
let counter = 0
const rows = (events: readonly RawRecord['event'][], state = new StateView<ProcessEntry>()): LedgerRow[] =>
  stage.process(events.map((event, position) => ({ partition: 0, position, atMs: T0 + position, key: 'i', record: { event } })), state).out
    .filter(({ topic }) => topic === 'alerts.v1').map(({ record }) => record as LedgerRow)
const BODY = { asset_name: 'adapter', signature: 'x', box: 'mapped' }

it('a mapping reads what comes after it on the log, in place of the adapter, for its own integration alone', () => {
  const told = rows([deliver(BODY), say({ mapping: '{"asset":"box","signature":"signature"}' }), deliver(BODY), deliver(BODY, { integrationId: 'other' }), say({ revision: 2 }), deliver(BODY)])
  expect(told.map(({ alert }) => alert?.asset)).toEqual(['adapter', 'mapped', 'adapter', 'adapter'])
})

it('an older announcement changes nothing, and a removed integration has no mapping', () => {
  const mapping = '{"asset":"box"}'
  expect(rows([say({ mapping, revision: 3 }), say({ revision: 2 }), deliver(BODY)]).map(({ alert }) => alert?.asset)).toEqual(['mapped'])
  expect(rows([say({ mapping, revision: 3 }), say({ mapping, revision: 4, removed: true }), deliver(BODY)]).map(({ alert }) => alert?.asset)).toEqual(['adapter'])
})

it('what a mapping cannot read is rejected, and a mended mapping reads it in a replay', () => {
  const state = new StateView<ProcessEntry>()
  const first = deliver([{ box: 'a' }, { box: {} }, { box: 'c' }])
  expect(rows([say({ mapping: '{"asset":"box"}' }), first], state).map(({ fate, reason }) => [fate, reason])).toEqual([['emitted', 'opened'], ['rejected', 'mapping_failed'], ['emitted', 'opened']])
  const again = rows([say({ revision: 2, mapping: '{"asset":"not_null(box.name, to_string(box))"}' }), first], state)
  expect(again.map(({ fate, reason }) => [fate, reason])).toEqual([['dropped', 'duplicate_delivery'], ['emitted', 'opened'], ['dropped', 'duplicate_delivery']])
  expect(again[1]?.alert?.asset).toBe('{}')
})

it('settings that this release cannot read reject the delivery as a whole', () => {
  expect(rows([say({ mapping: '{"shape":"of a later release"}' }), deliver(BODY)])).toMatchObject([{ fate: 'rejected', reason: 'mapping_failed' }])
})
