import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import type { EmptyDatabase } from './database.contract.ts'
import { outboxDeskContract } from './outbox-desk.contract.ts'
import { ticketBenchContract, ticketOutboxContract } from './ticket-outbox.contract.ts'

const directory = (): Promise<EmptyDatabase> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'outbox-'))
  return Promise.resolve({ options: { dataDir }, shared: false, drop: () => Promise.resolve(rmSync(dataDir, { recursive: true })) })
}
ticketOutboxContract('PGlite', directory)
outboxDeskContract('PGlite', directory)

const nothing = (): Promise<void> => Promise.resolve()
ticketBenchContract('its stand-in in memory', { before: nothing, after: nothing, fresh: (clock) => Promise.resolve(new MemoryTickets(clock)) })
