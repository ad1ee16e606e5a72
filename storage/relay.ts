/**
 * The role `relay`: carries what the database owes the log. Rows of the outbox are appended in id order and deleted once the log has them; a crash in between
 * appends them again, which is harmless, because commands and settings have ids and revisions.
 *
 * Records of one key must keep their order, also with several relays running. `for update skip locked` would lose it, and a row lock held while appending
 * would be an outside call inside a transaction, which on PGlite stops everybody. So one relay at a time holds a lease, a row with an expiry by the
 * database's own clock, and takes it anew for each round of work. A relay that is paused past its lease between reading and appending can at worst repeat
 * what its successor has appended: nothing new is told late, since what it holds is older than all that came after and was appended by the successor first.
 * It looks at the time left before it appends, so even that takes a pause, or a log that retries for seconds, in the very append.
 *
 * Ids are given before commits, so two transactions that ran side by side may be told in either order; of two that followed one another the first is
 * always told first.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../schemas/clock.ts'
import { openCodec, type Codec, type SchemaIds, type TopicRecords } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { TOPICS, type TopicName } from '../schemas/topics.ts'
import { atMs, type SqlDatabase } from './queries/sql.ts'

/** What is found without being woken waits this long at most: another process wrote it, or this one has just started. */
const POLL_MS = 500

/** A dead relay holds up the others for at most this long. */
const LEASE_MS = 10_000

/** An append starts only with this much of the lease left. */
const LEASE_LEFT_MS = 5_000

const BATCH_ROWS = 500

/** What the relay is built from. */
export interface RelayOptions {
  readonly database: SqlDatabase
  /** The log; resolves once the records are durable, in order per key. */
  readonly log: { append(records: readonly { readonly topic: string; readonly key: string; readonly value: Buffer }[]): Promise<void> }
  readonly schemaIds: SchemaIds
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void; error(fields: object, message: string): void }
  /** Records appended, for a counter. */
  readonly relayed?: (count: number) => void
  /** Life of the lease, for tests; 10 s by default. */
  readonly leaseMs?: number
}

/** A running relay. */
export interface Relay {
  /** Says that the outbox has a new row, so that it need not wait for the next poll. */
  wake(): void
  /** Finishes the batch under way and lets the lease go. */
  stop(): Promise<void>
}

/** Starts relaying. Failures are logged and tried again; nothing is lost meanwhile. */
export function startRelay(options: RelayOptions): Relay {
  const worker = new RelayWorker(options)
  const running = worker.run()
  return {
    wake: () => worker.wake(),
    async stop() {
      worker.end()
      await running
    },
  }
}

type AnyCodec = Codec<TopicRecords[TopicName]>

interface OutboxRow {
  readonly id: number
  readonly topic: string
  readonly key: string
  readonly record: TopicRecords[TopicName]
}

