import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StateStore } from '../../processors/ports.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbState } from '../../storage/lmdb/state.ts'
import { stateContract } from './state.contract.ts'

stateContract('LMDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'state-'))
  const env = await openLmdb({ directory })
  const state: StateStore = openLmdbState(env)
  return {
    state,
    other: openLmdbState(env),
    damage: async (name, _partition, key, how) => {
      const entries = env.table('state_entries')
      for (const { key: stored, value } of [...entries.getRange({ start: Buffer.from([1]), end: Buffer.from([0xff]) })]) {
        if (!stored.includes(name) || !stored.toString().endsWith(key)) continue
        await (how === 'remove' ? entries.remove(stored) : entries.put(stored, Buffer.concat([value, Buffer.from('!')])))
      }
    },
    close: async () => {
      await state.close()
      await env.close()
      await rm(directory, { recursive: true })
    },
  }
})
