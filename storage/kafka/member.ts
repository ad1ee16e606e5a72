/**
 * A member of a consumer group. kafkajs keeps the membership and fetches; the loops of `partition-loop.ts` handle. What kafkajs does not do by itself:
 *
 * - A consumer that crashes for good does so in silence. Each crash here ends the consumer, and a new one joins after a pause; a consumer from which
 *   nothing is heard for `SILENT_MS` is replaced too.
 * - A member that was paused past its session cannot know it. It goes on with what it has until its next heartbeat is refused; only the compare-and-set of
 *   the state guards against its writes.
 * - After each rebalance it would begin at the group's offsets. Here each generation asks every handler for its position anew, also for the partitions that
 *   stayed, because another member may have had them in a generation that this one missed.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { AppError, toAppError } from '../../schemas/errors.ts'
import { Commits } from './commits.ts'
import { asking, reasonOf } from './client.ts'
import { recordOf } from './direct.ts'
import { PartitionLoop } from './partition-loop.ts'
import type { PartitionEnd, Report, Subscription } from './port.ts'

/** A member that sends no heartbeat for so long loses its partitions. */
const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 1_000
/** How long the others wait for a member that is alive when partitions are shared anew. */
const REBALANCE_TIMEOUT_MS = 30_000

/** A fetch without records answers after so long; what was asked of the consumer meanwhile (another position, a pause) waits for it. */
const FETCH_WAIT_MS = 100
const FETCH_BYTES_PER_PARTITION = 512 * 1024
const FETCH_BYTES = 8 * 1024 * 1024

/** kafkajs mends a lost connection itself for about so many seconds, keeping its membership; after that a new consumer joins. */
const RETRIES = 10

const REJOIN_FIRST_MS = 200
const REJOIN_LAST_MS = 5_000

/** A consumer that neither fetched nor joined for so long hangs. */
const SILENT_MS = 90_000
const LOOK_EVERY_MS = 15_000

/** kafkajs is not waited for longer than this when it shall stop. */
const STOP_WITHIN_MS = 10_000

/** What a member needs. */
export interface MemberOptions {
  /** A client of this member alone: the consumers of one client share their notion of committed offsets by group. */
  readonly kafka: Kafka
  /** The group's name on the brokers. */
  readonly groupId: string
  readonly subscription: Subscription
  readonly clock: Clock
  readonly report: Report
  /** Where a partition of the topic starts and ends now. */
  bounds(partition: number): Promise<PartitionEnd>
}

/** One membership, over as many consumers of kafkajs as it takes. */
export class Member {
  readonly groupId: string
  readonly commits: Commits
  readonly #options: MemberOptions
  readonly #stopping = new AbortController()
  readonly #joinedOnce = Promise.withResolvers<void>()
  readonly #loops = new Map<number, PartitionLoop>()
  /** The end of the work on each partition, so that its next loop begins after its last one. */
  readonly #ends = new Map<number, Promise<void>>()
  #consumer: Consumer | null = null
  #isDraining = false
  #lastSeenMs = 0
  #running: Promise<void> | null = null
  #stopped: Promise<void> | null = null

