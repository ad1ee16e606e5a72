import type { Clock } from '../schemas/clock.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Deadline, Deadlines } from './deadlines.ts'
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

/** A log that is down is reported at most this often. */
const REPORT_INTERVAL_MS = 5_000
/** What a record costs in the queue besides its value. */
const RECORD_OVERHEAD_BYTES = 200

/** Who waits for a record. Exactly one of the two is called, once. */
export interface Waiter {
  /** The record is durable. */
  appended(): void
  /** It is not, or nobody knows: `log_unavailable`. */
  refused(error: AppError): void
}

/** The records of one append and who waits for them. A callback each instead of a promise each: this is the hot path. */
class Batch {
  readonly records: RawAppend[] = []
  readonly waiters: Waiter[] = []
  bytes = 0
  isSettled = false
  deadline: Deadline | null = null
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

  /** Tells the waiter once the record is durable in alerts.raw.v1; refuses when the queue is full, the log fails or the deadline passes. */
  append(key: string, value: Buffer, waiter: Waiter): void {
    const bytes = value.length + RECORD_OVERHEAD_BYTES
    if (this.#queuedBytes + bytes > this.#limits.queueBytes) {
      waiter.refused(new AppError('log_unavailable', 'Too much is waiting for the log; nothing was stored. Try again after Retry-After.'))
      return
    }
    let batch = this.#waiting.at(-1)
    if (batch === undefined || batch.bytes + bytes > this.#limits.batchBytes) batch = this.#open()
    batch.records.push({ topic: TOPICS.raw.name, key, value })
    batch.waiters.push(waiter)
    batch.bytes += bytes
    this.#queuedBytes += bytes
    if (!this.#isFlying && !this.#isScheduled) {
      // After the sockets that are readable now have been read: their requests share this append instead of waiting for the next.
      this.#isScheduled = true
      setImmediate(() => this.#fly())
    }
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (!this.#isFlying && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #open(): Batch {
    const batch = new Batch()
    batch.deadline = this.#deadlines.after(this.#limits.deadlineMs, () => this.#expire(batch))
    this.#waiting.push(batch)
    return batch
  }

  #expire(batch: Batch): void {
    this.#metrics.inc('ingest_appends_total', 'deadline')
    const place = this.#waiting.indexOf(batch)
    if (place >= 0) {
      // It never got to the log, so its bytes are free and nothing of it will land.
      this.#waiting.splice(place, 1)
      this.#queuedBytes -= batch.bytes
    }
    this.#settle(batch, new AppError('log_unavailable', 'The log did not answer in time. Try again after Retry-After; with the same X-Delivery-ID nothing counts twice.'))
    this.#wakeIdle()
  }

  #settle(batch: Batch, error: AppError | null): void {
    if (batch.isSettled) return
    batch.isSettled = true
    batch.deadline?.cancel()
    for (const waiter of batch.waiters) {
      try {
        if (error === null) waiter.appended()
        else waiter.refused(error)
      } catch (thrown) {
        // One answer that cannot be given must not cost the others theirs.
        this.#report.warn({ error: toAppError(thrown).message }, 'a delivery could not be answered')
      }
    }
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
    this.#next(batch)
    this.#settle(batch, null)
  }

  #failed(batch: Batch, thrown: unknown): void {
    this.#metrics.inc('ingest_appends_total', 'failed')
    const error = toAppError(thrown, 'appending to alerts.raw.v1')
    const nowMs = this.#clock.now()
    if (nowMs - this.#lastReportMs >= REPORT_INTERVAL_MS) {
      this.#lastReportMs = nowMs
      this.#report.warn({ code: error.code, error: error.message, records: batch.records.length }, 'the log does not take deliveries')
    }
    this.#next(batch)
    this.#settle(batch, new AppError('log_unavailable', 'The log cannot take the delivery now. Try again after Retry-After.', { cause: error }))
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
