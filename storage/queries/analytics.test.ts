import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAnalytics, type Analytics } from '../clickhouse/analytics.ts'
import { FACT_TABLES } from '../recorder/rows.ts'
import { callAt, deliveryAt, incidentAt, ledgerAt, placedAt, recordFacts, SAMPLE_MS, tickAt } from '../../test/samples/facts.ts'
import { balance, noise, series, type FactScope } from './analytics.ts'
import { analyticsStore } from './analytics-store.ts'

const ALL: FactScope = { companyIds: null, fromMs: SAMPLE_MS - 1, toMs: SAMPLE_MS + 10_000_000 }
const only = (...companyIds: string[]): FactScope => ({ ...ALL, companyIds })

let dataDir: string
let analytics: Analytics

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  analytics = await openAnalytics({ dataDir })
})
afterAll(async () => {
  await analytics.close()
  await rm(dataDir, { recursive: true })
})
beforeEach(async () => {
  for (const table of [...Object.keys(FACT_TABLES), 'alerts_per_minute_v1', 'signatures_per_hour_v1']) await analytics.command(`truncate table ${table}`)
})

describe('outside calls', () => {
  const NONE = { calls: 0, errors: 0, timeouts: 0, repeated: 0, medianMs: 0, p95Ms: 0, longestMs: 0, items: [], days: [] }
  const calls = (companyIds: readonly string[] | 'all', fromMs: number | null = null, toMs: number | null = null) => analyticsStore(analytics).calls({ companyIds, fromMs, toMs })

  it('are all zeros without any', async () => {
    expect(await calls('all')).toEqual(NONE)
  })

  it('are counted in all, by kind and by day, each once; those for the MSP as a whole in all companies only', async () => {
    const day = new Date(SAMPLE_MS).toISOString().slice(0, 10)
    const told = [
      callAt(1, { durationMs: 100 }), callAt(2, { durationMs: 300, status: 'error', retries: 1 }), callAt(3, { connector: 'rt', action: 'searched', durationMs: 20 }),
      callAt(4, { companyId: null, status: 'timeout', durationMs: 30_000 }), callAt(5, { companyId: 'globex', durationMs: 5 }),
    ]
    await recordFacts(analytics, 'calls.v1', told)
    await recordFacts(analytics, 'calls.v1', told)
    expect(await calls('all')).toMatchObject({ calls: 5, errors: 1, timeouts: 1, repeated: 1, medianMs: 100, longestMs: 30_000, days: [{ day, connector: 'rt', calls: 1 }, { day, connector: 'zendesk', calls: 4, errors: 1, timeouts: 1 }] })
    expect(await calls(['acme'])).toMatchObject({
      calls: 3, errors: 1, timeouts: 0, repeated: 1, medianMs: 100, longestMs: 300, items: [
        { connector: 'zendesk', action: 'created', direction: 'out', calls: 2, errors: 1, timeouts: 0, medianMs: 200 }, { connector: 'rt', action: 'searched', direction: 'out', calls: 1, errors: 0, medianMs: 20 },
      ],
    })
    expect(await calls(['globex'], SAMPLE_MS, SAMPLE_MS + 5)).toEqual(NONE)
    expect(await calls(['globex'], SAMPLE_MS, SAMPLE_MS + 6)).toMatchObject({ calls: 1 })
    expect(await calls([])).toEqual(NONE)
  })
})

