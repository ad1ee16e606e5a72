import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ticketOutboxContract } from './ticket-outbox.contract.ts'

ticketOutboxContract('PGlite', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'outbox-'))
  return Promise.resolve({ options: { dataDir }, shared: false, drop: () => Promise.resolve(rmSync(dataDir, { recursive: true })) })
})