  constructor(options: MemberOptions) {
    this.#options = options
    this.groupId = options.groupId
    this.commits = new Commits((offsets) => this.#commit(offsets), options.report)
  }

  /** Joins; resolves when the member has its share of the partitions, or when joining failed for the first time and goes on in the background. */
  async start(): Promise<void> {
    this.#running = this.#supervise()
    await this.#joinedOnce.promise
  }

  /** Whether the partition is this member's, as far as it knows. */
  holds(partition: number): boolean {
    return this.#loops.has(partition)
  }

  /** Takes no more batches, waits for those under way, and leaves the group. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop())
  }

  async #stop(): Promise<void> {
    this.#isDraining = true
    const { subscription } = this.#options
    const held = [...this.#loops.keys()]
    this.#endLoops()
    await Promise.all(this.#ends.values())
    await this.commits.flush()
    this.#stopping.abort()
    await this.#running
    this.#loops.clear()
    for (const partition of held) subscription.revoked(partition)
  }

  /** Keeps one consumer alive after the other until `stop`. */
  async #supervise(): Promise<void> {
    const { clock, report, groupId, subscription } = this.#options
    let backoffMs = REJOIN_FIRST_MS
    while (!this.#stopping.signal.aborted) {
      const startedMs = clock.now()
      const error = await this.#session()
      this.#endLoops()
      this.#joinedOnce.resolve()
      if (isAborted(this.#stopping.signal)) return
      report(new AppError('engine_unavailable', `${groupId} stopped reading ${subscription.topic} and joins again: ${reasonOf(error)}`, { cause: error }))
      if (clock.now() - startedMs > SILENT_MS) backoffMs = REJOIN_FIRST_MS
      await Promise.allSettled([clock.sleep(backoffMs, this.#stopping.signal)])
      backoffMs = Math.min(2 * backoffMs, REJOIN_LAST_MS)
    }
  }

  /** Runs one consumer until it crashes, hangs, or the member stops; answers why. */
  async #session(): Promise<unknown> {
    const { kafka, groupId, subscription, clock } = this.#options
    const { topic } = subscription
    const over = new AbortController()
    const ended = Promise.withResolvers<unknown>()
    const stop = () => ended.resolve(null)
    this.#stopping.signal.addEventListener('abort', stop)
    const consumer = kafka.consumer({
      groupId, sessionTimeout: SESSION_TIMEOUT_MS, heartbeatInterval: HEARTBEAT_MS, rebalanceTimeout: REBALANCE_TIMEOUT_MS, allowAutoTopicCreation: false,
      minBytes: 1, maxWaitTimeInMs: FETCH_WAIT_MS, maxBytesPerPartition: FETCH_BYTES_PER_PARTITION, maxBytes: FETCH_BYTES,
      retry: { retries: RETRIES, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: () => Promise.resolve(false) },
    })
    // Before it runs: the first assignment is told once, while `run` is under way.
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error))
    consumer.on(consumer.events.FETCH, () => this.#seen())
    consumer.on(consumer.events.REBALANCING, () => this.#endLoops())
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // Joining cannot be called off; a throw here makes kafkajs give up the membership that nobody wants any more.
      if (over.signal.aborted) throw new Error('this consumer has been replaced')
      if (this.#consumer !== consumer) return
      this.#joined(consumer, payload.memberAssignment[topic] ?? [])
    })
    const run = async (): Promise<void> => {
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.#offer(consumer, payload) })
    }
    this.#consumer = consumer
    this.#seen()
    const running = run().catch(ended.resolve)
    const watching = this.#watch(ended.resolve, over.signal)
    const why = await ended.promise
    this.#stopping.signal.removeEventListener('abort', stop)
    this.#consumer = null
    // What still joins is let finish joining, so that it can leave; but it is not waited for for ever.
    const limit = new AbortController()
    await Promise.race([running.then(() => consumer.disconnect()).catch((thrown: unknown) => this.#complain('leaving the group', thrown)), Promise.allSettled([clock.sleep(STOP_WITHIN_MS, limit.signal)])])
    limit.abort()
    over.abort()
    await watching
    return why
  }

  /** A new generation: this member has these partitions. Synchronous, so that nothing is fetched before each of them is paused. */
  #joined(consumer: Consumer, partitions: readonly number[]): void {
    const { subscription, clock } = this.#options
    const { topic } = subscription
    this.#seen()
    this.#joinedOnce.resolve()
    this.#endLoops()
    consumer.pause([{ topic, partitions: [...partitions] }])
    if (this.#isDraining) return
    const lost = [...this.#loops.keys()].filter((partition) => !partitions.includes(partition))
    for (const partition of lost) {
      this.#loops.delete(partition)
      this.#after(partition, () => subscription.revoked(partition))
    }
    for (const partition of partitions) {
      const loop = new PartitionLoop(subscription, partition, {
        readFrom: (offset) => {
          consumer.seek({ topic, partition, offset: String(offset) })
          consumer.resume([{ topic, partitions: [partition] }])
        },
        pause: () => consumer.pause([{ topic, partitions: [partition] }]),
        bounds: () => this.#options.bounds(partition),
      }, clock)
      this.#loops.set(partition, loop)
      this.#after(partition, () => loop.run())
    }
  }

  /** Does something when all earlier work on a partition has ended. */
  #after(partition: number, work: () => Promise<void> | void): void {
    const { topic } = this.#options.subscription
    const before = this.#ends.get(partition) ?? Promise.resolve()
    this.#ends.set(partition, before.then(work).catch((thrown: unknown) => this.#giveUp(toAppError(thrown, `reading ${topic}/${partition}`))))
  }

  /** A gap is no failure that waiting mends: the member leaves as a whole and says why. */
  #giveUp(error: AppError): void {
    if (this.#isDraining) return
    void this.stop()
    this.#options.subscription.failed(error)
  }

  #endLoops(): void {
    for (const loop of this.#loops.values()) loop.end()
  }

  async #offer(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    // The loop has asked for another position since this was fetched.
    if (payload.isStale()) return
    const { batch } = payload
    const { topic, partition, messages } = batch
    // kafkajs knows where the fetch began and leaves it out of its types.
    const fetchedFrom = Number(Reflect.get(batch, 'fetchedOffset'))
    const isTaken = this.#loops.get(partition)?.offer(messages.map((message) => recordOf(partition, message)), fetchedFrom) ?? false
    if (isTaken) payload.resolveOffset(batch.lastOffset())
    else consumer.pause([{ topic, partitions: [partition] }])
  }

  async #commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { subscription: { topic }, groupId } = this.#options
    if (this.#consumer === null) return
    await asking(`committing ${groupId} on ${topic}`, this.#consumer.commitOffsets(Array.from(offsets, ([partition, next]) => ({ topic, partition, offset: String(next) }))))
  }

  #seen(): void {
    this.#lastSeenMs = this.#options.clock.now()
  }

  async #watch(end: (why: Error) => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const [slept] = await Promise.allSettled([clock.sleep(LOOK_EVERY_MS, signal)])
      if (slept.status === 'rejected') return
      if (clock.now() - this.#lastSeenMs > SILENT_MS) end(new Error(`nothing was heard from it for ${SILENT_MS} ms`))
    }
  }

  #complain(doing: string, thrown: unknown): void {
    const { groupId, report } = this.#options
    report(new AppError('engine_unavailable', `${groupId}: ${doing}: ${reasonOf(thrown)}`, { cause: thrown }))
  }
}
