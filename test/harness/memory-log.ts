/** The log and schema ids as storage's readers see them, in memory: for suites whose subject is the database, not a log engine. */
import { AppError } from '../../schemas/errors.ts'
import type { SchemaIds } from '../../schemas/codec.ts'
import type { ProjectedLog } from '../../storage/projector.ts'

type Subscription = Parameters<ProjectedLog['consume']>[0]
type Appended = Parameters<ProjectedLog['append']>[0][number]

/** A record as it lies on this log. */
export interface MemoryRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly atMs: number
}

/** Schema ids that count up from 1. */
export function memorySchemaIds(): SchemaIds {
  const texts: string[] = []
  return {
    idFor(_subject, schema) {
      const known = texts.indexOf(schema)
      return Promise.resolve(known >= 0 ? known + 1 : texts.push(schema))
    },
    schemaOf(id) {
      const text = texts[id - 1]
      return text === undefined ? Promise.reject(new AppError('record_unreadable', `no schema ${id}`)) : Promise.resolve(text)
    },
  }
}

/** A log with one partition a topic unless told otherwise. Batches are delivered by `deliver`, so a test says what happens when. */
export class MemoryLog implements ProjectedLog {
  readonly epoch: number
  readonly committed = new Map<string, number>()
  /** Called with what is about to be appended; a rejection fails the append and nothing is stored. */
  beforeAppend: (records: readonly Appended[]) => Promise<void> = () => Promise.resolve()
  readonly #topics = new Map<string, { first: number; records: MemoryRecord[] }>()
  #subscription: Subscription | null = null

  constructor(epoch = 1) {
    this.epoch = epoch
  }

  async append(records: readonly Appended[]): Promise<void> {
    await this.beforeAppend(records)
    for (const { topic, key, value } of records) {
      const { first, records: stored } = this.#topic(topic)
      stored.push({ partition: 0, offset: first + stored.length, key, value, atMs: 1_700_000_000_000 + stored.length })
    }
  }

  consume(subscription: Subscription): Promise<{ stop(): Promise<void> }> {
    this.#subscription = subscription
    return Promise.resolve({ stop: () => Promise.resolve() })
  }

  commit(group: string, topic: string, partition: number, nextOffset: number): Promise<void> {
    this.committed.set(`${group}/${topic}/${partition}`, nextOffset)
    return Promise.resolve()
  }

  ends(topic: string): Promise<readonly { readonly partition: number; readonly first: number; readonly next: number }[]> {
    const { first, records } = this.#topic(topic)
    return Promise.resolve([{ partition: 0, first, next: first + records.length }])
  }

  /** Everything a topic holds. */
  records(topic: string): readonly MemoryRecord[] {
    return this.#topic(topic).records
  }

  /** Deletes what lies before an offset, as retention would. */
  trim(topic: string, first: number): void {
    const kept = this.#topic(topic)
    kept.records = kept.records.filter((record) => record.offset >= first)
    kept.first = first
  }

  /** Assigns partition 0 to the subscriber and hands it everything from the offset it names, at most `batchRecords` at once. */
  async deliver(batchRecords = Number.MAX_SAFE_INTEGER): Promise<void> {
    const subscription = this.#subscription
    if (subscription === null) throw new Error('nobody consumes')
    const from = await subscription.assigned(0)
    const due = this.#topic(subscription.topic).records.filter((record) => record.offset >= from)
    for (let at = 0; at < due.length; at += batchRecords) await subscription.batch(0, due.slice(at, at + batchRecords))
  }

  /** Hands the subscriber these records, whatever it asked for, as a late batch of a former owner would be. */
  async deliverRaw(records: readonly MemoryRecord[]): Promise<void> {
    await this.#subscription?.batch(0, records)
  }

  #topic(name: string): { first: number; records: MemoryRecord[] } {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const made = { first: 0, records: [] }
    this.#topics.set(name, made)
    return made
  }
}
