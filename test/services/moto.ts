import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE_DIR, ensureDebian, exclusively, run, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, type Service, type ServiceOptions } from './service.ts'

const READY_WITHIN_MS = 30_000
const INSTALL_TRIES = 3
const REQUIREMENTS = join(import.meta.dirname, 'moto', 'requirements.txt')

/** Makes sure that moto is there, in a virtual environment of its own that is named by what is pinned, and gives the path of its server. */
export async function install(report?: Report): Promise<string> {
  const name = `moto-${createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)}`
  const folder = join(CACHE_DIR, name)
  // The marker comes last: a folder without it was left half made.
  const marker = join(folder, 'installed')
  const server = join(folder, 'bin', 'moto_server')
  if (existsSync(marker)) return server
  const python = await ensureDebian('python3', ['python3', 'python3-venv'], report)
  await exclusively('moto', async () => {
    if (existsSync(marker)) return
    for (let attempt = 1; ; attempt++) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(CACHE_DIR, { recursive: true })
      try {
        await run(python, ['-m', 'venv', folder])
        await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:', '--no-deps', '-r', REQUIREMENTS], { timeoutMs: 300_000 })
        mkdirSync(`${marker}.part`)
        renameSync(`${marker}.part`, marker)
        return
      } catch (error) {
        if (attempt === INSTALL_TRIES) throw new Error(`moto cannot be installed; it needs python3 with venv (Debian: python3 python3-venv) and PyPI: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
        report?.(`installing moto again (${attempt} of ${INSTALL_TRIES} failed)`)
      }
    }
  })
  return server
}

/** Starts moto, which stands in for AWS; any keys are taken. What it knows is in memory and ends with it. */
export async function start(options: ServiceOptions & { readonly report?: Report } = {}): Promise<Service> {
  const command = await install(options.report)
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('moto', options.dataDir)
  const url = `http://127.0.0.1:${port}`
  const server = program({
    name: 'moto', command, args: ['-H', '127.0.0.1', '-p', String(port)], logFile: join(dataDir, 'moto.log'), readyWithinMs: READY_WITHIN_MS,
    probe: async () => (await fetch(`${url}/moto-api/data.json`, { signal: AbortSignal.timeout(2_000) })).ok,
  })
  return serve(server, { url, port, dataDir }, remove)
}
