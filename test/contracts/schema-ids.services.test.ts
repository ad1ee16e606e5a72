import { inject } from 'vitest'
import type { SchemaIds } from '../../schemas/codec.ts'
import { openRegistrySchemaIds } from '../../storage/registry/schema-ids.ts'
import { schemaIdsContract } from './schema-ids.contract.ts'

schemaIdsContract('a registry', async () => {
  const url = inject('addresses').SCHEMA_REGISTRY_URL
  const ids: SchemaIds = openRegistrySchemaIds({ url })
  return { ids, reopen: async () => openRegistrySchemaIds({ url }), close: async () => undefined }
})
