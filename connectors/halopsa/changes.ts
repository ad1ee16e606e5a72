/** What changed since a moment, oldest first. */
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext } from '../port.ts'
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
  if (cursor === null) return { changed: [], cursor: new Date(ctx.nowMs).toISOString() }
  const fromMs = Date.parse(cursor)
  if (!Number.isFinite(fromMs)) throw new ConnectorError('invalid', 'a cursor that HaloPSA never gave')
  const { tickets, toMs } = await windowFrom(fromMs, ctx)
  const who = await people(ctx)
  const changed = tickets
    .map((ticket) => snapshotOf(ticket, null, { connection: ctx.connection, ...who }))
    .sort((a, b) => (a.updatedAtMs ?? 0) - (b.updatedAtMs ?? 0) || Number(a.ref.externalId) - Number(b.ref.externalId))
    .slice(0, CHANGED_MAX)
  const lastMs = Math.max(fromMs, changed.at(-1)?.updatedAtMs ?? fromMs)
  // A window that is read to its end is left behind; else the last ticket says how far we came.
  return { changed, cursor: new Date(toMs !== null && changed.length === tickets.length ? toMs : lastMs).toISOString() }
}

async function windowFrom(fromMs: number, ctx: CallContext): Promise<{ readonly tickets: readonly HaloTicket[]; readonly toMs: number | null }> {
  let toMs: number | null = null
  for (;;) {
    // The description calls these two yes or no; they take instants, which all clients send.
    const query = { lastupdatefromdate: new Date(fromMs).toISOString(), ...(toMs === null ? {} : { lastupdatetodate: new Date(toMs).toISOString() }) }
    const list = { path: '/Tickets', name: 'tickets', query, reference: 'list changed tickets' }
    const { count } = await onePage<HaloTicket>(list, ctx)
    const spanMs: number = (toMs ?? ctx.nowMs) - fromMs
    if (count <= CHANGED_MAX || spanMs <= SHORTEST_MS) return { tickets: (await upTo<HaloTicket>(MASS_MAX, list, ctx)).items, toMs }
    toMs = fromMs + Math.ceil(spanMs / 2)
  }
}
