/** Our words and ServiceNow's, both ways; pure. Values are strings there, in writes too, and an empty reference is an empty string. */
import { TICKET_STATES, type TicketChange, type TicketDraft, type TicketMapping, type TicketNote, type TicketNoteSeen, type TicketSnapshot, type TicketState } from '../../schemas/tickets.ts'
import { filled } from '../filled.ts'
import { ConnectorError, type ChangeDraft } from '../port.ts'
import { cut, oneLine, withToken } from '../text.ts'
import { exact, sysId } from './query.ts'

/** Limits of the columns, in characters. */
export const TITLE_MAX = 160
export const TEXT_MAX = 4_000
export const NOTE_MAX = 4_000

/** Columns read of an incident. */
export const INCIDENT_FIELDS = 'sys_id,number,short_description,state,active,impact,urgency,priority,assigned_to,assigned_to.email,company,parent_incident,correlation_id,sys_created_on,sys_updated_on,sys_updated_by'

/** A record as it comes with `sysparm_display_value=all`, or without it. */
export type ServiceNowRecord = Readonly<Record<string, unknown>>

/** A column's stored value; empty where it has none. */
export function stored(record: ServiceNowRecord, column: string): string {
  return part(record[column], 'value')
}

/** A column as people see it. */
export function shown(record: ServiceNowRecord, column: string): string {
  return part(record[column], 'display_value')
}

function part(value: unknown, which: 'value' | 'display_value'): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  const found = (value as Readonly<Record<string, unknown>>)[which]
  return typeof found === 'string' ? found : ''
}

