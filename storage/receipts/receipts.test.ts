import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deliveryIdFor } from '../../schemas/delivery-id.ts'
import { positionOf } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/access.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { BOSS, CALLER, FactsWorld } from '../../test/harness/facts-world.ts'
import { deadLetterAt, deliveryAt, incidentAt, ledgerAt, placedAt, SAMPLE_MS } from '../../test/samples/facts.ts'
import { claim } from '../dead-letters/marks.ts'
import { openReceipts } from './store.ts'

let world: FactsWorld
let receipts: Awaited<ReturnType<typeof openReceipts>>
const acme: Scope = { role: 'company_admin', userId: 'u', companyIds: ['acme'] }
const span = { companyIds: 'all', fromMs: null, toMs: null } as const

beforeAll(async () => {
  world = await FactsWorld.open()
  receipts = await openReceipts({ facts: world.analytics, sql: world.database, log: world.log, schemaIds: world.schemaIds })
})
afterAll(() => world.close())
beforeEach(() => world.clear())

const get = (id: string, scope: Scope = BOSS, integrationId: string | null = null) => receipts.get(scope, { id, integrationId })
const ending = async (): Promise<number> => (await world.log.ends(TOPICS.raw.name))[0]?.next ?? 0
const replay = (offset: number, of: number, elements: number[] = [], deliveryId = `d${of}`) =>
  deliveryAt(offset, { deliveryId, replay: { position: positionOf(1, of), elements, actorId: 'boss', actorName: 'Ann', askedAtMs: SAMPLE_MS } })

