/**
 * One partition's way into the fact tables: intend a range, insert exactly that range, mark it, advance.
 *
 * The intent lies in PostgreSQL, the mark in ClickHouse beside the rows, written last. On arrival the mark says where the rows stand, so
 * either store may be lost or restored alone; an intent that starts at the mark is a range that broke off and is repeated exactly.
 */
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { NO_POSITION, type Position } from '../../schemas/position.ts'
import type { Analytics } from '../clickhouse/analytics.ts'
import { Range } from './range.ts'
import { FACT_TABLES, timeText, type Place, type Put } from './rows.ts'

/** Where the recorder keeps what it is about to do; see storage/queries/reader-positions.ts. */
export interface RecorderPositions {
  /** Null where nothing is stored. */
  load(topic: string, partition: number): Promise<{ readonly position: Position; readonly pendingTo: Position | null } | null>
  /** Stores that the range after `from` up to `to` is about to be inserted; false when another process moved the partition or intends another range. */
  intend(topic: string, partition: number, from: Position, to: Position): Promise<boolean>
  /** The intended range is in; false when another process has already said so. */
  advance(topic: string, partition: number, from: Position, to: Position): Promise<boolean>
  /** Sets the position, whatever stood there, with nothing pending. */
  reset(topic: string, partition: number, position: Position): Promise<void>
}

/** When a range is closed. */
export interface RangeLimits {
  readonly maxRows: number
  readonly maxBytes: number
  /** Longest wait of a row before it is inserted. */
  readonly maxDelayMs: number
  /** Longest wait of a range without rows, so that ticks alone cost next to nothing. */
  readonly maxIdleMs: number
}

/** What a partition needs of the recorder. */
export interface PartitionOptions {
  readonly topic: string
  readonly partition: number
  readonly analytics: Analytics
  readonly positions: RecorderPositions
  readonly clock: Clock
  readonly limits: RangeLimits
  /** Told after each range. */
  readonly advanced: (position: Position) => Promise<void>
}

/** The partition as this process holds it. */
export class RecordedPartition {
  readonly #options: PartitionOptions
  /** End of the ranges made so far, inserted or not. */
  #end: Position
  /** A range that broke off must end here again. */
  #cutAt: Position | null
  #open: Range | null = null
  #closed: Range | null = null
  #intendedTo: Position | null
  #writing: Promise<void> | null = null
  #isDropped = false

  private constructor(options: PartitionOptions, position: Position, cutAt: Position | null) {
    this.#options = options
    this.#end = position
    this.#cutAt = cutAt
    this.#intendedTo = cutAt
  }

  /** Finds out where the partition stands. */
  static async open(options: PartitionOptions): Promise<RecordedPartition> {
    const { topic, partition, analytics, positions } = options
    const [mark] = await analytics.query<{ to: number; ranges: number }>(
      'select max(to_position) as to, count() as ranges from recorded_ranges_v1 where topic = {topic:String} and partition = {partition:UInt32}', { topic, partition },
    )
    const position = mark === undefined || mark.ranges === 0 ? NO_POSITION : mark.to
    const stored = await positions.load(topic, partition)
    if (stored?.position === position) return new RecordedPartition(options, position, stored.pendingTo)
    await positions.reset(topic, partition, position)
    return new RecordedPartition(options, position, null)
  }

  /** Position of the last record taken. */
  get position(): Position {
    return this.#end
  }

  /** Takes a record: `rows` puts its rows. Repeats are passed over. Resolves when there is room for the next. */
  async take(place: Place, rows: (put: Put) => void): Promise<void> {
    if (place.position <= this.#end) return
    if (this.#cutAt !== null && place.position > this.#cutAt) await this.#closeAt(this.#cutAt)
    this.#open ??= new Range(this.#end, this.#options.clock.now())
    this.#open.take(place.position, place.atMs)
    rows(this.#open.put)
    this.#end = place.position
    if (this.#cutAt === place.position) await this.#closeAt(place.position)
    else if (this.#isFull(this.#open)) await this.flush()
  }

  /** To be called after each batch and on a timer. */
  async flushDue(): Promise<void> {
    this.#open?.pack()
    if (this.#closed !== null || (this.#open !== null && this.#isDue(this.#open))) await this.flush()
  }

  /** Inserts what was taken. A failed range stays and is the first of the next call. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await Promise.allSettled([this.#writing])
    this.#writing = this.#writeAll()
    try {
      await this.#writing
    } finally {
      this.#writing = null
    }
  }

  /** Inserts nothing more; resolves when the insert under way has ended. */
  async drop(): Promise<void> {
    this.#isDropped = true
    await Promise.allSettled([this.#writing])
  }

  async #closeAt(cut: Position): Promise<void> {
    this.#cutAt = null
    if (this.#open === null) {
      // The log no longer holds any record of the range that broke off: what is in of it stays, and the next range is free to end anywhere.
      await this.#options.positions.reset(this.#options.topic, this.#options.partition, this.#end)
      this.#intendedTo = null
      return
    }
    this.#open.to = cut
    this.#end = cut
    await this.flush()
  }

  #isFull(range: Range): boolean {
    return range.rows >= this.#options.limits.maxRows || range.bytes >= this.#options.limits.maxBytes
  }

  #isDue(range: Range): boolean {
    // A range that broke off waits for its end: shorter, it would have another name.
    if (this.#cutAt !== null) return false
    const { clock, limits } = this.#options
    return this.#isFull(range) || clock.now() - range.startedAtMs >= (range.rows > 0 ? limits.maxDelayMs : limits.maxIdleMs)
  }

  async #writeAll(): Promise<void> {
    if (this.#closed !== null) await this.#write(this.#closed)
    if (this.#open === null || this.#cutAt !== null) return
    this.#closed = this.#open
    this.#open = null
    await this.#write(this.#closed)
  }

  async #write(range: Range): Promise<void> {
    const { topic, partition, analytics, positions, clock } = this.#options
    if (this.#isDropped) return
    if (this.#intendedTo !== range.to && !(await positions.intend(topic, partition, range.from, range.to))) {
      throw new AppError('state_lost', `recording ${topic}/${partition}: another process has moved it`)
    }
    this.#intendedTo = range.to
    const token = range.token(topic, partition)
    for (const rows of range.tables()) await analytics.insert(rows, token)
    const mark = [topic, partition, range.to, Math.max(0, range.from + 1), range.records, range.rows, timeText(range.newestAtMs), timeText(clock.now())]
    await analytics.insert({ table: 'recorded_ranges_v1', columns: FACT_TABLES.recorded_ranges_v1, lines: Buffer.from(JSON.stringify(mark)) }, token)
    await positions.advance(topic, partition, range.from, range.to)
    this.#intendedTo = null
    this.#closed = null
    await this.#options.advanced(range.to)
  }
}
