/**
 * HaloPSA as a program and as its agents see it: tickets made and changed by POST with a list, actions, attachments, scopes of an application, lists by `pageinate`, unsigned webhooks
 * that may be lists. Held to ../shared/specs/halopsa; the token address stands outside of it.
 */
import { textOf } from '../../../connectors/answers.ts'
import { plainText, referenceIn } from '../../../connectors/text.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'
import { withRefusals } from './refusals.ts'

type Body = Record<string, unknown>
interface Action { id: number; ticket_id: number; outcome: string; note_html: string; hiddenfromuser: boolean; sendemail: boolean; who_agentid: number; timetaken: number; datetime: string }
interface File { id: number; ticket_id: number; filename: string; bytes: Buffer; isPublic: boolean }
interface Ticket {
  id: number; summary: string; details_html: string; status_id: number; priority_id: number; tickettype_id: number; client_id: number; agent_id: number; team: string; parent_id: number | null; merged_into_id: number | null
  assets: number[]; related: Set<number>; closure_note_html: string | null; deleted: boolean; createdMs: number; updatedMs: number
}

const TOKEN = 'fake-halo-access-token-7d2c1a90'
const [CLIENT_ID, CLIENT_SECRET] = ['fa4e0c1d-0000-4000-8000-00000000c11e', 'fake-halo-client-secret-b7d0c6f2']
const [NOBODY, ME, SAM, KIM] = [1, 9, 21, 22]
const AGENTS = [{ id: NOBODY, name: 'Unassigned', email: '' }, { id: ME, name: 'Alert Whisperer', email: 'alerts@northwind-msp.example' }, { id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example' }]
const CLIENTS = [{ id: 1, name: 'Unknown', inactive: false }, { id: 12, name: 'Acme Corp', domain: 'acme.example', inactive: false }, { id: 13, name: 'Globex', website: 'https://www.globex.example/', inactive: false }]
const ASSETS = [{ id: 301, client_id: 12, key_field: 'fs-01', inventory_number: 'SN-1' }, { id: 302, client_id: 13, key_field: 'fs-02', inventory_number: 'SN-2' }]
const STATUSES = [{ id: 1, name: 'New' }, { id: 2, name: 'In Progress' }, { id: 4, name: 'With User' }, { id: 8, name: 'Updated' }, { id: 9, name: 'Closed' }]
const PRIORITIES = [1, 2, 3, 4].flatMap((priorityid) => [{ id: `3e485768-0000-4000-8000-00000000000${priorityid}`, slaid: 1, priorityid, name: ['Critical', 'High', 'Medium', 'Low'][priorityid - 1] ?? '' }])
const TYPES = [{ id: 1, name: 'Incident' }, { id: 2, name: 'Problem' }]
const TEAMS = [{ id: 1, name: '1st Line Support' }, { id: 2, name: 'Monitoring' }]
const STATES: Readonly<Record<number, TicketState>> = { 1: 'open', 2: 'in_progress', 4: 'waiting', 9: 'closed' }
const STATUS: Readonly<Record<TicketState, number>> = { open: 1, assigned: 1, in_progress: 2, waiting: 4, resolved: 9, closed: 9, unknown: 8 }
const APIDOC = 'https://haloacademy.halopsa.com/apidoc'

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')

/** Starts it. */
export const startHaloPsa: StartPsa = async ({ clock, hasLimits = false }) => {
  const tickets: Ticket[] = []
  const actions: Action[] = []
  const files: File[] = []
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const pageSize = 3
  let made = 0

  const iso = (ms = clock.now()): string => new Date(ms).toISOString()
  const agent = (id: number): { readonly id: number; readonly name: string; readonly email: string } | undefined => AGENTS.find((one) => one.id === id)
  const shown = (ticket: Ticket): Body => ({
    id: ticket.id, summary: ticket.summary, details: ticket.details_html, status_id: ticket.status_id, status_name: STATUSES.find(({ id }) => id === ticket.status_id)?.name ?? '', priority_id: ticket.priority_id, tickettype_id: ticket.tickettype_id,
    client_id: ticket.client_id, client_name: CLIENTS.find(({ id }) => id === ticket.client_id)?.name ?? '', agent_id: ticket.agent_id, agent_name: agent(ticket.agent_id)?.name ?? '', team: ticket.team, parent_id: ticket.parent_id ?? 0, merged_into_id: ticket.merged_into_id ?? 0,
    deleted: ticket.deleted, dateoccurred: iso(ticket.createdMs), last_update: iso(ticket.updatedMs), lastactiondate: iso(ticket.updatedMs), assets: ticket.assets.map((id) => ({ id })), related_tickets: [...ticket.related].map((id) => ({ id })), closure_note_html: ticket.closure_note_html,
  })
  const touch = (ticket: Ticket, event: string, action?: Action): void => {
    ticket.updatedMs = clock.now()
    const delivery = { id: `6f1d0000-0000-4000-8000-${String(++made).padStart(12, '0')}`, event, timestamp: iso(), object_id: String(ticket.id), ticket: { id: ticket.id, summary: ticket.summary }, ...(action === undefined ? {} : { action: { id: action.id, ticket_id: ticket.id } }) }
    // Every other one comes as a list of one, as batching sends it.
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(JSON.stringify(made % 2 === 0 ? [delivery] : delivery)), receivedAtMs: clock.now() })
  }
  const invalid = (message: string): PsaAnswer => ({ status: 400, json: { ClassName: 'HaloException', Message: message, message } })
  const blank = (id: number): Ticket => ({ id, summary: '', details_html: '', status_id: 1, priority_id: 3, tickettype_id: 1, client_id: 1, agent_id: NOBODY, team: '1st Line Support', parent_id: null, merged_into_id: null, assets: [], related: new Set(), closure_note_html: null, deleted: false, createdMs: clock.now(), updatedMs: clock.now() })

  const mistake = (from: Body): string | null => {
    const known = (list: readonly { readonly id?: unknown }[], id: unknown): boolean => id === undefined || list.some((one) => one.id === id)
    if (!known(STATUSES, from.status_id)) return 'Invalid status'
    if (from.priority_id !== undefined && !PRIORITIES.some(({ priorityid }) => priorityid === from.priority_id)) return 'Invalid priority'
    if (!known(CLIENTS, from.client_id)) return 'Invalid client'
    if (!known(AGENTS, from.agent_id)) return 'Invalid agent'
    if (!known(TYPES, from.tickettype_id)) return 'Invalid ticket type'
    if (((from.assets ?? []) as { id: number }[]).some(({ id }) => !ASSETS.some((one) => one.id === id))) return 'Invalid asset'
    if (from.parent_id !== undefined && !tickets.some(({ id }) => id === from.parent_id)) return 'Invalid parent'
    return null
  }
  const write = (ticket: Ticket, from: Body): void => {
    const taken = (['summary', 'details_html', 'status_id', 'priority_id', 'tickettype_id', 'client_id', 'agent_id', 'team', 'parent_id', 'closure_note_html'] as const).filter((key) => from[key] !== undefined)
    Object.assign(ticket, Object.fromEntries(taken.map((key) => [key, from[key]])))
    if (from.assets !== undefined) ticket.assets = (from.assets as { id: number }[]).map(({ id }) => id)
    for (const { id } of (from.new_related_tickets ?? []) as { id: number }[]) {
      ticket.related.add(id)
      tickets.find((one) => one.id === id)?.related.add(ticket.id)
    }
  }
  const postTickets = ({ body }: PsaCall): PsaAnswer => {
    if (!Array.isArray(body)) return invalid('Cannot deserialize the current JSON object because the type requires a JSON array')
    const answers: Body[] = []
    for (const from of body as Body[]) {
      const wrong = mistake(from)
      if (wrong !== null) return invalid(wrong)
      const old = from.id === undefined ? undefined : tickets.find(({ id, deleted }) => id === from.id && !deleted)
      if (from.id !== undefined && old === undefined) return invalid('Ticket not found')
      if (old === undefined && typeof from.summary !== 'string') return invalid('Summary is required')
      const ticket = old ?? blank(2_000 + tickets.length + 1)
      if (old === undefined) tickets.push(ticket)
      write(ticket, from)
      touch(ticket, old === undefined ? 'New Ticket Logged' : 'Ticket Updated')
      answers.push(shown(ticket))
    }
    return { status: 201, json: answers.length === 1 ? answers[0] : answers }
  }
  const act = (ticket: Ticket, from: { readonly html: string; readonly hidden: boolean; readonly by: number; readonly hours?: number; readonly outcome?: string; readonly mails?: boolean }): Action => {
    const action = { id: 50_000 + ++made, ticket_id: ticket.id, outcome: from.outcome ?? 'Private Note', note_html: from.html, hiddenfromuser: from.hidden, sendemail: from.mails ?? false, who_agentid: from.by, timetaken: from.hours ?? 0, datetime: iso() }
    actions.push(action)
    touch(ticket, 'Action Added', action)
    return action
  }
  const shownAction = (action: Action): Body => ({ ...action, note: plainText(action.note_html) })
  const postActions = ({ body }: PsaCall): PsaAnswer => {
    if (!Array.isArray(body)) return invalid('Cannot deserialize the current JSON object because the type requires a JSON array')
    const [from] = body as Body[]
    const ticket = tickets.find(({ id, deleted }) => id === from?.ticket_id && !deleted)
    if (from === undefined || ticket === undefined) return invalid('Ticket not found')
    // Halo shows what is not hidden, and mails what it is not told to keep.
    return { status: 201, json: shownAction(act(ticket, { html: textOf(from.note_html) ?? '', hidden: from.hiddenfromuser === true, by: ME, hours: Number(from.timetaken ?? 0), outcome: textOf(from.outcome) ?? '', mails: from.sendemail !== false })) }
  }
  const postFiles = ({ body }: PsaCall): PsaAnswer => {
    const [from] = Array.isArray(body) ? (body as Body[]) : []
    const ticket = tickets.find(({ id, deleted }) => id === from?.ticket_id && !deleted)
    if (from === undefined || ticket === undefined) return invalid('Ticket not found')
    const file = { id: 70_000 + ++made, ticket_id: ticket.id, filename: String(from.filename), bytes: Buffer.from(String(from.data_base64), 'base64'), isPublic: from.showforusers !== false }
    files.push(file)
    touch(ticket, 'Ticket Updated')
    return { status: 200, json: [{ id: file.id, filename: file.filename }] }
  }

  const list = (name: string, all: readonly Body[], { url }: PsaCall): PsaAnswer => {
    const { searchParams: query } = url
    if (query.get('pageinate') !== 'true') return { status: 200, json: { record_count: all.length, [name]: all.slice(0, Number(query.get('count') ?? 50)) } }
    const size = Math.min(pageSize, Number(query.get('page_size') ?? 50))
    const no = Number(query.get('page_no') ?? 1)
    return { status: 200, json: { page_no: no, page_size: size, record_count: all.length, [name]: all.slice((no - 1) * size, no * size) } }
  }
  const has = (text: string, query: string | null): boolean => (query ?? '').toLowerCase().split(/\s+/).filter((word) => word !== '').every((word) => text.toLowerCase().includes(word))
  const listTickets = (call: PsaCall): PsaAnswer => {
    const { searchParams: query } = call.url
    const at = (name: string): number | null => (query.has(name) ? Date.parse(query.get(name) ?? '') : null)
    const [fromMs, toMs] = [at('lastupdatefromdate'), at('lastupdatetodate')]
    const found = tickets.filter((one) => !one.deleted && has(`${one.summary} ${plainText(one.details_html)}`, query.get('search')) && (!query.has('client_id') || one.client_id === Number(query.get('client_id'))) && (fromMs === null || one.updatedMs >= fromMs) && (toMs === null || one.updatedMs <= toMs))
    // The order is theirs unless one is asked for: here by what nobody would guess.
    const order = query.get('order') === 'id' ? (a: Ticket, b: Ticket) => a.id - b.id : (a: Ticket, b: Ticket) => (a.id % 7) - (b.id % 7) || a.id - b.id
    const sorted = [...found].sort(order)
    return list('tickets', (query.get('orderdesc') === 'true' ? sorted.reverse() : sorted).map(shown), call)
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, path } = call
    if (method === 'POST' && path === '/auth/token') {
      const form = call.body as Body
      if (form.grant_type !== 'client_credentials' || form.client_id !== CLIENT_ID || form.client_secret !== CLIENT_SECRET) return { status: 400, json: { error: 'invalid_client' } }
      return { status: 200, json: { access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600, scope: form.scope } }
    }
    if (call.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, text: '' }
    const refused = (right: string): boolean => withdrawn.has(right)
    const is = (wanted: string, exact: string): boolean => method === wanted && path === `/api${exact}`
    const FORBIDDEN = { status: 403, text: '' }
    if (is('GET', '/Agent/me')) return { status: 200, json: { id: ME, name: 'Alert Whisperer' } }
    if (is('GET', '/Agent') && refused('other agents')) return FORBIDDEN
    if (is('GET', '/Agent')) return { status: 200, json: AGENTS.map((one) => ({ ...one, isdisabled: false })) }
    if (is('GET', '/Client')) return refused('read:customers') ? FORBIDDEN : list('clients', CLIENTS.filter(({ name }) => has(name, url.searchParams.get('search'))), call)
    if (is('GET', '/Asset')) return refused('read:assets') ? FORBIDDEN : list('assets', ASSETS.filter((one) => one.client_id === Number(url.searchParams.get('client_id')) && has(`${one.key_field} ${one.inventory_number}`, url.searchParams.get('search'))), call)
    if (is('GET', '/Category')) return { status: 200, json: [{ id: 1, value: 'Hardware' }] }
    if (method === 'GET' && refused('read:tickets')) return FORBIDDEN
    if (method === 'POST' && refused('edit:tickets')) return FORBIDDEN
    if (is('GET', '/Status')) return { status: 200, json: STATUSES }
    if (is('GET', '/Priority')) return { status: 200, json: PRIORITIES }
    if (is('GET', '/Team')) return { status: 200, json: TEAMS }
    if (is('GET', '/TicketType')) return { status: 200, json: TYPES }
    if (is('GET', '/Tickets')) return listTickets(call)
    if (is('POST', '/Tickets')) return postTickets(call)
    if (is('POST', '/Actions')) return postActions(call)
    if (is('POST', '/Attachment')) return postFiles(call)
    if (is('GET', '/Actions')) return { status: 200, json: { record_count: actions.length, actions: actions.filter(({ ticket_id: id }) => id === Number(url.searchParams.get('ticket_id'))).reverse().slice(0, Number(url.searchParams.get('count') ?? 50)).map(shownAction) } }
    if (is('GET', '/Attachment')) return { status: 200, json: { record_count: files.length, attachments: files.filter(({ ticket_id: id }) => id === Number(url.searchParams.get('ticket_id'))).map(({ id, filename }) => ({ id, filename })) } }
    const id = /^\/api\/Tickets\/(\d+)$/.exec(path)?.[1]
    if (method !== 'GET' || id === undefined) return null
    const ticket = tickets.find((one) => one.id === Number(id) && !one.deleted)
    return ticket === undefined ? { status: 404, text: '' } : { status: 200, json: shown(ticket) }
  }

  const judge = withRefusals(holdCallsTo('halopsa/openapi.json', { prefix: '/api' }), { 401: APIDOC, 403: APIDOC, 404: APIDOC })
  const server = await startPsaServer({
    clock, judges: [judge], answer, beyond: { 'POST /auth/token': `${APIDOC}/authentication` },
    // An empty list makes nothing.
    isRead: ({ path, body }) => path === '/auth/token' || (Array.isArray(body) && body.length === 0),
    limits: hasLimits ? [{ name: 'tenant', calls: 700, windowMs: 300_000, key: ({ path }) => (path.startsWith('/api/') ? 'all' : null) }] : [],
    refuse: (_limit, waitMs) => ({ status: 429, text: 'Too many requests', headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => {
    const own = actions.filter(({ ticket_id: id }) => id === ticket.id)
    return {
      id: String(ticket.id), number: String(ticket.id), title: ticket.summary, text: plainText(ticket.details_html), externalRef: referenceIn(ticket.summary), statusId: String(ticket.status_id), state: STATES[ticket.status_id] ?? 'unknown', priorityId: String(ticket.priority_id),
      assigneeId: ticket.agent_id === NOBODY ? null : String(ticket.agent_id), companyId: String(ticket.client_id), assetIds: ticket.assets.map(String), parentId: ticket.parent_id === null ? null : String(ticket.parent_id),
      mergedIntoId: ticket.merged_into_id === null ? null : String(ticket.merged_into_id), linkedIds: [...ticket.related].map(String), isDeleted: ticket.deleted, resolution: ticket.closure_note_html === null ? null : plainText(ticket.closure_note_html),
      notes: own.filter(({ timetaken }) => timetaken === 0).map((one) => ({ id: String(one.id), text: plainText(one.note_html), isPublic: !one.hiddenfromuser || one.sendemail, isOurs: one.who_agentid === ME })),
      attachments: files.filter(({ ticket_id: id }) => id === ticket.id).map(({ filename, bytes, isPublic }) => ({ name: filename, bytes, isPublic })),
      times: own.filter(({ timetaken }) => timetaken > 0).map((one) => ({ minutes: Math.round(one.timetaken * 60), text: plainText(one.note_html) })),
    }
  }
  const change = (id: string, from: Partial<Ticket>, event: string): void => {
    Object.assign(found(id), from)
    touch(found(id), event)
  }
  const fake: PsaFake = {
    connector: 'halopsa', baseUrl: `${server.origin}/api`, auth: 'oauth2_client', fields: { clientId: CLIENT_ID, authHost: new URL(server.origin).hostname, authPath: 'auth', tenant: 'northwind', privateOutcome: 'Private Note', publicOutcome: 'Public Note' },
    credentials: { clientSecret: CLIENT_SECRET, accessToken: TOKEN }, webhookSecret: 'fake-halo-webhook-secret', mapping: { place: { ticketType: '1', team: 'Monitoring' } }, pageSize, hooks, isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: '12', name: 'Acme Corp' }, otherCompany: { id: '13', name: 'Globex' }, asset: { id: '301', name: 'fs-01' }, article: null,
      users: [{ id: String(SAM), name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: String(KIM), name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: ['read:tickets', 'edit:tickets', 'read:customers', 'read:assets', 'other agents'],
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.map(seen),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(2_000 + tickets.length + 1), summary: title, details_html: escaped(text) }
        tickets.push(ticket)
        touch(ticket, 'New Ticket Logged')
        return String(ticket.id)
      },
      comment: (id, text, isPublic = false) => void act(found(id), { html: escaped(text), hidden: !isPublic, by: SAM }),
      setStatus: (id, state) => change(id, { status_id: STATUS[state] }, 'Ticket Status Changed'),
      close: (id) => change(id, { status_id: 9 }, 'Ticket Closed'),
      reassign: (id, userId) => change(id, { agent_id: userId === null ? NOBODY : Number(userId) }, 'Ticket Reassigned'),
      merge(fromId, intoId) {
        change(fromId, { merged_into_id: Number(intoId), status_id: 9 }, 'Ticket Merged')
        touch(found(intoId), 'Ticket Updated')
      },
      remove: (id) => change(id, { deleted: true }, 'Ticket Deleted'),
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
