/**
 * Atera as a program and as its technicians see it: tickets from contacts, comments without ids, lists in pages that search nothing, webhooks of automation rules. Held to
 * ../shared/specs/atera. Descriptions and comments are shown as HTML. Two old tickets, which `tickets()` leaves out, are where its technicians are known from.
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
interface Comment { html: string; isInternal: boolean; technicianId: number | null; endUserId: number | null; atMs: number }
interface Ticket { id: number; title: string; description: string; status: string; priority: string; type: string; endUserId: number; customerId: number; technicianId: number | null; isDeleted: boolean; isHistory: boolean; createdMs: number; updatedMs: number; comments: Comment[] }

const KEY = 'fake-atera-key-0f1e2d3c4b5a6978'
const [ME, SAM, KIM] = [3, 4, 5]
const TECHNICIANS = [{ id: ME, first: 'Alert', last: 'Whisperer', email: 'alert-whisperer@northwind-msp.example' }, { id: SAM, first: 'Sam', last: 'Field', email: 'sam@northwind-msp.example' }, { id: KIM, first: 'Kim', last: 'Reyes', email: 'kim@northwind-msp.example' }]
const CUSTOMERS = [{ CustomerID: 61, CustomerName: 'Acme Corp', Domain: 'acme.example, acme.test' }, { CustomerID: 62, CustomerName: 'Globex', Domain: 'https://www.globex.example/' }, { CustomerID: 69, CustomerName: 'Northwind internal', Domain: '' }]
const AGENTS = [{ AgentID: 301, CustomerID: 61, MachineName: 'fs-01', AgentName: 'fs-01', VendorSerialNumber: 'SN-1', IpAddresses: ['10.0.0.5'] }, { AgentID: 302, CustomerID: 62, MachineName: 'fs-02', AgentName: 'Files', VendorSerialNumber: 'SN-2' }]
const ARTICLES = [{ KBID: 801, KBProduct: 'Disk full on file servers', KBContext: '<p>Remove old logs.</p>', KBKeywords: 'disk, logs', KBAddress: 'https://help.northwind-msp.example/801', KBIsPrivate: true }, { KBID: 802, KBProduct: 'Printer setup', KBContext: '<p>Add the queue.</p>', KBKeywords: 'printer' }]
const STATUSES = ['Open', 'Pending', 'Resolved', 'Closed', 'Waiting for vendor']
const STATES: Readonly<Record<string, TicketState>> = { Open: 'open', Pending: 'waiting', Resolved: 'resolved', Closed: 'closed' }
const STATUS: Readonly<Record<TicketState, string>> = { open: 'Open', assigned: 'Open', in_progress: 'Open', waiting: 'Pending', resolved: 'Resolved', closed: 'Closed', unknown: 'Waiting for vendor' }
const DAY_MS = 86_400_000
const SEEN_IN = 'what clients saw: 404 "Invalid input" for what is not there or not understood, 403 where the plan leaves a part out'

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')

/** Starts it. */
export const startAtera: StartPsa = async ({ clock, hasLimits = false }) => {
  const tickets: Ticket[] = []
  const contacts: { EndUserID: number; CustomerID: number; Email: string; Firstname: string; Lastname: string }[] = [{ EndUserID: 7_001, CustomerID: 61, Email: 'cleo@acme.example', Firstname: 'Cleo', Lastname: 'Client' }]
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const pageSize = 3

  const iso = (ms: number): string => new Date(ms).toISOString()
  const technician = (id: number | null): (typeof TECHNICIANS)[number] | undefined => TECHNICIANS.find((one) => one.id === id)
  const shown = (ticket: Ticket): Body => {
    const has = technician(ticket.technicianId)
    return {
      TicketID: ticket.id, TicketNumber: `T-${ticket.id}`, TicketTitle: ticket.title, TicketStatus: ticket.status, TicketPriority: ticket.priority, TicketType: ticket.type, EndUserID: ticket.endUserId, CustomerID: ticket.customerId, TicketCreatedDate: iso(ticket.createdMs),
      RelationType: 'None', ...(STATES[ticket.status] === 'resolved' || STATES[ticket.status] === 'closed' ? { TicketResolvedDate: iso(ticket.updatedMs) } : {}),
      ...(has === undefined ? {} : { TechnicianContactID: has.id, TechnicianFullName: `${has.first} ${has.last}`, TechnicianEmail: has.email }),
    }
  }
  const shownComment = (comment: Comment): Body => {
    const by = technician(comment.technicianId)
    return { Date: iso(comment.atMs), Comment: comment.html, IsInternal: comment.isInternal, ...(by === undefined ? { EndUserID: comment.endUserId } : { TechnicianContactID: by.id, Email: by.email, FirstName: by.first, LastName: by.last }) }
  }
  const touch = (ticket: Ticket): void => {
    ticket.updatedMs = clock.now()
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(JSON.stringify({ TicketID: ticket.id, TicketStatus: ticket.status })), receivedAtMs: clock.now() })
  }
  const blank = (customerId: number, endUserId: number): Ticket => ({ id: 501 + tickets.length, title: '', description: '', status: 'Open', priority: 'Low', type: 'Problem', endUserId, customerId, technicianId: null, isDeleted: false, isHistory: false, createdMs: clock.now(), updatedMs: clock.now(), comments: [] })
  for (const technicianId of [SAM, KIM]) tickets.push({ ...blank(61, 7_001), title: 'New laptop', status: 'Closed', technicianId, isHistory: true, createdMs: clock.now() - 20 * DAY_MS, updatedMs: clock.now() - 20 * DAY_MS })

  const paged = (all: readonly Body[], { url }: PsaCall): PsaAnswer => {
    const size = Math.min(pageSize, Number(url.searchParams.get('itemsInPage') ?? 20))
    const page = Number(url.searchParams.get('page') ?? 1)
    return { status: 200, json: { items: all.slice((page - 1) * size, page * size), totalItemCount: all.length, page, itemsInPage: size, totalPages: Math.ceil(all.length / size), prevLink: '', nextLink: '' } }
  }
  const INVALID: PsaAnswer = { status: 404, text: 'Invalid input' }
  const mistake = (from: Body): string | null => {
    if (from.TicketStatus !== undefined && !STATUSES.includes(textOf(from.TicketStatus) ?? '')) return 'Invalid status'
    if (from.TechnicianContactID !== undefined && technician(from.TechnicianContactID as number) === undefined) return 'Invalid technician'
    return null
  }
  const write = (ticket: Ticket, from: Body): void => {
    const names = { TicketTitle: 'title', TicketStatus: 'status', TicketPriority: 'priority', TicketType: 'type', TechnicianContactID: 'technicianId' } as const
    Object.assign(ticket, Object.fromEntries(Object.entries(names).flatMap(([theirs, ours]) => (from[theirs] === undefined ? [] : [[ours, from[theirs]]]))))
    touch(ticket)
  }
  const create = (from: Body): PsaAnswer => {
    const contact = contacts.find(({ EndUserID: id }) => id === from.EndUserID)
    if (contact === undefined || mistake(from) !== null) return { status: 400, text: mistake(from) ?? 'Invalid end user' }
    const ticket = { ...blank(contact.CustomerID, contact.EndUserID), description: textOf(from.Description) ?? '' }
    ticket.comments.push({ html: ticket.description, isInternal: false, technicianId: null, endUserId: contact.EndUserID, atMs: clock.now() })
    tickets.push(ticket)
    write(ticket, from)
    return { status: 201, json: { ActionID: ticket.id } }
  }
  const createContact = (from: Body): PsaAnswer => {
    const email = textOf(from.Email) ?? ''
    if (!CUSTOMERS.some(({ CustomerID: id }) => id === from.CustomerID) || contacts.some(({ Email: old }) => old === email)) return { status: 400, text: 'Invalid contact' }
    const contact = { EndUserID: 7_001 + contacts.length, CustomerID: from.CustomerID as number, Email: email, Firstname: textOf(from.Firstname) ?? '', Lastname: textOf(from.Lastname) ?? '' }
    contacts.push(contact)
    return { status: 201, json: { ActionID: contact.EndUserID } }
  }
  const addComment = (ticket: Ticket, from: Body): PsaAnswer => {
    const details = from.TechnicianCommentDetails as Body | undefined
    const by = technician((details?.TechnicianId ?? null) as number | null)
    if (textOf(from.CommentText) === null || by === undefined || details?.TechnicianEmail !== by.email) return INVALID
    // Shown to the client unless it is said to be internal.
    ticket.comments.push({ html: textOf(from.CommentText) ?? '', isInternal: details.IsInternal === true, technicianId: by.id, endUserId: null, atMs: clock.now() })
    touch(ticket)
    return { status: 201, text: '' }
  }
  const alive = (): Ticket[] => tickets.filter(({ isDeleted }) => !isDeleted)

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, path } = call
    const { searchParams: query } = url
    if (call.headers['x-api-key'] !== KEY) return { status: 401, text: '' }
    const leaves = (part: string): boolean => withdrawn.has(`a plan with ${part}`)
    const is = (wanted: string, exact: string): boolean => method === wanted && path === `/api/v3${exact}`
    if (is('GET', '/account')) return { status: 200, json: { AccountID: '1', CompanyName: 'Northwind MSP', Plan: 'Power' } }
    if (is('GET', '/customers')) return leaves('customers') ? { status: 403, text: '' } : paged(CUSTOMERS, call)
    if (is('GET', '/contacts')) return paged(contacts.filter(({ Email: email }) => email.includes(query.get('searchOptions.email') ?? '')), call)
    if (is('POST', '/contacts')) return createContact(call.body as Body)
    if (is('GET', '/knowledgebases')) return paged(ARTICLES, call)
    const customerId = /^\/api\/v3\/agents\/customer\/(\d+)$/.exec(path)?.[1]
    if (method === 'GET' && customerId !== undefined) return paged(AGENTS.filter(({ CustomerID: id }) => id === Number(customerId)), call)
    if (path.startsWith('/api/v3/tickets') && leaves('tickets')) return { status: 403, text: '' }
    if (is('GET', '/tickets')) return paged(alive().filter((one) => !query.has('customerId') || one.customerId === Number(query.get('customerId'))).reverse().map(shown), call)
    if (is('GET', '/tickets/lastmodified')) return paged(alive().filter(({ updatedMs }) => updatedMs >= Date.parse(query.get('date') ?? '')).map(shown), call)
    if (is('POST', '/tickets')) return create(call.body as Body)
    const [, id, rest] = /^\/api\/v3\/tickets\/(\d+)(\/\w+)?$/.exec(path) ?? []
    if (id === undefined) return null
    const ticket = alive().find((one) => one.id === Number(id))
    if (ticket === undefined) return INVALID
    if (method === 'GET' && rest === undefined) return { status: 200, json: shown(ticket) }
    if (method === 'GET' && rest === '/comments') return paged(ticket.comments.map(shownComment), call)
    if (method === 'POST' && rest === '/comments') return addComment(ticket, call.body as Body)
    if (method !== 'PUT' || rest !== undefined) return null
    const wrong = mistake(call.body as Body)
    if (wrong !== null) return { status: 400, text: wrong }
    write(ticket, call.body as Body)
    return { status: 200, json: { ActionID: String(ticket.id) } }
  }

  const judge = withRefusals(holdCallsTo('atera/openapi.json'), { 403: SEEN_IN, 404: SEEN_IN })
  const server = await startPsaServer({
    clock, judges: [judge], answer, limits: hasLimits ? [{ name: 'key', calls: 700, windowMs: 60_000, key: () => 'all' }] : [],
    refuse: (_limit, waitMs) => ({ status: 429, text: 'Too many requests', headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => ({
    id: String(ticket.id), number: `T-${ticket.id}`, title: ticket.title, text: plainText(ticket.description), externalRef: referenceIn(ticket.title), statusId: ticket.status, state: STATES[ticket.status] ?? 'unknown', priorityId: ticket.priority,
    assigneeId: ticket.technicianId === null ? null : String(ticket.technicianId), companyId: String(ticket.customerId), assetIds: [], parentId: null, mergedIntoId: null, linkedIds: [], isDeleted: ticket.isDeleted,
    notes: ticket.comments.slice(1).map((one, at) => ({ id: String(at), text: plainText(one.html), isPublic: !one.isInternal, isOurs: one.technicianId === ME })), attachments: [], times: [],
  })
  const change = (id: string, from: Partial<Ticket>): void => {
    Object.assign(found(id), from)
    touch(found(id))
  }
  const fake: PsaFake = {
    connector: 'atera', baseUrl: server.origin, auth: 'api_key', fields: { technicianId: String(ME), technicianEmail: TECHNICIANS[0]?.email ?? '', contactMailbox: 'alerts@northwind-msp.example' }, credentials: { apiKey: KEY },
    webhookSecret: 'fake-atera-webhook-secret', mapping: { place: { customer: '69' } }, pageSize, hooks, isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: '61', name: 'Acme Corp' }, otherCompany: { id: '62', name: 'Globex' }, asset: null, article: { id: '801', title: 'Disk full on file servers' },
      users: [{ id: String(SAM), name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: String(KIM), name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: ['a plan with tickets', 'a plan with customers'],
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.filter(({ isHistory }) => !isHistory).map(seen),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(61, 7_001), title, description: escaped(text) }
        ticket.comments.push({ html: ticket.description, isInternal: false, technicianId: null, endUserId: 7_001, atMs: clock.now() })
        tickets.push(ticket)
        touch(ticket)
        return String(ticket.id)
      },
      comment(id, text, isPublic = false) {
        found(id).comments.push({ html: escaped(text), isInternal: !isPublic, technicianId: SAM, endUserId: null, atMs: clock.now() })
        touch(found(id))
      },
      setStatus: (id, state) => change(id, { status: STATUS[state] }),
      close: (id) => change(id, { status: 'Closed' }),
      reassign: (id, userId) => change(id, { technicianId: userId === null ? null : Number(userId) }),
      merge: () => {
        throw new Error('what Atera’s API tells of a merge is not known')
      },
      remove: (id) => change(id, { isDeleted: true }),
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
