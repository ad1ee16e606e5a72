import { Redis } from 'ioredis'
import { inject } from 'vitest'
import { openRedisDeliveryMemory } from '../../storage/redis/delivery-memory.ts'
import { deliveryMemoryContract } from './delivery-memory.contract.ts'

deliveryMemoryContract('Redis', async () => {
  const url = inject('addresses').REDIS_URL
  const memory = await openRedisDeliveryMemory({ url })
  const redis = new Redis(url)
  return {
    memory,
    // Redis keeps the time itself, so time passes by shortening what is left of it.
    pass: async (durationMs) => {
      for (const key of await redis.keys('delivery:v1:*')) {
        const leftMs = (await redis.pttl(key)) - durationMs
        await (leftMs > 0 ? redis.pexpire(key, leftMs) : redis.del(key))
      }
    },
    close: async () => {
      await memory.close()
      redis.disconnect()
    },
  }
})
