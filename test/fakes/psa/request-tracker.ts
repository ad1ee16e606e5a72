/**
 * A stateful stand-in for Request Tracker 5 over REST 2.0. No vendor's description of it exists, so test/contracts/request-tracker.services.test.ts holds it to Debian's own RT: the same calls are made of
 * both, and statuses and forms of the answers are compared.
 */
import type { TicketState } from '../../../schemas/tickets.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'
import { matchesTicketSql } from './ticket-sql.ts'

const TOKEN = '1-27-3e23e8160039594a33894f6564e1b134'
const US = 'alert-whisperer'
const PAGE_SIZE = 6
const USERS = [
  { id: 27, Name: US, RealName: 'Alert Whisperer', EmailAddress: 'aw@aw.test', Privileged: 1 }, { id: 28, Name: 'thea', RealName: 'Thea Stone', EmailAddress: 'thea@northwind-msp.example', Privileged: 1 },
  { id: 29, Name: 'omar', RealName: 'Omar Bell', EmailAddress: 'omar@northwind-msp.example', Privileged: 1 }, { id: 6, Name: 'Nobody', RealName: 'Nobody in particular', EmailAddress: '', Privileged: 1 },
]
const QUEUES = [{ id: 1, Name: 'General' }, { id: 3, Name: 'Acme Corp' }, { id: 4, Name: 'Globex' }]
const ARTICLE = { id: 12, Name: 'Cleaning a full disk', Summary: 'What may be removed' }
const STATUSES = ['new', 'open', 'stalled', 'resolved', 'rejected', 'deleted']
const STATES: Readonly<Record<string, TicketState>> = { new: 'open', open: 'in_progress', stalled: 'waiting', resolved: 'resolved', rejected: 'closed', deleted: 'closed' }
const STATUS_OF: Readonly<Record<TicketState, string>> = { open: 'new', assigned: 'open', in_progress: 'open', waiting: 'stalled', resolved: 'resolved', closed: 'resolved', unknown: 'rejected' }

type Body = Readonly<Record<string, unknown>>
interface Text { readonly id: number; readonly transaction: number; readonly content: string; readonly contentType: string; readonly file: string; readonly by: string; readonly atMs: number; readonly door: string }
interface Move { readonly id: number; readonly type: string; readonly by: string; readonly atMs: number; readonly minutes: number }
interface Ticket {
  readonly id: number
  effective: number
  subject: string
  queue: number
  status: string
  priority: number
  owner: string
  parent: number | null
  readonly createdMs: number
  readonly creator: string
  updatedMs: number
  updatedBy: string
  readonly texts: Text[]
  readonly moves: Move[]
}

