/**
 * ConnectWise PSA as its callers see it: conditions, pages, JSON Patch, statuses that belong to a board, rights of a security role, callbacks signed with a key that has an address of
 * its own. Held to the vendor's description in ../shared/specs.
 */
import { createHash, createHmac } from 'node:crypto'
import { config } from '../../../connectors/connectwise-manage/config.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import { holdCallsTo, type CallJudge, type HeldCall } from '../openapi.ts'
import { conditionOf, orderOf } from './connectwise-conditions.ts'
import { BOARDS, COMPANIES, CONFIGURATIONS, MEMBERS, memberReference, OWN_MEMBER, PRIORITIES, shownAnyNote, shownNote, shownTicket, stamp, STATUSES, type Document, type Note, type Ticket, type Time } from './connectwise-records.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall, type PsaLimit } from './psa-server.ts'

const BASE = '/v4_6_release/apis/3.0'
const KEY_PATH = '/v4_6_release/services/callback-key'
const PAGE_SIZE = 5
const SUMMARY_MAX = 100
const CLIENT_ID = '7f3c1e52-4a0b-4d7e-9a35-2f1c8f6f0a11'
const CREDENTIALS = { publicKey: 'aBcDeFgHiJkLmNoP', privateKey: 'QrStUvWxYzAbCdEf' }
const SIGNING_KEY = 'Y29ubmVjdHdpc2Utc2lnbmluZy1rZXk'
const TICKET_FIELDS = new Set(['id', 'summary', 'board', 'status', 'priority', 'company', 'owner', 'externalXRef', 'parentTicketId', 'closedFlag', 'lastUpdated', 'dateEntered', 'recordType'])
const TIME_FIELDS = new Set(['id', 'chargeToId', 'chargeToType', 'member', 'timeStart'])

/** Rights by what the guide calls them, and the calls they are needed for. */
const RIGHTS: Readonly<Record<string, (method: string, path: string) => boolean>> = {
  'Service Tickets: Inquire': (method, path) => method === 'GET' && path.startsWith('/service/tickets'),
  'Service Tickets: Add': (method, path) => method === 'POST' && path === '/service/tickets',
  'Service Tickets: Edit': (method, path) => method !== 'GET' && /^\/service\/tickets\/./.test(path),
  'Company Maintenance: Inquire': (_method, path) => path.startsWith('/company/companies'),
  'Configurations: Inquire': (_method, path) => path.startsWith('/company/configurations'),
  'Manage Attachments': (_method, path) => path === '/system/documents',
  'Time Entry': (_method, path) => path.startsWith('/time/entries'),
  'Member Maintenance: Inquire': (_method, path) => path === '/system/members',
  'Table Setup: Inquire': (_method, path) => path.startsWith('/service/boards') || path.startsWith('/service/priorities'),
}

/** Calls the description leaves out, and where they are written down. */
const BEYOND = {
  [`POST ${BASE}/service/tickets/{id}/attachChildren`]: 'TicketBundle in the vendor’s OpenAPI, as typed in npm connectwise-rest 1.3.0 (postServiceTicketsByParentIdAttachChildren)',
  [`POST ${BASE}/service/tickets/{id}/merge`]: 'TicketMerge in the vendor’s OpenAPI, as typed in npm connectwise-rest 1.3.0 (postServiceTicketsByParentIdMerge)',
  [`GET ${BASE}/system/members`]: 'Member in the vendor’s OpenAPI, as typed in npm connectwise-rest 1.3.0 (getSystemMembers)',
  [`GET ${KEY_PATH}`]: 'webhooks-inbound/openapi.json: the shared secret is at Metadata.key_url',
}

class Refused extends Error {
  readonly answer: PsaAnswer

  constructor(status: number, code: string, message: string, field?: string) {
    super(message)
    this.answer = { status, json: { code, message, errors: field === undefined ? [] : [{ code: 'InvalidField', message, resource: 'ticket', field }] } }
  }
}

type Body = Readonly<Record<string, unknown>>

