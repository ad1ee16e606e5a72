/** Zendesk as a program and as its agents see it: tickets with comments, tokens of uploads, idempotency keys, problems and incidents, merging, the export of changes, signed webhooks. Held to ../shared/specs/zendesk. */
import { createHmac } from 'node:crypto'
import { plainText } from '../../../connectors/text.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'

type Body = Record<string, unknown>
interface CommentBody { html_body?: string; body?: string; public?: boolean; author_id?: number; uploads?: string[] }
interface Comment { id: number; author_id: number; html_body: string; public: boolean; created_at: string; channel: string; files: { name: string; bytes: Buffer }[] }
interface Ticket {
  id: number; external_id: string | null; subject: string; status: string; priority: string | null; type: string | null; problem_id: number | null; requester_id: number; assignee_id: number | null; group_id: number | null; organization_id: number | null
  tags: string[]; custom_fields: { id: number; value: unknown }[]; created_at: string; updatedMs: number; mergedInto: number | null; comments: Comment[]
}

const EMAIL = 'alerts@northwind-msp.example'
const TOKEN = 'fake-zendesk-token-6wiIBWbGkBMo1mRD'
const WEBHOOK_SECRET = 'fake-zendesk-webhook-secret'
const [ME, SAM, KIM] = [9001, 9002, 9003]
const GROUP = 7001
const ASSET_FIELD = 360_001
const ORGANIZATIONS = [{ id: 5001, name: 'Acme Corp', domain_names: ['acme.example'] }, { id: 5002, name: 'Globex', domain_names: ['globex.example'] }]
const RECORDS = [{ id: '01JMACHINE0001', name: 'fs-01', external_id: 'SN-1', custom_object_fields: { organization: '5001', serial: 'SN-1' } }, { id: '01JMACHINE0002', name: 'fs-02', external_id: null, custom_object_fields: { organization: '5002' } }]
const ARTICLE = { id: 8001, title: 'Disk full on file servers', html_url: 'https://acme.zendesk.com/hc/articles/8001' }
const STATES: Readonly<Record<string, TicketState>> = { new: 'open', open: 'open', pending: 'waiting', hold: 'waiting', solved: 'resolved', closed: 'closed' }
const STATUS: Readonly<Record<TicketState, string>> = { open: 'open', assigned: 'open', in_progress: 'open', waiting: 'pending', resolved: 'solved', closed: 'closed', unknown: 'hold' }
const DOCS = 'https://developer.zendesk.com/api-reference'

/** What only this one does: anybody writes, on the web or by mail. */
export interface ZendeskFake extends PsaFake {
  says(id: string, email: string, text: string, channel: 'web' | 'email'): void
}

