/** Request Tracker's words and ours, both ways. Pure. */
import type { TicketDraft, TicketMapping, TicketNoteSeen, TicketRef, TicketSnapshot, TicketState } from '../../schemas/tickets.ts'
import { idOf, instantOf, mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { priorityOf, stateOf, statusOf } from '../mapping.ts'
import { ConnectorError, type OpenConnection } from '../port.ts'
import { cut, oneLine, plainText, referenceIn, wordsOf } from '../text.ts'

/** RT's column of subjects holds 200 characters. */
const SUBJECT_MAX = 200
/** RT takes more; a wall of text helps nobody. */
export const TEXT_MAX = 60_000
/** Owner of a ticket that nobody has. */
export const NOBODY = 'Nobody'
/** Who writes what RT does by itself. */
const SYSTEM_USERS: ReadonlySet<string> = new Set(['RT_System', NOBODY])
/** What a status always means, unless the mapping says otherwise. */
const NATIVE: Readonly<Record<string, TicketState>> = { new: 'open', open: 'in_progress', stalled: 'waiting', resolved: 'resolved', rejected: 'closed', deleted: 'closed' }
/** RT's word for a time that is not there. */
const NEVER_MS = 0

/** Number of a ticket. Throws `invalid` for anything else, so that nothing else gets into a path or a query. */
export function rtId(id: string): string {
  if (!/^\d{1,15}$/.test(id)) throw new ConnectorError('invalid', 'Request Tracker: tickets have numbers, and this is none')
  return id
}

/** Body of a new ticket. A customer is a queue there; without one it goes to the queue of the mapping. Without a contact it has no requestor, so that nobody is written to. */
export function newTicket(draft: TicketDraft, { fields }: Pick<OpenConnection, 'fields'>): Row {
  const { mapping, party } = draft
  const queue = party.companyId ?? queueOf(mapping)
  const status = statusOf(mapping, draft.state)
  const priority = priorityOf(mapping, draft.severity)
  const field = fieldOf(fields)
  return {
    Queue: queue, Subject: subjectOf(draft.title, field === null ? draft.externalRef : null), Content: cut(draft.text, TEXT_MAX), ContentType: 'text/plain', Requestor: party.contactId === null ? [] : [party.contactId],
    ...(status === undefined ? {} : { Status: status }), ...(priority === undefined ? {} : { Priority: priority }), ...(draft.assigneeId === null ? {} : { Owner: draft.assigneeId }),
    ...(draft.parent === null ? {} : { Parent: [draft.parent.externalId] }),
    ...(field === null ? {} : { CustomFields: { [field]: draft.externalRef } }),
  }
}

/** The queue tickets go to. Throws `misconfigured` where none is named. */
export function queueOf({ place }: TicketMapping): string {
  const queue = place['queue'] ?? ''
  if (queue === '') throw new ConnectorError('misconfigured', 'the mapping names no queue: name one by its name or number')
  return queue
}

/** Name of the custom field that holds our reference; null: the subject does. */
export function fieldOf(fields: Readonly<Record<string, string>>): string | null {
  const name = (fields['referenceField'] ?? '').trim()
  return name === '' ? null : name
}

/** A subject with our reference at its start where it has to stand there. */
export function subjectOf(title: string, externalRef: string | null): string {
  const mark = externalRef === null ? '' : `[${externalRef}] `
  return mark + oneLine(title, SUBJECT_MAX - mark.length)
}

/** A text in a query, as one value and nothing else. */
export function quoted(text: string): string {
  return `'${text.replace(/[\u0000-\u001f]/g, ' ').replace(/[\\']/g, '\\$&')}'`
}

/** The query for tickets with our reference. Merged ones are looked at too: naming EffectiveId makes RT show them. */
export function referenceQuery(externalRef: string, fields: Readonly<Record<string, string>>): string {
  const field = fieldOf(fields)
  const there = field === null ? `Subject LIKE ${quoted(`[${externalRef}]`)}` : `(CF.{${field.replace(/[{}]/g, '')}} = ${quoted(externalRef)} OR Subject LIKE ${quoted(`[${externalRef}]`)})`
  return `${there} AND EffectiveId > 0`
}

/** Words of a search, each in the subject; null: there is nothing to look for. A number alone is a ticket's too. */
export function searchQuery(text: string, queueId: string | null): string | null {
  const words = wordsOf(text)
  if (words.length === 0) return null
  const bySubject = words.map((word) => `Subject LIKE ${quoted(word)}`).join(' AND ')
  const found = /^#?\d{1,9}$/.test(text.trim()) ? `(id = ${text.trim().replace('#', '')} OR (${bySubject}))` : bySubject
  return queueId === null ? found : `${found} AND Queue = ${quoted(queueId)}`
}

/** Our reference in a ticket. */
export function referenceOf(ticket: Row, fields: Readonly<Record<string, string>>): string | null {
  const field = fieldOf(fields)
  // In a list RT writes none as an empty text.
  const there = ticket['CustomFields']
  const values = field === null || !Array.isArray(there) ? [] : rowsOf(there).filter(({ name }) => name === field).flatMap(({ values: all }): unknown[] => (Array.isArray(all) ? all : []))
  const value = values.find((one): one is string => typeof one === 'string' && one !== '')
  return value ?? referenceIn(textOf(ticket['Subject']) ?? '')
}

/** A ticket by its number, with its page for people. */
export function refOf(id: string, baseUrl: string): TicketRef {
  return { externalId: id, number: id, url: `${baseUrl}/Ticket/Display.html?id=${encodeURIComponent(id)}` }
}

/** What a snapshot is taken with. */
export interface Told {
  readonly connection: Pick<OpenConnection, 'baseUrl' | 'fields' | 'mapping'>
  /** Number that was asked for: of a merged ticket RT answers the one it went into. */
  readonly askedId: string
  readonly owner: { readonly name: string; readonly email: string | null } | null
  readonly notes: readonly TicketNoteSeen[] | null
}

/** A ticket as RT tells it. */
export function snapshotOf(ticket: Row, { connection, askedId, owner, notes }: Told): TicketSnapshot {
  const status = textOf(ticket['Status'])
  const ownerId = userIn(ticket['Owner'])
  const by = userIn(ticket['LastUpdatedBy'])
  const effectiveId = typeof ticket['EffectiveId'] === 'string' ? ticket['EffectiveId'] : idIn(ticket['EffectiveId']) ?? mustId(ticket['id'])
  return {
    ref: refOf(askedId, connection.baseUrl), externalRef: referenceOf(ticket, connection.fields), title: textOf(ticket['Subject']) ?? '', state: stateOf(connection.mapping, status, NATIVE), statusText: status ?? 'unknown',
    priorityId: idOf(ticket['Priority']), assignee: ownerId === null || ownerId === NOBODY ? null : { externalId: ownerId, name: owner?.name ?? ownerId, email: owner?.email ?? null },
    companyId: idIn(ticket['Queue']), parentId: parentIn(ticket), mergedIntoId: effectiveId === askedId ? null : effectiveId, isDeleted: status === 'deleted', notes, createdAtMs: time(ticket['Created']), updatedAtMs: time(ticket['LastUpdated']),
    // RT's own scrips say nothing of who made them run.
    isLastChangeOurs: by === null || SYSTEM_USERS.has(by) ? null : by === connection.fields['user'],
  }
}

function parentIn(ticket: Row): string | null {
  const parent = rowsOf(ticket['_hyperlinks']).find(({ ref, type }) => ref === 'parent' && type === 'ticket')
  return parent === undefined ? null : idOf(parent['id'])
}

function time(value: unknown): number | null {
  const ms = instantOf(value)
  return ms === null || ms <= NEVER_MS ? null : ms
}

/** Name of a user as RT names one within another answer. */
export function userIn(value: unknown): string | null {
  return idIn(value)
}

/** Id of what RT names within another answer; null: nothing. */
export function idIn(value: unknown): string | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? idOf(rowOf(value)['id']) : null
}

