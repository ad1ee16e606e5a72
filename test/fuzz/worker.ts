/** Feeds inputs in a thread of its own, so that one that never ends can be ended from outside. */
import { parentPort, workerData } from 'node:worker_threads'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTargets } from './registry.ts'
import { runInput } from './run-input.ts'
import type { Target } from './target.ts'

/** What the worker is started with. */
export interface WorkerInput {
  readonly seed: string
  readonly only: string | null
  /** Two 64-bit places: which target and input are under way, packed as target * 2^32 + input; and since when, in ms of the monotonic clock (0: nothing is). */
  readonly now: SharedArrayBuffer
  /** Inputs already fed, by target. */
  readonly fed: Readonly<Record<string, number>>
}

/** What the worker tells. */
export type WorkerMessage =
  | { readonly type: 'ready'; readonly targets: readonly { readonly name: string; readonly limitMs: number }[] }
  | { readonly type: 'counts'; readonly counts: Readonly<Record<string, number>>; readonly heapBytes: number; readonly slowest: { readonly name: string; readonly input: number; readonly ms: number } }
  | { readonly type: 'finding'; readonly target: string; readonly input: number; readonly rule: string; readonly stack: string; readonly shown: string; readonly contentType: string; readonly bytes: number }

const { seed, only, now, fed } = workerData as WorkerInput
const under = new BigInt64Array(now)
const counts: Record<string, number> = { ...fed }
let noted: { bytes: Buffer | string; contentType?: string; what?: string } = { bytes: '' }
let slowest = { name: '', input: 0, ms: 0 }
let current: { target: string; input: number } = { target: '', input: 0 }
const SHOWN_CHARS = 2_000
const COUNTS_INTERVAL_MS = 5_000

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

function found(thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const text = typeof noted.bytes === 'string' ? noted.bytes : noted.bytes.toString('latin1')
  tell({
    type: 'finding', target: current.target, input: current.input, rule: `${error.name}: ${error.message}`.slice(0, 500), stack: (error.stack ?? '').split('\n').slice(0, 8).join('\n'), bytes: text.length,
    shown: JSON.stringify(`${noted.what ?? ''} ${text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text}`), contentType: noted.contentType ?? '',
  })
}

/** Memory in use after everything unused has gone. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

async function feed(target: Target, place: number): Promise<void> {
  const input = counts[target.name] ?? 0
  current = { target: target.name, input }
  let startedMs = performance.now()
  Atomics.store(under, 0, (BigInt(place) << 32n) | BigInt(input))
  try {
    await runInput(target, seed, input, (given) => {
      noted = given
      // Making the input is not what is timed.
      startedMs = performance.now()
      Atomics.store(under, 1, BigInt(Math.ceil(performance.timeOrigin + startedMs)))
    })
  } catch (thrown) {
    found(thrown)
  }
  Atomics.store(under, 1, 0n)
  const ms = performance.now() - startedMs
  if (ms > slowest.ms) slowest = { name: target.name, input, ms }
  counts[target.name] = input + 1
}

process.on('unhandledRejection', found)

const targets = await createTargets(only)
tell({ type: 'ready', targets: targets.map(({ name, limitMs }) => ({ name, limitMs: limitMs ?? 2_000 })) })
const turns = targets.flatMap((target, place) => Array.from({ length: target.share ?? 1 }, () => ({ target, place })))
let stopped = false
parentPort?.on('message', () => { stopped = true })
let toldMs = performance.now()
while (!stopped) {
  for (const { target, place } of turns) {
    await feed(target, place)
    if (stopped) break
  }
  // A turn of the event loop, for messages and for what was rejected.
  await new Promise((resolve) => setImmediate(resolve))
  if (performance.now() - toldMs > COUNTS_INTERVAL_MS || stopped) {
    toldMs = performance.now()
    tell({ type: 'counts', counts, heapBytes: heapBytes(), slowest })
    slowest = { name: '', input: 0, ms: 0 }
  }
}
for (const target of targets) await target.close?.()
parentPort?.close()
