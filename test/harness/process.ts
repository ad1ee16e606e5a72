/** The program as its users run it: a process of its own on a free port, with a data directory that outlives kill -9. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../services/ports.ts'
import { undoAtExit, wrapped } from '../services/program.ts'
import { putDatabase } from './database-template.ts'


const root = join(import.meta.dirname, '../..')
/** A start takes seconds of a core, the first one most; where others have the cores it takes many times that. */
const READY_MS = 240_000
/** How long one look may take, whatever is left: a machine that was busy until the deadline is heard out, an answer that never comes is not. */
const LOOK_MS_MIN = 10_000

/** One process of the program that can be killed and started again. */
export class Program {
  readonly args: readonly string[]
  readonly port: number
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  #output = ''

  constructor(options: { args: readonly string[]; port: number; dataDir: string; env?: Readonly<Record<string, string>> }) {
    this.args = options.args
    this.port = options.port
    this.dataDir = options.dataDir
    this.env = options.env ?? {}
  }

  /** `aw up` on a free port and a new data directory, not started yet. Its embedded database is a copy of one that was made before. */
  static async up(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = await Program.fromNothing(env)
    if (env.DATABASE_URL === undefined) await putDatabase(program.dataDir)
    return program
  }

  /** The same with an empty data directory, as a user begins. */
  static async fromNothing(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    return new Program({ args: ['up'], port: await freePort(), dataDir: mkdtempSync(join(tmpdir(), 'aw-')), env })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether it has been started and has not ended, by us or by itself. */
  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Everything it has printed since the last start. */
  get output(): string {
    return this.#output
  }

  get adminToken(): string {
    return this.env.AW_ADMIN_TOKEN ?? readFileSync(join(this.dataDir, 'admin-token'), 'utf8').trim()
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    this.#output = ''
    const { command, args } = wrapped({ command: process.execPath, args: [join(root, 'main.ts'), ...this.args] })
    const child = spawn(command, args, {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', AW_PORT: String(this.port), AW_DATA_DIR: this.dataDir, AW_LOG_LEVEL: 'warn', ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-200_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#child = child
    // A test runner that is ended itself must not leave the program behind.
    child.once('exit', undoAtExit(() => child.kill('SIGKILL')))
    const deadline = Date.now() + READY_MS
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${this.args.join(' ')} ended (${child.exitCode ?? child.signalCode}) before it was ready:\n${this.#output}`)
      if (await this.#isReady()) return
      if (Date.now() > deadline) throw new Error(`${this.args.join(' ')} was not ready within ${READY_MS} ms:\n${this.#output}`)
      await delay(50)
    }
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to stop, and waits; answers the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Stops the process's world for a while, as a long pause of the machine would. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name)
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  /** One call of its API with the admin token. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.adminToken}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text) as T
  }

  /** It has said where it listens, and is ready there: what answers at a port need not be the process that was started for it. */
  async #isReady(): Promise<boolean> {
    if (!this.#output.includes(` on ${this.url}\n`)) return false
    try {
      return (await fetch(`${this.url}/api/health/ready`, { signal: AbortSignal.timeout(LOOK_MS_MIN) })).ok
    } catch {
      return false
    }
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    return gone
  }
}

/** Undoes what a suite began, last first; a step that fails does not keep the others from being taken. */
export async function undoAll(steps: readonly (() => Promise<unknown> | void)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of [...steps].reverse()) {
    try {
      await step()
    } catch (thrown) {
      failures.push(thrown)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some of what the suite began could not be undone')
}

/** Waits until `condition` answers something; says what it waited for when it never does. A condition that never answers is given up as well. */
export async function until<T>(what: string, condition: () => Promise<T | null | undefined | false>, timeoutMs = 150_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown = null
  for (;;) {
    try {
      const value = await within(condition(), Math.max(deadline - Date.now(), Math.min(timeoutMs, LOOK_MS_MIN)))
      if (value !== null && value !== undefined && value !== false) return value
    } catch (thrown) {
      last = thrown
    }
    if (Date.now() > deadline) throw new Error(`never happened within ${timeoutMs} ms: ${what}`, { cause: last })
    await delay(50)
  }
}

/** What the work answers, or an error when it takes longer; the work itself goes on. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const answered = new AbortController()
  const late = delay(ms, undefined, { signal: answered.signal }).then(() => { throw new Error(`no answer within ${ms} ms`) })
  try {
    return await Promise.race([work, late])
  } finally {
    answered.abort()
  }
}