/** The stored time, UTC without saying so, in ms; null where there is none. */
export function timeMs(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text)
  const ms = match === null ? Number.NaN : Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}Z`)
  return Number.isNaN(ms) ? null : ms
}

/** A moment as it is stored there. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** `[code]` in a journal is taken for HTML and `@[..]` for a mention: both are broken by a mark without width. */
export function inert(text: string): string {
  return text.replace(/\[(?=\/?code\])/gi, '[\u200b').replace(/@(?=\[)/g, '@\u200b')
}

/** The body of a new incident. */
export function incidentOf(draft: TicketDraft): Record<string, string> {
  const { party, assigneeId } = draft
  const mapping = filled(draft.mapping)
  return {
    short_description: oneLine(inert(draft.title), TITLE_MAX),
    description: cut(inert(draft.text), TEXT_MAX),
    correlation_id: exact(draft.externalRef),
    correlation_display: 'Alert Whisperer',
    ...impactUrgency(draft.severity, mapping),
    ...stateOf(draft.state, mapping, undefined),
    ...placeOf(mapping, party.contactId),
    ...(party.companyId === null ? {} : { company: sysId(party.companyId) }),
    ...(party.assetIds[0] === undefined ? {} : { cmdb_ci: sysId(party.assetIds[0]) }),
    ...(assigneeId === null ? {} : { assigned_to: sysId(assigneeId) }),
    ...(draft.parent === null ? {} : { parent_incident: sysId(draft.parent.externalId) }),
  }
}

/**
 * What a change writes, as bodies to be sent one after the other: one body holds at most one work note and one comment. `there`: tokens of notes that are written already. What ends
 * an incident stands in the last one, for a closed one takes no more; `isEnded`: it is ended already, so that what solved it is known there.
 */
export function changesOf(change: TicketChange, there: ReadonlySet<string>, isEnded = false): readonly Readonly<Record<string, string>>[] {
  const mapping = filled(change.mapping)
  const fields: Record<string, string> = {
    ...(change.title === undefined ? {} : { short_description: oneLine(inert(change.title), TITLE_MAX) }),
    ...(change.severity === undefined ? {} : impactUrgency(change.severity, mapping)),
    ...(change.state === undefined ? {} : stateOf(change.state, mapping, change.resolution, isEnded)),
    ...(change.resolution === undefined ? {} : { close_notes: cut(inert(change.resolution), TEXT_MAX) }),
    ...(change.assigneeId === undefined ? {} : { assigned_to: change.assigneeId === null ? '' : sysId(change.assigneeId) }),
    ...(change.assetIds?.[0] === undefined ? {} : { cmdb_ci: sysId(change.assetIds[0]) }),
    ...(change.parent === undefined ? {} : { parent_incident: sysId(change.parent.externalId) }),
  }
  const isEnding = endsIt(change)
  const bodies: Record<string, string>[] = isEnding ? [{}] : [fields]
  for (const note of (change.notes ?? []).filter(({ token }) => !there.has(token))) {
    const last = bodies.at(-1)
    const text = noteText(note)
    if (last === undefined || 'comments' in last || 'work_notes' in last) bodies.push(text)
    else Object.assign(last, text)
  }
  if (isEnding) Object.assign(bodies.at(-1) ?? {}, fields)
  return bodies.filter((body) => Object.keys(body).length > 0)
}

/** Whether a change resolves or closes. */
export function endsIt({ state }: TicketChange): boolean {
  return state === 'resolved' || state === 'closed'
}

/** A note in the journal it belongs to; an internal one is a work note and nothing else. */
function noteText(note: TicketNote): Record<string, string> {
  const text = withToken(inert(note.text), note.token, NOTE_MAX)
  return note.isPublic ? { comments: text } : { work_notes: text }
}

/** The body of a change request that an incident asks for. */
export function changeRequestOf(draft: ChangeDraft): Record<string, string> {
  const { changeGroup } = filled(draft.mapping).place
  return {
    short_description: oneLine(inert(draft.title), TITLE_MAX),
    description: cut(inert(draft.text), TEXT_MAX),
    type: draft.isUrgent ? 'emergency' : 'normal',
    correlation_id: exact(draft.token),
    justification: cut(inert(draft.reason), TEXT_MAX),
    ...(draft.plan === undefined ? {} : { implementation_plan: cut(inert(draft.plan), TEXT_MAX) }),
    ...(draft.wayBack === undefined ? {} : { backout_plan: cut(inert(draft.wayBack), TEXT_MAX) }),
    ...(draft.test === undefined ? {} : { test_plan: cut(inert(draft.test), TEXT_MAX) }),
    ...(draft.assetIds[0] === undefined ? {} : { cmdb_ci: sysId(draft.assetIds[0]) }),
    ...(changeGroup === undefined ? {} : { assignment_group: sysId(changeGroup) }),
  }
}

function impactUrgency(severity: keyof TicketMapping['priority'], mapping: TicketMapping): Record<string, string> {
  const value = mapping.priority[severity]
  if (value === undefined) return {}
  const match = /^([1-3])-([1-3])$/.exec(value)
  if (match === null) throw new ConnectorError('misconfigured', `ServiceNow: the mapping of priority ${severity} is "${value}"; it has to be impact-urgency, such as 1-2`)
  return { impact: match[1] ?? '', urgency: match[2] ?? '' }
}

function stateOf(state: TicketState, mapping: TicketMapping, resolution: string | undefined, isEnded = false): Record<string, string> {
  const value = mapping.status[state]
  if (value === undefined) return {}
  if (state !== 'resolved' && state !== 'closed') return { state: value }
  // Both are mandatory for a resolved incident; who resolved it before has said both.
  if (isEnded) return { state: value }
  return { state: value, ...(mapping.place.closeCode === undefined ? {} : { close_code: mapping.place.closeCode }), ...(resolution === undefined ? { close_notes: 'The problem is over.' } : {}) }
}

const PLACES = { assignmentGroup: 'assignment_group', category: 'category', subcategory: 'subcategory', contactType: 'contact_type' } as const

function placeOf(mapping: TicketMapping, contactId: string | null): Record<string, string> {
  const caller = contactId ?? mapping.place.callerId
  return {
    ...Object.fromEntries(Object.entries(PLACES).flatMap(([ours, theirs]) => (mapping.place[ours] === undefined ? [] : [[theirs, ours === 'assignmentGroup' ? sysId(mapping.place[ours]) : mapping.place[ours]]]))),
    ...(caller === undefined ? {} : { caller_id: sysId(caller) }),
  }
}


/** Our word for a state; one that no mapping names is closed where the record is inactive (canceled), else unknown. */
export function stateIn(record: ServiceNowRecord, mapping: TicketMapping): TicketState {
  const value = stored(record, 'state')
  return TICKET_STATES.find((one) => mapping.status[one] === value) ?? (stored(record, 'active') === 'false' ? 'closed' : 'unknown')
}

/** An incident as we tell it. `username`: whose changes are ours. */
export function snapshotOf(record: ServiceNowRecord, notes: readonly TicketNoteSeen[] | null, { baseUrl, mapping, username }: { readonly baseUrl: string; readonly mapping: TicketMapping; readonly username: string }): TicketSnapshot {
  const id = stored(record, 'sys_id')
  const assignee = stored(record, 'assigned_to')
  const email = stored(record, 'assigned_to.email')
  const impact = stored(record, 'impact')
  const urgency = stored(record, 'urgency')
  const changedBy = stored(record, 'sys_updated_by')
  return {
    ref: { externalId: id, number: stored(record, 'number'), url: pageOf(baseUrl, 'incident', id) },
    externalRef: /^AW-/.test(stored(record, 'correlation_id')) ? stored(record, 'correlation_id') : null,
    title: stored(record, 'short_description'),
    state: stateIn(record, mapping),
    statusText: shown(record, 'state'),
    priorityId: impact === '' || urgency === '' ? null : `${impact}-${urgency}`,
    assignee: assignee === '' ? null : { externalId: assignee, name: shown(record, 'assigned_to'), email: email === '' ? null : email },
    companyId: orNull(stored(record, 'company')),
    parentId: orNull(stored(record, 'parent_incident')),
    mergedIntoId: null,
    isDeleted: false,
    notes,
    createdAtMs: timeMs(stored(record, 'sys_created_on')),
    updatedAtMs: timeMs(stored(record, 'sys_updated_on')),
    isLastChangeOurs: changedBy === '' ? null : changedBy === username,
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

/** A journal row as a note. The journal says neither name nor way in: the user ID is all there is, and only technicians write work notes. */
export function noteOf(row: ServiceNowRecord, username: string): TicketNoteSeen {
  const author = stored(row, 'sys_created_by')
  const isWorkNote = stored(row, 'element') === 'work_notes'
  return {
    externalId: stored(row, 'sys_id'), text: stored(row, 'value'), isPublic: !isWorkNote, isOurs: author === username,
    author: { externalId: orNull(author), name: author, email: author.includes('@') ? author : null, isAgent: isWorkNote },
    channel: 'unknown', atMs: timeMs(stored(row, 'sys_created_on')),
  }
}

/** Page of a record for people. */
export function pageOf(baseUrl: string, table: string, id: string): string {
  return `${baseUrl}/nav_to.do?uri=${encodeURIComponent(`${table}.do?sys_id=${id}`)}`
}
