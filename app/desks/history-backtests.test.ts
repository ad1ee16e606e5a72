import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Engines } from '../parts/engines.ts'
import { openHistoryBacktests, type RunningBacktests } from './history-backtests.ts'
import type { Caller } from '../../schemas/access.ts'
import type { BacktestView, HistoryBacktestQuery } from '../../schemas/backtest.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { Analytics } from '../../storage/clickhouse/analytics.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from '../../test/harness/database-template.ts'
import { backtestStore, DEAD_AFTER_MS } from '../../storage/queries/backtests.ts'

const BOSS: Caller = { kind: 'token', id: 'boss', name: 'Boss', ip: null, scope: { role: 'msp_admin', userId: 'boss', companyIds: 'all' } }
const ACME_ADMIN: Caller = { ...BOSS, kind: 'user', id: 'ann', scope: { role: 'company_admin', userId: 'ann', companyIds: ['acme'] } }
const clock = new TestClock()
const said: string[] = []
const logger = { info: () => undefined, warn: (_: object, message: string) => void said.push(message), error: (_: object, message: string) => void said.push(message) }

let dataDir: string
let database: Database
/** Pages of a history that never ends. */
let pages = 0

const query = (companyId: string): HistoryBacktestQuery => ({ companyId, fromMs: 0, toMs: 10, settings: {}, compareWith: null, topology: null, limit: 1_000_000, tune: null })
const row = (n: number) => ({ alertId: `a${n}`, integrationId: 'i', problemKey: `v1:i:${n}`, atMs: n, partition: 0, version: n, element: 0, source: 'zabbix', externalId: '', asset: 'web', signature: 'cpu', severity: 'high', status: 'firing', title: 'CPU', message: '', startsAtMs: null, labels: {} })

function opened(): Promise<RunningBacktests> {
  const facts: Pick<Analytics, 'query'> = { query: async <T>(sql: string) => (sql.startsWith('select count()') ? [{ total: 1_000_000, incidents: 0 }] : [row((pages += 1))]) as T[] }
  return openHistoryBacktests({ engines: { analytics: async () => facts as Analytics, database: async () => database } as Engines, clock, logger })
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aw-history-'))
  database = await openCopiedDatabase({ dataDir, clock })
  for (const id of ['acme', 'globex', 'initech']) await database.query('insert into companies (id, name, created_at, updated_at) values ($1, $1, now(), now())', [id])
})
afterAll(async () => {
  await database.close()
  await rm(dataDir, { recursive: true })
})
beforeEach(() => database.query('delete from backtests'))

async function progressed(backtests: RunningBacktests, id: string): Promise<BacktestView> {
  return expect.poll(() => backtests.get(BOSS.scope, id).then((view) => view.progress.done)).toBeGreaterThan(0).then(() => backtests.get(BOSS.scope, id))
}

describe('backtests of stored history', () => {
  it('run one at a time for a company and two at a time in all, and end when they are cancelled', async () => {
    const backtests = await opened()
    const first = await backtests.start(ACME_ADMIN, query('acme'))
    expect(await progressed(backtests, first.id)).toMatchObject({ state: 'running', progress: { total: 1_000_000 } })
    await expect(backtests.start(ACME_ADMIN, query('acme'))).rejects.toMatchObject({ code: 'rate_limited', message: expect.stringContaining('of this company') })
    const second = await backtests.start(BOSS, query('globex'))
    await expect(backtests.start(BOSS, query('initech'))).rejects.toMatchObject({ code: 'rate_limited', message: expect.stringContaining('2 backtests') })
    expect(await backtests.cancel(ACME_ADMIN, first.id)).toMatchObject({ state: 'cancelled', result: null, message: 'somebody cancelled it' })
    await expect(backtests.cancel(ACME_ADMIN, second.id)).rejects.toMatchObject({ code: 'not_found' })
    const third = await backtests.start(BOSS, query('initech'))
    await backtests.stop()
    for (const { id } of [second, third]) expect(await backtests.get(BOSS.scope, id)).toMatchObject({ state: 'failed', code: 'interrupted' })
    expect(said).toEqual([])
  })

  it('can be cancelled from another process, which only the row tells', async () => {
    const [one, other] = [await opened(), await opened()]
    const { id } = await one.start(BOSS, query('acme'))
    await progressed(one, id)
    await other.cancel(BOSS, id)
    await expect.poll(() => other.get(BOSS.scope, id).then(({ state }) => state)).toBe('cancelled')
    await one.stop()
  })

  it('make room when their process has died', async () => {
    const store = backtestStore(database, { clock })
    const { id } = await store.begin(BOSS, query('acme'))
    await expect(store.begin(BOSS, query('acme'))).rejects.toMatchObject({ code: 'rate_limited' })
    clock.tick(DEAD_AFTER_MS + 1)
    const next = await store.begin(BOSS, query('acme'))
    expect(await store.get(BOSS.scope, id)).toMatchObject({ state: 'failed', code: 'interrupted' })
    expect(await store.tell(id, { done: 1, total: 1 })).toBe(false)
    expect(await store.tell(next.id, { done: 1, total: 1 })).toBe(true)
  })

  it('are refused before anything is written where the settings are none', async () => {
    const backtests = await opened()
    await expect(backtests.start(BOSS, { ...query('acme'), settings: { joinThreshold: 7 } })).rejects.toMatchObject({ code: 'bad_request' })
    expect((await backtests.list(BOSS.scope, { limit: 10, cursor: null, companyId: null })).items).toEqual([])
  })
})
