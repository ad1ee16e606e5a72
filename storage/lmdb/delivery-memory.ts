/** Which deliveries an integration has sent in the last day, in LMDB: one entry a delivery, one in order of time for forgetting. */
import { hash } from 'node:crypto'
import type { Clock } from '../../schemas/clock.ts'
import { committed, type BinaryTable, type LmdbEnv } from './env.ts'

/** A delivery is remembered so long. */
const KEEP_MS = 24 * 3_600_000

/** Forgetting happens while remembering, at most so often and so many at once: 10,000 a second, a few milliseconds each time. */
const FORGET_EVERY_MS = 200
const FORGET_AT_ONCE = 2_000

/** Opens the delivery memory of an environment. */
export function openLmdbDeliveryMemory(env: LmdbEnv, options: { clock: Clock }): LmdbDeliveryMemory {
  return new LmdbDeliveryMemory(env, options.clock)
}

/** The delivery memory over LMDB. */
export class LmdbDeliveryMemory {
  readonly #clock: Clock
  readonly #deliveries: BinaryTable
  readonly #byTime: BinaryTable
  #forgotAtMs = 0

  constructor(env: LmdbEnv, clock: Clock) {
    this.#clock = clock
    this.#deliveries = env.table('deliveries')
    this.#byTime = env.table('deliveries_by_time')
  }

  /** Whether this delivery of this integration is known, 24 h at most. */
  async recall(integrationId: string, deliveryId: string): Promise<boolean> {
    const seen = this.#deliveries.get(keyOf(integrationId, deliveryId))
    return seen !== undefined && seen.readUIntBE(0, 6) > this.#clock.now() - KEEP_MS
  }

  /** Remembers the delivery; call it after the append. Resolves when it is on disk. */
  async remember(integrationId: string, deliveryId: string): Promise<void> {
    const key = keyOf(integrationId, deliveryId)
    const nowMs = this.#clock.now()
    const at = timeBytes(nowMs)
    const isForgetting = nowMs - this.#forgotAtMs >= FORGET_EVERY_MS
    if (isForgetting) this.#forgotAtMs = nowMs
    const write = this.#deliveries.batch(() => {
      if (isForgetting) this.#forget(nowMs - KEEP_MS)
      void this.#byTime.put(Buffer.concat([at, key]), EMPTY)
      void this.#deliveries.put(key, at)
    })
    await committed(write, 'remembering a delivery')
  }

  #forget(before: number): void {
    for (const indexKey of this.#byTime.getKeys({ start: timeBytes(0), end: timeBytes(before), limit: FORGET_AT_ONCE })) {
      const key = indexKey.subarray(6)
      const seen = this.#deliveries.get(key)
      // A delivery remembered again later has a newer entry in the index; that one will forget it.
      if (seen !== undefined && seen.readUIntBE(0, 6) <= before) void this.#deliveries.remove(key)
      void this.#byTime.remove(indexKey)
    }
  }
}

const EMPTY = Buffer.alloc(0)

function keyOf(integrationId: string, deliveryId: string): Buffer {
  return hash('sha256', JSON.stringify([integrationId, deliveryId]), 'buffer').subarray(0, 16)
}

function timeBytes(atMs: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(atMs, 0, 6)
  return bytes
}
