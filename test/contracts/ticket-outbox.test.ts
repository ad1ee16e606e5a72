import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import { ticketBenchContract, ticketOutboxContract } from './ticket-outbox.contract.ts'

ticketOutboxContract('PGlite', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'outbox-'))
  return Promise.resolve({ options: { dataDir }, shared: false, drop: () => Promise.resolve(rmSync(dataDir, { recursive: true })) })
})

const nothing = (): Promise<void> => Promise.resolve()
ticketBenchContract('its stand-in in memory', { before: nothing, after: nothing, fresh: (clock) => Promise.resolve(new MemoryTickets(clock)) })
