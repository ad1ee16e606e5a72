import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SchemaIds } from '../../schemas/codec.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbSchemaIds } from '../../storage/lmdb/schema-ids.ts'
import { schemaIdsContract } from './schema-ids.contract.ts'

schemaIdsContract('LMDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'schemas-'))
  const env = await openLmdb({ directory })
  const ids: SchemaIds = openLmdbSchemaIds(env)
  return {
    ids,
    reopen: async () => openLmdbSchemaIds(env),
    close: async () => {
      await env.close()
      await rm(directory, { recursive: true })
    },
  }
})
