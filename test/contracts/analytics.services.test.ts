import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { inject } from 'vitest'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { analyticsContract } from './analytics.contract.ts'

const url = inject('addresses').CLICKHOUSE_URL

if (url === undefined) {
  // Debian has no ClickHouse to install, so without an address the suite still runs, on the engine that can be had.
  console.log('analytics: CLICKHOUSE_URL is not set, so this suite runs on chDB (the ClickHouse engine in this process) and not on a server')
  analyticsContract('chDB, in the place of a server', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'analytics-'))
    const analytics = await openAnalytics({ dataDir })
    return { analytics, close: async () => { await analytics.close(); await rm(dataDir, { recursive: true }) } }
  })
} else {
  analyticsContract('a ClickHouse server', async () => {
    const database = `aw_test_${randomUUID().replaceAll('-', '')}`
    const admin = createClient({ url })
    await admin.command({ query: `create database ${database}` })
    const address = new URL(url)
    address.pathname = `/${database}`
    const analytics = await openAnalytics({ url: address.href })
    return {
      analytics,
      close: async () => {
        await analytics.close()
        await admin.command({ query: `drop database ${database}` })
        await admin.close()
      },
    }
  })
}
