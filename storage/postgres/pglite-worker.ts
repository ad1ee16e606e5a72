/** The thread that runs PGlite and its socket server. Its parent holds the lock of the data directory. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerMessage, WorkerSettings } from './pglite.ts'

/** Written once the first start is complete and on disk. */
const COMPLETE_MARK = 'aw-complete'

/** One connection does the work (see pool.ts); the rest are for one being replaced while its predecessor's close is still on its way. */
const SOCKETS_MAX = 4

const { dir, socketPath } = workerData as WorkerSettings

/** A directory without the mark is what a first start left that was killed half-way: nothing in it was ever answered. It is put aside, not deleted. */
function setAsideHalfMade(): void {
  if (!existsSync(dir) || existsSync(join(dir, COMPLETE_MARK))) return
  rmSync(`${dir}.unfinished`, { recursive: true, force: true })
  renameSync(dir, `${dir}.unfinished`)
}

async function start(): Promise<() => Promise<void>> {
  const { PGlite } = await import('@electric-sql/pglite')
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket')
  const { DURABLE_START_PARAMS, OrderedFiles, syncTree } = await import('./ordered-files.ts')
  setAsideHalfMade()
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const engine = await PGlite.create({ fs: new OrderedFiles(dir), startParams: [...DURABLE_START_PARAMS] })
  if (!existsSync(join(dir, COMPLETE_MARK))) {
    await engine.exec('checkpoint')
    syncTree(dir)
    writeFileSync(join(dir, COMPLETE_MARK), 'made\n')
    syncTree(dir)
  }
  rmSync(socketPath, { force: true })
  const server = new PGLiteSocketServer({ db: engine, path: socketPath, maxConnections: SOCKETS_MAX })
  await server.start()
  return async () => {
    await server.stop()
    await engine.close()
  }
}

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

try {
  const stop = await start()
  parentPort?.once('message', () => {
    void stop().then(() => tell({ type: 'stopped' }), (error: unknown) => tell(failure(error)))
  })
  tell({ type: 'ready' })
} catch (error) {
  tell(failure(error))
}

function failure(error: unknown): WorkerMessage {
  const { code, message } = error as { code?: string; message?: string }
  return { type: 'failed', missing: code === 'ERR_MODULE_NOT_FOUND', message: message ?? String(error) }
}
