/** What a person writes into the incident's own ticket from here: notes, files and time, ordered of the outbox as all that is written there. */
import { createHash, randomUUID } from 'node:crypto'
import type { TicketLinks } from '../../api/ticket-link-ports.ts'
import { safeFileName } from '../../connectors/changes.ts'
import type { Capabilities } from '../../connectors/port.ts'
import { noteTokenOf } from '../../connectors/sync/identity.ts'
import { personLines } from '../../connectors/sync/news.ts'
import { sayable } from '../../connectors/templates/note-text.ts'
import { templateOf } from '../../connectors/templates/templates.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { TicketWriteOrdered } from '../../schemas/ticket-links.ts'
import type { TicketChange, TicketView } from '../../schemas/tickets.ts'
import type { TicketLinkStore } from '../../storage/tickets/ticket-links.ts'
import type { TicketDeskParts } from './connections.ts'

/** Most bytes of a file. */
export const FILE_BYTES = 1_048_576

/** What it stands on. */
export interface TicketWritingParts extends Pick<TicketDeskParts, 'vault' | 'connectorOf'> {
  readonly clock: Clock
}

type Written = Pick<TicketChange, 'notes' | 'attachments' | 'times'>

/** Notes, files and time of people. */
export function ticketWriting({ vault, connectorOf, clock }: TicketWritingParts, store: TicketLinkStore): Pick<TicketLinks, 'note' | 'attach' | 'bookTime'> {
  /** Orders it once for each key of a person; without a key each is another one. */
  async function write(caller: Caller, incidentId: string, ticketId: string, key: string | null, asked: { readonly what: string; readonly able: (capabilities: Capabilities) => boolean; readonly action: string; readonly of: readonly unknown[]; readonly make: (token: string, ticket: TicketView) => Written }): Promise<TicketWriteOrdered> {
    await store.target(caller.scope, incidentId, true)
    const ticket = (await store.list(caller.scope, incidentId)).find(({ id }) => id === ticketId)
    if (ticket === undefined) throw new AppError('not_found', 'the incident has no such ticket')
    const connector = connectorOf(ticket.connector)
    if (connector === null || !asked.able(connector.capabilities)) throw new AppError('conflict', `${connector?.config.title ?? ticket.connector} takes no ${asked.what}, or its connector writes none`)
    if (connector.capabilities.closesForGood === true && ticket.state === 'closed') throw new AppError('conflict', `${connector.config.title} takes nothing for a ticket that is closed: write on the incident, and the next ticket has it`)
    const { mapping } = ticket.connectionId === '' ? connector.config : await vault.open(ticket.connectionId, { purpose: 'look-up', caller })
    const token = noteTokenOf(ticketId, 0, `asked ${key === null ? randomUUID() : createHash('sha256').update(JSON.stringify([caller.id, key, asked.of])).digest('hex')}`)
    const status = await store.orderChange(caller, incidentId, ticketId, { mapping, ...asked.make(token, ticket) }, asked.action)
    return { token, status }
  }

  return {
    note: (caller, incidentId, ticketId, { text, isPublic }, key) => write(caller, incidentId, ticketId, key, {
      what: isPublic ? 'public notes' : 'internal notes', able: ({ publicNote, internalNote }) => (isPublic ? publicNote : internalNote), action: 'ticket.noted', of: [text, isPublic],
      make: (token, { connector }) => ({ notes: [{ token, isPublic, text: sayable(personLines({ id: token, author: caller.name, text }), templateOf(connector).textMax) }] }),
    }),

    async attach(caller, incidentId, ticketId, { name, contentType, base64 }, key) {
      const safe = safeFileName(name)
      if (!/[\p{L}\p{N}]/u.test(safe)) throw new AppError('bad_request', 'name: a file needs a name of letters or digits')
      const bytes = Buffer.from(base64, 'base64')
      if (bytes.length === 0 || bytes.length > FILE_BYTES) throw new AppError('bad_request', `base64: a file of 1 to ${FILE_BYTES} bytes, not ${bytes.length}`)
      return write(caller, incidentId, ticketId, key, {
        what: 'files', able: ({ attach }) => attach, action: 'ticket.attached', of: [safe, contentType, base64], make: (token) => ({ attachments: [{ token, name: safe, contentType, base64: bytes.toString('base64') }] }),
      })
    },

    async bookTime(caller, incidentId, ticketId, { minutes, text, startedAt }, key) {
      const startedAtMs = startedAt === null ? clock.now() - minutes * 60_000 : Date.parse(startedAt)
      if (!Number.isFinite(startedAtMs) || startedAtMs > clock.now()) throw new AppError('bad_request', 'startedAt: a time that is not to come, such as 2026-01-01T12:00:00Z')
      return write(caller, incidentId, ticketId, key, {
        what: 'time', able: ({ time }) => time, action: 'ticket.time_booked', of: [minutes, text, startedAt],
        make: (token, { connector }) => ({ times: [{ token, startedAtMs, minutes, text: sayable(personLines({ id: token, author: caller.name, text }), templateOf(connector).textMax) }] }),
      })
    },
  }
}
