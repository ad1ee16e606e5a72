/** Changes of a ticket. Notes, files and times are known by their token, so that a second attempt writes only what is missing. */
import type { TicketChange, TicketRef } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { fileOf, refuseChangeRequests } from '../changes.ts'
import { tokensIn } from '../text.ts'
import { children, make, picklists, queryAll } from './api.ts'
import { attachmentBody, noteBody, numberOf, patchOf, timeBody } from './map.ts'
import { attachAssets, isOfMachine, sayGone, withoutMachine } from './assets.ts'
import { attachParent, change as changeTicket, notesOfTicket, orGone, technician } from './tickets.ts'

const FILE_MAX_BYTES = 6_000_000

/** Writes the change. A ticket is opened before anything is added to it and completed after, since a complete one may take no time. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseChangeRequests(change)
  const isClosing = change.state === 'resolved' || change.state === 'closed'
  if (!isClosing) await patch(ref, change, ctx)
  await addNotes(ref, change, ctx)
  await addFiles(ref, change, ctx)
  await addTimes(ref, change, ctx)
  const [, ...others] = change.assetIds ?? []
  await attachAssets(ref, others, true, ctx)
  if (change.parent !== undefined) await attachParent(ref, change.parent, change.mapping, ctx)
  if (isClosing) await patch(ref, change, ctx)
}

async function patch(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  const { assigneeId } = change
  const assignee = assigneeId === undefined || assigneeId === null ? assigneeId : await technician(assigneeId, ctx)
  const fields = patchOf(change, change.state === undefined && change.severity === undefined ? {} : await picklists(ctx, 'Tickets'), assignee)
  if (Object.keys(fields).length === 0) return
  const write = (some: Readonly<Record<string, unknown>>): Promise<void> => changeTicket(ctx, { id: numberOf(ref.externalId), ...some }, 'change ticket', ref.externalId)
  try {
    await write(fields)
  } catch (error) {
    if (!isOfMachine(error, fields)) throw error
    const others = withoutMachine(fields)
    if (Object.keys(others).length > 0) await write(others)
    await sayGone(ref, change.assetIds?.slice(0, 1) ?? [], ctx)
  }
}

async function addNotes(ref: TicketRef, { notes = [], mapping }: TicketChange, ctx: CallContext): Promise<void> {
  if (notes.length === 0) return
  const there = ctx.isRepeat ? await notesOfTicket(ref, ctx) : []
  const known = tokensIn(there.map(({ description }) => description ?? ''), notes.map(({ token }) => token))
  const picks = await picklists(ctx, 'TicketNotes')
  for (const note of notes.filter(({ token }) => !known.has(token))) {
    await orGone(ctx, ref.externalId, () => make(ctx, { path: path`/Tickets/${ref.externalId}/Notes`, json: noteBody(note, mapping, picks), action: 'updated', reference: 'add note', externalId: ref.externalId }))
  }
}

async function addFiles(ref: TicketRef, { attachments = [], mapping }: TicketChange, ctx: CallContext): Promise<void> {
  if (attachments.length === 0) return
  const there = ctx.isRepeat ? await children<{ readonly title?: string | null }>(ctx, path`/Tickets/${ref.externalId}/Attachments`, 'read files of a ticket', ref.externalId) : []
  const known = tokensIn(there.map(({ title }) => title ?? ''), attachments.map(({ token }) => token))
  const picks = await picklists(ctx, 'TicketNotes')
  for (const file of attachments.filter(({ token }) => !known.has(token))) {
    const { name, contentType, bytes } = fileOf(file)
    if (bytes.length > FILE_MAX_BYTES) throw new ConnectorError('too_large', `Autotask takes files of 6 MB at most: "${file.name}" is larger and stays here`)
    await orGone(ctx, ref.externalId, () => make(ctx, { path: path`/Tickets/${ref.externalId}/Attachments`, json: attachmentBody({ title: file.name, token: file.token, fileName: name, contentType, bytes }, mapping, picks), action: 'attached', reference: 'attach file', externalId: ref.externalId }))
  }
}

async function addTimes(ref: TicketRef, { times = [], mapping }: TicketChange, ctx: CallContext): Promise<void> {
  if (times.length === 0) return
  const booker = mapping.place.timeResource ?? ''
  if (booker === '') throw new ConnectorError('invalid', 'Autotask: time needs a resource it is booked on, for an API user has none: give its id as place "timeResource", or switch time entries off')
  const filter = [{ op: 'eq', field: 'ticketID', value: numberOf(ref.externalId) }]
  const there = ctx.isRepeat ? await queryAll<{ readonly summaryNotes?: string | null }>(ctx, 'TimeEntries', { filter, pages: 20, reference: 'read time of a ticket', action: 'retrieved' }) : []
  const known = tokensIn(there.map(({ summaryNotes }) => summaryNotes ?? ''), times.map(({ token }) => token))
  const resource = await technician(booker, ctx)
  for (const time of times.filter(({ token }) => !known.has(token))) {
    await orGone(ctx, ref.externalId, () => make(ctx, { path: '/TimeEntries', json: timeBody(ref.externalId, time, resource), action: 'created', reference: 'book time', externalId: ref.externalId }))
  }
}
