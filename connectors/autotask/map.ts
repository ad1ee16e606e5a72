/** Our words as Autotask's and back. Pure: no clock, no call; picklists come in, since their ids differ in every database. */
import { TICKET_STATES, type TicketChange, type TicketDraft, type TicketMapping, type TicketNote, type TicketNoteSeen, type TicketRef, type TicketSnapshot, type TicketState, type TicketTime } from '../../schemas/tickets.ts'
import { ConnectorError, type ExternalAsset, type ExternalCompany, type ExternalUser } from '../port.ts'
import { cut, oneLine, withToken } from '../text.ts'
import type { AtCompany, AtConfigurationItem, AtNote, AtPick, AtResource, AtTicket, Picklists } from './types.ts'

const TITLE_MAX = 255
const DESCRIPTION_MAX = 8_000
const NOTE_TITLE_MAX = 250
const NOTE_MAX = 32_000
const ATTACHMENT_TITLE_MAX = 150
const NOTES_MAX = 50
const HOUR_MS = 3_600_000

/** When a ticket is due if no service level of the account says otherwise, in hours: Autotask takes none without. */
const DUE_HOURS = { critical: 4, high: 8, medium: 24, low: 72, info: 120 } as const
const INTERNAL_LABELS = ['Internal Users Only', 'Internal Project Team', 'Internal Only', 'Internal']
const PUBLIC_LABELS = ['All Autotask Users', 'All Users', 'All']
const NOTE_TYPE_LABELS = ['Task Notes', 'Task Detail', 'Task Summary', 'Notes']

/** Whose eyes: what the directory of the account and the mapping say. */
export interface AtView {
  readonly mapping: TicketMapping
  readonly tickets: Picklists
  /** The API user; null: not known. */
  readonly ownId: number | null
  readonly resources: ReadonlyMap<number, AtResource>
  /** Where people read tickets; null: not known. */
  readonly webUrl: string | null
}

/** An id of theirs, 0 being their own company. Throws `invalid` for what is none. */
export function numberOf(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new ConnectorError('invalid', `Autotask: "${cut(id, 40)}" is no id of Autotask`)
  return Number(id)
}

/** The id of a picklist's value by its label or id. Throws `invalid` where there is none, with what there is. */
export function pick(field: string, wanted: string, values: readonly AtPick[]): number {
  const found = values.find((one) => one.isActive !== false && same(one.label, wanted)) ?? values.find((one) => one.isActive !== false && one.value === wanted)
  if (found?.value === undefined) throw new ConnectorError('invalid', `Autotask: ${field} "${wanted}" is not in the picklist of this account; there are ${labels(values)}: correct the mapping`)
  return Number(found.value)
}

/** Labels as an error shows them. */
export function labels(values: readonly AtPick[]): string {
  const active = values.filter(({ isActive }) => isActive !== false)
  return active.length === 0 ? 'none' : active.slice(0, 15).map(({ label, value }) => `${label ?? ''} (${value ?? ''})`).join(', ')
}

/** Who sees a note: the mapping's word, else the first usual label there is. Throws `invalid`; it never falls back to the wider one. */
export function publishOf(isPublic: boolean, mapping: TicketMapping, values: readonly AtPick[]): number {
  const wanted = isPublic ? mapping.place.publicPublish : mapping.place.internalPublish
  if (wanted !== undefined && wanted !== '') return pick(isPublic ? 'publicPublish' : 'internalPublish', wanted, values)
  return pick('publish', firstOf(isPublic ? PUBLIC_LABELS : INTERNAL_LABELS, values), values)
}

function firstOf(usual: readonly string[], values: readonly AtPick[]): string {
  return usual.find((label) => values.some((one) => one.isActive !== false && same(one.label, label))) ?? usual[0] ?? ''
}

