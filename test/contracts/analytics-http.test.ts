import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { startClickHouseHttp } from '../fakes/clickhouse-http.ts'
import { analyticsContract } from './analytics.contract.ts'

// The client's way to a server, proven without one: the same engine, asked over HTTP.
analyticsContract('the HTTP client, with chDB behind HTTP', async () => {
  const path = await mkdtemp(join(tmpdir(), 'clickhouse-http-'))
  const server = await startClickHouseHttp(path)
  const analytics = await openAnalytics({ url: server.url })
  return {
    analytics,
    close: async () => {
      await analytics.close()
      await server.close()
      await rm(path, { recursive: true })
    },
  }
})
