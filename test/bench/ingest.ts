/**
 * `aw bench ingest`: signed webhooks a second, durable on the embedded log, beside (a) a bare Fastify route that only checks the signature and
 * parses, and (b) Debian's Alertmanager on one core, in memory and unsigned. Each server is a process of its own, the load comes from another
 * one; servers take turns in every round and the median of the rounds counts.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../services/ports.ts'
import type { Shape, Signing } from './ingest-shapes.ts'
import type { LoadResult, LoadTask } from './load.ts'

/** How the benchmark is run. */
export interface BenchOptions {
  readonly json: boolean
  readonly rounds?: number
  readonly measureMs?: number
  readonly warmUpMs?: number
  readonly connections?: number
  /** Where results go; standard output by default. */
  readonly write?: (text: string) => void
}

/** One line of the result: medians over the rounds. */
export interface BenchRow {
  readonly posts: string
  readonly server: 'ours' | 'bare fastify' | 'alertmanager'
  readonly postsPerSecond: number
  readonly alertsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly generatorCores: number
  /** Processor time of the server for one post, in µs; steadier than posts a second on a busy machine. Null where the system does not tell. */
  readonly serverCpuUs: number | null
}

/** The whole result. */
export interface BenchReport {
  readonly machine: { cores: number; model: string; node: string }
  readonly rounds: number
  readonly connections: number
  /** Median time of writing and syncing 16 KB on the disk the log lay on, in ms. */
  readonly syncMs: number
  readonly rows: readonly BenchRow[]
  readonly ratios: readonly { posts: string; ours: string; ratio: number }[]
  readonly notes: readonly string[]
}

interface Server {
  readonly name: BenchRow['server']
  readonly port: number
  readonly signing: Signing | null
  readonly child: ChildProcess
}

interface Load {
  readonly posts: string
  readonly alertsPerPost: number
  /** Path and shape by server; a server without one does not take part. */
  readonly by: Readonly<Partial<Record<BenchRow['server'], { path: string; shape: Shape }>>>
}

