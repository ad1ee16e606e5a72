import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbDeliveryMemory } from '../../storage/lmdb/delivery-memory.ts'
import { deliveryMemoryContract } from './delivery-memory.contract.ts'

async function openMemory() {
  const directory = await mkdtemp(join(tmpdir(), 'deliveries-'))
  const env = await openLmdb({ directory })
  const clock = new TestClock()
  return {
    env,
    clock,
    memory: openLmdbDeliveryMemory(env, { clock }),
    pass: async (durationMs: number) => clock.tick(durationMs),
    close: async () => {
      await env.close()
      await rm(directory, { recursive: true })
    },
  }
}

deliveryMemoryContract('LMDB', openMemory)

describe('the embedded delivery memory', () => {
  it('does not grow: what is too old leaves the disk while new deliveries come', async () => {
    const { env, clock, memory, close } = await openMemory()
    for (let day = 0; day < 3; day++) {
      for (let delivery = 0; delivery < 500; delivery++) await memory.remember('i', `${day}-${delivery}`)
      clock.tick(25 * 3_600_000)
      await memory.remember('i', `end of day ${day}`)
    }
    expect(env.table('deliveries').getCount()).toBe(1)
    expect(env.table('deliveries_by_time').getCount({ start: Buffer.alloc(6), end: Buffer.alloc(6, 0xff) })).toBe(1)
    await close()
  })
})
