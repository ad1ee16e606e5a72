/**
 * The story: Acme's tickets stand in ServiceNow, Bolt's in Zendesk. A technician asks for a change request from an incident of Acme; it is ordered once, however often it is asked for, and what the outbox
 * then writes makes one change request that the incident over there names. Where a system keeps none, or a ticket is only linked, the technician is told.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { servicenow } from '../../connectors/servicenow/index.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import { startServicenow } from '../fakes/psa/servicenow.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { connectorWorld } from '../harness/connector-world.ts'

type Fake = Awaited<ReturnType<typeof startServicenow>> & { readonly changeRequests: () => readonly Readonly<Record<string, string>>[]; readonly incidents: () => readonly Readonly<Record<string, string>>[] }

let api: ApiHarness
let fake: Fake
let connection = ''
const companies = {} as Record<'acme' | 'bolt', string>
const people = {} as Record<'technician' | 'viewer' | 'boltTechnician', string>

beforeAll(async () => {
  api = await openApiHarness(systemClock, { mode: 'production', autoSettle: true })
  fake = (await startServicenow({ clock: systemClock })) as Fake
  for (const name of ['acme', 'bolt'] as const) companies[name] = (await api.company(name, { mode: 'production' })).id
  people.technician = (await api.user('technician', [companies.acme])).token
  people.viewer = (await api.user('viewer', [companies.acme])).token
  people.boltTechnician = (await api.user('technician', [companies.bolt])).token
  const made = await api.call(ADMIN_TOKEN, 'POST', '/api/connections', { company: companies.acme, connector: 'servicenow', name: 'desk', baseUrl: fake.baseUrl, auth: fake.auth, fields: fake.fields, secrets: fake.credentials, mapping: fake.mapping })
  expect(made.status, made.text).toBe(201)
  connection = made.body.id
  expect(await api.call(ADMIN_TOKEN, 'POST', `/api/connections/${connection}/check`)).toMatchObject({ body: { check: { ok: true } } })
  expect((await api.call(ADMIN_TOKEN, 'PATCH', `/api/connections/${connection}`, { enabled: true })).status).toBe(200)
})
afterAll(async () => {
  await api.close()
  await fake.stop()
})

async function ticketOf(incident: string, company: string, over: { readonly connector?: string; readonly origin?: 'own' | 'linked'; readonly externalId?: string } = {}): Promise<string> {
  const { connector = 'servicenow', origin = 'own', externalId = null } = over
  const id = `ticket of ${incident} ${connector} ${origin}`
  await api.database.query(
    `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, account, external_ref, external_id, title, origin, is_automatic, mode, created_at)
     values ($1, $2, $3, $4, $5, 'production', 'a', $1, $6, 'Disk full', $7, true, 'production', now())`, [id, company, incident, connector === 'servicenow' ? connection : null, connector, externalId, origin])
  return id
}

const ask = (token: string, incident: string, ticket: string, body: object = { reason: 'The print service hangs.', plan: 'Restart it.', urgent: true }) => api.call(token, 'POST', `/api/incidents/${incident}/tickets/${encodeURIComponent(ticket)}/change-requests`, body)
const orders = (ticket: string) => api.database.query<{ kind: string; body: TicketChange }>('select kind, body from ticket_outbox where ticket_id = $1 order by seq', [ticket])

describe('a change request', () => {
  it('is ordered once, and made once where its ticket stands', async () => {
    const world = connectorWorld(servicenow, fake, new TestClock())
    const { ref } = await servicenow.create(world.draft(), world.ctx())
    const incident = await api.incident(companies.acme)
    const ticket = await ticketOf(incident, companies.acme, { externalId: ref.externalId })
    const asked = await ask(people.technician, incident, ticket)
    expect(asked).toMatchObject({ status: 202, body: { status: 'waiting', reference: expect.stringMatching(/^AW-[0-9A-HJKMNP-TV-Z]{12}$/) } })
    const { reference } = JSON.parse(asked.text) as { readonly reference: string }
    expect((await ask(people.technician, incident, ticket)).body).toEqual(asked.body)
    const [order, ...others] = await orders(ticket)
    expect(others).toEqual([])
    expect(order).toMatchObject({ kind: 'update', body: { changeRequests: [{ token: reference, reason: 'The print service hangs.', plan: 'Restart it.', isUrgent: true }] } })

    const change = order?.body
    if (change === undefined) throw new Error('no order was put down')
    await servicenow.update(ref, change, world.ctx())
    await servicenow.update(ref, change, world.ctx({ isRepeat: true }))
    expect(fake.changeRequests()).toMatchObject([{ type: 'emergency', correlation_id: reference, justification: 'The print service hangs.', implementation_plan: 'Restart it.' }])
    expect(fake.incidents().find(({ sys_id }) => sys_id === ref.externalId)).toMatchObject({ rfc: fake.changeRequests()[0]?.sys_id })
    expect(fake.faults).toEqual([])
  })

  it('is refused with a reason where a system keeps none, where the ticket is only linked, and to whom it does not concern', async () => {
    const incident = await api.incident(companies.acme)
    const linked = await ticketOf(incident, companies.acme, { origin: 'linked' })
    const zendesk = await ticketOf(incident, companies.acme, { connector: 'zendesk' })
    const own = await ticketOf(incident, companies.acme)
    expect(await ask(people.technician, incident, linked)).toMatchObject({ status: 409, body: { message: expect.stringContaining('only linked') } })
    expect(await ask(people.technician, incident, zendesk)).toMatchObject({ status: 409, body: { message: expect.stringContaining('Zendesk keeps no change requests') } })
    expect((await ask(people.viewer, incident, own)).status).toBe(403)
    expect((await ask(people.boltTechnician, incident, own)).status).toBe(404)
    expect((await ask(people.technician, await api.incident(companies.acme), own)).status).toBe(404)
    for (const ticket of [linked, zendesk, own]) expect(await orders(ticket)).toEqual([])
  })
})
