/** What every state store must do. `state.test.ts` runs it over LMDB, `state.services.test.ts` over Redis. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StateStore } from '../../processors/ports.ts'
import { NO_POSITION, positionOf } from '../../schemas/position.ts'

/** One engine under test. */
export interface StateEngine {
  readonly state: StateStore
  /** A second store over the same data, as another process would have. */
  readonly other: StateStore
  /** Damages what is stored: changes a value, or takes an entry away, behind the store's back. */
  damage(name: string, partition: number, key: string, how: 'change' | 'remove'): Promise<void>
  close(): Promise<void>
}

/** Runs the suite over an engine. */
export function stateContract(engineName: string, open: () => Promise<StateEngine>): void {
  describe(`state on ${engineName}`, () => {
    let engine: StateEngine
    let state: StateStore

    beforeAll(async () => {
      engine = await open()
      state = engine.state
    })
    afterAll(() => engine.close())

    const first = positionOf(1, 10)
    const second = positionOf(1, 25)

    it('has nothing before the first write', async () => {
      expect(await state.load(randomUUID(), 0)).toBeNull()
    })

    it('gives back entries and position as they were written', async () => {
      const name = randomUUID()
      const entries = { plain: 'one', 'schlüssel-日本': 'two', empty: '', [`long-${'x'.repeat(3_000)}`]: 'three', constructor: 'four', '7': 'five' }
      expect(await state.write(name, 3, NO_POSITION, first, deltaOf(entries))).toBe(true)
      const loaded = await state.load(name, 3)
      expect(loaded?.position).toBe(first)
      expect(textsOf(loaded?.entries)).toEqual(entries)
    })

    it('keeps binary values byte by byte', async () => {
      const name = randomUUID()
      const value = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256))
      await state.write(name, 0, NO_POSITION, first, new Map([['k', value]]))
      expect((await state.load(name, 0))?.entries.get('k')?.equals(value)).toBe(true)
    })

    it('replaces, adds and deletes with a delta and leaves the rest', async () => {
      const name = randomUUID()
      await state.write(name, 0, NO_POSITION, first, deltaOf({ a: '1', b: '2', c: '3' }))
      expect(await state.write(name, 0, first, second, deltaOf({ a: '10', b: null, d: '4', missing: null }))).toBe(true)
      const loaded = await state.load(name, 0)
      expect(loaded?.position).toBe(second)
      expect(textsOf(loaded?.entries)).toEqual({ a: '10', c: '3', d: '4' })
    })

    it('moves the position alone with an empty delta', async () => {
      const name = randomUUID()
      expect(await state.write(name, 0, NO_POSITION, first, new Map())).toBe(true)
      expect(await state.write(name, 0, first, second, new Map())).toBe(true)
      expect(await state.load(name, 0)).toEqual({ position: second, entries: new Map() })
    })

    it('refuses a write that expects another position, and changes nothing', async () => {
      const name = randomUUID()
      expect(await state.write(name, 0, first, second, deltaOf({ a: '1' }))).toBe(false)
      expect(await state.load(name, 0)).toBeNull()
      await state.write(name, 0, NO_POSITION, second, deltaOf({ a: '1' }))
      expect(await state.write(name, 0, first, positionOf(1, 30), deltaOf({ a: '2', b: '2' }))).toBe(false)
      expect(await state.write(name, 0, NO_POSITION, first, deltaOf({ a: '3' }))).toBe(false)
      const loaded = await state.load(name, 0)
      expect(loaded?.position).toBe(second)
      expect(textsOf(loaded?.entries)).toEqual({ a: '1' })
    })

    it('has one winner when many write at once', async () => {
      const name = randomUUID()
      await state.write(name, 0, NO_POSITION, first, deltaOf({ owner: 'nobody' }))
      const wins = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? state : engine.other).write(name, 0, first, second, deltaOf({ owner: String(index) }))))
      expect(wins.filter(Boolean)).toHaveLength(1)
      expect(textsOf((await engine.other.load(name, 0))?.entries)).toEqual({ owner: String(wins.indexOf(true)) })
    })

    it('keeps names and partitions apart', async () => {
      const name = randomUUID()
      await state.write(name, 1, NO_POSITION, first, deltaOf({ a: '1' }))
      await state.write(name, 11, NO_POSITION, first, deltaOf({ a: '11' }))
      await state.write(`${name}:1`, 1, NO_POSITION, first, deltaOf({ a: 'other' }))
      await state.clear(name, 11)
      expect(textsOf((await state.load(name, 1))?.entries)).toEqual({ a: '1' })
      expect(await state.load(name, 11)).toBeNull()
      expect(textsOf((await state.load(`${name}:1`, 1))?.entries)).toEqual({ a: 'other' })
    })

    it('starts anew after clear', async () => {
      const name = randomUUID()
      await state.write(name, 0, NO_POSITION, second, deltaOf({ a: '1', b: '2' }))
      await state.clear(name, 0)
      await state.clear(name, 0)
      expect(await state.write(name, 0, NO_POSITION, first, deltaOf({ c: '3' }))).toBe(true)
      expect(textsOf((await state.load(name, 0))?.entries)).toEqual({ c: '3' })
    })

    it.each(['change', 'remove'] as const)('notices damage: %s an entry', async (how) => {
      const name = randomUUID()
      await state.write(name, 0, NO_POSITION, first, deltaOf({ a: '1', b: '2', c: '3' }))
      await engine.damage(name, 0, 'b', how)
      await expect(state.load(name, 0)).rejects.toMatchObject({ code: 'state_corrupt' })
      await state.clear(name, 0)
      expect(await state.load(name, 0)).toBeNull()
    })

    it('takes deltas of tens of thousands of entries and loads 100,000', async () => {
      const name = randomUUID()
      const entries = Array.from({ length: 100_000 }, (_, index) => [`v1:integration-${index % 50}:monitor-${index}`, Buffer.from(`problem number ${index} with some text`)] as const)
      let position = NO_POSITION
      for (let start = 0; start < entries.length; start += 40_000) {
        const next = positionOf(1, start + 1)
        expect(await state.write(name, 0, position, next, new Map(entries.slice(start, start + 40_000)))).toBe(true)
        position = next
      }
      const loaded = await state.load(name, 0)
      expect(loaded?.entries.size).toBe(100_000)
      expect(loaded?.entries.get('v1:integration-49:monitor-99999')?.toString()).toBe('problem number 99999 with some text')
      const gone = new Map(entries.slice(0, 99_000).map(([key]) => [key, null]))
      expect(await state.write(name, 0, position, positionOf(1, 200_000), gone)).toBe(true)
      expect((await state.load(name, 0))?.entries.size).toBe(1_000)
      await state.clear(name, 0)
    })
  })
}

function deltaOf(texts: Record<string, string | null>): Map<string, Buffer | null> {
  return new Map(Object.entries(texts).map(([key, text]) => [key, text === null ? null : Buffer.from(text)]))
}

function textsOf(entries: ReadonlyMap<string, Buffer> | undefined): Record<string, string> {
  return Object.fromEntries([...(entries ?? [])].map(([key, value]) => [key, value.toString()]))
}