function noteTypeOf(mapping: TicketMapping, values: readonly AtPick[]): number {
  const wanted = mapping.place.noteType
  if (wanted !== undefined && wanted !== '') return pick('noteType', wanted, values)
  const usual = firstOf(NOTE_TYPE_LABELS, values)
  const has = (label: string): boolean => values.some((one) => one.isActive !== false && same(one.label, label))
  // An account may have named them all anew; which it is decides nobody's eyes, unlike `publish`. Those of Autotask's own doings are for nobody to write.
  const any = values.find(({ isActive, label }) => isActive !== false && !/workflow|duplicate|forward|merge/i.test(label ?? ''))?.label
  return pick('noteType', has(usual) ? usual : any ?? usual, values)
}

/** Places of a new ticket and the picklists they are of. */
export const PLACES = { queue: 'queueID', ticketType: 'ticketType', source: 'source', issueType: 'issueType', subIssueType: 'subIssueType', ticketCategory: 'ticketCategory' } as const

/** The body of a new ticket. `assignee`: the resource with its role. */
export function ticketBody(draft: TicketDraft, { picks, assignee, nowMs }: { readonly picks: Picklists; readonly assignee: AtResource | null; readonly nowMs: number }): Readonly<Record<string, unknown>> {
  const { status, priority, place } = draft.mapping
  const company = draft.party.companyId ?? place.company ?? ''
  if (company === '') throw new ConnectorError('invalid', 'Autotask takes no ticket without a company: match the company, or give the id of one for all others as place "company"')
  const [asset] = draft.party.assetIds
  return {
    companyID: numberOf(company),
    title: oneLine(draft.title, TITLE_MAX),
    description: cut(draft.text, DESCRIPTION_MAX),
    externalID: draft.externalRef,
    status: pick('status', need(status[draft.state], `status "${draft.state}"`), picks.status ?? []),
    priority: pick('priority', need(priority[draft.severity], `priority "${draft.severity}"`), picks.priority ?? []),
    dueDateTime: new Date(nowMs + DUE_HOURS[draft.severity] * HOUR_MS).toISOString(),
    ...Object.fromEntries(Object.entries(PLACES).flatMap(([name, field]) => (place[name] === undefined || place[name] === '' ? [] : [[field, pick(name, place[name], picks[field] ?? [])]]))),
    ...(draft.party.contactId === null ? {} : { contactID: numberOf(draft.party.contactId) }),
    ...(asset === undefined ? {} : { configurationItemID: numberOf(asset) }),
    ...(assignee === null ? {} : assigned(assignee)),
  }
}

function need(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new ConnectorError('invalid', `Autotask: no ${what} is mapped, and Autotask takes no ticket without one`)
  return value
}

function assigned(resource: AtResource): Readonly<Record<string, unknown>> {
  if (resource.defaultServiceDeskRoleID == null) throw new ConnectorError('invalid', `Autotask: ${nameOf(resource)} has no default service desk role, without which no ticket can be given: set one at the resource`)
  return { assignedResourceID: resource.id, assignedResourceRoleID: resource.defaultServiceDeskRoleID }
}

/** The fields of a change, without the id; empty where none changes. `assignee`: undefined stays, null is taken away. */
export function patchOf(change: TicketChange, picks: Picklists, assignee: AtResource | null | undefined): Readonly<Record<string, unknown>> {
  const status = change.state === undefined ? undefined : change.mapping.status[change.state]
  const priority = change.severity === undefined ? undefined : change.mapping.priority[change.severity]
  const [asset] = change.assetIds ?? []
  return {
    ...(change.title === undefined ? {} : { title: oneLine(change.title, TITLE_MAX) }),
    ...(status === undefined || status === '' ? {} : { status: pick('status', status, picks.status ?? []) }),
    ...(priority === undefined || priority === '' ? {} : { priority: pick('priority', priority, picks.priority ?? []) }),
    ...(change.resolution === undefined ? {} : { resolution: cut(change.resolution, NOTE_MAX) }),
    ...(asset === undefined ? {} : { configurationItemID: numberOf(asset) }),
    ...(assignee === undefined ? {} : assignee === null ? { assignedResourceID: null, assignedResourceRoleID: null } : assigned(assignee)),
  }
}

