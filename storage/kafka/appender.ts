/**
 * The appending side: whatever is appended while a send is under way waits and goes together in the next one. There is one send at a time, because
 * kafkajs repeats a send that failed halfway, and a second one beside it could then overtake records of the same key.
 *
 * Whoever waits is told within `APPEND_TIMEOUT_MS`: kafkajs may go on trying longer than that (nothing new is sent meanwhile), so a record that was
 * refused with `log_unavailable` may still land. It was never acknowledged; whoever repeats it appends a repeat, which the design allows.
 */
import type { Producer, TopicMessages } from 'kafkajs'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { partitionOf } from '../partition-of.ts'
import { reasonOf, refusal } from './client.ts'
import type { Append } from './port.ts'
import { RECORD_BYTES_MAX } from './topics.ts'

/** Nobody waits longer for one send. */
const APPEND_TIMEOUT_MS = 9_000

/** How long a broker may wait for the other replicas. */
const ACKNOWLEDGE_TIMEOUT_MS = 5_000

/** Bytes waiting at most; beyond it an append is refused, so that a stalled cluster costs memory only so far. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024

/** kafkajs makes one batch of all records of a partition in a send, and the broker's default limit for a batch is 1 MiB. */
const BATCH_BYTES_MAX = 900_000
const SEND_BYTES_MAX = 8 * 1024 * 1024

/** Room for what stands around a record in a batch. */
const RECORD_OVERHEAD_BYTES = 64

/** How many partitions a topic has. */
export interface PartitionCounts {
  /** Without asking; undefined when nobody has asked yet. */
  known(topic: string): number | undefined
  partitions(topic: string): Promise<number>
}

/** One call of `append`: resolved when the last of its records is acknowledged. */
interface Flight {
  waiting: number
  resolve(): void
  reject(error: AppError): void
}

interface Queued {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly value: Buffer
  readonly bytes: number
  readonly flight: Flight
}

/** Groups concurrent appends into sends that all in-sync replicas acknowledge. */
export class Appender {
  readonly #producer: Pick<Producer, 'sendBatch'>
  readonly #clock: Clock
  readonly #topics: PartitionCounts
  /** Calls that ask for partition counts follow one another, and later calls follow them, so that none overtakes an earlier one. */
  #entering: Promise<unknown> | null = null
  #queue: Queued[] = []
  #queuedBytes = 0
  #isStuck = false
  #running: Promise<void> | null = null

  constructor(producer: Pick<Producer, 'sendBatch'>, clock: Clock, topics: PartitionCounts) {
    this.#producer = producer
    this.#clock = clock
    this.#topics = topics
  }

