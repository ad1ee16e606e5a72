import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Where downloaded programs are kept: `.services` in the project's root, ignored by git. */
export const CACHE_DIR = join(import.meta.dirname, '..', '..', '.services')

/** Where progress is told, one line a step. */
export type Report = (line: string) => void

/** Tells nobody. */
export const silent: Report = () => undefined

const INSTALL_WITHIN_MS = 900_000
const MAVEN_TRIES = 3

/** The full path of a program: on the PATH, or where Debian puts what only root or PostgreSQL's wrappers call. */
export function find(name: string): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`)]
  return folders.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
}

/** Runs a program to its end and gives its standard output; a failure carries the end of what it printed. */
export async function run(command: string, args: readonly string[], options: { readonly env?: Record<string, string>; readonly timeoutMs?: number } = {}): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...options.env }, cwd: '/' })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const printed = `${stdout}${stderr}`.trimEnd().split('\n').slice(-15).join('\n')
    throw new Error(`${command} ${args.slice(0, 6).join(' ')} failed:\n${printed === '' ? String(error) : printed}`, { cause: error })
  }
}

/** Lets one process at a time do the work, others wait; a lock whose owner is gone is taken over. */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(CACHE_DIR, { recursive: true })
  const lock = join(CACHE_DIR, `${name}.lock`)
  const mine = mkdtempSync(join(CACHE_DIR, `${name}.lock-`))
  mkdirSync(join(mine, String(process.pid)))
  const deadline = Date.now() + INSTALL_WITHIN_MS
  for (;;) {
    try {
      // Renaming a filled folder onto a filled one fails, so whoever renames first holds the lock, with its owner already named inside.
      renameSync(mine, lock)
      break
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`Another process holds ${lock} for too long: remove it when nothing is being installed.`, { cause: error })
      if (!ownerAlive(lock)) rmSync(lock, { recursive: true, force: true })
      else await sleep(250)
    }
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function ownerAlive(lock: string): boolean {
  const owners = existsSync(lock) ? readdirSync(lock) : []
  return owners.some((pid) => existsSync(`/proc/${pid}`))
}

/**
 * Makes sure that a program is there, installing Debian packages when it is not, and gives its full path. Needs root or sudo without
 * password to install; otherwise the error names the command to type. The packages' own servers are not started.
 */
export async function ensureDebian(program: string, packages: readonly string[], report: Report = silent): Promise<string> {
  const there = find(program)
  if (there !== undefined) return there
  await exclusively('apt', async () => {
    if (find(program) !== undefined) return
    const apt = find('apt-get')
    const asRoot = process.getuid?.() === 0 ? [] : [find('sudo') ?? '', '-n']
    if (apt === undefined || asRoot[0] === '') throw new Error(`${program} is missing and cannot be installed from here. Type: sudo apt-get install ${packages.join(' ')}`)
    const aptGet = async (args: readonly string[]) => {
      // RUNLEVEL=1 keeps the package scripts from starting the servers they install; ours run on ports of their own.
      const command = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', apt, '-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args]
      await run(command[0] ?? apt, command.slice(1), { timeoutMs: INSTALL_WITHIN_MS })
    }
    report(`installing ${packages.join(', ')} (${program} is missing)`)
    await aptGet(['update'])
    await aptGet(['install', '--no-install-recommends', ...packages])
  })
  const installed = find(program)
  if (installed === undefined) throw new Error(`${packages.join(', ')} installed, but there is still no program ${program}.`)
  return installed
}

/** Makes sure that Java 17 or newer is there and gives its full path. */
export async function ensureJava(report: Report = silent): Promise<string> {
  return ensureDebian('java', ['openjdk-17-jre-headless'], report)
}

/**
 * Fetches what a `pom.xml` names, once: runs its `package` phase, which must put files into the folder `target`, and keeps them under
 * `.services/<name>-<version>`, where the version is the pom's own. Gives that folder; a half-made one is never seen.
 */
export async function ensureMaven(name: string, pom: string, report: Report = silent): Promise<string> {
  const version = /<version>([^<]+)<\/version>/.exec(readFileSync(pom, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${pom} names no version.`)
  const folder = join(CACHE_DIR, `${name}-${version}`)
  if (existsSync(folder)) return folder
  await ensureJava(report)
  const maven = await ensureDebian('mvn', ['maven'], report)
  await exclusively(name, async () => {
    if (existsSync(folder)) return
    report(`fetching ${name} ${version}`)
    const target = `${folder}.part`
    for (let attempt = 1; ; attempt++) {
      rmSync(target, { recursive: true, force: true })
      try {
        await run(maven, ['-q', '-B', '-U', '-f', pom, `-Dtarget=${target}`, 'package'], { env: { MAVEN_OPTS: '-Xmx512m' }, timeoutMs: INSTALL_WITHIN_MS })
        break
      } catch (error) {
        if (attempt === MAVEN_TRIES) throw error
        report(`fetching ${name} again (${attempt} of ${MAVEN_TRIES} failed)`)
      }
    }
    renameSync(target, folder)
  })
  return folder
}
