/** Cursors of PSAs that list what changed since an instant, in an order nobody promises. */
import type { TicketSnapshot } from '../schemas/tickets.ts'
import { ConnectorError } from './port.ts'

/** Tickets that changed at `fromMs` or later; of those at that very instant, ids up to `afterId` were told. Null: none were, or all may have changed once more. */
export interface PollCursor {
  readonly fromMs: number
  readonly afterId: number | null
}

/** Reads a cursor. Throws `invalid` for one that was never given. */
export function readCursor(text: string): PollCursor {
  const [instant = '', id] = text.split('|')
  const cursor = { fromMs: Date.parse(instant), afterId: id === undefined ? null : Number(id) }
  if (!Number.isFinite(cursor.fromMs) || Number.isNaN(cursor.afterId)) throw new ConnectorError('invalid', 'a cursor that was never given: polling begins anew')
  return cursor
}

/** A cursor as text. */
export function writeCursor({ fromMs, afterId }: PollCursor): string {
  return new Date(fromMs).toISOString() + (afterId === null ? '' : `|${afterId}`)
}

/**
 * The oldest `most` of what was listed, oldest first, and where to go on. Where all were taken the next round begins at the last one's instant with that instant in it, for something may
 * have changed in it since; where not, behind the last one, so that a mass edit of one instant is told in rounds.
 */
export function takeOldest(listed: readonly TicketSnapshot[], cursor: PollCursor, most: number): { readonly changed: readonly TicketSnapshot[]; readonly next: PollCursor; readonly isCut: boolean } {
  const due = listed
    .map((ticket) => ({ ticket, atMs: ticket.updatedAtMs ?? cursor.fromMs, id: Number(ticket.ref.externalId) }))
    .filter(({ atMs, id }) => cursor.afterId === null || atMs !== cursor.fromMs || id > cursor.afterId)
    .sort((a, b) => a.atMs - b.atMs || a.id - b.id)
  const taken = due.slice(0, most)
  const last = taken.at(-1)
  const isCut = due.length > taken.length
  const next = { fromMs: Math.max(cursor.fromMs, last?.atMs ?? cursor.fromMs), afterId: isCut ? last?.id ?? null : null }
  return { changed: taken.map(({ ticket }) => ticket), next, isCut }
}
