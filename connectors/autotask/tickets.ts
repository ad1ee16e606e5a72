/** Tickets of Autotask: found, read, searched, made, joined. */
import type { TicketDraft, TicketMapping, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, item, make, picklists, query, queryAll, zone } from './api.ts'
import { attachAssets, isOfMachine, sayGone, withoutMachine } from './assets.ts'
import { resource, viewOf } from './lookups.ts'
import { companyIdOf, noteBody, numberOf, pick, refOf, snapshotOf, ticketBody } from './map.ts'
import type { AtFilter, AtNote, AtTicket } from './types.ts'

const CHANGED_MAX = 200
const NOTE_PAGES = 20
const SEARCH_DAYS = 365
const SEARCH_PAGES = 4
const DAY_MS = 86_400_000
const NARROWEST_MS = 1_000
const NARROWEST_PAGES = 20
/** Times may be written a little later than they say: so long an instant may still get more changes. */
const SETTLED_MS = 60_000

/** The oldest ticket with our reference; null: none. */
export async function findTicket(externalRef: string, ctx: CallContext): Promise<AtTicket | null> {
  const { items } = await query<AtTicket>(ctx, 'Tickets', { filter: [{ op: 'eq', field: 'externalID', value: externalRef }], max: 1, reference: 'find ticket by reference' })
  return items[0] ?? null
}

/** How our reference's ticket is named; null: there is none. */
export async function find(externalRef: string, ctx: CallContext): Promise<TicketRef | null> {
  const ticket = await findTicket(externalRef, ctx)
  return ticket === null ? null : refOf(ticket, (await zone(ctx)).webUrl)
}

/** Makes the ticket, names its machines and puts it below its parent; where an earlier attempt was taken, only what is missing. */
export async function create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot> {
  const known = ctx.isRepeat ? await findTicket(draft.externalRef, ctx) : null
  const ticket = known ?? await makeTicket(draft, ctx)
  const ref = refOf(ticket, (await zone(ctx)).webUrl)
  const [main, ...others] = draft.party.assetIds
  if (known === null && main !== undefined && ticket.configurationItemID !== numberOf(main)) await sayGone(ref, [main], ctx)
  await attachAssets(ref, others, known !== null, ctx)
  if (draft.parent !== null) await attachParent(ref, draft.parent, draft.mapping, ctx)
  return snapshotOf({ ...ticket, ...(draft.parent === null ? {} : { problemTicketId: numberOf(draft.parent.externalId) }) }, null, await viewOf(ctx))
}

async function makeTicket(draft: TicketDraft, ctx: CallContext): Promise<AtTicket> {
  const body = ticketBody(draft, { picks: await picklists(ctx, 'Tickets'), assignee: draft.assigneeId === null ? null : await technician(draft.assigneeId, ctx), nowMs: ctx.nowMs })
  const id = await postTicket(body, ctx)
  const ticket = await item<AtTicket>(ctx, path`/Tickets/${id}`, 'read ticket', String(id))
  if (ticket === null) throw new ConnectorError('bad_answer', 'Autotask: the ticket that was made cannot be read: see whether the security level may view all tickets')
  return ticket
}

async function postTicket(body: Readonly<Record<string, unknown>>, ctx: CallContext): Promise<number> {
  const request = { path: '/Tickets', action: 'created', reference: 'create ticket' } as const
  try {
    return await make(ctx, { ...request, json: body })
  } catch (error) {
    if (!isOfMachine(error, body)) throw error
    return make(ctx, { ...request, json: withoutMachine(body) })
  }
}

/** The resource to give a ticket. Throws `invalid` where there is none. */
export async function technician(id: string, ctx: CallContext): Promise<NonNullable<Awaited<ReturnType<typeof resource>>>> {
  const found = await resource(id, ctx)
  if (found === null) throw new ConnectorError('invalid', `Autotask: there is no resource ${id}: match the technician again`)
  return found
}

/** Makes a ticket an incident of a problem: a parent has to be of the type "Problem", so it becomes one. */
export async function attachParent(ref: TicketRef, parent: TicketRef, mapping: TicketMapping, ctx: CallContext): Promise<void> {
  const types = (await picklists(ctx, 'Tickets')).ticketType ?? []
  const problem = pick('ticketType', mapping.place.problemType ?? 'Problem', types)
  const incident = pick('ticketType', mapping.place.incidentType ?? 'Incident', types)
  const above = await item<AtTicket>(ctx, path`/Tickets/${parent.externalId}`, 'read parent ticket', parent.externalId)
  if (above === null) throw new ConnectorError('not_found', 'Autotask: the parent ticket is gone')
  if (above.ticketType !== problem) await change(ctx, { id: numberOf(parent.externalId), ticketType: problem }, 'make the parent a problem', parent.externalId)
  await change(ctx, { id: numberOf(ref.externalId), ticketType: incident, problemTicketId: numberOf(parent.externalId) }, 'make it an incident of a problem', ref.externalId)
}

/** Changes the given fields of a ticket. */
export async function change(ctx: CallContext, json: Readonly<Record<string, unknown>>, reference: string, externalId: string): Promise<void> {
  await orGone(ctx, externalId, () => call(ctx, { method: 'PATCH', path: '/Tickets', json, action: 'updated', reference, externalId }))
}

/** Writes to a ticket. What is refused because there is no such ticket comes as any other mistake, so it is looked up then. Throws `not_found` for it. */
export async function orGone<T>(ctx: CallContext, externalId: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== 'invalid' || (await item<AtTicket>(ctx, path`/Tickets/${externalId}`, 'see whether the ticket is there', externalId)) !== null) throw error
    throw new ConnectorError('not_found', `Autotask: ticket ${externalId} is gone`, { cause: error })
  }
}

