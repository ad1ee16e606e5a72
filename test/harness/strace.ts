/** What a running process asks of the kernel, in order, as `strace` tells it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebian } from '../services/packages.ts'

/** One system call. `began` and `ended` are places in the order of everything that was traced, over all threads. */
export interface SystemCall {
  readonly name: string
  /** Arguments and result as strace writes them; descriptors with their paths. */
  readonly text: string
  readonly result: number
  readonly began: number
  readonly ended: number
}

const LINE = /^(\d+) +(?:<\.\.\. (\w+) resumed>)?(.*)$/

/** Traces every thread of the process while `work` runs. Needs the right to trace it: root, or the same user where the kernel allows. */
export async function traced(pid: number, calls: readonly string[], work: () => Promise<void>): Promise<SystemCall[]> {
  const command = await ensureDebian('strace', ['strace'])
  const folder = mkdtempSync(join(tmpdir(), 'aw-strace-'))
  const file = join(folder, 'calls')
  try {
    const tracer = spawn(command, ['-f', '-y', '-s', '1000000', '-e', `trace=${calls.join(',')}`, '-o', file, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
    const gone = once(tracer, 'exit')
    let said = ''
    await new Promise<void>((resolve, reject) => {
      tracer.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('attached')) resolve()
      })
      tracer.once('exit', () => reject(new Error(`strace could not trace process ${pid}: ${said}`)))
    })
    try {
      await work()
    } finally {
      tracer.kill('SIGINT')
      await gone
    }
    return callsIn(readFileSync(file, 'latin1'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The calls of a trace; one that another thread's call interrupts is put together again. */
export function callsIn(trace: string): SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, { text: string; began: number }>()
  for (const [place, line] of trace.split('\n').entries()) {
    const [, thread = '', resumed, rest = ''] = LINE.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: rest.slice(0, -'<unfinished ...>'.length), began: place })
      continue
    }
    const head = resumed === undefined ? { text: '', began: place } : unfinished.get(thread)
    if (head === undefined) continue
    unfinished.delete(thread)
    const text = head.text + rest
    const name = /^(\w+)\(/.exec(text)?.[1]
    const result = /\) += (-?\d+)[^)]*$/.exec(text)?.[1]
    if (name !== undefined && result !== undefined) calls.push({ name, text, result: Number(result), began: head.began, ended: place })
  }
  return calls
}

/** The descriptor and path a call is about, where its first argument is one. */
export function fileOf({ text }: SystemCall): { descriptor: number; path: string } | null {
  const [, descriptor, path] = /^\w+\((\d+)<([^>]*)>/.exec(text) ?? []
  return descriptor === undefined || path === undefined ? null : { descriptor: Number(descriptor), path }
}
