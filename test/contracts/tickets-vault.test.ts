import { copiedDirectory } from '../harness/database-template.ts'
import { connectionsContract } from './connections.contract.ts'
import { vaultContract } from './vault.contract.ts'

connectionsContract('PGlite', copiedDirectory)
vaultContract('PGlite', copiedDirectory)
