import type { Clock } from '../schemas/clock.ts'
import type { Codec } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { RawRecord, Refusal } from '../schemas/records.ts'
import { TICK_INTERVAL_MS, TOPICS } from '../schemas/topics.ts'
import type { Deadlines } from './deadlines.ts'
import type { IngestLog, LogAppender, Metrics, RawAppend } from './ports.ts'
import type { RefusalCounts } from './refusals.ts'

/** What the ticker needs. */
export interface TickerOptions {
  readonly log: LogAppender
  readonly codec: Codec<RawRecord>
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly processId: string
  readonly refusals: RefusalCounts
  readonly metrics: Metrics
  readonly report: IngestLog
}

/**
 * Appends a tick to every raw partition every five seconds, so that time passes for the stages while nothing comes. Partition 0's tick says
 * what was refused since the last; when the append fails those counts wait for the next. It does not queue behind deliveries.
 */
export class Ticker {
  readonly #options: TickerOptions
  readonly #stop = new AbortController()
  #loop: Promise<void> | null = null

  constructor(options: TickerOptions) {
    this.#options = options
  }

  /** Starts; the first tick goes at once, so that a fresh log has a time. */
  start(): void {
    this.#loop ??= this.#run()
  }

  /** Stops after a last tick with what was refused since. */
  async stop(): Promise<void> {
    if (this.#loop === null) return
    this.#stop.abort(STOPPED)
    await this.#loop
    await this.tick()
  }

  /** Appends one round of ticks; a failure is counted and reported, and never throws. */
  async tick(): Promise<void> {
    const { log, deadlines, metrics, refusals, report } = this.#options
    const refused = refusals.take()
    try {
      const partitions = await log.partitions(TOPICS.raw.name)
      const records: RawAppend[] = []
      for (let partition = 0; partition < partitions; partition++) records.push(this.#record(partition, partition === 0 ? refused : []))
      await deadlines.race(log.append(records), TICK_DEADLINE_MS, () => new AppError('log_unavailable', 'the log did not answer in time'))
      metrics.inc('ingest_ticks_total', 'done')
      metrics.inc('ingest_appended_records_total', 'tick', records.length)
    } catch (thrown) {
      refusals.restore(refused)
      metrics.inc('ingest_ticks_total', 'failed')
      const error = toAppError(thrown, 'appending ticks')
      report.warn({ code: error.code, error: error.message }, 'time does not pass on the log')
    }
  }

  #record(partition: number, refused: Refusal[]): RawAppend {
    const value = this.#options.codec.encode({ event: { type: 'tick', processId: this.#options.processId, refused, integration: null } })
    return { topic: TOPICS.raw.name, key: '', value, partition }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.tick()
      try {
        await this.#options.clock.sleep(TICK_INTERVAL_MS, signal)
      } catch (reason) {
        if (reason !== STOPPED) throw reason
      }
    }
  }
}

/** A round that takes longer is given up, so that a log that hangs cannot hold back the end of the process. */
const TICK_DEADLINE_MS = 10_000

const STOPPED = new Error('stopped')
