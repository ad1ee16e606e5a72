/** The edge over a log, a memory and a clock that a test holds in its hands. */
import { createHmac, hash } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import { TestClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Delivery, RawRecord, Tick } from '../../schemas/records.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { IngestCredential } from '../../schemas/views.ts'
import { CredentialSnapshot } from '../authenticate.ts'
import { ingestPlugin, type IngestOptions } from '../ingest-plugin.ts'
import type { DeliveryMemory, IngestLog, IngestMetric, LogAppender, Metrics, RawAppend } from '../ports.ts'
import { answerUnknown, INGEST_SERVER_OPTIONS } from '../server-options.ts'

/** The key and secret of the company that tests send as. */
export const KEY = `aw_${'k'.repeat(43)}`
export const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

/** A live key; by default unsigned deliveries of any source are let in. */
export function credential(change: Partial<IngestCredential> & { key?: string } = {}): IngestCredential {
  const { key = KEY, ...rest } = change
  return {
    keyId: 'key-1', keyHash: hash('sha256', key, 'hex'), integrationId: 'int-1', companyId: 'com-1', source: null, requireHmac: false,
    hmacSecrets: [SECRET], vendorSecrets: [], authentication: NO_AUTHENTICATION, requestsPerMinute: 1_000, burst: 5_000, expiresAtMs: null, ...rest,
  }
}

/** Schema ids for one process. */
export const memoryIds = { idFor: (): Promise<number> => Promise.resolve(1), schemaOf: (): Promise<string> => Promise.reject(new AppError('record_unreadable', 'no such schema')) }

/** A log in memory: appends land at once, fail, or wait until the test lets them go. */
export class FakeLog implements LogAppender {
  readonly appends: (readonly RawAppend[])[] = []
  readonly landed: RawAppend[] = []
  mode: 'lands' | 'fails' | 'waits' = 'lands'
  #waiting: (() => void)[] = []

  get waiting(): number {
    return this.#waiting.length
  }

  partitions(): Promise<number> {
    return Promise.resolve(3)
  }

  async append(records: readonly RawAppend[]): Promise<void> {
    this.appends.push(records)
    if (this.mode === 'waits') await new Promise<void>((resolve) => this.#waiting.push(resolve))
    // `mode` may have changed while it waited.
    if ((this.mode as string) === 'fails') throw new AppError('log_unavailable', 'the disk is full')
    this.landed.push(...records)
  }

  /** Lets everything that waits go on, in the mode given. */
  release(mode: 'lands' | 'fails' = 'lands'): void {
    this.mode = mode
    for (const go of this.#waiting.splice(0)) go()
  }
}

/** A memory of deliveries that can fail or hang. */
export class FakeMemory implements DeliveryMemory {
  readonly known = new Set<string>()
  mode: 'works' | 'fails' | 'hangs' = 'works'

  async recall(integrationId: string, deliveryId: string): Promise<boolean> {
    await this.#behave()
    return this.known.has(`${integrationId} ${deliveryId}`)
  }

  async remember(integrationId: string, deliveryId: string): Promise<void> {
    await this.#behave()
    this.known.add(`${integrationId} ${deliveryId}`)
  }

  async #behave(): Promise<void> {
    if (this.mode === 'fails') throw new AppError('engine_unavailable', 'connection refused')
    if (this.mode === 'hangs') await new Promise(() => undefined)
  }
}

/** Counters as a table. */
export class FakeMetrics implements Metrics {
  readonly counts: Record<string, number> = {}

  inc(metric: IngestMetric, label: string, by = 1): void {
    const name = `${metric} ${label}`
    this.counts[name] = (this.counts[name] ?? 0) + by
  }
}

/** Everything that was reported, as one list of texts. */
export class FakeReport implements IngestLog {
  readonly lines: string[] = []

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`)
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`)
  }
}

/** The edge and everything it stands on. */
export interface Edge {
  readonly app: FastifyInstance
  readonly log: FakeLog
  readonly memory: FakeMemory
  readonly metrics: FakeMetrics
  readonly report: FakeReport
  readonly clock: TestClock
  readonly codec: Codec<RawRecord>
  readonly credentials: CredentialSnapshot
  /** The deliveries on the log, in order. */
  deliveries(): Delivery[]
  /** The ticks on the log with the partitions they lie on. */
  ticks(): { partition: number | undefined; tick: Tick }[]
}

/** Makes an edge. Ticks are off unless asked for, so that the log holds deliveries only. */
export async function makeEdge(change: Partial<IngestOptions> & { keys?: readonly IngestCredential[] } = {}): Promise<Edge> {
  const { keys = [credential()], ...options } = change
  const [log, memory, metrics, report, clock] = [new FakeLog(), new FakeMemory(), new FakeMetrics(), new FakeReport(), new TestClock()]
  const codec = await openCodec(TOPICS.raw.name, memoryIds)
  const credentials = new CredentialSnapshot(keys)
  const app = fastify(INGEST_SERVER_OPTIONS)
  app.setNotFoundHandler(answerUnknown)
  await app.register(ingestPlugin({ log, codec, credentials, memory, clock, metrics, report, processId: 'ingest-1', hasTicks: false, ...options }))
  await app.ready()
  const events = (): { partition: number | undefined; event: Delivery | Tick }[] => log.landed.map(({ partition, value }) => ({ partition, event: codec.decode(value).event }))
  return {
    app, log, memory, metrics, report, clock, codec, credentials,
    deliveries: () => events().flatMap(({ event }) => (event.type === 'delivery' ? [event] : [])),
    ticks: () => events().flatMap(({ partition, event }) => (event.type === 'tick' ? [{ partition, tick: event }] : [])),
  }
}

/** The headers of our own signature. */
export function signed(body: string | Buffer, nowMs: number, secret: string = SECRET): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  return { 'x-timestamp': timestamp, 'x-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}` }
}

/** Headers of an ordinary JSON delivery. */
export const JSON_HEADERS = { 'content-type': 'application/json', 'x-api-key': KEY } as const

/** Waits until something has become true; a turn of the event loop at a time. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; !isTrue(); turns++) {
    if (turns > 2_000) throw new Error('it never became true')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
