/** Our words as Syncro's and back. Pure: no clock, no call. */
import type { TicketChange, TicketDraft, TicketNote, TicketNoteSeen, TicketRef, TicketSnapshot, TicketState, TicketTime } from '../../schemas/tickets.ts'
import { stateOf } from '../mapping.ts'
import type { ExternalAsset, ExternalCompany, ExternalUser, OpenConnection } from '../port.ts'
import { cut, oneLine, referenceIn, withToken } from '../text.ts'
import type { SyncroAsset, SyncroComment, SyncroCustomer, SyncroTicket, SyncroUser } from './types.ts'

const SUBJECT_MAX = 250
const TEXT_MAX = 20_000
const NOTES_MAX = 50
/** Who writes, as comments show it. */
const TECH = 'Alert Whisperer'
/** Subjects of Syncro's own list: of the first comment, of what is said while it lasts, and of what solved it. */
const FIRST = 'Issue'
const NEXT = 'Update'
const LAST = 'Completed'

type Fields = Readonly<Record<string, unknown>>

/** Priorities are fixed texts; a new account has these. */
export const PRIORITIES = ['0 Urgent', '1 High', '2 Normal', '3 Low'] as const

/** Statuses every new account has and what they mean, for those the mapping does not name. */
const USUAL: Readonly<Record<string, TicketState>> = {
  'New': 'open', 'Customer Reply': 'open', 'Scheduled': 'assigned', 'In Progress': 'in_progress', 'Waiting for Parts': 'waiting', 'Waiting on Customer': 'waiting', 'Resolved': 'resolved', 'Invoiced': 'closed',
}

/** Mail providers for everybody: an address there says nothing of a customer's domain. */
const PUBLIC_MAIL = new Set(['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'yahoo.com', 'icloud.com', 'me.com', 'aol.com', 'gmx.com', 'gmx.net', 'gmx.de', 'web.de', 'proton.me', 'protonmail.com', 'comcast.net', 'verizon.net', 'att.net'])

/** Ids are whole numbers; what is none was never given out by them. */
export function numberOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : 0
}

/** A subject with our reference before it: Syncro has no field that can be searched exactly. */
export function subjectOf(title: string, externalRef: string | null): string {
  const head = externalRef === null ? '' : `[${externalRef}] `
  return head + oneLine(title, SUBJECT_MAX - head.length)
}

/** The body of a new ticket; null: it has no customer, without whom Syncro takes none. */
export function ticketBody(draft: TicketDraft): Fields | null {
  const { status, priority, place } = draft.mapping
  const { companyId, contactId, assetIds } = draft.party
  const customer = numberOf(companyId ?? place.customer ?? '')
  if (customer === 0) return null
  return {
    customer_id: customer,
    subject: subjectOf(draft.title, draft.externalRef),
    ...worded('status', status[draft.state]),
    ...worded('priority', priority[draft.severity]),
    ...worded('problem_type', place.problemType),
    ...numbered('ticket_type_id', place.ticketType),
    ...numbered('contact_id', contactId ?? undefined),
    ...numbered('user_id', draft.assigneeId ?? undefined),
    ...(assetIds.length === 0 ? {} : { asset_ids: assetIds.map(numberOf).filter((id) => id > 0) }),
    // With causes and runbooks in it the text is for technicians; the client is told by public notes where that is wanted.
    comments_attributes: [{ subject: FIRST, body: cut(draft.text, TEXT_MAX), hidden: true, do_not_email: true, tech: TECH }],
  }
}

function worded(field: string, value: string | undefined): Fields {
  return value === undefined || value === '' ? {} : { [field]: value }
}

function numbered(field: string, value: string | undefined): Fields {
  return value === undefined || numberOf(value) === 0 ? {} : { [field]: numberOf(value) }
}

/** The fields of a change; null where none changes. `externalRef`: as it stands in the subject now, so that a new one keeps it. Nobody can be taken away: Syncro's field takes a user and nothing else. */
export function changeBody(change: TicketChange, externalRef: string | null): Fields | null {
  const { status, priority } = change.mapping
  const fields = {
    ...(change.title === undefined ? {} : { subject: subjectOf(change.title, externalRef) }),
    ...worded('status', change.state === undefined ? undefined : status[change.state]),
    ...worded('priority', change.severity === undefined ? undefined : priority[change.severity]),
    ...numbered('user_id', change.assigneeId ?? undefined),
    ...(change.assetIds === undefined ? {} : { asset_ids: change.assetIds.map(numberOf).filter((id) => id > 0) }),
  }
  return Object.keys(fields).length === 0 ? null : fields
}

/** A comment, which Syncro shows as plain text. It wants a subject, hides it only when told to, and mails the client unless told not to. `isLast`: it says what solved the ticket. */
export function noteBody({ text, token, isPublic }: TicketNote, connection: OpenConnection, isLast = false): Fields {
  return { subject: isLast ? LAST : NEXT, body: withToken(text, token, TEXT_MAX), hidden: !isPublic, do_not_email: !(isPublic && connection.fields.emailPublicNotes === 'yes'), tech: TECH }
}

/** Time spent, as a timer that has ended. */
export function timerBody({ startedAtMs, minutes, text, token }: TicketTime): Fields {
  return { start_at: new Date(startedAtMs).toISOString(), end_at: new Date(startedAtMs + minutes * 60_000).toISOString(), duration_minutes: Math.max(1, Math.round(minutes)), notes: withToken(text, token, TEXT_MAX) }
}

/** How we name a ticket of theirs; people see it under the same host. */
export function refOf(id: number | string, number: number | string | null | undefined, connection: OpenConnection): TicketRef {
  return { externalId: String(id), number: String(number ?? id), url: `${new URL(connection.baseUrl).origin}/tickets/${encodeURIComponent(String(id))}` }
}

/** The company a ticket belongs to; null: none. */
export function companyIdOf(ticket: SyncroTicket): string | null {
  return ticket.customer_id == null ? null : String(ticket.customer_id)
}

/** A ticket as we see it; `comments` as read with it, null where they were not. */
export function snapshotOf(ticket: SyncroTicket, comments: readonly SyncroComment[] | null, { connection, users, ours }: { readonly connection: OpenConnection; readonly users: ReadonlyMap<string, ExternalUser>; readonly ours: number | null }): TicketSnapshot {
  const { id, subject, status, user } = ticket
  const externalRef = referenceIn(subject ?? '')
  const assigneeId = user?.id ?? ticket.user_id ?? null
  const known = assigneeId === null ? undefined : users.get(String(assigneeId))
  return {
    ref: refOf(id ?? 0, ticket.number, connection),
    externalRef,
    title: (subject ?? '').replace(externalRef === null ? '' : `[${externalRef}]`, '').trim(),
    state: stateOf(connection.mapping, filled(status), USUAL),
    statusText: status ?? '',
    priorityId: filled(ticket.priority),
    assignee: assigneeId === null ? null : { externalId: String(assigneeId), name: user?.full_name ?? known?.name ?? '', email: filled(user?.email) ?? known?.email ?? null },
    companyId: companyIdOf(ticket),
    parentId: ticket.parent_id == null ? null : String(ticket.parent_id),
    mergedIntoId: null,
    isDeleted: false,
    notes: comments === null ? null : notesOf(comments, users, ours),
    createdAtMs: msOf(ticket.created_at),
    updatedAtMs: msOf(ticket.updated_at),
    isLastChangeOurs: null,
  }
}

/** Notes by time, the newest 50. */
export function notesOf(comments: readonly SyncroComment[], users: ReadonlyMap<string, ExternalUser>, ours: number | null): readonly TicketNoteSeen[] {
  return comments
    .map((comment) => noteOf(comment, users, ours))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || Number(a.externalId) - Number(b.externalId))
    .slice(-NOTES_MAX)
}

