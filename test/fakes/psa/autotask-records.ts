/** What an Autotask database holds. Ids of choice values are this tenant's own and like no other's, so that none can be guessed. */
import type { TicketState } from '../../../schemas/tickets.ts'

export const OWN_RESOURCE = 29_682_899
export const RESOURCES = [
  { id: 29_682_885, firstName: 'Jane', lastName: 'Doe', email: 'jane.doe@msp.example', userName: 'jdoe', isActive: true, defaultServiceDeskRoleID: 29_683_396 },
  { id: 29_682_886, firstName: 'Richard', lastName: 'Roe', email: 'richard.roe@msp.example', userName: 'rroe', isActive: true, defaultServiceDeskRoleID: 29_683_397 },
  { id: 29_682_887, firstName: 'No', lastName: 'Role', email: 'no.role@msp.example', userName: 'norole', isActive: true },
  { id: OWN_RESOURCE, firstName: 'Alert', lastName: 'Whisperer', email: 'api@msp.example', userName: 'q2w4e6r8t0@NORTHWIND.COM', isActive: true },
]
export const COMPANIES = [
  { id: 0, companyName: 'The MSP', webAddress: 'msp.example', isActive: true },
  { id: 174, companyName: 'Northwind Traders', webAddress: 'https://www.northwind.example/', isActive: true },
  { id: 175, companyName: 'Contoso Ltd', webAddress: 'contoso.example', isActive: true },
  { id: 176, companyName: 'Northwind (old)', webAddress: null, isActive: false },
]
export const CONFIGURATION_ITEMS = [
  { id: 5_001, companyID: 174, referenceTitle: 'NW-DC01', serialNumber: 'SN-4711', rmmDeviceAuditHostname: 'nw-dc01.northwind.example', rmmDeviceAuditIPAddress: '10.1.0.4', isActive: true },
  { id: 5_002, companyID: 174, referenceTitle: 'NW-OLD', isActive: false },
  { id: 5_003, companyID: 174, referenceTitle: 'NW-SQL01', isActive: true },
  { id: 5_004, companyID: 175, referenceTitle: 'CO-WEB01', isActive: true },
]
export const WEBHOOKS = [{ id: 1, name: 'Another', webhookUrl: 'https://alerts.example/api/hooks/autotask/another', deactivationUrl: 'https://alerts.example/off', secretKey: '', isActive: true, isReady: true, isSubscribedToUpdateEvents: true }]

const pick = (value: number, label: string, more: object = {}): object => ({ value: String(value), label, isDefaultValue: false, sortOrder: 1, parentValue: '', isActive: true, isSystem: false, ...more })
const list = (name: string, values: readonly object[], isRequired = false): object => ({ name, dataType: 'integer', length: 0, isRequired, isReadOnly: false, isQueryable: true, isReference: false, isPickList: true, picklistValues: values })

/** Statuses and what they are taken for. */
export const STATUSES: readonly { readonly id: number; readonly label: string; readonly state: TicketState }[] = [
  { id: 101, label: 'New', state: 'open' }, { id: 112, label: 'Dispatched', state: 'assigned' }, { id: 108, label: 'In Progress', state: 'in_progress' },
  { id: 107, label: 'Waiting Customer', state: 'waiting' }, { id: 119, label: 'RMM Resolved', state: 'resolved' }, { id: 105, label: 'Complete', state: 'closed' },
]
export const INCIDENT = 62
export const PROBLEM = 63
export const PUBLIC = 71
export const INTERNAL = 72
/** `entityInformation/fields` of tickets. */
export const TICKET_FIELDS = [
  { name: 'title', dataType: 'string', length: 255, isRequired: true, isReadOnly: false, isQueryable: true, isReference: false, isPickList: false, picklistValues: null },
  list('status', [...STATUSES.map(({ id, label }) => pick(id, label)), pick(199, 'Retired', { isActive: false })], true),
  list('priority', [pick(204, 'Critical'), pick(201, 'High'), pick(202, 'Medium'), pick(203, 'Low')], true),
  list('queueID', [pick(29_683_354, 'Monitoring Alert'), pick(29_683_355, 'Level I Support')]),
  list('ticketType', [pick(61, 'Service Request'), pick(INCIDENT, 'Incident'), pick(PROBLEM, 'Problem'), pick(64, 'Change Request')]),
  list('source', [pick(88, 'Monitoring Alert')]), list('issueType', [pick(31, 'Server')]), list('subIssueType', [pick(41, 'Disk', { parentValue: '31' })]), list('ticketCategory', [pick(3, 'Standard')]),
]
/** `entityInformation/fields` of notes. */
export const NOTE_FIELDS = [list('noteType', [pick(91, 'Workflow Rule Note - Task', { isSystem: true }), pick(93, 'Task Notes'), pick(94, 'Task Detail')], true), list('publish', [pick(PUBLIC, 'All Autotask Users'), pick(INTERNAL, 'Internal Project Team')], true)]

