import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureDebian, run, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, type Service, type ServiceOptions } from './service.ts'

const READY_WITHIN_MS = 30_000

/** Who the server runs as when this process is root, which PostgreSQL refuses to be; Debian's package makes this user. */
const SYSTEM_USER = 'postgres'

/** The one database user, a superuser, and the database made at the first start. */
const NAME = 'aw'

/** Makes sure that PostgreSQL's server is there and gives the folder of its programs. */
export async function install(report?: Report): Promise<string> {
  return dirname(realpathSync(await ensureDebian('initdb', ['postgresql'], report)))
}

/** The system user's numbers when this process is root, otherwise nothing: it stays who it is. */
async function owner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return { uid: Number(await run('id', ['-u', SYSTEM_USER])), gid: Number(await run('id', ['-g', SYSTEM_USER])) }
}

/** Starts PostgreSQL; `url` names the user and the database `aw`, without password, on the loopback address only. A given data folder must be reachable for the user `postgres` when this process is root. */
export async function start(options: ServiceOptions & { readonly report?: Report } = {}): Promise<Service> {
  const bin = await install(options.report)
  const user = await owner()
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('postgres', options.dataDir, user)
  const cluster = join(dataDir, 'cluster')
  const url = `postgres://${NAME}@127.0.0.1:${port}/${NAME}`
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    const initdb = [join(bin, 'initdb'), '-D', cluster, '-U', NAME, '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync']
    const command = user === undefined ? initdb : ['setpriv', '--reuid', SYSTEM_USER, '--regid', SYSTEM_USER, '--init-groups', '--', ...initdb]
    await run(command[0] ?? '', command.slice(1))
  }
  const server = program({
    name: 'PostgreSQL',
    command: join(bin, 'postgres'),
    args: ['-D', cluster, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200', '-c', 'shared_buffers=64MB'],
    logFile: join(dataDir, 'postgres.log'),
    readyWithinMs: READY_WITHIN_MS,
    user: SYSTEM_USER,
    // A fast shutdown: SIGTERM would wait until the last client leaves.
    stopSignal: 'SIGINT',
    probe: async () => (await run(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)])) === '',
  })
  const psql = (database: string, sql: string) => run(join(bin, 'psql'), ['-XAtq', '-h', '127.0.0.1', '-p', String(port), '-U', NAME, '-d', database, '-c', sql])
  const createDatabase = async () => {
    if ((await psql('postgres', `select 1 from pg_database where datname = '${NAME}'`)).trim() === '') await psql('postgres', `create database ${NAME}`)
  }
  return serve(server, { url, port, dataDir }, remove, createDatabase)
}