function noteOf(comment: SyncroComment, users: ReadonlyMap<string, ExternalUser>, ours: number | null): TicketNoteSeen {
  const userId = comment.user_id ?? null
  const user = userId === null ? undefined : users.get(String(userId))
  return {
    externalId: String(comment.id ?? 0),
    text: comment.body ?? '',
    // Hidden unless Syncro says that it is not.
    isPublic: comment.hidden === false,
    isOurs: userId !== null && userId === ours,
    author: { externalId: userId === null ? null : String(userId), name: user?.name ?? comment.tech ?? '', email: user?.email ?? null, isAgent: userId !== null },
    channel: /^(re:|fwd:)|e-?mail/i.test(comment.subject ?? '') && userId === null ? 'email' : 'unknown',
    atMs: msOf(comment.created_at),
  }
}

/** A customer, with the domain of its mail address unless that is anybody's. */
export function companyOf(customer: SyncroCustomer): ExternalCompany {
  const domain = (customer.email ?? '').trim().toLowerCase().split('@')[1] ?? ''
  return { externalId: String(customer.id ?? 0), name: filled(customer.business_name) ?? filled(customer.business_then_name) ?? customer.fullname ?? '', domains: domain.includes('.') && !PUBLIC_MAIL.has(domain) ? [domain] : [], isActive: customer.disabled !== true }
}

/** An asset. */
export function assetOf({ id, name, asset_serial: serial }: SyncroAsset): ExternalAsset {
  return { externalId: String(id ?? 0), name: name ?? '', aliases: filled(serial) === null ? [] : [(serial ?? '').trim()] }
}

/** A technician. */
export function userOf({ id, full_name: name, email }: SyncroUser): ExternalUser {
  return { externalId: String(id ?? 0), name: name ?? '', email: filled(email) }
}

function msOf(time: string | null | undefined): number | null {
  const ms = Date.parse(time ?? '')
  return Number.isFinite(ms) ? ms : null
}

function filled(text: string | null | undefined): string | null {
  return text == null || text.trim() === '' ? null : text
}
