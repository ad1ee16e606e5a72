/** The tables of the log and what is read from them directly: topics, heads, blocks. */
import { AppError } from '../../schemas/errors.ts'
import { blockHeader, blockKey, decodeHead, eachRecord, headKey, offsetOfKey, slotOf, type Head, type Slot } from './log-format.ts'
import { committed, type BinaryTable, type LmdbEnv } from './env.ts'

/** A record as it lies on the log. */
export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly atMs: number
}

/** What the log knows of a topic. Ids are given once and never change. */
export interface Topic {
  readonly id: number
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number
}

/**
 * A batch read at once is closed when it has so many bytes. All partitions of an embedded installation share one thread, and an alert crosses some
 * twenty turns of it: with 1 MiB a storm held each turn for 80 ms and a quiet company's incident took 1.7 s, with 128 KiB 0.3 s at the same rate.
 */
const READ_BYTES = 128 * 1024

/** Tables of one environment; cheap, so that each thread has its own. */
export class LogTables {
  readonly env: LmdbEnv
  readonly blocks: BinaryTable
  readonly heads: BinaryTable
  readonly commits: BinaryTable
  readonly #topics: BinaryTable
  #known: ReadonlyMap<string, Topic> = new Map()

  constructor(env: LmdbEnv) {
    this.env = env
    this.blocks = env.table('log_blocks')
    this.heads = env.table('log_heads', { versions: true })
    this.commits = env.table('log_commits')
    this.#topics = env.table('log_topics', { versions: true })
    this.#load()
  }

  /** Creates the topics that are missing; partition counts of existing ones stay, their retention follows. */
  async ensureTopics(wanted: readonly { name: string; retentionMs: number; partitions: number }[]): Promise<void> {
    for (const spec of wanted) {
      for (;;) {
        this.env.refresh()
        this.#load()
        const known = this.#known.get(spec.name)
        if (known?.retentionMs === spec.retentionMs) break
        const topic: Topic = known === undefined ? { ...spec, id: this.#known.size + 1 } : { ...known, retentionMs: spec.retentionMs }
        if (await this.#save(topic, known === undefined)) break
      }
    }
    this.#load()
  }

  #load(): void {
    const known = new Map<string, Topic>()
    for (const { value } of this.#topics.getRange({ start: Buffer.from([0]), end: Buffer.from([0xff, 0xff, 0xff]) })) {
      const topic = JSON.parse(value.toString()) as Topic
      known.set(topic.name, topic)
    }
    this.#known = known
  }

  /** Another thread may have taken the id meanwhile; then the answer is false. */
  #save(topic: Topic, isNew: boolean): Promise<boolean> {
    const key = headKey(topic.id)
    const put = () => {
      void this.#topics.put(key, Buffer.from(JSON.stringify(topic)), 1)
      if (!isNew) return
      for (let partition = 0; partition < topic.partitions; partition++) {
        void this.heads.put(headKey(slotOf(topic.id, partition)), encodeEmptyHead(), 1)
      }
    }
    return committed(isNew ? this.#topics.ifNoExists(key, put) : this.#topics.ifVersion(key, 1, put), `creating the topic ${topic.name}`)
  }

  /** The topic of that name, also when another thread made it. Throws `internal` for one that `ensureTopics` never named. */
  topic(name: string): Topic {
    let topic = this.#known.get(name)
    if (topic === undefined) {
      this.env.refresh()
      this.#load()
      topic = this.#known.get(name)
    }
    if (topic === undefined) throw new AppError('internal', `no topic ${name} on this log; ensureTopics creates it`)
    return topic
  }

  /** Every topic. */
  topics(): Iterable<Topic> {
    return this.#known.values()
  }

  /** The head of a partition with its version. */
  head(slot: Slot): Head & { version: number } {
    const entry = this.heads.getEntry(headKey(slot))
    if (entry === undefined) throw new AppError('internal', `no partition ${slot % 65_536} in topic ${Math.floor(slot / 65_536)} of this log`)
    return { ...decodeHead(entry.value), version: entry.version ?? 0 }
  }

  /** Records from an offset on, at most `limit` and about 4 MB; empty at the end of the partition. Values are slices of larger buffers. */
  read(slot: Slot, from: number, to: number, limit: number): LogRecord[] {
    const records: LogRecord[] = []
    if (from >= to) return records
    const partition = slot % 65_536
    let readBytes = 0
    for (const { key, value: block } of this.blocks.getRange({ start: this.#blockOf(slot, from), end: blockKey(slot, to) })) {
      const base = offsetOfKey(key)
      const { atMs } = blockHeader(block)
      eachRecord(block, (index, recordKey, value) => {
        const offset = base + index
        if (offset >= from && offset < to && records.length < limit) records.push({ partition, offset, key: recordKey, value, atMs })
      })
      readBytes += block.length
      if (records.length >= limit || readBytes >= READ_BYTES) break
    }
    return records
  }

  /** The key of the block that holds the offset: the last one that starts at it or before. */
  #blockOf(slot: Slot, offset: number): Buffer {
    const end = blockKey(slot, 0)
    for (const key of this.blocks.getKeys({ start: blockKey(slot, offset), end, inclusiveEnd: true, reverse: true, limit: 1 })) return key
    return end
  }
}

function encodeEmptyHead(): Buffer {
  return Buffer.alloc(24)
}