describe('the balance', () => {
  it('is all zeros without facts', async () => {
    expect(await balance(analytics, ALL)).toEqual({
      accepted: 0, emitted: 0, absorbed: 0, dropped: {}, rejected: 0, inFlight: 0, difference: 0, missing: 0, surplus: 0, refused: {},
      problems: { opened: 0, placed: 0, quiet: 0 }, incidents: { opened: 0, mergedAway: 0, net: 0 },
    })
  })

  it('counts every element of the ledger by its fate, and refused requests beside them', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1), deliveryAt(2, { elements: 5 }), tickAt(3, [{ companyId: 'acme', status: 429, code: 'rate_limited', count: 7 }, { companyId: null, status: 401, code: 'unauthorized', count: 2 }])])
    await recordFacts(analytics, 'alerts.v1', [
      ledgerAt(1),
      ledgerAt(2, { element: 0, elements: 5, fate: 'absorbed', reason: 'repeat' }), ledgerAt(2, { element: 1, elements: 5, fate: 'dropped', reason: 'no_data', problemKey: null }),
      ledgerAt(2, { element: 2, elements: 5, fate: 'dropped', reason: 'nothing_to_resolve', problemKey: null }), ledgerAt(2, { element: 3, elements: 5, fate: 'dropped', reason: 'no_data', problemKey: null }),
      ledgerAt(2, { element: 4, elements: 5, fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }),
    ])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 6, emitted: 1, absorbed: 1, dropped: { no_data: 2, nothing_to_resolve: 1 }, rejected: 1, inFlight: 0, difference: 0, refused: { 401: 2, 429: 7 } })
    expect(await balance(analytics, only('acme'))).toMatchObject({ refused: { 429: 7 } })
  })

  it('has deliveries in flight whose ledger rows are not recorded yet', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1), deliveryAt(2, { elements: 10 })])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 11, inFlight: 11, difference: 0 })
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1)])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 11, emitted: 1, inFlight: 10, difference: 0 })
  })

  it('has the rest of a delivery in flight when the recorded ledger ends inside it', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1)])
    await recordFacts(analytics, 'alerts.v1', [0, 1, 2].map((element) => ledgerAt(1, { element, elements: 8 })))
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 8, emitted: 3, inFlight: 5, difference: 0 })
  })

  it('counts a delivery that only the ledger knows yet as accepted', async () => {
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1, { element: 0, elements: 2 }), ledgerAt(1, { element: 1, elements: 2 }), ledgerAt(2)])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 3, emitted: 3, inFlight: 0, difference: 0 })
  })

  it('shows a missing ledger row as a positive difference once the ledger has gone past it', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1), deliveryAt(2, { elements: 3 }), deliveryAt(3)])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(2, { element: 0, elements: 3 }), ledgerAt(2, { element: 2, elements: 3 }), ledgerAt(3)])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 5, emitted: 3, inFlight: 0, difference: 2, missing: 2, surplus: 0 })
  })

  it('judges each integration by its own ledger, for they are recorded side by side', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1, { integrationId: 'slow' }), deliveryAt(2, { integrationId: 'quick' })])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(2, { integrationId: 'quick' })])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 2, emitted: 1, inFlight: 1, difference: 0 })
  })

  it('shows two fates of one element as a negative difference, and does not let a missing one hide it', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1, { elements: 2 }), deliveryAt(2)])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1, { elements: 2 }), ledgerAt(1, { elements: 2, fate: 'absorbed', reason: 'repeat' }), ledgerAt(1, { elements: 2, element: 1 }), ledgerAt(2)])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 3, difference: -1, missing: 0, surplus: 1 })
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(0)])
    expect(await balance(analytics, ALL)).toMatchObject({ difference: 0, missing: 1, surplus: 1 })
  })

  it('takes a row that was published twice once', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1)])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1)])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1)])
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1)])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 1, emitted: 1, difference: 0, surplus: 0 })
  })

  it('keeps a delivery that was appended twice under one id as two', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1, { deliveryId: 'twin' }), deliveryAt(2, { deliveryId: 'twin' })])
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1, { deliveryId: 'twin' }), ledgerAt(2, { deliveryId: 'twin', fate: 'dropped', reason: 'duplicate_delivery', problemKey: null })])
    expect(await balance(analytics, ALL)).toMatchObject({ accepted: 2, emitted: 1, dropped: { duplicate_delivery: 1 }, inFlight: 0, difference: 0 })
  })

  it('goes on down to problems placed and incidents left after merges', async () => {
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1), ledgerAt(2), ledgerAt(3, { reason: 'resolved', problemKey: 'v1:acme-generic:p1' })])
    await recordFacts(analytics, 'incidents.v1', [placedAt(1, 'i1'), incidentAt(1), incidentAt(2, { incidentId: 'i2', mergedInto: 'i1' })])
    expect(await balance(analytics, ALL)).toMatchObject({ problems: { opened: 2, placed: 1 }, incidents: { opened: 2, mergedAway: 1, net: 1 } })
  })

  it('shows a company nothing of another, whatever the ids look like', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(1), deliveryAt(2, { companyId: 'globex' })])
    expect(await balance(analytics, only('globex'))).toMatchObject({ accepted: 1 })
    expect(await balance(analytics, only())).toMatchObject({ accepted: 0 })
    expect(await balance(analytics, only(`x') or ('1' = '1`, `\\') or 1 --`))).toMatchObject({ accepted: 0 })
  })

  it('takes what came from `from` on and before `to`', async () => {
    await recordFacts(analytics, 'alerts.raw.v1', [deliveryAt(10), deliveryAt(20), deliveryAt(30)])
    const store = analyticsStore(analytics)
    expect(await store.balance({ companyIds: 'all', fromMs: SAMPLE_MS + 10, toMs: SAMPLE_MS + 30 })).toMatchObject({ accepted: 2 })
    expect(await store.balance({ companyIds: 'all', fromMs: null, toMs: null })).toMatchObject({ accepted: 3 })
  })
})