const refused = (status: number, message: string): PsaAnswer => ({ status, json: { message } })
const words = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** Starts it. */
export const startRequestTrackerFake: StartPsa = async ({ clock }) => {
  const tickets: Ticket[] = []
  const withdrawn = new Set<string>()
  let made = 40
  const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
  const seconds = (): number => Math.floor(clock.now() / 1_000) * 1_000
  let origin = ''
  const named = (id: string): Body => ({ type: 'user', id, _url: `${origin}/REST/2.0/user/${id}` })
  const effectiveOf = (ticket: Ticket): Ticket => (ticket.effective === ticket.id ? ticket : effectiveOf(tickets.find(({ id }) => id === ticket.effective) ?? ticket))

  const move = (ticket: Ticket, type: string, by: string, said: { readonly content?: string; readonly contentType?: string; readonly file?: string; readonly door?: string; readonly minutes?: number } = {}): void => {
    const atMs = seconds()
    const one = { id: (made += 1), type, by, atMs, minutes: said.minutes ?? 0 }
    ticket.moves.push(one)
    if (said.content !== undefined) ticket.texts.push({ id: (made += 1), transaction: one.id, content: said.content, contentType: said.contentType ?? 'text/plain', file: said.file ?? '', by, atMs, door: said.door ?? 'REST' })
    ;[ticket.updatedMs, ticket.updatedBy] = [atMs, by]
  }
  const blank = (subject: string, queue: number, by: string): Ticket => {
    const id = (made += 1)
    const ticket: Ticket = { id, effective: id, subject, queue, status: 'new', priority: 0, owner: 'Nobody', parent: null, createdMs: seconds(), creator: by, updatedMs: seconds(), updatedBy: by, texts: [], moves: [] }
    tickets.push(ticket)
    return ticket
  }
  /** Sentences RT answers a change with; what it refuses is one of them. */
  const change = (ticket: Ticket, fields: Body, by: string): string[] => Object.entries(fields).flatMap(([name, value]): string[] => {
    const told = (text: string): string[] => [`Ticket ${ticket.id}: ${text}`]
    const wanted = words(value)
    switch (name) {
      case 'Subject': ticket.subject = wanted; break
      case 'Priority': ticket.priority = Number(wanted); break
      case 'Status':
        if (!STATUSES.includes(wanted)) return told(`Status '${wanted}' isn't a valid status for this ticket.`)
        if (ticket.status === wanted) return []
        ticket.status = wanted
        break
      case 'Owner':
        if (!USERS.some((user) => user.Name === wanted)) return told('That user does not exist')
        if (ticket.owner === wanted) return []
        ticket.owner = wanted
        break
      case 'AddParent': ticket.parent = Number(wanted); break
      case 'MergeInto': {
        const into = tickets.find(({ id }) => id === Number(wanted))
        if (into === undefined || effectiveOf(into) === ticket) return ["Can't merge a ticket into itself"]
        ticket.effective = into.id
        into.texts.push(...ticket.texts)
        into.moves.push(...ticket.moves)
        move(into, 'AddLink', by)
        return ['Merge Successful']
      }
      default: return []
    }
    move(ticket, name === 'AddParent' ? 'AddLink' : 'Set', by)
    return told(`${name} changed`)
  })
  const say = (ticket: Ticket, type: 'Comment' | 'Correspond', body: Body, by: string, door: string): void => {
    const files = Array.isArray(body['Attachments']) ? (body['Attachments'] as readonly Body[]) : []
    move(ticket, type, by, { content: words(body['Content']), contentType: words(body['ContentType']) || 'text/plain', door, minutes: Number(body['TimeTaken'] ?? 0) })
    const transaction = ticket.moves.at(-1)?.id ?? 0
    for (const file of files) ticket.texts.push({ id: (made += 1), transaction, content: words(file['FileContent']), contentType: words(file['FileType']), file: words(file['FileName']), by, atMs: seconds(), door })
    // RT's own scrip: what is answered is open.
    if (type === 'Correspond' && ticket.status !== 'open') {
      ticket.status = 'open'
      move(ticket, 'Status', 'RT_System')
      ticket.updatedBy = by
    }
  }

  /** Only of tickets and users RT knows how many there are; of others it tells neither that nor the next page to whoever does not see everything. */
  const page = <T>(all: readonly T[], { url }: PsaCall, show: (one: T) => Body, isCounted = false): PsaAnswer => {
    const size = Math.min(PAGE_SIZE, Number(url.searchParams.get('per_page') ?? 20))
    const number = Number(url.searchParams.get('page') ?? 1)
    const items = all.slice((number - 1) * size, number * size)
    const hasMore = number * size < all.length
    return { status: 200, json: { page: number, per_page: size, count: items.length, total: isCounted ? all.length : null, pages: isCounted ? Math.ceil(all.length / size) : null, items: items.map(show), ...(hasMore && isCounted ? { next_page: `${origin}/REST/2.0/next?page=${number + 1}` } : {}) } }
  }
  const ordered = <T>(all: readonly T[], { url }: PsaCall, key: (one: T) => number): readonly T[] => {
    const sign = url.searchParams.get('order') === 'DESC' ? -1 : 1
    return [...all].sort((a, b) => sign * (key(a) - key(b)))
  }
  const fieldsOf = (ticket: Ticket): Body => ({
    id: String(ticket.id), Subject: ticket.subject, Queue: { type: 'queue', id: String(ticket.queue), _url: `${origin}/REST/2.0/queue/${ticket.queue}` }, Status: ticket.status, Owner: named(ticket.owner),
    Priority: String(ticket.priority), EffectiveId: String(ticket.effective), Created: iso(ticket.createdMs), LastUpdated: iso(ticket.updatedMs), LastUpdatedBy: named(ticket.updatedBy), CustomFields: '',
  })
  const listed = (ticket: Ticket): Body => ({ ...fieldsOf(ticket), type: 'ticket', _url: `${origin}/REST/2.0/ticket/${ticket.id}` })
  const shown = (ticket: Ticket): Body => ({
    ...fieldsOf(ticket), id: ticket.id, CustomFields: [], EffectiveId: { type: 'ticket', id: String(ticket.effective), _url: `${origin}/REST/2.0/ticket/${ticket.effective}` }, Requestor: [], Cc: [], AdminCc: [], Type: 'ticket', TimeWorked: String(ticket.moves.reduce((sum, { minutes }) => sum + minutes, 0)),
    TimeLeft: '0', TimeEstimated: '0', InitialPriority: '0', FinalPriority: '0', Started: iso(0), Starts: iso(0), Due: iso(0), Resolved: iso(0), Creator: named(ticket.creator),
    _hyperlinks: [{ ref: 'self', type: 'ticket', id: ticket.id, _url: `${origin}/REST/2.0/ticket/${ticket.id}` }, ...(ticket.parent === null ? [] : [{ ref: 'parent', type: 'ticket', id: String(ticket.parent), _url: `${origin}/REST/2.0/ticket/${ticket.parent}` }])],
  })
  const like = ({ body }: PsaCall, rows: readonly Body[]): readonly Body[] => {
    const rules = body as readonly { field: string; operator: string; value: string | number }[]
    return rows.filter((row) => rules.some(({ field, operator, value }) => (operator === '>' ? Number(row[field]) > Number(value) : words(row[field]).toLowerCase().includes(String(value).toLowerCase()))))
  }
  const headers = ({ door }: Text): string => `MIME-Version: 1.0\nX-RT-Interface: ${door}\nMessage-ID: <rt-5@aw.test>\nContent-Type: text/plain; charset="utf-8"`

  const create = (body: Body): PsaAnswer => {
    const queue = QUEUES.find(({ id, Name }) => String(id) === words(body['Queue']) || Name === words(body['Queue']))
    if (queue === undefined || withdrawn.has('CreateTicket')) return refused(403, `No permission to create tickets in the queue '${words(body['Queue'])}'`)
    const owner = words(body['Owner'])
    if (owner !== '' && !USERS.some(({ Name }) => Name === owner)) return refused(400, `Owner '${owner}' does not have rights to own this ticket.`)
    const ticket = blank(words(body['Subject']), queue.id, US)
    Object.assign(ticket, { status: words(body['Status']) || 'new', priority: Number(body['Priority'] ?? 0), owner: owner === '' ? 'Nobody' : owner, parent: Array.isArray(body['Parent']) ? Number(body['Parent'][0]) : null })
    move(ticket, 'Create', US, { content: words(body['Content']) })
    return { status: 201, json: { type: 'ticket', id: String(ticket.id), _url: `${origin}/REST/2.0/ticket/${ticket.id}` } }
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, headers: sent } = call
    const path = decodeURIComponent(call.path.replace('/REST/2.0', ''))
    const body = (typeof call.body === 'object' && call.body !== null ? call.body : {}) as Body
    if (sent.authorization !== `token ${TOKEN}`) return refused(401, 'Unauthorized')
    const is = (wanted: string, pattern: RegExp): RegExpExecArray | null => (method === wanted ? pattern.exec(path) : null)
    if (is('GET', /^\/rt$/)) return { status: 200, json: { Version: '5.0.3' } }
    const user = is('GET', /^\/user\/(.+)$/)?.[1]
    if (user !== undefined) {
      const found = USERS.find(({ Name }) => Name === user)
      return found === undefined ? refused(404, 'Not Found') : { status: 200, json: { Name: found.Name, RealName: found.RealName, EmailAddress: found.EmailAddress, Privileged: withdrawn.has('privileged') && found.Name === US ? '' : found.Privileged, _hyperlinks: [] } }
    }
    if (is('GET', /^\/queues\/all$/)) return page(withdrawn.has('SeeQueue') ? [] : QUEUES, call, (queue) => ({ type: 'queue', ...queue, id: String(queue.id), Disabled: '0', _url: '' }))
    const queue = is('GET', /^\/queue\/(.+)$/)?.[1]
    if (queue !== undefined) {
      const found = QUEUES.find(({ id, Name }) => String(id) === queue || Name === queue)
      if (found === undefined || withdrawn.has('SeeQueue')) return refused(403, 'Forbidden')
      return { status: 200, json: { ...found, Lifecycle: 'default', Disabled: '0', TicketCustomFields: [], _hyperlinks: [{ ref: 'self', type: 'queue', id: found.id, _url: '' }, ...(withdrawn.has('CreateTicket') ? [] : [{ ref: 'create', type: 'ticket', _url: `${origin}/REST/2.0/ticket?Queue=${found.id}` }])] } }
    }
    if (is('POST', /^\/users$/)) return page(like(call, USERS), call, ({ Name, RealName, EmailAddress }) => ({ type: 'user', _url: '', id: Name, Name, RealName, EmailAddress }), true)
    if (is('POST', /^\/queues$/)) return page(like(call, QUEUES), call, (one) => ({ type: 'queue', _url: '', Disabled: '0', ...one, id: String(one['id'] as number) }))
    if (is('POST', /^\/articles$/)) return page(like(call, [ARTICLE]), call, (one) => ({ type: 'article', _url: '', ...one, id: String(one['id'] as number) }))
    if (is('POST', /^\/ticket$/)) return create(body)
    const query = url.searchParams.get('query') ?? ''
    if (is('GET', /^\/tickets$/)) {
      if (withdrawn.has('ShowTicket')) return refused(403, 'Forbidden')
      const looksAtMerged = query.includes('EffectiveId')
      try {
        const found = tickets.filter((one) => (looksAtMerged || one.effective === one.id) && one.status !== 'deleted' && matchesTicketSql(query, { id: one.id, Subject: one.subject, Status: one.status, EffectiveId: one.effective, LastUpdated: one.updatedMs, Queue: [String(one.queue), QUEUES.find(({ id }) => id === one.queue)?.Name ?? ''] }, clock.now()))
        return page(ordered(found, call, (one) => (url.searchParams.get('orderby') === 'LastUpdated' ? one.updatedMs : one.id)), call, listed, true)
      } catch (error) {
        return refused(400, String(error))
      }
    }
    if (is('GET', /^\/transactions$/)) {
      const rows = tickets.filter((one) => one.effective === one.id).flatMap((ticket) => ticket.moves.map((one) => ({ ticket, one }))).filter(({ ticket, one }) => matchesTicketSql(query, { TicketId: ticket.id, Type: one.type, id: one.id }))
      return page(ordered(rows, call, ({ one }) => one.id), call, ({ one }) => {
        const creator = USERS.find(({ Name }) => Name === one.by)
        return { type: 'transaction', id: String(one.id), _url: '', Type: one.type, Created: iso(one.atMs), Creator: { ...named(one.by), RealName: creator?.RealName ?? '', EmailAddress: creator?.EmailAddress ?? '' } }
      })
    }
    const [, id, rest] = /^\/ticket\/(\d+)(\/\w+)?$/.exec(path) ?? []
    const asked = tickets.find((one) => one.id === Number(id))
    if (id === undefined || asked === undefined) return path.startsWith('/ticket/') ? refused(404, 'Not Found') : null
    const ticket = effectiveOf(asked)
    if (method === 'GET' && rest === undefined) return { status: 200, json: shown(ticket) }
    if (method === 'PUT' && rest === undefined) return { status: 200, json: change(ticket, body, US) }
    if (method === 'POST' && (rest === '/comment' || rest === '/correspond')) {
      say(ticket, rest === '/comment' ? 'Comment' : 'Correspond', body, US, 'REST')
      return { status: 201, json: [rest === '/comment' ? 'Comments added' : 'Correspondence added'] }
    }
    if (method === 'GET' && rest === '/attachments') {
      return page(ordered(ticket.texts, call, (one) => one.id), call, (one) => ({ type: 'attachment', id: String(one.id), _url: '', Content: one.file === '' ? one.content : Buffer.from(one.content, 'base64').toString(), ContentType: one.contentType, TransactionId: String(one.transaction), Filename: one.file, Headers: headers(one) }))
    }
    return null
  }

  const server = await startPsaServer({ clock, judges: [], answer, isRead: ({ method, path }) => method === 'POST' && /\/(users|queues|articles)$/.test(path) })
  origin = server.origin
  const found = (id: string): Ticket => {
    const ticket = tickets.find((one) => one.id === Number(id))
    if (ticket === undefined) throw new Error(`the fake has no ticket ${id}`)
    return ticket
  }
  const seen = (ticket: Ticket): PsaTicket => {
    const typeOf = (text: Text): string => ticket.moves.find(({ id }) => id === text.transaction)?.type ?? ''
    const said = ticket.texts.filter(({ file }) => file === '')
    return {
      id: String(ticket.id), number: String(ticket.id), title: ticket.subject, text: said.find((text) => typeOf(text) === 'Create')?.content ?? '', externalRef: null, statusId: ticket.status, state: STATES[ticket.status] ?? 'unknown', priorityId: String(ticket.priority),
      assigneeId: ticket.owner === 'Nobody' ? null : ticket.owner, companyId: String(ticket.queue), assetIds: [], parentId: ticket.parent === null ? null : String(ticket.parent), mergedIntoId: ticket.effective === ticket.id ? null : String(ticket.effective), linkedIds: [], isDeleted: ticket.status === 'deleted',
      notes: said.filter((text) => typeOf(text) !== 'Create').map((text) => ({ id: String(text.transaction), text: text.content, isPublic: typeOf(text) === 'Correspond', isOurs: text.by === US })),
      attachments: ticket.texts.filter(({ file }) => file !== '').map((text) => ({ name: text.file, bytes: Buffer.from(text.content, 'base64'), isPublic: typeOf(text) === 'Correspond' })),
      times: ticket.moves.filter(({ minutes }) => minutes > 0).map(({ id, minutes }) => ({ minutes, text: ticket.texts.find(({ transaction }) => transaction === id)?.content ?? '' })),
    }
  }
  const fake: PsaFake = {
    connector: 'request-tracker', baseUrl: server.origin, auth: 'api_key', fields: { user: US }, credentials: { token: TOKEN }, webhookSecret: '', pageSize: PAGE_SIZE, hooks: [], isHeld: server.isHeld, faults: server.faults, calls: server.calls,
    world: {
      company: { id: '3', name: 'Acme Corp' }, otherCompany: { id: '4', name: 'Globex' }, asset: null, article: { id: String(ARTICLE.id), title: ARTICLE.Name },
      users: [{ id: 'thea', name: 'Thea Stone', email: 'thea@northwind-msp.example' }, { id: 'omar', name: 'Omar Bell', email: 'omar@northwind-msp.example' }],
    },
    rights: ['privileged', 'SeeQueue', 'CreateTicket', 'ShowTicket'],
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => tickets.map(seen),
    technician: {
      open(title, text = title) {
        const ticket = blank(title, 3, 'thea')
        move(ticket, 'Create', 'thea', { content: text, door: 'Web' })
        return String(ticket.id)
      },
      comment: (id, text, isPublic = false) => say(found(id), isPublic ? 'Correspond' : 'Comment', { Content: text }, 'thea', 'Web'),
      setStatus: (id, state) => void change(found(id), { Status: STATUS_OF[state] }, 'thea'),
      close: (id) => void change(found(id), { Status: 'resolved' }, 'thea'),
      reassign: (id, userId) => void change(found(id), { Owner: userId ?? 'Nobody' }, 'thea'),
      merge: (fromId, intoId) => void change(found(fromId), { MergeInto: intoId }, 'thea'),
      remove: (id) => void change(found(id), { Status: 'deleted' }, 'thea'),
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