const AM_API = { path: '/api/v2/alerts', shape: 'alertmanager-api' } as const
const LOADS: readonly Load[] = [
  { posts: 'single, generic', alertsPerPost: 1, by: { ours: { path: '/api/webhooks/alerts', shape: 'generic' }, 'bare fastify': { path: '/api/webhooks/alerts', shape: 'generic' }, alertmanager: AM_API } },
  { posts: 'of 100, generic', alertsPerPost: 100, by: { ours: { path: '/api/webhooks/alerts', shape: 'generic' }, 'bare fastify': { path: '/api/webhooks/alerts', shape: 'generic' }, alertmanager: AM_API } },
  { posts: 'single, alertmanager', alertsPerPost: 1, by: { ours: { path: '/api/webhooks/alertmanager', shape: 'alertmanager-webhook' }, 'bare fastify': { path: '/api/webhooks/alertmanager', shape: 'alertmanager-webhook' } } },
  { posts: 'of 100, alertmanager', alertsPerPost: 100, by: { ours: { path: '/api/webhooks/alertmanager', shape: 'alertmanager-webhook' }, 'bare fastify': { path: '/api/webhooks/alertmanager', shape: 'alertmanager-webhook' } } },
]
const SIGNING: Signing = { apiKey: `aw_${'b'.repeat(43)}`, hmacSecret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
const ALERTMANAGERS = ['/usr/bin/prometheus-alertmanager', '/usr/local/bin/alertmanager']
/** How long a server may take until it listens, in ms. */
const START_MS = 30_000

/** Measures and writes a table, or JSON. Answers the report too. Throws when a server does not start or refuses a post. */
export async function benchIngest(options: BenchOptions): Promise<BenchReport> {
  const { rounds = 3, measureMs = 3_000, warmUpMs = 1_500, connections = 128, write = (text) => void process.stdout.write(text) } = options
  const directory = mkdtempSync(join(tmpdir(), 'aw-bench-ingest-'))
  const servers: Server[] = []
  const notes = [`The generator keeps ${connections} connections with one request under way on each; its share of the cores stands in the last column, and servers share the machine with it.`]
  try {
    servers.push(await forkServer('ours', 'ingest-ours.ts', [directory, SIGNING.apiKey, SIGNING.hmacSecret]))
    servers.push(await forkServer('bare fastify', 'ingest-peer.ts', [SIGNING.hmacSecret]))
    const alertmanager = await startAlertmanager(directory)
    if (alertmanager === null) notes.push('prometheus-alertmanager is not installed (Debian: apt-get install prometheus-alertmanager); its rows are missing.')
    else {
      servers.push(alertmanager)
      notes.push('Alertmanager runs on one core (taskset), in memory, without signatures; ours checks a signature and syncs the log to disk before each answer.')
    }
    const results = new Map<string, LoadResult[]>()
    for (let round = 0; round < rounds; round++) {
      for (const load of LOADS) {
        for (const server of servers) {
          const target = load.by[server.name]
          if (target === undefined) continue
          if (!options.json) process.stderr.write(`\r\u001b[Kround ${round + 1}/${rounds}: ${load.posts}, ${server.name}`)
          const result = await runLoad({ port: server.port, ...target, alertsPerPost: load.alertsPerPost, signing: server.signing, connections, warmUpMs, measureMs, serverPid: server.child.pid ?? 0 })
          const key = `${load.posts}|${server.name}`
          results.set(key, [...(results.get(key) ?? []), result])
        }
      }
    }
    if (!options.json) process.stderr.write('\r\u001b[K')
    const report = summarise(results, rounds, connections, syncTimeMs(directory), notes)
    write(options.json ? `${JSON.stringify(report)}\n` : table(report))
    return report
  } finally {
    await Promise.all(servers.map(stop))
    rmSync(directory, { recursive: true, force: true })
  }
}

async function forkServer(name: BenchRow['server'], file: string, args: readonly string[]): Promise<Server> {
  const child = fork(join(import.meta.dirname, file), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning'] })
  const { port } = await answer<{ port: number }>(child, name)
  return { name, port, signing: SIGNING, child }
}

async function startAlertmanager(directory: string): Promise<Server | null> {
  const program = ALERTMANAGERS.find((path) => existsSync(path))
  if (program === undefined) return null
  const config = join(directory, 'alertmanager.yml')
  // No receiver that sends anything: only taking alerts is measured.
  writeFileSync(config, 'route: {receiver: none, group_by: [alertname], group_wait: 1h}\nreceivers: [{name: none}]\n')
  const port = await freePort()
  const args = [`--config.file=${config}`, `--storage.path=${join(directory, 'alertmanager')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=', '--log.level=error']
  const child = spawn('taskset', ['-c', '0', program, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: '/usr/bin:/bin', GOMAXPROCS: '1' } })
  const server: Server = { name: 'alertmanager', port, signing: null, child }
  for (const deadline = Date.now() + START_MS; ; ) {
    if (child.exitCode !== null) throw new Error('Alertmanager ended before it listened')
    if (await isListening(port)) return server
    if (Date.now() > deadline) {
      await stop(server)
      throw new Error(`Alertmanager did not listen within ${START_MS} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function runLoad(task: LoadTask): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'load.ts'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning'] })
  const answered = answer<{ result?: LoadResult; error?: string }>(child, 'the load generator')
  child.send(task)
  const { result, error } = await answered
  if (result === undefined) throw new Error(error ?? 'the load generator gave no result')
  return result
}

/** The first message of a child; rejects when it ends without one. */
function answer<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${code ?? signal} before it answered`)))
  })
}

function stop(server: Server): Promise<void> {
  const { child } = server
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    if (child.connected) child.disconnect()
    else child.kill('SIGTERM')
  })
}

function summarise(results: ReadonlyMap<string, readonly LoadResult[]>, rounds: number, connections: number, syncMs: number, notes: readonly string[]): BenchReport {
  const rows: BenchRow[] = [...results].map(([key, rounds]) => {
    const [posts, server] = key.split('|') as [string, BenchRow['server']]
    const middle = (pick: (result: LoadResult) => number): number => median(rounds.map(pick))
    return {
      posts, server, postsPerSecond: Math.round(middle((r) => r.postsPerSecond)), alertsPerSecond: Math.round(middle((r) => r.alertsPerSecond)),
      p50Ms: round2(middle((r) => r.p50Ms)), p99Ms: round2(middle((r) => r.p99Ms)), generatorCores: round2(middle((r) => r.generatorCores)),
      serverCpuUs: Number.isNaN(middle((r) => r.serverCpuUs)) ? null : round2(middle((r) => r.serverCpuUs)),
    }
  })
  const ratios = rows.filter((row) => row.server !== 'ours').map((row) => {
    const ours = rows.find((other) => other.server === 'ours' && other.posts === row.posts)
    return { posts: row.posts, ours: `to ${row.server}`, ratio: round2((ours?.postsPerSecond ?? Number.NaN) / row.postsPerSecond) }
  })
  return { machine: { cores: availableParallelism(), model: cpus()[0]?.model ?? 'unknown', node: process.version }, rounds, connections, syncMs, rows, ratios, notes }
}

function table(report: BenchReport): string {
  const { machine } = report
  const lines = [`Ingest on ${machine.cores} cores of ${machine.model}, Node ${machine.node}; median of ${report.rounds} rounds`, '']
  lines.push(`${'posts'.padEnd(22)}${'server'.padEnd(14)}${'posts/s'.padStart(10)}${'alerts/s'.padStart(10)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}${'server µs/post'.padStart(16)}${'generator'.padStart(12)}`)
  for (const row of report.rows) {
    lines.push(`${row.posts.padEnd(22)}${row.server.padEnd(14)}${String(row.postsPerSecond).padStart(10)}${String(row.alertsPerSecond).padStart(10)}${row.p50Ms.toFixed(2).padStart(9)}${row.p99Ms.toFixed(2).padStart(9)}${(row.serverCpuUs?.toFixed(1) ?? '-').padStart(16)}${`${row.generatorCores.toFixed(2)} core`.padStart(12)}`)
  }
  lines.push('', `Writing and syncing 16 KB takes ${report.syncMs} ms on this disk (median).`, ...report.ratios.map(({ posts, ours, ratio }) => `${posts.padEnd(22)}ours ${ours}: ${ratio.toFixed(2)}`), '', ...report.notes, '')
  return lines.join('\n')
}

/** What one synced write costs here: the floor under the time of a durable answer. */
function syncTimeMs(directory: string): number {
  const file = openSync(join(directory, 'sync-time'), 'w')
  const block = Buffer.alloc(16_384)
  const times = Array.from({ length: 200 }, (_, index) => {
    const startedMs = performance.now()
    writeSync(file, block, 0, block.length, index * block.length)
    fdatasyncSync(file)
    return performance.now() - startedMs
  })
  closeSync(file)
  return round2(median(times))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
