/** Our words as Atera's and back. Pure: no clock, no call. */
import { createHash } from 'node:crypto'
import type { TicketChange, TicketDraft, TicketNote, TicketNoteSeen, TicketRef, TicketSnapshot, TicketState } from '../../schemas/tickets.ts'
import { stateOf } from '../mapping.ts'
import type { ExternalArticle, ExternalAsset, ExternalCompany, ExternalUser, OpenConnection } from '../port.ts'
import { cut, escapeHtml, oneLine, plainText, referenceIn, withToken } from '../text.ts'
import type { AteraAgent, AteraArticle, AteraComment, AteraCustomer, AteraTicket } from './types.ts'

const TITLE_MAX = 250
const TEXT_MAX = 20_000
const NOTES_MAX = 50
const ARTICLE_TITLE_MAX = 120

type Fields = Readonly<Record<string, unknown>>

/** Priorities are a closed list. */
export const PRIORITIES = ['Low', 'Medium', 'High', 'Critical'] as const
/** Impacts too. */
export const IMPACTS = ['NoImpact', 'SiteDown', 'ServerIssue', 'Minor', 'Major', 'Crisis'] as const
/** And types. */
export const TYPES = ['Incident', 'Problem', 'Request', 'Change'] as const
/** Statuses every account has; it may add others, which no call lists. */
export const STATUSES = ['Open', 'Pending', 'Resolved', 'Closed'] as const

const USUAL: Readonly<Record<string, TicketState>> = { Open: 'open', Pending: 'waiting', Resolved: 'resolved', Closed: 'closed' }

/** Ids are whole numbers; what is none was never given out by them. */
export function numberOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : 0
}

/** A title with our reference before it: no field of Atera's can be searched. */
export function titleOf(title: string, externalRef: string | null): string {
  const head = externalRef === null ? '' : `[${externalRef}] `
  return head + oneLine(title, TITLE_MAX - head.length)
}

/** The body of a new ticket from a contact of its customer. */
export function ticketBody(draft: TicketDraft, contactId: number): Fields {
  const { status, priority, place } = draft.mapping
  return {
    TicketTitle: titleOf(draft.title, draft.externalRef),
    Description: escapeHtml(cut(draft.text, TEXT_MAX)),
    EndUserID: contactId,
    ...worded('TicketStatus', status[draft.state]),
    ...worded('TicketPriority', priority[draft.severity]),
    ...worded('TicketImpact', place.impact),
    ...worded('TicketType', place.type),
    ...technician(draft.assigneeId),
  }
}

function worded(field: string, value: string | undefined): Fields {
  return value === undefined || value === '' ? {} : { [field]: value }
}

function technician(id: string | null | undefined): Fields {
  return id == null || numberOf(id) === 0 ? {} : { TechnicianContactID: numberOf(id) }
}

/** The fields of a change; null where none changes. `externalRef`: as it stands in the title now, so that a new one keeps it. Nobody can be taken away: Atera's field takes a technician and nothing else. */
export function changeBody(change: TicketChange, externalRef: string | null): Fields | null {
  const { status, priority } = change.mapping
  const fields = {
    ...(change.title === undefined ? {} : { TicketTitle: titleOf(change.title, externalRef) }),
    ...worded('TicketStatus', change.state === undefined ? undefined : status[change.state]),
    ...worded('TicketPriority', change.severity === undefined ? undefined : priority[change.severity]),
    ...technician(change.assigneeId),
  }
  return Object.keys(fields).length === 0 ? null : fields
}

/** A comment by our technician. Internal unless it is meant for the client; the keys have to be these, or Atera answers 404 "Invalid input". */
export function commentBody({ text, token, isPublic }: TicketNote, connection: OpenConnection): Fields {
  const { technicianId = '', technicianEmail = '' } = connection.fields
  return {
    CommentText: escapeHtml(withToken(text, token, TEXT_MAX)),
    TechnicianCommentDetails: { TechnicianId: numberOf(technicianId), TechnicianEmail: technicianEmail, IsInternal: !isPublic },
  }
}

/** Address of the contact that tickets of a customer are from, made of the mailbox that is set: `alerts@msp.example` and customer 7 give `alerts+customer-7@msp.example`. Null: the mailbox is none. */
export function contactAddress(mailbox: string, customerId: string): string | null {
  const [name = '', domain = '', ...more] = mailbox.split('@')
  return name === '' || domain === '' || more.length > 0 || numberOf(customerId) === 0 ? null : `${name}+customer-${numberOf(customerId)}@${domain}`
}

/** How we name a ticket of theirs. */
export function refOf(id: number | string, number: string | null | undefined, connection: OpenConnection): TicketRef {
  return { externalId: String(id), number: number == null || number === '' ? String(id) : number, url: `${connection.baseUrl}/new/ticket/${encodeURIComponent(String(id))}` }
}

/** The company a ticket belongs to; null: none. */
export function companyIdOf(ticket: AteraTicket): string | null {
  return ticket.CustomerID == null ? null : String(ticket.CustomerID)
}

