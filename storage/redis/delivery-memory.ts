/** Delivery ids of the last 24 h in Redis: one key each, `delivery:v1:<length>:<integration>:<delivery>`, which expires by itself. */
import type { Redis } from 'ioredis'
import { asking, connectRedis } from './client.ts'

const KEPT_SECONDS = 86_400

/** Connects to Redis. Throws `engine_unavailable`. */
export async function openRedisDeliveryMemory(options: { readonly url: string }): Promise<RedisDeliveryMemory> {
  return new RedisDeliveryMemory(await connectRedis(options.url))
}

/** The delivery memory over Redis. */
export class RedisDeliveryMemory {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Whether this delivery has been remembered within 24 h. */
  async recall(integrationId: string, deliveryId: string): Promise<boolean> {
    return (await asking('recalling a delivery', this.#redis.exists(keyOf(integrationId, deliveryId)))) === 1
  }

  /** Remembers it for 24 h. */
  async remember(integrationId: string, deliveryId: string): Promise<void> {
    await asking('remembering a delivery', this.#redis.set(keyOf(integrationId, deliveryId), '1', 'EX', KEPT_SECONDS))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }
}

/** The length keeps two pairs with the same letters apart. */
const keyOf = (integrationId: string, deliveryId: string): string => `delivery:v1:${integrationId.length}:${integrationId}:${deliveryId}`
