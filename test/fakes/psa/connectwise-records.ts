/** What a ConnectWise database holds: tickets of a board, their notes, files and time, and the records they refer to. */
import type { TicketState } from '../../../schemas/tickets.ts'

/** The API member our keys belong to. */
export const OWN_MEMBER = { id: 99, identifier: 'AWhisper', firstName: 'Alert', lastName: 'Whisperer', licenseClass: 'A', inactiveFlag: false }
/** Technicians. */
export const MEMBERS = [
  { id: 11, identifier: 'jdoe', firstName: 'Jane', lastName: 'Doe', licenseClass: 'F', inactiveFlag: false, officeEmail: 'jane.doe@msp.example', primaryEmail: 'jane.doe@msp.example' },
  { id: 12, identifier: 'rroe', firstName: 'Richard', lastName: 'Roe', licenseClass: 'F', inactiveFlag: false, officeEmail: 'richard.roe@msp.example', primaryEmail: 'richard.roe@msp.example' },
  { id: 13, identifier: 'gone', firstName: 'Gone', lastName: 'Away', licenseClass: 'F', inactiveFlag: true },
  OWN_MEMBER,
] as const
export const BOARDS = [{ id: 1, name: 'Service Desk', inactiveFlag: false, projectFlag: false }, { id: 2, name: 'Alerts', inactiveFlag: false, projectFlag: false }, { id: 3, name: 'Projects', inactiveFlag: false, projectFlag: true }]
export const STATUSES: readonly { readonly id: number; readonly name: string; readonly boardId: number; readonly closedStatus: boolean; readonly timeEntryNotAllowed: boolean; readonly inactive: boolean; readonly sortOrder: number; readonly state: TicketState }[] = [
  ...([['New', 'open', false], ['Assigned', 'assigned', false], ['In Progress', 'in_progress', false], ['Waiting On Client', 'waiting', false], ['Completed', 'resolved', false], ['>Closed', 'closed', true]] as const)
    .map(([name, state, closedStatus], at) => ({ id: 501 + at, name, boardId: 2, closedStatus, timeEntryNotAllowed: closedStatus, inactive: false, sortOrder: at, state })),
  { id: 402, name: 'Solved', boardId: 1, closedStatus: true, timeEntryNotAllowed: false, inactive: false, sortOrder: 9, state: 'closed' },
  { id: 401, name: 'Unsorted', boardId: 1, closedStatus: false, timeEntryNotAllowed: false, inactive: false, sortOrder: 0, state: 'open' },
]
export const PRIORITIES = ['Priority 1 - Emergency Response', 'Priority 2 - Quick Response', 'Priority 3 - Normal Response', 'Priority 4 - Scheduled Maintenance'].map((name, at) => ({ id: 6 + at, name, sortOrder: at + 1, defaultFlag: at === 2 }))
export const COMPANIES = [
  { id: 250, identifier: 'Northwind', name: 'Northwind Traders', website: 'https://www.northwind.example', status: { id: 1, name: 'Active' }, deletedFlag: false },
  { id: 251, identifier: 'Contoso', name: 'Contoso Ltd', website: 'contoso.example', status: { id: 1, name: 'Active' }, deletedFlag: false },
  { id: 19297, identifier: 'CatchAll', name: 'Catchall (for email connector)', status: { id: 1, name: 'Active' }, deletedFlag: false },
]
export const CONFIGURATIONS = [
  { id: 801, name: 'NW-DC01', company: { id: 250, identifier: 'Northwind', name: 'Northwind Traders' }, deviceIdentifier: 'dc01', serialNumber: 'SN-4711', ipAddress: '10.1.0.4', activeFlag: true },
  { id: 802, name: 'NW-OLD', company: { id: 250, identifier: 'Northwind', name: 'Northwind Traders' }, activeFlag: false },
]

/** A note of a ticket. */
export interface Note {
  readonly id: number
  readonly ticketId: number
  readonly text: string
  readonly detailDescriptionFlag: boolean
  readonly internalAnalysisFlag: boolean
  readonly resolutionFlag: boolean
  readonly member: string
  readonly atMs: number
  /** It came with the ticket. */
  readonly isOpening: boolean
}

/** A file of a ticket. */
export interface Document {
  readonly id: number
  readonly ticketId: number
  readonly title: string
  readonly fileName: string
  readonly isPrivate: boolean
  readonly bytes: Buffer
}

/** Time on a ticket. */
export interface Time {
  readonly id: number
  readonly ticketId: number
  readonly member: string
  readonly startMs: number
  readonly endMs: number
  readonly notes: string
  readonly isInternal: boolean
}

