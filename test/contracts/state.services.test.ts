import { Redis } from 'ioredis'
import { inject } from 'vitest'
import type { StateStore } from '../../processors/ports.ts'
import { openRedisState } from '../../storage/redis/state.ts'
import { stateContract } from './state.contract.ts'

stateContract('Redis', async () => {
  const url = inject('addresses').REDIS_URL
  const state: StateStore = await openRedisState({ url })
  const other = await openRedisState({ url })
  const redis = new Redis(url)
  return {
    state,
    other,
    damage: async (name, partition, key, how) => {
      const hash = `state:v1:${name}:${partition}`
      if (how === 'remove') await redis.hdel(hash, `e:${key}`)
      else await redis.hset(hash, `e:${key}`, Buffer.concat([(await redis.hgetBuffer(hash, `e:${key}`)) ?? Buffer.alloc(0), Buffer.from('!')]))
    },
    close: async () => {
      await Promise.all([state.close(), other.close()])
      redis.disconnect()
    },
  }
})
