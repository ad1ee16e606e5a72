/** Our words as HaloPSA's and back. Pure: no clock, no call. */
import type { TicketAttachment, TicketChange, TicketDraft, TicketNote, TicketNoteSeen, TicketRef, TicketSnapshot, TicketTime } from '../../schemas/tickets.ts'
import { attachmentName } from '../attachment-name.ts'
import { stateOf } from '../mapping.ts'
import type { ExternalAsset, ExternalCompany, ExternalUser, OpenConnection } from '../port.ts'
import { cut, escapeHtml, oneLine, plainText, referenceIn, withToken } from '../text.ts'
import type { HaloAction, HaloAgent, HaloAsset, HaloClient, HaloTicket } from './types.ts'

const TITLE_MAX = 250
const TEXT_MAX = 30_000
const NOTES_MAX = 50
/** Halo's own agent for tickets nobody has. */
const NOBODY = 1

type Fields = Readonly<Record<string, unknown>>

/** Ids are whole numbers; what is none was never given out by them. */
export function numberOf(id: string): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : 0
}

/** A title with our reference before it: Halo has no field of its own that can be searched exactly, and what is cut is cut at the end. */
export function titleOf(title: string, externalRef: string | null): string {
  const head = externalRef === null ? '' : `[${externalRef}] `
  return head + oneLine(title, TITLE_MAX - head.length)
}

/** The body of a new ticket. */
export function ticketBody(draft: TicketDraft): Fields {
  const { status, priority, place } = draft.mapping
  const { companyId, contactId, assetIds } = draft.party
  return {
    summary: titleOf(draft.title, draft.externalRef),
    details_html: escapeHtml(cut(draft.text, TEXT_MAX)),
    // Else Halo mails the end user that a ticket was logged, with its text.
    sendack: false,
    ...numbered('tickettype_id', place.ticketType),
    ...numbered('status_id', status[draft.state]),
    ...numbered('priority_id', priority[draft.severity]),
    ...numbered('client_id', companyId ?? place.client),
    ...numbered('user_id', contactId ?? undefined),
    ...numbered('agent_id', draft.assigneeId ?? undefined),
    ...(place.team === undefined || place.team === '' ? {} : { team: place.team }),
    ...(place.category === undefined || place.category === '' ? {} : { category_1: place.category }),
    ...(assetIds.length === 0 ? {} : { assets: assetsBody(assetIds) }),
    ...numbered('parent_id', draft.parent?.externalId),
  }
}

function numbered(field: string, value: string | undefined): Fields {
  return value === undefined || numberOf(value) === 0 ? {} : { [field]: numberOf(value) }
}

function assetsBody(ids: readonly string[]): readonly Fields[] {
  return ids.map(numberOf).filter((id) => id > 0).map((id) => ({ id }))
}

/** The fields of a change; null where none changes. `externalRef`: as it stands in the title now, so that a new title keeps it. */
export function changeBody(ref: TicketRef, change: TicketChange, externalRef: string | null): Fields | null {
  const { status, priority } = change.mapping
  const fields = {
    ...(change.title === undefined ? {} : { summary: titleOf(change.title, externalRef) }),
    ...numbered('status_id', change.state === undefined ? undefined : status[change.state]),
    ...numbered('priority_id', change.severity === undefined ? undefined : priority[change.severity]),
    ...(change.assigneeId === null ? { agent_id: NOBODY } : numbered('agent_id', change.assigneeId)),
    ...(change.assetIds === undefined ? {} : { assets: assetsBody(change.assetIds) }),
    ...numbered('parent_id', change.parent?.externalId),
    ...(change.resolution === undefined ? {} : { closure_note_html: escapeHtml(cut(change.resolution, TEXT_MAX)) }),
    // Without it Halo refuses to close a ticket that has an appointment.
    ...(change.state === 'resolved' || change.state === 'closed' ? { _appointment01_ok: true } : {}),
  }
  return Object.keys(fields).length === 0 ? null : { id: numberOf(ref.externalId), ...fields }
}

/** A note. Hidden unless it is meant for the client, and nobody is mailed either way. */
export function noteBody(ticketId: string, { text, token, isPublic }: TicketNote, connection: OpenConnection): Fields {
  const { privateOutcome = 'Private Note', publicOutcome = 'Public Note' } = connection.fields
  return { ticket_id: numberOf(ticketId), outcome: isPublic ? publicOutcome : privateOutcome, note_html: escapeHtml(withToken(text, token, TEXT_MAX)), hiddenfromuser: !isPublic, sendemail: false }
}

/** Time spent, as a hidden action; Halo counts in hours. */
export function timeBody(ticketId: string, { startedAtMs, minutes, text, token }: TicketTime, connection: OpenConnection): Fields {
  return {
    ...noteBody(ticketId, { text, token, isPublic: false }, connection),
    timetaken: Math.round((minutes / 60) * 10_000) / 10_000,
    actionarrivaldate: new Date(startedAtMs).toISOString(),
    actioncompletiondate: new Date(startedAtMs + minutes * 60_000).toISOString(),
  }
}

/** A file, hidden from the client. Its token is in its name, for Halo lists no other text of it for sure. */
export function fileBody(ticketId: string, { name, base64, token }: TicketAttachment): Fields {
  return { ticket_id: numberOf(ticketId), filename: attachmentName(name, token), data_base64: base64, showforusers: false }
}

