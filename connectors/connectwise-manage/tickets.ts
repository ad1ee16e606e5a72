/** Tickets of ConnectWise: found, read, searched, made, joined. */
import type { TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { list, one, PAGE, part, send } from './api.ts'
import { quoted, wholeNumber } from './conditions.ts'
import { emailOf } from './lookups.ts'
import { idOf, noteBody, numberOf, reference, refOf, seconds, snapshotOf, ticketBody } from './map.ts'
import type { CwNote, CwReference, CwTicket } from './types.ts'

const CHANGED_MAX = 200
const SEARCH_MAX = 200
const NOTES_MOST = 10_000
/** Their times are whole seconds: until one is well over, more may change in it. */
const SETTLED_MS = 60_000

/** The oldest ticket with our reference; null: none. */
export async function findTicket(externalRef: string, ctx: CallContext): Promise<CwTicket | null> {
  const [found] = await list<CwTicket>(ctx, '/service/tickets', { conditions: `externalXRef=${quoted(externalRef)}`, orderBy: 'id asc', pageSize: 1 }, { most: 1, reference: 'find ticket by reference', action: 'searched' })
  return found ?? null
}

/** Makes the ticket and attaches what belongs to it; where an earlier attempt was taken, only what is missing. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const known = ctx.isRepeat ? await findTicket(draft.externalRef, ctx) : null
  const ticket = known ?? await send<CwTicket>(ctx, { method: 'POST', path: '/service/tickets', json: ticketBody(draft, ctx.connection), action: 'created', reference: 'create ticket' })
  if (ticket.id === undefined) throw new ConnectorError('bad_answer', 'ConnectWise: the new ticket came back without its id')
  const ref = refOf(ticket.id, ctx.connection)
  await attachAssets(ref, draft.party.assetIds, known !== null, ctx)
  if (draft.parent !== null) await attachParent(ref, draft.parent, ticket, ctx)
  return snapshotOf({ ...ticket, ...(draft.parent === null ? {} : { parentTicketId: numberOf(draft.parent.externalId) }) }, null, ctx.connection)
}

/** Attaches configuration items. One that is gone is said in a note instead: a ticket without it is better than none. */
export async function attachAssets(ref: TicketRef, assetIds: readonly string[], isLooking: boolean, ctx: CallContext): Promise<void> {
  if (assetIds.length === 0) return
  const there = isLooking ? await list<CwReference>(ctx, path`/service/tickets/${ref.externalId}/configurations`, { pageSize: PAGE }, { most: NOTES_MOST, reference: 'read configurations of a ticket' }) : []
  const gone: string[] = []
  for (const id of assetIds.filter((asset) => !there.some((had) => String(had.id) === asset))) {
    try {
      await ctx.http.call({ method: 'POST', path: path`/service/tickets/${ref.externalId}/configurations`, json: { id: numberOf(id) }, action: 'linked', reference: 'attach configuration', externalId: ref.externalId })
    } catch (error) {
      if (!(error instanceof ConnectorError) || !['invalid', 'not_found', 'conflict'].includes(error.code)) throw error
      // Already attached is what was wanted.
      if (error.code !== 'conflict') gone.push(id)
    }
  }
  if (gone.length === 0) return
  const token = `gone-${gone.join('-')}`.slice(0, 60)
  if (isLooking && (await allNotes(ref, ctx)).some(({ text }) => text?.includes(`[${token}]`) === true)) return
  const said = noteBody({ text: `These configuration items are not known here any more and were not attached: ${gone.join(', ')}.`, token, kind: 'internal' }, ctx.connection)
  await send(ctx, { method: 'POST', path: path`/service/tickets/${ref.externalId}/notes`, json: said, action: 'updated', reference: 'say which configurations are gone', externalId: ref.externalId })
}

/** Makes a ticket the child of another, unless it is one already. */
export async function attachParent(ref: TicketRef, parent: TicketRef, known: CwTicket | null, ctx: CallContext): Promise<void> {
  const isChild = known?.parentTicketId === numberOf(parent.externalId)
  if (isChild) return
  await ctx.http.call({ method: 'POST', path: path`/service/tickets/${parent.externalId}/attachChildren`, json: { childTicketIds: [numberOf(ref.externalId)] }, action: 'linked', reference: 'make it a child of another ticket', externalId: ref.externalId })
}

/** All notes of a ticket, those written with time included. */
export function allNotes(ref: TicketRef, ctx: CallContext): Promise<readonly CwNote[]> {
  return list<CwNote>(ctx, path`/service/tickets/${ref.externalId}/allNotes`, { pageSize: PAGE }, { most: NOTES_MOST, reference: 'read notes' })
}

/** The ticket; null: it was deleted. */
export function readTicket(ref: TicketRef, ctx: CallContext): Promise<CwTicket | null> {
  return one<CwTicket>(ctx, path`/service/tickets/${ref.externalId}`, 'read ticket', ref.externalId)
}

/** The ticket with its newest notes; null: it was deleted. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await readTicket(ref, ctx)
  if (ticket === null || (of !== undefined && idOf(ticket.company) !== of)) return null
  return snapshotOf(ticket, await allNotes(ref, ctx), ctx.connection, ticket.owner?.id == null ? null : await emailOf(ticket.owner.id, ctx))
}

/**
 * Tickets changed since. The cursor is an instant to the second, as their times are, and the last ticket that was told of that second where more changed in it than is told at
 * once: `2026-11-21T17:00:00Z 4711`. What changed in the newest second is told again until that second is surely over.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  if (cursor === null) return { changed: [], cursor: seconds(ctx.nowMs) }
  const [since = '', last] = cursor.split(' ')
  const sinceMs = Date.parse(since)
  if (!Number.isFinite(sinceMs)) throw new ConnectorError('defect', 'a cursor that is no instant')
  const conditions = last === undefined ? `lastUpdated>=[${seconds(sinceMs)}]` : `(lastUpdated>=[${seconds(sinceMs + 1_000)}] or (lastUpdated>=[${seconds(sinceMs)}] and id>${wholeNumber(last)}))`
  const { rows, isMore } = await part<CwTicket>(ctx, '/service/tickets', { conditions, orderBy: 'lastUpdated asc, id asc', pageSize: CHANGED_MAX }, { most: CHANGED_MAX, reference: 'ask what changed', action: 'searched' })
  const changed = rows.map((ticket) => snapshotOf(ticket, null, ctx.connection))
  const newest = changed.at(-1)
  if (newest?.updatedAtMs == null) return { changed, cursor }
  const isOver = newest.updatedAtMs + SETTLED_MS < ctx.nowMs
  if (!isMore) return { changed, cursor: seconds(isOver ? newest.updatedAtMs + 1_000 : newest.updatedAtMs) }
  return { changed, cursor: isOver || seconds(newest.updatedAtMs) === seconds(sinceMs) ? `${seconds(newest.updatedAtMs)} ${newest.ref.externalId}` : seconds(newest.updatedAtMs) }
}

/** Tickets by words of their title, by number or by our reference, the newest first. */
export async function search({ text, companyId, limit: asked }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const limit = Math.min(Math.max(asked, 1), SEARCH_MAX)
  const words = quoted(text)
  if (words === '""') return []
  const any = [`summary contains ${words}`, `externalXRef=${words}`, ...(/^"\d{1,9}"$/.test(words) ? [`id=${words.slice(1, -1)}`] : [])]
  const conditions = `(${any.join(' or ')})${companyId === null ? '' : ` and company/id=${wholeNumber(companyId)}`}`
  const tickets = await list<CwTicket>(ctx, '/service/tickets', { conditions, orderBy: 'id desc', pageSize: limit }, { most: limit, reference: 'search tickets', action: 'searched' })
  return tickets.map((ticket) => snapshotOf(ticket, null, ctx.connection))
}

/** Merges one ticket into another: it is closed, and its notes show there. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const ticket = ctx.isRepeat ? await readTicket(from, ctx) : null
  if (ticket?.mergedParentTicket?.id === numberOf(into.externalId)) return
  const closed = ctx.connection.mapping.status.closed
  if (closed === undefined || closed === '') throw new ConnectorError('misconfigured', 'ConnectWise merges into a closing status only: map "closed" to one of the board')
  await ctx.http.call({ method: 'POST', path: path`/service/tickets/${into.externalId}/merge`, json: { mergeTicketIds: [numberOf(from.externalId)], status: reference(closed) }, action: 'linked', reference: 'merge tickets', externalId: from.externalId })
}