/** One piece of the history with its first text. */
export interface Said {
  readonly transaction: Row
  readonly text: Row
}

/** Something said in a ticket, as far as it is a note; null for what is none, such as the ticket's own text. */
export function noteOf({ transaction, text }: Said, me: string, isAgent: (user: string) => boolean): TicketNoteSeen | null {
  const type = textOf(transaction['Type'])
  if (type !== 'Comment' && type !== 'Correspond') return null
  const creator = transaction['Creator'] === undefined ? {} : rowOf(transaction['Creator'])
  const name = idOf(creator['id']) ?? 'unknown'
  const content = textOf(text['Content']) ?? ''
  return {
    externalId: mustId(transaction['id']), text: textOf(text['ContentType']) === 'text/html' ? plainText(content) : content, isPublic: type === 'Correspond', isOurs: name === me,
    author: { externalId: name, name: textOf(creator['RealName']) ?? name, email: textOf(creator['EmailAddress']), isAgent: isAgent(name) }, channel: channelOf(textOf(text['Headers']) ?? ''), atMs: time(transaction['Created']),
  }
}

/** RT writes into the headers of each text through which door it came. A mail may claim one of its own, so the last one, RT's, counts only where no mail header stands beside it. */
function channelOf(headers: string): TicketNoteSeen['channel'] {
  const doors = [...headers.matchAll(/^X-RT-Interface: *(\w+) *$/gim)].map(([, door = '']) => door.toLowerCase())
  if (/^(?:Received|Return-Path|Delivered-To): /im.test(headers)) return 'email'
  if (doors.length !== 1) return doors.length === 0 ? 'unknown' : 'email'
  return doors[0] === 'web' || doors[0] === 'mobile' ? 'web' : doors[0] === 'rest' || doors[0] === 'rest2' ? 'api' : doors[0] === 'email' ? 'email' : 'unknown'
}
