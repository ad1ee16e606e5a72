import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { AppError } from '../../schemas/errors.ts'
import type { SchemaIds } from '../../schemas/codec.ts'
import { openRegistrySchemaIds } from '../../storage/registry/schema-ids.ts'
import { schemaIdsContract } from './schema-ids.contract.ts'

schemaIdsContract('a registry', async () => {
  const url = inject('addresses').SCHEMA_REGISTRY_URL
  const ids: SchemaIds = openRegistrySchemaIds({ url })
  return { ids, reopen: async () => openRegistrySchemaIds({ url }), close: async () => undefined }
})

describe('a subject of the registry', () => {
  const schema = (...fields: string[]): string => JSON.stringify({ type: 'record', name: 'Held', fields: fields.map((name) => ({ name, type: 'int' })) })

  it('can be made by several processes at once', async () => {
    const subject = `at-once-${randomUUID()}`
    const ids = await Promise.all(Array.from({ length: 8 }, () => openRegistrySchemaIds({ url: inject('addresses').SCHEMA_REGISTRY_URL }).idFor(subject, schema('a'))))
    expect(new Set(ids).size).toBe(1)
  })

  it('is held to compatibility although whoever made it died before saying so', async () => {
    const url = inject('addresses').SCHEMA_REGISTRY_URL
    const subject = `left-${randomUUID()}`
    const made = await fetch(`${url}/subjects/${subject}/versions`, { method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify({ schema: schema('a') }) })
    const { id } = await made.json() as { id: number }
    const ids = openRegistrySchemaIds({ url })
    expect(await ids.idFor(subject, schema('a'))).toBe(id)
    const refused: unknown = await ids.idFor(subject, schema('b')).catch((thrown: unknown) => thrown)
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'schema_incompatible' })
  })
})
