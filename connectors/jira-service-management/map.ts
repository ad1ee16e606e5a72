/** Our words and Jira's, both ways; pure. Texts of version 2 are wiki markup, so ours stand in a block that is shown as it is. */
import { TICKET_STATES, type TicketDraft, type TicketMapping, type TicketNoteSeen, type TicketSnapshot, type TicketState, type TicketTime } from '../../schemas/tickets.ts'
import { filled } from '../filled.ts'
import { ConnectorError } from '../port.ts'
import { cut, oneLine, referenceIn, withToken } from '../text.ts'

/** Limits, in characters. */
export const SUMMARY_MAX = 255
export const TEXT_MAX = 32_767

/** Fields read of an issue. */
export const ISSUE_FIELDS = ['summary', 'status', 'priority', 'assignee', 'labels', 'created', 'updated', 'issuelinks', 'project']

/** An object as it comes. */
export type JiraObject = Readonly<Record<string, unknown>>

/** A member that is an object; an empty one where it is none. */
export function inner(value: unknown): JiraObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JiraObject) : {}
}

/** A member that is a list of objects. */
export function listOf(value: unknown): readonly JiraObject[] {
  return Array.isArray(value) ? value.map(inner) : []
}

/** A member as text; empty where there is none. */
export function textOf(object: JiraObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

const BLOCK = '{noformat}'

/** Plain text in a block that no markup, macro or mention works in; a block's own end inside the text is broken by a mark without width. */
export function wiki(text: string, max = TEXT_MAX): string {
  const inside = inert(text)
  return `${BLOCK}\n${cut(inside, max - 2 * BLOCK.length - 2)}\n${BLOCK}`
}

/** A note's text with its token inside the block. */
export function wikiNote(text: string, token: string): string {
  return `${BLOCK}\n${withToken(inert(text), token, TEXT_MAX - 2 * BLOCK.length - 2)}\n${BLOCK}`
}

function inert(text: string): string {
  return text.replace(/\{(?=noformat)/gi, '{\u200b')
}

/** Markup as plain text, as far as we write it ourselves. */
export function plain(markup: string): string {
  return markup.replace(/^\{noformat\}\r?\n?/, '').replace(/\r?\n?\{noformat\}$/, '').replaceAll('\u200b', '')
}

/** What the form of a request type holds. */
export interface RequestForm {
  readonly fieldIds: readonly string[]
  readonly organisationField: string | null
}

/** The body of a new request. Throws `misconfigured` where service desk or request type are missing. */
export function requestOf(draft: TicketDraft, form: RequestForm): JiraObject {
  const mapping = filled(draft.mapping)
  const { serviceDeskId, requestTypeId } = mapping.place
  if (serviceDeskId === undefined || requestTypeId === undefined) throw new ConnectorError('misconfigured', 'Jira: put service desk and request type into the mapping, as places serviceDeskId and requestTypeId (the check lists them)')
  const priority = mapping.priority[draft.severity]
  const has = (field: string): boolean => form.fieldIds.includes(field)
  return {
    serviceDeskId, requestTypeId,
    requestFieldValues: {
      summary: summaryOf(draft.title, has('labels') ? null : draft.externalRef),
      ...(has('description') ? { description: wiki(draft.text) } : {}),
      ...(has('labels') ? { labels: [draft.externalRef] } : {}),
      ...(has('priority') && priority !== undefined ? { priority: { name: priority } } : {}),
      ...(form.organisationField !== null && has(form.organisationField) && draft.party.companyId !== null ? { [form.organisationField]: [organisationId(draft.party.companyId)] } : {}),
    },
    ...(draft.party.contactId === null ? {} : { raiseOnBehalfOf: draft.party.contactId }),
  }
}

/** What the form could not hold and the edit screen can. */
export function restOf(draft: TicketDraft, form: RequestForm, editable: readonly string[]): JiraObject {
  const priority = filled(draft.mapping).priority[draft.severity]
  const is = (field: string): boolean => !form.fieldIds.includes(field) && editable.includes(field)
  return {
    ...(is('description') ? { description: wiki(draft.text) } : {}),
    ...(is('priority') && priority !== undefined ? { priority: { name: priority } } : {}),
    ...(form.organisationField !== null && is(form.organisationField) && draft.party.companyId !== null ? { [form.organisationField]: [organisationId(draft.party.companyId)] } : {}),
  }
}

function organisationId(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new ConnectorError('invalid', 'Jira: an organisation is known by its number: choose it again')
  return Number(id)
}

/** One line; with our reference in front where no label holds it. */
export function summaryOf(title: string, reference: string | null): string {
  return reference === null ? oneLine(title, SUMMARY_MAX) : oneLine(`[${reference}] ${oneLine(title, SUMMARY_MAX)}`, SUMMARY_MAX)
}

/** A work log; Jira wants its times with an offset without a colon, and a minute at least. */
export function worklogOf(time: TicketTime): JiraObject {
  return { comment: wikiNote(time.text, time.token), started: new Date(time.startedAtMs).toISOString().replace('Z', '+0000'), timeSpentSeconds: Math.max(60, Math.round(time.minutes * 60)) }
}

const CATEGORIES: Readonly<Record<string, TicketState>> = { new: 'open', indeterminate: 'in_progress', done: 'closed' }

/** Our word for a status; one that no mapping names goes by its category, which Jira knows of every status. */
export function stateIn(status: JiraObject, mapping: TicketMapping): TicketState {
  const name = textOf(status, 'name').toLowerCase()
  return TICKET_STATES.find((one) => mapping.status[one]?.toLowerCase() === name) ?? CATEGORIES[textOf(inner(status.statusCategory), 'key')] ?? 'unknown'
}

/** Our reference: a label, else in the summary. */
export function referenceOf(fields: JiraObject): string | null {
  const labels = Array.isArray(fields.labels) ? fields.labels.filter((one): one is string => typeof one === 'string') : []
  return labels.find((one) => referenceIn(one) === one) ?? referenceIn(textOf(fields, 'summary'))
}

/** What a snapshot is made with. `site`: null where the address of pages is not known. */
export interface Reading {
  readonly site: string | null
  readonly mapping: TicketMapping
  readonly organisationField: string | null
}

/** The organisation an issue belongs to; null: none, or none that is shown. */
export function organisationOf(issue: JiraObject, field: string | null): string | null {
  const organisation = field === null ? undefined : listOf(inner(issue.fields)[field])[0]
  return organisation === undefined ? null : orNull(textOf(organisation, 'id'))
}

/** An issue as we tell it. */
export function snapshotOf(issue: JiraObject, notes: readonly TicketNoteSeen[] | null, { site, mapping, organisationField }: Reading): TicketSnapshot {
  const fields = inner(issue.fields)
  const status = inner(fields.status)
  const assignee = inner(fields.assignee)
  const key = textOf(issue, 'key')
  const parent = listOf(fields.issuelinks).find((link) => textOf(inner(link.type), 'name') === mapping.place.parentLink && Object.keys(inner(link.inwardIssue)).length > 0)
  return {
    ref: { externalId: textOf(issue, 'id'), number: key, url: site === null ? null : `${site}/browse/${encodeURIComponent(key)}` },
    externalRef: referenceOf(fields),
    title: textOf(fields, 'summary'),
    state: stateIn(status, mapping),
    statusText: textOf(status, 'name'),
    priorityId: orNull(textOf(inner(fields.priority), 'name')),
    assignee: textOf(assignee, 'accountId') === '' ? null : { externalId: textOf(assignee, 'accountId'), name: textOf(assignee, 'displayName'), email: orNull(textOf(assignee, 'emailAddress')) },
    companyId: organisationOf(issue, organisationField),
    parentId: parent === undefined ? null : orNull(textOf(inner(parent.inwardIssue), 'id')),
    mergedIntoId: null,
    isDeleted: false,
    notes,
    createdAtMs: timeMs(textOf(fields, 'created')),
    updatedAtMs: timeMs(textOf(fields, 'updated')),
    isLastChangeOurs: null,
  }
}

/** A comment as a note. One that does not say so is public: customers see what Jira does not mark. */
export function noteOf(comment: JiraObject, me: string | null): TicketNoteSeen {
  const author = inner(comment.author)
  const id = orNull(textOf(author, 'accountId'))
  return {
    externalId: textOf(comment, 'id'), text: plain(textOf(comment, 'body')), isPublic: comment.jsdPublic !== false, isOurs: id !== null && id === me,
    author: { externalId: id, name: textOf(author, 'displayName'), email: orNull(textOf(author, 'emailAddress')), isAgent: ['atlassian', 'app'].includes(textOf(author, 'accountType')) },
    channel: 'unknown', atMs: timeMs(textOf(comment, 'created')),
  }
}

/** `2026-11-21T10:00:00.000+0000` in ms. */
export function timeMs(text: string): number | null {
  const ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(ms) ? null : ms
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}