describe('noise', () => {
  it('compares incidents left after merges with firing alerts that were not dropped', async () => {
    await recordFacts(analytics, 'alerts.v1', [
      ledgerAt(1), ...[2, 3, 4].map((offset) => ledgerAt(offset, { fate: 'absorbed', reason: 'repeat', problemKey: 'v1:acme-generic:p1' })), ledgerAt(5), ledgerAt(6, { alert: { status: 'unknown' } }),
      ledgerAt(7, { alert: { status: 'resolved' }, reason: 'resolved' }), ledgerAt(8, { fate: 'dropped', reason: 'duplicate_delivery', problemKey: null }), ledgerAt(9, { fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }),
    ])
    await recordFacts(analytics, 'incidents.v1', [incidentAt(1), incidentAt(2, { incidentId: 'i2' }), incidentAt(3, { incidentId: 'i2', mergedInto: 'i1' })])
    const figures = await noise(analytics, ALL)
    expect(figures).toEqual({ alerts: 6, problems: 3, incidents: 1, noiseReduction: expect.closeTo(5 / 6) })
    expect(await noise(analytics, only('globex'))).toEqual({ alerts: 0, problems: 0, incidents: 0, noiseReduction: 0 })
  })
})

describe('series', () => {
  it('gives alerts and incidents by step, and lengthens the step rather than the answer', async () => {
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1), ledgerAt(2), ledgerAt(3, { atMs: SAMPLE_MS + 60_000 }), ledgerAt(4, { companyId: 'globex' })])
    await recordFacts(analytics, 'incidents.v1', [incidentAt(1), incidentAt(2, { incidentId: 'i2', mergedInto: 'i1' })])
    expect(await series(analytics, only('acme'))).toEqual({ stepMs: 60_000, points: [{ atMs: SAMPLE_MS, alerts: 2, incidents: 1 }, { atMs: SAMPLE_MS + 60_000, alerts: 1, incidents: 0 }] })
    const { stepMs, points } = await series(analytics, { ...ALL, fromMs: SAMPLE_MS - 300 * 86_400_000 })
    expect(stepMs).toBe(217 * 60_000)
    expect(points.reduce((sum, point) => sum + point.alerts, 0)).toBe(4)
  })
})
