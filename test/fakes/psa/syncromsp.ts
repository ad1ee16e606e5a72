/**
 * SyncroMSP as a program and as its technicians see it: tickets, comments that are public and mailed unless told otherwise, timers, permissions of a token, lists in pages, unsigned
 * notifications. Held to ../shared/specs/syncromsp. What is shown is plain text.
 */
import { textOf } from '../../../connectors/answers.ts'
import { referenceIn } from '../../../connectors/text.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'
import { withRefusals } from './refusals.ts'

type Body = Record<string, unknown>
interface Comment { id: number; subject: string; body: string; hidden: boolean; isMailed: boolean; tech: string; user_id: number; createdMs: number }
interface Ticket { id: number; subject: string; status: string; priority: string | null; problem_type: string | null; customer_id: number; user_id: number | null; asset_ids: number[]; isDeleted: boolean; createdMs: number; updatedMs: number; comments: Comment[]; timers: { id: number; minutes: number; notes: string }[] }

const TOKEN = 'fake-syncro-token-T4f0c1b9e7a2d8356'
const [ME, SAM, KIM] = [901, 902, 903]
const USERS = [{ id: ME, full_name: 'Alert Whisperer', email: 'alerts@northwind-msp.example' }, { id: SAM, full_name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, full_name: 'Kim Reyes', email: 'kim@northwind-msp.example' }]
const CUSTOMERS = [{ id: 51, business_name: 'Acme Corp', email: 'office@acme.example' }, { id: 52, business_name: 'Globex', email: 'globex@gmail.com' }, { id: 59, business_name: 'Northwind internal', email: 'desk@northwind-msp.example' }]
const ASSETS = [{ id: 301, name: 'fs-01', customer_id: 51, asset_serial: 'SN-1' }, { id: 302, name: 'fs-02', customer_id: 52, asset_serial: 'SN-2' }]
const STATUSES = ['New', 'In Progress', 'Resolved', 'Invoiced', 'Waiting for Parts', 'Waiting on Customer', 'Scheduled', 'Customer Reply']
const STATES: Readonly<Record<string, TicketState>> = { 'New': 'open', 'Customer Reply': 'open', 'Scheduled': 'assigned', 'In Progress': 'in_progress', 'Waiting for Parts': 'waiting', 'Waiting on Customer': 'waiting', 'Resolved': 'resolved', 'Invoiced': 'closed' }
const STATUS: Readonly<Record<TicketState, string>> = { open: 'New', assigned: 'New', in_progress: 'In Progress', waiting: 'Waiting on Customer', resolved: 'Resolved', closed: 'Invoiced', unknown: 'Scheduled' }
/** By the name of a permission: what `/me` calls it. */
const RIGHTS: Readonly<Record<string, string>> = { 'Tickets - List/Search': 'ticket.read', 'Tickets - Create': 'ticket.write', 'Customers - List/Search': 'customer.read', 'Assets - List/Search': 'asset.read' }
const SEEN_IN = 'the description says 401 with the name of the permission for some of the calls, 404 for others'

/** What the tests of Syncro alone look at beside. */
export interface SyncroFake extends PsaFake {
  /** Texts of comments that customers were mailed. */
  readonly mails: readonly string[]
}

