/** What every delivery memory must do. `delivery-memory.test.ts` runs it over LMDB, `delivery-memory.services.test.ts` over Redis. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The port, as ingest asks for it. */
export interface DeliveryMemory {
  recall(integrationId: string, deliveryId: string): Promise<boolean>
  remember(integrationId: string, deliveryId: string): Promise<void>
}

/** One engine under test. */
export interface DeliveryMemoryEngine {
  readonly memory: DeliveryMemory
  /** Lets this much time pass for everything remembered so far. */
  pass(durationMs: number): Promise<void>
  close(): Promise<void>
}

const HOUR_MS = 3_600_000

/** Runs the suite over an engine. */
export function deliveryMemoryContract(name: string, open: () => Promise<DeliveryMemoryEngine>): void {
  describe(`delivery memory on ${name}`, () => {
    let engine: DeliveryMemoryEngine

    beforeAll(async () => {
      engine = await open()
    })
    afterAll(() => engine.close())

    it('knows a delivery once it is remembered, and only for its integration', async () => {
      const { memory } = engine
      const [one, two, delivery] = [randomUUID(), randomUUID(), randomUUID()]
      expect(await memory.recall(one, delivery)).toBe(false)
      await memory.remember(one, delivery)
      expect(await memory.recall(one, delivery)).toBe(true)
      expect(await memory.recall(two, delivery)).toBe(false)
    })

    it('takes any text as an id, however long', async () => {
      const { memory } = engine
      const ids = ['', 'x'.repeat(20_000), 'a:b', 'a', ':', 'schlüssel 日本\n']
      for (const id of ids) {
        expect(await memory.recall('i', id)).toBe(false)
        await memory.remember('i', id)
        expect(await memory.recall('i', id)).toBe(true)
      }
      expect(await memory.recall('i:a', 'b')).toBe(false)
    })

    it('forgets after 24 hours, counted from the last time it was remembered', async () => {
      const { memory, pass } = engine
      const [kept, renewed] = [randomUUID(), randomUUID()]
      await memory.remember('i', kept)
      await memory.remember('i', renewed)
      await pass(23 * HOUR_MS)
      expect(await memory.recall('i', kept)).toBe(true)
      await memory.remember('i', renewed)
      await pass(2 * HOUR_MS)
      expect(await memory.recall('i', kept)).toBe(false)
      expect(await memory.recall('i', renewed)).toBe(true)
    })
  })
}
