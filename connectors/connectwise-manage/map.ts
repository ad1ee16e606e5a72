/** Our words as ConnectWise's and back. Pure: no clock, no call. */
import { TICKET_STATES, type TicketChange, type TicketDraft, type TicketMapping, type TicketNoteSeen, type TicketRef, type TicketSnapshot, type TicketState, type TicketTime } from '../../schemas/tickets.ts'
import type { ExternalAsset, ExternalCompany, ExternalUser, OpenConnection } from '../port.ts'
import { cut, oneLine, withToken } from '../text.ts'
import type { CwCompany, CwConfiguration, CwMember, CwNote, CwPatch, CwReference, CwTicket } from './types.ts'

const SUMMARY_MAX = 100
const TEXT_MAX = 30_000
const TITLE_MAX = 100
const NOTES_MAX = 50

/** A record of theirs by what a mapping says of it: digits are an id, anything else is a name. */
export function reference(value: string): { readonly id: number } | { readonly name: string } {
  return /^\d{1,9}$/.test(value) ? { id: Number(value) } : { name: value }
}

/** Their ids are whole numbers; what is none was never given out by them. */
export function numberOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : 0
}

/**
 * Notes are shown with Markdown, so what would be a link, an image, a tag, a fence or a mention in the words of an alert is broken by a blank of no width: it reads as it was written.
 */