/** Starts it. */
export const startZendesk: (...how: Parameters<StartPsa>) => Promise<ZendeskFake> = async ({ clock, hasLimits = false }) => {
  const tickets: Ticket[] = []
  const users = [{ id: ME, name: 'Alert Whisperer', email: EMAIL as string | null, role: 'agent', active: true, organization_id: null as number | null, external_id: null as string | null }, { id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example', role: 'agent', active: true, organization_id: null, external_id: null }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example', role: 'agent', active: true, organization_id: null, external_id: null }, { id: 9100, name: 'Cleo Client', email: 'cleo@acme.example', role: 'end-user', active: true, organization_id: 5001, external_id: null }]
  const uploads = new Map<string, { name: string; bytes: Buffer }>()
  const keys = new Map<string, { body: string; answer: PsaAnswer; atMs: number }>()
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const pageSize = 3
  let made = 0

  const iso = (ms = clock.now()): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const failed = (status: number, error: string, description = error): PsaAnswer => ({ status, json: { error, description } })
  const shown = ({ comments, updatedMs, ...ticket }: Ticket): Body => ({ ...ticket, mergedInto: undefined, url: `https://acme.zendesk.com/api/v2/tickets/${ticket.id}.json`, description: plainText(comments[0]?.html_body ?? ''), updated_at: iso(updatedMs), generated_timestamp: Math.floor(updatedMs / 1_000), via: { channel: 'api' }, is_public: comments.some((one) => one.public) })
  const person = (id: number): Body | undefined => users.find((user) => user.id === id)
  const touch = (ticket: Ticket, type: string): void => {
    ticket.updatedMs = clock.now()
    const event = { id: `evt-${++made}`, account_id: 1, type: `zen:event-type:ticket.${type}`, subject: `zen:ticket:${ticket.id}`, time: iso(), zendesk_event_version: '2022-11-06', detail: { id: String(ticket.id), status: ticket.status.toUpperCase(), subject: ticket.subject, updated_at: iso() }, event: {} }
    const body = Buffer.from(JSON.stringify(event))
    const stamp = iso()
    hooks.push({ headers: { 'x-zendesk-webhook-signature-timestamp': stamp, 'x-zendesk-webhook-signature': createHmac('sha256', WEBHOOK_SECRET).update(stamp).update(body).digest('base64'), 'x-zendesk-webhook-invocation-id': `inv-${made}`, 'content-type': 'application/json' }, query: {}, body, receivedAtMs: clock.now() })
  }
  const comment = (ticket: Ticket, from: CommentBody, author: number, channel: string): void => {
    const html = from.html_body ?? (from.body ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    const files = (from.uploads ?? []).flatMap((token) => uploads.get(token) ?? [])
    ticket.comments.push({ id: 40_000 + ++made, author_id: from.author_id ?? author, html_body: html, public: from.public !== false, created_at: iso(), channel, files })
  }
  const change = (ticket: Ticket, from: Body): PsaAnswer | null => {
    if (ticket.status === 'closed') return failed(422, 'RecordInvalid', 'Status: closed prevents ticket update')
    if (from.safe_update === true && from.updated_stamp !== iso(ticket.updatedMs)) return failed(409, 'UpdateConflict', 'Safe Update prevented the update due to outdated ticket data')
    const assignee = from.assignee_id === undefined ? ticket.assignee_id : (from.assignee_id as number | null)
    if (assignee !== null && person(assignee)?.role !== 'agent') return failed(422, 'RecordInvalid', 'Assignee: is not an agent')
    if (from.status === 'solved' && assignee === null) return failed(422, 'RecordInvalid', 'Assignee: is required when solving a ticket')
    if (from.group_id !== undefined && from.group_id !== null && from.group_id !== GROUP) return failed(422, 'RecordInvalid', 'Group: is invalid')
    const problem = tickets.find(({ id }) => id === from.problem_id)
    if (from.problem_id !== undefined && problem?.type !== 'problem') return failed(422, 'RecordInvalid', 'Problem: is not a problem')
    const taken = ['subject', 'status', 'priority', 'type', 'external_id', 'problem_id', 'group_id', 'organization_id', 'requester_id'].filter((key) => from[key] !== undefined).map((key) => [key, from[key]])
    Object.assign(ticket, Object.fromEntries(taken), { assignee_id: assignee })
    for (const field of (from.custom_fields ?? []) as { id: number; value: unknown }[]) ticket.custom_fields = [...ticket.custom_fields.filter(({ id }) => id !== field.id), field]
    if (from.comment !== undefined) comment(ticket, from.comment as CommentBody, ME, 'api')
    touch(ticket, from.comment === undefined ? 'status_changed' : 'comment_added')
    return null
  }
  const blank = (): Ticket => ({ id: 100 + tickets.length + 1, external_id: null, subject: '', status: 'new', priority: null, type: null, problem_id: null, requester_id: ME, assignee_id: null, group_id: null, organization_id: null, tags: [], custom_fields: [], created_at: iso(), updatedMs: clock.now(), mergedInto: null, comments: [] })
  const merge = (from: Ticket, into: Ticket, said: string, author: number): void => {
    comment(from, { body: said, public: false }, author, 'web')
    from.status = 'closed'
    from.tags.push('closed_by_merge')
    from.mergedInto = into.id
    touch(from, 'merged')
    comment(into, { body: `Request #${from.id} was closed and merged into this request.`, public: false }, author, 'web')
    touch(into, 'comment_added')
  }

  const create = ({ body, headers }: PsaCall): PsaAnswer => {
    const key = headers['idempotency-key'] as string | undefined
    const before = key === undefined ? undefined : keys.get(key)
    if (before !== undefined && clock.now() - before.atMs < 7_200_000) return before.body === JSON.stringify(body) ? { ...before.answer, headers: { 'x-idempotency-lookup': 'hit' } } : failed(400, 'IdempotentRequestError', 'Request parameters did not match')
    const from = (body as { ticket: Body }).ticket
    const requester = person(Number(from.requester_id ?? ME))
    if (requester === undefined) return failed(422, 'RecordInvalid', 'Requester: is invalid')
    if (from.organization_id !== undefined && requester.organization_id !== from.organization_id) return failed(422, 'RecordInvalid', 'Organization: is not one of the requester')
    const ticket = blank()
    const error = change(ticket, { organization_id: requester.organization_id, ...from })
    if (error !== null) return error
    tickets.push(ticket)
    const answer = { status: 201, json: { ticket: shown(ticket) }, headers: { 'x-idempotency-lookup': 'miss' } }
    if (key !== undefined) keys.set(key, { body: JSON.stringify(body), answer, atMs: clock.now() })
    return answer
  }
  const page = <T>(all: readonly T[], { url }: PsaCall): { items: readonly T[]; meta: Body } => {
    const from = Number(url.searchParams.get('page[after]') ?? 0)
    const size = Math.min(pageSize, Number(url.searchParams.get('page[size]') ?? 100))
    const hasMore = from + size < all.length
    return { items: all.slice(from, from + size), meta: { has_more: hasMore, after_cursor: hasMore ? String(from + size) : null, before_cursor: null } }
  }
  const words = (query: string): readonly string[] => query.replace(/\b(type|role|organization):\S+/g, '').replaceAll('"', ' ').toLowerCase().split(/\s+/).filter((word) => word !== '')
  const has = (text: string, query: string): boolean => words(query).every((word) => text.toLowerCase().includes(word))
  const search = ({ url }: PsaCall): PsaAnswer => {
    const query = url.searchParams.get('query') ?? ''
    if (/type:organization/.test(query)) return withdrawn.has('organizations') ? failed(403, 'Forbidden') : { status: 200, json: { results: ORGANIZATIONS.filter(({ name }) => has(name, query)).map((one) => ({ ...one, result_type: 'organization' })), count: 1, next_page: null } }
    const organization = /organization:(\d+)/.exec(query)?.[1]
    const found = tickets.filter((one) => one.status !== 'deleted' && (organization === undefined || one.organization_id === Number(organization)) && has(`${one.subject} ${one.comments.map(({ html_body }) => html_body).join(' ')}`, query))
    return { status: 200, json: { results: found.slice(0, Number(url.searchParams.get('per_page') ?? 100)).map(shown), count: found.length, next_page: null } }
  }
  const changes = ({ url }: PsaCall): PsaAnswer => {
    const [sinceMs, sinceId] = (url.searchParams.get('cursor') ?? `${Number(url.searchParams.get('start_time')) * 1_000}.0`).split('.').map(Number) as [number, number]
    if (url.searchParams.has('start_time') && sinceMs > clock.now() - 60_000) return failed(422, 'InvalidValue', 'start_time must be over a minute ago')
    const due = tickets.filter(({ updatedMs, id }) => updatedMs > sinceMs || (updatedMs === sinceMs && id > sinceId)).sort((a, b) => a.updatedMs - b.updatedMs || a.id - b.id)
    const given = due.slice(0, pageSize)
    const last = given.at(-1)
    return { status: 200, json: { tickets: given.map(shown), after_cursor: last === undefined ? `${sinceMs}.${sinceId}` : `${last.updatedMs}.${last.id}`, end_of_stream: due.length <= pageSize } }
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, body } = call
    const path = call.path.replace('/api/v2', '')
    if (call.headers.authorization !== `Basic ${Buffer.from(`${EMAIL}/token:${TOKEN}`).toString('base64')}`) return failed(401, 'Couldn\'t authenticate you')
    const is = (wanted: string, pattern: RegExp): RegExpExecArray | null => (method === wanted ? pattern.exec(path) : null)
    if (is('GET', /^\/users\/me$/)) return { status: 200, json: { user: { id: ME, name: 'Alert Whisperer', email: EMAIL, role: withdrawn.has('agent') ? 'end-user' : 'agent' } } }
    if (is('GET', /^\/users\/search$/)) return withdrawn.has('users') ? failed(403, 'Forbidden') : { status: 200, json: { users: users.filter(({ name, email, role }) => role !== 'end-user' && has(`${name} ${email ?? ''}`, url.searchParams.get('query') ?? '')), count: 1, next_page: null } }
    if (is('POST', /^\/users\/create_or_update$/)) {
      const from = (body as { user: { name: string; external_id: string; organization_id: number } }).user
      const old = users.find(({ external_id }) => external_id === from.external_id)
      const user = old ?? { id: 9500 + users.length, email: null, active: true, role: 'end-user', name: from.name, organization_id: from.organization_id, external_id: from.external_id }
      if (old === undefined) users.push(user)
      return { status: old === undefined ? 201 : 200, json: { user } }
    }
    if (is('GET', /^\/search$/)) return search(call)
    if (is('GET', /^\/groups$/)) return withdrawn.has('groups') ? failed(403, 'Forbidden') : { status: 200, json: { groups: page([{ id: GROUP, name: 'Monitoring' }, { id: 7002, name: 'Desk' }, { id: 7003, name: 'Field' }, { id: 7004, name: 'Night' }], call).items, meta: page([1, 2, 3, 4], call).meta } }
    if (is('GET', /^\/custom_statuses$/)) return { status: 200, json: { custom_statuses: [{ id: 601, agent_label: 'Waiting for parts', status_category: 'hold', active: true, default: false }] } }
    if (is('GET', /^\/help_center\/articles\/search$/)) return { status: 200, json: { results: has(ARTICLE.title, url.searchParams.get('query') ?? '') ? [ARTICLE] : [], count: 1, next_page: null } }
    if (is('GET', /^\/custom_objects\/machine\/records\/search$/)) return { status: 200, json: { custom_object_records: RECORDS.filter(({ name }) => has(name, url.searchParams.get('query') ?? '')), meta: { has_more: false } } }
    if (is('POST', /^\/uploads$/)) {
      const token = `upload-${++made}`
      uploads.set(token, { name: url.searchParams.get('filename') ?? '', bytes: call.raw })
      return { status: 201, json: { upload: { token, attachments: [] } } }
    }
    if (path.startsWith('/tickets') && withdrawn.has('tickets')) return failed(403, 'Forbidden', 'You do not have access to this page')
    if (is('GET', /^\/incremental\/tickets\/cursor$/)) return changes(call)
    if (is('POST', /^\/tickets$/)) return create(call)
    if (is('GET', /^\/tickets$/)) {
      const external = url.searchParams.get('external_id')
      const { items, meta } = page(tickets.filter((one) => one.status !== 'deleted' && (external === null || one.external_id === external)), call)
      return { status: 200, json: { tickets: items.map(shown), meta } }
    }
    const [, id, rest] = /^\/tickets\/(\d+)(\/\w+)?$/.exec(path) ?? []
    if (id === undefined) return null
    const ticket = tickets.find((one) => one.id === Number(id) && one.status !== 'deleted')
    if (ticket === undefined) return { status: 404, json: { error: 'RecordNotFound', description: 'Not found' } }
    if (method === 'GET' && rest === undefined) return { status: 200, json: { ticket: shown(ticket), users } }
    if (method === 'GET' && rest === '/comments') {
      const { items, meta } = page([...ticket.comments].reverse(), call)
      return { status: 200, json: { comments: items.map(({ files, channel, ...one }) => ({ ...one, type: 'Comment', body: plainText(one.html_body), plain_body: plainText(one.html_body), via: { channel }, attachments: files.map(({ name }, at) => ({ id: at + 1, file_name: name })) })), users, meta } }
    }
    if (method === 'PUT' && rest === undefined) return change(ticket, (body as { ticket: Body }).ticket) ?? { status: 200, json: { ticket: shown(ticket) } }
    if (method === 'POST' && rest === '/merge') {
      const { ids, source_comment } = body as { ids: number[]; source_comment: string }
      const from = tickets.find((one) => one.id === ids[0])
      if (from === undefined) return failed(404, 'RecordNotFound')
      if (from.status === 'closed' || ticket.status === 'closed') return failed(422, 'RecordInvalid', 'closed tickets cannot be merged')
      merge(from, ticket, source_comment, ME)
      return { status: 200, json: { job_status: { id: 'job-1', status: 'queued' } } }
    }
    return null
  }

  const server = await startPsaServer({
    clock, judges: [holdCallsTo('zendesk/openapi.json', { prefix: '/api/v2' })], answer,
    beyond: {
      'POST /api/v2/tickets/{id}/merge': `${DOCS}/ticketing/tickets/tickets/#merge-tickets-into-target-ticket`, 'GET /api/v2/groups': `${DOCS}/ticketing/groups/groups/`, 'GET /api/v2/custom_statuses': `${DOCS}/ticketing/tickets/custom_ticket_statuses/`,
      'GET /api/v2/help_center/articles/search': `${DOCS}/help_center/help-center-api/search/`, 'GET /api/v2/custom_objects/{key}/records/search': `${DOCS}/custom-data/custom-objects/custom_object_records/#search-custom-object-records`,
    },
    limits: hasLimits ? [
      { name: 'account', calls: 200, windowMs: 60_000, key: () => 'all' }, { name: 'updates', calls: 100, windowMs: 60_000, key: ({ method, path }) => (method === 'PUT' && path.includes('/tickets/') ? 'all' : null) },
      { name: 'ticket', calls: 30, windowMs: 600_000, key: ({ method, path }) => (method === 'PUT' ? path : null) }, { name: 'export', calls: 10, windowMs: 60_000, key: ({ path }) => (path.includes('/incremental/') ? 'all' : null) },
    ] : [],
    refuse: (_limit, waitMs) => ({ status: 429, json: { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
    headers: (left) => (left.account === undefined ? {} : { 'x-rate-limit': '200', 'x-rate-limit-remaining': String(left.account), 'ratelimit-limit': '200', 'ratelimit-remaining': String(left.account), 'ratelimit-reset': '60' }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => ({
    id: String(ticket.id), number: `#${ticket.id}`, title: ticket.subject, text: plainText(ticket.comments[0]?.html_body ?? ''), externalRef: ticket.external_id, statusId: ticket.status, state: STATES[ticket.status] ?? 'unknown', priorityId: ticket.priority,
    assigneeId: ticket.assignee_id === null ? null : String(ticket.assignee_id), companyId: ticket.organization_id === null ? null : String(ticket.organization_id), assetIds: ticket.custom_fields.filter(({ id }) => id === ASSET_FIELD).map(({ value }) => String(value)),
    parentId: ticket.problem_id === null ? null : String(ticket.problem_id), mergedIntoId: ticket.mergedInto === null ? null : String(ticket.mergedInto), linkedIds: [], isDeleted: ticket.status === 'deleted',
    notes: ticket.comments.slice(1).map((one) => ({ id: String(one.id), text: plainText(one.html_body), isPublic: one.public, isOurs: one.author_id === ME })),
    attachments: ticket.comments.flatMap((one) => one.files.map((file) => ({ ...file, isPublic: one.public }))), times: [],
  })
  const fake: ZendeskFake = {
    says(id, email, text, channel) {
      const author = users.find((user) => user.email === email)
      if (author === undefined) throw new Error(`the fake has nobody with the address ${email}`)
      comment(found(id), { body: text, public: false }, author.id, channel)
      touch(found(id), 'comment_added')
    },
    connector: 'zendesk', baseUrl: `${server.origin}/api/v2`, auth: 'api_key', fields: { email: EMAIL, assetObject: 'machine', assetCompanyField: 'organization', assetTicketField: String(ASSET_FIELD) }, credentials: { apiToken: TOKEN }, webhookSecret: WEBHOOK_SECRET,
    mapping: { place: { group: String(GROUP), type: 'incident' } }, pageSize, hooks, isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: '5001', name: 'Acme Corp' }, otherCompany: { id: '5002', name: 'Globex' }, asset: { id: '01JMACHINE0001', name: 'fs-01' }, article: { id: '8001', title: ARTICLE.title },
      users: [{ id: String(SAM), name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: String(KIM), name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: ['agent', 'tickets', 'organizations', 'users', 'groups'],
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.map(seen),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(), subject: title, requester_id: SAM }
        tickets.push(ticket)
        comment(ticket, { body: text }, SAM, 'web')
        touch(ticket, 'created')
        return String(ticket.id)
      },
      comment(id, text, isPublic = false) {
        comment(found(id), { body: text, public: isPublic }, SAM, 'web')
        touch(found(id), 'comment_added')
      },
      setStatus(id, state) {
        found(id).status = STATUS[state]
        touch(found(id), 'status_changed')
      },
      close(id) {
        Object.assign(found(id), { status: 'closed', assignee_id: found(id).assignee_id ?? SAM })
        touch(found(id), 'status_changed')
      },
      reassign(id, userId) {
        found(id).assignee_id = userId === null ? null : Number(userId)
        touch(found(id), 'agent_assignment_changed')
      },
      merge(fromId, intoId) {
        merge(found(fromId), found(intoId), `This request was closed and merged into request #${intoId} "${found(intoId).subject}".`, SAM)
      },
      remove(id) {
        found(id).status = 'deleted'
        touch(found(id), 'soft_deleted')
      },
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
