/** What changed since a moment. */
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { pages } from './calls.ts'
import { snapshotOf } from './map.ts'
import type { AteraTicket } from './types.ts'

const PAGES_AT_ONCE = 4
/** Atera's clock may go behind ours, and its lists behind its tickets. */
const OVERLAP_MS = 120_000

interface Cursor {
  readonly fromMs: number
  readonly page: number
  readonly startedMs: number
}

/**
 * Tickets that changed at or after the cursor. Atera does not tell when a ticket was changed, so the cursor holds the moment that is asked from, the page that is next,
 * and the moment the first page was read: from there, less an overlap, the next round goes on. That moment also stands for when its tickets changed, so that a change that leaves
 * no other time behind, such as another technician, is known as one.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  if (cursor === null) return { changed: [], cursor: written({ fromMs: ctx.nowMs, page: 1, startedMs: ctx.nowMs }) }
  const at = parsed(cursor)
  const startedMs = at.page === 1 ? ctx.nowMs : at.startedMs
  const { items, pages: all } = await pages<AteraTicket>({ path: '/api/v3/tickets/lastmodified', query: { date: new Date(at.fromMs).toISOString(), includeRelations: true }, reference: 'list changed tickets' }, { first: at.page, most: PAGES_AT_ONCE }, ctx)
  const next = at.page + PAGES_AT_ONCE
  const changed = items.map((ticket) => ({ ...snapshotOf(ticket, null, ctx.connection), updatedAtMs: startedMs }))
  return { changed, cursor: written(next <= all ? { fromMs: at.fromMs, page: next, startedMs } : { fromMs: Math.max(at.fromMs, startedMs - OVERLAP_MS), page: 1, startedMs }) }
}

function written({ fromMs, page, startedMs }: Cursor): string {
  return `${new Date(fromMs).toISOString()}|${page}|${new Date(startedMs).toISOString()}`
}

function parsed(cursor: string): Cursor {
  const [from = '', at = '', started = ''] = cursor.split('|')
  const read = { fromMs: Date.parse(from), page: Number(at), startedMs: Date.parse(started) }
  if (!Number.isFinite(read.fromMs) || !Number.isFinite(read.startedMs) || !Number.isInteger(read.page) || read.page < 1) throw new ConnectorError('invalid', 'a cursor that Atera never gave')
  return read
}
