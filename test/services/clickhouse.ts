import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, type Service, type ServiceOptions } from './service.ts'

const READY_WITHIN_MS = 30_000

/**
 * Starts the ClickHouse engine (chDB) behind ClickHouse's HTTP interface. Debian has no ClickHouse server to install; the engine and the client's
 * way to it are the real ones, the server between them is ours.
 */
export async function start(options: ServiceOptions = {}): Promise<Service> {
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('clickhouse', options.dataDir)
  const url = `http://127.0.0.1:${port}`
  const server = program({
    name: 'the ClickHouse engine',
    command: process.execPath,
    args: [join(import.meta.dirname, '../fakes/clickhouse-server.ts'), join(dataDir, 'engine'), String(port)],
    logFile: join(dataDir, 'clickhouse.log'),
    readyWithinMs: READY_WITHIN_MS,
    probe: async () => (await fetch(`${url}/?query=select+1`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  return serve(server, { url, port, dataDir }, remove)
}

/** An empty database: on the server of this address, else on an engine of its own. */
export async function emptyDatabase(address: string | undefined): Promise<{ url: string; drop: () => Promise<void> }> {
  if (address === undefined) {
    const engine = await start()
    return { url: engine.url, drop: engine.stop }
  }
  const name = `aw_test_${randomUUID().replaceAll('-', '')}`
  const admin = createClient({ url: address })
  await admin.command({ query: `create database ${name}` })
  const url = new URL(address)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: async () => {
      await admin.command({ query: `drop database ${name}` })
      await admin.close()
    },
  }
}
