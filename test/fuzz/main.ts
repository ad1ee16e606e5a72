/**
 * The long run: `npm run fuzz -- --seconds 1200 --seed 7 --only adapter/ --json`. One worker; whatever takes too long or too much memory is ended
 * and told with its seed and number, by which `--input` repeats it. Exit code 1 on any finding, 2 on wrong usage.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createTargets } from './registry.ts'
import { runInput } from './run-input.ts'
import type { WorkerInput, WorkerMessage } from './worker.ts'

/** Old generation of the worker in MB: several times what the largest body needs, so a memory jump ends it. */
const HEAP_MB = 512
const WATCH_INTERVAL_MS = 200
/** Findings after which it is no use to go on. */
const FINDINGS_MAX = 200
const HEAP_GROWTH_MB = 60

interface Finding {
  readonly target: string
  readonly input: number
  readonly rule: string
  readonly stack?: string
  readonly shown?: string
  readonly contentType?: string
  readonly bytes?: number
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, only: { type: 'string' }, input: { type: 'string' }, json: { type: 'boolean', default: false } } })
const seconds = Number(values.seconds)
if (!(seconds > 0)) {
  console.error('--seconds must be a number above 0')
  process.exit(2)
}
const seed = values.seed ?? String(randomInt(1e9))
const only = values.only ?? null

if (values.input !== undefined) await repeat(Number(values.input))
else await run()

/** Feeds one input again, here, and shows it. */
async function repeat(input: number): Promise<void> {
  for (const target of await createTargets(only)) {
    const startedMs = performance.now()
    try {
      await runInput(target, seed, input, ({ bytes, contentType, what }) => {
        const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1')
        console.error(`${target.name} ${input}: ${contentType ?? ''} ${what ?? ''} ${text.length} bytes: ${JSON.stringify(text.slice(0, 4_000))}`)
      })
      console.error(`held, in ${(performance.now() - startedMs).toFixed(0)} ms`)
    } catch (thrown) {
      console.error(thrown)
      process.exitCode = 1
    }
    await target.close?.()
  }
}

async function run(): Promise<void> {
  const findings: Finding[] = []
  const endsMs = performance.now() + seconds * 1_000
  let counts: Readonly<Record<string, number>> = {}
  const heaps: number[] = []
  let slowest = { name: '', input: 0, ms: 0 }
  const seen = new Map<string, number>()
  while (performance.now() < endsMs && findings.length < FINDINGS_MAX) {
    const ended = await runWorker(counts, endsMs, (message) => {
      if (message.type === 'counts') {
        counts = message.counts
        heaps.push(message.heapBytes)
        if (message.slowest.ms > slowest.ms) slowest = message.slowest
        progress(counts, findings.length, message.heapBytes)
      } else if (message.type === 'finding') {
        // The same rule at the same place is one finding, however often it comes.
        const same = `${message.rule.replace(/\d+/g, '#').slice(0, 120)} ${message.stack.split('\n').find((line) => line.includes('/processors/') || line.includes('/ingest/') || line.includes('/api/')) ?? message.target}`
        seen.set(same, (seen.get(same) ?? 0) + 1)
        if (seen.get(same) === 1) {
          findings.push(message)
          console.error(`\nfinding: ${message.target} --input ${message.input}: ${message.rule}\n${message.stack}\n  ${message.contentType} ${message.bytes} bytes: ${message.shown.slice(0, 600)}`)
        }
      }
    })
    if (ended !== null) {
      counts = { ...counts, [ended.target]: ended.input + 1 }
      findings.push(ended)
      console.error(`\nfinding: ${ended.target} --input ${ended.input}: ${ended.rule}`)
    }
  }
  const growthMb = heaps.length > 8 ? (Math.min(...heaps.slice(-4)) - Math.min(...heaps.slice(2, 6))) / 1_048_576 : 0
  if (growthMb > HEAP_GROWTH_MB) findings.push({ target: 'all', input: 0, rule: `the heap after collection grew by ${growthMb.toFixed(0)} MB` })
  report(counts, findings, { growthMb, slowest, heaps })
}

