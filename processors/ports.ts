/** What the stage runner needs of a log and of a state store. `storage/` fits these by shape, twice each: Kafka and LMDB, Redis and LMDB. */
import type { Position } from '../schemas/position.ts'

/** A record as it lies on the log. */
export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  /** Append time in ms, given by the log. */
  readonly atMs: number
}

/** A record to append. Without a partition the key chooses it. */
export interface Append {
  readonly topic: string
  readonly key: string
  readonly value: Buffer
  readonly partition?: number
}

/** One consumer group's handler. One call at a time per partition; partitions may run side by side. */
export interface Subscription {
  readonly group: string
  readonly topic: string
  /** At most so many records in one batch (each engine has its default). */
  readonly batchRecords?: number
  /** The partition has arrived (or came back): load its state and answer the offset to read next. */
  assigned(partition: number): Promise<number>
  /** Handles records in order, starting at the offset `assigned` named or just after the last batch. A throw makes the engine call `assigned` again after a back-off. */
  batch(partition: number, records: readonly LogRecord[]): Promise<void>
  /** The partition has gone; drop its memory. */
  revoked(partition: number): void
  /** The engine gave up on this subscription (`log_gap`, `log_rewound`); the process should say so and stop. */
  failed(error: Error): void
}

/** A running subscription. */
export interface Consumption {
  /** Stops reading, waits for the batches under way, leaves the group. */
  stop(): Promise<void>
}

/** Where a partition starts and ends. */
export interface PartitionEnd {
  readonly partition: number
  /** Oldest offset still kept. */
  readonly first: number
  /** Offset the next record will get. */
  readonly next: number
}

/** The log: append, read partitions, commit. */
export interface Log {
  /** Epoch of the topics, 1 and up; a recreated log gets a higher one. */
  readonly epoch: number
  /** Creates the topics that are missing, with their retention. Existing partition counts stay. */
  ensureTopics(topics: readonly { name: string; retentionMs: number; partitions: number }[]): Promise<void>
  /** Partition count of a topic. */
  partitions(topic: string): Promise<number>
  /** Resolves once every record is durable (fsync, or all in-sync replicas), in order per partition; else throws `log_unavailable`. Records with one key keep their order. */
  append(records: readonly Append[]): Promise<void>
  /** Starts a member of a consumer group. */
  consume(subscription: Subscription): Promise<Consumption>
  /** Tells the log how far the group has come (for lag figures only; the truth is the state's position). */
  commit(group: string, topic: string, partition: number, nextOffset: number): Promise<void>
  /** Next offsets committed by a group, by partition; absent where none. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, number>>
  /** Reads `[from, to)` of a partition outside any group, for replay, rebuild and dead letters. */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<readonly LogRecord[]>
  ends(topic: string): Promise<readonly PartitionEnd[]>
  /** Whether an append would be taken now, as far as that can be told without one: null, or in words why not, fit to be shown to anybody. */
  refusing(): Promise<string | null>
  close(): Promise<void>
}

/** Stored state of one stage and partition. */
export interface StoredState {
  /** Position of the last record this state includes. */
  readonly position: Position
  readonly entries: ReadonlyMap<string, Buffer>
}

/** State of stages: load, and compare-and-set write. */
export interface StateStore {
  /** Null when nothing is stored. Throws `state_corrupt` when the checksum or count is wrong. */
  load(name: string, partition: number): Promise<StoredState | null>
  /** Writes the delta (null deletes) and the new position in one step if the stored position still is `expected` (NO_POSITION: nothing stored); false when it is not. */
  write(name: string, partition: number, expected: Position, next: Position, delta: ReadonlyMap<string, Buffer | null>): Promise<boolean>
  /** Forgets everything stored for the partition, so that it is rebuilt from the log. */
  clear(name: string, partition: number): Promise<void>
  close(): Promise<void>
}
