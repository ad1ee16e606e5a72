import { copiedDirectory } from '../harness/database-template.ts'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import { outboxDeskContract } from './outbox-desk.contract.ts'
import { ticketBenchContract, ticketOutboxContract } from './ticket-outbox.contract.ts'

ticketOutboxContract('PGlite', copiedDirectory)
outboxDeskContract('PGlite', copiedDirectory)

const nothing = (): Promise<void> => Promise.resolve()
ticketBenchContract('its stand-in in memory', { before: nothing, after: nothing, fresh: (clock) => Promise.resolve(new MemoryTickets(clock)) })
