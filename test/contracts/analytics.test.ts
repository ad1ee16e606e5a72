import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { readMigrations } from '../../storage/clickhouse/migrate.ts'
import { ledgerAt, recordFacts } from '../samples/facts.ts'
import { insertRange, RANGE_ROWS } from './analytics-inserter.ts'
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

it('holds what it acknowledged after kill -9, and knows the range again that broke off', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  let next = 0
  for (let kill = 0; kill < 3; kill++) {
    const child = fork(join(import.meta.dirname, 'analytics-inserter.ts'), [dataDir, String(next)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const first = next
    await new Promise<void>((resolve) => {
      child.on('message', (range) => {
        next = Number(range) + 1
        if (next - first >= 10 + 7 * kill) child.kill('SIGKILL')
      })
      child.on('exit', () => resolve())
    })
    const analytics = await openAnalytics({ dataDir })
    const count = async () => (await analytics.query<{ n: number; sum: number }>('select (select count() from ledger_v1) as n, (select sum(alerts) from alerts_per_minute_v1) as sum'))[0]!
    expect((await count()).n).toBeGreaterThanOrEqual(next * RANGE_ROWS)
    // The one that was under way may be in, in part (its view without its table, or the other way round), or not at all.
    await insertRange(analytics, next)
    next++
    for (let range = first; range < next; range++) await insertRange(analytics, range)
    expect(await count()).toEqual({ n: next * RANGE_ROWS, sum: next * RANGE_ROWS })
    await analytics.close()
  }
  await rm(dataDir, { recursive: true })
})

it('does not hold the event loop while a query runs', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
  const analytics = await openAnalytics({ dataDir })
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  await analytics.query('select sum(sipHash64(number)) as n from numbers(30000000)')
  clearInterval(turning)
  // A held loop makes no turn at all; a free one makes one about each millisecond, on a machine that others have one each time it is let.
  expect(turns).toBeGreaterThan(2)
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
