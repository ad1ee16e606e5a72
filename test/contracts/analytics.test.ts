import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { readMigrations } from '../../storage/clickhouse/migrate.ts'
import { ledgerAt, recordFacts } from '../samples/facts.ts'
import { analyticsContract } from './analytics.contract.ts'

analyticsContract('chDB', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  const analytics = await openAnalytics({ dataDir })
  return {
    analytics,
    close: async () => {
      await analytics.close()
      await rm(dataDir, { recursive: true })
    },
  }
})

it('finds its rows and its tokens again after it was closed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  for (let start = 0; start < 2; start++) {
    const analytics = await openAnalytics({ dataDir })
    await recordFacts(analytics, 'alerts.v1', [ledgerAt(1)], 'alerts.v1:0:0-1')
    expect(await analytics.query('select count() as n from ledger_v1')).toEqual([{ n: 1 }])
    expect(await analytics.query('select sum(alerts) as n from alerts_per_minute_v1')).toEqual([{ n: 1 }])
    await analytics.close()
  }
  await rm(dataDir, { recursive: true })
})

it('does not hold the event loop while a query runs', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  const analytics = await openAnalytics({ dataDir })
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  const started = performance.now()
  await analytics.query('select sum(sipHash64(number)) as n from numbers(30000000)')
  clearInterval(turning)
  // A held loop makes no turn at all; a free one makes one about each millisecond, fewer on a busy machine.
  expect(turns).toBeGreaterThan((performance.now() - started) / 50)
  await analytics.close()
  await rm(dataDir, { recursive: true })
})

it('needs an address or a directory', async () => {
  await expect(openAnalytics({})).rejects.toMatchObject({ code: 'config_invalid' })
})

it('says which server does not answer, without its password', async () => {
  const refused = openAnalytics({ url: 'http://user:secret@127.0.0.1:9/aw' })
  await expect(refused).rejects.toMatchObject({ code: 'engine_unavailable', message: expect.not.stringContaining('secret') })
})

it('refuses a folder of migrations with a gap', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  for (const name of ['0001-a.sql', '0003-c.sql']) await writeFile(join(folder, name), 'select 1;')
  expect(() => readMigrations(folder)).toThrow(expect.objectContaining({ code: 'migration_invalid' }))
  await rm(folder, { recursive: true })
})