  /** Resolves once every record is acknowledged. Throws `log_unavailable`; some of the records may then be stored all the same. */
  async append(records: readonly Append[]): Promise<void> {
    if (records.length === 0) return
    if (this.#queuedBytes > QUEUED_BYTES_MAX) throw new AppError('log_unavailable', `Kafka is ${QUEUED_BYTES_MAX} bytes behind; try again later`)
    if (this.#isStuck) throw new AppError('log_unavailable', `Kafka has not answered for ${APPEND_TIMEOUT_MS} ms; try again later`)
    const topics = new Set(records.map((record) => record.topic))
    if (this.#entering !== null || [...topics].some((topic) => this.#topics.known(topic) === undefined)) await this.#enter(topics)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const flight: Flight = { waiting: records.length, resolve, reject }
    const added = records.map((record) => queued(record, this.#topics.known(record.topic) ?? 0, flight))
    for (const record of added) {
      this.#queue.push(record)
      this.#queuedBytes += record.bytes
    }
    this.#running ??= this.#run()
    await promise
  }

  /** Waits until nothing is under way. */
  async drain(): Promise<void> {
    await this.#running
  }

  async #enter(topics: ReadonlySet<string>): Promise<void> {
    const before = this.#entering
    const entered = (async () => {
      await Promise.allSettled([before])
      for (const topic of topics) await this.#topics.partitions(topic)
    })()
    this.#entering = entered
    try {
      await entered
    } catch (thrown) {
      throw thrown instanceof AppError && thrown.code === 'engine_unavailable' ? refused(thrown) : thrown
    } finally {
      if (this.#entering === entered) this.#entering = null
    }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await nextTurn()
      await this.#send(this.#take())
    }
    this.#running = null
  }

  /** The oldest records that fit into one send; later ones of a partition whose batch is full wait, so that their order holds. */
  #take(): Queued[] {
    const taken: Queued[] = []
    const left: Queued[] = []
    const batchBytes = new Map<string, number>()
    let sendBytes = 0
    for (const record of this.#queue) {
      const place = `${record.topic}/${record.partition}`
      const bytes = (batchBytes.get(place) ?? 0) + record.bytes
      batchBytes.set(place, bytes)
      // A record that is larger than a batch may be goes alone, so that its refusal is nobody else's.
      const isFitting = taken.length === 0 || (bytes <= BATCH_BYTES_MAX && sendBytes + record.bytes <= SEND_BYTES_MAX)
      if (!isFitting) {
        left.push(record)
        batchBytes.set(place, Infinity)
        continue
      }
      taken.push(record)
      sendBytes += record.bytes
      if (record.bytes > BATCH_BYTES_MAX) sendBytes = Infinity
    }
    this.#queue = left
    this.#queuedBytes = left.reduce((sum, record) => sum + record.bytes, 0)
    return taken
  }

  async #send(records: readonly Queued[]): Promise<void> {
    const flights = new Set(records.map((record) => record.flight))
    const watch = new AbortController()
    const watching = this.#watch(flights, watch.signal)
    try {
      await this.#producer.sendBatch({ acks: -1, timeout: ACKNOWLEDGE_TIMEOUT_MS, topicMessages: byTopic(records) })
      for (const { flight } of records) {
        flight.waiting -= 1
        if (flight.waiting === 0) flight.resolve()
      }
    } catch (thrown) {
      if (refusal(thrown) === 'MESSAGE_TOO_LARGE') this.#fail(flights, new AppError('internal', `a record for ${records[0]?.topic ?? 'the log'} is larger than max.message.bytes of its topic; raise it to ${RECORD_BYTES_MAX}`, { cause: thrown }))
      else this.#failAll(flights, refused(thrown))
    } finally {
      watch.abort()
      await watching
      this.#isStuck = false
    }
  }

  /** Answers those who wait when a send takes too long, and refuses more until it has ended. */
  async #watch(flights: ReadonlySet<Flight>, signal: AbortSignal): Promise<void> {
    const [waited] = await Promise.allSettled([this.#clock.sleep(APPEND_TIMEOUT_MS, signal)])
    if (waited.status === 'rejected') return
    this.#isStuck = true
    this.#failAll(flights, new AppError('log_unavailable', `Kafka did not acknowledge within ${APPEND_TIMEOUT_MS} ms; try again later`))
  }

  /** A cluster that does not answer this send would not answer those who wait either. */
  #failAll(flights: ReadonlySet<Flight>, error: AppError): void {
    this.#fail(new Set([...flights, ...this.#queue.map((record) => record.flight)]), error)
  }

  #fail(flights: ReadonlySet<Flight>, error: AppError): void {
    for (const flight of flights) flight.reject(error)
    this.#queue = this.#queue.filter((record) => !flights.has(record.flight))
    this.#queuedBytes = this.#queue.reduce((sum, record) => sum + record.bytes, 0)
  }
}

function queued({ topic, key, value, partition }: Append, partitions: number, flight: Flight): Queued {
  const chosen = partition ?? partitionOf(key, partitions)
  if (chosen < 0 || chosen >= partitions) throw new AppError('internal', `no partition ${chosen} in ${topic}, which has ${partitions}`)
  const bytes = value.length + 3 * key.length + RECORD_OVERHEAD_BYTES
  if (bytes > RECORD_BYTES_MAX) throw new AppError('internal', `a record of ${bytes} bytes for ${topic}; the log takes ${RECORD_BYTES_MAX}`)
  return { topic, partition: chosen, key, value, bytes, flight }
}

function byTopic(records: readonly Queued[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>()
  for (const { topic, partition, key, value } of records) {
    const known = topics.get(topic)
    if (known === undefined) topics.set(topic, { topic, messages: [{ partition, key, value }] })
    else known.messages.push({ partition, key, value })
  }
  return [...topics.values()]
}

function refused(thrown: unknown): AppError {
  return new AppError('log_unavailable', `the log cannot take records now: ${reasonOf(thrown)}; check KAFKA_BROKERS and that the brokers run`, { cause: thrown })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
