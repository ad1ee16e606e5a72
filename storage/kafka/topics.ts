/** Topics: creation with the settings we rely on, partition counts, ends. */
import type { Admin } from 'kafkajs'
import type { Clock } from '../../schemas/clock.ts'
import { asking, refusal, unavailable, unknownTopic } from './client.ts'
import type { PartitionEnd } from './port.ts'

/** Copies of every record in production, and how many must have it before it counts. A smaller cluster gets as many as it has brokers. */
const REPLICAS = 3
const IN_SYNC_REPLICAS = 2

/** Largest record a topic takes: the largest body that can be configured, and room for what stands around it. */
export const RECORD_BYTES_MAX = 20 * 1024 * 1024

const CREATE_TIMEOUT_MS = 15_000
const KNOWN_AGAIN_MS = 100

/** A topic to create. */
export interface TopicToCreate {
  readonly name: string
  readonly retentionMs: number
  readonly partitions: number
}

/** The topics of one cluster. */
export class Topics {
  readonly #admin: Admin
  readonly #clock: Clock
  readonly #partitions = new Map<string, number>()
  readonly #ends = new Map<string, Promise<PartitionEnd[]>>()

  constructor(admin: Admin, clock: Clock) {
    this.#admin = admin
    this.#clock = clock
  }

  /** Creates the topics that are missing; what exists stays as it is. Throws `engine_unavailable`. */
  async ensure(topics: readonly TopicToCreate[]): Promise<void> {
    const existing = new Set(await asking('listing the topics', this.#admin.listTopics()))
    const missing = topics.filter(({ name }) => !existing.has(name))
    if (missing.length > 0) await this.#createAll(missing)
    // Another process may have made them a moment ago, and brokers hear of it one after the other.
    await this.#known(topics.map(({ name }) => name))
  }

  async #createAll(missing: readonly TopicToCreate[]): Promise<void> {
    const { brokers } = await asking('describing the cluster', this.#admin.describeCluster())
    const replicas = Math.min(REPLICAS, brokers.length)
    // One a call: when one of several exists already, the answer does not tell whether the others were created.
    for (const topic of missing) await this.#create(topic, replicas)
  }

  /** Partition count of a topic that was asked for before. */
  known(topic: string): number | undefined {
    return this.#partitions.get(topic)
  }

  /** Partition count of a topic; it never changes. Throws `internal` when there is no such topic. */
  async partitions(topic: string): Promise<number> {
    const known = this.#partitions.get(topic)
    if (known !== undefined) return known
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] })
      const count = topics[0]?.partitions.length ?? 0
      if (count === 0) throw unknownTopic(topic)
      this.#partitions.set(topic, count)
      return count
    } catch (thrown) {
      if (refusal(thrown) === 'UNKNOWN_TOPIC_OR_PARTITION') throw unknownTopic(topic)
      throw unavailable(`reading the partitions of ${topic}`, thrown)
    }
  }

  /** Where each partition starts and ends. Calls of one turn share a request, since a starting stage asks once per partition. */
  ends(topic: string): Promise<PartitionEnd[]> {
    const shared = this.#ends.get(topic)
    if (shared !== undefined) return shared
    const asked = nextTurn().then(() => {
      this.#ends.delete(topic)
      return this.#fetchEnds(topic)
    })
    this.#ends.set(topic, asked)
    return asked
  }

  async #fetchEnds(topic: string): Promise<PartitionEnd[]> {
    await this.partitions(topic)
    const ends = await asking(`reading the ends of ${topic}`, this.#admin.fetchTopicOffsets(topic))
    return ends.map(({ partition, low, high }) => ({ partition, first: Number(low), next: Number(high) })).sort((a, b) => a.partition - b.partition)
  }

  async #create({ name, retentionMs, partitions }: TopicToCreate, replicas: number): Promise<void> {
    const settings = {
      'message.timestamp.type': 'LogAppendTime', 'retention.ms': retentionMs, 'cleanup.policy': 'delete', 'max.message.bytes': RECORD_BYTES_MAX,
      ...(replicas === REPLICAS ? { 'min.insync.replicas': IN_SYNC_REPLICAS } : {}),
    }
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value: String(value) }))
    // False means that another process was quicker, which is as good.
    await asking(`creating the topic ${name}`, this.#admin.createTopics({
      timeout: CREATE_TIMEOUT_MS, waitForLeaders: false, topics: [{ topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries }],
    }))
  }

  /** Waits until the brokers name a leader for every partition. Throws `engine_unavailable` when they do not in time. */
  async #known(topics: readonly string[]): Promise<void> {
    const deadlineMs = this.#clock.now() + CREATE_TIMEOUT_MS
    for (;;) {
      try {
        const { topics: found } = await this.#admin.fetchTopicMetadata({ topics: [...topics] })
        if (found.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))) return
        if (this.#clock.now() > deadlineMs) throw new Error('some partitions have no leader')
      } catch (thrown) {
        if (this.#clock.now() > deadlineMs) throw unavailable('waiting for the topics', thrown)
      }
      await this.#clock.sleep(KNOWN_AGAIN_MS)
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