describe('the receipt of a delivery', () => {
  it('tells alert by alert what became of each, in words', async () => {
    const key = 'v1:acme-generic:p1'
    await world.record('alerts.raw.v1', [deliveryAt(50, { elements: 6 })])
    await world.record('alerts.v1', [
      ledgerAt(50, { elements: 6, problemKey: key }), ledgerAt(50, { element: 1, elements: 6, fate: 'absorbed', reason: 'repeat', problemKey: key }), ledgerAt(50, { element: 2, elements: 6, fate: 'absorbed', reason: 'repeat', problemKey: 'v1:acme-generic:overflow' }),
      ledgerAt(50, { element: 3, elements: 6, fate: 'dropped', reason: 'nothing_to_resolve', problemKey: null }), ledgerAt(50, { element: 4, elements: 6, fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }),
      ledgerAt(50, { element: 5, elements: 6, fate: 'dropped', reason: 'silence', problemKey: null }),
    ])
    await world.record('dead-letter.v1', [deadLetterAt(50, { deadLetterId: `alerts.raw.v1:0:${positionOf(1, 50)}:4`, element: 4, position: positionOf(1, 50) })])
    await world.project(incidentAt(50).record.event, placedAt(50, 'i1', { problemKey: key }).record.event)
    const told = await get('d50')
    expect(told).toMatchObject({
      deliveryId: 'd50', companyId: 'acme', integrationId: 'acme-generic', source: 'datadog', receivedAt: new Date(SAMPLE_MS + 50).toISOString(), state: 'settled', accepted: 6,
      counts: { in_flight: 0, stored: 1, repeated: 1, suppressed: 2, dropped: 1, dead_lettered: 1 }, replays: [],
    })
    expect(told?.elements.map(({ state, fate, suppressedBy }) => [state, fate, suppressedBy])).toEqual([
      ['stored', 'emitted', null], ['repeated', 'absorbed', null], ['suppressed', 'absorbed', 'overflow'], ['dropped', 'dropped', null], ['dead_lettered', 'rejected', null], ['suppressed', 'dropped', 'silence'],
    ])
    expect(told?.elements[1]).toMatchObject({
      problemKey: key, incidentId: 'i1', problem: { key, status: 'firing', title: 'CPU high on db-01' }, incident: { id: 'i1', number: expect.any(Number), title: 'CPU high on db-01', status: 'open', link: '/api/incidents/i1' },
      explanation: expect.stringMatching(/^repeats a known problem: CPU high on db-01 of incident #\d+$/),
    })
    expect(told?.elements[4]?.deadLetter).toEqual({ id: `alerts.raw.v1:0:${positionOf(1, 50)}:4`, code: 'payload_invalid', message: 'body: not an object', replayedAt: null, replayedBy: null, link: expect.stringContaining('/api/dead-letters/') })
  })

  it('is there from the append on, before anything is recorded, and follows what the ledger publishes', async () => {
    const at = await ending()
    expect(await get('fresh')).toBeNull()
    await world.append('alerts.raw.v1', [deliveryAt(at, { deliveryId: 'fresh', elements: 2 }).record])
    expect(await get('fresh', acme)).toMatchObject({ state: 'in_flight', accepted: 2, counts: { in_flight: 2 }, elements: [{ element: 0, state: 'in_flight', fate: 'in_flight' }, { element: 1, state: 'in_flight' }] })
    expect(await get('fresh', { ...acme, companyIds: ['globex'] })).toBeNull()
    await world.append('alerts.v1', [ledgerAt(at, { deliveryId: 'fresh', elements: 2 }).record])
    expect(await get('fresh')).toMatchObject({ state: 'in_flight', counts: { in_flight: 1, stored: 1 } })
    await world.append('alerts.v1', [ledgerAt(at, { deliveryId: 'fresh', element: 1, elements: 2, fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }).record])
    await world.append('dead-letter.v1', [deadLetterAt(at, { deadLetterId: `alerts.raw.v1:0:${positionOf(1, at)}:1`, element: 1, delivery: { ...deadLetterAt(at).record.delivery!, deliveryId: 'fresh' } }).record])
    expect(await get('fresh')).toMatchObject({ state: 'settled', counts: { stored: 1, dead_lettered: 1 }, elements: [{}, { deadLetter: { message: 'body: not an object' } }] })
  })

  it('is found by the sender’s own id within its integration, and by no other', async () => {
    await world.record('alerts.raw.v1', [deliveryAt(1, { deliveryId: deliveryIdFor('acme-generic', 'ticket/7') })])
    await world.record('alerts.v1', [ledgerAt(1, { deliveryId: deliveryIdFor('acme-generic', 'ticket/7') })])
    expect(await get('ticket/7', acme, 'acme-generic')).toMatchObject({ deliveryId: deliveryIdFor('acme-generic', 'ticket/7') })
    expect(await get('ticket/7', acme, 'other')).toBeNull()
    expect(await get('ticket/7', acme)).toBeNull()
    expect(await get(deliveryIdFor('acme-generic', 'ticket/7'), acme, 'acme-generic')).not.toBeNull()
    expect(await get(deliveryIdFor('acme-generic', 'ticket/7'), acme, 'other')).toBeNull()
    expect(await get('ticket/7', { ...acme, companyIds: ['globex'] }, 'acme-generic')).toBeNull()
  })

  it('tells each step of a delivery that was sent through anew', async () => {
    const of = await world.append('alerts.raw.v1', [deliveryAt(10, { deliveryId: 'd10', elements: 2 }).record])
    await world.record('alerts.raw.v1', [deliveryAt(of, { deliveryId: 'd10', elements: 2 })])
    await world.recordedUpTo(TOPICS.raw.name, of)
    await world.record('alerts.v1', [ledgerAt(of, { deliveryId: 'd10', elements: 2 }), ledgerAt(of, { deliveryId: 'd10', element: 1, elements: 2, fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null })])
    await claim(world.database, CALLER, [{ topic: TOPICS.raw.name, partition: 0, position: positionOf(1, of), companyId: 'acme' }], world.clock.now())
    expect((await get('d10'))?.elements[1]).toMatchObject({ state: 'dead_lettered', deadLetter: { replayedBy: 'Ann', replayedAt: expect.any(String) } })

    const at = await ending()
    await world.append('alerts.raw.v1', [replay(at, of, [1], 'd10').record])
    expect(await get('d10')).toMatchObject({ state: 'in_flight', replays: [{ by: 'Ann' }], counts: { stored: 1, in_flight: 1 }, elements: [{ state: 'stored', history: [] }, { state: 'in_flight', replayedBy: 'Ann', explanation: 'sent through anew, and not yet processed', history: [{ fate: 'rejected', replayedBy: null }] }] })

    await world.append('alerts.v1', [
      ledgerAt(at, { deliveryId: 'd10', elements: 2, fate: 'dropped', reason: 'duplicate_delivery', problemKey: null }).record, ledgerAt(at, { deliveryId: 'd10', element: 1, elements: 2 }).record,
    ])
    expect(await get('d10')).toMatchObject({
      state: 'settled', counts: { stored: 2, dead_lettered: 0, dropped: 0 },
      elements: [{ state: 'stored', fate: 'emitted', replayedBy: null, history: [] }, { state: 'stored', replayedBy: 'Ann', deadLetter: null, history: [{ fate: 'rejected', deadLetterId: `alerts.raw.v1:0:${positionOf(1, of)}:1` }] }],
    })
  })

  it('grows with a replay that reads more alerts than nobody could read before', async () => {
    await world.record('alerts.raw.v1', [deliveryAt(10), replay(12, 10)])
    await world.record('alerts.v1', [ledgerAt(10, { fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }), ...[0, 1, 2].map((element) => ledgerAt(12, { deliveryId: 'd10', element, elements: 3 }))])
    expect((await get('d10'))?.elements.map(({ element, state, history }) => [element, state, history.length])).toEqual([[0, 'stored', 1], [1, 'stored', 0], [2, 'stored', 0]])
  })

  it('keeps a twin that brought nothing out of the way', async () => {
    await world.record('alerts.raw.v1', [deliveryAt(1, { deliveryId: 'twin' }), deliveryAt(2, { deliveryId: 'twin' })])
    await world.record('alerts.v1', [ledgerAt(1, { deliveryId: 'twin' }), ledgerAt(2, { deliveryId: 'twin', fate: 'dropped', reason: 'duplicate_delivery', problemKey: null })])
    expect((await get('twin'))?.elements).toMatchObject([{ state: 'stored', history: [] }])
  })

  it('names the incident of the episode the alert belongs to, follows merges, and hides from a technician what is somebody else’s', async () => {
    const key = 'v1:acme-generic:p1'
    await world.record('alerts.raw.v1', [deliveryAt(50)])
    await world.record('alerts.v1', [ledgerAt(50, { problemKey: key })])
    await world.record('incidents.v1', [placedAt(1, 'old', { problemKey: key }), placedAt(50, 'i1', { problemKey: key, episode: 2 })])
    await world.project(
      incidentAt(49).record.event, { ...incidentAt(50, { incidentId: 'i2' }).record.event }, placedAt(50, 'i1', { problemKey: key, episode: 2 }).record.event,
      placedAt(90, 'i2', { problemKey: key, episode: 3 }).record.event,
    )
    expect((await get('d50'))?.elements[0]).toMatchObject({ incidentId: 'i1' })
    await world.project(incidentAt(60, { mergedInto: 'i2' }).record.event)
    expect((await get('d50'))?.elements[0]).toMatchObject({ incidentId: 'i2', incident: { id: 'i2' } })
    await world.project(incidentAt(61, { incidentId: 'i2', assignee: 'somebody' }).record.event)
    const technician = (userId: string): Scope => ({ role: 'technician', userId, companyIds: ['acme'] })
    expect((await get('d50', technician('somebody')))?.elements[0]).toMatchObject({ incidentId: 'i2' })
    expect((await get('d50', technician('else')))?.elements[0]).toMatchObject({ state: 'stored', incidentId: null, incident: null })
    expect(JSON.stringify(await get('d50', technician('else')))).not.toContain('"i2"')
  })
})

describe('the list of deliveries', () => {
  it('is newest first, page by page, by fate, source and integration, without replays', async () => {
    await world.record('alerts.raw.v1', [1, 2, 3, 4, 5].map((offset) => deliveryAt(offset, { source: offset === 5 ? 'zabbix' : 'datadog', integrationId: offset === 4 ? 'other' : 'acme-generic' })))
    await world.record('alerts.raw.v1', [replay(9, 2), deliveryAt(10, { companyId: 'globex' })])
    await world.record('alerts.v1', [ledgerAt(1), ledgerAt(2, { fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null }), ledgerAt(9, { deliveryId: 'd2' }), ledgerAt(3, { fate: 'absorbed', reason: 'repeat' }), ledgerAt(4), ledgerAt(10, { companyId: 'globex' })])
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof receipts.list>> = await receipts.list({ ...span, companyIds: ['acme'] }, { source: null, integrationId: null, state: null }, { limit: 2, cursor })
      ids.push(...page.items.map(({ deliveryId }) => deliveryId))
      cursor = page.next
    } while (cursor !== null)
    expect(ids).toEqual(['d5', 'd4', 'd3', 'd2', 'd1'])
    const by = async (filter: object) => (await receipts.list(span, { source: null, integrationId: null, state: null, ...filter }, { limit: 50, cursor: null })).items.map(({ deliveryId, state }) => `${deliveryId} ${state}`)
    expect(await by({ source: 'zabbix' })).toEqual(['d5 in_flight'])
    expect(await by({ integrationId: 'other' })).toEqual(['d4 settled'])
    expect(await by({ state: 'in_flight' })).toEqual(['d5 in_flight'])
    expect(await by({ state: 'repeated' })).toEqual(['d3 settled'])
    expect(await by({ state: 'dead_lettered' })).toEqual(['d2 settled'])
    expect(await by({ state: 'stored' })).toEqual(['d10 settled', 'd4 settled', 'd2 settled', 'd1 settled'])
    const [replayed] = (await receipts.list(span, { source: null, integrationId: null, state: 'dead_lettered' }, { limit: 1, cursor: null })).items
    expect(replayed?.counts).toMatchObject({ stored: 1, dead_lettered: 0 })
    await expect(receipts.list(span, { source: null, integrationId: null, state: null }, { limit: 1, cursor: 'not ours' })).rejects.toMatchObject({ code: 'bad_request' })
  })
})
