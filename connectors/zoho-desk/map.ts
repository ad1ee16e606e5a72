/** Our words and Zoho Desk's, both ways; pure. Ids are strings of digits beyond 2^53; status and priority go by name. */
import { TICKET_STATES, type TicketChange, type TicketDraft, type TicketMapping, type TicketNote, type TicketNoteSeen, type TicketSnapshot, type TicketState, type TicketTime } from '../../schemas/tickets.ts'
import { filled } from '../filled.ts'
import { ConnectorError, type OpenConnection } from '../port.ts'
import { cut, escapeHtml, oneLine, plainText, referenceIn, withToken } from '../text.ts'

/** Limits of the fields, in characters. */
export const SUBJECT_MAX = 1_000
export const TEXT_MAX = 65_535
export const COMMENT_MAX = 32_000

/** A record as it comes. */
export type ZohoRecord = Readonly<Record<string, unknown>>

/** A member as text: ids may come as numbers, counts as strings. Empty where there is none. */
export function textOf(record: ZohoRecord, name: string): string {
  const value = record[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** An id as it may stand in an address or a search. Throws `invalid` for anything but digits. */
export function zohoId(value: string): string {
  if (!/^\d{1,30}$/.test(value)) throw new ConnectorError('invalid', 'Zoho Desk: an id that is not made of digits: choose the record again')
  return value
}

/** `zsu[@user:..]zsu` and its kind mention people: broken by a mark without width. */
export function inert(text: string): string {
  return text.replace(/zs(?=[a-z]\[)/gi, 'zs\u200b').replace(/\](?=zs)/gi, ']\u200b')
}

/** The description is HTML over there: plain text with everything escaped, cut before it is escaped so that no entity is halved. */
export function htmlOf(text: string): string {
  for (let max = TEXT_MAX; max > 0; max = Math.floor(max * 0.8)) {
    const html = escapeHtml(inert(cut(text, max)))
    if (html.length <= TEXT_MAX) return html
  }
  return ''
}

/** The body of a new ticket. Throws `misconfigured` where department or contact are missing. */
export function ticketOf(draft: TicketDraft, fields: OpenConnection['fields']): Readonly<Record<string, unknown>> {
  const { party } = draft
  const mapping = filled(draft.mapping)
  const { departmentId } = mapping.place
  if (departmentId === undefined) throw new ConnectorError('misconfigured', 'Zoho Desk: no department: put its id into the mapping as place departmentId (the check lists them)')
  return {
    subject: subjectOf(draft.title, draft.externalRef, fields),
    description: htmlOf(draft.text),
    departmentId: zohoId(departmentId),
    ...contactOf(party.contactId ?? mapping.place.contactId, fields),
    ...(party.companyId === null ? {} : { accountId: zohoId(party.companyId) }),
    ...(draft.assigneeId === null ? {} : { assigneeId: zohoId(draft.assigneeId) }),
    ...(mapping.priority[draft.severity] === undefined ? {} : { priority: mapping.priority[draft.severity] }),
    ...(mapping.status[draft.state] === undefined ? {} : { status: mapping.status[draft.state] }),
    ...(fields.referenceField === undefined || fields.referenceField === '' ? {} : { cf: { [fields.referenceField]: draft.externalRef } }),
    ...(draft.parent === null ? {} : { parentTicket: { id: zohoId(draft.parent.externalId) } }),
    ...Object.fromEntries(['category', 'subCategory', 'classification', 'channel'].flatMap((name) => (mapping.place[name] === undefined ? [] : [[name, mapping.place[name]]]))),
    ...(mapping.place.teamId === undefined ? {} : { teamId: zohoId(mapping.place.teamId) }),
  }
}

/** The subject; with our reference in front where no field of its own holds it. */
export function subjectOf(title: string, reference: string, fields: OpenConnection['fields']): string {
  const line = oneLine(inert(title), SUBJECT_MAX)
  return fields.referenceField !== undefined && fields.referenceField !== '' ? line : oneLine(`[${reference}] ${line}`, SUBJECT_MAX)
}

function contactOf(contactId: string | undefined, fields: OpenConnection['fields']): Readonly<Record<string, unknown>> {
  if (contactId !== undefined) return { contactId: zohoId(contactId) }
  if (fields.contactEmail === undefined || fields.contactEmail === '') throw new ConnectorError('misconfigured', 'Zoho Desk: no contact: set the e-mail address of the contact, or place contactId')
  return { contact: { lastName: 'Alert Whisperer', email: fields.contactEmail } }
}

/** What a change writes into the ticket itself; empty where nothing does. `title` goes with the reference that stands in the subject now. */
export function changeOf(change: TicketChange, reference: string | null, fields: OpenConnection['fields']): Readonly<Record<string, unknown>> {
  const mapping = filled(change.mapping)
  return {
    ...(change.title === undefined ? {} : { subject: reference === null ? oneLine(inert(change.title), SUBJECT_MAX) : subjectOf(change.title, reference, fields) }),
    ...(change.severity === undefined || mapping.priority[change.severity] === undefined ? {} : { priority: mapping.priority[change.severity] }),
    ...(change.state === undefined || mapping.status[change.state] === undefined ? {} : { status: mapping.status[change.state] }),
    ...(change.assigneeId === undefined ? {} : { assigneeId: change.assigneeId === null ? null : zohoId(change.assigneeId) }),
  }
}

/** A comment; private unless the note is public, and always plain text. */
export function commentOf(note: TicketNote): Readonly<Record<string, unknown>> {
  return { content: withToken(inert(note.text), note.token, COMMENT_MAX), isPublic: note.isPublic, contentType: 'plainText' }
}

/** A time entry; a technician's minutes in hours and minutes. */
export function timeEntryOf(time: TicketTime): Readonly<Record<string, unknown>> {
  return {
    executedTime: new Date(time.startedAtMs).toISOString(), hoursSpent: String(Math.floor(time.minutes / 60)), minutesSpent: String(Math.floor(time.minutes % 60)), secondsSpent: String(Math.round((time.minutes % 1) * 60)),
    description: withToken(inert(time.text), time.token, COMMENT_MAX),
  }
}

const KINDS: Readonly<Record<string, TicketState>> = { open: 'open', 'on hold': 'waiting', closed: 'closed' }

/** Our word for a status; one that no mapping names goes by its type, which Zoho knows of every status. */
export function stateIn(record: ZohoRecord, mapping: TicketMapping): TicketState {
  const status = textOf(record, 'status')
  return TICKET_STATES.find((one) => mapping.status[one] === status) ?? KINDS[textOf(record, 'statusType').toLowerCase()] ?? 'unknown'
}

/** The account a ticket belongs to; null: none. */
export function companyIdOf(record: ZohoRecord): string | null {
  return orNull(textOf(record, 'accountId')) ?? orNull(textOf(inner(inner(record.contact).account), 'id'))
}

/** A ticket as we tell it. `me`: the id of our own agent. */
export function snapshotOf(record: ZohoRecord, notes: readonly TicketNoteSeen[] | null, { mapping, fields, me }: { readonly mapping: TicketMapping; readonly fields: OpenConnection['fields']; readonly me: string | null }): TicketSnapshot {
  const assignee = inner(record.assignee)
  const assigneeId = textOf(record, 'assigneeId')
  const changedBy = textOf(record, 'modifiedBy')
  const subject = textOf(record, 'subject')
  const web = textOf(record, 'webUrl')
  return {
    ref: { externalId: textOf(record, 'id'), number: textOf(record, 'ticketNumber'), url: web.startsWith('https://') ? web : null },
    externalRef: referenceOf(record, fields),
    title: subject,
    state: stateIn(record, mapping),
    statusText: textOf(record, 'status'),
    priorityId: orNull(textOf(record, 'priority')),
    assignee: assigneeId === '' ? null : { externalId: assigneeId, name: [textOf(assignee, 'firstName'), textOf(assignee, 'lastName')].filter((one) => one !== '').join(' ') || assigneeId, email: orNull(textOf(assignee, 'email')) },
    companyId: companyIdOf(record),
    parentId: orNull(textOf(inner(record.parentTicket), 'id')),
    mergedIntoId: null,
    isDeleted: record.isTrashed === true || record.isDeleted === true,
    notes,
    createdAtMs: timeMs(textOf(record, 'createdTime')),
    updatedAtMs: timeMs(textOf(record, 'modifiedTime')),
    isLastChangeOurs: changedBy === '' || me === null ? null : changedBy === me,
  }
}

/** Our reference in the field for it, else in the subject. */
export function referenceOf(record: ZohoRecord, fields: OpenConnection['fields']): string | null {
  const { referenceField = '' } = fields
  return (referenceField === '' ? null : referenceIn(textOf(inner(record.cf), referenceField))) ?? referenceIn(textOf(record, 'subject'))
}

/** A comment as a note. Only agents and contacts write comments; which of both, the commenter says. */
export function noteOf(comment: ZohoRecord, me: string | null): TicketNoteSeen {
  const who = inner(comment.commenter)
  const id = orNull(textOf(comment, 'commenterId')) ?? orNull(textOf(who, 'id'))
  const kind = textOf(who, 'type').toUpperCase()
  return {
    externalId: textOf(comment, 'id'),
    text: textOf(comment, 'contentType') === 'html' ? plainText(textOf(comment, 'content')) : textOf(comment, 'content'),
    isPublic: comment.isPublic === true, isOurs: id !== null && id === me,
    author: { externalId: id, name: textOf(who, 'name') || [textOf(who, 'firstName'), textOf(who, 'lastName')].filter((one) => one !== '').join(' '), email: orNull(textOf(who, 'email')), isAgent: kind === 'AGENT' || (kind === '' && comment.isPublic !== true) },
    channel: 'unknown', atMs: timeMs(textOf(comment, 'commentedTime')),
  }
}

function timeMs(text: string): number | null {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}

function inner(value: unknown): ZohoRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ZohoRecord) : {}
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}