class RelayWorker {
  readonly #options: RelayOptions
  readonly #holder = randomUUID()
  readonly #leaseMs: number
  readonly #codecs = new Map<string, Promise<AnyCodec>>()
  readonly #ending = new AbortController()
  #nap = new AbortController()
  #isWoken = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
  }

  wake(): void {
    this.#isWoken = true
    this.#nap.abort()
  }

  end(): void {
    this.#ending.abort()
    this.#nap.abort()
  }

  async run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      this.#isWoken = false
      try {
        await this.#drain()
      } catch (thrown) {
        const error = toAppError(thrown)
        this.#options.logger.warn({ code: error.code, err: error }, `relaying goes on later: ${error.message}`)
      }
      await this.#rest()
    }
  }

  /** Until the next poll; not at all when somebody woke the relay while it was at work. */
  async #rest(): Promise<void> {
    this.#nap = new AbortController()
    if (this.#isWoken || this.#ending.signal.aborted) return
    await Promise.allSettled([this.#options.clock.sleep(POLL_MS, this.#nap.signal)])
  }

  /** Relays until the outbox is empty. An idle poll costs one read and no write. */
  async #drain(): Promise<void> {
    const { database } = this.#options
    const waiting = await database.query('select 1 from outbox where set_aside_at is null limit 1')
    if (waiting.length === 0 || !(await this.#takeLease())) return
    try {
      while (!this.#ending.signal.aborted && (await this.#relayBatch()));
    } finally {
      await database.transaction((sql) => sql.query(`delete from leases where name = 'relay' and holder = $1`, [this.#holder]), { durable: false })
    }
  }

  /** Takes or extends the lease; false while another relay holds it. */
  async #takeLease(): Promise<boolean> {
    const rows = await this.#options.database.transaction((sql) => sql.query(
      `insert into leases as l (name, holder, expires_at) values ('relay', $1, clock_timestamp() + $2::float8 * interval '1 millisecond')
       on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at where l.holder = excluded.holder or l.expires_at < clock_timestamp() returning 1`,
      [this.#holder, this.#leaseMs],
    ), { durable: false })
    return rows.length > 0
  }

  /** Appends the oldest rows and deletes them; false when there are none, or the lease is not ours any more. */
  async #relayBatch(): Promise<boolean> {
    const { database, log, clock, relayed } = this.#options
    const takenAtMs = clock.now()
    if (!(await this.#takeLease())) return false
    const rows = await database.query<OutboxRow>('select id, topic, key, record from outbox where set_aside_at is null order by id limit $1', [BATCH_ROWS])
    if (rows.length === 0) return false
    const { ready, setAside } = await this.#encode(rows)
    if (clock.now() - takenAtMs > this.#leaseMs - Math.min(LEASE_LEFT_MS, this.#leaseMs / 2)) return true
    if (ready.length > 0) {
      await log.append(ready.map(({ topic, key, value }) => ({ topic, key, value })))
      await database.transaction((sql) => sql.query('delete from outbox where id = any($1::bigint[])', [ready.map((row) => row.id)]), { durable: false })
      relayed?.(ready.length)
    }
    for (const { id, reason } of setAside) {
      await database.query(`update outbox set set_aside_at = ${atMs('$2')}, set_aside_reason = $3 where id = $1`, [id, clock.now(), reason])
    }
    return true
  }

  async #encode(rows: readonly OutboxRow[]): Promise<{ ready: { id: number; topic: string; key: string; value: Buffer }[]; setAside: { id: number; reason: string }[] }> {
    const ready = []
    const setAside = []
    for (const { id, topic, key, record } of rows) {
      const codec = await this.#codec(topic)
      try {
        if (codec === null) throw new AppError('internal', `no topic ${topic}`)
        ready.push({ id, topic, key, value: codec.encode(record) })
      } catch (thrown) {
        const { message } = toAppError(thrown)
        this.#options.logger.error({ outboxId: id, topic, key }, `an outbox row cannot be sent and is set aside: ${message}`)
        setAside.push({ id, reason: message })
      }
    }
    return { ready, setAside }
  }

  /** Null for a topic that does not exist; an unreachable registry throws and is tried again. */
  async #codec(topic: string): Promise<AnyCodec | null> {
    const name = Object.values(TOPICS).find((spec) => spec.name === topic)?.name
    if (name === undefined) return null
    const known = this.#codecs.get(topic)
    if (known !== undefined) return known
    const codec = openAnyCodec(name, this.#options.schemaIds)
    this.#codecs.set(topic, codec)
    try {
      return await codec
    } catch (thrown) {
      this.#codecs.delete(topic)
      throw thrown
    }
  }
}

/** A codec whose record type is only known by its topic; `encode` checks the record against the schema either way. */
async function openAnyCodec(topic: TopicName, schemaIds: SchemaIds): Promise<AnyCodec> {
  const codec: Codec<TopicRecords[TopicName]> = await openCodec(topic, schemaIds)
  return codec
}
