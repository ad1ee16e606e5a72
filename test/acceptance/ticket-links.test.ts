/**
 * The story: Acme and Bolt are clients of one MSP and share its Zendesk; Cargo has a Zendesk of its own. People link tickets that are there to incidents, by number and by address, say how they belong
 * together, take links away, and are shown likely ones. Nobody at Acme learns anything of a ticket of Bolt's.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { CallView } from '../../schemas/call-views.ts'
import type { TicketSuggestions } from '../../schemas/ticket-links.ts'
import type { TicketView } from '../../schemas/tickets.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { startZendesk } from '../fakes/psa/zendesk.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'

let api: ApiHarness
let shared: PsaFake
let own: PsaFake
const companies = {} as Record<'acme' | 'bolt' | 'cargo', string>
const people = {} as Record<'technician' | 'viewer' | 'boltTechnician' | 'cargoAdmin', string>
let sharedConnection = ''

beforeAll(async () => {
  api = await openApiHarness(systemClock, { mode: 'production', autoSettle: true })
  ;[shared, own] = await Promise.all([startZendesk({ clock: systemClock }), startZendesk({ clock: systemClock })])
  for (const name of ['acme', 'bolt', 'cargo'] as const) companies[name] = (await api.company(name, { mode: 'production' })).id
  people.technician = (await api.user('technician', [companies.acme])).token
  people.viewer = (await api.user('viewer', [companies.acme])).token
  people.boltTechnician = (await api.user('technician', [companies.bolt])).token
  people.cargoAdmin = (await api.user('company_admin', [companies.cargo])).token
  sharedConnection = await connect(shared, null)
  await connect(own, companies.cargo)
  await matched(companies.acme, shared.world.company.id)
  await matched(companies.bolt, shared.world.otherCompany.id)
})
afterAll(async () => {
  await api.close()
  await Promise.all([shared.stop(), own.stop()])
})

async function connect(fake: PsaFake, company: string | null): Promise<string> {
  const made = await api.call(ADMIN_TOKEN, 'POST', '/api/connections', { company, connector: fake.connector, name: `desk of ${company ?? 'all'}`, baseUrl: fake.baseUrl, auth: fake.auth, fields: fake.fields, secrets: fake.credentials, mapping: fake.mapping })
  expect(made.status, made.text).toBe(201)
  expect(await api.call(ADMIN_TOKEN, 'POST', `/api/connections/${made.body.id}/check`)).toMatchObject({ body: { check: { ok: true } } })
  expect((await api.call(ADMIN_TOKEN, 'PATCH', `/api/connections/${made.body.id}`, { enabled: true })).status).toBe(200)
  return made.body.id
}

async function matched(company: string, externalId: string): Promise<void> {
  await api.database.query(`insert into external_matches (connection_id, company_id, kind, name, status, external_id, external_name, by, looked_at) values ($1, $2, 'company', $2, 'matched', $3, 'x', 'person ada', now())`, [sharedConnection, company, externalId])
}

/** A ticket made by hand, of a company of the system. */
async function ticketOf(fake: PsaFake, title: string, company: string): Promise<string> {
  const made = await fetch(`${fake.baseUrl}/tickets`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${fake.fields['email'] ?? ''}/token:${fake.credentials['apiToken'] ?? ''}`).toString('base64')}` }, body: JSON.stringify({ ticket: { subject: title, comment: { body: title }, requester_id: await requester(fake, company) } }) })
  return String(((await made.json()) as { ticket: { id: number } }).ticket.id)
}

async function requester(fake: PsaFake, company: string): Promise<number> {
  const answer = await fetch(`${fake.baseUrl}/users/create_or_update`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${fake.fields['email'] ?? ''}/token:${fake.credentials['apiToken'] ?? ''}`).toString('base64')}` }, body: JSON.stringify({ user: { name: 'Someone', external_id: `someone-${company}`, organization_id: Number(company), skip_verify_email: true, role: 'end-user' } }) })
  return ((await answer.json()) as { user: { id: number } }).user.id
}

const link = (token: string, incident: string, body: object) => api.call(token, 'POST', `/api/incidents/${incident}/tickets`, body)
const list = async (token: string, incident: string) => ((await api.call(token, 'GET', `/api/incidents/${incident}/tickets`)).body as unknown as { items: TicketView[] }).items
const audit = async () => (await api.database.query<{ action: string }>(`select action from audit_log where action like 'ticket.%' order by id`)).map(({ action }) => action)

