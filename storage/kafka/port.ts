/** The shapes of the log port, as `processors/ports.ts` describes them. */
import type { AppError } from '../../schemas/errors.ts'

/** A record as it lies on the log. */
export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  /** Append time in ms, given by the broker. */
  readonly atMs: number
}

/** A record to append. Without a partition the key chooses it. */
export interface Append {
  readonly topic: string
  readonly key: string
  readonly value: Buffer
  readonly partition?: number
}

/** One consumer group's handler. */
export interface Subscription {
  readonly group: string
  readonly topic: string
  readonly batchRecords?: number
  assigned(partition: number): Promise<number>
  batch(partition: number, records: readonly LogRecord[]): Promise<void>
  revoked(partition: number): void
  failed(error: Error): void
}

/** Where a partition starts and ends. */
export interface PartitionEnd {
  readonly partition: number
  /** Oldest offset still kept. */
  readonly first: number
  /** Offset the next record will get. */
  readonly next: number
}

/** Hears of failures in the background, which are tried again. */
export type Report = (error: AppError) => void