/** A note of ours; its first line is its title. `picks` are those of notes. */
export function noteBody({ text, token, isPublic }: TicketNote, mapping: TicketMapping, picks: Picklists): Readonly<Record<string, unknown>> {
  const [title = ''] = text.trim().split('\n')
  return {
    title: oneLine(title === '' ? 'Alert Whisperer' : title, NOTE_TITLE_MAX), description: withToken(text, token, NOTE_MAX),
    noteType: noteTypeOf(mapping, picks.noteType ?? []), publish: publishOf(isPublic, mapping, picks.publish ?? []),
  }
}

/** A file for technicians; its token makes it known again. */
export function attachmentBody({ title, token, fileName, contentType, bytes }: { readonly title: string; readonly token: string; readonly fileName: string; readonly contentType: string; readonly bytes: Buffer }, mapping: TicketMapping, picks: Picklists): Readonly<Record<string, unknown>> {
  const tail = ` [${token}]`
  return { attachmentType: 'FILE_ATTACHMENT', title: oneLine(title, ATTACHMENT_TITLE_MAX - tail.length) + tail, fullPath: fileName, contentType, publish: publishOf(false, mapping, picks.publish ?? []), data: bytes.toString('base64') }
}

/** Time spent on a ticket. What clients may read on an invoice says no more than that it was automatic. */
export function timeBody(ticketId: string, time: TicketTime, resource: AtResource): Readonly<Record<string, unknown>> {
  if (resource.defaultServiceDeskRoleID == null) throw new ConnectorError('invalid', `Autotask: ${nameOf(resource)} has no default service desk role, without which no time can be booked: set one at the resource`)
  const start = new Date(time.startedAtMs).toISOString()
  return {
    ticketID: numberOf(ticketId), resourceID: resource.id, roleID: resource.defaultServiceDeskRoleID, dateWorked: `${start.slice(0, 10)}T00:00:00Z`,
    startDateTime: start, endDateTime: new Date(time.startedAtMs + time.minutes * 60_000).toISOString(), hoursWorked: Math.max(Math.ceil((time.minutes / 60) * 100), 1) / 100,
    summaryNotes: withToken('Automated work', time.token, NOTE_MAX), internalNotes: cut(time.text, NOTE_MAX),
  }
}

/** The page of a ticket for people; null where the zone did not say where that is. */
export function pageOf(ticketId: number | string, webUrl: string | null): string | null {
  return webUrl === null ? null : `${webUrl.replace(/\/+$/, '')}/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID=${encodeURIComponent(ticketId)}`
}

/** How we name a ticket of theirs. */
export function refOf({ id = 0, ticketNumber }: AtTicket, webUrl: string | null): TicketRef {
  return { externalId: String(id), number: ticketNumber ?? String(id), url: pageOf(id, webUrl) }
}

/** The company a ticket belongs to; null: none. */
export function companyIdOf(ticket: AtTicket): string | null {
  return ticket.companyID == null ? null : String(ticket.companyID)
}

/** A ticket as we see it; `notes` as read with it, null where they were not. */
export function snapshotOf(ticket: AtTicket, notes: { readonly list: readonly AtNote[]; readonly picks: Picklists } | null, view: AtView): TicketSnapshot {
  const owner = ticket.assignedResourceID ?? null
  const label = (view.tickets.status ?? []).find(({ value }) => value === String(ticket.status))?.label ?? ''
  return {
    ref: refOf(ticket, view.webUrl),
    externalRef: ticket.externalID == null || ticket.externalID === '' ? null : ticket.externalID,
    title: ticket.title ?? '',
    state: stateOf(ticket.status ?? null, label, view.mapping),
    statusText: label === '' ? String(ticket.status ?? '') : label,
    priorityId: priorityOf(ticket.priority ?? null, view),
    assignee: owner === null ? null : { externalId: String(owner), ...personOf(view.resources.get(owner)) },
    companyId: companyIdOf(ticket),
    parentId: ticket.problemTicketId == null || ticket.problemTicketId === 0 ? null : String(ticket.problemTicketId),
    mergedIntoId: null,
    isDeleted: false,
    notes: notes === null ? null : notesOf(notes.list, notes.picks, view),
    createdAtMs: msOf(ticket.createDate),
    updatedAtMs: msOf(ticket.lastActivityDate),
    isLastChangeOurs: ticket.lastActivityResourceID == null || view.ownId === null ? null : ticket.lastActivityResourceID === view.ownId,
  }
}

