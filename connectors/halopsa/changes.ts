/** What changed since a moment, oldest first. */
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { readCursor, takeOldest, writeCursor } from '../poll-cursor.ts'
import type { CallContext } from '../port.ts'
import { onePage, people, upTo } from './calls.ts'
import { snapshotOf } from './map.ts'
import type { HaloTicket } from './types.ts'

const CHANGED_MAX = 200
/** No window is cut shorter: more tickets than that in one go are a mass edit, and what is beyond so many is found when the connection is reconciled. */
const SHORTEST_MS = 2_000
const MASS_MAX = 2_000

/**
 * Tickets that changed at or after the cursor, an instant of Halo's own clock. In which order Halo lists them is not documented, so where there are more than 200
 * the window is halved until they fit, and the cursor moves to its end.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  if (cursor === null) return { changed: [], cursor: writeCursor({ fromMs: ctx.nowMs, afterId: null }) }
  const from = readCursor(cursor)
  const { tickets, toMs } = await windowFrom(from.fromMs, ctx)
  if (tickets.length === 0) return { changed: [], cursor }
  const who = await people(ctx)
  const { changed, next, isCut } = takeOldest(tickets.map((ticket) => snapshotOf(ticket, null, { connection: ctx.connection, ...who })), from, CHANGED_MAX)
  // A window that was told to its end is left behind.
  return { changed, cursor: writeCursor(toMs === null || isCut ? next : { fromMs: toMs, afterId: null }) }
}

/** The first window in which something changed and which is small enough, found by halving. `toMs` null: it reaches to now. */
async function windowFrom(fromMs: number, ctx: CallContext): Promise<{ readonly tickets: readonly HaloTicket[]; readonly toMs: number | null }> {
  let [lowMs, highMs, tooHighMs]: [number, number | null, number | null] = [fromMs, null, null]
  for (;;) {
    // The description calls these two yes or no; they take instants, which all clients send.
    const query = { lastupdatefromdate: new Date(lowMs).toISOString(), ...(highMs === null ? {} : { lastupdatetodate: new Date(highMs).toISOString() }) }
    const list = { path: '/Tickets', name: 'tickets', query, reference: 'list changed tickets' }
    const { count } = await onePage<HaloTicket>(list, ctx)
    const spanMs: number = (highMs ?? ctx.nowMs) - lowMs
    if (count > CHANGED_MAX && spanMs > SHORTEST_MS) {
      tooHighMs = highMs
      highMs = lowMs + Math.ceil(spanMs / 2)
    } else if (count === 0 && highMs !== null) {
      lowMs = highMs
      highMs = tooHighMs
    } else return { tickets: count === 0 ? [] : (await upTo<HaloTicket>(MASS_MAX, list, ctx)).items, toMs: highMs }
  }
}