/** A ticket as we see it; `comments` as read with it, null where they were not. */
export function snapshotOf(ticket: AteraTicket, comments: readonly AteraComment[] | null, connection: OpenConnection): TicketSnapshot {
  const { TicketTitle: title, TicketStatus: status, TechnicianContactID: assigneeId } = ticket
  const externalRef = referenceIn(title ?? '')
  const isAssigned = assigneeId != null && assigneeId > 0
  return {
    ref: refOf(ticket.TicketID ?? 0, ticket.TicketNumber, connection),
    externalRef,
    title: (title ?? '').replace(externalRef === null ? '' : `[${externalRef}]`, '').trim(),
    state: stateOf(connection.mapping, filled(status), USUAL),
    statusText: status ?? '',
    priorityId: filled(ticket.TicketPriority),
    assignee: isAssigned ? { externalId: String(assigneeId), name: ticket.TechnicianFullName ?? '', email: filled(ticket.TechnicianEmail) } : null,
    companyId: companyIdOf(ticket),
    parentId: ticket.RelationType === 'Child' && ticket.RelatedTicketId != null ? String(ticket.RelatedTicketId) : null,
    mergedIntoId: null,
    isDeleted: false,
    notes: comments === null ? null : notesOf(comments, connection),
    createdAtMs: msOf(ticket.TicketCreatedDate),
    // Not told. The times of comments are none: a status or technician changes without one.
    updatedAtMs: null,
    isLastChangeOurs: null,
  }
}

/** Notes by time, the newest 50. */
export function notesOf(comments: readonly AteraComment[], connection: OpenConnection): readonly TicketNoteSeen[] {
  return comments
    .map((comment) => noteOf(comment, connection))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
    .slice(-NOTES_MAX)
}

function noteOf(comment: AteraComment, connection: OpenConnection): TicketNoteSeen {
  const { Date: at, Comment: said, Email: email, TechnicianContactID: writer, EndUserID: endUser } = comment
  const isAgent = writer != null && writer > 0
  const author = isAgent ? writer : endUser != null && endUser > 0 ? endUser : null
  const { technicianId = '', technicianEmail = '' } = connection.fields
  return {
    // Comments have no id: time, author and text are what one is known by.
    externalId: createHash('sha256').update(JSON.stringify([at ?? '', author, said ?? ''])).digest('hex').slice(0, 20),
    text: plainText(said ?? ''),
    // Internal unless Atera says that it is not.
    isPublic: comment.IsInternal === false,
    isOurs: isAgent && (String(writer) === technicianId || (technicianEmail !== '' && (email ?? '').toLowerCase() === technicianEmail.toLowerCase())),
    author: { externalId: author === null ? null : String(author), name: [comment.FirstName, comment.LastName].flatMap((part) => filled(part) ?? []).join(' '), email: filled(email), isAgent },
    channel: 'unknown',
    atMs: msOf(at),
  }
}

/** A customer, with its domains: Atera lets people write several into one field. */
export function companyOf({ CustomerID: id, CustomerName: name, Domain: domain }: AteraCustomer): ExternalCompany {
  return { externalId: String(id ?? 0), name: name ?? '', domains: (domain ?? '').toLowerCase().split(/[\s,;]+/).map((one) => one.replace(/^https?:\/\//, '').replace(/^www\.|^@|\/.*$/g, '')).filter((one) => one.includes('.')), isActive: true }
}

/** A machine. */
export function assetOf(agent: AteraAgent): ExternalAsset {
  const [name, ...aliases] = [...new Set([agent.MachineName, agent.AgentName, agent.SystemName, agent.VendorSerialNumber, ...(agent.IpAddresses ?? [])].flatMap((one) => filled(one) ?? []))]
  return { externalId: String(agent.AgentID ?? 0), name: name ?? '', aliases }
}

/** Technicians as they stand in tickets: Atera lists none. */
export function techniciansIn(tickets: readonly AteraTicket[]): readonly ExternalUser[] {
  const found = new Map<string, ExternalUser>()
  for (const { TechnicianContactID: id, TechnicianFullName: name, TechnicianEmail: email } of tickets) if (id != null && id > 0) found.set(String(id), { externalId: String(id), name: name ?? '', email: filled(email) })
  return [...found.values()]
}

/** An article. Its address is kept only where it is one. */
export function articleOf({ KBID: id, KBContext: text, KBProduct: product, KBAddress: address }: AteraArticle): ExternalArticle {
  const url = address != null && URL.canParse(address) && new URL(address).protocol === 'https:' ? address : null
  return { externalId: String(id ?? 0), title: oneLine(filled(product) ?? plainText(text ?? ''), ARTICLE_TITLE_MAX), url }
}

/** A time as Atera tells it: UTC, with or without a zone. */
export function msOf(time: string | null | undefined): number | null {
  if (time == null) return null
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`)
  return Number.isFinite(ms) && ms > 0 ? ms : null
}

function filled(text: string | null | undefined): string | null {
  return text == null || text.trim() === '' ? null : text.trim()
}