/** The description, with what it leaves out or says otherwise than the vendor does. */
function judge(): CallJudge {
  const inner = holdCallsTo('connectwise-manage/openapi.json', { prefix: BASE })
  return {
    isThere: inner.isThere,
    judge(call: HeldCall) {
      const path = call.url.pathname.slice(BASE.length)
      // A patch takes any value; the generator of the description wrote "object" for "anything".
      if (call.method === 'PATCH' && Array.isArray(call.body)) return inner.judge({ ...call, body: call.body.map((operation: Body) => ('value' in operation && typeof operation.value !== 'object' ? { ...operation, value: {} } : operation)) })
      // Parts of a form are texts; and `chargeToType` was lost when the description was trimmed: the types of npm connectwise-rest 1.3.0 have it.
      if (call.method === 'POST' && path === '/system/documents') return inner.judge({ ...call, body: { ...(call.body as Body), recordId: Number((call.body as Body).recordId), privateFlag: (call.body as Body).privateFlag === 'true' } })
      if (call.method === 'POST' && path === '/time/entries') return inner.judge({ ...call, body: Object.fromEntries(Object.entries(call.body as Body).filter(([name]) => name !== 'chargeToType')) })
      return inner.judge(call)
    },
  }
}

/** Starts it. */
export const startConnectwiseManage = async ({ clock, hasLimits = false }: Parameters<StartPsa>[0]): Promise<PsaFake & { readonly moveToBoard: (id: string, boardId: number) => void }> => {
  const tickets = new Map<number, Ticket>()
  let notes: readonly Note[] = []
  let documents: readonly Document[] = []
  let times: readonly Time[] = []
  const hooks: HookDelivery[] = []
  const withdrawn = new Set<string>()
  let lastId = 1_000
  const nextId = (): number => (lastId += 1)

  const find = (id: number): Ticket => {
    const ticket = tickets.get(id)
    if (ticket === undefined || ticket.isDeleted) throw new Refused(404, 'NotFound', `Ticket ${id} not found`)
    return ticket
  }
  const touch = (ticket: Ticket, by: string): void => {
    ticket.updatedAtMs = clock.now()
    ticket.updatedBy = by
  }
  const tell = (ticket: Ticket, action: 'added' | 'updated' | 'deleted', by: string): void => {
    const body = Buffer.from(JSON.stringify({
      MessageId: `message-${hooks.length + 1}`, FromUrl: 'na.myconnectwise.net', CompanyId: 'northwind', MemberId: by, Action: action, Type: 'ticket', ID: ticket.id, ProductInstanceId: null, PartnerId: null,
      Entity: action === 'deleted' ? null : JSON.stringify({ id: ticket.id, summary: ticket.summary }), Metadata: { key_url: `${server.origin}${KEY_PATH}?id=1` }, CallbackObjectRecId: 1,
    }))
    // "PSA appends the record id and action to the specified callback URL" (ConnectWise PSA Callbacks): the address of the guide ends where they do no harm.
    const signature = createHmac('sha256', createHash('sha256').update(SIGNING_KEY).digest()).update(body).digest('base64')
    hooks.push({ headers: { 'content-type': 'application/json', 'x-content-signature': signature }, query: { recordId: String(ticket.id), action }, body, receivedAtMs: clock.now() })
  }
  const add = (text: string, ticket: Ticket, kind: 'public' | 'internal' | 'resolution', member: string, isOpening = false): Note => {
    const note = { id: nextId(), ticketId: ticket.id, text, detailDescriptionFlag: kind === 'public', internalAnalysisFlag: kind === 'internal', resolutionFlag: kind === 'resolution', member, atMs: clock.now(), isOpening }
    notes = [...notes, note]
    touch(ticket, member)
    return note
  }
  const setStatus = (ticket: Ticket, value: unknown): void => {
    const { id, name } = (typeof value === 'object' && value !== null ? value : { id: value }) as { id?: number; name?: string }
    const status = STATUSES.find((one) => one.boardId === ticket.boardId && !one.inactive && (id === undefined ? one.name.toLowerCase() === name?.toLowerCase() : one.id === id))
    if (status === undefined) throw new Refused(400, 'InvalidObject', `Status ${name ?? String(id)} is not valid for the board`, 'status')
    ticket.statusId = status.id
  }
  const make = (fields: Partial<Ticket> & { readonly summary: string; readonly companyId: number }, by: string): Ticket => {
    const ticket: Ticket = { id: nextId(), boardId: 2, statusId: 501, priorityId: 8, ownerId: null, externalXRef: null, parentTicketId: null, mergedParentId: null, configurationIds: [], isDeleted: false, enteredAtMs: clock.now(), enteredBy: by, updatedAtMs: clock.now(), updatedBy: by, ...fields }
    tickets.set(ticket.id, ticket)
    return ticket
  }
  const create = (body: Body): PsaAnswer => {
    const summary = typeof body.summary === 'string' ? body.summary.trim() : ''
    if (summary === '' || summary.length > SUMMARY_MAX) throw new Refused(400, 'InvalidObject', summary === '' ? 'The summary field is required' : `The summary may have ${SUMMARY_MAX} characters`, 'summary')
    const company = named(COMPANIES, body.company, 'company') ?? fail('company')
    const board = named(BOARDS, body.board, 'board') ?? BOARDS[0]
    const draft: Ticket = { ...make({ summary, companyId: company.id }, OWN_MEMBER.identifier), boardId: board?.id ?? 1 }
    tickets.delete(draft.id)
    if (body.status === undefined) draft.statusId = STATUSES.find(({ boardId }) => boardId === draft.boardId)?.id ?? 0
    else setStatus(draft, body.status)
    draft.priorityId = named(PRIORITIES, body.priority, 'priority')?.id ?? 8
    draft.ownerId = named(MEMBERS.filter(({ inactiveFlag }) => !inactiveFlag), body.owner, 'owner')?.id ?? null
    draft.externalXRef = typeof body.externalXRef === 'string' ? body.externalXRef : null
    tickets.set(draft.id, draft)
    if (typeof body.initialDescription === 'string') add(body.initialDescription, draft, 'public', OWN_MEMBER.identifier, true)
    if (typeof body.initialInternalAnalysis === 'string') add(body.initialInternalAnalysis, draft, 'internal', OWN_MEMBER.identifier, true)
    tell(draft, 'added', OWN_MEMBER.identifier)
    return { status: 201, json: shownTicket(draft, tickets) }
  }
  const patch = (ticket: Ticket, operations: unknown): PsaAnswer => {
    if (!Array.isArray(operations)) throw new Refused(400, 'InvalidPatch', 'A list of operations is due')
    const draft = { ...ticket }
    for (const { op, path = '', value } of operations as readonly { op?: string; path?: string; value?: unknown }[]) {
      const field = path.replace(/^\//, '')
      if (op !== 'replace' && op !== 'add' && op !== 'remove') throw new Refused(400, 'InvalidPatch', `Unknown operation ${op ?? ''}`)
      const given = op === 'remove' ? null : value
      if (field === 'summary' && typeof given === 'string' && given !== '' && given.length <= SUMMARY_MAX) draft.summary = given
      else if (field === 'status' || field === 'status/id') setStatus(draft, given)
      else if (field === 'priority') draft.priorityId = named(PRIORITIES, given, 'priority')?.id ?? fail('priority')
      else if (field === 'owner') draft.ownerId = given === null ? null : named(MEMBERS.filter(({ inactiveFlag }) => !inactiveFlag), given, 'owner')?.id ?? fail('owner')
      else throw new Refused(400, 'InvalidPatch', `The value of ${field} is not valid`, field)
    }
    Object.assign(ticket, draft)
    touch(ticket, OWN_MEMBER.identifier)
    tell(ticket, 'updated', OWN_MEMBER.identifier)
    return { status: 200, json: shownTicket(ticket, tickets) }
  }
  const book = (body: Body): PsaAnswer => {
    if (body.chargeToType !== 'ServiceTicket') throw new Refused(400, 'InvalidObject', 'Company or chargeToType is required', 'chargeToType')
    const ticket = find(Number(body.chargeToId))
    if (STATUSES.find(({ id }) => id === ticket.statusId)?.timeEntryNotAllowed === true) throw new Refused(400, 'InvalidObject', 'Time cannot be entered for the status of the ticket', 'status')
    const member = named(MEMBERS, body.member, 'member') ?? fail('member')
    const time: Time = { id: nextId(), ticketId: ticket.id, member: member.identifier, startMs: Date.parse(String(body.timeStart)), endMs: Date.parse(String(body.timeEnd)), notes: typeof body.notes === 'string' ? body.notes : '', isInternal: body.addToInternalAnalysisFlag === true }
    times = [...times, time]
    touch(ticket, OWN_MEMBER.identifier)
    tell(ticket, 'updated', OWN_MEMBER.identifier)
    return { status: 201, json: shownTime(time) }
  }
  const merge = (into: Ticket, ids: readonly unknown[], status: unknown): void => {
    for (const from of ids.map((id) => find(Number(id)))) {
      if (from.id === into.id || from.mergedParentId !== null) throw new Refused(400, 'InvalidObject', 'The ticket cannot be merged', 'mergeTicketIds')
      const draft = { ...from }
      setStatus(draft, status)
      if (STATUSES.find(({ id }) => id === draft.statusId)?.closedStatus !== true) throw new Refused(400, 'InvalidObject', 'Merged tickets need a closed status', 'status')
      from.statusId = draft.statusId
      from.mergedParentId = into.id
    }
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    if (call.path === KEY_PATH) return { status: 200, json: { signing_key: SIGNING_KEY } }
    if (!call.path.startsWith(BASE)) return null
    const path = call.path.slice(BASE.length)
    const body = (call.body ?? {}) as Body
    const due = `Basic ${Buffer.from(`northwind+${CREDENTIALS.publicKey}:${CREDENTIALS.privateKey}`).toString('base64')}`
    if (call.headers.authorization !== due) return refusal(401, 'Unauthorized', 'The username or password is incorrect')
    if (call.headers.clientid !== CLIENT_ID) return refusal(401, 'Unauthorized', 'A valid clientId is required')
    const lacking = Object.entries(RIGHTS).find(([right, covers]) => withdrawn.has(right) && covers(call.method, path))
    if (lacking !== undefined) return refusal(403, 'Forbidden', 'You do not have security permission to perform this action')
    const [, id = '', below = ''] = /^\/service\/tickets\/(\d+)(?:\/(\w+))?$/.exec(path) ?? []
    const ticket = id === '' ? null : find(Number(id))
    const open = (): readonly Ticket[] => [...tickets.values()].filter(({ isDeleted }) => !isDeleted)
    const rows = (): readonly object[] => open().map((one) => shownTicket(one, tickets))

    switch (`${call.method} ${ticket === null ? path : below === '' ? '/service/tickets/{id}' : `/service/tickets/{id}/${below}`}`) {
      case 'GET /system/info': return { status: 200, json: { version: 'v2025.1', isCloud: true, serverTimeZone: 'UTC' } }
      case 'GET /service/tickets': return page(call, rows(), server.origin, TICKET_FIELDS)
      case 'GET /service/tickets/count': return { status: 200, json: { count: selected(call.url.searchParams.get('conditions'), rows(), TICKET_FIELDS).length } }
      case 'POST /service/tickets/search': return { status: 200, json: selected(typeof body.conditions === 'string' ? body.conditions : null, rows(), TICKET_FIELDS) }
      case 'POST /service/tickets': return create(body)
      case 'GET /service/boards': return page(call, BOARDS, server.origin)
      case 'GET /service/priorities': return page(call, PRIORITIES, server.origin)
      case 'GET /company/companies': return page(call, COMPANIES, server.origin)
      case 'GET /company/configurations': return page(call, CONFIGURATIONS, server.origin)
      case 'GET /system/members': return page(call, MEMBERS, server.origin)
      case 'GET /system/callbacks': return page(call, [{ id: 1, description: 'Alert Whisperer', url: 'https://alerts.example/api/hooks/connectwise-manage/another', objectId: 1, type: 'ticket', level: 'owner', inactiveFlag: false }], server.origin)
      case 'GET /system/documents': return { status: 200, json: documents.filter(({ ticketId }) => ticketId === Number(call.url.searchParams.get('recordId'))).map(({ id: documentId, title, fileName, isPrivate, bytes }) => ({ id: documentId, title, fileName, publicFlag: !isPrivate, size: bytes.length })) }
      case 'GET /time/entries': return page(call, times.map(shownTime), server.origin, TIME_FIELDS)
      case 'POST /time/entries': return book(body)
      case 'POST /system/documents': {
        const [file] = call.files
        const owner = find(Number(body.recordId))
        if (file === undefined || body.recordType !== 'Ticket') throw new Refused(400, 'InvalidObject', 'A file is required', 'file')
        const document = { id: nextId(), ticketId: owner.id, title: typeof body.title === 'string' ? body.title : file.name, fileName: file.name, isPrivate: body.privateFlag === 'true', bytes: file.bytes }
        documents = [...documents, document]
        touch(owner, OWN_MEMBER.identifier)
        return { status: 201, json: { id: document.id, title: document.title, fileName: document.fileName, publicFlag: !document.isPrivate, size: file.bytes.length } }
      }
    }
    const ofBoard = Number(/^\/service\/boards\/(\d+)\/statuses$/.exec(path)?.[1] ?? Number.NaN)
    if (call.method === 'GET' && !Number.isNaN(ofBoard)) return page(call, STATUSES.filter(({ boardId }) => boardId === ofBoard).map(({ id: statusId, name, inactive, closedStatus, timeEntryNotAllowed, sortOrder }) => ({ id: statusId, name, inactive, closedStatus, timeEntryNotAllowed, sortOrder, board: { id: ofBoard, name: BOARDS.find((one) => one.id === ofBoard)?.name ?? '' } })), server.origin)
    if (call.method === 'GET' && path.startsWith('/company/companies/')) {
      const company = COMPANIES.find((one) => path === `/company/companies/${one.id}`)
      return company === undefined ? refusal(404, 'NotFound', 'Company not found') : { status: 200, json: company }
    }
    if (ticket === null) return /^(GET|PATCH|DELETE) \/service\/tickets\//.test(`${call.method} ${path}`) ? refusal(404, 'NotFound', 'Ticket not found') : null
    switch (`${call.method} ${below}`) {
      case 'GET ': return { status: 200, json: shownTicket(ticket, tickets) }
      case 'PATCH ': return patch(ticket, call.body)
      case 'GET notes': return page(call, notes.filter(({ ticketId }) => ticketId === ticket.id).map(shownNote), server.origin)
      case 'GET allNotes': return page(call, [...notes, ...times].filter(({ ticketId }) => ticketId === ticket.id).map(shownAnyNote), server.origin)
      case 'POST notes': {
        const kind = body.resolutionFlag === true ? 'resolution' : body.detailDescriptionFlag === true ? 'public' : 'internal'
        if (typeof body.text !== 'string' || body.text === '') throw new Refused(400, 'InvalidObject', 'The text field is required', 'text')
        const note = add(body.text, ticket, kind, OWN_MEMBER.identifier)
        tell(ticket, 'updated', OWN_MEMBER.identifier)
        return { status: 201, json: shownNote(note) }
      }
      case 'GET configurations': return page(call, ticket.configurationIds.map((configurationId) => ({ id: configurationId, deviceIdentifier: 'x' })), server.origin)
      case 'POST configurations': {
        const configuration = CONFIGURATIONS.find((one) => one.id === body.id)
        if (configuration === undefined) throw new Refused(404, 'NotFound', 'Configuration not found')
        if (ticket.configurationIds.includes(configuration.id)) throw new Refused(409, 'ConflictedRecord', 'It is attached already')
        ticket.configurationIds = [...ticket.configurationIds, configuration.id]
        touch(ticket, OWN_MEMBER.identifier)
        return { status: 201, json: { id: configuration.id, deviceIdentifier: configuration.name } }
      }
      case 'POST attachChildren': {
        for (const child of (body.childTicketIds as readonly number[]).map(find)) child.parentTicketId = ticket.id
        return { status: 200, json: { success: true } }
      }
      case 'POST merge': {
        merge(ticket, body.mergeTicketIds as readonly unknown[], body.status)
        return { status: 200, json: { success: true } }
      }
    }
    return null
  }
  const shownTime = (time: Time): object => ({
    id: time.id, chargeToId: time.ticketId, chargeToType: 'ServiceTicket', member: memberReference(MEMBERS.find(({ identifier }) => identifier === time.member) ?? OWN_MEMBER), timeStart: stamp(time.startMs), timeEnd: stamp(time.endMs),
    actualHours: (time.endMs - time.startMs) / 3_600_000, notes: time.notes, enteredBy: time.member, ticket: { id: time.ticketId },
  })

  const limit: PsaLimit = { name: 'minute', calls: 60, windowMs: 60_000, key: () => 'all' }
  const server = await startPsaServer({
    clock, judges: [judge()], beyond: BEYOND, limits: hasLimits ? [limit] : [], isRead: ({ method, path, body }) => path.endsWith('/search') || isTried(method, path, body),
    answer(call) {
      try {
        return answer(call)
      } catch (error) {
        if (error instanceof Refused) return error.answer
        if (error instanceof SyntaxError) return refusal(400, 'InvalidCondition', error.message)
        throw error
      }
    },
    refuse: (_limit, waitMs) => ({ status: 429, json: { code: 'TooManyRequests', message: 'Too many requests', errors: [] }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
  })

  const stateOf = (ticket: Ticket): PsaTicket['state'] => STATUSES.find(({ id }) => id === ticket.statusId)?.state ?? 'unknown'
  const changed = (id: string, by: string, change: (ticket: Ticket) => void): void => {
    const ticket = find(Number(id))
    change(ticket)
    touch(ticket, by)
    tell(ticket, ticket.isDeleted ? 'deleted' : 'updated', by)
  }
  const technician: PsaFake['technician'] = {
    open(title, text) {
      const ticket = make({ summary: title, companyId: 250 }, 'jdoe')
      if (text !== undefined) add(text, ticket, 'public', 'jdoe', true)
      tell(ticket, 'added', 'jdoe')
      return String(ticket.id)
    },
    comment: (id, text, isPublic = false) => changed(id, 'jdoe', (ticket) => void add(text, ticket, isPublic ? 'public' : 'internal', 'jdoe')),
    setStatus: (id, state) => changed(id, 'jdoe', (ticket) => void (ticket.statusId = STATUSES.find((one) => one.boardId === 2 && one.state === state)?.id ?? ticket.statusId)),
    close: (id) => technician.setStatus(id, 'closed'),
    reassign: (id, userId) => changed(id, 'jdoe', (ticket) => void (ticket.ownerId = userId === null ? null : Number(userId))),
    merge: (fromId, intoId) => changed(fromId, 'jdoe', () => merge(find(Number(intoId)), [Number(fromId)], { name: '>Closed' })),
    remove: (id) => changed(id, 'jdoe', (ticket) => void (ticket.isDeleted = true)),
  }
  const seen = (ticket: Ticket): PsaTicket => {
    const own = notes.filter(({ ticketId }) => ticketId === ticket.id)
    return {
      id: String(ticket.id), number: String(ticket.id), title: ticket.summary, text: own.filter(({ isOpening }) => isOpening).map(({ text }) => rendered(text)).join('\n'), externalRef: ticket.externalXRef, statusId: String(ticket.statusId), state: stateOf(ticket),
      priorityId: String(ticket.priorityId), assigneeId: ticket.ownerId === null ? null : String(ticket.ownerId), companyId: String(ticket.companyId), assetIds: ticket.configurationIds.map(String),
      parentId: ticket.parentTicketId === null ? null : String(ticket.parentTicketId), mergedIntoId: ticket.mergedParentId === null ? null : String(ticket.mergedParentId), linkedIds: [], isDeleted: ticket.isDeleted,
      resolution: own.filter(({ resolutionFlag }) => resolutionFlag).map(({ text }) => rendered(text)).join('\n'),
      notes: own.filter(({ isOpening, resolutionFlag }) => !isOpening && !resolutionFlag).map(({ id, text, internalAnalysisFlag, member }) => ({ id: String(id), text: rendered(text), isPublic: !internalAnalysisFlag, isOurs: member === OWN_MEMBER.identifier })),
      attachments: documents.filter(({ ticketId }) => ticketId === ticket.id).map(({ fileName, bytes, isPrivate }) => ({ name: fileName, bytes, isPublic: !isPrivate })),
      times: times.filter(({ ticketId }) => ticketId === ticket.id).map(({ startMs, endMs, notes: text }) => ({ minutes: Math.round((endMs - startMs) / 60_000), text })),
    }
  }
  return {
    connector: 'connectwise-manage', baseUrl: `${server.origin}${BASE}`, auth: 'basic', fields: { company: 'northwind', member: OWN_MEMBER.identifier, clientId: CLIENT_ID }, credentials: CREDENTIALS,
    mapping: { status: { ...config.mapping.status, waiting: 'Waiting On Client' }, place: { board: 'Alerts', company: '19297' } },
    webhookSecret: 'not used: ConnectWise has a key of its own',
    world: { company: { id: '250', name: 'Northwind Traders' }, otherCompany: { id: '251', name: 'Contoso Ltd' }, asset: { id: '801', name: 'NW-DC01' }, users: [{ id: '11', name: 'Jane Doe', email: 'jane.doe@msp.example' }, { id: '12', name: 'Richard Roe', email: 'richard.roe@msp.example' }], article: null },
    isHeld: server.isHeld, faults: server.faults, calls: server.calls, technician, rights: Object.keys(RIGHTS), hooks, pageSize: PAGE_SIZE,
    tickets: () => [...tickets.values()].sort((a, b) => a.id - b.id).map(seen),
    withdraw: (right) => void withdrawn.add(right),
    /** A technician moves it, as from the board of alerts to that of the service desk; its status is the first of that board then. */
    moveToBoard: (id, boardId) => changed(id, 'jdoe', (ticket) => Object.assign(ticket, { boardId, statusId: STATUSES.filter((one) => one.boardId === boardId).sort((a, b) => a.sortOrder - b.sortOrder)[0]?.id ?? 0 })),
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
}

/** What can change nothing, whoever sends it: a ticket without a summary, and no change of a ticket that cannot be. A check learns from it what its role may do. */
function isTried(method: string, path: string, body: unknown): boolean {
  return (method === 'PATCH' && path.endsWith('/service/tickets/0')) || (method === 'POST' && path.endsWith('/service/tickets') && typeof body === 'object' && body !== null && 'summary' in body && body.summary === '')
}

function refusal(status: number, code: string, message: string): PsaAnswer {
  return { status, json: { code, message, errors: [] } }
}

function fail(field: string): never {
  throw new Refused(400, 'InvalidObject', `The ${field} field is required or not valid`, field)
}

/** The record somebody refers to by id, identifier or name; undefined where nothing was given. */
function named<T extends { readonly id: number; readonly name?: string; readonly identifier?: string }>(known: readonly T[], value: unknown, field: string): T | undefined {
  if (value === undefined || value === null) return undefined
  const { id, name, identifier } = value as { id?: number; name?: string; identifier?: string }
  return known.find((one) => (id !== undefined ? one.id === id : identifier !== undefined ? one.identifier === identifier : one.name?.toLowerCase() === name?.toLowerCase())) ?? fail(field)
}

function selected(conditions: string | null, rows: readonly object[], fields?: ReadonlySet<string>): readonly object[] {
  return conditions === null || conditions === '' ? rows : rows.filter(conditionOf(conditions, fields ?? new Set(rows.flatMap((row) => Object.keys(row)))))
}

/** One page in its order, with the way to the next. */
function page({ url }: PsaCall, rows: readonly object[], origin: string, fields?: ReadonlySet<string>): PsaAnswer {
  const query = url.searchParams
  const sorted = [...selected(query.get('conditions'), rows, fields)].sort(orderOf(query.get('orderBy') ?? 'id asc'))
  const size = Math.min(Number(query.get('pageSize') ?? '25'), PAGE_SIZE)
  const number = Number(query.get('page') ?? '1')
  const isMore = sorted.length > number * size
  const next = new URL(url.pathname + url.search, origin)
  next.searchParams.set('page', String(number + 1))
  return { status: 200, json: sorted.slice((number - 1) * size, number * size), headers: isMore ? { link: `<${next.href}>; rel="next"` } : {} }
}

/** A note as its page shows it: Markdown and tags are taken for what they are. */
function rendered(text: string): string {
  return text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<\/?[a-z][^>]*>/gi, '')
}
