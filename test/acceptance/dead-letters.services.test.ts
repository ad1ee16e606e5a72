/**
 * The story: on real servers, with the partitions of production, a delivery of which one alert cannot be understood is told at once, replayed once, and
 * read again by a backtest; and none of it joins a consumer group.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { AdapterBacktestLine } from '../../schemas/adapter-backtest.ts'
import type { DeadLetterDetail, DeadLetterView, DeliveryView, ReplayAnswer } from '../../schemas/receipts.ts'
import type { Page } from '../../schemas/views.ts'
import { admin, onboard, settledBalance, type Client } from '../harness/client.ts'
import { emptyDatabase } from '../harness/databases.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { emptyDatabase as emptyAnalytics } from '../services/clickhouse.ts'

/** A database of Redis that no other suite uses. */
const REDIS_DATABASE = 11

let program: Program
let api: Client
let company: Company
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const addresses = inject('addresses')
  const database = await emptyDatabase(addresses.DATABASE_URL)
  undo.push(database.drop)
  const analytics = await emptyAnalytics(addresses.CLICKHOUSE_URL)
  undo.push(analytics.drop)
  const redis = new URL(addresses.REDIS_URL)
  redis.pathname = `/${REDIS_DATABASE}`
  program = await Program.up({ ...addresses, DATABASE_URL: database.url, REDIS_URL: redis.href, CLICKHOUSE_URL: analytics.url })
  undo.push(() => program.remove())
  await program.start()
  api = admin(program)
  company = await onboard(program, 'Served Ltd')
})
afterAll(() => undoAll(undo))

it('tells, replays and reads again on servers as on the embedded engines', async () => {
  const { status, answer } = await post(program.url, company, 'alerts', [alertBody(), 'unreadable'])
  expect(status).toBe(202)
  const id = answer.deliveryId!
  expect(await api.get<DeliveryView>(`/api/deliveries/${id}`)).toMatchObject({ deliveryId: id, accepted: 2 })
  await until('it is told down to its incident', async () => {
    const { counts, elements } = await api.get<DeliveryView>(`/api/deliveries/${id}`)
    return counts.stored === 1 && counts.dead_lettered === 1 && elements[0]?.incident !== null
  })
  await settledBalance(program, company.id, 2)
  const letter = await until('the dead letter is listed', async () => (await api.get<Page<DeadLetterView>>(`/api/dead-letters?company=${company.id}`)).items[0])
  const path = `/api/dead-letters/${encodeURIComponent(letter.id)}`
  expect((await api.call('GET', `${path}/original`)).text).toContain('"unreadable"')
  const replays = await Promise.all([1, 2, 3].map(() => api.call<ReplayAnswer>('POST', `${path}/replay`)))
  // Whoever comes while the first is under way is told to look again (409), later ones what became of it.
  expect(replays.filter(({ status, body }) => status === 202 && !body.wasReplayed)).toHaveLength(1)
  const { replay } = await until('its replay is told', async () => {
    const detail = await api.get<DeadLetterDetail>(path)
    return detail.replay?.state === 'done' ? detail : null
  })
  expect(replay?.outcome).toMatchObject({ state: 'dead_lettered' })
  expect(await api.get<DeliveryView>(`/api/deliveries/${id}`)).toMatchObject({ counts: { stored: 1, dead_lettered: 1 }, replays: [{ by: 'Admin token' }], elements: [{ history: [] }, { history: [{ fate: 'rejected' }] }] })
  expect(await settledBalance(program, company.id, 4)).toMatchObject({ accepted: 4, emitted: 1, rejected: 2, dropped: { duplicate_delivery: 1 }, difference: 0 })

  const { text } = await api.call('POST', '/api/backtests/adapters', { company: company.id })
  const lines = text.trim().split('\n').map((line) => JSON.parse(line) as AdapterBacktestLine)
  expect(lines.at(-1)).toMatchObject({ type: 'result', deliveries: 1, expired: 0, alerts: { before: 2, unchanged: 1, stillRejected: 1 } })
})
