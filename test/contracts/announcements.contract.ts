/** How settings of integrations and companies must reach the log, on either database. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../schemas/access.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { CorrelationRecord, IntegrationSettings, RawRecord } from '../../schemas/records.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { ANNOUNCE_INTERVAL_MS, announceDue } from '../../storage/queries/integration-settings.ts'
import { openStores } from '../../storage/queries/stores.ts'
import type { EmptyDatabase } from './database.contract.ts'

const BOSS: Caller = { kind: 'user', id: 'u', name: 'Boss', ip: null, scope: { role: 'msp_admin', userId: 'u', companyIds: 'all' } }

/** Runs the suite over an engine. */
export function announcementsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`announcements on ${engineName}`, () => {
    const clock = new TestClock()
    let empty: EmptyDatabase
    let database: Database
    let stores: ReturnType<typeof openStores>
    let made = 0

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock })
      stores = openStores(database, { clock, masterKey: randomBytes(32) })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('update integrations set announced_at = now() + interval \'100 years\'')
      await database.query('update companies set announced_at = now() + interval \'100 years\'')
      await database.query('truncate outbox')
    })

    /** What lies in the outbox, oldest first; it is emptied. */
    const taken = async (): Promise<{ integrations: IntegrationSettings[]; companies: string[] }> => {
      const rows = await database.query<{ topic: string; key: string; record: RawRecord | CorrelationRecord }>('select topic, key, record from outbox order by id')
      await database.query('truncate outbox')
      const integrations: IntegrationSettings[] = []
      const companies: string[] = []
      for (const { topic, key, record: { event } } of rows) {
        if (event.type === 'settings') companies.push(`${event.companyId} ${event.revision}`)
        else if (event.type === 'tick' && event.integration !== null) {
          expect([topic, key]).toEqual(['alerts.raw.v1', event.integration.integrationId])
          integrations.push(event.integration)
        }
      }
      return { integrations, companies }
    }
    const company = async () => (await stores.companies.create(BOSS, `Company ${made++}`, {})).company.id

    it('tell each integration as it is made, with what it is set to', async () => {
      const companyId = await company()
      expect((await taken()).integrations).toMatchObject([{ companyId, name: 'generic', source: null, revision: 1, mapping: null, heartbeatSeconds: null, removed: false }])
      const { integration } = await stores.integrations.create(BOSS, companyId, { name: 'Backup', source: 'backup-tool', mapping: { asset: 'host', labels: { z: 'a', a: 'z' } }, heartbeatSeconds: 3_600, heartbeatGraceSeconds: 60 })
      expect(integration).toMatchObject({ mapping: { asset: 'host' }, heartbeatSeconds: 3_600, heartbeatGraceSeconds: 60 })
      expect((await taken()).integrations).toEqual([{
        integrationId: integration.id, companyId, name: 'Backup', source: 'backup-tool', revision: 2, mapping: '{"asset":"host","labels":{"z":"a","a":"z"}}', heartbeatSeconds: 3_600, heartbeatGraceSeconds: 60, removed: false,
      }])
    })

    it('raise the revision with every change, and keep what a change does not name', async () => {
      const companyId = await company()
      const { integration: { id } } = await stores.integrations.create(BOSS, companyId, { name: 'Tool', source: 'tool', mapping: { asset: 'host' }, heartbeatSeconds: 60 })
      await taken()
      await stores.integrations.update(BOSS, companyId, id, { heartbeatSeconds: 120 })
      await stores.integrations.update(BOSS, companyId, id, { mapping: null })
      await stores.integrations.update(BOSS, companyId, id, { heartbeatSeconds: null, name: 'Renamed' })
      expect((await taken()).integrations.map(({ revision, mapping, heartbeatSeconds, name }) => [revision, mapping, heartbeatSeconds, name])).toEqual([
        [3, '{"asset":"host"}', 120, 'Tool'], [4, null, 120, 'Tool'], [5, null, null, 'Renamed'],
      ])
    })

    it('say nothing of a change that was refused', async () => {
      const companyId = await company()
      const { integration: { id } } = await stores.integrations.create(BOSS, companyId, { name: 'Tool', source: 'tool' })
      await taken()
      await expect(stores.integrations.update(BOSS, companyId, id, { name: 'generic', heartbeatSeconds: 60 })).rejects.toMatchObject({ code: 'conflict' })
      expect(await taken()).toEqual({ integrations: [], companies: [] })
    })

    it('tell a removed integration as such, above every revision it had', async () => {
      const companyId = await company()
      const { integration: { id } } = await stores.integrations.create(BOSS, companyId, { name: 'Tool', source: 'tool', heartbeatSeconds: 60 })
      const [last] = (await taken()).integrations.slice(-1)
      await stores.integrations.remove(BOSS, companyId, id)
      const [gone] = (await taken()).integrations
      expect(gone).toMatchObject({ integrationId: id, removed: true, heartbeatSeconds: null })
      expect(gone?.revision).toBeGreaterThan(last?.revision ?? Infinity)
    })

    it('ask for no heartbeat while the integration is disabled, and ask again once it is not', async () => {
      const companyId = await company()
      const { integration: { id } } = await stores.integrations.create(BOSS, companyId, { name: 'Tool', source: 'tool', heartbeatSeconds: 60 })
      await taken()
      await stores.integrations.update(BOSS, companyId, id, { disabled: true })
      await stores.integrations.update(BOSS, companyId, id, { disabled: false })
      expect((await taken()).integrations.map(({ heartbeatSeconds }) => heartbeatSeconds)).toEqual([null, 60])
    })

    it('are repeated once a day with the revision they have, and at once where there was none yet', async () => {
      const companyId = await company()
      const { integration: { id } } = await stores.integrations.create(BOSS, companyId, { name: 'Tool', source: 'tool' })
      await taken()
      expect(await announceDue(database, clock.now() + ANNOUNCE_INTERVAL_MS - 1)).toBe(0)
      clock.tick(ANNOUNCE_INTERVAL_MS)
      expect(await announceDue(database, clock.now())).toBe(3)
      const { integrations, companies } = await taken()
      expect(integrations.map(({ name, revision }) => [name, revision])).toEqual(expect.arrayContaining([['generic', 1], ['Tool', 2]]))
      expect(companies).toEqual([`${companyId} 1`])
      expect(await announceDue(database, clock.now())).toBe(0)
      await database.query('update integrations set announced_at = null where id = $1', [id])
      expect(await announceDue(database, clock.now())).toBe(1)
    })

    it('are made once each when two processes look at the same moment, however many are due', async () => {
      const companyId = await company()
      await database.query(
        `insert into integrations (id, company_id, name, source, created_at) select $1 || n, $1, 'many ' || n, 'tool', now() from generate_series(1, 250) n`, [companyId],
      )
      await taken()
      const counts = await Promise.all([announceDue(database, clock.now()), announceDue(database, clock.now())])
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(250)
      const ids = (await taken()).integrations.map(({ integrationId }) => integrationId)
      expect([ids.length, new Set(ids).size]).toEqual([250, 250])
    })
  })
}