/** A ticket, whose other fields are looked up. */
export interface Ticket {
  readonly id: number
  summary: string
  boardId: number
  statusId: number
  priorityId: number
  companyId: number
  ownerId: number | null
  externalXRef: string | null
  parentTicketId: number | null
  mergedParentId: number | null
  configurationIds: number[]
  isDeleted: boolean
  readonly enteredAtMs: number
  readonly enteredBy: string
  updatedAtMs: number
  updatedBy: string
}

/** An instant as ConnectWise writes it. */
export function stamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

/** Someone as others refer to them. */
export function memberReference(member: { readonly id: number; readonly identifier: string; readonly firstName: string; readonly lastName: string }): object {
  return { id: member.id, identifier: member.identifier, name: `${member.firstName} ${member.lastName}` }
}

/** What a list or a single read answers of a ticket; empty fields are left out. */
export function shownTicket(ticket: Ticket, all: ReadonlyMap<number, Ticket>): Record<string, unknown> {
  const status = STATUSES.find(({ id }) => id === ticket.statusId)
  const company = COMPANIES.find(({ id }) => id === ticket.companyId)
  const owner = MEMBERS.find(({ id }) => id === ticket.ownerId)
  const merged = all.get(ticket.mergedParentId ?? 0)
  return {
    id: ticket.id, summary: ticket.summary, recordType: 'ServiceTicket',
    board: { id: ticket.boardId, name: BOARDS.find(({ id }) => id === ticket.boardId)?.name ?? '' },
    status: { id: ticket.statusId, name: status?.name ?? '' },
    priority: { id: ticket.priorityId, name: PRIORITIES.find(({ id }) => id === ticket.priorityId)?.name ?? '' },
    company: { id: ticket.companyId, identifier: company?.identifier ?? '', name: company?.name ?? '' },
    ...(owner === undefined ? {} : { owner: memberReference(owner) }),
    ...(ticket.externalXRef === null ? {} : { externalXRef: ticket.externalXRef }),
    ...(ticket.parentTicketId === null ? {} : { parentTicketId: ticket.parentTicketId }),
    ...(merged === undefined ? {} : { mergedParentTicket: { id: merged.id, summary: merged.summary } }),
    hasChildTicket: [...all.values()].some(({ parentTicketId }) => parentTicketId === ticket.id), hasMergedChildTicketFlag: [...all.values()].some(({ mergedParentId }) => mergedParentId === ticket.id),
    closedFlag: status?.closedStatus === true,
    _info: { lastUpdated: stamp(ticket.updatedAtMs), updatedBy: ticket.updatedBy, dateEntered: stamp(ticket.enteredAtMs), enteredBy: ticket.enteredBy },
  }
}

/** What `notes` answers. */
export function shownNote(note: Note): Record<string, unknown> {
  const member = MEMBERS.find(({ identifier }) => identifier === note.member)
  const { id, ticketId, text, detailDescriptionFlag, internalAnalysisFlag, resolutionFlag } = note
  return { id, ticketId, text, detailDescriptionFlag, internalAnalysisFlag, resolutionFlag, issueFlag: false, ...(member === undefined ? {} : { member: memberReference(member) }), dateCreated: stamp(note.atMs), createdBy: note.member, internalFlag: internalAnalysisFlag, externalFlag: detailDescriptionFlag || resolutionFlag }
}

/** What `allNotes` answers of a note or of the text of time. */
export function shownAnyNote(one: Note | Time): Record<string, unknown> {
  const member = MEMBERS.find(({ identifier }) => identifier === one.member)
  const who = member === undefined ? { originalAuthor: one.member } : { member: memberReference(member), originalAuthor: `${member.firstName} ${member.lastName}` }
  if ('text' in one) return { id: one.id, noteType: 'TicketNote', text: one.text, isMarkdownFlag: false, detailDescriptionFlag: one.detailDescriptionFlag, internalAnalysisFlag: one.internalAnalysisFlag, resolutionFlag: one.resolutionFlag, bundledFlag: false, mergedFlag: false, issueFlag: false, ...who, _info: { sortByDate: stamp(one.atMs) } }
  return { id: one.id, noteType: 'TimeEntryNote', text: one.notes, isMarkdownFlag: false, detailDescriptionFlag: !one.isInternal, internalAnalysisFlag: one.isInternal, resolutionFlag: false, timeStart: stamp(one.startMs), timeEnd: stamp(one.endMs), bundledFlag: false, mergedFlag: false, issueFlag: false, ...who, _info: { sortByDate: stamp(one.startMs) } }
}
