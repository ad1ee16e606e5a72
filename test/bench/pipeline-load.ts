/** The pipeline benchmark's generator, a process of its own: a fixed number of posts over raw sockets, as fast as they are answered or at a steady rate. */
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { requests, type Signing } from './ingest-shapes.ts'

/** What to send. */
export interface PipelineTask {
  readonly port: number
  readonly companies: readonly Signing[]
  /** Alerts in all; each company sends its share. */
  readonly alerts: number
  readonly alertsPerPost: number
  /** Distinct problems the alerts repeat, shared out among the companies. */
  readonly problems: number
  /** Alerts a second, or null for as many as are answered. */
  readonly alertsPerSecond: number | null
  readonly connections: number
}

/** What was sent. */
export interface PipelineSent {
  readonly seconds: number
  readonly posts: number
  readonly refused: number
  readonly generatorCores: number
}

function bodyOf(company: number, first: number, count: number, problems: number): Buffer {
  const alerts = Array.from({ length: count }, (_, index) => {
    const problem = (first + index) % problems
    return {
      asset_name: `host-${company}-${Math.floor(problem / 5)}`, signature: ['HighCpu', 'DiskFull', 'HostDown', 'SlowResponses', 'MemoryPressure'][problem % 5],
      severity: problem % 3 === 0 ? 'critical' : 'warning', message: `Problem ${problem} of company ${company} has lasted for more than five minutes`, tool_source: 'Bench',
      status: 'firing', labels: { site: `site-${Math.floor(problem / 100)}`, job: 'node' },
    }
  })
  return Buffer.from(JSON.stringify(count === 1 ? alerts[0] : alerts))
}

/** Requests made and signed before the clock starts: every problem appears in turn, companies alternate. */
function prepare(task: PipelineTask): Buffer[] {
  const perCompany = Math.max(1, Math.floor(task.problems / task.companies.length))
  const distinct = Math.ceil(perCompany / task.alertsPerPost)
  const byCompany = task.companies.map((signing, company) => {
    const contents = Array.from({ length: distinct }, (_, index) => bodyOf(company, index * task.alertsPerPost, task.alertsPerPost, perCompany))
    return requests('/api/webhooks/alerts', contents, signing, Date.now())
  })
  return Array.from({ length: distinct * task.companies.length }, (_, index) => byCompany[index % task.companies.length]?.[Math.floor(index / task.companies.length)] ?? Buffer.alloc(0))
}

async function run(task: PipelineTask): Promise<PipelineSent> {
  const prepared = prepare(task)
  const posts = Math.ceil(task.alerts / task.alertsPerPost)
  const sockets = await Promise.all(Array.from({ length: task.connections }, () => open(task.port)))
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  let next = 0
  let answered = 0
  let refused = 0
  await new Promise<void>((resolve) => {
    const done = (socket: Socket): void => {
      answered += 1
      if (answered === posts) resolve()
      else send(socket)
    }
    const send = (socket: Socket): void => {
      if (next >= posts) return
      const number = next++
      const write = (): void => void socket.write(prepared[number % prepared.length] ?? '')
      const dueMs = task.alertsPerSecond === null ? 0 : startedMs + (number * task.alertsPerPost * 1_000) / task.alertsPerSecond
      const waitMs = dueMs - performance.now()
      if (waitMs > 1) setTimeout(write, waitMs)
      else write()
    }
    for (const socket of sockets) {
      socket.on('data', (chunk: Buffer) => {
        // Answers are small: one chunk each.
        if (chunk[9] !== 0x32) refused += 1
        done(socket)
      })
      send(socket)
    }
  })
  const seconds = (performance.now() - startedMs) / 1_000
  const used = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  return { seconds, posts, refused, generatorCores: (used.user + used.system) / 1e6 / seconds }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

process.once('message', (task: PipelineTask) => {
  run(task).then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.disconnect()),
  )
})