/** How we name a ticket of theirs; people see it under the address without `/api`. */
export function refOf(id: number | string, connection: OpenConnection): TicketRef {
  return { externalId: String(id), number: String(id), url: `${connection.baseUrl.replace(/\/api$/, '')}/ticket?id=${encodeURIComponent(String(id))}` }
}

/** Agents by id. */
export type Agents = ReadonlyMap<number, ExternalUser>

/** The company a ticket belongs to; null: none. */
export function companyIdOf(ticket: HaloTicket): string | null {
  return positive(ticket.client_id)
}

/** A ticket as we see it; `actions` as read with it, null where they were not. `ours`: the agent our credentials log in as. */
export function snapshotOf(ticket: HaloTicket, actions: readonly HaloAction[] | null, { connection, agents, ours }: { readonly connection: OpenConnection; readonly agents: Agents; readonly ours: number | null }): TicketSnapshot {
  const { id = 0, summary, agent_id: agentId, status_id: statusId } = ticket
  const externalRef = referenceIn(summary ?? '')
  const agent = agentId == null ? undefined : agents.get(agentId)
  const isAssigned = agentId != null && agentId > NOBODY
  return {
    ref: refOf(id, connection),
    externalRef,
    title: (summary ?? '').replace(externalRef === null ? '' : `[${externalRef}]`, '').trim(),
    state: stateOf(connection.mapping, statusId == null ? null : String(statusId)),
    statusText: ticket.status_name ?? (statusId == null ? '' : String(statusId)),
    priorityId: positive(ticket.priority_id),
    assignee: isAssigned ? { externalId: String(agentId), name: ticket.agent_name ?? agent?.name ?? '', email: agent?.email ?? null } : null,
    companyId: companyIdOf(ticket),
    parentId: positive(ticket.parent_id),
    mergedIntoId: positive(ticket.merged_into_id),
    isDeleted: ticket.deleted === true,
    notes: actions === null ? null : notesOf(actions, agents, ours),
    createdAtMs: msOf(ticket.dateoccurred),
    updatedAtMs: msOf(ticket.last_update) ?? msOf(ticket.lastactiondate),
    isLastChangeOurs: null,
  }
}

/** Notes by time, the newest 50; actions without a text are the system's own. */
export function notesOf(actions: readonly HaloAction[], agents: Agents, ours: number | null): readonly TicketNoteSeen[] {
  return actions
    .map((action) => noteOf(action, agents, ours))
    .filter(({ text }) => text !== '')
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || Number(a.externalId) - Number(b.externalId))
    .slice(-NOTES_MAX)
}

function noteOf(action: HaloAction, agents: Agents, ours: number | null): TicketNoteSeen {
  const agentId = action.who_agentid != null && action.who_agentid > 0 ? action.who_agentid : null
  const agent = agentId === null ? undefined : agents.get(agentId)
  return {
    externalId: String(action.id ?? 0),
    text: action.note_html == null || action.note_html === '' ? action.note ?? '' : plainText(action.note_html),
    // Hidden unless Halo says that it is not.
    isPublic: action.hiddenfromuser === false,
    isOurs: agentId !== null && agentId === ours,
    author: { externalId: agentId === null ? null : String(agentId), name: action.who ?? agent?.name ?? '', email: agent?.email ?? null, isAgent: agentId !== null },
    channel: filled(action.email_message_id) !== null || filled(action.emailbody) !== null ? 'email' : 'unknown',
    atMs: msOf(action.datetime),
  }
}

/** A customer, with the domain of its record or its web site. */
export function companyOf({ id = 0, name, domain, website, inactive }: HaloClient): ExternalCompany {
  return { externalId: String(id), name: name ?? '', domains: [...new Set([domain, website].flatMap((one) => domainOf(one ?? '') ?? []))], isActive: inactive !== true }
}

function domainOf(address: string): string | null {
  const text = address.trim().toLowerCase()
  const url = text.includes('://') ? text : `https://${text}`
  const host = text === '' || !URL.canParse(url) ? '' : new URL(url).hostname.replace(/^www\./, '')
  return host.includes('.') ? host : null
}

/** An asset: its key field is the name technicians see, the inventory number its own. */
export function assetOf(asset: HaloAsset): ExternalAsset {
  const [name, ...aliases] = [...new Set([asset.key_field, asset.inventory_number, asset.key_field2, asset.key_field3].flatMap((one) => filled(one) ?? []))]
  return { externalId: String(asset.id ?? 0), name: name ?? '', aliases }
}

/** An agent. */
export function userOf({ id = 0, name, email }: HaloAgent): ExternalUser {
  return { externalId: String(id), name: name ?? '', email: filled(email) }
}

/** A time as Halo tells it: UTC, with or without a zone. Null: none, or Halo's year 1 and 1900 for none. */
export function msOf(time: string | null | undefined): number | null {
  if (time == null) return null
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`)
  return Number.isFinite(ms) && ms > 0 ? ms : null
}

function positive(id: number | null | undefined): string | null {
  return id == null || id <= 0 ? null : String(id)
}

function filled(text: string | null | undefined): string | null {
  return text == null || text.trim() === '' ? null : text.trim()
}
