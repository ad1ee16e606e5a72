import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a server program is run and how one knows that it serves. */
export interface ProgramSpec {
  /** What it is called in error messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Both output streams are appended here; its tail goes into errors. */
  readonly logFile: string
  /** Answers true once the server takes requests; a throw counts as not yet. */
  readonly probe: (logSinceStart: string) => Promise<boolean>
  /** How long a start may take. */
  readonly readyWithinMs: number
  /** The system user to become when this process is root; unset keeps the user. */
  readonly user?: string
  /** What asks it to stop in good order; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals
}

/** A server program on this machine that can be ended, killed and started again with the same data and port. */
export interface Program {
  /** The process id while it runs. */
  readonly pid: () => number | undefined
  readonly start: () => Promise<void>
  /** Ends it in good order; after 20 s by force. */
  readonly stop: () => Promise<void>
  /** SIGKILL, as a crash would end it; resolves when it is gone. */
  readonly kill: () => Promise<void>
}

const STOP_WITHIN_MS = 20_000
const PROBE_EVERY_MS = 100
const LOG_TAIL_LINES = 25

/** What has to be undone when this process ends before the tests do it: programs that run, temporary folders that exist. */
const leftovers = new Set<() => void>()
let exitHandlersSet = false

/** Has `undo` called when this process ends, in whatever way it can notice, unless the function this gives is called before. */
export function undoAtExit(undo: () => void): () => void {
  setExitHandlers()
  leftovers.add(undo)
  return () => void leftovers.delete(undo)
}

function setExitHandlers(): void {
  if (exitHandlersSet) return
  exitHandlersSet = true
  const undoAll = () => {
    for (const undo of [...leftovers].reverse()) undo()
    leftovers.clear()
  }
  process.on('exit', undoAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      undoAll()
      process.kill(process.pid, signal)
    })
  }
}

/** The command as it is run: the kernel ends it with us even when we are killed, and root becomes `user`. */
export function wrapped(spec: Pick<ProgramSpec, 'command' | 'args' | 'user'>): { command: string; args: readonly string[] } {
  if (!existsSync('/usr/bin/setpriv')) return spec
  const become = spec.user === undefined || process.getuid?.() !== 0 ? [] : ['--reuid', spec.user, '--regid', spec.user, '--init-groups']
  return { command: '/usr/bin/setpriv', args: ['--pdeathsig', 'KILL', ...become, '--', spec.command, ...spec.args] }
}

/**
 * Kills the processes that a server has forked, as PostgreSQL does, and waits until they are gone: they outlive their parent for a moment, and
 * that is long enough to keep the next start from its memory. The parent is stopped meanwhile, so that it forks no more.
 */
async function killChildren(parent: ChildProcess): Promise<void> {
  const list = `/proc/${parent.pid ?? 0}/task/${parent.pid ?? 0}/children`
  if (!existsSync(list)) return
  parent.kill('SIGSTOP')
  const children = readFileSync(list, 'utf8').split(' ').filter((pid) => pid !== '').map(Number)
  // Its link to a program is gone once a process is dead, also while it waits as a zombie for its stopped parent.
  const alive = (pid: number) => existsSync(`/proc/${pid}/exe`)
  for (const pid of children.filter(alive)) process.kill(pid, 'SIGKILL')
  while (children.some(alive)) await sleep(5)
}

/** The end of a log, for error messages. */
function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
}

/** Makes a program from its description; nothing runs until `start`. */
export function program(spec: ProgramSpec): Program {
  let child: ChildProcess | undefined
  let gone: Promise<void> = Promise.resolve()

  const waitUntilReady = async (process: ChildProcess, logStart: number) => {
    const deadline = Date.now() + spec.readyWithinMs
    let reason: unknown
    const log = () => readFileSync(spec.logFile).subarray(logStart).toString()
    while (Date.now() < deadline) {
      if (process.exitCode !== null || process.signalCode !== null) {
        throw new Error(`${spec.name} ended with ${process.exitCode ?? process.signalCode ?? 'no code'} while starting. The end of ${spec.logFile}:\n${tail(log())}`)
      }
      try {
        if (await spec.probe(log())) return
      } catch (error) {
        reason = error
      }
      await sleep(PROBE_EVERY_MS)
    }
    throw new Error(`${spec.name} does not serve after ${spec.readyWithinMs} ms (${reason instanceof Error ? reason.message : 'no answer'}). The end of ${spec.logFile}:\n${tail(log())}`, { cause: reason })
  }

  const end = async (signal: NodeJS.Signals) => {
    if (child === undefined) return
    if (signal === 'SIGKILL') await killChildren(child)
    child.kill(signal)
    const force = setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS)
    await gone
    clearTimeout(force)
  }

  return {
    pid: () => child?.pid,
    start: async () => {
      if (child !== undefined) throw new Error(`${spec.name} runs already`)
      const output = openSync(spec.logFile, 'a')
      const logStart = readFileSync(spec.logFile).length
      const { command, args } = wrapped(spec)
      const started = spawn(command, args, { stdio: ['ignore', output, output], cwd: '/' })
      closeSync(output)
      child = started
      const undone = undoAtExit(() => started.kill('SIGKILL'))
      let failure: Error | undefined
      gone = new Promise((resolve) => {
        const forget = () => {
          undone()
          child = undefined
          resolve()
        }
        started.once('exit', forget)
        started.once('error', (error) => {
          failure = error
          forget()
        })
      })
      try {
        await waitUntilReady(started, logStart)
      } catch (error) {
        await end('SIGKILL')
        throw failure === undefined ? error : new Error(`${spec.name} cannot be run: ${failure.message}`, { cause: error })
      }
    },
    stop: () => end(spec.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}
