/**
 * Group commit. What is appended during one turn of the event loop, or while the last commit is under way, becomes one transaction.
 * Offsets are given by a compare-and-set on the partition's head inside that transaction, so several threads may append to a partition:
 * the loser reads the head again and repeats. Nothing of JavaScript runs while LMDB's write lock is held.
 */
import { AppError } from '../../schemas/errors.ts'
import type { Clock } from '../../schemas/clock.ts'
import { partitionOf } from '../partition-of.ts'
import { DiskRoom } from './disk-room.ts'
import { committed } from './env.ts'
import { blockKey, encodeBlocks, encodeHead, headKey, slotOf, type BlockRecord, type Slot } from './log-format.ts'
import type { LogTables } from './log-tables.ts'

/** Bytes waiting for the disk at most; beyond it an append is refused, so that a stalled disk costs memory only so far. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024

const KEY_LENGTH_MAX = 16_384

/** A record to append. */
export interface Append {
  readonly topic: string
  readonly key: string
  readonly value: Buffer
  readonly partition?: number
}

/** One call of `append`: resolved when the last of its partitions is committed. */
interface Flight {
  waiting: number
  resolve(): void
  reject(error: unknown): void
}

interface Queued {
  readonly records: BlockRecord[]
  readonly flights: Flight[]
}

/** The appending side of one thread's log. */
export class Appender {
  readonly #tables: LogTables
  readonly #clock: Clock
  readonly #announce: (slots: readonly Slot[]) => void
  readonly #room: DiskRoom
  #queue = new Map<Slot, Queued>()
  #queuedBytes = 0
  #running: Promise<void> | null = null

  constructor(tables: LogTables, clock: Clock, announce: (slots: readonly Slot[]) => void) {
    this.#tables = tables
    this.#clock = clock
    this.#announce = announce
    this.#room = new DiskRoom(tables.env.directory, clock)
  }

  /** Resolves once every record is on disk and visible. Throws `log_unavailable`; records of other partitions of the same call may then be stored. */
  async append(records: readonly Append[]): Promise<void> {
    if (records.length === 0) return
    if (this.#queuedBytes > QUEUED_BYTES_MAX) throw new AppError('log_unavailable', `the disk is ${QUEUED_BYTES_MAX} bytes behind; try again later`)
    this.#room.take(records.reduce((bytes, { value }) => bytes + value.length, 0))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const flight: Flight = { waiting: 0, resolve, reject }
    for (const [slot, added] of this.#bySlot(records)) {
      flight.waiting += 1
      const queued = this.#queue.get(slot)
      if (queued === undefined) this.#queue.set(slot, { records: added, flights: [flight] })
      else {
        for (const record of added) queued.records.push(record)
        queued.flights.push(flight)
      }
    }
    this.#running ??= this.#run()
    await promise
  }

  /** Why an append would be refused now; null where it would not. */
  refusing(): string | null {
    return this.#queuedBytes > QUEUED_BYTES_MAX ? 'its disk is far behind: look at the load of the disk' : this.#room.refusing()
  }

  /** Waits until nothing is under way. */
  async drain(): Promise<void> {
    await this.#running
  }

  #bySlot(records: readonly Append[]): Map<Slot, BlockRecord[]> {
    const bySlot = new Map<Slot, BlockRecord[]>()
    let addedBytes = 0
    for (const { topic: name, key, value, partition } of records) {
      const topic = this.#tables.topic(name)
      if (key.length > KEY_LENGTH_MAX) throw new AppError('internal', `a log key of ${key.length} characters in ${name}; keys are ids of at most ${KEY_LENGTH_MAX}`)
      const chosen = partition ?? partitionOf(key, topic.partitions)
      if (chosen < 0 || chosen >= topic.partitions) throw new AppError('internal', `no partition ${chosen} in ${name}, which has ${topic.partitions}`)
      const slot = slotOf(topic.id, chosen)
      const list = bySlot.get(slot)
      if (list === undefined) bySlot.set(slot, [{ key, value }])
      else list.push({ key, value })
      addedBytes += value.length
    }
    this.#queuedBytes += addedBytes
    return bySlot
  }

  async #run(): Promise<void> {
    while (this.#queue.size > 0) {
      await nextTurn()
      const queue = this.#queue
      this.#queue = new Map()
      this.#queuedBytes = 0
      await Promise.all(Array.from(queue, ([slot, queued]) => this.#settle(slot, queued)))
    }
    this.#running = null
  }

  async #settle(slot: Slot, queued: Queued): Promise<void> {
    try {
      await this.#commit(slot, queued.records)
    } catch (cause) {
      const error = new AppError('log_unavailable', `the log cannot take records now: ${(cause as Error).message}`, { cause })
      for (const flight of queued.flights) flight.reject(error)
      return
    }
    this.#announce([slot])
    for (const flight of queued.flights) {
      flight.waiting -= 1
      if (flight.waiting === 0) flight.resolve()
    }
  }

  async #commit(slot: Slot, records: readonly BlockRecord[]): Promise<void> {
    const { heads, blocks, env } = this.#tables
    for (;;) {
      const head = this.#tables.head(slot)
      const atMs = Math.max(this.#clock.now(), head.lastAtMs)
      const encoded = encodeBlocks(records, atMs)
      const won = await committed(
        heads.ifVersion(headKey(slot), head.version, () => {
          let offset = head.next
          for (const { count, bytes } of encoded) {
            void blocks.put(blockKey(slot, offset), bytes)
            offset += count
          }
          void heads.put(headKey(slot), encodeHead({ first: head.first, next: offset, lastAtMs: atMs }), head.version + 1)
        }),
        'writing the log',
      )
      if (won) return
      env.refresh()
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