/** All notes of a ticket, at most 20 pages of them. */
export function notesOfTicket(ref: TicketRef, ctx: CallContext): Promise<readonly AtNote[]> {
  return queryAll<AtNote>(ctx, 'TicketNotes', { filter: [{ op: 'eq', field: 'ticketID', value: numberOf(ref.externalId) }], pages: NOTE_PAGES, reference: 'read notes', action: 'retrieved' })
}

/** The ticket with its newest notes; null: it is gone. */
export async function read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null> {
  const ticket = await item<AtTicket>(ctx, path`/Tickets/${ref.externalId}`, 'read ticket', ref.externalId)
  return ticket === null || (of !== undefined && companyIdOf(ticket) !== of) ? null : snapshotOf(ticket, { list: await notesOfTicket(ref, ctx), picks: await picklists(ctx, 'TicketNotes') }, await viewOf(ctx))
}

/**
 * Tickets whose last activity is at or after the cursor, an instant. Autotask answers by id and not by time, so a span with more tickets than fit in one answer is halved until
 * it fits: what comes later is told by the next call.
 */
export async function changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }> {
  if (cursor === null) return { changed: [], cursor: iso(ctx.nowMs) }
  const sinceMs = Date.parse(cursor)
  if (!Number.isFinite(sinceMs)) throw new ConnectorError('defect', 'a cursor that is no instant')
  const { items, endMs } = await earliest(sinceMs, null, ctx)
  const view = await viewOf(ctx)
  const sorted = items.map((ticket) => snapshotOf(ticket, null, view)).sort((a, b) => (a.updatedAtMs ?? 0) - (b.updatedAtMs ?? 0))
  const firstMs = sorted[0]?.updatedAtMs ?? null
  const edgeMs = sorted[CHANGED_MAX - 1]?.updatedAtMs ?? null
  // More of one instant than are told at once cannot be asked for apart, so they come together.
  const count = edgeMs !== null && edgeMs === firstMs ? sorted.filter(({ updatedAtMs }) => updatedAtMs === edgeMs).length : Math.min(sorted.length, CHANGED_MAX)
  const changed = sorted.slice(0, count)
  if (edgeMs !== null && count < sorted.length) return { changed, cursor: iso(edgeMs === firstMs ? edgeMs + 1 : edgeMs) }
  if (endMs !== null) return { changed, cursor: iso(endMs) }
  const newest = changed.at(-1)?.updatedAtMs ?? null
  return { changed, cursor: newest === null ? cursor : iso(newest + SETTLED_MS < ctx.nowMs ? newest + 1 : newest) }
}

/** The earliest tickets of a span that fit in one answer, and where that ends; null: they are all there are. */
async function earliest(sinceMs: number, endMs: number | null, ctx: CallContext): Promise<{ readonly items: readonly AtTicket[]; readonly endMs: number | null }> {
  const how = { filter: between(sinceMs, endMs), reference: 'ask what changed' }
  const { items, next } = await query<AtTicket>(ctx, 'Tickets', how)
  if (next === null) return { items, endMs }
  const spanMs = (endMs ?? ctx.nowMs) - sinceMs
  if (spanMs <= NARROWEST_MS) return { items: await queryAll<AtTicket>(ctx, 'Tickets', { ...how, pages: NARROWEST_PAGES }), endMs }
  const middleMs = sinceMs + Math.ceil(spanMs / 2)
  const first = await earliest(sinceMs, middleMs, ctx)
  return first.items.length > 0 ? first : earliest(middleMs, endMs, ctx)
}

function between(sinceMs: number, endMs: number | null): readonly AtFilter[] {
  return [{ op: 'gte', field: 'lastActivityDate', value: iso(sinceMs) }, ...(endMs === null ? [] : [{ op: 'lt', field: 'lastActivityDate', value: iso(endMs) }])]
}

/** Tickets of the last year by words of their title, and any by number or by our reference, the newest first. */
export async function search({ text, companyId, limit }: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]> {
  const value = text.trim().slice(0, 200)
  const recent: AtFilter = { op: 'gte', field: 'createDate', value: iso(ctx.nowMs - SEARCH_DAYS * DAY_MS) }
  const any: AtFilter = value === '' ? recent : { op: 'or', items: [{ op: 'eq', field: 'ticketNumber', value }, { op: 'eq', field: 'externalID', value }, { op: 'and', items: [{ op: 'contains', field: 'title', value }, recent] }] }
  const items = await queryAll<AtTicket>(ctx, 'Tickets', { filter: [any, ...(companyId === null ? [] : [{ op: 'eq', field: 'companyID', value: numberOf(companyId) }])], pages: SEARCH_PAGES, reference: 'search tickets' })
  const view = await viewOf(ctx)
  return [...items].reverse().slice(0, limit).map((ticket) => snapshotOf(ticket, null, view))
}

/** Autotask merges nothing through its interface: each ticket is told of the other in a note for technicians. */
export async function join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void> {
  const picks = await picklists(ctx, 'TicketNotes')
  const token = `join-${from.externalId}-${into.externalId}`
  const both = [[from, `The same problem as ticket ${into.number}: see there.`], [into, `Ticket ${from.number} is about the same problem.`]] as const
  for (const [ref, text] of both) {
    const isThere = ctx.isRepeat && (await notesOfTicket(ref, ctx)).some(({ description }) => description?.includes(`[${token}]`) === true)
    if (!isThere) await make(ctx, { path: path`/Tickets/${ref.externalId}/Notes`, json: noteBody({ text, token, isPublic: false }, ctx.connection.mapping, picks), action: 'linked', reference: 'link tickets', externalId: ref.externalId })
  }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