/** Starts it. */
export const startSyncro = (async ({ clock, hasLimits = false }) => {
  const tickets: Ticket[] = []
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const mails: string[] = []
  const pageSize = 3
  let made = 0

  const iso = (ms = clock.now()): string => new Date(ms).toISOString()
  const may = (what: string): boolean => ![...withdrawn].some((right) => RIGHTS[right] === what)
  const customer = (id: unknown): (typeof CUSTOMERS)[number] | undefined => CUSTOMERS.find((one) => one.id === id)
  const shownCustomer = (one: (typeof CUSTOMERS)[number]): Body => ({ ...one, firstname: null, lastname: null, fullname: one.business_name, business_then_name: one.business_name, business_and_full_name: one.business_name, disabled: false, properties: {}, contacts: [] })
  const shownComment = (ticketId: number, { id, subject, body, tech, hidden, user_id, createdMs }: Comment): Body => ({ id, subject, body, tech, hidden, user_id, is_rich_text: false, ticket_id: ticketId, created_at: iso(createdMs), updated_at: iso(createdMs) })
  const listed = (ticket: Ticket): Body => ({
    id: ticket.id, number: ticket.id + 4_000, subject: ticket.subject, status: ticket.status, priority: ticket.priority, problem_type: ticket.problem_type, customer_id: ticket.customer_id, customer_business_then_name: customer(ticket.customer_id)?.business_name ?? null,
    user_id: ticket.user_id, created_at: iso(ticket.createdMs), updated_at: iso(ticket.updatedMs), properties: {}, comments: [], tag_list: [],
  })
  const shown = (ticket: Ticket): Body => {
    const user = USERS.find(({ id }) => id === ticket.user_id)
    return {
      ...listed(ticket), asset_ids: ticket.asset_ids, comments: ticket.comments.slice(0, 1).map((one) => shownComment(ticket.id, one)), ticket_timers: ticket.timers.map(({ id, notes, minutes }) => ({ id, ticket_id: ticket.id, notes, active_duration: minutes * 60 })),
      ...(user === undefined ? {} : { user }),
    }
  }
  const touch = (ticket: Ticket, said: string): void => {
    ticket.updatedMs = clock.now()
    const link = `https://northwind.syncromsp.com/tickets/${ticket.id}`
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(JSON.stringify({ text: said, html: `<a href="${link}">${said}</a>`, link, attributes: { id: ticket.id, number: ticket.id + 4_000, status: ticket.status } })), receivedAtMs: clock.now() })
  }
  const comment = (ticket: Ticket, from: { readonly subject: string; readonly body: string; readonly hidden: boolean; readonly isMailed: boolean; readonly by: number; readonly tech?: string }): Comment => {
    const one = { id: 60_000 + ++made, subject: from.subject, body: from.body, hidden: from.hidden, isMailed: from.isMailed, tech: from.tech ?? '', user_id: from.by, createdMs: clock.now() }
    ticket.comments.push(one)
    if (from.isMailed) mails.push(from.body)
    return one
  }
  /** As Syncro takes it: public and mailed unless it is told otherwise. */
  const said = (ticket: Ticket, from: Body): Comment => comment(ticket, { subject: textOf(from.subject) ?? '', body: textOf(from.body) ?? '', hidden: from.hidden === true, isMailed: from.hidden !== true && from.do_not_email !== true, by: ME, tech: textOf(from.tech) ?? '' })
  const blank = (customerId: number): Ticket => ({ id: 1_001 + tickets.length, subject: '', status: 'New', priority: null, problem_type: null, customer_id: customerId, user_id: null, asset_ids: [], isDeleted: false, createdMs: clock.now(), updatedMs: clock.now(), comments: [], timers: [] })

  const mistake = (from: Body): string | null => {
    if (from.status !== undefined && !STATUSES.includes(textOf(from.status) ?? '')) return 'Status is not included in the list'
    if (from.priority !== undefined && !/^[0-3] (Urgent|High|Normal|Low)$/.test(textOf(from.priority) ?? '')) return 'Priority is not included in the list'
    if (from.user_id !== undefined && !USERS.some(({ id }) => id === from.user_id)) return 'User must exist'
    if (((from.asset_ids ?? []) as number[]).some((id) => !ASSETS.some((one) => one.id === id))) return 'Asset must exist'
    return null
  }
  const write = (ticket: Ticket, from: Body): void => {
    const taken = (['subject', 'status', 'priority', 'problem_type', 'user_id', 'asset_ids'] as const).filter((key) => from[key] !== undefined)
    Object.assign(ticket, Object.fromEntries(taken.map((key) => [key, from[key]])))
  }
  const create = (from: Body): PsaAnswer => {
    const of = customer(from.customer_id)
    if (of === undefined) return { status: 422, json: { error: 'Customer required field' } }
    const wrong = mistake(from) ?? (textOf(from.subject) === null ? 'Subject can\'t be blank' : null)
    if (wrong !== null) return { status: 422, json: { error: wrong } }
    const ticket = blank(of.id)
    write(ticket, from)
    tickets.push(ticket)
    for (const one of (from.comments_attributes ?? []) as Body[]) said(ticket, one)
    touch(ticket, `Ticket ${ticket.id} was created`)
    return { status: 200, json: { ticket: shown(ticket) } }
  }
  const paged = (name: string, all: readonly Body[], { url }: PsaCall, size = pageSize): PsaAnswer => {
    const page = Number(url.searchParams.get('page') ?? 1)
    return { status: 200, json: { [name]: all.slice((page - 1) * size, page * size), meta: { total_pages: Math.max(1, Math.ceil(all.length / size)), page } } }
  }
  const has = (text: string, query: string | null): boolean => (query ?? '').toLowerCase().split(/\s+/).filter((word) => word !== '').every((word) => text.toLowerCase().includes(word))
  const list = (call: PsaCall): PsaAnswer => {
    const { searchParams: query } = call.url
    const since = (name: string): number => (query.has(name) ? Date.parse(query.get(name) ?? '') : 0)
    const found = tickets.filter((one) => !one.isDeleted && has(`${one.subject} ${one.comments.map(({ body }) => body).join(' ')}`, query.get('query')) && (!query.has('customer_id') || one.customer_id === Number(query.get('customer_id'))) && one.updatedMs >= since('since_updated_at') && one.createdMs >= since('created_after'))
    return paged('tickets', found.reverse().map(listed), call)
  }
  const ticketCall = (call: PsaCall, ticket: Ticket, rest: string | undefined): PsaAnswer | null => {
    const { method, url } = call
    const body = (call.body ?? {}) as Body
    if (method === 'GET' && rest === undefined) return { status: 200, json: { ticket: shown(ticket) } }
    if (method === 'GET' && rest === '/comments') return paged('comments', [...ticket.comments].reverse().map((one) => shownComment(ticket.id, one)), call, Math.min(pageSize, Number(url.searchParams.get('per_page') ?? 10)))
    if (method === 'PUT' && rest === undefined) {
      const wrong = mistake(body)
      if (wrong !== null) return { status: 422, json: { success: false, message: [wrong] } }
      write(ticket, body)
      touch(ticket, `Ticket ${ticket.id} was updated`)
      return { status: 200, json: { ticket: shown(ticket) } }
    }
    if (method === 'POST' && rest === '/comment') {
      const missing = (['body', 'subject'] as const).filter((key) => textOf(body[key]) === null).map((key) => `${key === 'body' ? 'Body' : 'Subject'} can't be blank`)
      if (missing.length > 0) return { status: 422, json: { success: false, message: missing } }
      const one = said(ticket, body)
      touch(ticket, `Ticket ${ticket.id} was commented on`)
      return { status: 200, json: { comment: shownComment(ticket.id, one) } }
    }
    if (method === 'POST' && rest === '/timer_entry') {
      if (textOf(body.start_at) === null) return { status: 422, json: { error: 'start_at is required' } }
      const timer = { id: 80_000 + ++made, minutes: Number(body.duration_minutes), notes: textOf(body.notes) ?? '' }
      ticket.timers.push(timer)
      touch(ticket, `Ticket ${ticket.id} got time`)
      return { status: 200, json: { id: timer.id, ticket_id: ticket.id, user_id: ME, start_time: body.start_at, end_time: body.end_at, notes: timer.notes, active_duration: timer.minutes * 60 } }
    }
    return null
  }
  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url } = call
    const path = call.path.replace('/api/v1', '')
    if (call.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, json: { error: 'Not authorized' } }
    const lacks = (what: string): boolean => !may(what)
    const refused = (name: string): PsaAnswer => ({ status: 401, json: { error: `Requires permission: ${name}` } })
    if (method === 'GET' && path === '/me') {
      const part = (name: string): Body => ({ read: may(`${name}.read`), write: may(`${name}.write`), delete: false })
      return { status: 200, json: { user_id: ME, user_name: 'Alert Whisperer', user_email: USERS[0]?.email, admin: false, permissions: { ticket: part('ticket'), customer: { ...part('customer'), write: false }, asset: { ...part('asset'), write: false }, invoice: { read: false, write: false, delete: false }, payment: { read: false, write: false, delete: false }, script: { execute: false } } } }
    }
    if (method === 'GET' && path === '/users') return { status: 200, json: { users: USERS.map(({ id, full_name: name }) => [id, name]) } }
    const userId = /^\/users\/(\d+)$/.exec(path)?.[1]
    if (method === 'GET' && userId !== undefined) return { status: 200, json: { user: USERS.find(({ id }) => id === Number(userId)) } }
    if (method === 'GET' && path === '/tickets/settings') return { status: 200, json: { ticket_status_list: STATUSES, ticket_types: [{ id: 11, name: 'Incident' }], users: USERS.map(({ id, full_name: name }) => ({ id, name })) } }
    if (method === 'GET' && path === '/customers') return lacks('customer.read') ? refused('Customers - List/Search') : paged('customers', CUSTOMERS.filter((one) => has(`${one.business_name} ${one.email}`, url.searchParams.get('query'))).map(shownCustomer), call)
    if (method === 'GET' && path === '/customer_assets') return lacks('asset.read') ? refused('Assets - List/Search') : paged('assets', ASSETS.filter((one) => one.customer_id === Number(url.searchParams.get('customer_id')) && has(`${one.name} ${one.asset_serial}`, url.searchParams.get('query'))), call)
    if (path.startsWith('/tickets') && method === 'GET' && lacks('ticket.read')) return refused('Tickets - List/Search')
    if (path.startsWith('/tickets') && method !== 'GET' && lacks('ticket.write')) return refused('Tickets - Edit')
    if (method === 'GET' && path === '/tickets') return list(call)
    if (method === 'POST' && path === '/tickets') return create(call.body as Body)
    const [, id, rest] = /^\/tickets\/(\d+)(\/\w+)?$/.exec(path) ?? []
    if (id === undefined) return null
    const ticket = tickets.find((one) => one.id === Number(id) && !one.isDeleted)
    return ticket === undefined ? { status: 404, json: { message: 'Not found' } } : ticketCall(call, ticket, rest)
  }

  const judge = withRefusals(holdCallsTo('syncromsp/openapi.json', { prefix: '/api/v1' }), { 401: SEEN_IN, 404: SEEN_IN })
  const server = await startPsaServer({
    clock, judges: [judge], answer, limits: hasLimits ? [{ name: 'address', calls: 180, windowMs: 60_000, key: () => 'all' }] : [],
    refuse: (_limit, waitMs) => ({ status: 429, json: { error: 'Too many requests' }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => ({
    id: String(ticket.id), number: String(ticket.id + 4_000), title: ticket.subject, text: ticket.comments[0]?.body ?? '', externalRef: referenceIn(ticket.subject), statusId: ticket.status, state: STATES[ticket.status] ?? 'unknown', priorityId: ticket.priority,
    assigneeId: ticket.user_id === null ? null : String(ticket.user_id), companyId: String(ticket.customer_id), assetIds: ticket.asset_ids.map(String), parentId: null, mergedIntoId: null, linkedIds: [], isDeleted: ticket.isDeleted,
    notes: ticket.comments.slice(1).map((one) => ({ id: String(one.id), text: one.body, isPublic: !one.hidden || one.isMailed, isOurs: one.user_id === ME })), attachments: [], times: ticket.timers.map(({ minutes, notes }) => ({ minutes, text: notes })),
  })
  const change = (id: string, from: Partial<Ticket>, what: string): void => {
    Object.assign(found(id), from)
    touch(found(id), what)
  }
  const fake: SyncroFake = {
    connector: 'syncromsp', baseUrl: `${server.origin}/api/v1`, auth: 'bearer', fields: { emailPublicNotes: 'no' }, credentials: { apiToken: TOKEN }, webhookSecret: 'fake-syncro-webhook-secret', mapping: { place: { customer: '59' } },
    pageSize, hooks, mails, isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: '51', name: 'Acme Corp' }, otherCompany: { id: '52', name: 'Globex' }, asset: { id: '301', name: 'fs-01' }, article: null,
      users: [{ id: String(SAM), name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: String(KIM), name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: Object.keys(RIGHTS),
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.map(seen),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(51), subject: title }
        tickets.push(ticket)
        comment(ticket, { subject: 'Issue', body: text, hidden: false, isMailed: false, by: SAM })
        touch(ticket, `Ticket ${ticket.id} was created`)
        return String(ticket.id)
      },
      comment(id, text, isPublic = false) {
        comment(found(id), { subject: 'Update', body: text, hidden: !isPublic, isMailed: false, by: SAM, tech: 'Sam Field' })
        touch(found(id), `Ticket ${id} was commented on`)
      },
      setStatus: (id, state) => change(id, { status: STATUS[state] }, `Ticket ${id} changed its status`),
      close: (id) => change(id, { status: 'Resolved' }, `Ticket ${id} was resolved`),
      reassign: (id, userId) => change(id, { user_id: userId === null ? null : Number(userId) }, `Ticket ${id} was assigned`),
      merge: () => {
        throw new Error('what Syncro’s API tells of a merge is not known')
      },
      remove: (id) => change(id, { isDeleted: true }, `Ticket ${id} was deleted`),
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}) satisfies StartPsa
