/** Freshdesk as a program and as its agents see it: tickets, notes, files, times, contacts, lists by page, a search that lags, merging, webhooks of a rule. Held to ../shared/specs/freshdesk. */
import { plainText } from '../../../connectors/text.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'

type Body = Record<string, unknown>
interface Note { id: number; body: string; private: boolean; user_id: number; source: number; created_at: string; files: { name: string; bytes: Buffer }[] }
interface Ticket {
  id: number; subject: string; description: string; status: number; priority: number; type: string | null; requester_id: number; responder_id: number | null; group_id: number | null; company_id: number | null; parent: number | null
  tags: string[]; custom_fields: Body; createdMs: number; updatedMs: number; deleted: boolean; mergedInto: number | null; notes: Note[]; times: { id: number; time_spent: string; note: string; agent_id: number }[]
}

const KEY = 'FakeFreshdeskKey0123'
const [ME, SAM, KIM] = [9001, 9002, 9003]
const AGENTS = [{ id: ME, name: 'Alert Whisperer', email: 'alerts@northwind-msp.example' }, { id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example' }, { id: 9004, name: 'Nia Night', email: 'nia@northwind-msp.example' }]
const COMPANIES = [{ id: 51_000_000_001, name: 'Acme Corp', domains: ['acme.example'] }, { id: 51_000_000_002, name: 'Globex', domains: ['globex.example'] }]
const GROUP = 7001
const ARTICLE = { id: 8001, title: 'Disk full on file servers' }
// How long the search is behind.
const SEARCH_LAG_MS = 120_000
const STATES: Readonly<Record<number, TicketState>> = { 2: 'open', 3: 'waiting', 4: 'resolved', 5: 'closed' }
const STATUS: Readonly<Record<TicketState, number>> = { open: 2, assigned: 2, in_progress: 2, waiting: 3, resolved: 4, closed: 5, unknown: 6 }
const DOCS = 'https://developers.freshdesk.com/api/'

/** Starts it. */
export const startFreshdesk: StartPsa = (options) => startFreshdeskOf({ ...options, hasCompanies: true })

/** The same on a plan of its own: `hasCompanies`, contacts may be of several companies. */
export async function startFreshdeskOf({ clock, hasLimits = false, pageSize = 3, hasCompanies }: Parameters<StartPsa>[0] & { readonly hasCompanies: boolean }): Promise<PsaFake> {
  const tickets: Ticket[] = []
  const contacts: Body[] = [{ id: 6001, name: 'Cleo Client', email: 'cleo@acme.example', company_id: COMPANIES[0]?.id, unique_external_id: null }]
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  let made = 0

  const iso = (ms = clock.now()): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const refused = (status: number, field: string, message: string): PsaAnswer => ({ status, json: { description: 'Validation failed', errors: [{ field, message, code: 'invalid_value' }] } })
  const denied: PsaAnswer = { status: 403, json: { code: 'access_denied', message: 'You are not authorized to perform this action.' } }
  const shown = ({ parent, createdMs, updatedMs, ...ticket }: Ticket, hasText = true): Body => ({
    ...ticket, notes: undefined, times: undefined, mergedInto: undefined, ...(hasText ? { description_text: plainText(ticket.description) } : { description: undefined }), source: 2, spam: false, created_at: iso(createdMs), updated_at: iso(updatedMs),
    ...(parent === null ? { association_type: null } : { association_type: 2, associated_tickets_list: [parent] }),
  })
  const touch = (ticket: Ticket): void => {
    ticket.updatedMs = clock.now()
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(JSON.stringify({ ticket_id: String(ticket.id) })), receivedAtMs: clock.now() })
  }
  const say = (ticket: Ticket, body: string, isPrivate: boolean, user: number, files: Note['files'] = []): Note => {
    const note = { id: 40_000 + ++made, body, private: isPrivate, user_id: user, source: 2, created_at: iso(), files }
    ticket.notes.push(note)
    touch(ticket)
    return note
  }
  const told = ({ files, ...note }: Note): Body => ({ ...note, body_text: plainText(note.body), incoming: false, attachments: files.map(({ name }, at) => ({ id: at + 1, name })) })
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const change = (ticket: Ticket, from: Body): PsaAnswer | null => {
    const { responder_id: responder, group_id: group, parent_id: parent, status, tags } = from
    if (responder !== undefined && responder !== null && !AGENTS.some(({ id }) => id === responder)) return refused(400, 'responder_id', 'There is no agent matching the given responder_id')
    if (group !== undefined && group !== null && group !== GROUP) return refused(400, 'group_id', 'There is no group matching the given group_id')
    if (status !== undefined && ![2, 3, 4, 5, 6].includes(status as number)) return refused(400, 'status', 'It should be one of these values: 2,3,4,5,6')
    if (parent !== undefined && !tickets.some(({ id }) => id === parent)) return refused(400, 'parent_id', 'Parent ticket is not valid')
    if (tags !== undefined && (tags as string[]).some((tag) => tag.length > 32)) return refused(400, 'tags', 'It should contain elements with maximum of 32 characters')
    const names = ['subject', 'description', 'status', 'priority', 'type', 'responder_id', 'group_id', 'company_id', 'tags', 'requester_id']
    Object.assign(ticket, Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]])), parent === undefined ? {} : { parent })
    Object.assign(ticket.custom_fields, from.custom_fields)
    touch(ticket)
    return null
  }
  const blank = (): Ticket => ({ id: 100 + tickets.length + 1, subject: '', description: '', status: 2, priority: 1, type: null, requester_id: 6001, responder_id: null, group_id: null, company_id: null, parent: null, tags: [], custom_fields: {}, createdMs: clock.now(), updatedMs: clock.now(), deleted: false, mergedInto: null, notes: [], times: [] })
  const create = (from: Body): PsaAnswer => {
    if (typeof from.unique_external_id === 'string') {
      const known = contacts.find((contact) => contact.unique_external_id === from.unique_external_id) ?? contacts[contacts.push({ id: 6001 + contacts.length, name: from.name, email: null, company_id: null, unique_external_id: from.unique_external_id }) - 1]
      from = { ...from, requester_id: known?.id }
    }
    const requester = contacts.find(({ id }) => id === from.requester_id)
    if (requester === undefined) return refused(400, 'requester_id', 'There is no contact matching the given requester_id')
    // "Company ID of the requester. This attribute can only be set if the Multiple Companies feature is enabled (Estate plan and above)".
    if (from.company_id !== undefined && !hasCompanies) return { status: 400, json: { description: 'Validation failed', errors: [{ field: 'company_id', message: 'The Multiple User Companies feature(s) is/are not supported in your plan. Please upgrade your account to use it.', code: 'require_feature' }] } }
    if (from.company_id !== undefined && requester.company_id !== from.company_id) return refused(400, 'company_id', 'It should be one of the companies of the requester')
    const ticket = blank()
    const error = change(ticket, { company_id: requester.company_id ?? null, ...from })
    if (error !== null) return error
    tickets.push(ticket)
    return { status: 201, json: shown(ticket) }
  }
  const page = (rows: readonly unknown[], { url }: PsaCall): PsaAnswer => {
    const at = Number(url.searchParams.get('page') ?? 1)
    const size = Math.min(pageSize, Number(url.searchParams.get('per_page') ?? 30))
    return { status: 200, json: rows.slice((at - 1) * size, at * size), ...(at * size < rows.length ? { headers: { link: `<${url.origin}${url.pathname}?page=${at + 1}>; rel="next"` } } : {}) }
  }
  const list = (call: PsaCall): PsaAnswer => {
    const ask = call.url.searchParams
    const since = ask.get('updated_since')
    const by = ask.get('order_by') === 'updated_at' ? 'updatedMs' : 'createdMs'
    // After, not at: what the vendor means is not said, and this is the harder reading.
    const due = tickets.filter((one) => !one.deleted && (since === null ? one.createdMs > clock.now() - 30 * 86_400_000 : Math.floor(one.updatedMs / 1_000) * 1_000 > Date.parse(since)) && (ask.get('company_id') === null || one.company_id === Number(ask.get('company_id'))))
    const sorted = [...due].sort((a, b) => Math.floor(a[by] / 1_000) - Math.floor(b[by] / 1_000) || a.id - b.id)
    return page((ask.get('order_type') === 'asc' ? sorted : sorted.reverse()).map((one) => shown(one, ask.get('include') === 'description')), call)
  }
  const search = ({ url }: PsaCall): PsaAnswer => {
    const [, field, value] = /^"(\w+):'([^']*)'"$/.exec(url.searchParams.get('query') ?? '') ?? []
    if (field === undefined) return refused(400, 'query', 'query is not valid')
    const found = tickets.filter((one) => one.updatedMs <= clock.now() - SEARCH_LAG_MS && !one.deleted && (field === 'tag' ? one.tags.includes(value ?? '') : one.custom_fields[field] === value))
    return { status: 200, json: { total: found.length, results: found.map((one) => shown(one)) } }
  }
  const fields = (): Body[] => [
    { id: 1, name: 'status', choices: { 2: ['Open', 'Being processed'], 3: ['Pending', 'Awaiting your reply'], 4: ['Resolved', 'Resolved'], 5: ['Closed', 'Closed'], 6: ['Parts ordered', 'Parts ordered'] } }, { id: 2, name: 'priority', choices: { Low: 1, Medium: 2, High: 3, Urgent: 4 } },
    { id: 3, name: 'group', choices: { Monitoring: GROUP } }, { id: 4, name: 'ticket_type', choices: ['Incident', 'Question'] }, { id: 5, name: 'cf_alert_reference', type: 'custom_text' },
  ]
  const merge = (from: Ticket, into: Ticket, user: number, [inPrimary, inSecondary]: readonly [string, string]): void => {
    say(into, inPrimary, true, user)
    say(from, inSecondary, true, user)
    Object.assign(from, { status: 5, mergedInto: into.id })
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, path: whole } = call
    const path = whole.replace('/api/v2', '')
    const body = call.body as Body
    if (call.headers.authorization !== `Basic ${Buffer.from(`${KEY}:X`).toString('base64')}`) return { status: 401, json: { code: 'invalid_credentials', message: 'You have to be logged in to perform this action.' } }
    const right = /^\/(tickets|contacts|companies|agents|ticket_fields)/.exec(path)?.[1]
    if (right !== undefined && path !== '/agents/me' && withdrawn.has(right.replace('_', ' '))) return denied
    const is = (wanted: string, plain: string): boolean => method === wanted && path === plain
    if (is('GET', '/agents/me')) return { status: 200, json: { id: ME, type: 'support_agent', contact: { name: 'Alert Whisperer', email: AGENTS[0]?.email } } }
    if (is('GET', '/agents')) return page(AGENTS.map(({ id, ...contact }) => ({ id, available: true, contact })), call)
    if (is('GET', '/companies/autocomplete')) return { status: 200, json: { companies: COMPANIES.filter(({ name }) => name.toLowerCase().startsWith((url.searchParams.get('name') ?? '').toLowerCase())) } }
    if (is('GET', '/companies')) return page(COMPANIES, call)
    if (is('GET', '/contacts')) return page(contacts.filter(({ company_id }) => url.searchParams.get('company_id') === null || company_id === Number(url.searchParams.get('company_id'))), call)
    if (is('POST', '/contacts')) {
      if (contacts.some((contact) => contact.unique_external_id === body.unique_external_id)) return refused(409, 'unique_external_id', 'It should be a unique value')
      const contact = { id: 6001 + contacts.length, email: null, ...body }
      contacts.push(contact)
      return { status: 201, json: contact }
    }
    if (is('GET', '/ticket_fields')) return { status: 200, json: fields() }
    if (is('GET', '/search/solutions')) return { status: 200, json: (url.searchParams.get('term') ?? '').toLowerCase().split(' ').every((word) => ARTICLE.title.toLowerCase().includes(word)) ? [ARTICLE] : [] }
    if (is('GET', '/search/tickets')) return search(call)
    if (is('GET', '/tickets')) return list(call)
    if (is('POST', '/tickets')) return create(body)
    if (is('PUT', '/tickets/merge')) {
      const { primary_id: primary, ticket_ids: [id], note_in_primary: one, note_in_secondary: two } = body as { primary_id: number; ticket_ids: number[]; note_in_primary: { body: string }; note_in_secondary: { body: string } }
      const [from, into] = [tickets.find((ticket) => ticket.id === id), tickets.find((ticket) => ticket.id === primary)]
      if (from === undefined || into === undefined || from.mergedInto !== null) return refused(400, 'ticket_ids', 'There are no tickets matching the ids')
      merge(from, into, ME, [one.body, two.body])
      return { status: 204 }
    }
    const [, id, rest] = /^\/tickets\/(\d+)(\/\w+)?$/.exec(path) ?? []
    if (id === undefined) return null
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined || (ticket.deleted && method !== 'GET')) return { status: 404, json: { message: 'not found' } }
    if (rest === undefined) {
      if (method === 'GET') return { status: 200, json: shown(ticket) }
      if (method === 'PUT') return change(ticket, body) ?? { status: 200, json: shown(ticket) }
    }
    if (method === 'GET' && rest === '/conversations') return page(ticket.notes.map(told), call)
    if (method === 'POST' && rest === '/notes') return { status: 201, json: told(say(ticket, body.body as string, body.private !== false && body.private !== 'false', ME, call.files.map(({ name, bytes }) => ({ name, bytes })))) }
    if (method === 'GET' && rest === '/time_entries') return { status: 200, json: ticket.times }
    if (method === 'POST' && rest === '/time_entries') {
      const entry = { id: 50_000 + ++made, ...(body as { time_spent: string; note: string; agent_id: number }) }
      ticket.times.push(entry)
      return { status: 201, json: entry }
    }
    return null
  }

  const judge = holdCallsTo('freshdesk/openapi.json', { prefix: '/api/v2' })
  // In parts yes and no are words.
  const parted = (body: unknown): unknown => (typeof body === 'object' && body !== null && 'attachments[]' in body && 'private' in body ? { ...body, private: body.private === 'true' } : body)
  const server = await startPsaServer({
    clock, judges: [{ ...judge, judge: (call) => judge.judge({ ...call, body: parted(call.body) }) }], answer,
    beyond: { 'PUT /api/v2/tickets/merge': `${DOCS}#merge_ticket`, 'GET /api/v2/agents': `${DOCS}#list_all_agents`, 'GET /api/v2/companies/autocomplete': `${DOCS}#search_companies`, 'GET /api/v2/search/solutions': `${DOCS}#search_solutions` },
    limits: hasLimits ? [{ name: 'account', calls: 100, windowMs: 60_000, key: () => 'all' }] : [],
    refuse: (_limit, waitMs) => ({ status: 429, json: { message: 'You have exceeded the limit of requests per minute' }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
    headers: (left) => (left.account === undefined ? {} : { 'x-ratelimit-total': '100', 'x-ratelimit-remaining': String(left.account), 'x-ratelimit-used-currentrequest': '1' }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const id = (value: number | null): string | null => (value === null ? null : String(value))
  const seen = (ticket: Ticket): PsaTicket => ({
    id: String(ticket.id), number: `#${ticket.id}`, title: ticket.subject, text: plainText(ticket.description), externalRef: ticket.tags.find((tag) => tag.startsWith('AW-')) ?? (ticket.custom_fields.cf_alert_reference as string | undefined) ?? null,
    statusId: String(ticket.status), state: STATES[ticket.status] ?? 'unknown', priorityId: String(ticket.priority), assigneeId: id(ticket.responder_id), companyId: id(ticket.company_id), assetIds: [], parentId: id(ticket.parent), mergedIntoId: id(ticket.mergedInto), linkedIds: [], isDeleted: ticket.deleted,
    notes: ticket.notes.map((note) => ({ id: String(note.id), text: plainText(note.body), isPublic: !note.private, isOurs: note.user_id === ME })), attachments: ticket.notes.flatMap((note) => note.files.map((file) => ({ ...file, isPublic: !note.private }))),
    times: ticket.times.map(({ time_spent: spent, note }) => ({ minutes: Number(spent.slice(0, 2)) * 60 + Number(spent.slice(3)), text: note })),
  })
  const fake: PsaFake = {
    connector: 'freshdesk', baseUrl: `${server.origin}/api/v2`, auth: 'api_key', fields: {}, credentials: { apiKey: KEY }, webhookSecret: 'long-random-part', mapping: { place: { group: String(GROUP), type: 'Incident' } },
    pageSize, hooks, isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: String(COMPANIES[0]?.id), name: 'Acme Corp' }, otherCompany: { id: String(COMPANIES[1]?.id), name: 'Globex' }, asset: null, article: { id: '8001', title: ARTICLE.title },
      users: [{ id: String(SAM), name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: String(KIM), name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: ['tickets', 'contacts', 'companies', 'agents', 'ticket fields'],
    withdraw: (name) => void withdrawn.add(name),
    tickets: () => tickets.map(seen),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(), subject: title, description: escaped(text) }
        tickets.push(ticket)
        touch(ticket)
        return String(ticket.id)
      },
      comment: (ticket, text, isPublic = false) => void say(found(ticket), escaped(text), !isPublic, SAM),
      setStatus(ticket, state) {
        found(ticket).status = STATUS[state]
        touch(found(ticket))
      },
      close(ticket) {
        found(ticket).status = 5
        touch(found(ticket))
      },
      reassign(ticket, userId) {
        found(ticket).responder_id = userId === null ? null : Number(userId)
        touch(found(ticket))
      },
      merge: (from, into) => merge(found(from), found(into), SAM, [`Ticket with ID ${from} is merged with this ticket.`, `This ticket is closed and merged into ticket ${into}`]),
      remove(ticket) {
        found(ticket).deleted = true
        touch(found(ticket))
      },
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
