import { randomFillSync } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { DELIVERY_ID_CHARS } from '../schemas/delivery-id.ts'
import { AppError } from '../schemas/errors.ts'
import type { Deadlines } from './deadlines.ts'
import type { DeliveryMemory, IngestLog, Metrics } from './ports.ts'

export { deliveryIdFor } from '../schemas/delivery-id.ts'

/** Longest delivery id a sender may give, in characters. */
export const SENDER_ID_MAX_CHARS = 256
/** Headers that name a delivery, in order of precedence; the first two are the documented ones, the last comes with X-Hub-Signature-256. */
const ID_HEADERS = ['x-delivery-id', 'webhook-id', 'x-github-delivery'] as const
/** How long the memory may take before the delivery goes on without it. */
const MEMORY_DEADLINE_MS = 2_000
const PRINTABLE = /^[\x21-\x7e]+$/

/** The sender's name for this delivery as it stands in the headers; null when there is none. */
export function senderIdOf(headers: IncomingHttpHeaders): string | null {
  for (const name of ID_HEADERS) {
    const value = headers[name]
    if (value === undefined || value === '') continue
    return typeof value === 'string' ? value : value[0] ?? null
  }
  return null
}

/** Whether a text may name a delivery: printable ASCII without spaces, at most 256 characters. */
export function isSenderId(id: string): boolean {
  return id.length <= SENDER_ID_MAX_CHARS && PRINTABLE.test(id)
}

const ID_BYTES = DELIVERY_ID_CHARS / 2
const randomBytes = Buffer.alloc(256 * ID_BYTES)
let randomAt = randomBytes.length

/** The delivery id for a delivery without a name: 128 random bits, drawn from the system 256 ids at a time. */
export function newDeliveryId(): string {
  if (randomAt === randomBytes.length) {
    randomFillSync(randomBytes)
    randomAt = 0
  }
  const id = randomBytes.toString('hex', randomAt, randomAt + ID_BYTES)
  randomAt += ID_BYTES
  return `dlv_${id}`
}

/**
 * Takes named deliveries once: one that is remembered is known, a twin waits for the first, and what was appended is remembered before it is
 * answered. A memory that fails never costs a delivery: it is appended anyway, because the processing stage drops what it has already emitted.
 */
export class Deliveries {
  readonly #memory: DeliveryMemory
  readonly #deadlines: Deadlines
  readonly #metrics: Metrics
  readonly #report: IngestLog
  /** Named deliveries under way. Their ids contain the integration's. */
  readonly #underWay = new Map<string, Promise<boolean>>()

  constructor(memory: DeliveryMemory, services: { deadlines: Deadlines; metrics: Metrics; report: IngestLog }) {
    this.#memory = memory
    this.#deadlines = services.deadlines
    this.#metrics = services.metrics
    this.#report = services.report
  }

  /** Runs `append` unless the delivery is known: true when it was appended now, false when it is a duplicate. Throws what `append` throws; so do its twins. */
  async once(integrationId: string, deliveryId: string, append: () => Promise<void>): Promise<boolean> {
    const first = this.#underWay.get(deliveryId)
    if (first !== undefined) {
      await first
      this.#metrics.inc('ingest_duplicates_total', 'twin')
      return false
    }
    const attempt = this.#attempt(integrationId, deliveryId, append)
    this.#underWay.set(deliveryId, attempt)
    try {
      return await attempt
    } finally {
      this.#underWay.delete(deliveryId)
    }
  }

  async #attempt(integrationId: string, deliveryId: string, append: () => Promise<void>): Promise<boolean> {
    if (await this.#ask('recall', () => this.#memory.recall(integrationId, deliveryId), false)) {
      this.#metrics.inc('ingest_duplicates_total', 'remembered')
      return false
    }
    await append()
    await this.#ask('remember', () => this.#memory.remember(integrationId, deliveryId), undefined)
    return true
  }

  async #ask<T>(operation: 'recall' | 'remember', call: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await this.#deadlines.race(call(), MEMORY_DEADLINE_MS, () => new AppError('engine_unavailable', 'the delivery memory did not answer in time'))
    } catch (thrown) {
      this.#metrics.inc('ingest_memory_failures_total', operation)
      this.#report.warn({ operation, error: thrown instanceof Error ? thrown.message : 'unknown' }, 'the delivery memory failed; the delivery is taken without it')
      return otherwise
    }
  }
}
