/**
 * Reads one partition for one member during one generation of its group. The consumer hands over what it fetched and goes on fetching (and sending
 * heartbeats) meanwhile; a partition whose handler is behind is paused, so that neither a slow nor a failing partition holds up another one.
 *
 * The position is the handler's, never the group's: `assigned` names it at the start of each generation and after each failure, and the consumer is
 * made to read from there.
 */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { LogRecord, PartitionEnd, Subscription } from './port.ts'

/** First and longest pause after a batch that threw. */
const BACKOFF_FIRST_MS = 100
const BACKOFF_LAST_MS = 5_000

const BATCH_RECORDS = 2_000

/** Fetched bytes that may wait for the handler before the partition is paused; one more fetch may come on top. */
const BUFFER_BYTES_MAX = 1024 * 1024

/** What a loop may ask of the consumer that feeds it. */
export interface Feed {
  /** Fetch from this offset on, beginning with the next request. */
  readFrom(offset: number): void
  /** Fetch no more until `readFrom`. */
  pause(): void
  /** Where the partition starts and ends now. */
  bounds(): Promise<PartitionEnd>
}

/** One partition's reading loop. */
export class PartitionLoop {
  readonly #subscription: Subscription
  readonly #partition: number
  readonly #feed: Feed
  readonly #clock: Clock
  readonly #ending = new AbortController()
  readonly #limit: number
  #buffer: LogRecord[] = []
  #bufferBytes = 0
  /** Offset that the consumer shall hand over next; null while it shall hand over nothing. */
  #expected: number | null = null
  #isPaused = true
  /** The consumer handed over something that cannot follow what came before. */
  #isAstray = false
  #wake: () => void = () => undefined
  #backoffMs = BACKOFF_FIRST_MS

  constructor(subscription: Subscription, partition: number, feed: Feed, clock: Clock) {
    this.#subscription = subscription
    this.#partition = partition
    this.#feed = feed
    this.#clock = clock
    this.#limit = subscription.batchRecords ?? BATCH_RECORDS
  }

  /** Takes what a fetch from `fetchedFrom` on brought. False when none of it was taken: the consumer shall not go past it. */
  offer(records: readonly LogRecord[], fetchedFrom: number): boolean {
    if (this.#expected === null || this.#ending.signal.aborted) return false
    const expected = this.#expected
    // A fetch that began beyond what was expected has passed over records; a hole inside a fetch is only what transactions leave.
    const fresh = fetchedFrom > expected ? [] : records.filter((record) => record.offset >= expected)
    const last = fresh.at(-1)
    if (last === undefined) {
      this.#isAstray = true
      this.#wake()
      return false
    }
    for (const record of fresh) {
      this.#buffer.push(record)
      this.#bufferBytes += record.value.length
    }
    this.#expected = last.offset + 1
    if (this.#isFull()) {
      this.#isPaused = true
      this.#feed.pause()
    }
    this.#wake()
    return true
  }

  /** Takes no more batches; `run` ends after the one under way. */
  end(): void {
    this.#ending.abort()
    this.#wake()
  }

  /** Ends after `end`. Throws `log_gap` and `log_rewound` only; a handler's throw is answered by a pause and `assigned`. */
  async run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        await this.#read(await this.#subscription.assigned(this.#partition))
      } catch (thrown) {
        if (thrown instanceof Unreadable) throw thrown.reason
        this.#close()
        await this.#pause()
      }
    }
  }

  async #read(wanted: number): Promise<void> {
    let next = wanted
    await this.#check(next)
    this.#open(next)
    while (!this.#ending.signal.aborted) {
      await this.#filled()
      if (isAborted(this.#ending.signal)) return
      if (this.#isAstray) {
        // The broker refused the offset and kafkajs went elsewhere, or a fetch of an earlier position came late.
        await this.#check(next)
        this.#open(next)
        continue
      }
      const records = this.#take()
      const [first] = records
      // Offsets may be missing where somebody used transactions; a gap is only what the broker has deleted.
      if (first !== undefined && first.offset > next) await this.#check(next)
      await this.#subscription.batch(this.#partition, records)
      next = (records.at(-1)?.offset ?? next - 1) + 1
      this.#backoffMs = BACKOFF_FIRST_MS
    }
  }

  /** Begins to take what the consumer fetches, from an offset on. */
  #open(next: number): void {
    if (this.#ending.signal.aborted) return
    this.#close()
    this.#expected = next
    this.#isPaused = false
    this.#feed.readFrom(next)
  }

  #close(): void {
    this.#buffer = []
    this.#bufferBytes = 0
    this.#expected = null
    this.#isAstray = false
    if (this.#isPaused || this.#ending.signal.aborted) return
    this.#isPaused = true
    this.#feed.pause()
  }

  async #filled(): Promise<void> {
    while (this.#buffer.length === 0 && !this.#isAstray && !this.#ending.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }

  #take(): LogRecord[] {
    const records = this.#buffer.splice(0, this.#limit)
    for (const record of records) this.#bufferBytes -= record.value.length
    if (this.#isPaused && !this.#isFull() && this.#expected !== null) {
      this.#isPaused = false
      this.#feed.readFrom(this.#expected)
    }
    return records
  }

  #isFull(): boolean {
    return this.#buffer.length >= this.#limit || this.#bufferBytes >= BUFFER_BYTES_MAX
  }

  async #check(next: number): Promise<void> {
    const { group, topic } = this.#subscription
    const place = `${topic}/${this.#partition}`
    const end = await this.#feed.bounds()
    if (next < end.first) throw new Unreadable(new AppError('log_gap', `${place} starts at ${end.first}, but ${group} needs ${next}: records were deleted before they were read`, { details: { wanted: next, first: end.first } }))
    if (next > end.next) throw new Unreadable(new AppError('log_rewound', `${place} ends at ${end.next}, but ${group} stands at ${next}: the log was recreated or restored`, { details: { wanted: next, next: end.next } }))
  }

  async #pause(): Promise<void> {
    try {
      await this.#clock.sleep(this.#backoffMs, this.#ending.signal)
    } catch (thrown) {
      if (!this.#ending.signal.aborted) throw thrown
    }
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_LAST_MS)
  }
}

/** Tells a gap of the log from whatever a handler throws. */
class Unreadable extends Error {
  readonly reason: AppError

  constructor(reason: AppError) {
    super(reason.message)
    this.reason = reason
  }
}
