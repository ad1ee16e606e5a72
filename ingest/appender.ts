import type { Clock } from '../schemas/clock.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Deadlines } from './deadlines.ts'
import type { IngestLog, LogAppender, Metrics, RawAppend } from './ports.ts'

/** Limits of the appender. */
export interface AppenderLimits {
  /** Bytes waiting for the log at most, the append under way included; beyond it requests are refused. */
  readonly queueBytes: number
  /** Bytes of one append at most, unless a single record is larger. */
  readonly batchBytes: number
  /** How long a request waits for its append, in ms. */
  readonly deadlineMs: number
}

/** What a record costs in the queue besides its value. */
const RECORD_OVERHEAD_BYTES = 200

/** The records of one append, and one promise for all requests that share it. */
class Batch {
  readonly records: RawAppend[] = []
  bytes = 0
  isSettled = false
  readonly done: Promise<void>
  resolve!: () => void
  reject!: (error: AppError) => void

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Every request awaits `done`, but a batch that closes empty-handed must not bring the process down.
    this.done.catch(() => undefined)
  }
}

/**
 * Requests share appends: one is under way, the next collects whoever comes meanwhile. Order is the order of arrival. The queue is bounded in
 * bytes, and nobody waits longer than the deadline; a record whose append was under way at that moment may still land, which is why its
 * sender is told 503 and not that it was refused for good.
 */
export class Appender {
  readonly #log: LogAppender
  readonly #limits: AppenderLimits
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #metrics: Metrics
  readonly #report: IngestLog
  /** Batches that wait; the last one collects. */
  #waiting: Batch[] = []
  #queuedBytes = 0
  #isFlying = false
  #isScheduled = false
  #lastReportMs = Number.NEGATIVE_INFINITY
  #idle: (() => void)[] = []

  constructor(log: LogAppender, limits: AppenderLimits, services: { clock: Clock; deadlines: Deadlines; metrics: Metrics; report: IngestLog }) {
    this.#log = log
    this.#limits = limits
    this.#clock = services.clock
    this.#deadlines = services.deadlines
    this.#metrics = services.metrics
    this.#report = services.report
  }

  /** Bytes waiting or under way. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Resolves once the record is durable in alerts.raw.v1. Throws `log_unavailable` when the queue is full, the log refuses or the deadline passes. */
  append(key: string, value: Buffer): Promise<void> {
    const bytes = value.length + RECORD_OVERHEAD_BYTES
    if (this.#queuedBytes + bytes > this.#limits.queueBytes) {
      return Promise.reject(new AppError('log_unavailable', 'Too much is waiting for the log; nothing was stored. Try again after Retry-After.'))
    }
    let batch = this.#waiting.at(-1)
    if (batch === undefined || batch.isSettled || batch.bytes + bytes > this.#limits.batchBytes) batch = this.#open()
    batch.records.push({ topic: TOPICS.raw.name, key, value })
    batch.bytes += bytes
    this.#queuedBytes += bytes
    if (!this.#isFlying && !this.#isScheduled) {
      // After the sockets that are readable now have been read: their requests share this append instead of waiting for the next.
      this.#isScheduled = true
      setImmediate(() => this.#fly())
    }
    return batch.done
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (!this.#isFlying && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #open(): Batch {
    const batch = new Batch()
    this.#waiting.push(batch)
    const deadline = this.#deadlines.after(this.#limits.deadlineMs, () => this.#expire(batch))
    const settle = batch.resolve
    batch.resolve = () => {
      deadline.cancel()
      settle()
    }
    return batch
  }

  #expire(batch: Batch): void {
    if (batch.isSettled) return
    batch.isSettled = true
    this.#metrics.inc('ingest_appends_total', 'deadline')
    const place = this.#waiting.indexOf(batch)
    if (place >= 0) {
      // It never got to the log, so its bytes are free and nothing of it will land.
      this.#waiting.splice(place, 1)
      this.#queuedBytes -= batch.bytes
    }
    batch.reject(new AppError('log_unavailable', 'The log did not answer in time. Try again after Retry-After; with the same X-Delivery-ID nothing counts twice.'))
    this.#wakeIdle()
  }

  #fly(): void {
    this.#isScheduled = false
    const batch = this.#waiting.shift()
    if (batch === undefined) return
    this.#isFlying = true
    this.#write(batch).then(() => this.#landed(batch), (thrown: unknown) => this.#failed(batch, thrown))
  }

  /** A log that throws instead of rejecting must not escape from the timer. */
  async #write(batch: Batch): Promise<void> {
    await this.#log.append(batch.records)
  }

  #landed(batch: Batch): void {
    this.#metrics.inc('ingest_appends_total', 'done')
    this.#metrics.inc('ingest_appended_records_total', 'delivery', batch.records.length)
    if (!batch.isSettled) {
      batch.isSettled = true
      batch.resolve()
    }
    this.#next(batch)
  }

  #failed(batch: Batch, thrown: unknown): void {
    this.#metrics.inc('ingest_appends_total', 'failed')
    const error = toAppError(thrown, 'appending to alerts.raw.v1')
    const nowMs = this.#clock.now()
    if (nowMs - this.#lastReportMs >= REPORT_INTERVAL_MS) {
      this.#lastReportMs = nowMs
      this.#report.warn({ code: error.code, error: error.message, records: batch.records.length }, 'the log does not take deliveries')
    }
    if (!batch.isSettled) {
      batch.isSettled = true
      batch.reject(new AppError('log_unavailable', 'The log cannot take the delivery now. Try again after Retry-After.', { cause: error }))
    }
    this.#next(batch)
  }

  #next(batch: Batch): void {
    this.#queuedBytes -= batch.bytes
    this.#isFlying = false
    if (this.#waiting.length > 0) this.#fly()
    else this.#wakeIdle()
  }

  #wakeIdle(): void {
    if (this.#isFlying || this.#waiting.length > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const wake of idle) wake()
  }
}

/** A log that is down is reported at most this often. */
const REPORT_INTERVAL_MS = 5_000
