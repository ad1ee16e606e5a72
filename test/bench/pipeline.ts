/**
 * `aw bench pipeline`: from the post to the committed incident, on the embedded engines. Sustained: a fixed number of alerts over a fixed number of
 * problems, as fast as ingest answers, until a last marker of every company is an incident in the database. Latency: markers posted while half that
 * rate runs, from the post until the live event of the committed incident. Memory: the program's resident set along a million alerts.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { table } from '../../cli/output.ts'
import { Program, until } from '../harness/process.ts'
import { post, type Company } from '../harness/sender.ts'
import { generate } from './generate.ts'
import { Markers, quantile } from './markers.ts'

/** How the benchmark is run. */
export interface PipelineOptions {
  readonly json: boolean
  /** Alerts of the sustained and memory run, one million by default. */
  readonly alerts?: number
  readonly problems?: number
}

/** One load. */
export interface PipelineRow {
  readonly load: string
  readonly alerts: number
  /** Alerts a second from the first post to the last committed incident. */
  readonly alertsPerSecond: number
  /** Alerts a second that ingest answered. */
  readonly ingestPerSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly generatorCores: number
  /** Resident set at the start, at each third and at the end, in MiB. */
  readonly residentMib: readonly number[]
}

/** The whole result. */
export interface PipelineReport {
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string }
  readonly rows: readonly PipelineRow[]
}

const COMPANIES = 8
const CONNECTIONS = 32
const MARKER_EVERY_MS = 100

/** Measures and prints a table, or JSON. */
export async function benchPipeline(options: PipelineOptions): Promise<PipelineReport> {
  const alerts = options.alerts ?? 1_000_000
  const problems = options.problems ?? 10_000
  const program = await Program.fromNothing()
  try {
    await program.start()
    const bench = new Bench(program, problems)
    await bench.prepare()
    await bench.run('warm-up', Math.min(alerts, 50_000), 100, null)
    const rows = [await bench.run('posts of 100, full speed', alerts, 100, null)]
    const half = (rows[0]?.alertsPerSecond ?? 0) / 2
    rows.push(await bench.run('posts of 100, half that', Math.round(half * 20), 100, half))
    const singles = await bench.run('single posts, full speed', Math.round(alerts / 10), 1, null)
    rows.push(singles, await bench.run('single posts, half that', Math.round(singles.alertsPerSecond * 10), 1, singles.alertsPerSecond / 2))
    const report = { machine: { cores: availableParallelism(), model: cpus()[0]?.model ?? 'unknown', node: process.version }, rows }
    console.log(options.json ? JSON.stringify(report) : text(report, problems))
    return report
  } finally {
    await program.remove()
  }
}

class Bench {
  readonly #program: Program
  readonly #problems: number
  readonly #companies: Company[] = []
  #markers: Markers | null = null

  constructor(program: Program, problems: number) {
    this.#program = program
    this.#problems = problems
  }

  async prepare(): Promise<void> {
    for (let number = 0; number < COMPANIES; number++) {
      this.#companies.push(await this.#program.api<Company>('POST', '/api/companies', { name: `Bench ${number}`, requestsPerMinute: 100_000, burst: 500_000 }))
    }
    this.#markers = await Markers.listen(this.#program)
    await until('the keys are known', async () => (await post(this.#program.url, this.#companies.at(-1) ?? fail(), 'alerts', [])).status === 202)
  }

  async run(load: string, alerts: number, alertsPerPost: number, alertsPerSecond: number | null): Promise<PipelineRow> {
    process.stderr.write(`${load}: ${alerts.toLocaleString('en')} alerts …\n`)
    const residentMib = [this.#residentMib()]
    const sampler = setInterval(() => residentMib.push(this.#residentMib()), 500)
    const startedMs = performance.now()
    const sending = generate({ port: this.#program.port, companies: this.#companies, alerts, alertsPerPost, problems: this.#problems, alertsPerSecond, connections: CONNECTIONS })
    const latencies = alertsPerSecond === null ? null : this.#probe(sending)
    const sent = await sending
    if (sent.refused > 0) throw new Error(`${sent.refused} posts were refused`)
    await Promise.all(this.#companies.map((company) => this.#marker(company)))
    const seconds = (performance.now() - startedMs) / 1_000
    clearInterval(sampler)
    const tookMs = latencies === null ? [] : await latencies
    return {
      load, alerts, alertsPerSecond: alerts / seconds, ingestPerSecond: alerts / sent.seconds, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99), generatorCores: sent.generatorCores,
      residentMib: [0, 1 / 3, 2 / 3, 1].map((share) => residentMib[Math.round((residentMib.length - 1) * share)] ?? 0),
    }
  }

  /** Posts a marker every 100 ms while the load runs; how long each took until its incident was committed, in ms. */
  async #probe(sending: Promise<unknown>): Promise<number[]> {
    let isSending = true
    void sending.finally(() => { isSending = false })
    const waiting: Promise<number>[] = []
    for (let turn = 0; isSending; turn++) {
      waiting.push(this.#marker(this.#companies[turn % COMPANIES] ?? fail()))
      await delay(MARKER_EVERY_MS)
    }
    return Promise.all(waiting)
  }

  #marker(company: Company): Promise<number> {
    return this.#markers?.post(company) ?? fail()
  }

  #residentMib(): number {
    const status = readFileSync(`/proc/${this.#program.pid}/status`, 'utf8')
    return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024)
  }
}

function text(report: PipelineReport, problems: number): string {
  const ms = (value: number | null): string => (value === null ? '' : value.toFixed(0))
  const rows = report.rows.map((row) => [
    row.load, row.alerts, Math.round(row.alertsPerSecond), Math.round(row.ingestPerSecond), ms(row.p50Ms), ms(row.p99Ms), row.generatorCores.toFixed(2), row.residentMib.join(' '),
  ])
  return `${table(['load', 'alerts', 'committed/s', 'ingest/s', 'p50 ms', 'p99 ms', 'generator cores', 'resident MiB'], rows)}\n\n`
    + `${report.machine.cores} cores (${report.machine.model}), Node.js ${report.machine.node}, embedded engines, ${problems.toLocaleString('en')} problems, ${COMPANIES} companies, HMAC on; the generator shares the cores.`
}

function fail(): never {
  throw new Error('there is no such company')
}