/** A ticket. */
export interface Ticket {
  readonly id: number
  readonly ticketNumber: string
  readonly createDate: string
  readonly creatorResourceID: number
  title: string
  description: string
  status: number
  priority: number
  queueID: number | null
  ticketType: number
  companyID: number
  assignedResourceID: number | null
  assignedResourceRoleID: number | null
  configurationItemID: number | null
  externalID: string | null
  problemTicketId: number | null
  resolution: string | null
  dueDateTime: string | null
  lastActivityDate: string
  lastActivityResourceID: number
  additionalItemIds: number[]
  isDeleted: boolean
}

/** A note. */
export interface Note {
  readonly id: number
  readonly ticketID: number
  readonly title: string
  readonly description: string
  readonly noteType: number
  readonly publish: number
  readonly creatorResourceID: number
  readonly createDateTime: string
  readonly lastActivityDate: string
}

/** A condition of a query. */
export interface Filter {
  readonly op: string
  readonly field?: string
  readonly value?: unknown
  readonly items?: readonly Filter[]
}

/** Throws where a condition names a field nobody knows. */
export function knowsAll(filters: readonly Filter[], fields: ReadonlySet<string>): void {
  for (const { field, items = [] } of filters) {
    if (field !== undefined && !fields.has(field)) throw new SyntaxError(`Unable to find ${field} in the entity.`)
    knowsAll(items, fields)
  }
}

/** Whether a record meets all conditions. Throws for an operator nobody knows. */
export function meets(row: object, filters: readonly Filter[]): boolean {
  return filters.every((filter) => meetsOne(row, filter))
}

function meetsOne(row: object, { op, field = '', value, items = [] }: Filter): boolean {
  if (op === 'and' || op === 'or') return op === 'and' ? meets(row, items) : items.some((one) => meetsOne(row, one))
  const has = (row as Readonly<Record<string, string | number | boolean | null>>)[field] ?? null
  const text = String(has).toLowerCase()
  const wanted = String(value).toLowerCase()
  const order = has === null ? Number.NaN : typeof has === 'string' && /^\d{4}-\d\d-\d\dT/.test(has) ? Date.parse(has) - Date.parse(String(value)) : Number(has) - Number(value)
  switch (op) {
    case 'eq': return has !== null && text === wanted
    case 'noteq': return text !== wanted
    case 'gt': return order > 0
    case 'gte': return order >= 0
    case 'lt': return order < 0
    case 'lte': return order <= 0
    case 'beginsWith': return has !== null && text.startsWith(wanted)
    case 'endsWith': return has !== null && text.endsWith(wanted)
    case 'contains': return has !== null && text.includes(wanted)
    case 'exist': return has !== null
    case 'notExist': return has === null
    case 'in': return Array.isArray(value) && value.map(String).includes(String(has))
    case 'notIn': return Array.isArray(value) && !value.map(String).includes(String(has))
    default: throw new SyntaxError(`The operator ${op} is not known.`)
  }
}
