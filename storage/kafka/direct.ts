/**
 * Reads and commits outside any group membership. kafkajs offers neither: a throw-away group for each read would cost a join (3 s with the broker's
 * defaults) and leave a group behind. Its partition assigners are handed the cluster, though, whose brokers fetch and commit; so a consumer that never runs
 * lends us its cluster.
 */
import kafkajs, { type Assigner, type Cluster, type Consumer, type Kafka } from 'kafkajs'
import type { Clock } from '../../schemas/clock.ts'
import { unavailable } from './client.ts'
import type { LogRecord } from './port.ts'

const FETCH_BYTES = 4 * 1024 * 1024

const ATTEMPTS = 6
const BACKOFF_FIRST_MS = 100

/** Commits as no member of the group, which the broker takes while the group is empty. */
const NO_GENERATION = -1

/** What one fetch found. */
export interface Fetched {
  readonly records: readonly LogRecord[]
  /** Where to read on; past records that are none of ours to see, such as transaction markers. */
  readonly next: number
  /** Where the partition ends for readers. */
  readonly end: number
}

/** The part of a broker's answer that we use; kafkajs leaves it untyped. */
interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly { readonly highWatermark: string; readonly messages: readonly FetchedMessage[] }[] }[]
}

interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord?: boolean
}

/** A connection to the cluster that belongs to no group. */
export class DirectClient {
  readonly #consumer: Consumer
  readonly #cluster: Cluster
  readonly #clock: Clock

  constructor(kafka: Kafka, clock: Clock) {
    let lent: Cluster | null = null
    const borrow = ({ cluster }: { cluster: Cluster }): Assigner => {
      lent = cluster
      return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) }
    }
    this.#consumer = kafka.consumer({ groupId: 'aw-direct', allowAutoTopicCreation: false, partitionAssigners: [borrow] })
    this.#cluster = given(lent)
    this.#clock = clock
  }

  /** Connects. Throws what kafkajs throws. */
  connect(): Promise<void> {
    return this.#consumer.connect()
  }

  /** Records of a partition from an offset on, at least one if there is one. Null when the offset lies outside what the partition holds. Throws `engine_unavailable`. */
  async fetch(topic: string, partition: number, offset: number): Promise<Fetched | null> {
    for (let attempt = 1, backoffMs = BACKOFF_FIRST_MS; ; attempt++, backoffMs *= 2) {
      try {
        return await this.#fetchOnce(topic, partition, offset)
      } catch (thrown) {
        if (thrown instanceof kafkajs.KafkaJSOffsetOutOfRange) return null
        if (attempt === ATTEMPTS) throw unavailable(`reading ${topic}/${partition} from ${offset}`, thrown)
        await this.#mend(thrown, backoffMs)
      }
    }
  }

  /** Commits an offset for a group without members. Throws what kafkajs throws. */
  async commit(groupId: string, topic: string, partition: number, next: number): Promise<void> {
    await this.#cluster.connect()
    await this.#cluster.refreshMetadataIfNecessary()
    const coordinator = await this.#cluster.findGroupCoordinator({ groupId })
    await coordinator.offsetCommit({ groupId, groupGenerationId: NO_GENERATION, memberId: '', topics: [{ topic, partitions: [{ partition, offset: String(next) }] }] })
  }

  /** Closes the connections. */
  close(): Promise<void> {
    return this.#consumer.disconnect()
  }

  async #fetchOnce(topic: string, partition: number, offset: number): Promise<Fetched> {
    await this.#cluster.addTargetTopic(topic)
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`no leader is known for ${topic}/${partition}`)
    const broker = await this.#cluster.findBroker({ nodeId })
    const answer = await broker.fetch({ maxWaitTime: 0, minBytes: 0, maxBytes: FETCH_BYTES, isolationLevel: 1, topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }] }) as FetchAnswer
    const found = answer.responses[0]?.partitions[0]
    if (found === undefined) throw new Error(`the broker answered nothing for ${topic}/${partition}`)
    // A broker sends whole batches, so the first may begin before the offset.
    const messages = found.messages.filter((message) => Number(message.offset) >= offset)
    const records = messages.filter((message) => message.isControlRecord !== true).map((message) => recordOf(partition, message))
    const last = messages.at(-1)
    return { records, next: last === undefined ? offset : Number(last.offset) + 1, end: Number(found.highWatermark) }
  }

  /** Forgets a connection that is gone and asks anew who leads; failing at that is the next attempt's to tell. */
  async #mend(thrown: unknown, backoffMs: number): Promise<void> {
    if (isConnectionClosed(thrown)) this.#cluster.removeBroker({ host: thrown.host, port: thrown.port })
    await this.#clock.sleep(backoffMs)
    await Promise.allSettled([this.#cluster.refreshMetadata()])
  }
}

/** A message as the port's record. */
export function recordOf(partition: number, { offset, timestamp, key, value }: FetchedMessage): LogRecord {
  return { partition, offset: Number(offset), key: key?.toString() ?? '', value: value ?? Buffer.alloc(0), atMs: Number(timestamp) }
}

/** kafkajs does not export the class. */
function isConnectionClosed(thrown: unknown): thrown is Error & { host: string; port: number } {
  return thrown instanceof Error && thrown.name === 'KafkaJSConnectionClosedError' && 'host' in thrown && 'port' in thrown
}

function given(cluster: Cluster | null): Cluster {
  if (cluster === null) throw new Error('kafkajs no longer hands its cluster to partition assigners when a consumer is made: pin kafkajs 2.2.4')
  return cluster
}
