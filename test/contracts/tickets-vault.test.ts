import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsContract } from './connections.contract.ts'
import { vaultContract } from './vault.contract.ts'
import type { EmptyDatabase } from './database.contract.ts'

function emptyDirectory(): Promise<EmptyDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'connections-'))
  return Promise.resolve({ options: { dataDir }, shared: false, drop: () => Promise.resolve(rmSync(dataDir, { recursive: true })) })
}

connectionsContract('PGlite', emptyDirectory)
vaultContract('PGlite', emptyDirectory)
