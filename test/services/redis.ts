import { join } from 'node:path'
import { ensureDebian, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, talk, type Service, type ServiceOptions } from './service.ts'

const READY_WITHIN_MS = 20_000

/** Makes sure that Redis is there and gives the path of its server. */
export async function install(report?: Report): Promise<string> {
  return ensureDebian('redis-server', ['redis-server'], report)
}

/** Starts Redis as production must have it: every write in the append-only file before it is answered, nothing ever evicted. */
export async function start(options: ServiceOptions & { readonly report?: Report } = {}): Promise<Service> {
  const command = await install(options.report)
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('redis', options.dataDir)
  const settings = { port, bind: '127.0.0.1', dir: dataDir, appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction', save: '', daemonize: 'no' }
  const server = program({
    name: 'Redis',
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    logFile: join(dataDir, 'redis.log'),
    readyWithinMs: READY_WITHIN_MS,
    probe: async () => (await talk(port, 'PING\r\n')).startsWith('+PONG'),
  })
  return serve(server, { url: `redis://127.0.0.1:${port}`, port, dataDir }, remove)
}
