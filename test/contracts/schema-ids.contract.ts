/** What every source of schema ids must do. `schema-ids.test.ts` runs it over LMDB, `schema-ids.services.test.ts` over the registry. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCodec, openRecordCodec, parseSchema, schemaText, type SchemaIds } from '../../schemas/codec.ts'
import { TOPICS } from '../../schemas/topics.ts'

/** One engine under test. */
export interface SchemaIdsEngine {
  readonly ids: SchemaIds
  /** The same registry through a client that has nothing cached. */
  reopen(): Promise<SchemaIds>
  close(): Promise<void>
}

const recordOf = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Thing', fields })

/** Runs the suite over an engine. */
export function schemaIdsContract(name: string, open: () => Promise<SchemaIdsEngine>): void {
  describe(`schema ids on ${name}`, () => {
    let engine: SchemaIdsEngine
    let ids: SchemaIds

    beforeAll(async () => {
      engine = await open()
      ids = engine.ids
    })
    afterAll(() => engine.close())

    it('gives a schema one id for ever and the schema for the id', async () => {
      const subject = `${randomUUID()}-value`
      const schema = recordOf({ name: subject.replaceAll('-', '_').replace(/^/, 'f'), type: 'string' })
      const id = await ids.idFor(subject, schema)
      expect(await ids.idFor(subject, schema)).toBe(id)
      const other = await engine.reopen()
      expect(await other.idFor(subject, schema)).toBe(id)
      expect(parseSchema(await other.schemaOf(id)).equals(parseSchema(schema))).toBe(true)
    })

    it('takes a compatible change under a new id and keeps the old one', async () => {
      const subject = `${randomUUID()}-value`
      const before = recordOf({ name: 'a', type: 'string' })
      const after = recordOf({ name: 'a', type: 'string' }, { name: 'b', type: 'long', default: 7 })
      const old = await openRecordCodec<{ a: string }>(subject, before, ids)
      const changed = await openRecordCodec<{ a: string; b: number }>(subject, after, ids)
      const value = old.encode({ a: 'x' })
      await changed.prepare([value])
      expect({ ...changed.decode(value) }).toEqual({ a: 'x', b: 7 })
      expect(await ids.idFor(subject, before)).toBe(value.readUInt32BE(1))
    })

    it('refuses a change that the released schema cannot read, or that cannot read it', async () => {
      const subject = `${randomUUID()}-value`
      await ids.idFor(subject, recordOf({ name: 'a', type: 'string' }, { name: 'c', type: 'long' }))
      const refused = [
        recordOf({ name: 'a', type: 'string' }, { name: 'c', type: 'long' }, { name: 'b', type: 'long' }),
        recordOf({ name: 'a', type: 'string' }),
        recordOf({ name: 'a', type: 'long' }, { name: 'c', type: 'long' }),
      ]
      for (const schema of refused) await expect(ids.idFor(subject, schema)).rejects.toMatchObject({ code: 'schema_incompatible' })
    })

    it('says record_unreadable for an id nobody gave', async () => {
      await expect(ids.schemaOf(99_999_999)).rejects.toMatchObject({ code: 'record_unreadable' })
    })

    it('gives one id when several register the same schema at once', async () => {
      const subject = `${randomUUID()}-value`
      const schema = recordOf({ name: 'a', type: 'string' })
      const others = await Promise.all([engine.reopen(), engine.reopen()])
      const given = await Promise.all([ids, ...others].map((source) => source.idFor(subject, schema)))
      expect(new Set(given).size).toBe(1)
    })

    it('registers every topic of the program, and a record passes through a second client', async () => {
      for (const topic of Object.values(TOPICS)) expect(await ids.idFor(`${topic.name}-value`, schemaText(topic.schema))).toBeGreaterThan(0)
      const writer = await openCodec('alerts.raw.v1', ids)
      const reader = await openCodec('alerts.raw.v1', await engine.reopen())
      const value = writer.encode({ event: { type: 'tick', processId: 'p' } } as never)
      await reader.prepare([value])
      expect(reader.decode(value).event.type).toBe('tick')
    })
  })
}
