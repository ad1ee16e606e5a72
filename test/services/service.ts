import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { undoAtExit, type Program } from './program.ts'

/** What every local service may be told. */
export interface ServiceOptions {
  /** Where it keeps its data; a temporary folder, removed by `stop`, unless given. */
  readonly dataDir?: string
  /** Where it listens on 127.0.0.1; a free port unless given. */
  readonly port?: number
}

/** A server that runs on this machine for tests. */
export interface Service {
  /** Where it is reached: a URL, for Kafka `host:port`. */
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** The process id while it runs; for SIGSTOP and SIGCONT. */
  readonly pid: () => number | undefined
  /** Ends it in good order and removes a temporary data folder. */
  readonly stop: () => Promise<void>
  /** SIGKILL; the data stays for `restart`. */
  readonly kill: () => Promise<void>
  /** Ends it when it runs, then starts it on the same data and port. */
  readonly restart: () => Promise<void>
}

/** A folder for a service's data, and what removes it again: nothing when the caller named the folder. */
export function dataFolder(name: string, given: string | undefined, owner?: { uid: number; gid: number }): { dataDir: string; remove: () => void } {
  const dataDir = given ?? mkdtempSync(join(tmpdir(), `aw-${name}-`))
  mkdirSync(dataDir, { recursive: true })
  if (owner !== undefined) chownSync(dataDir, owner.uid, owner.gid)
  if (given !== undefined) return { dataDir, remove: () => undefined }
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  const undone = undoAtExit(remove)
  return {
    dataDir,
    remove: () => {
      undone()
      remove()
    },
  }
}

/** Starts the program and makes the service of it; a program that does not start leaves no temporary data behind. */
export async function serve(program: Program, place: Pick<Service, 'url' | 'port' | 'dataDir'>, remove: () => void, afterStart: () => Promise<void> = async () => undefined): Promise<Service> {
  const start = async () => {
    await program.start()
    await afterStart()
  }
  try {
    await start()
  } catch (error) {
    await program.kill()
    remove()
    throw error
  }
  return {
    ...place,
    pid: program.pid,
    stop: async () => {
      await program.stop()
      remove()
    },
    kill: program.kill,
    restart: async () => {
      await program.stop()
      await start()
    },
  }
}

/** Sends `request` to a port of 127.0.0.1 and gives the first bytes of the answer, or an empty text when none was asked for. */
export function talk(port: number, request: string | undefined, timeoutMs = 1_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs })
    const done = (finish: () => void) => {
      socket.destroy()
      finish()
    }
    socket.once('connect', () => (request === undefined ? done(() => resolve('')) : socket.write(request)))
    socket.once('data', (data) => done(() => resolve(data.toString())))
    socket.once('error', (error) => done(() => reject(error)))
    socket.once('timeout', () => done(() => reject(new Error(`no answer from 127.0.0.1:${port} in ${timeoutMs} ms`))))
  })
}
