/** Zoho Desk as a program and as its agents see it: tickets with comments, replies and time entries, a search that follows after the tickets, merging for good, 204 for nothing. Held to ../shared/specs/zoho-desk. */
import { plainText } from '../../../connectors/text.ts'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'

type Body = Record<string, unknown>
interface Comment { id: string; content: string; isPublic: boolean; contentType: string; commenterId: string; commentedTime: string }
interface Thread { id: string; direction: 'in' | 'out'; content: string; to: string; createdTime: string }
interface Ticket {
  id: string; ticketNumber: string; subject: string; description: string; status: string; priority: string | null; assigneeId: string | null; departmentId: string; contactId: string; accountId: string | null; email: string
  cf: Record<string, string>; resolution: string; createdTime: string; modifiedTime: string; modifiedBy: string; isTrashed: boolean; mergedInto: string | null; parentTicket: { id: string } | null
  comments: Comment[]; threads: Thread[]; files: { id: string; name: string; bytes: Buffer; isPublic: boolean }[]; times: { id: string; minutes: number; text: string }[]
}

const TOKEN = '1000.fake-zoho-access-token.5d2c'
const ORG = '60001280952'
const ID = (at: number): string => `1892000000${String(at).padStart(8, '0')}`
const [ME, SAM, KIM, DEPARTMENT, ACME, GLOBEX, ARTICLE] = [1, 2, 3, 6907, 501, 502, 801].map(ID) as [string, string, string, string, string, string, string]
const AGENTS = [{ id: ME, firstName: 'Alert', lastName: 'Whisperer', emailId: 'alerts@northwind-msp.example' }, { id: SAM, firstName: 'Sam', lastName: 'Field', emailId: 'sam@northwind-msp.example' }, { id: KIM, firstName: 'Kim', lastName: 'Reyes', emailId: 'kim@northwind-msp.example' }]
const ACCOUNTS = [{ id: ACME, accountName: 'Acme Corp', website: 'www.acme.example' }, { id: GLOBEX, accountName: 'Globex', website: null }]
const STATUSES: Readonly<Record<string, readonly [kind: string, state: TicketState]>> = { Open: ['Open', 'open'], Escalated: ['Open', 'in_progress'], 'On Hold': ['On Hold', 'waiting'], Closed: ['Closed', 'closed'] }
const STATE: Readonly<Record<TicketState, string>> = { open: 'Open', assigned: 'Open', in_progress: 'Escalated', waiting: 'On Hold', resolved: 'Closed', closed: 'Closed', unknown: 'Escalated' }
const PRIORITIES = ['Low', 'Medium', 'High']
const FIELD = 'cf_alert_whisperer'
const GUIDE = 'https://desk.zoho.com/DeskAPIDocument'
const SCOPES: readonly (readonly [scope: string, method: string, path: RegExp])[] = [
  ['Desk.search.READ', 'GET', /\/search$/], ['Desk.tickets.CREATE', 'POST', /^\/tickets$/], ['Desk.tickets.READ', 'GET', /^\/tickets(?!\/search)/], ['Desk.tickets.UPDATE', 'PATCH', /^\/tickets\//], ['Desk.tickets.UPDATE', 'POST', /^\/tickets\/./],
  ['Desk.contacts.READ', 'GET', /^\/(contacts|accounts)/], ['Desk.articles.READ', 'GET', /^\/articles/], ['Desk.basic.READ', 'GET', /^\/(departments|organizations|agents|fields|myinfo)/],
]

/** Starts it. */
export const startZohoDesk: StartPsa = async (options) => startZohoDeskWith(options)

/** The same with fields of the connection of one's own; `isIndexSlow`: the search knows a ticket called slow a minute later than others. */
export async function startZohoDeskWith({ clock, hasLimits = false, isIndexSlow = false, fields = {} }: Parameters<StartPsa>[0] & { readonly isIndexSlow?: boolean; readonly fields?: Readonly<Record<string, string>> }): Promise<PsaFake & { readonly replies: () => readonly Thread[] }> {
  const tickets: Ticket[] = []
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const own: string[] = []
  const pageSize = 3
  let made = 1000

  const iso = (ms = clock.now()): string => new Date(ms).toISOString()
  const failed = (status: number, errorCode: string, message: string = errorCode): PsaAnswer => ({ status, json: { errorCode, message } })
  const agent = (id: string | null): (typeof AGENTS)[number] | undefined => AGENTS.find((one) => one.id === id)
  const listed = (data: readonly unknown[], count?: number): PsaAnswer => (data.length === 0 ? { status: 204 } : { status: 200, json: { data, ...(count === undefined ? {} : { count }) } })
  const shown = (whole: Ticket): Body => {
    const { comments, threads, files, times, ...rest } = whole
    // Neither is ever told.
    const ticket = { ...rest, mergedInto: undefined, parentTicket: undefined }
    const assignee = agent(ticket.assigneeId)
    return {
      ...ticket, statusType: STATUSES[ticket.status]?.[0] ?? 'Open', webUrl: `https://desk.zoho.com/support/northwind/ShowHomePage.do#Cases/dv/${ticket.id}`, commentCount: String(comments.length), threadCount: String(threads.length), attachmentCount: String(files.length), timeEntryCount: String(times.length),
      ...(assignee === undefined ? {} : { assignee: { id: assignee.id, firstName: assignee.firstName, lastName: assignee.lastName, email: assignee.emailId } }),
    }
  }
  const touch = (ticket: Ticket, eventType: string, by: string, payload: Body = shown(ticket)): void => {
    Object.assign(ticket, { modifiedTime: iso(), modifiedBy: by })
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(JSON.stringify([{ eventType, eventTime: String(clock.now()), orgId: ORG, payload }])), receivedAtMs: clock.now() })
  }
  const comment = (ticket: Ticket, content: string, isPublic: boolean, contentType: string, by: string): Comment => {
    if (content.length > 32_000) own.push('a comment of more than 32,000 characters')
    if (/zsu\[@user:/.test(content)) own.push('a comment mentions somebody')
    const written = { id: ID(++made), content, isPublic, contentType, commenterId: by, commentedTime: iso() }
    ticket.comments.push(written)
    touch(ticket, 'Ticket_Comment_Add', by, { ...written, ticketId: ticket.id })
    return written
  }
  const change = (ticket: Ticket, from: Body, by: string): PsaAnswer | null => {
    const wrong = (fieldName: string): PsaAnswer => ({ status: 422, json: { errorCode: 'INVALID_DATA', message: 'The data is invalid', errors: [{ fieldName: `/${fieldName}`, errorType: 'invalid' }] } })
    if (typeof from.status === 'string' && STATUSES[from.status] === undefined) return wrong('status')
    if (typeof from.priority === 'string' && !PRIORITIES.includes(from.priority)) return wrong('priority')
    if (typeof from.assigneeId === 'string' && agent(from.assigneeId) === undefined) return wrong('assigneeId')
    if (typeof from.accountId === 'string' && !ACCOUNTS.some(({ id }) => id === from.accountId)) return wrong('accountId')
    if (/zsu\[@user:/.test(`${String(from.subject)}${String(from.description)}`)) own.push('a ticket mentions somebody')
    const { cf, ...rest } = from
    Object.assign(ticket, rest, { cf: { ...ticket.cf, ...(cf as Record<string, string> | undefined) } })
    touch(ticket, 'Ticket_Update', by)
    return null
  }
  const blank = (): Ticket => ({
    id: ID(++made), ticketNumber: String(100 + tickets.length + 1), subject: '', description: '', status: 'Open', priority: null, assigneeId: null, departmentId: DEPARTMENT, contactId: ID(700), accountId: null, email: 'alerts@northwind-msp.example',
    cf: {}, resolution: '', createdTime: iso(), modifiedTime: iso(), modifiedBy: ME, isTrashed: false, mergedInto: null, parentTicket: null, comments: [], threads: [], files: [], times: [],
  })
  const create = (from: Body): PsaAnswer => {
    const missing = ['subject', 'departmentId'].filter((name) => from[name] === undefined)
    if (from.contactId === undefined && from.contact === undefined) missing.push('contactId')
    if (missing.length > 0) return { status: 422, json: { errorCode: 'INVALID_DATA', message: 'The data is invalid', errors: missing.map((fieldName) => ({ fieldName: `/${fieldName}`, errorType: 'missing' })) } }
    if (from.departmentId !== DEPARTMENT) return { status: 422, json: { errorCode: 'INVALID_DATA', message: 'The data is invalid', errors: [{ fieldName: '/departmentId', errorType: 'invalid' }] } }
    const { contact, ...rest } = from
    const ticket = { ...blank(), ...(contact === undefined ? {} : { email: (contact as { email: string }).email }) }
    const refusal = change(ticket, rest, ME)
    if (refusal !== null) return refusal
    tickets.push(ticket)
    return { status: 200, json: shown(ticket) }
  }
  const merge = (from: Ticket, into: Ticket, by: string): void => {
    into.comments.push(...from.comments)
    Object.assign(from, { mergedInto: into.id, isTrashed: true, status: 'Closed' })
    touch(from, 'Ticket_Update', by)
    touch(into, 'Ticket_Update', by)
  }

  /** As the search takes its terms: `*` stands for anything, a comma begins another value, `${…}` is a command. */
  const fits = (text: string, term: string): boolean => {
    if (/\$\{/.test(term)) own.push(`search: ${term} is a command`)
    if (term.length > 100) own.push('search: a term of more than 100 characters')
    return term.split(',').some((value) => {
      const inside = value.replace(/^\*|\*$/g, '')
      if (inside.includes('*')) own.push(`search: ${value} has a wildcard inside`)
      return value.startsWith('*') || value.endsWith('*') ? text.toLowerCase().includes(inside.toLowerCase()) : text.toLowerCase() === value.toLowerCase()
    })
  }
  const page = <T>(all: readonly T[], { url }: PsaCall, most = 100): readonly T[] => {
    const from = Number(url.searchParams.get('from') ?? 0)
    const limit = Number(url.searchParams.get('limit') ?? 10)
    if (limit > 100 || limit < 1 || from > 999) own.push(`a page of ${limit} from ${from}: at most 100, and 999 to begin with`)
    return all.slice(from, from + Math.min(limit, most))
  }
  const search = (call: PsaCall): PsaAnswer => {
    const { searchParams: query } = call.url
    const range = query.get('modifiedTimeRange')?.split(',').map((text) => Date.parse(text))
    const known = tickets.filter((one) => !one.isTrashed && (!isIndexSlow || !one.subject.includes('slow') || Date.parse(one.modifiedTime) <= clock.now() - 60_000))
    const found = known.filter((one) => {
      const [name = '', value = ''] = (query.get('customField1') ?? '').split(/:(.*)/s)
      return (range === undefined || (Date.parse(one.modifiedTime) >= (range[0] ?? 0) && Date.parse(one.modifiedTime) <= (range[1] ?? 0)))
        && (!query.has('customField1') || fits(one.cf[name] ?? '', value)) && (!query.has('subject') || fits(one.subject, query.get('subject') ?? ''))
        && (!query.has('_all') || fits([one.subject, plainText(one.description), ...one.comments.map(({ content }) => content)].join(' '), query.get('_all') ?? ''))
    })
    const sortBy = query.get('sortBy') ?? 'modifiedTime'
    const sorted = [...found].sort((a, b) => (a.modifiedTime.localeCompare(b.modifiedTime) || a.id.localeCompare(b.id)) * (sortBy.startsWith('-') ? -1 : 1))
    return listed(page(sorted, call, pageSize).map(shown), found.length)
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, body, files } = call
    const path = call.path.replace('/api/v1', '')
    const input = (body ?? {}) as Body
    if (call.path === '/oauth/v2/token') return { status: 200, json: { access_token: TOKEN, refresh_token: 'fake-zoho-refresh', token_type: 'Bearer', expires_in: 3_600, api_domain: 'https://www.zohoapis.com' } }
    if (call.headers.authorization !== `Zoho-oauthtoken ${TOKEN}`) return failed(401, 'INVALID_OAUTH', 'The OAuth Token you provided is invalid.')
    if (path !== '/organizations' && call.headers.orgid !== ORG) return failed(403, 'OAUTH_ORG_MISMATCH')
    if (SCOPES.some(([scope, verb, pattern]) => withdrawn.has(scope) && verb === method && pattern.test(path))) return failed(403, 'SCOPE_MISMATCH', 'Oauth token is not having sufficient scope')
    const is = (wanted: string, pattern: RegExp): boolean => method === wanted && pattern.test(path)
    if (is('GET', /^\/organizations$/)) return listed([{ id: ORG, companyName: 'Northwind MSP', portalName: 'northwind', edition: 'ENTERPRISE', isDefault: true }])
    if (is('GET', /^\/departments$/)) return listed([{ id: DEPARTMENT, name: 'Monitoring', isEnabled: true }])
    if (is('GET', /^\/myinfo$/)) return { status: 200, json: AGENTS[0] }
    if (is('GET', /^\/agents$/)) return listed(page(AGENTS.filter((one) => `${one.firstName} ${one.lastName} ${one.emailId}`.toLowerCase().includes((url.searchParams.get('searchStr') ?? '').toLowerCase())), call))
    if (is('GET', /^\/accounts$/)) return listed(page(ACCOUNTS, call))
    if (is('GET', /^\/accounts\/search$/)) return listed(page(ACCOUNTS.filter(({ accountName }) => fits(accountName, url.searchParams.get('accountName') ?? '')), call))
    if (is('GET', /^\/contacts\/search$/)) return { status: 204 }
    if (is('GET', /^\/fields$/)) return listed([{ apiName: 'status', allowedValues: Object.keys(STATUSES).map((value) => ({ value })) }, { apiName: 'priority', allowedValues: PRIORITIES.map((value) => ({ value })) }, { apiName: 'category', allowedValues: [{ value: 'Monitoring' }] }, { apiName: FIELD, type: 'Text' }].filter(({ apiName }) => (url.searchParams.get('apiNames') ?? '').split(',').includes(apiName)))
    if (is('GET', /^\/articles$/)) return listed([{ id: ARTICLE, title: 'Disk full on file servers', status: 'Published' }])
    if (is('GET', /^\/articles\/search$/)) return listed([{ id: ARTICLE, title: 'Disk full on file servers', status: 'Published', webUrl: 'https://desk.zoho.com/portal/northwind/en/kb/articles/disk-full' }].filter(({ title }) => fits(title, url.searchParams.get('_all') ?? '')))
    if (is('GET', /^\/tickets\/search$/)) return search(call)
    if (is('GET', /^\/tickets$/)) return listed(page(tickets.filter(({ isTrashed }) => !isTrashed), call).map(shown))
    if (is('POST', /^\/tickets$/)) return create(input)
    const [, id, rest = ''] = /^\/tickets\/(\d+)((?:\/\w+)*)$/.exec(path) ?? []
    if (id === undefined) return null
    const ticket = tickets.find((one) => one.id === id && !one.isTrashed)
    if (ticket === undefined) return failed(404, 'URL_NOT_FOUND', 'The URL given is not found')
    const newest = <T>(all: readonly T[]): readonly T[] => [...all].reverse()
    if (rest === '') return method === 'GET' ? { status: 200, json: shown(ticket) } : method === 'PATCH' ? change(ticket, input, ME) ?? { status: 200, json: shown(ticket) } : null
    if (rest === '/resolution' && method === 'PATCH') {
      ticket.resolution = String(input.content)
      if (input.isNotifyContact !== false) own.push('the contact is told of the resolution')
      touch(ticket, 'Ticket_Update', ME)
      return { status: 200, json: { content: ticket.resolution } }
    }
    if (rest === '/comments') return method === 'POST' ? { status: 200, json: comment(ticket, String(input.content), input.isPublic === true, String(input.contentType), ME) } : listed(page(newest(ticket.comments), call).map((one) => ({ ...one, commenter: { id: one.commenterId, type: agent(one.commenterId) === undefined ? 'END_USER' : 'AGENT', name: `${agent(one.commenterId)?.firstName ?? 'Cleo'} ${agent(one.commenterId)?.lastName ?? 'Client'}`, email: agent(one.commenterId)?.emailId ?? 'cleo@acme.example' } })))
    if (rest === '/sendReply' && method === 'POST') {
      const thread: Thread = { id: ID(++made), direction: 'out', content: String(input.content), to: String(input.to), createdTime: iso() }
      ticket.threads.push(thread)
      touch(ticket, 'Ticket_Thread_Add', ME, { id: thread.id, ticketId: ticket.id })
      return { status: 200, json: { ...thread } }
    }
    if (rest === '/threads') return listed(page(newest(ticket.threads), call).map(({ content, ...one }) => ({ ...one, summary: content.slice(0, 20) })))
    if (rest.startsWith('/threads/')) return { status: 200, json: ticket.threads.find((one) => rest.endsWith(one.id)) }
    if (rest === '/attachments' && method === 'GET') return listed(page(newest(ticket.files), call).map(({ id: fileId, name, isPublic }) => ({ id: fileId, name, isPublic, size: '1' })))
    if (rest === '/attachments') {
      const file = { id: ID(++made), name: files[0]?.name ?? '', bytes: files[0]?.bytes ?? Buffer.alloc(0), isPublic: url.searchParams.get('isPublic') === 'true' }
      ticket.files.push(file)
      touch(ticket, 'Ticket_Attachment_Add', ME, { id: file.id, ticketId: ticket.id })
      return { status: 200, json: { id: file.id, name: file.name, size: String(file.bytes.length), isPublic: file.isPublic } }
    }
    if (rest === '/timeEntry' && method === 'GET') return listed(page(newest(ticket.times), call).map((one) => ({ id: one.id, description: one.text })))
    if (rest === '/timeEntry') {
      if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(input.executedTime))) own.push('a time entry without its time')
      ticket.times.push({ id: ID(++made), minutes: Number(input.hoursSpent) * 60 + Number(input.minutesSpent), text: String(input.description) })
      return { status: 200, json: { id: ID(made), ...input } }
    }
    if (rest === '/merge' && method === 'POST') {
      const from = tickets.find((one) => one.id === (input.ids as readonly string[])[0] && !one.isTrashed)
      if (from === undefined) return failed(422, 'UNPROCESSABLE_ENTITY', 'The ticket to merge is not there')
      merge(from, ticket, ME)
      return { status: 200, json: shown(ticket) }
    }
    return null
  }

  const judge = holdCallsTo('zoho-desk/openapi.json', { prefix: '/api/v1' })
  const isEmpty = (body: unknown): boolean => typeof body === 'object' && body !== null && Object.keys(body).length === 0
  const server = await startPsaServer({
    clock, answer,
    // A right is tried with an empty body, which is refused and changes nothing.
    judges: [{ isThere: judge.isThere, judge: (call) => (isEmpty(call.body) && call.status >= 400 ? [] : judge.judge(call)) }],
    isRead: ({ body }) => isEmpty(body),
    beyond: {
      'GET /api/v1/myinfo': `${GUIDE}#Agents_Getmyinfo`, 'GET /api/v1/agents': `${GUIDE}#Agents_Listagents`, 'GET /api/v1/accounts': `${GUIDE}#Accounts_Listaccounts`, 'GET /api/v1/accounts/search': 'zoho/zohodesk-oas v1.0/Search.json', 'GET /api/v1/fields': 'zoho/zohodesk-oas v1.0/Field.json',
      'GET /api/v1/tickets/{id}/timeEntry': 'zoho/zohodesk-oas v1.0/TicketTimeEntry.json', 'POST /api/v1/tickets/{id}/timeEntry': 'zoho/zohodesk-oas v1.0/TicketTimeEntry.json', 'POST /api/v1/tickets/{id}/merge': 'https://www.zoho.com/deluge/help/desk/merge-tickets.html',
      'GET /api/v1/tickets/{id}/threads': `${GUIDE}#Threads_Listallthreads`, 'GET /api/v1/tickets/{id}/threads/{id}': `${GUIDE}#Threads_Getathread`, 'POST /oauth/v2/token': 'https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token.html',
    },
    limits: hasLimits ? [{ name: 'minute', calls: 300, windowMs: 60_000, key: () => ORG }] : [],
    refuse: (_limit, waitMs) => ({ ...failed(429, 'TOO_MANY_REQUESTS', 'Too many requests'), headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }),
    headers: (left) => (left.minute === undefined ? {} : { 'X-Rate-Limit-Remaining-v3': String(left.minute) }),
  })
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === id)
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => ({
    id: ticket.id, number: ticket.ticketNumber, title: ticket.subject, text: plainText(ticket.description), externalRef: ticket.cf[FIELD] ?? /AW-[0-9A-Z]{12}/.exec(ticket.subject)?.[0] ?? null, statusId: ticket.status, state: STATUSES[ticket.status]?.[1] ?? 'unknown', priorityId: ticket.priority,
    assigneeId: ticket.assigneeId, companyId: ticket.accountId, assetIds: [], parentId: ticket.parentTicket?.id ?? null, mergedIntoId: ticket.mergedInto, linkedIds: [], isDeleted: ticket.isTrashed && ticket.mergedInto === null, resolution: plainText(ticket.resolution),
    notes: [...ticket.comments.map((one) => ({ id: one.id, text: one.contentType === 'html' ? plainText(one.content) : one.content, isPublic: one.isPublic, isOurs: one.commenterId === ME })), ...ticket.threads.map((one) => ({ id: one.id, text: one.content, isPublic: true, isOurs: one.direction === 'out' }))],
    attachments: ticket.files.map(({ name, bytes, isPublic }) => ({ name, bytes, isPublic })), times: ticket.times.map(({ minutes, text }) => ({ minutes, text })),
  })
  return {
    connector: 'zoho-desk', baseUrl: server.origin, auth: 'oauth2_code', fields: { orgId: ORG, accountsHost: 'accounts.zoho.com', clientId: '1000.FAKE', contactEmail: 'alerts@northwind-msp.example', referenceField: FIELD, ...fields }, credentials: { accessToken: TOKEN }, webhookSecret: 'fake-zoho-address-part',
    mapping: { place: { departmentId: DEPARTMENT } }, pageSize, hooks, isHeld: server.isHeld, calls: server.calls,
    get faults() {
      return [...server.faults, ...own]
    },
    world: {
      company: { id: ACME, name: 'Acme Corp' }, otherCompany: { id: GLOBEX, name: 'Globex' }, asset: null, article: { id: ARTICLE, title: 'Disk full on file servers' },
      users: [{ id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: [...new Set(SCOPES.map(([scope]) => scope))],
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.map(seen),
    replies: () => tickets.flatMap(({ threads }) => threads),
    technician: {
      open(title, text = title) {
        const ticket = { ...blank(), subject: title, description: text, modifiedBy: SAM }
        tickets.push(ticket)
        touch(ticket, 'Ticket_Add', SAM)
        return ticket.id
      },
      comment: (id, text, isPublic = false) => void comment(found(id), text, isPublic, 'plainText', SAM),
      setStatus: (id, state) => void change(found(id), { status: STATE[state] }, SAM),
      close: (id) => void change(found(id), { status: 'Closed' }, SAM),
      reassign: (id, userId) => void change(found(id), { assigneeId: userId }, SAM),
      merge: (fromId, intoId) => merge(found(fromId), found(intoId), SAM),
      remove(id) {
        found(id).isTrashed = true
        touch(found(id), 'Ticket_Delete', SAM)
      },
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
}
