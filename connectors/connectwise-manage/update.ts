/** Changes of a ticket. Notes, files and times are known by their token, so that a second attempt writes only what is missing. */
import type { TicketChange, TicketRef } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { fileOf, refuseChangeRequests } from '../changes.ts'
import { tokensIn } from '../text.ts'
import { list, PAGE, send } from './api.ts'
import { statusesOf, statusesOfBoard } from './lookups.ts'
import { documentTitle, noteBody, numberOf, patchOf, timeBody } from './map.ts'
import { allNotes, attachAssets, attachParent, readTicket } from './tickets.ts'
import type { CwNote, CwPatch } from './types.ts'

const MOST = 10_000

/** Writes the change. A ticket is opened before anything is added to it and closed after, since a closed one may take no time. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseChangeRequests(change)
  const isClosing = change.state === 'resolved' || change.state === 'closed'
  if (!isClosing) await patch(ref, change, ctx)
  await addNotes(ref, change, ctx)
  await addFiles(ref, change, ctx)
  await addTimes(ref, change, ctx)
  // Without a look, attaching one a second time would be refused.
  if (change.assetIds !== undefined) await attachAssets(ref, change.assetIds, true, ctx)
  if (change.parent !== undefined) await attachParent(ref, change.parent, ctx.isRepeat ? await readTicket(ref, ctx) : null, ctx)
  if (isClosing) await patch(ref, change, ctx)
}

async function patch(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  const operations = patchOf(change)
  if (operations.length === 0) return
  const write = (json: readonly CwPatch[]): Promise<object> => send(ctx, { method: 'PATCH', path: path`/service/tickets/${ref.externalId}`, json, action: 'updated', reference: 'change ticket', externalId: ref.externalId })
  try {
    await write(operations)
  } catch (error) {
    const isStatus = error instanceof ConnectorError && error.code === 'invalid' && /status/i.test(error.message) && operations.some(({ path: field }) => field === 'status')
    const there = isStatus ? await statusElsewhere(ref, change, ctx) : null
    if (there === null) throw error
    const fitting = operations.flatMap((one) => (one.path !== 'status' ? [one] : there.id === null ? [] : [{ ...one, value: { id: there.id } }]))
    if (fitting.length > 0) await write(fitting)
  }
}

/**
 * Technicians move tickets to other boards, whose statuses are their own: there it is the one of the same name, else one that ends it, or opens what is closed; what is only under way stays as
 * it is (`id` null). Null: it is on the board that is mapped, so the mapping is wrong.
 */
async function statusElsewhere(ref: TicketRef, { state, mapping }: TicketChange, ctx: CallContext): Promise<{ readonly id: number | null } | null> {
  const ticket = await readTicket(ref, ctx)
  const { board } = ticket ?? {}
  const mapped = (mapping.place.board ?? '').toLowerCase()
  if (state === undefined || board?.id == null || [String(board.id), board.name?.toLowerCase()].includes(mapped)) return null
  const wanted = mapping.status[state] ?? ''
  const name = ((await statusesOfBoard(ctx)) ?? []).find(({ id }) => String(id) === wanted)?.name ?? wanted
  const there = await statusesOf(board.id, ctx)
  const isEnding = state === 'resolved' || state === 'closed'
  if (!isEnding && state !== 'open' && ticket?.closedFlag !== true) return { id: null }
  const fitting = there.filter(({ closedStatus }) => (closedStatus === true) === isEnding)
  const found = there.find((one) => one.name?.toLowerCase() === name.toLowerCase()) ?? fitting.find(({ defaultFlag }) => defaultFlag === true) ?? fitting[0]
  return found?.id == null ? null : { id: found.id }
}

async function addNotes(ref: TicketRef, { notes = [], resolution }: TicketChange, ctx: CallContext): Promise<void> {
  if (notes.length === 0 && resolution === undefined) return
  const there: readonly CwNote[] = ctx.isRepeat ? await allNotes(ref, ctx) : []
  const known = tokensIn(there.map((note) => note.text ?? ''), notes.map(({ token }) => token))
  const bodies = notes.filter(({ token }) => !known.has(token)).map(({ text, token, isPublic }) => noteBody({ text, token, kind: isPublic ? 'public' : 'internal' }, ctx.connection))
  if (resolution !== undefined) {
    const body = noteBody({ text: resolution, token: null, kind: 'resolution' }, ctx.connection)
    if (!there.some((note) => note.resolutionFlag === true && note.text?.trim() === String(body.text).trim())) bodies.push(body)
  }
  for (const json of bodies) await send(ctx, { method: 'POST', path: path`/service/tickets/${ref.externalId}/notes`, json, action: 'updated', reference: 'add note', externalId: ref.externalId })
}

async function addFiles(ref: TicketRef, { attachments = [] }: TicketChange, ctx: CallContext): Promise<void> {
  if (attachments.length === 0) return
  const there = ctx.isRepeat ? await list<{ readonly title?: string | null }>(ctx, '/system/documents', { recordType: 'Ticket', recordId: numberOf(ref.externalId) }, { most: MOST, reference: 'read files of a ticket' }) : []
  const known = tokensIn(there.map(({ title }) => title ?? ''), attachments.map(({ token }) => token))
  for (const file of attachments.filter(({ token }) => !known.has(token))) {
    const { name, contentType, bytes } = fileOf(file)
    const multipart = [
      { name: 'recordType', value: 'Ticket' }, { name: 'recordId', value: String(numberOf(ref.externalId)) }, { name: 'title', value: documentTitle(file.name, file.token) },
      // Ours are for technicians: they do not show in the client’s portal.
      { name: 'privateFlag', value: 'true' },
      { name: 'file', value: bytes, fileName: name, contentType },
    ]
    await send(ctx, { method: 'POST', path: '/system/documents', multipart, action: 'attached', reference: 'attach file', externalId: ref.externalId })
  }
}

async function addTimes(ref: TicketRef, { times = [], mapping }: TicketChange, ctx: CallContext): Promise<void> {
  if (times.length === 0) return
  const conditions = `chargeToId=${numberOf(ref.externalId)} and chargeToType="ServiceTicket"`
  const there = ctx.isRepeat ? await list<{ readonly notes?: string | null }>(ctx, '/time/entries', { conditions, pageSize: PAGE }, { most: MOST, reference: 'read time of a ticket' }) : []
  const known = tokensIn(there.map(({ notes }) => notes ?? ''), times.map(({ token }) => token))
  for (const time of times) {
    if (known.has(time.token)) continue
    await send(ctx, { method: 'POST', path: '/time/entries', json: timeBody(ref.externalId, time, mapping, ctx.connection), action: 'created', reference: 'book time', externalId: ref.externalId })
  }
}