/** Runs a worker until the end, or until it had to be ended: then the input that was under way. */
function runWorker(fed: Readonly<Record<string, number>>, endsMs: number, hear: (message: WorkerMessage) => void): Promise<Finding | null> {
  const now = new SharedArrayBuffer(16)
  const under = new BigInt64Array(now)
  const input: WorkerInput = { seed, only, now, fed }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: input, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
  let targets: readonly { readonly name: string; readonly limitMs: number }[] = []
  let cpuAt = { input: -1n, sinceMs: 0n, cpuMs: 0 }
  let latest: Record<string, number> = { ...fed }
  return new Promise((resolve) => {
    let finding: Finding | null = null
    const nowUnder = (): { target: string; input: number; limitMs: number } => {
      const packed = Atomics.load(under, 0)
      const target = targets[Number(packed >> 32n)]
      return { target: target?.name ?? 'start', input: Number(packed & 0xffffffffn), limitMs: target?.limitMs ?? 60_000 }
    }
    const ended = (rule: string): void => {
      const { target, input: number } = nowUnder()
      finding ??= { target, input: number, rule }
    }
    const watch = setInterval(() => {
      const [id, sinceMs] = [Atomics.load(under, 0), Atomics.load(under, 1)]
      if (performance.now() > endsMs) worker.postMessage('stop')
      if (sinceMs === 0n) return
      const cpuMs = process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000
      if (cpuAt.input !== id || cpuAt.sinceMs !== sinceMs) cpuAt = { input: id, sinceMs, cpuMs }
      const { limitMs } = nowUnder()
      const wallMs = performance.timeOrigin + performance.now() - Number(sinceMs)
      // Both clocks: on a busy machine a quick input may take long, and one that waits for ever uses no processor.
      if (wallMs > limitMs && (cpuMs - cpuAt.cpuMs > limitMs * 0.8 || wallMs > limitMs * 10)) {
        ended(`it takes more than ${limitMs} ms`)
        void worker.terminate()
      }
    }, WATCH_INTERVAL_MS)
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'ready') targets = message.targets
      if (message.type === 'counts') latest = { ...message.counts }
      hear(message)
    })
    worker.on('error', (error) => ended(`the worker ended: ${error.message}`))
    worker.on('exit', () => {
      clearInterval(watch)
      if (finding !== null) hear({ type: 'counts', counts: { ...latest, [finding.target]: finding.input + 1 }, heapBytes: 0, slowest: { name: '', input: 0, ms: 0 } })
      resolve(finding)
    })
  })
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function progress(counts: Readonly<Record<string, number>>, findings: number, heapBytes: number): void {
  process.stderr.write(`\r${total(counts)} inputs, ${findings} findings, heap ${(heapBytes / 1_048_576).toFixed(0)} MB, seed ${seed} `)
}

function report(counts: Readonly<Record<string, number>>, findings: readonly Finding[], more: { readonly growthMb: number; readonly slowest: { readonly name: string; readonly input: number; readonly ms: number }; readonly heaps: readonly number[] }): void {
  const inputs = total(counts)
  const heapMb = Math.round((more.heaps.findLast((bytes) => bytes > 0) ?? 0) / 1_048_576)
  if (values.json) console.log(JSON.stringify({ seed, seconds, inputs, counts, findings, heapMb, heapGrowthMb: Math.round(more.growthMb), slowest: more.slowest }))
  else {
    console.log(`\nseed ${seed}, ${inputs} inputs, ${findings.length} findings, heap ${heapMb} MB (grew ${more.growthMb.toFixed(0)} MB), slowest ${more.slowest.name} ${more.slowest.input}: ${more.slowest.ms.toFixed(0)} ms`)
    for (const [name, count] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${name.padEnd(32)} ${count}`)
  }
  process.exitCode = findings.length > 0 ? 1 : 0
}
