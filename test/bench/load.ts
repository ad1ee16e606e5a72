/**
 * A load generator in a process of its own: raw sockets, one request under way on each, requests made and signed before the clock starts.
 * It is forked with the task as its one message, and answers with what it saw.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { bodies, requests, type Shape, type Signing } from './ingest-shapes.ts'

/** What to send where. */
export interface LoadTask {
  readonly port: number
  readonly path: string
  readonly shape: Shape
  readonly alertsPerPost: number
  readonly signing: Signing | null
  readonly connections: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** Process of the server, whose use of the processor is measured too. */
  readonly serverPid: number
}

/** What one measurement saw. */
export interface LoadResult {
  readonly posts: number
  readonly refused: number
  readonly postsPerSecond: number
  readonly alertsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Cores this generator used. */
  readonly generatorCores: number
  /** Processor time of the server for one post, all threads, in µs; NaN where /proc does not tell. */
  readonly serverCpuUs: number
}

const HEAD_END = Buffer.from('\r\n\r\n')

class Run {
  readonly #task: LoadTask
  readonly #requests: readonly Buffer[]
  readonly #latenciesMs: number[] = []
  #next = 0
  #isMeasuring = false
  #posts = 0
  #refused = 0
  #firstRefusal: string | null = null

  constructor(task: LoadTask) {
    this.#task = task
    const nowMs = Date.now()
    this.#requests = requests(task.path, bodies(task.shape, task.alertsPerPost, nowMs), task.signing, nowMs)
  }

  async run(): Promise<LoadResult> {
    const { connections, warmUpMs, measureMs, alertsPerPost } = this.#task
    const sockets = await Promise.all(Array.from({ length: connections }, () => this.#connect()))
    for (const socket of sockets) this.#drive(socket)
    await pause(warmUpMs)
    const cpu = process.cpuUsage()
    const serverCpuMs = cpuMsOf(this.#task.serverPid)
    const startedMs = performance.now()
    this.#isMeasuring = true
    await pause(measureMs)
    this.#isMeasuring = false
    const seconds = (performance.now() - startedMs) / 1000
    const used = process.cpuUsage(cpu)
    const serverUsedMs = cpuMsOf(this.#task.serverPid) - serverCpuMs
    for (const socket of sockets) socket.destroy()
    if (this.#refused > 0) throw new Error(`${this.#refused} posts were refused, the first with: ${this.#firstRefusal}`)
    const sorted = Float64Array.from(this.#latenciesMs).sort()
    const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
    return {
      posts: this.#posts, refused: this.#refused, postsPerSecond: this.#posts / seconds, alertsPerSecond: (this.#posts * alertsPerPost) / seconds,
      p50Ms: quantile(0.5), p99Ms: quantile(0.99), generatorCores: (used.user + used.system) / 1e6 / seconds,
      serverCpuUs: (serverUsedMs * 1_000) / this.#posts,
    }
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#task.port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
      socket.once('error', reject)
    })
  }

  #drive(socket: Socket): void {
    let sentMs = 0
    let pending: Buffer | null = null
    const send = (): void => {
      sentMs = performance.now()
      socket.write(this.#requests[this.#next++ % this.#requests.length] ?? Buffer.alloc(0))
    }
    socket.on('data', (chunk: Buffer) => {
      const answer = pending === null ? chunk : Buffer.concat([pending, chunk])
      const headEnd = answer.indexOf(HEAD_END)
      if (headEnd < 0 || answer.length < headEnd + 4 + bodyLength(answer, headEnd)) {
        pending = answer
        return
      }
      pending = null
      // "HTTP/1.1 2…"
      if (answer[9] !== 0x32) {
        this.#refused += 1
        this.#firstRefusal ??= answer.toString('utf8', 0, 600)
      }
      if (this.#isMeasuring) {
        this.#posts += 1
        this.#latenciesMs.push(performance.now() - sentMs)
      }
      send()
    })
    send()
  }
}

/** Processor time a process has used, user and system, in ms; Linux counts it in hundredths of a second. */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.NaN
    throw error
  }
}

function bodyLength(answer: Buffer, headEnd: number): number {
  const match = /\r\ncontent-length: (\d+)/i.exec(answer.toString('latin1', 0, headEnd))
  return match === null ? 0 : Number(match[1])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

process.once('message', (task: LoadTask) => {
  new Run(task).run().then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.disconnect()),
  )
})
