/** Zendesk's tickets and ours; pure both ways. */
import type { TicketDraft, TicketNoteSeen, TicketRef, TicketSnapshot, TicketState } from '../../schemas/tickets.ts'
import type { TicketMapping } from '../../schemas/tickets.ts'
import { idOf, instantOf, mustId, textOf, type Row } from '../answers.ts'
import { numberOf, priorityOf, stateOf, statusOf } from '../mapping.ts'
import type { OpenConnection } from '../port.ts'
import { cut, escapeHtml, oneLine, plainText, wordsOf } from '../text.ts'

const TITLE_MAX = 150
/** Characters of a comment; Zendesk takes 64 KB, and what is escaped grows. */
export const COMMENT_MAX = 30_000
const NATIVE: Readonly<Record<string, TicketState>> = { new: 'open', open: 'in_progress', pending: 'waiting', hold: 'waiting', solved: 'resolved', closed: 'closed', deleted: 'closed' }
const CHANNELS: Readonly<Record<string, TicketNoteSeen['channel']>> = { web: 'web', email: 'email', api: 'api' }

/** Plain text as the body of a comment. Braces in pairs are parted, because Zendesk fills in what stands between them. */
export function commentHtml(text: string): string {
  return escapeHtml(text.replace(/\{(?=[{%])/g, '{\u200b'))
}

/** A title; the same about braces. */
export function subject(title: string): string {
  return oneLine(title.replace(/\{(?=[{%])/g, '{\u200b'), TITLE_MAX)
}

/** A status of the mapping: one of Zendesk's own, or a custom one by its id. */
export function statusFields(mapping: TicketMapping, state: TicketState | undefined): Row {
  const status = statusOf(mapping, state)
  if (status === undefined || status === '') return {}
  return /^\d+$/.test(status) ? { custom_status_id: Number(status) } : { status }
}

/** Fields that hold the asset, where the account keeps any. */
export function assetFields(connection: OpenConnection, assetIds: readonly string[] | undefined): Row {
  const field = connection.fields.assetTicketField ?? ''
  const asset = assetIds?.[0]
  return field === '' || asset === undefined ? {} : { custom_fields: [{ id: Number(field), value: asset }] }
}

/** A ticket to be made. `me` writes it, `requesterId` is whom it is for. */
export function newTicket(draft: TicketDraft, connection: OpenConnection, me: string, requesterId: string): Row {
  const { mapping, party, assigneeId, parent } = draft
  const group = mapping.place.group ?? ''
  const type = mapping.place.type ?? ''
  const priority = priorityOf(mapping, draft.severity)
  return {
    subject: subject(draft.title), external_id: draft.externalRef, requester_id: Number(requesterId), submitter_id: Number(me),
    comment: { html_body: commentHtml(cut(draft.text, COMMENT_MAX)), public: false, author_id: Number(me) },
    ...statusFields(mapping, draft.state),
    ...(priority === undefined ? {} : { priority }),
    ...(assigneeId === null ? {} : { assignee_id: numberOf(assigneeId, 'the technician') }),
    ...(party.companyId === null ? {} : { organization_id: numberOf(party.companyId, 'the company') }),
    ...(group === '' ? {} : { group_id: numberOf(group, 'place group') }),
    ...(parent !== null ? { type: 'incident', problem_id: Number(parent.externalId) } : type === '' ? {} : { type }),
    ...assetFields(connection, party.assetIds),
  }
}

/** What names a ticket. */
export function refOf(ticket: Row, baseUrl: string): TicketRef {
  const id = mustId(ticket.id)
  return { externalId: id, number: `#${id}`, url: `${new URL(baseUrl).origin}/agent/tickets/${id}` }
}

/** A ticket as it is told. What `me` has nobody has: we take a ticket only because none can be solved without. `users` by id; `notes` null where they were not read. */
export function snapshotOf(ticket: Row, connection: OpenConnection, me: string, { notes = null, mergedIntoId = null, users = new Map() }: { readonly notes?: readonly TicketNoteSeen[] | null; readonly mergedIntoId?: string | null; readonly users?: ReadonlyMap<string, Row> } = {}): TicketSnapshot {
  const status = textOf(ticket.status)
  const custom = idOf(ticket.custom_status_id)
  const byCustom = custom === null ? 'unknown' : stateOf(connection.mapping, custom)
  const holder = idOf(ticket.assignee_id)
  const assignee = holder === me ? null : holder
  const user = assignee === null ? undefined : users.get(assignee)
  return {
    ref: refOf(ticket, connection.baseUrl), externalRef: textOf(ticket.external_id), title: textOf(ticket.subject) ?? '',
    state: byCustom !== 'unknown' ? byCustom : stateOf(connection.mapping, status, NATIVE), statusText: status ?? '', priorityId: textOf(ticket.priority),
    assignee: assignee === null ? null : { externalId: assignee, name: textOf(user?.name) ?? assignee, email: textOf(user?.email) },
    companyId: idOf(ticket.organization_id), parentId: idOf(ticket.problem_id), mergedIntoId, isDeleted: status === 'deleted', notes,
    createdAtMs: instantOf(ticket.created_at), updatedAtMs: instantOf(ticket.updated_at), isLastChangeOurs: null,
  }
}

/** A comment as a note. */
export function noteOf(comment: Row, me: string, users: ReadonlyMap<string, Row>): TicketNoteSeen {
  const author = idOf(comment.author_id)
  const user = author === null ? undefined : users.get(author)
  const via = typeof comment.via === 'object' && comment.via !== null ? textOf((comment.via as Row).channel) : null
  return {
    externalId: mustId(comment.id), text: plainText(textOf(comment.html_body) ?? '') || (textOf(comment.plain_body) ?? textOf(comment.body) ?? ''), isPublic: comment.public !== false, isOurs: author === me,
    author: { externalId: author, name: textOf(user?.name) ?? author ?? '', email: textOf(user?.email), isAgent: user !== undefined && user.role !== 'end-user' },
    channel: CHANNELS[via ?? ''] ?? 'unknown', atMs: instantOf(comment.created_at),
  }
}

/** The ticket another was merged into, as the last comment says; null: it was not. */
export function mergedInto(ticket: Row, notes: readonly TicketNoteSeen[]): string | null {
  const isMerged = Array.isArray(ticket.tags) && ticket.tags.includes('closed_by_merge')
  return isMerged ? /#(\d+)/.exec(notes.at(-1)?.text ?? '')?.[1] ?? null : null
}

/** Words of a search without anything the search would understand: each is looked for as it is. */
export function searchWords(text: string): string {
  return wordsOf(text).map((word) => `"${word}"`).join(' ')
}
