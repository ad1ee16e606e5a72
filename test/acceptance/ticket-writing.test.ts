/**
 * The story: Acme's tickets stand in Freshdesk. A technician writes a note, puts a file into the ticket and books time from the incident here; each is ordered once for its key, and what the outbox then
 * writes stands there once, under the technician's name. Articles that may help are looked for. Where a system has no such thing, the technician is told.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachToTicket, bookTime, knowledgeText, noteTicket, orderedText, requestChange, searchKnowledge } from '../../cli/ticket.ts'
import type { ApiClient } from '../../cli/client.ts'
import { freshdesk } from '../../connectors/freshdesk/index.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { startFreshdesk } from '../fakes/psa/freshdesk.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { connectorWorld } from '../harness/connector-world.ts'

let api: ApiHarness
let fake: PsaFake
let connection = ''
const companies = {} as Record<'acme' | 'bolt', string>
const people = {} as Record<'technician' | 'viewer' | 'boltTechnician', string>

beforeAll(async () => {
  api = await openApiHarness(systemClock, { mode: 'production', autoSettle: true })
  fake = await startFreshdesk({ clock: systemClock })
  for (const name of ['acme', 'bolt'] as const) companies[name] = (await api.company(name, { mode: 'production' })).id
  people.technician = (await api.user('technician', [companies.acme])).token
  people.viewer = (await api.user('viewer', [companies.acme])).token
  people.boltTechnician = (await api.user('technician', [companies.bolt])).token
  const made = await api.call(ADMIN_TOKEN, 'POST', '/api/connections', { company: companies.acme, connector: 'freshdesk', name: 'desk', baseUrl: fake.baseUrl, auth: fake.auth, fields: fake.fields, secrets: fake.credentials, ...(fake.mapping === undefined ? {} : { mapping: fake.mapping }) })
  expect(made.status, made.text).toBe(201)
  connection = made.body.id
  expect(await api.call(ADMIN_TOKEN, 'POST', `/api/connections/${connection}/check`)).toMatchObject({ body: { check: { ok: true } } })
  expect((await api.call(ADMIN_TOKEN, 'PATCH', `/api/connections/${connection}`, { enabled: true })).status).toBe(200)
})
afterAll(async () => {
  await api.close()
  await fake.stop()
})

async function ticketOf(incident: string, over: { readonly connector?: string; readonly origin?: 'own' | 'linked'; readonly externalId?: string; readonly mode?: string } = {}): Promise<string> {
  const { connector = 'freshdesk', origin = 'own', externalId = null, mode = 'production' } = over
  const id = `ticket of ${incident} ${connector} ${origin}`
  await api.database.query(
    `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, account, external_ref, external_id, title, origin, is_automatic, mode, created_at)
     values ($1, $2, $3, $4, $5, 'production', 'a', $1, $6, 'Disk full', $7, true, $8, now())`, [id, companies.acme, incident, connector === 'freshdesk' ? connection : null, connector, externalId, origin, mode])
  return id
}

const write = (token: string, incident: string, ticket: string, what: string, body: object, key?: string) => api.call(token, 'POST', `/api/incidents/${incident}/tickets/${encodeURIComponent(ticket)}/${what}`, body, key === undefined ? {} : { 'idempotency-key': key })
const orders = (ticket: string) => api.database.query<{ status: string; body: TicketChange }>('select status, body from ticket_outbox where ticket_id = $1 order by seq', [ticket])
const NOTE = { text: 'Called the client.\nIt can wait.' }
const FILE = { name: '../../etc/\u202edisk report.txt', contentType: 'text/plain', base64: Buffer.from('97 %').toString('base64') }
const TIME = { minutes: 15, text: 'Moved the archive.', startedAt: '2026-01-01T12:00:00Z' }

describe('what a technician writes', () => {
  it('is ordered once for its key, and stands in the ticket once, under their name', async () => {
    const world = connectorWorld(freshdesk, fake, new TestClock())
    const { ref } = await freshdesk.create(world.draft(), world.ctx())
    const incident = await api.incident(companies.acme)
    const ticket = await ticketOf(incident, { externalId: ref.externalId })
    for (const [what, body] of [['notes', NOTE], ['attachments', FILE], ['times', TIME]] as const) {
      const asked = await write(people.technician, incident, ticket, what, body, 'k1')
      expect(asked, what).toMatchObject({ status: 202, body: { status: 'waiting', token: expect.stringMatching(/^aw:[0-9A-Z]{10}$/) } })
      expect((await write(people.technician, incident, ticket, what, body, 'k1')).body).toEqual(asked.body)
    }
    const [order, ...others] = await orders(ticket)
    expect(others).toEqual([])
    const change = order!.body
    expect([change.notes?.length, change.attachments?.length, change.times?.length]).toEqual([1, 1, 1])

    await freshdesk.update(ref, change, world.ctx())
    await freshdesk.update(ref, change, world.ctx({ isRepeat: true }))
    await api.database.query(`update ticket_outbox set status = 'done', ended_at = now() where ticket_id = $1`, [ticket])
    expect(await write(people.technician, incident, ticket, 'notes', NOTE, 'k1')).toMatchObject({ status: 202, body: { status: 'done', token: change.notes![0]!.token } })
    expect(await orders(ticket)).toHaveLength(1)
    const there = fake.tickets().find(({ id }) => id === ref.externalId)!
    const mine = there.notes.filter(({ text }) => text.includes('Called the client.'))
    expect(mine).toMatchObject([{ isPublic: false, text: expect.stringMatching(/^Alert Whisperer: .+ wrote: Called the client\.\s+It can wait\./) }])
    expect(there.attachments.map(({ name, bytes }) => [name.includes('/'), name.includes('\u202e'), /disk report.*\.txt$/.test(name), bytes.toString()])).toEqual([[false, false, true, '97 %']])
    expect(there.times).toMatchObject([{ minutes: 15, text: expect.stringContaining('Moved the archive.') }])
    expect(fake.faults).toEqual([])

    // Without a key, or with another one, it is another note.
    expect((await write(people.technician, incident, ticket, 'notes', { ...NOTE, public: true })).status).toBe(202)
    expect((await write(people.technician, incident, ticket, 'notes', { ...NOTE, public: true })).status).toBe(202)
    expect((await write(people.technician, incident, ticket, 'notes', NOTE, 'k2')).status).toBe(202)
    expect((await orders(ticket)).at(-1)?.body.notes?.map(({ isPublic }) => isPublic)).toEqual([true, true, false])
    const audited = await api.database.query<{ action: string }>(`select action from audit_log where subject = $1 and action like 'ticket.%' order by id`, [incident])
    expect(audited.map(({ action }) => action)).toEqual(['ticket.noted', 'ticket.attached', 'ticket.time_booked', 'ticket.noted', 'ticket.noted', 'ticket.noted'])
  })

  it('is only shown where the mode forbids to send', async () => {
    const incident = await api.incident(companies.acme)
    const ticket = await ticketOf(incident, { mode: 'dry-run' })
    expect(await write(people.technician, incident, ticket, 'notes', NOTE)).toMatchObject({ status: 202, body: { status: 'shown' } })
    expect(await orders(ticket)).toMatchObject([{ status: 'shown' }])
  })

  it('is refused with a reason where a system has no such thing, the ticket is only linked, the file is too big or nothing, and to whom it does not concern', async () => {
    const incident = await api.incident(companies.acme)
    const [own, linked, zendesk, atera] = [await ticketOf(incident), await ticketOf(incident, { origin: 'linked' }), await ticketOf(await api.incident(companies.acme), { connector: 'zendesk' }), await ticketOf(await api.incident(companies.acme), { connector: 'atera' })]
    const of = (ticket: string): string => ticket.split(' ')[2]!
    expect(await write(people.technician, of(zendesk), zendesk, 'times', TIME)).toMatchObject({ status: 409, body: { message: expect.stringContaining('Zendesk takes no time') } })
    expect(await write(people.technician, of(atera), atera, 'attachments', FILE)).toMatchObject({ status: 409, body: { message: expect.stringContaining('takes no files') } })
    expect(await write(people.technician, incident, linked, 'notes', NOTE)).toMatchObject({ status: 409, body: { message: expect.stringContaining('only linked') } })
    const bytes = (count: number): object => ({ ...FILE, base64: Buffer.alloc(count).toString('base64') })
    expect((await write(people.technician, incident, own, 'attachments', bytes(1_048_576))).status).toBe(202)
    const from = (await orders(own)).length
    expect((await write(people.technician, incident, own, 'attachments', bytes(1_048_577))).status).toBe(400)
    expect([400, 413]).toContain((await write(people.technician, incident, own, 'attachments', bytes(3_000_000))).status)
    for (const [what, body] of [['attachments', { ...FILE, name: '../..' }], ['attachments', { ...FILE, base64: 'no base64!' }], ['attachments', { ...FILE, contentType: 'text/plain\r\nx: y' }], ['notes', { text: ' ' }], ['times', { ...TIME, minutes: 0 }], ['times', { ...TIME, startedAt: '2999-01-01T00:00:00Z' }], ['times', { ...TIME, startedAt: 'soon' }]] as const) {
      expect((await write(people.technician, incident, own, what, body)).status, JSON.stringify(body)).toBe(400)
    }
    for (const [what, body] of [['notes', NOTE], ['attachments', FILE], ['times', TIME]] as const) {
      expect((await write(people.viewer, incident, own, what, body)).status).toBe(403)
      expect((await write(people.boltTechnician, incident, own, what, body)).status).toBe(404)
      expect((await write(people.technician, of(zendesk), own, what, body)).status).toBe(404)
    }
    expect(await orders(own)).toHaveLength(from)
    for (const ticket of [linked, zendesk, atera]) expect(await orders(ticket)).toEqual([])
  })
})

describe('the knowledge base', () => {
  const ask = (token: string, incident: string, query = '') => api.call(token, 'GET', `/api/incidents/${incident}/knowledge${query}`)

  it('is searched by what is wrong, or by what is asked for', async () => {
    const incident = await api.incident(companies.acme)
    const article = fake.world.article!
    expect(await ask(people.technician, incident, `?q=${encodeURIComponent(article.title)}`)).toMatchObject({ status: 200, body: { query: article.title, problem: null, items: [{ externalId: article.id, title: article.title }] } })
    const before = fake.calls.length
    const usual = (await ask(people.technician, incident)).body as unknown as { query: string; problem: string | null }
    expect(usual).toMatchObject({ query: expect.stringMatching(/[a-z]{3}/), problem: null })
    expect(fake.calls.slice(before).map(({ path }) => path)).toEqual([expect.stringContaining('/search/solutions')])
    expect((await ask(people.technician, incident, '?q=%20')).status).toBe(400)
    expect((await ask(people.viewer, incident)).status).toBe(403)
    expect((await ask(people.boltTechnician, incident)).status).toBe(404)
  })

  it('says in a sentence why it cannot be', async () => {
    expect(await ask(people.boltTechnician, await api.incident(companies.bolt))).toMatchObject({ status: 200, body: { items: [], problem: expect.stringContaining('no connection') } })
    fake.trouble({ is: 500, path: /solutions/ })
    expect(await ask(people.technician, await api.incident(companies.acme))).toMatchObject({ status: 200, body: { items: [], problem: expect.stringMatching(/\w{3}/) } })
    fake.calm()
  })
})

describe('at a terminal', () => {
  it('what is written goes into the incident’s own newest ticket, unless one is named', async () => {
    const asked: string[] = []
    const client: Pick<ApiClient, 'call'> = {
      async call<T>(method: string, path: string, body?: unknown): Promise<T> {
        asked.push(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
        return (method === 'GET' ? { items: [{ id: 'l', origin: 'linked', generation: 9 }, { id: 'a', origin: 'own', generation: 1 }, { id: 'b', origin: 'own', generation: 2 }] } : { token: 'aw:X', status: 'waiting' }) as T
      },
    }
    const aw = client as ApiClient
    expect(orderedText(await noteTicket(aw, 'i/1', 'x', { isPublic: true }))).toContain('is ordered')
    await bookTime(aw, 'i', 5, 'x', { ticket: 't/1' })
    await requestChange(aw, 'i', { ticket: 't', reason: 'x', urgent: true })
    await searchKnowledge(aw, 'i', ['disk', 'full'])
    expect(asked).toEqual([
      'GET /api/incidents/i%2F1/tickets', 'POST /api/incidents/i%2F1/tickets/b/notes {"text":"x","public":true}', 'POST /api/incidents/i/tickets/t%2F1/times {"minutes":5,"text":"x"}',
      'POST /api/incidents/i/tickets/t/change-requests {"reason":"x","urgent":true}', 'GET /api/incidents/i/knowledge?q=disk+full',
    ])
    await expect(attachToTicket(aw, 'i', '/no/such/file', {})).rejects.toMatchObject({ code: 'usage' })
    expect(knowledgeText({ query: 'x', items: [{ externalId: '1', title: 'Disk \u001b[31m', url: null }], problem: null })).not.toContain('\u001b')
    expect(knowledgeText({ query: 'x', items: [], problem: 'away' })).toContain('away')
  })
})
