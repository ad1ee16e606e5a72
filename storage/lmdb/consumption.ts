/**
 * Consumer groups inside one process. Members of a group share the partitions of a topic; each partition has one reading loop at a time,
 * and a member that joins or leaves moves only the partitions that change hands, after the batch under way.
 */
import { AppError, toAppError } from '../../schemas/errors.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { LogRecord, LogTables, Topic } from './log-tables.ts'
import { slotOf, type Slot } from './log-format.ts'

/** First and longest pause after a batch that threw. */
const BACKOFF_FIRST_MS = 100
const BACKOFF_LAST_MS = 5_000

const BATCH_RECORDS = 500

/** One consumer group's handler, as `processors/ports.ts` describes it. */
export interface Subscription {
  readonly group: string
  readonly topic: string
  readonly batchRecords?: number
  assigned(partition: number): Promise<number>
  batch(partition: number, records: readonly LogRecord[]): Promise<void>
  revoked(partition: number): void
  failed(error: Error): void
}

/** What a reading loop needs of the log. */
export interface LogSource {
  readonly tables: LogTables
  readonly clock: Clock
  /** Resolves at the next append to the partition, at the fallback poll, or when the signal aborts. */
  appended(slot: Slot, signal: AbortSignal): Promise<void>
}

interface Loop {
  readonly member: Subscription
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** The members of one group on one topic and who reads which partition. */
export class Group {
  readonly #source: LogSource
  readonly #topic: Topic
  readonly #members: Subscription[] = []
  readonly #loops = new Map<number, Loop>()
  #change: Promise<void> = Promise.resolve()

  constructor(source: LogSource, topic: Topic) {
    this.#source = source
    this.#topic = topic
  }

  /** Adds a member and gives it its share. */
  join(member: Subscription): Promise<void> {
    this.#members.push(member)
    return this.#rebalance()
  }

  /** Takes a member's partitions away, after the batches under way, and shares them among the others. */
  leave(member: Subscription): Promise<void> {
    const index = this.#members.indexOf(member)
    if (index >= 0) this.#members.splice(index, 1)
    return this.#rebalance()
  }

  /** Changes follow one another, so that a partition never has two loops. */
  #rebalance(): Promise<void> {
    this.#change = this.#change.then(() => this.#share())
    return this.#change
  }

  async #share(): Promise<void> {
    const members = [...this.#members]
    const partitions = Array.from({ length: this.#topic.partitions }, (_, partition) => partition)
    await Promise.all(
      partitions.map(async (partition) => {
        const owner = members[partition % Math.max(1, members.length)]
        const loop = this.#loops.get(partition)
        if (loop?.member === owner) return
        if (loop !== undefined) {
          loop.abort.abort()
          await loop.done
          this.#loops.delete(partition)
          loop.member.revoked(partition)
        }
        if (owner !== undefined) this.#loops.set(partition, this.#start(owner, partition))
      }),
    )
  }

  #start(member: Subscription, partition: number): Loop {
    const abort = new AbortController()
    const loop = new PartitionLoop(this.#source, member, this.#topic, partition, abort.signal)
    const done = loop.run().catch((thrown: unknown) => this.#giveUp(member, toAppError(thrown, `reading ${this.#topic.name}/${partition}`)))
    return { member, abort, done }
  }

  /** A gap is no failure that waiting mends: the member leaves as a whole and says why. */
  #giveUp(member: Subscription, error: AppError): void {
    if (!this.#members.includes(member)) return
    void this.leave(member)
    member.failed(error)
  }
}

/** Reads one partition for one member until the signal aborts. */
class PartitionLoop {
  readonly #source: LogSource
  readonly #member: Subscription
  readonly #topic: Topic
  readonly #partition: number
  readonly #slot: Slot
  readonly #signal: AbortSignal
  #backoffMs = BACKOFF_FIRST_MS

  constructor(source: LogSource, member: Subscription, topic: Topic, partition: number, signal: AbortSignal) {
    this.#source = source
    this.#member = member
    this.#topic = topic
    this.#partition = partition
    this.#slot = slotOf(topic.id, partition)
    this.#signal = signal
  }

  /** Ends when the signal aborts. Throws `log_gap` and `log_rewound` only; a handler's throw is answered by a pause and `assigned`. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#read(await this.#member.assigned(this.#partition))
      } catch (thrown) {
        if (thrown instanceof Unreadable) throw thrown.reason
        await this.#pause()
      }
    }
  }

  async #read(wanted: number): Promise<void> {
    const { tables } = this.#source
    const limit = this.#member.batchRecords ?? BATCH_RECORDS
    let next = wanted
    while (!this.#signal.aborted) {
      const head = tables.head(this.#slot)
      this.#check(next, head)
      if (next === head.next) {
        await this.#source.appended(this.#slot, this.#signal)
        continue
      }
      const records = tables.read(this.#slot, next, head.next, limit)
      if (records[0]?.offset !== next) throw new Unreadable(new AppError('log_gap', `${this.#place()} has no record ${next}, which its head promises; restore the data directory`))
      await this.#member.batch(this.#partition, records)
      next += records.length
      this.#backoffMs = BACKOFF_FIRST_MS
    }
  }

  #check(next: number, head: { first: number; next: number }): void {
    if (next < head.first) throw new Unreadable(new AppError('log_gap', `${this.#place()} starts at ${head.first}, but ${this.#member.group} needs ${next}: records were deleted before they were read`, { details: { wanted: next, first: head.first } }))
    if (next > head.next) throw new Unreadable(new AppError('log_rewound', `${this.#place()} ends at ${head.next}, but ${this.#member.group} stands at ${next}: the log was recreated or restored`, { details: { wanted: next, next: head.next } }))
  }

  async #pause(): Promise<void> {
    try {
      await this.#source.clock.sleep(this.#backoffMs, this.#signal)
    } catch (thrown) {
      if (!this.#signal.aborted) throw thrown
    }
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_LAST_MS)
  }

  #place(): string {
    return `${this.#topic.name}/${this.#partition}`
  }
}

/** Tells a gap of our own log from whatever a handler throws. */
class Unreadable extends Error {
  readonly reason: AppError

  constructor(reason: AppError) {
    super(reason.message)
    this.reason = reason
  }
}
