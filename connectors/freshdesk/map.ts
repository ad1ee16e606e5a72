/** Freshdesk's tickets and ours; pure both ways. */
import type { TicketChange, TicketDraft, TicketNoteSeen, TicketRef, TicketSnapshot, TicketState } from '../../schemas/tickets.ts'
import { idOf, instantOf, mustId, rowOf, textOf, type Row } from '../answers.ts'
import { numberOf, priorityOf, stateOf, statusOf } from '../mapping.ts'
import type { OpenConnection } from '../port.ts'
import { cut, escapeHtml, oneLine, plainText, referenceIn } from '../text.ts'

const TITLE_MAX = 255
/** Characters of a note. */
export const NOTE_MAX = 30_000
const NATIVE: Readonly<Record<string, TicketState>> = { 2: 'open', 3: 'waiting', 4: 'resolved', 5: 'closed', 6: 'waiting', 7: 'waiting' }
const STATUS_TEXT: Readonly<Record<string, string>> = { 2: 'Open', 3: 'Pending', 4: 'Resolved', 5: 'Closed', 6: 'Waiting on customer', 7: 'Waiting on third party' }
const CHILD = 2

/** Where our reference stands: in a field of the account's own, else in a tag. */
export function referenceFields(externalRef: string, connection: OpenConnection): Row {
  const field = connection.fields.refField ?? ''
  return field === '' ? { tags: [externalRef] } : { custom_fields: { [field]: externalRef } }
}

/** Our reference in a ticket; null: it is none of ours. */
export function referenceOf(ticket: Row, connection: OpenConnection): string | null {
  const field = connection.fields.refField ?? ''
  const fields = ticket.custom_fields === undefined || ticket.custom_fields === null ? {} : rowOf(ticket.custom_fields)
  const texts = field === '' ? (Array.isArray(ticket.tags) ? ticket.tags : []) : [fields[field]]
  return texts.map((text) => (typeof text === 'string' ? referenceIn(text) : null)).find((ref) => ref !== null) ?? null
}

/** A ticket to be made for this requester. */
export function newTicket(draft: TicketDraft, connection: OpenConnection, requester: Row): Row {
  const { mapping, party, assigneeId, parent } = draft
  const { group = '', type = '' } = mapping.place
  return {
    subject: oneLine(draft.title, TITLE_MAX), description: escapeHtml(cut(draft.text, NOTE_MAX)), ...requester, ...referenceFields(draft.externalRef, connection),
    status: numberOf(statusOf(mapping, draft.state) ?? '2', 'status'), priority: numberOf(priorityOf(mapping, draft.severity) ?? '1', 'priority'), source: 2,
    ...(assigneeId === null ? {} : { responder_id: numberOf(assigneeId, 'the technician') }),
    ...(party.companyId === null ? {} : { company_id: numberOf(party.companyId, 'the company') }),
    ...(group === '' ? {} : { group_id: numberOf(group, 'place group') }),
    ...(type === '' ? {} : { type }),
    ...(parent === null ? {} : { parent_id: numberOf(parent.externalId, 'the parent') }),
  }
}

/** The fields a change names. */
export function changedFields(change: TicketChange): Row {
  const { mapping, title, severity, state, assigneeId, parent } = change
  const [status, priority] = [statusOf(mapping, state), priorityOf(mapping, severity)]
  return {
    ...(title === undefined ? {} : { subject: oneLine(title, TITLE_MAX) }),
    ...(status === undefined ? {} : { status: numberOf(status, 'status') }),
    ...(priority === undefined ? {} : { priority: numberOf(priority, 'priority') }),
    ...(assigneeId === undefined ? {} : { responder_id: assigneeId === null ? null : numberOf(assigneeId, 'the technician') }),
    ...(parent === undefined ? {} : { parent_id: numberOf(parent.externalId, 'the parent') }),
  }
}