export function plainNote(text: string): string {
  return text.replace(/(?<=\])(?=[([])|(?<=!)(?=\[)|(?<=<)(?=[a-z/!?])|(?<=(?:^|[^\w])@)(?=\w)|(?<=`)(?=`)/gi, '\u200b')
}

/** The body of a new ticket. */
export function ticketBody(draft: TicketDraft, connection: OpenConnection): Readonly<Record<string, unknown>> {
  const { status, priority, place } = draft.mapping
  const company = draft.party.companyId ?? place.company
  const said = cut(plainNote(draft.text), TEXT_MAX)
  return {
    summary: oneLine(draft.title, SUMMARY_MAX),
    recordType: 'ServiceTicket',
    externalXRef: draft.externalRef,
    ...(connection.fields.textPlace === 'discussion' ? { initialDescription: said } : { initialInternalAnalysis: said }),
    ...named('status', status[draft.state]),
    ...named('priority', priority[draft.severity]),
    ...named('company', company),
    ...named('contact', draft.party.contactId ?? undefined),
    ...named('owner', draft.assigneeId ?? undefined),
    ...named('board', place.board),
    ...named('type', place.type),
    ...named('subType', place.subType),
    ...named('item', place.item),
    ...named('team', place.team),
    ...named('source', place.source),
  }
}

function named(field: string, value: string | undefined): Readonly<Record<string, unknown>> {
  return value === undefined || value === '' ? {} : { [field]: reference(value) }
}

/** The fields of a change as JSON Patch; empty where none changes. */
export function patchOf(change: TicketChange): readonly CwPatch[] {
  const { status, priority } = change.mapping
  const words: readonly (readonly [string, string | undefined])[] = [
    ['status', change.state === undefined ? undefined : status[change.state]],
    ['priority', change.severity === undefined ? undefined : priority[change.severity]],
    ['owner', change.assigneeId ?? undefined],
  ]
  return [
    ...(change.title === undefined ? [] : [{ op: 'replace' as const, path: 'summary', value: oneLine(change.title, SUMMARY_MAX) }]),
    ...words.flatMap(([path, value]) => (value === undefined || value === '' ? [] : [{ op: 'replace' as const, path, value: reference(value) }])),
    ...(change.assigneeId === null ? [{ op: 'remove' as const, path: 'owner' }] : []),
  ]
}

/** A note of ours. Exactly one of the three flags is set: Discussion is for the client, Internal never is. */
export function noteBody({ text, token, kind }: { readonly text: string; readonly token: string | null; readonly kind: 'public' | 'internal' | 'resolution' }, connection: OpenConnection): Readonly<Record<string, unknown>> {
  const safe = plainNote(text)
  return {
    text: token === null ? cut(safe, TEXT_MAX) : withToken(safe, token, TEXT_MAX),
    detailDescriptionFlag: kind === 'public', internalAnalysisFlag: kind === 'internal', resolutionFlag: kind === 'resolution',
    member: { identifier: connection.fields.member ?? '' },
    // Nobody is mailed what is for technicians only.
    ...(kind === 'internal' ? { processNotifications: false } : {}),
  }
}

/** Title of a file; its token makes it known again. */
export function documentTitle(name: string, token: string): string {
  const tail = ` [${token}]`
  return oneLine(name, TITLE_MAX - tail.length) + tail
}

/** Time spent on a ticket, booked on the API member and noted for technicians only. */
export function timeBody(ticketId: string, time: TicketTime, mapping: TicketMapping, connection: OpenConnection): Readonly<Record<string, unknown>> {
  return {
    chargeToId: numberOf(ticketId), chargeToType: 'ServiceTicket',
    member: { identifier: connection.fields.member ?? '' },
    timeStart: seconds(time.startedAtMs), timeEnd: seconds(time.startedAtMs + time.minutes * 60_000),
    notes: withToken(plainNote(time.text), time.token, TEXT_MAX),
    addToDetailDescriptionFlag: false, addToInternalAnalysisFlag: true, addToResolutionFlag: false, emailResourceFlag: false, emailContactFlag: false, emailCcFlag: false,
    ...named('workType', mapping.place.workType), ...named('workRole', mapping.place.workRole),
  }
}

/** An instant as ConnectWise writes it, to the second. */
export function seconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

/** The page of a ticket for people: the interface’s host without `api-`. */
export function pageOf(ticketId: number | string, connection: OpenConnection): string {
  const base = new URL(connection.baseUrl)
  const codebase = base.pathname.split('/')[1] ?? 'v4_6_release'
  const query = new URLSearchParams({ service_recid: String(ticketId), companyName: connection.fields.company ?? '' })
  return `${base.protocol}//${base.host.replace(/^api-/, '')}/${codebase}/services/system_io/Service/fv_sr100_request.rails?${query.toString()}`
}

/** How we name a ticket of theirs. */
export function refOf(id: number | string, connection: OpenConnection): TicketRef {
  return { externalId: String(id), number: String(id), url: pageOf(id, connection) }
}

/** A ticket as we see it; `notes` as read with it, null where they were not. Tickets do not tell the address of their owner, so it comes from elsewhere. */
export function snapshotOf(ticket: CwTicket, notes: readonly CwNote[] | null, connection: OpenConnection, ownerEmail: string | null = null): TicketSnapshot {
  const { id = 0, status, owner, priority, company, _info: info } = ticket
  const merged = ticket.mergedParentTicket?.id ?? null
  return {
    ref: refOf(id, connection),
    externalRef: filled(ticket.externalXRef),
    title: ticket.summary ?? '',
    state: stateOf(status ?? null, ticket.closedFlag === true, connection.mapping),
    statusText: status?.name ?? '',
    // In the mapping's own words, so that both can be compared.
    priorityId: Object.values(connection.mapping.priority).find((value) => isMeant(value, priority)) ?? idOf(priority),
    assignee: owner?.id == null ? null : { externalId: String(owner.id), name: owner.name ?? owner.identifier ?? '', email: ownerEmail },
    companyId: idOf(company),
    parentId: ticket.parentTicketId == null || ticket.parentTicketId === 0 ? null : String(ticket.parentTicketId),
    mergedIntoId: merged === null ? null : String(merged),
    isDeleted: false,
    notes: notes === null ? null : notesOf(notes, connection),
    createdAtMs: msOf(info?.dateEntered),
    updatedAtMs: msOf(info?.lastUpdated),
    isLastChangeOurs: filled(info?.updatedBy) === null ? null : same(info?.updatedBy, connection.fields.member),
  }
}

/** Our word for a status: the mapping’s, by id or name; a closing status the mapping does not name is closed. */
export function stateOf(status: CwReference | null, isClosed: boolean, mapping: TicketMapping): TicketState {
  const meant = TICKET_STATES.filter((state) => isMeant(mapping.status[state], status))
  if (isClosed) return meant.find((state) => state === 'closed' || state === 'resolved') ?? 'closed'
  return meant[0] ?? 'unknown'
}

function isMeant(value: string | undefined, one: CwReference | null | undefined): boolean {
  return value !== undefined && one?.id != null && (value === String(one.id) || same(value, one.name))
}

/** Notes by time, the newest 50. */
export function notesOf(notes: readonly CwNote[], connection: OpenConnection): readonly TicketNoteSeen[] {
  return notes
    .map((note) => noteOf(note, connection))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || a.externalId.localeCompare(b.externalId, 'en', { numeric: true }))
    .slice(-NOTES_MAX)
}

function noteOf(note: CwNote, connection: OpenConnection): TicketNoteSeen {
  const { member, contact } = note
  const author = member ?? contact ?? null
  return {
    // Notes and time have ids of their own, which may be the same.
    externalId: `${note.noteType === 'TimeEntryNote' ? 'time-' : note.noteType === 'MeetingNote' ? 'meeting-' : ''}${note.id ?? 0}`,
    text: note.text ?? '',
    isPublic: note.detailDescriptionFlag === true || note.resolutionFlag === true,
    isOurs: member != null && same(member.identifier, connection.fields.member),
    author: { externalId: author?.id == null ? null : String(author.id), name: author?.name ?? note.originalAuthor ?? '', email: null, isAgent: member != null },
    channel: 'unknown',
    atMs: msOf(note._info?.sortByDate) ?? msOf(note._info?.lastUpdated) ?? msOf(note.timeStart),
  }
}

/** A company, with the domain of its web site. */
export function companyOf(company: CwCompany): ExternalCompany {
  const domain = domainOf(company.website ?? '')
  return { externalId: String(company.id ?? 0), name: company.name ?? '', domains: domain === null ? [] : [domain], isActive: company.deletedFlag !== true && !/^(inactive|not approved)/i.test(company.status?.name ?? '') }
}

/** The name below `www.` of an address as people write it; null: there is none. */
export function domainOf(website: string): string | null {
  const text = website.trim().toLowerCase()
  const address = text.includes('://') ? text : `https://${text}`
  const host = text === '' || !URL.canParse(address) ? '' : new URL(address).hostname.replace(/^www\./, '')
  return host.includes('.') ? host : null
}

/** A configuration item. */
export function assetOf(one: CwConfiguration): ExternalAsset {
  const aliases = [one.deviceIdentifier, one.serialNumber, one.tagNumber, one.ipAddress, one.macAddress].flatMap((alias) => filled(alias) ?? [])
  return { externalId: String(one.id ?? 0), name: one.name ?? '', aliases: [...new Set(aliases)] }
}

/** A member. */
export function userOf(member: CwMember): ExternalUser {
  const name = [member.firstName, member.lastName].flatMap((part) => filled(part) ?? []).join(' ')
  return { externalId: String(member.id ?? 0), name: name === '' ? member.identifier ?? '' : name, email: filled(member.primaryEmail) ?? filled(member.officeEmail) }
}

/** The id of what is referred to; null: nothing is. */
export function idOf(one: CwReference | null | undefined): string | null {
  return one?.id == null ? null : String(one.id)
}

function filled(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === '' ? null : text
}

function msOf(time: string | null | undefined): number | null {
  const ms = Date.parse(time ?? '')
  return Number.isFinite(ms) ? ms : null
}

function same(one: string | null | undefined, other: string | null | undefined): boolean {
  return one != null && other != null && one.trim().toLowerCase() === other.trim().toLowerCase()
}
