/** The log on Kafka, through kafkajs. */
import type { Admin, Producer } from 'kafkajs'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { Appender } from './appender.ts'
import { asking, kafkaClient, unavailable } from './client.ts'
import { isMoved } from './commits.ts'
import { DirectClient } from './direct.ts'
import { Member } from './member.ts'
import type { Append, LogRecord, PartitionEnd, Report, Subscription } from './port.ts'
import { Topics, type TopicToCreate } from './topics.ts'

/** One request of the append path; short, so that a dead broker is told soon. */
const APPEND_REQUEST_TIMEOUT_MS = 6_000
/** One request of everything else; a cluster may take its time to make a topic. */
const REQUEST_TIMEOUT_MS = 20_000

/** What the log on Kafka needs; `report` hears of failures in the background, which are tried again. */
export interface KafkaLogOptions {
  /** `host:port` of some brokers; they name the others. */
  readonly brokers: readonly string[]
  /** Epoch of the topics; a recreated log gets a higher one. */
  readonly epoch: number
  readonly clock: Clock
  readonly report?: Report
}

/** Connects. Throws `engine_unavailable`. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const log = new KafkaLog(options)
  try {
    await log.connect()
    return log
  } catch (thrown) {
    await Promise.allSettled([log.close()])
    throw unavailable(`connecting to Kafka at ${options.brokers.join(', ')}`, thrown)
  }
}

/** The log port over Kafka. */
export class KafkaLog {
  readonly epoch: number
  readonly #brokers: readonly string[]
  readonly #admin: Admin
  readonly #producer: Producer
  readonly #direct: DirectClient
  readonly #topics: Topics
  readonly #appender: Appender
  readonly #clock: Clock
  readonly #report: Report
  readonly #members = new Set<Member>()
  #isClosed = false

  constructor({ brokers, epoch, clock, report }: KafkaLogOptions) {
    this.epoch = epoch
    this.#clock = clock
    this.#report = report ?? (() => undefined)
    this.#brokers = brokers
    const kafka = kafkaClient(brokers, REQUEST_TIMEOUT_MS)
    this.#admin = kafka.admin()
    this.#direct = new DirectClient(kafka, clock)
    this.#producer = kafkaClient(brokers, APPEND_REQUEST_TIMEOUT_MS).producer({
      allowAutoTopicCreation: false, retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 },
      // Every record comes with its partition.
      createPartitioner: () => ({ message }) => message.partition ?? 0,
    })
    this.#topics = new Topics(this.#admin, clock)
    this.#appender = new Appender(this.#producer, clock, this.#topics)
  }

  /** Connects; `openKafkaLog` does it. */
  async connect(): Promise<void> {
    await Promise.all([this.#admin.connect(), this.#producer.connect(), this.#direct.connect()])
  }

  /** Creates the topics that are missing, with three replicas where there are three brokers. What exists stays. */
  ensureTopics(topics: readonly TopicToCreate[]): Promise<void> {
    return this.#topics.ensure(topics)
  }

  /** Partition count of a topic. */
  partitions(topic: string): Promise<number> {
    return this.#topics.partitions(topic)
  }

  /** Resolves once all in-sync replicas have every record, in order per partition. Throws `log_unavailable`. */
  append(records: readonly Append[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new AppError('log_unavailable', 'the log is closed'))
    return this.#appender.append(records)
  }

  /** Why an append would be refused now: none that can be told without one, since who cannot reach the brokers learns that from `ends`. */
  async refusing(): Promise<string | null> {
    return this.#isClosed ? 'it is closed' : null
  }

  /** Starts a member of a consumer group; resolves when it has its share of the partitions. */
  async consume(subscription: Subscription): Promise<{ stop(): Promise<void> }> {
    const { topic } = subscription
    await this.#topics.partitions(topic)
    const member = new Member({
      kafka: kafkaClient(this.#brokers, REQUEST_TIMEOUT_MS), groupId: groupIdOf(subscription.group, topic), subscription, clock: this.#clock, report: this.#report,
      bounds: async (partition) => {
        const end = (await this.ends(topic)).find((candidate) => candidate.partition === partition)
        if (end === undefined) throw new AppError('engine_unavailable', `reading the ends of ${topic}: partition ${partition} is not there`)
        return end
      },
    })
    this.#members.add(member)
    await member.start()
    return {
      stop: async () => {
        await member.stop()
        this.#members.delete(member)
      },
    }
  }

  /** Tells the brokers how far a group has come, for lag figures only: it waits for nothing while a member of this process has the partition. */
  async commit(group: string, topic: string, partition: number, nextOffset: number): Promise<void> {
    const groupId = groupIdOf(group, topic)
    const member = [...this.#members].find((candidate) => candidate.groupId === groupId && candidate.holds(partition))
    if (member !== undefined) return member.commits.note(partition, nextOffset)
    try {
      await this.#direct.commit(groupId, topic, partition, nextOffset)
    } catch (thrown) {
      // The group has members elsewhere, and whoever has the partition commits it.
      if (!isMoved(thrown)) throw unavailable(`committing ${group} on ${topic}/${partition}`, thrown)
    }
  }

  /** Next offsets committed by a group, by partition; absent where none. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const groupId = groupIdOf(group, topic)
    await Promise.all([...this.#members].filter((member) => member.groupId === groupId).map((member) => member.commits.flush()))
    const answer = await asking(`reading the offsets of ${group}`, this.#admin.fetchOffsets({ groupId, topics: [topic] }))
    const offsets = answer.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, Number(offset)] as const))
    return new Map(offsets.filter(([, offset]) => offset >= 0))
  }

  /** Reads `[from, to)` of a partition outside any group, ending early at the end of the log. Throws `log_gap` when `from` is no longer kept. */
  async *read(topic: string, partition: number, from: number, to: number): AsyncGenerator<readonly LogRecord[]> {
    await this.#topics.partitions(topic)
    for (let next = from; next < to; ) {
      const fetched = await this.#direct.fetch(topic, partition, next)
      if (fetched === null) {
        const end = (await this.ends(topic)).find((candidate) => candidate.partition === partition)
        if (end !== undefined && next < end.first) throw new AppError('log_gap', `${topic}/${partition} starts at ${end.first}; record ${next} is no longer kept`)
        return
      }
      const records = fetched.records.filter((record) => record.offset < to)
      if (records.length > 0) yield records
      if (fetched.next === next && next >= fetched.end) return
      if (fetched.next === next) throw new AppError('engine_unavailable', `reading ${topic}/${partition}: no record at ${next}, though it ends at ${fetched.end}; try again`)
      next = fetched.next
    }
  }

  /** Where each partition of a topic starts and ends. */
  ends(topic: string): Promise<PartitionEnd[]> {
    return this.#topics.ends(topic)
  }

  /** Stops every consumer after its batches, waits for the appends under way, and disconnects. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(Array.from(this.#members, (member) => member.stop()))
    this.#members.clear()
    await this.#appender.drain()
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect(), this.#direct.close()])
  }
}

/**
 * The group's name on the brokers. One for each topic: members of one Kafka group would have to read the same topics, or kafkajs deals them partitions of topics that
 * they did not ask for.
 */
function groupIdOf(group: string, topic: string): string {
  return `${group}.${topic}`
}