/** What names a ticket. */
export function refOf(ticket: Row, baseUrl: string): TicketRef {
  const id = mustId(ticket.id)
  return { externalId: id, number: `#${id}`, url: `${new URL(baseUrl).origin}/a/tickets/${id}` }
}

/** A ticket as it is told. `agents` by id; `notes` null where they were not read. */
export function snapshotOf(ticket: Row, connection: OpenConnection, { notes = null, agents = new Map() }: { readonly notes?: readonly TicketNoteSeen[] | null; readonly agents?: ReadonlyMap<string, Agent> } = {}): TicketSnapshot {
  const status = idOf(ticket.status)
  const assignee = idOf(ticket.responder_id)
  const agent = assignee === null ? undefined : agents.get(assignee)
  const state = stateOf(connection.mapping, status, NATIVE)
  const associated = Array.isArray(ticket.associated_tickets_list) ? ticket.associated_tickets_list : []
  return {
    ref: refOf(ticket, connection.baseUrl), externalRef: referenceOf(ticket, connection), title: textOf(ticket.subject) ?? '', state, statusText: STATUS_TEXT[status ?? ''] ?? status ?? '', priorityId: idOf(ticket.priority),
    assignee: assignee === null ? null : { externalId: assignee, name: agent?.name ?? assignee, email: agent?.email ?? null },
    companyId: idOf(ticket.company_id), parentId: ticket.association_type === CHILD ? idOf(associated[0]) : null,
    mergedIntoId: state === 'closed' ? mergedInto(notes ?? []) : null, isDeleted: ticket.deleted === true || ticket.spam === true, notes,
    createdAtMs: instantOf(ticket.created_at), updatedAtMs: instantOf(ticket.updated_at), isLastChangeOurs: null,
  }
}

/** The note that we leave in a ticket that we merge into another. */
export function mergedNote(intoId: string): string {
  return `The same problem: merged into ticket #${intoId}.`
}

/** The ticket this one was merged into: merging closes it with a note that says so, which is the last one. What else we wrote there may repeat what an alert says, and says nothing of a merge. */
function mergedInto(notes: readonly TicketNoteSeen[]): string | null {
  const last = notes.at(-1)
  const id = last?.author.isAgent === true ? /\bmerged (?:in)?to (?:the )?(?:ticket )?#?(\d+)/i.exec(last.text)?.[1] ?? null : null
  return id !== null && last?.isOurs === true && last.text.trim() !== mergedNote(id) ? null : id
}

/** An agent as notes and tickets name them. */
export interface Agent {
  readonly id: string
  readonly name: string
  readonly email: string | null
}

/** An agent of a list. */
export function agentOf(row: Row): Agent {
  const contact = rowOf(row.contact)
  return { id: mustId(row.id), name: textOf(contact.name) ?? '', email: textOf(contact.email) }
}

/** A conversation as a note; how it came in is only known of replies, for programs write notes like people. */
export function noteOf(row: Row, me: string, agents: ReadonlyMap<string, Agent>): TicketNoteSeen {
  const author = idOf(row.user_id)
  const agent = author === null ? undefined : agents.get(author)
  return {
    externalId: mustId(row.id), text: plainText(textOf(row.body) ?? '') || (textOf(row.body_text) ?? ''), isPublic: row.private !== true, isOurs: author === me,
    author: { externalId: author, name: agent?.name ?? textOf(row.from_email) ?? author ?? '', email: agent?.email ?? textOf(row.from_email), isAgent: agent !== undefined || (agents.size === 0 && row.incoming === false) }, channel: row.source === 0 ? 'email' : 'unknown', atMs: instantOf(row.created_at),
  }
}

/** Whether all words stand in a ticket's title or text. */
export function hasWords(ticket: Row, words: readonly string[]): boolean {
  const text = `${textOf(ticket.subject) ?? ''} ${textOf(ticket.description_text) ?? ''}`.toLowerCase()
  return words.every((word) => text.includes(word.toLowerCase()))
}
