/**
 * Autotask PSA as its callers see it: the zone that has to be asked for, picklists of the tenant, queries by id in pages, errors that are 500, an unknown id that is 200 without an
 * item, webhooks signed with SHA-1. Held to the vendor's description in ../shared/specs.
 */
import { createHmac } from 'node:crypto'
import type { HookDelivery } from '../../../connectors/port.ts'
import { holdCallsTo, type CallJudge } from '../openapi.ts'
import { COMPANIES, CONFIGURATION_ITEMS, INCIDENT, INTERNAL, knowsAll, meets, NOTE_FIELDS, OWN_RESOURCE, PROBLEM, PUBLIC, RESOURCES, STATUSES, TICKET_FIELDS, WEBHOOKS, type Filter, type Note, type Ticket } from './autotask-records.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall, type PsaLimit } from './psa-server.ts'

const BASE = '/ATServicesRest'
const PAGE_SIZE = 5
const GUID = '2f9a4e0c-6d0b-4f6f-9a0e-6d1c6a7d1b55'
const SECRET_KEY = 'autotask-webhook-secret'
const USER = 'q2w4e6r8t0@NORTHWIND.COM'
const CREDENTIALS = { secret: 'x7#Kp~2m$Wq9', integrationCode: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ2' }
const FILE_MAX_BYTES = 6_000_000

/** Rights by what the guide calls them: the entity and the deed. */
const RIGHTS: Readonly<Record<string, readonly [string, 'Query' | 'Create' | 'Update']>> = {
  'tickets View': ['Tickets', 'Query'], 'tickets Add': ['Tickets', 'Create'], 'tickets Edit': ['Tickets', 'Update'], 'ticket notes View': ['TicketNotes', 'Query'], 'ticket notes Add': ['TicketNotes', 'Create'],
  'ticket attachments Add': ['TicketAttachments', 'Create'], 'time entries Add': ['TimeEntries', 'Create'], 'companies View': ['Companies', 'Query'], 'configuration items View': ['ConfigurationItems', 'Query'], 'resources View': ['Resources', 'Query'],
}
const DELETABLE = new Set(['TimeEntries'])

/** Calls the description leaves out, and where they are written down. */
const BEYOND = {
  [`GET ${BASE}/V1.0/{entity}/entityInformation`]: 'autotask.net developer help, REST API Calls > entityInformation: canCreate, userAccessForCreate and the like',
  [`GET ${BASE}/V1.0/Tickets/{id}/AdditionalConfigurationItems`]: 'autotask.net developer help, TicketAdditionalConfigurationItems',
  [`POST ${BASE}/V1.0/Tickets/{id}/AdditionalConfigurationItems`]: 'autotask.net developer help, TicketAdditionalConfigurationItems',
  [`POST ${BASE}/V1.0/{entity}/query/next`]: 'autotask.net developer help, Advanced Query Features > Paging: pageDetails.nextPageUrl',
}

class Refused extends Error {}

type Body = Readonly<Record<string, unknown>>

/** The description; addresses are taken in any case, as there, and what may be done with an entity is no record of it. */
function judge(): CallJudge {
  const inner = holdCallsTo('autotask/openapi.json', { prefix: BASE })
  return {
    isThere: inner.isThere,
    judge(call) {
      if (call.url.pathname.endsWith('/entityInformation')) return null
      const url = new URL(call.url)
      url.pathname = url.pathname.replace(/\/v1\.0\//i, '/V1.0/').replace(/\/zoneInformation$/i, '/ZoneInformation')
      return inner.judge({ ...call, url })
    },
  }
}

/** Starts it. */
export const startAutotask: StartPsa = async ({ clock, hasLimits = false }) => {
  const tickets = new Map<number, Ticket>()
  let notes: readonly Note[] = []
  let files: readonly { readonly id: number; readonly parentID: number; readonly title: string; readonly fullPath: string; readonly contentType: string; readonly publish: number; readonly bytes: Buffer; readonly attachDate: string }[] = []
  let times: readonly { readonly id: number; readonly ticketID: number; readonly resourceID: number; readonly roleID: number; readonly hoursWorked: number; readonly startDateTime: string; readonly endDateTime: string; readonly summaryNotes: string; readonly internalNotes: string }[] = []
  const hooks: HookDelivery[] = []
  const withdrawn = new Set<string>()
  let lastId = 7_000
  let calls = 0
  const nextId = (): number => (lastId += 1)
  const now = (): string => new Date(clock.now()).toISOString()

  const find = (id: unknown): Ticket => {
    const ticket = tickets.get(Number(id))
    if (ticket === undefined || ticket.isDeleted) throw new Refused(`Unable to find a ticket with the id ${String(id)}.`)
    return ticket
  }
  const tell = (action: 'Create' | 'Update' | 'Delete', entity: 'Ticket' | 'TicketNote', id: number, by: number): void => {
    const body = Buffer.from(JSON.stringify({ Action: action, Guid: GUID, EntityType: entity, Id: id, Fields: action === 'Delete' ? null : {}, EventTime: now(), SequenceNumber: hooks.length + 1, PersonID: by }))
    hooks.push({ headers: { 'content-type': 'application/json', 'x-hook-signature': `sha1=${createHmac('sha1', SECRET_KEY).update(body).digest('base64')}` }, query: {}, body, receivedAtMs: clock.now() })
  }
  const touch = (ticket: Ticket, by: number): void => {
    ticket.lastActivityDate = now()
    ticket.lastActivityResourceID = by
  }
  const add = (ticket: Ticket, body: { readonly title: string; readonly description: string; readonly publish: number; readonly noteType: number }, by: number): Note => {
    const note = { id: nextId(), ticketID: ticket.id, ...body, creatorResourceID: by, createDateTime: now(), lastActivityDate: now() }
    notes = [...notes, note]
    touch(ticket, by)
    tell('Create', 'TicketNote', note.id, by)
    return note
  }
  const make = (fields: Partial<Ticket> & { readonly title: string; readonly companyID: number }, by: number): Ticket => {
    const id = nextId()
    const ticket: Ticket = {
      id, ticketNumber: `T${now().slice(0, 10).replaceAll('-', '')}.${String(id).padStart(4, '0')}`, createDate: now(), creatorResourceID: by, description: '', status: 101, priority: 202, queueID: 29_683_354, ticketType: INCIDENT, assignedResourceID: null,
      assignedResourceRoleID: null, configurationItemID: null, externalID: null, problemTicketId: null, resolution: null, dueDateTime: null, lastActivityDate: now(), lastActivityResourceID: by, additionalItemIds: [], isDeleted: false, ...fields,
    }
    tickets.set(id, ticket)
    tell('Create', 'Ticket', id, by)
    return ticket
  }
  /** Fields as they may be written; throws as Autotask does. */
  const checked = (body: Body, before: Ticket | null): Partial<Ticket> => {
    const after = { ...before, ...body } as Ticket
    const within = (name: string, max: number): void => {
      if (typeof body[name] === 'string' && body[name].length > max) throw new Refused(`The ${name} may have at most ${max} characters.`)
    }
    within('title', 255)
    within('description', 8_000)
    within('resolution', 32_000)
    within('externalID', 50)
    if (typeof after.title !== 'string' || after.title === '') throw new Refused('Missing required field: title.')
    if (!COMPANIES.some(({ id }) => id === after.companyID)) throw new Refused('Value for companyID does not exist.')
    for (const field of ['status', 'priority', 'queueID', 'ticketType'] as const) if (after[field] !== null && after[field] !== undefined && !isPick(TICKET_FIELDS, field, after[field])) throw new Refused(`Value for ${field} is not valid.`)
    if (after.dueDateTime === undefined) throw new Refused('Missing required field: dueDateTime.')
    if (after.queueID == null && after.assignedResourceID == null) throw new Refused('A queue or an assigned resource is required.')
    if (after.assignedResourceID != null && (after.assignedResourceRoleID == null || !RESOURCES.some(({ id, defaultServiceDeskRoleID }) => id === after.assignedResourceID && defaultServiceDeskRoleID === after.assignedResourceRoleID))) throw new Refused('The assignedResourceID and assignedResourceRoleID are not a valid combination.')
    if (after.configurationItemID != null && !CONFIGURATION_ITEMS.some(({ id, companyID }) => id === after.configurationItemID && companyID === after.companyID)) throw new Refused('Value for configurationItemID does not exist or is of another company.')
    if (after.problemTicketId != null && (after.ticketType !== INCIDENT || tickets.get(after.problemTicketId)?.ticketType !== PROBLEM)) throw new Refused('Only an incident can belong to a problem ticket.')
    return body
  }
  const entities: Readonly<Record<string, () => readonly object[]>> = {
    Tickets: () => [...tickets.values()].filter(({ isDeleted }) => !isDeleted).map(shownTicket), TicketNotes: () => notes, TimeEntries: () => times, Companies: () => COMPANIES, ConfigurationItems: () => CONFIGURATION_ITEMS, Resources: () => RESOURCES, TicketWebhooks: () => WEBHOOKS, Contacts: () => [],
  }
  const pages = (entity: string, query: Body, from: number): PsaAnswer => {
    const { filter = [], MaxRecords = 500, IncludeFields } = query as { filter?: readonly Filter[]; MaxRecords?: number; IncludeFields?: readonly string[] }
    const rows = (entities[entity]?.() ?? []).toSorted((a, b) => idIn(a) - idIn(b))
    const fields = new Set([...rows.flatMap((row) => Object.keys(row)), ...(FIELDS[entity] ?? [])])
    knowsAll(filter, fields)
    const found = rows.filter((row) => meets(row, filter) && idIn(row) > from)
    const items = found.slice(0, Math.min(MaxRecords, PAGE_SIZE))
    // One who asks for fewer than a page gets a way on too.
    const isMore = found.length > items.length
    const shown = IncludeFields === undefined ? items : items.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name === 'id' || IncludeFields.includes(name))))
    return { status: 200, json: { items: shown, pageDetails: { count: items.length, requestCount: MaxRecords, prevPageUrl: null, nextPageUrl: isMore ? `${server.origin}${BASE}/V1.0/${entity}/query/next?paging=${idIn(items.at(-1) ?? {})}` : null } } }
  }
  const one = (item: object | undefined): PsaAnswer => ({ status: 200, json: { item: item ?? null } })
  const made = (id: number): PsaAnswer => ({ status: 200, json: { itemId: id } })

  const answer = (call: PsaCall): PsaAnswer | null => {
    if (!call.path.startsWith(`${BASE}/`)) return null
    const path = call.path.slice(BASE.length).replace(/^\/v1\.0/i, '')
    if (/^\/zoneInformation$/i.test(path)) {
      if (call.url.searchParams.get('user')?.toLowerCase().endsWith('@northwind.com') !== true) throw new Refused('Zone information could not be determined for this user.')
      return { status: 200, json: { zoneName: 'America East', url: `${server.origin}${BASE}/`, webUrl: 'https://ww2.autotask.net/', ci: 4711 } }
    }
    const { apiintegrationcode: code, username: user, secret } = call.headers
    if (code !== CREDENTIALS.integrationCode || user !== USER || secret !== CREDENTIALS.secret) return { status: 401, json: { errors: ['Invalid credentials'] } }
    calls += 1
    const body = (call.body ?? {}) as Body
    const [, entity = '', second = '', third = ''] = path.split('/')
    const deed = call.method === 'GET' || second === 'query' ? 'Query' : call.method === 'PATCH' ? 'Update' : 'Create'
    const holder = third === 'Notes' ? 'TicketNotes' : third === 'Attachments' ? 'TicketAttachments' : entity
    if (second !== 'entityInformation' && lacks(holder, deed)) throw new Refused(`The logged in Resource does not have the adequate permissions to ${deed.toLowerCase()} this entity type.`)
    if (path === '/ThresholdInformation') return { status: 200, json: { externalRequestThreshold: 10_000, requestThresholdTimeframe: 60, currentTimeframeRequestCount: calls } }
    if (second === 'entityInformation' && third === '') return { status: 200, json: { info: { name: entity, canCreate: true, canDelete: DELETABLE.has(entity), canQuery: true, canUpdate: true, hasUserDefinedFields: entity === 'Tickets', supportsWebhookCallouts: entity === 'Tickets', userAccessForCreate: access(entity, 'Create'), userAccessForDelete: 'None', userAccessForQuery: access(entity, 'Query'), userAccessForUpdate: access(entity, 'Update') } } }
    if (second === 'entityInformation') return entity === 'Tickets' || entity === 'TicketNotes' ? { status: 200, json: { fields: entity === 'Tickets' ? TICKET_FIELDS : NOTE_FIELDS } } : null
    if (second === 'query' && third === 'count') return { status: 200, json: { queryCount: (entities[entity]?.() ?? []).filter((row) => meets(row, (body.filter ?? []) as readonly Filter[])).length } }
    if (second === 'query') return entity in entities ? pages(entity, call.method === 'GET' ? (JSON.parse(call.url.searchParams.get('search') ?? '{}') as Body) : body, Number(call.url.searchParams.get('paging') ?? '-1')) : null
    if (call.method === 'GET' && third === '' && entity in entities) return one(entities[entity]?.().find((row) => idIn(row) === Number(second)))
    switch (`${call.method} /${entity}${third === '' ? '' : `/{id}/${third}`}`) {
      case 'POST /Tickets': return made(make({ ...checked(body, null), title: String(body.title), companyID: Number(body.companyID) }, OWN_RESOURCE).id)
      case 'PATCH /Tickets': {
        const ticket = find(body.id)
        Object.assign(ticket, checked(body, ticket))
        touch(ticket, OWN_RESOURCE)
        tell('Update', 'Ticket', ticket.id, OWN_RESOURCE)
        return made(ticket.id)
      }
      case 'GET /Tickets/{id}/Notes': return { status: 200, json: { items: notes.filter(({ ticketID }) => ticketID === Number(second)), pageDetails: { count: 0, requestCount: 500, prevPageUrl: null, nextPageUrl: null } } }
      case 'POST /Tickets/{id}/Notes': {
        const { title, description, noteType, publish } = body as { title: string; description: string; noteType: number; publish: number }
        if (title === '' || title.length > 250 || description === '' || description.length > 32_000) throw new Refused('The title or description of the note is missing or too long.')
        if (!isPick(NOTE_FIELDS, 'noteType', noteType) || !isPick(NOTE_FIELDS, 'publish', publish)) throw new Refused('Value for noteType or publish is not valid.')
        return made(add(find(second), { title, description, noteType, publish }, OWN_RESOURCE).id)
      }
      case 'GET /Tickets/{id}/AdditionalConfigurationItems': return { status: 200, json: { items: find(second).additionalItemIds.map((configurationItemID, at) => ({ id: at + 1, ticketID: Number(second), configurationItemID })), pageDetails: { count: 0, requestCount: 500, prevPageUrl: null, nextPageUrl: null } } }
      case 'POST /Tickets/{id}/AdditionalConfigurationItems': {
        const ticket = find(second)
        const added = Number(body.configurationItemID)
        if (!CONFIGURATION_ITEMS.some(({ id, companyID }) => id === added && companyID === ticket.companyID) || [ticket.configurationItemID, ...ticket.additionalItemIds].includes(added)) throw new Refused('Value for configurationItemID does not exist, is of another company, or is there already.')
        ticket.additionalItemIds = [...ticket.additionalItemIds, added]
        touch(ticket, OWN_RESOURCE)
        return made(added)
      }
      case 'GET /Tickets/{id}/Attachments': return { status: 200, json: { items: files.filter(({ parentID }) => parentID === Number(second)).map(({ bytes, ...file }) => ({ ...file, fileSize: bytes.length, attachmentType: 'FILE_ATTACHMENT', data: null })), pageDetails: { count: 0, requestCount: 500, prevPageUrl: null, nextPageUrl: null } } }
      case 'POST /Tickets/{id}/Attachments': {
        const { title, fullPath, contentType, publish, data } = body as { title: string; fullPath: string; contentType: string; publish: number; data: string }
        const bytes = Buffer.from(data, 'base64')
        if (bytes.length > FILE_MAX_BYTES || !isPick(NOTE_FIELDS, 'publish', publish)) throw new Refused('The attachment is too large or is not published validly.')
        const ticket = find(second)
        const file = { id: nextId(), parentID: ticket.id, title, fullPath, contentType, publish, bytes, attachDate: now() }
        files = [...files, file]
        touch(ticket, OWN_RESOURCE)
        return made(file.id)
      }
      case 'POST /TimeEntries': {
        const { ticketID, resourceID, roleID, hoursWorked, startDateTime, endDateTime, summaryNotes, internalNotes = '' } = body as { ticketID: number; resourceID: number; roleID: number; hoursWorked: number; startDateTime: string; endDateTime: string; summaryNotes: string; internalNotes?: string }
        const ticket = find(ticketID)
        if (ticket.status === 105) throw new Refused('Time cannot be entered on a complete ticket.')
        if (resourceID === OWN_RESOURCE || !RESOURCES.some((known) => known.id === resourceID && known.defaultServiceDeskRoleID === roleID)) throw new Refused('The resourceID and roleID are not a valid combination.')
        const time = { id: nextId(), ticketID, resourceID, roleID, hoursWorked, startDateTime, endDateTime, summaryNotes, internalNotes }
        times = [...times, time]
        touch(ticket, OWN_RESOURCE)
        return made(time.id)
      }
    }
    return null
  }
  const lacks = (entity: string, deed: string): boolean => [...withdrawn].some((right) => RIGHTS[right]?.[0] === entity && RIGHTS[right][1] === deed)
  const access = (entity: string, deed: string): string => (lacks(entity, deed) ? 'None' : 'All')

  const hourly: PsaLimit = { name: 'hour', calls: 10_000, windowMs: 3_600_000, key: ({ path }) => (/zoneInformation$/i.test(path) ? null : 'database') }
  const server = await startPsaServer({
    clock, judges: [judge()], beyond: BEYOND, limits: hasLimits ? [hourly] : [], isRead: ({ path }) => path.includes('/query'),
    answer(call) {
      try {
        return answer(call)
      } catch (error) {
        if (error instanceof Refused || error instanceof SyntaxError) return { status: 500, json: { errors: [error.message] } }
        throw error
      }
    },
    refuse: (_limit, waitMs) => ({ status: 429, json: { errors: ['You have exceeded the number of requests allowed per hour.'] }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
  })

  const jane = RESOURCES[0]?.id ?? 0
  const changed = (id: string, change: (ticket: Ticket) => void): void => {
    const ticket = find(id)
    change(ticket)
    touch(ticket, jane)
    tell(ticket.isDeleted ? 'Delete' : 'Update', 'Ticket', ticket.id, jane)
  }
  const technician: PsaFake['technician'] = {
    open: (title, text = '') => String(make({ title, description: text, companyID: 174, dueDateTime: now() }, jane).id),
    comment: (id, text, isPublic = false) => void add(find(id), { title: text.slice(0, 40), description: text, noteType: 93, publish: isPublic ? PUBLIC : INTERNAL }, jane),
    setStatus: (id, state) => changed(id, (ticket) => void (ticket.status = STATUSES.find((one) => one.state === state)?.id ?? ticket.status)),
    close: (id) => technician.setStatus(id, 'closed'),
    reassign: (id, userId) => changed(id, (ticket) => {
      ticket.assignedResourceID = userId === null ? null : Number(userId)
      ticket.assignedResourceRoleID = RESOURCES.find((one) => one.id === Number(userId))?.defaultServiceDeskRoleID ?? null
    }),
    merge: () => {
      throw new Error('merging leaves nothing that the interface of Autotask tells')
    },
    remove: (id) => changed(id, (ticket) => void (ticket.isDeleted = true)),
  }
  const seen = (ticket: Ticket): PsaTicket => {
    const own = notes.filter(({ ticketID }) => ticketID === ticket.id)
    return {
      id: String(ticket.id), number: ticket.ticketNumber, title: ticket.title, text: ticket.description, externalRef: ticket.externalID, statusId: String(ticket.status), state: STATUSES.find(({ id }) => id === ticket.status)?.state ?? 'unknown', priorityId: String(ticket.priority),
      assigneeId: ticket.assignedResourceID === null ? null : String(ticket.assignedResourceID), companyId: String(ticket.companyID), assetIds: [...(ticket.configurationItemID === null ? [] : [ticket.configurationItemID]), ...ticket.additionalItemIds].map(String), parentId: ticket.problemTicketId === null ? null : String(ticket.problemTicketId),
      mergedIntoId: null, linkedIds: own.flatMap(({ description }) => [...description.matchAll(/\[join-(\d+)-(\d+)\]/g)].flatMap(([, from = '', into = '']) => [from, into])).filter((id) => id !== String(ticket.id)), isDeleted: ticket.isDeleted,
      resolution: ticket.resolution,
      notes: own.map(({ id, description, publish, creatorResourceID }) => ({ id: String(id), text: description, isPublic: publish === PUBLIC, isOurs: creatorResourceID === OWN_RESOURCE })),
      attachments: files.filter(({ parentID }) => parentID === ticket.id).map(({ fullPath, bytes, publish }) => ({ name: fullPath, bytes, isPublic: publish === PUBLIC })),
      times: times.filter(({ ticketID }) => ticketID === ticket.id).map(({ hoursWorked, summaryNotes, internalNotes }) => ({ minutes: Math.round(hoursWorked * 60), text: `${internalNotes}\n${summaryNotes}` })),
    }
  }
  return {
    connector: 'autotask', baseUrl: `${server.origin}${BASE}`, auth: 'api_key', fields: { userName: USER }, credentials: CREDENTIALS,
    mapping: { status: { open: 'New', assigned: 'Dispatched', in_progress: 'In Progress', waiting: 'Waiting Customer', resolved: 'RMM Resolved', closed: 'Complete' }, place: { queue: 'Monitoring Alert', ticketType: 'Incident', company: '0', timeResource: String(jane) } },
    webhookSecret: SECRET_KEY,
    world: { company: { id: '174', name: 'Northwind Traders' }, otherCompany: { id: '175', name: 'Contoso Ltd' }, asset: { id: '5001', name: 'NW-DC01' }, users: [{ id: '29682885', name: 'Jane Doe', email: 'jane.doe@msp.example' }, { id: '29682886', name: 'Richard Roe', email: 'richard.roe@msp.example' }], article: null },
    isHeld: server.isHeld, faults: server.faults, calls: server.calls, technician, rights: Object.keys(RIGHTS), hooks, pageSize: PAGE_SIZE,
    tickets: () => [...tickets.values()].sort((a, b) => a.id - b.id).map(seen),
    withdraw: (right) => void withdrawn.add(right),
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
}

/** Fields a query may name though no record has them yet. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Tickets: ['id', 'ticketNumber', 'title', 'externalID', 'companyID', 'lastActivityDate', 'createDate', 'status'], TicketNotes: ['id', 'ticketID', 'description'], TimeEntries: ['id', 'ticketID'], ConfigurationItems: ['dattoHostname'],
}

function shownTicket(ticket: Ticket): object {
  return Object.fromEntries(Object.entries(ticket).filter(([name]) => name !== 'isDeleted' && name !== 'additionalItemIds'))
}

function idIn(row: object): number {
  return 'id' in row ? Number(row.id) : 0
}

function isPick(fields: readonly object[], name: string, value: number): boolean {
  const field = fields.find((one) => 'name' in one && one.name === name) as { picklistValues?: readonly { value: string; isActive: boolean }[] } | undefined
  return field?.picklistValues?.some((one) => one.value === String(value) && one.isActive) === true
}