describe('a ticket that is there', () => {
  it('is read in its system, shown with the incident as it stands there, and linked once', async () => {
    const incident = await api.incident(companies.acme)
    const id = await ticketOf(shared, 'Server room is warm', shared.world.company.id)
    const made = await link(people.technician, incident, { ticket: `#${id}`, kind: 'caused_by' })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ externalId: id, number: `#${id}`, title: 'Server room is warm', state: 'open', origin: 'linked', linkKind: 'caused_by', isAutomatic: false, connector: 'zendesk', environment: 'production', lastError: null, waiting: 0, lastSyncedAt: expect.stringMatching(/Z$/) })
    expect(await list(people.viewer, incident)).toEqual([made.body])
    expect((await api.call(people.viewer, 'GET', `/api/incidents/${incident}`)).body).toMatchObject({ tickets: [made.body] })
    expect((await api.call(people.viewer, 'GET', `/api/tickets/${made.body.id}`)).body).toEqual(made.body)
    expect(await link(people.technician, incident, { ticket: id })).toMatchObject({ status: 409, body: { code: 'conflict', message: expect.stringContaining('already') } })
    expect(await list(people.technician, incident)).toHaveLength(1)
  })

  it('is named by the address of its page too, and one of a stranger\'s house is none', async () => {
    const incident = await api.incident(companies.acme)
    const id = await ticketOf(shared, 'Printer jam', shared.world.company.id)
    expect((await link(people.technician, incident, { ticket: `${new URL(shared.baseUrl).origin}/agent/tickets/${id}` })).status).toBe(201)
    const before = shared.calls.length
    expect((await link(people.technician, incident, { ticket: `https://evil.example/agent/tickets/${id}` })).status).toBe(404)
    expect((await link(people.technician, incident, { ticket: '99999' })).status).toBe(404)
    expect((await link(people.technician, incident, { ticket: '   ' })).status).toBe(400)
    expect(shared.calls.length - before).toBeLessThan(6)
    expect(await list(people.technician, incident)).toHaveLength(1)
  })

  it('of another client is no ticket, to whoever guesses its number; an MSP Admin may link it', async () => {
    const incident = await api.incident(companies.acme)
    const id = await ticketOf(shared, 'Secret of Bolt', shared.world.otherCompany.id)
    /** What the system is asked, which whoever guesses can tell by how long the answer takes. */
    const asked = async (ticket: string) => {
      const before = shared.calls.length
      const answer = await link(people.technician, incident, { ticket })
      return { ...answer, asked: shared.calls.slice(before).map(({ method, path, query }) => `${method} ${path}${query}`.replaceAll(ticket, 'N')) }
    }
    const [guess, nothing, address, nowhere] = [await asked(id), await asked('98765'), await asked(`${new URL(shared.baseUrl).origin}/agent/tickets/${id}`), await asked(`${new URL(shared.baseUrl).origin}/agent/tickets/98765`)]
    expect([guess.status, nothing.status, address.status, nowhere.status]).toEqual([404, 404, 404, 404])
    expect([guess.asked, address.asked.length]).toEqual([nothing.asked, nowhere.asked.length])
    expect(guess.asked.length).toBeGreaterThan(1)
    expect(guess.text.replace(id, '98765')).toBe(nothing.text)
    expect(guess.text).not.toContain('Secret')
    expect((await link(people.boltTechnician, incident, { ticket: id })).status).toBe(404)
    expect((await link(ADMIN_TOKEN, incident, { ticket: id })).status).toBe(201)
  })

  it('of another client leaves the same record as none at all for everybody but an MSP Admin, who reads what came of it', async () => {
    const id = await ticketOf(shared, 'Secret of Bolt too', shared.world.otherCompany.id)
    const theirs = await ticketOf(shared, 'Ours', shared.world.company.id)
    const recorded = async (ticket: string, status = 404) => {
      const incident = await api.incident(companies.acme)
      expect((await link(people.technician, incident, { ticket })).status).toBe(status)
      const shown = async (token: string, query: string) => (await api.call(token, 'GET', `/api/calls?incident=${incident}${query}`)).body as unknown as { items: CallView[] }
      const mine = await shown(people.technician, '')
      const alike = (value: object): string => JSON.stringify(value).replaceAll(incident, 'incident').replaceAll(ticket, 'ticket').replace(/"(id|at|next)":"[^"]*"/g, '"$1":""')
      const one = mine.items.length === 0 ? {} : (await api.call(people.technician, 'GET', `/api/calls/${mine.items[0]!.id}`)).body
      const all = await shown(ADMIN_TOKEN, '')
      const hidden = await Promise.all(all.items.filter((call) => mine.items.every(({ id: mineId }) => mineId !== call.id)).map(async (call) => (await api.call(people.technician, 'GET', `/api/calls/${call.id}`)).status))
      return {
        mine, hidden, all: all.items.map(({ httpStatus }) => httpStatus), events: await api.database.query<{ key: string }>(`select key from outbox where topic = 'calls.v1' and record ->> 'incidentId' = $1`, [incident]),
        seen: [mine, one, await shown(people.technician, '&status=success'), await shown(people.technician, '&status=error'), await shown(people.technician, '&q=Zendesk'), await shown(people.technician, '&q=not_found')].map(alike),
      }
    }
    const [guess, nothing, known] = [await recorded(id), await recorded('98765'), await recorded(theirs, 201)]
    expect(guess.seen).toEqual(nothing.seen)
    expect(guess.mine.items).toMatchObject([{ status: 'error', httpStatus: 404, errorCode: 'not_found', durationMs: 0, companyId: companies.acme }])
    expect([guess.all.includes(200), nothing.all.includes(404), guess.all.length]).toEqual([true, true, nothing.all.length])
    expect(new Set([...guess.hidden, ...nothing.hidden])).toEqual(new Set([404]))
    // Figures are made of these: they count among the MSP's own.
    expect(new Set([...guess.events, ...nothing.events].map(({ key }) => key))).toEqual(new Set([sharedConnection]))
    expect(known.mine.items.map(({ httpStatus }) => httpStatus)).toEqual(known.all)
    expect(new Set(known.events.map(({ key }) => key))).toEqual(new Set([companies.acme]))
  })

  it('can be linked in a system of the company\'s own without anybody saying which customer it is', async () => {
    const incident = await api.incident(companies.cargo)
    const id = await ticketOf(own, 'Gate is stuck', own.world.company.id)
    expect((await link(people.cargoAdmin, incident, { ticket: id })).status).toBe(201)
    expect((await link(people.cargoAdmin, incident, { ticket: id, connection: sharedConnection })).status).toBe(409)
  })

  it('is said to belong otherwise, and taken away, by those who may change the incident; what the program made stays', async () => {
    const incident = await api.incident(companies.acme)
    const from = (await audit()).length
    const { body: { id } } = await link(people.technician, incident, { ticket: await ticketOf(shared, 'x', shared.world.company.id) })
    const one = `/api/incidents/${incident}/tickets/${id}`
    expect((await api.call(people.viewer, 'PATCH', one, { kind: 'resolves' })).status).toBe(403)
    expect((await api.call(people.boltTechnician, 'PATCH', one, { kind: 'resolves' })).status).toBe(404)
    expect((await api.call(people.technician, 'PATCH', one, { kind: 'married' })).status).toBe(400)
    expect((await api.call(people.technician, 'PATCH', one, { kind: 'resolves' })).body).toMatchObject({ linkKind: 'resolves' })
    expect((await api.call(people.technician, 'DELETE', `/api/incidents/${await api.incident(companies.acme)}/tickets/${id}`)).status).toBe(404)
    expect((await api.call(people.technician, 'DELETE', one)).status).toBe(204)
    expect((await api.call(people.technician, 'DELETE', one)).status).toBe(404)
    expect(await list(people.technician, incident)).toEqual([])
    expect((await audit()).slice(from)).toEqual(['ticket.linked', 'ticket.link_changed', 'ticket.unlinked'])
    await api.database.query(`insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, title, origin, mode, created_at) values ('own-1', $1, $2, $3, 'zendesk', 'production', 'AW-OWN', 'ours', 'own', 'production', now())`, [companies.acme, incident, sharedConnection])
    expect((await api.call(people.technician, 'DELETE', `/api/incidents/${incident}/tickets/own-1`)).status).toBe(409)
    expect((await api.call(people.technician, 'PATCH', `/api/incidents/${incident}/tickets/own-1`, { kind: 'documents' })).body).toMatchObject({ origin: 'own', linkKind: 'documents', isPlanned: false })
  })

  it('goes with an incident that is merged', async () => {
    const [survivor, gone] = [await api.incident(companies.acme), await api.incident(companies.acme)]
    const { body } = await link(people.technician, gone, { ticket: await ticketOf(shared, 'y', shared.world.company.id) })
    await api.database.query('update incidents set merged_into = $1 where id = $2', [survivor, gone])
    expect((await list(people.viewer, survivor)).map(({ id }) => id)).toEqual([body.id])
    expect((await list(people.viewer, gone)).map(({ id }) => id)).toEqual([body.id])
    const { body: later } = await link(people.technician, gone, { ticket: await ticketOf(shared, 'z', shared.world.company.id) })
    expect(later).toMatchObject({ incidentId: survivor })
  })

  it('says how to mend it where the system cannot be asked, and records who asked for what', async () => {
    const incident = await api.incident(companies.acme)
    shared.trouble({ is: 503, times: 5 })
    const failed = await link(people.technician, incident, { ticket: '7' })
    shared.calm()
    expect(failed).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(api.records.filter(({ incidentId }) => incidentId === incident)).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'retrieved', direction: 'out', status: 'error', companyId: companies.acme, who: expect.objectContaining({ kind: 'user' }) })]))
  })
})