/** In the mapping's own words, so that both can be compared; else the id. */
function priorityOf(priority: number | null, { mapping, tickets }: AtView): string | null {
  if (priority === null) return null
  const label = tickets.priority?.find(({ value }) => value === String(priority))?.label
  return Object.values(mapping.priority).find((wanted) => same(wanted, label) || wanted === String(priority)) ?? String(priority)
}

/** Our word for a status, by id or label. Where resolved and closed are the same status, it is resolved. */
export function stateOf(status: number | null, label: string, mapping: TicketMapping): TicketState {
  return TICKET_STATES.find((state) => same(mapping.status[state], label) || mapping.status[state] === String(status)) ?? 'unknown'
}

/** Notes by time, the newest 50. What not everybody may see is not public. */
export function notesOf(notes: readonly AtNote[], picks: Picklists, view: AtView): readonly TicketNoteSeen[] {
  const open = (picks.publish ?? []).filter(({ label, value }) => PUBLIC_LABELS.some((usual) => same(label, usual)) || same(label, view.mapping.place.publicPublish) || value === view.mapping.place.publicPublish)
  return notes
    .map((note): TicketNoteSeen => {
      const by = note.creatorResourceID ?? null
      return {
        externalId: String(note.id ?? 0), text: note.description ?? note.title ?? '', isPublic: open.some(({ value }) => value === String(note.publish)), isOurs: by !== null && by === view.ownId,
        author: { externalId: by === null ? null : String(by), ...personOf(by === null ? undefined : view.resources.get(by)), isAgent: by !== null }, channel: 'unknown', atMs: msOf(note.createDateTime) ?? msOf(note.lastActivityDate),
      }
    })
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || Number(a.externalId) - Number(b.externalId))
    .slice(-NOTES_MAX)
}

/** A company, with the domain of its web site. */
export function companyOf({ id = 0, companyName, webAddress, isActive }: AtCompany): ExternalCompany {
  const text = (webAddress ?? '').trim().toLowerCase()
  const address = text.includes('://') ? text : `https://${text}`
  const host = text === '' || !URL.canParse(address) ? '' : new URL(address).hostname.replace(/^www\./, '')
  return { externalId: String(id), name: companyName ?? '', domains: host.includes('.') ? [host] : [], isActive: isActive !== false }
}

/** A configuration item, named by its title or the host name the RMM found. */
export function assetOf(item: AtConfigurationItem): ExternalAsset {
  const all = [item.referenceTitle, item.rmmDeviceAuditHostname, item.dattoHostname, item.serialNumber, item.referenceNumber, item.rmmDeviceAuditIPAddress, item.dattoInternalIP, item.rmmDeviceAuditMacAddress].flatMap((name) => (name == null || name.trim() === '' ? [] : [name]))
  const [name = ''] = all
  return { externalId: String(item.id ?? 0), name, aliases: [...new Set(all.slice(1))].filter((alias) => alias !== name) }
}

/** A resource. */
export function userOf(resource: AtResource): ExternalUser {
  return { externalId: String(resource.id ?? 0), ...personOf(resource) }
}

function personOf(resource: AtResource | undefined): { readonly name: string; readonly email: string | null } {
  return { name: resource === undefined ? '' : nameOf(resource), email: resource?.email == null || resource.email === '' ? null : resource.email }
}

function nameOf({ id, firstName, lastName, userName }: AtResource): string {
  const name = [firstName, lastName].filter((part) => part != null && part !== '').join(' ')
  return name === '' ? userName ?? String(id ?? '') : name
}

function msOf(time: string | null | undefined): number | null {
  const ms = Date.parse(time ?? '')
  return Number.isFinite(ms) ? ms : null
}

function same(one: string | null | undefined, other: string | null | undefined): boolean {
  return one != null && other != null && one.trim().toLowerCase() === other.trim().toLowerCase()
}
