/** The embedded log: partitions in LMDB, appended with group commit, read by consumer groups of this process. */
import { BroadcastChannel } from 'node:worker_threads'
import { AppError } from '../../schemas/errors.ts'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { Appender, type Append } from './appender.ts'
import { Group, type LogSource, type Subscription } from './consumption.ts'
import { committed, type LmdbEnv } from './env.ts'
import { slotOf, type Slot } from './log-format.ts'
import { LogTables, type LogRecord } from './log-tables.ts'
import { keepRetention } from './retention.ts'

/** Another thread's append is told by message; should one be lost, a reader looks again after so long. */
const FALLBACK_POLL_MS = 250

const READ_RECORDS = 2_000

/** The embedded log never loses its topics without losing everything else in the directory, so its epoch is fixed. */
const EPOCH = 1

/** Opens the log of an environment in this thread. Several threads of one process may each open it; the members of a consumer group belong in one of them. */
export function openLmdbLog(env: LmdbEnv, options: LmdbLogOptions): LmdbLog {
  return new LmdbLog(env, options)
}

/** What the embedded log needs; `report` hears of failures in the background, which are tried again. */
export interface LmdbLogOptions {
  readonly clock: Clock
  readonly report?: (error: AppError) => void
}

/** The log port over LMDB. */
export class LmdbLog implements LogSource {
  readonly epoch = EPOCH
  readonly tables: LogTables
  readonly clock: Clock
  readonly #appender: Appender
  readonly #channel: BroadcastChannel
  readonly #waiting = new Map<Slot, Set<() => void>>()
  readonly #groups = new Map<string, Group>()
  readonly #members = new Map<Subscription, Group>()
  readonly #closing = new AbortController()
  readonly #background: Promise<void>[]

  constructor(env: LmdbEnv, { clock, report }: LmdbLogOptions) {
    this.tables = new LogTables(env)
    this.clock = clock
    this.#appender = new Appender(this.tables, clock, (slots) => this.#announce(slots))
    this.#channel = new BroadcastChannel(`log:${env.directory}`)
    this.#channel.unref()
    this.#channel.onmessage = (message) => this.#heard((message as { data: Slot[] }).data)
    this.#background = [this.#poll(), keepRetention(this.tables, clock, this.#closing.signal, report)]
  }

  /** Creates the topics that are missing, with their retention. Existing partition counts stay. */
  ensureTopics(topics: readonly { name: string; retentionMs: number; partitions: number }[]): Promise<void> {
    return this.tables.ensureTopics(topics)
  }

  /** Partition count of a topic. */
  async partitions(topic: string): Promise<number> {
    return this.tables.topic(topic).partitions
  }

  /** Resolves once every record is on disk, in order per partition. Throws `log_unavailable`. */
  append(records: readonly Append[]): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(new AppError('log_unavailable', 'the log is closed'))
    return this.#appender.append(records)
  }

  /** Why an append would be refused now; null where it would not. */
  async refusing(): Promise<string | null> {
    return this.#closing.signal.aborted ? 'it is closed' : this.#appender.refusing()
  }

  /** Starts a member of a consumer group; resolves when it has its share of the partitions. */
  async consume(subscription: Subscription): Promise<{ stop(): Promise<void> }> {
    const topic = this.tables.topic(subscription.topic)
    const name = `${subscription.group}|${topic.name}`
    let group = this.#groups.get(name)
    if (group === undefined) {
      group = new Group(this, topic)
      this.#groups.set(name, group)
    }
    const joined = group
    this.#members.set(subscription, joined)
    await joined.join(subscription)
    return {
      stop: async () => {
        this.#members.delete(subscription)
        await joined.leave(subscription)
      },
    }
  }

  /** Tells how far a group has come, for lag figures only. */
  async commit(group: string, topic: string, partition: number, nextOffset: number): Promise<void> {
    const value = Buffer.alloc(8)
    value.writeDoubleBE(nextOffset)
    await committed(this.tables.commits.put(commitKey(group, topic, partition), value), `committing ${group} on ${topic}/${partition}`)
  }

  /** Next offsets committed by a group, by partition; absent where none. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const offsets = new Map<number, number>()
    this.tables.env.refresh()
    for (let partition = 0; partition < this.tables.topic(topic).partitions; partition++) {
      const value = this.tables.commits.get(commitKey(group, topic, partition))
      if (value !== undefined) offsets.set(partition, value.readDoubleBE())
    }
    return offsets
  }

  /** Reads `[from, to)` of a partition outside any group, ending early at the end of the log. Throws `log_gap` when `from` is no longer kept. */
  async *read(topic: string, partition: number, from: number, to: number): AsyncGenerator<readonly LogRecord[]> {
    const slot = slotOf(this.tables.topic(topic).id, partition)
    for (let next = from; ; ) {
      this.tables.env.refresh()
      const head = this.tables.head(slot)
      if (next < Math.min(head.first, to)) throw new AppError('log_gap', `${topic}/${partition} starts at ${head.first}; record ${next} is no longer kept`)
      const records = this.tables.read(slot, next, Math.min(to, head.next), READ_RECORDS)
      if (records.length === 0) return
      yield records
      next += records.length
    }
  }

  /** Where each partition of a topic starts and ends. */
  async ends(topic: string): Promise<{ partition: number; first: number; next: number }[]> {
    const { id, partitions } = this.tables.topic(topic)
    this.tables.env.refresh()
    return Array.from({ length: partitions }, (_, partition) => {
      const { first, next } = this.tables.head(slotOf(id, partition))
      return { partition, first, next }
    })
  }

  /** Stops every consumer after its batch and waits for the appends under way. The environment stays open. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#members, ([member, group]) => group.leave(member)))
    this.#members.clear()
    this.#closing.abort()
    await this.#appender.drain()
    await Promise.all(this.#background)
    this.#channel.close()
  }

  /** Resolves at the next append to the partition, at the fallback poll, or when the signal aborts. */
  appended(slot: Slot, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(slot) ?? new Set()
      this.#waiting.set(slot, waiting)
      const wake = () => {
        waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
      if (signal.aborted) wake()
    })
  }

  #announce(slots: readonly Slot[]): void {
    this.#wake(slots)
    this.#channel.postMessage(slots)
  }

  #heard(slots: readonly Slot[]): void {
    this.tables.env.refresh()
    this.#wake(slots)
  }

  #wake(slots: Iterable<Slot>): void {
    for (const slot of slots) {
      for (const wake of [...(this.#waiting.get(slot) ?? [])]) wake()
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await this.clock.sleep(FALLBACK_POLL_MS, signal)
      } catch (thrown) {
        if (isAborted(signal)) return
        throw thrown
      }
      this.#heard([...this.#waiting.keys()])
    }
  }
}

function commitKey(group: string, topic: string, partition: number): Buffer {
  return Buffer.from(JSON.stringify([group, topic, partition]))
}