describe('suggestions', () => {
  const suggestions = async (token: string, incident: string) => (await api.call(token, 'GET', `/api/incidents/${incident}/tickets/suggestions`)).body as unknown as TicketSuggestions

  it('name tickets of the same machine and the same trouble, with reasons, and none that is linked, nor another client\'s', async () => {
    const change = { title: 'Disk full on fs-77', assets: ['fs-77'] }
    const [before, incident] = [await api.incident(companies.acme, change), await api.incident(companies.acme, change)]
    const [known, open, other, linked] = [await ticketOf(shared, 'Old trouble', shared.world.company.id), await ticketOf(shared, 'fs-77: disk almost full', shared.world.company.id), await ticketOf(shared, 'fs-77 of Bolt', shared.world.otherCompany.id), await ticketOf(shared, 'fs-77 again', shared.world.company.id)]
    await link(people.technician, before, { ticket: known })
    await link(people.technician, incident, { ticket: linked })
    const { items, problem } = await suggestions(people.technician, incident)
    expect(problem).toBeNull()
    expect(items.map(({ externalId, origin }) => [externalId, origin])).toEqual([[open, 'found'], [known, 'ours']])
    expect(items[0]).toMatchObject({ number: `#${open}`, state: 'open', reasons: expect.arrayContaining(['Its title names fs-77.', 'It is still open.']) })
    expect(items[1]?.reasons).toContain('It stands for another incident of fs-77.')
    expect(JSON.stringify(items)).not.toContain(other)
    expect((await link(people.technician, incident, { ticket: items[0]!.externalId })).status).toBe(201)
  })

  it('take two searches, made while a person waits', async () => {
    const incident = await api.incident(companies.acme, { title: 'Disk full on fs-78', assets: ['fs-78', 'fs-79', 'fs-80'] })
    const before = shared.calls.length
    await suggestions(people.technician, incident)
    expect(shared.calls.slice(before).map(({ path }) => path).filter((path) => path.endsWith('/search'))).toHaveLength(2)
    expect(shared.calls.length - before).toBeLessThanOrEqual(4)
  })

  it('show what is known here where the system cannot be searched, and say why', async () => {
    const change = { title: 'Fan of sw-9 is loud', assets: ['sw-9'] }
    const [before, incident] = [await api.incident(companies.acme, change), await api.incident(companies.acme, change)]
    const id = await ticketOf(shared, 'Fan', shared.world.company.id)
    await link(people.technician, before, { ticket: id })
    shared.trouble({ is: 503, times: 9 })
    const { items, problem } = await suggestions(people.technician, incident)
    shared.calm()
    expect(items.map(({ externalId }) => externalId)).toEqual([id])
    expect(problem).toMatch(/Zendesk/)
    expect((await api.call(people.viewer, 'GET', `/api/incidents/${incident}/tickets/suggestions`)).status).toBe(403)
    const nowhere = (await api.company('Nowhere', { mode: 'production' })).id
    await api.database.query('delete from external_matches where company_id = $1', [nowhere])
    const { problem: unmatched } = await suggestions((await api.user('technician', [nowhere])).token, await api.incident(nowhere))
    expect(unmatched).toContain('nobody has said yet which customer')
  })
})
