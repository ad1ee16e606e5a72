import { join } from 'node:path'
import { ensureDebian, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, type Service, type ServiceOptions } from './service.ts'

const READY_WITHIN_MS = 20_000

/** Makes sure that Alertmanager is there and gives its path. */
export async function install(report?: Report): Promise<string> {
  return ensureDebian('prometheus-alertmanager', ['prometheus-alertmanager'], report)
}

/** Starts Debian's Prometheus Alertmanager with the given configuration file (its full path); alerts are posted to `<url>/api/v2/alerts`. */
export async function start(options: ServiceOptions & { readonly configFile: string; readonly report?: Report }): Promise<Service> {
  const command = await install(options.report)
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('alertmanager', options.dataDir)
  const url = `http://127.0.0.1:${port}`
  const server = program({
    name: 'Alertmanager',
    command,
    // An empty cluster address keeps it from looking for others of its kind.
    args: [`--config.file=${options.configFile}`, `--storage.path=${join(dataDir, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
    logFile: join(dataDir, 'alertmanager.log'),
    readyWithinMs: READY_WITHIN_MS,
    probe: async () => (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  return serve(server, { url, port, dataDir }, remove)
}
