import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../schemas/errors.ts'
import { lockDataDir } from '../data-dir.ts'

/** What the thread is told. */
export interface WorkerSettings {
  readonly dir: string
  readonly socketPath: string
}

/** What the thread says. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly missing: boolean; readonly message: string }

/** A running PGlite, reached by pg through a unix socket in `socketDir`. */
export interface PgliteServer {
  readonly socketDir: string
  readonly port: number
  /** Resolves with the reason when the thread dies unasked. */
  readonly lost: Promise<AppError>
  /** Shuts PostgreSQL down in order (checkpoint) and lets the directory go. */
  close(): Promise<void>
}

/** pg makes the socket's file name from this number. */
const PORT = 5432

/** What `sockaddr_un` holds, less the file name and its terminating zero. */
const SOCKET_DIR_BYTES_MAX = 107 - '/.s.PGSQL.5432'.length - 1

/**
 * Starts PGlite in a worker thread, its files in `<dataDir>/postgres`; a first start takes seconds. Only a unix socket in a directory of mode 0700
 * leads to it, since whoever reaches it is superuser. Throws `engine_missing` when it is not installed, `data_dir_locked`, `engine_unavailable`.
 */
export async function startPglite(dataDir: string): Promise<PgliteServer> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = lockDataDir(dataDir, 'postgres.lock')
  const ownSocketDir = join(dataDir, 'postgres.socket')
  const fits = Buffer.byteLength(ownSocketDir) <= SOCKET_DIR_BYTES_MAX
  const socketDir = fits ? ownSocketDir : mkdtempSync(join(tmpdir(), 'aw-'))
  mkdirSync(socketDir, { recursive: true, mode: 0o700 })
  const settings: WorkerSettings = { dir: join(dataDir, 'postgres'), socketPath: join(socketDir, `.s.PGSQL.${PORT}`) }
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData: settings, stdout: false })
  let asked = false
  const lost = new Promise<AppError>((resolve) => {
    worker.once('error', (cause) => resolve(new AppError('engine_unavailable', `PGlite ended with an error: ${(cause as Error).message}; restart the program`, { cause })))
    worker.once('exit', (code) => {
      lock.release()
      rmSync(socketDir, { recursive: true, force: true })
      if (!asked) resolve(new AppError('engine_unavailable', `PGlite ended (exit code ${code}); restart the program`))
    })
  })
  const heard = async (): Promise<WorkerMessage> => {
    const message = await Promise.race([lost, new Promise<WorkerMessage>((resolve) => worker.once('message', resolve))])
    if (message instanceof AppError) throw message
    return message
  }
  const first = await heard()
  if (first.type !== 'ready') {
    asked = true
    await worker.terminate()
    const text = first.type === 'failed' ? first.message : 'it stopped'
    if (first.type === 'failed' && first.missing) throw new AppError('engine_missing', 'PGlite is not installed; run npm ci with optional dependencies, or set DATABASE_URL')
    throw new AppError('engine_unavailable', `PGlite does not start in ${settings.dir}: ${text}`)
  }
  return {
    socketDir,
    port: PORT,
    lost,
    async close() {
      asked = true
      worker.postMessage('stop')
      const last = await heard()
      await worker.terminate()
      if (last.type === 'failed') throw new AppError('engine_unavailable', `PGlite did not stop in order, which costs a recovery at the next start: ${last.message}`)
    },
  }
}
